"""What is unknown, and what is wrong, of a year's enterprises and plots: the data-quality lines of the evaluation."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from geoapp.domain.evaluation import ITEMS
from geoapp.domain.record_gaps import RecordGaps, gap_of
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.evaluation import YearEvaluation
from geoapp.services.evaluation_inputs import REGISTERS
from geoapp.services.evaluation_words import is_withheld
from geoapp.services.record_faults import faults_about
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
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    code: str | None,
    uscc: str = "",
    *,
    unit: str = "mu",
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
    unit : {"mu", "ha", "m2"}
        For land in messages.
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
    return _gaps(workspace, found, state, ("enterprises", "家企业", "uscc"), list(members.index), flags, unit)


def evaluated_plot_gaps(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    records: Sequence[Mapping[str, Any]],
    *,
    unit: str = "mu",
) -> RecordGaps:
    """Return what is unknown of evaluated plots; see `evaluation_record.plots_record`."""
    return _of_records(workspace, found, state, ("plots", "宗地", "plot_code"), records, _PLOTS, unit)


def comparison_gaps(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    records: Sequence[Mapping[str, Any]],
    *,
    unit: str = "mu",
) -> RecordGaps:
    """Return what either result lacks of the enterprises compared; see `evaluation_others.official_data`."""
    return _of_records(workspace, found, state, ("enterprises", "家企业", "uscc"), records, _COMPARED, unit)


def _of_records(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    counted: tuple[str, str, str],
    records: Sequence[Mapping[str, Any]],
    words: Mapping[str, str],
    unit: str,
) -> RecordGaps:
    key = counted[2]
    lacks = {
        name: (zh, [str(record[key]) for record in records if record[name] in (None, "")])
        for name, zh in words.items()
    }
    keys = [str(record[key]) for record in records]
    return _gaps(workspace, found, state, counted, keys, lacks, unit)


def _gaps(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    counted: tuple[str, str, str],
    keys: list[str],
    lacks: Mapping[str, tuple[str, list[str]]],
    unit: str,
) -> RecordGaps:
    """Return what *lacks* says, and what is wrong with the records of some keys and what they are evaluated by."""
    register, counted_zh, key = counted
    total = len(keys)
    wrong = list(faults_about(workspace, register, state, {key: keys}, unit=unit))
    if register == "enterprises":
        wrong += faults_about(workspace, "performance", state, {key: keys, "year": [found.year]}, unit=unit)
        wrong += faults_about(workspace, "occupancies", state, {key: keys}, unit=unit)
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
        faults=tuple(wrong),
    )
