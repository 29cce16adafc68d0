"""What is unknown, and what is wrong, of a year's enterprises and plots: the data-quality lines of the evaluation.

What is made from figures that somebody may not see is not unknown: it is not looked at, but of the own town's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from geoapp.services.seen import own_records
from geoapp.services.workspace import Workspace

_PLOTS = {
    "site_area_m2": "地块面积", "tax_wan_per_mu": "亩均税收", "value_added_wan_per_mu": "亩均增加值",
    "grade": "评价档次",
}  # fmt: skip
_COMPARED = {
    "grade_here": "本系统档次", "score_here": "本系统得分", "grade_there": "官方档次", "score_there": "官方得分",
}  # fmt: skip


_MADE_OF_FIGURES = {"tax_wan_per_mu": "tax_wan", "value_added_wan_per_mu": "value_added_wan"}
_MADE_OF_SCORES = frozenset({"grade", "score", "grade_here", "score_here"})


@dataclass(frozen=True, slots=True)
class _Looked:
    """A field, and of how many records it was looked at."""

    zh: str
    lacking: list[str]
    """Keys of the records that lack it."""
    total: int


def _looked(
    workspace: Workspace, key: str, zh: str, is_lacking: pd.Series, *, is_hidden: bool
) -> _Looked | None:
    """Return which records lack a field, of the own town's where it is hidden; None where nothing of it is seen."""
    if is_hidden:
        codes = pd.DataFrame({key: is_lacking.index}, index=is_lacking.index)
        is_lacking = is_lacking[own_records(workspace, codes)]
        zh = f"{zh}（本镇街）"
    if is_hidden and is_lacking.empty:
        return None
    return _Looked(zh, list(is_lacking.index[is_lacking.to_numpy(bool)]), len(is_lacking))


def _hides_item(workspace: Workspace, item: str) -> bool:
    hidden = workspace.sight.hidden(workspace.layer("performance"))
    return not {ITEMS[item].numerator, ITEMS[item].denominator}.isdisjoint(hidden)


def _hides_scores(workspace: Workspace, found: YearEvaluation, lists: Iterable[str]) -> bool:
    """Return whether the scores of one of some lists are made from a figure that is hidden."""
    rules = found.inputs.rules.score
    return any(
        _hides_item(workspace, item) for code in lists if code in rules for item in rules[code].weights
    )


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
    lists = sorted(set(members["list"]) & set(found.evaluation.scores))
    land_m2 = found.inputs.figures["land_m2"].reindex(members.index)
    hides_scores = _hides_scores(workspace, found, lists)
    looked = {
        "list": _looked(workspace, "uscc", "评价名单", members["list"] == "", is_hidden=False),
        "land_m2": _looked(workspace, "uscc", "用地面积", land_m2.isna(), is_hidden=False),
        "score": _looked(workspace, "uscc", "综合得分", members["score"].isna(), is_hidden=hides_scores),
    }
    for name, item in ITEMS.items():
        scores = [found.evaluation.scores[listed].value for listed in lists]
        values = [
            value[name] for value in scores if name in value and not is_withheld(workspace, f"value_{name}")
        ]
        if values:
            value = pd.concat(values)
            is_lacking = value[value.index.isin(members.index)].isna()
            is_hidden = _hides_item(workspace, name)
            looked[f"value_{name}"] = _looked(workspace, "uscc", item.zh, is_lacking, is_hidden=is_hidden)
    return _gaps(
        workspace, found, state, ("enterprises", "家企业", "uscc"), list(members.index), looked, unit
    )


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
    keys = [str(record[key]) for record in records]
    hidden = workspace.sight.hidden(workspace.layer("performance"))
    hides_scores = _hides_scores(workspace, found, found.inputs.rules.score)
    looked = {
        name: _looked(
            workspace,
            key,
            zh,
            pd.Series([record[name] in (None, "") for record in records], index=keys, dtype=bool),
            is_hidden=hides_scores if name in _MADE_OF_SCORES else _MADE_OF_FIGURES.get(name) in hidden,
        )
        for name, zh in words.items()
    }
    return _gaps(workspace, found, state, counted, keys, looked, unit)


def _gaps(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    counted: tuple[str, str, str],
    keys: list[str],
    looked: Mapping[str, _Looked | None],
    unit: str,
) -> RecordGaps:
    """Return what was found lacking, and what is wrong with the records of some keys and what they are evaluated by."""
    register, counted_zh, key = counted
    seen = {name: one for name, one in looked.items() if one is not None}
    wrong = list(faults_about(workspace, register, state, {key: keys}, unit=unit))
    if register == "enterprises":
        wrong += faults_about(workspace, "performance", state, {key: keys, "year": [found.year]}, unit=unit)
        wrong += faults_about(workspace, "occupancies", state, {key: keys}, unit=unit)
    return RecordGaps(
        register=register,
        counted_zh=counted_zh,
        total=len(keys),
        gaps=tuple(
            gap_of(name, one.zh, one.lacking, one.total, most_keys=MOST_KEYS)
            for name, one in seen.items()
            if one.lacking
        ),
        looked_at=tuple(one.zh for one in seen.values()),
        day=state.day,
        data_on=data_day(workspace, state.revision, REGISTERS, state.day),
        figures_year=found.year,
        faults=tuple(wrong),
    )
