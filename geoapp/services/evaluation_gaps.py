"""What is unknown of the enterprises and plots of a year's evaluation: the data-quality lines of its pages."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from geoapp.domain.evaluation import ITEMS
from geoapp.domain.record_gaps import RecordGaps, gap_of
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.evaluation import YearEvaluation
from geoapp.services.evaluation_inputs import REGISTERS
from geoapp.services.evaluation_words import is_withheld
from geoapp.services.record_gaps import MOST_KEYS
from geoapp.services.workspace import Workspace

_PLOTS = {
    "site_area_m2": "地块面积", "tax_wan_per_mu": "亩均税收", "value_added_wan_per_mu": "亩均增加值",
    "grade": "评价档次",
}  # fmt: skip
_COMPARED = {
    "grade_here": "本系统档次", "score_here": "本系统得分", "grade_there": "官方档次", "score_there": "官方得分",
}  # fmt: skip


def enterprise_gaps(
    workspace: Workspace, found: YearEvaluation, state: AsOf, code: str | None, uscc: str = ""
) -> RecordGaps:
    """Return what is unknown of the enterprises of a list, of all where none is named, or of a single one.

    Parameters
    ----------
    workspace : Workspace
        Items whose values it may not tell are not looked at.
    found : YearEvaluation
    state : AsOf
    code : str, optional
    uscc : str
    """
    results = found.results
    members = results[results["list"] == code] if code else results
    members = members[members.index == uscc] if uscc else members
    missing = {
        "list": ("评价名单", members["list"] == ""),
        "land_m2": ("用地面积", found.inputs.figures["land_m2"].reindex(members.index).isna()),
        "score": ("综合得分", members["score"].isna()),
    }
    lists = sorted(set(members["list"]) & set(found.evaluation.scores))
    for name in ITEMS:
        values = [
            found.evaluation.scores[listed].value[name]
            for listed in lists
            if name in found.evaluation.scores[listed].value and not is_withheld(workspace, f"value_{name}")
        ]
        if values:
            value = pd.concat(values)
            value = value[value.index.isin(members.index)]
            missing[f"value_{name}"] = (ITEMS[name].zh, value.isna())
    flags = {name: (zh, list(flags.index[flags.to_numpy(bool)])) for name, (zh, flags) in missing.items()}
    return _gaps(workspace, found, state, "enterprises", "家企业", len(members), flags)


def evaluated_plot_gaps(
    workspace: Workspace, found: YearEvaluation, state: AsOf, records: Sequence[Mapping[str, Any]]
) -> RecordGaps:
    """Return what is unknown of evaluated plots; see `evaluation_record.plots_record`."""
    return _of_records(workspace, found, state, ("plots", "宗地", "plot_code"), records, _PLOTS)


def comparison_gaps(
    workspace: Workspace, found: YearEvaluation, state: AsOf, records: Sequence[Mapping[str, Any]]
) -> RecordGaps:
    """Return what either result lacks of the enterprises compared; see `evaluation_others.official_data`."""
    return _of_records(workspace, found, state, ("enterprises", "家企业", "uscc"), records, _COMPARED)


def _of_records(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    counted: tuple[str, str, str],
    records: Sequence[Mapping[str, Any]],
    words: Mapping[str, str],
) -> RecordGaps:
    register, counted_zh, key = counted
    lacks = {
        name: (zh, [str(record[key]) for record in records if record[name] in (None, "")])
        for name, zh in words.items()
    }
    return _gaps(workspace, found, state, register, counted_zh, len(records), lacks)


def _gaps(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    register: str,
    counted_zh: str,
    total: int,
    lacks: Mapping[str, tuple[str, list[str]]],
) -> RecordGaps:
    return RecordGaps(
        register=register,
        counted_zh=counted_zh,
        total=total,
        gaps=tuple(
            gap_of(name, zh, keys, total, most_keys=MOST_KEYS) for name, (zh, keys) in lacks.items() if keys
        ),
        looked_at=tuple(zh for zh, _ in lacks.values()),
        day=state.day,
        data_on=data_day(workspace, state.revision, REGISTERS, state.day),
        figures_year=found.year,
    )
