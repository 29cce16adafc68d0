"""Published target ledgers against the second path."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from geoapp.domain.target_set import Indicator, Milestone, TargetSet
from geoapp.domain.target_unit import TARGET_UNITS, unit_shown
from geoapp.verification.actuals import REGISTERS, Asked, Place
from geoapp.verification.checking import Checked, Difference
from geoapp.verification.figure import Figure
from geoapp.verification.published import Published, PublishedFigure
from geoapp.verification.published_targets import FORECAST, MEMBERS, PIPELINE, TREND, Member
from geoapp.verification.targets import members_sum, target_figures, targets_in, trend_figures

_OF_TARGET = {
    "目标": "value", "完成": "actual", "实绩": "actual", "序时进度": "planned", "差距": "gap", "完成率(%)": "share",
    "序时完成率(%)": "share_of_plan", "每月还需": "pace_per_month",
}  # fmt: skip
_OF_ROW = {"基数": "base", "当前实绩": "actual", "按项目推算": "projection.value"}
_BY_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(目标|完成|完成率\(%\))")
_KNOWN = re.compile(
    r"actual|base|targets\[\d+\]\.(value|actual|planned|gap|share|share_of_plan|pace_per_month)"
    r"|projection\.(value|added|overdue|undated|later)"
)
"""What the second path computes, whether or not an indicator has it."""
_UNKNOWN = Figure(None)
TargetsOf = Callable[[Indicator], Sequence[Milestone]]


def check_targets(
    checked: Checked,
    figures: Sequence[PublishedFigure],
    expected: Mapping[str, Mapping[str, Figure]],
    target_set: TargetSet,
    targets_of: TargetsOf,
    *,
    unit: str,
    day: date,
) -> None:
    """Compare the figures of a target ledger.

    Parameters
    ----------
    checked : Checked
    figures : sequence of PublishedFigure
        Rows are ids (JSON), ids with a day (CSV) or names (workbook).
    expected : mapping
        See `target_figures`.
    target_set : TargetSet
    targets_of : callable
        The targets of an indicator in the ledger's place.
    unit : {"mu", "ha", "m2"}
        In which land is published.
    day : date
        On which things stand.
    """
    by_id = {item.id: item for item in target_set.indicators}
    by_zh = {item.zh: item for item in target_set.indicators}
    for figure in figures:
        key, _, target_day = figure.row.partition("@")
        indicator = by_id.get(key) or by_zh.get(key)
        if indicator is None:
            checked.differences.append(Difference(figure.where, "没有这项指标", figure.row))
            continue
        known = expected.get(indicator.id)
        name = _name(figure, targets_of(indicator), target_day, day)
        if known is None or not _KNOWN.fullmatch(name):
            checked.unverified[f"{indicator.zh}：{figure.column}" if known is None else figure.column] = None
            continue
        is_hidden = figure.column.endswith("完成") and figure.column[:-2] > day.isoformat()
        right = _UNKNOWN if is_hidden else known.get(name, _UNKNOWN)
        compare_target(checked, figure, right, indicator, unit, is_share="share" in name)


def check_opened(checked: Checked, published: Published, asked: Asked, target_set: TargetSet) -> None:
    """Compare one opened target: its figures, its trend, its towns and parks, and what its records come to.

    Parameters
    ----------
    checked : Checked
    published : Published
    asked : Asked
        The indicator in the place of the file, at its state.
    target_set : TargetSet
    """
    unit, indicator = published.fingerprint.unit, asked.indicator
    own = [figure for figure in published.figures if figure.row == indicator.id]
    curves = [figure for figure in published.figures if figure.row.startswith((f"{TREND}@", f"{FORECAST}@"))]
    parts: dict[str, list[PublishedFigure]] = {}
    for figure in published.figures:
        if figure not in own and figure not in curves:
            parts.setdefault(figure.row, []).append(figure)
    _check_place(checked, own, asked, target_set, unit)
    _check_curves(checked, curves, asked, target_set, unit)
    for row, figures in parts.items():
        place = _place_of(asked, row)
        if place is None:
            checked.differences.append(Difference(figures[0].where, "没有这个镇街或园区", row))
        else:
            _check_place(checked, figures, replace(asked, place=place), target_set, unit)
    _check_members(checked, published, asked)


def _check_place(
    checked: Checked, figures: Sequence[PublishedFigure], asked: Asked, target_set: TargetSet, unit: str
) -> None:
    """Compare the figures of the indicator in one place."""
    if not figures:
        return
    indicator, place = asked.indicator, asked.place
    expected, left_out = target_figures(asked.source, target_set, place, only=indicator.id)
    checked.notes += [
        f"没有核对：{why}" for why in left_out.values() if f"没有核对：{why}" not in checked.notes
    ]
    renamed = [replace(figure, row=indicator.id) for figure in figures]
    check_targets(
        checked, renamed, expected, target_set, lambda item: targets_in(target_set, item, place),
        unit=unit, day=asked.source.day,
    )  # fmt: skip


def _check_curves(
    checked: Checked, figures: Sequence[PublishedFigure], asked: Asked, target_set: TargetSet, unit: str
) -> None:
    """Compare the actuals of the years, and what the projects under way add day by day."""
    days = {figure.row: date.fromisoformat(figure.row.partition("@")[2]) for figure in figures}
    if not days:
        return
    found = trend_figures(asked.source, target_set, asked.indicator, asked.place, sorted(set(days.values())))
    for figure in figures:
        compare_target(checked, figure, found[figure.row], asked.indicator, unit)


def _place_of(asked: Asked, row: str) -> Place | None:
    """Return the place that a row names: town:CODE in data, its name in a sheet."""
    kind, separator, code = row.partition(":")
    if separator and kind in REGISTERS:
        return Place(kind, code)
    sheet, _, name = row.partition("|")
    kind = {"镇街": "town", "园区": "park"}.get(sheet, "")
    if not kind:
        return None
    if name.startswith(_NOWHERE):
        return Place(kind, "")
    register, key = REGISTERS[kind]
    label = asked.source.layers[register].label_field or key
    named = {record[label] or record[key]: record[key] for record in asked.source.rows(register)}
    found = named.get(name, name.rpartition(" ")[2] if name.startswith(_UNREGISTERED) else None)
    return None if found is None else Place(kind, found)


_NOWHERE, _UNREGISTERED = "不在任何", "没有登记的"


def _check_members(checked: Checked, published: Published, asked: Asked) -> None:
    """Compare what the records come to with the figure they make; they are not computed again one by one."""
    unit, indicator = published.fingerprint.unit, asked.indicator
    for kind, members in published.members.items():
        expected = members_sum(asked, kind)
        if expected is None:
            if members:
                checked.notes.append(f"{_WORDS[kind]}没有逐条核对，也没有可比的合计；指标的数已重算。")
            continue
        how, right = expected
        checked.notes += [] if _TOTALS_ONLY in checked.notes else [_TOTALS_ONLY]
        figure = PublishedFigure(f"{_WORDS[kind]}合计", kind, f"{_WORDS[kind]}合计", _come_to(members, how))
        is_land = TARGET_UNITS[indicator.unit].quantity == "land"
        factor = TARGET_UNITS[unit_shown(indicator.unit, unit)].base_per_unit if is_land else 1.0
        checked.compare(figure, right, factor, is_area=True)


_WORDS = {MEMBERS: "组成记录", PIPELINE: "在建项目"}
_TOTALS_ONLY = "组成和在建项目的记录只核对合计，不逐条重算。"


def _come_to(members: Sequence[Member], how: str) -> float | None:
    if how == "sum":
        return math.fsum(member.amount or 0.0 for member in members)
    pairs = [
        (member.weight * member.ratio if member.amount is None else member.amount, member.weight)
        for member in members
        if member.weight is not None and member.ratio is not None and member.weight > 0
    ]
    return math.fsum(a for a, _ in pairs) / math.fsum(b for _, b in pairs) if pairs else None


def compare_target(
    checked: Checked,
    figure: PublishedFigure,
    expected: Figure,
    indicator: Indicator,
    unit: str,
    *,
    is_share: bool = False,
) -> None:
    """Compare one figure of an indicator in the unit in which it is published."""
    factor = TARGET_UNITS[unit_shown(indicator.unit, unit)].base_per_unit
    if is_share:
        factor = 0.01 if "%" in figure.column else 1.0
    is_area = TARGET_UNITS[indicator.unit].quantity in ("land", "floor") and not is_share
    checked.compare(figure, expected, factor, is_area=is_area)


def _name(figure: PublishedFigure, targets: Sequence[Milestone], target_day: str, day: date) -> str:
    """Return under which name the second path has a column."""
    found = _BY_DAY.fullmatch(figure.column)
    words = found[2] if found else figure.column
    if words in _OF_ROW:
        return _OF_ROW[words]
    if words not in _OF_TARGET:
        return words
    days = [target.day.isoformat() for target in targets]
    wanted = found[1] if found else target_day or _current(targets, day)
    if wanted not in days:  # a place without targets of its own has the actual all the same
        return "actual" if words == "实绩" else f"targets[{len(days)}].{_OF_TARGET[words]}"
    return f"targets[{days.index(wanted)}].{_OF_TARGET[words]}"


def _current(targets: Sequence[Milestone], day: date) -> str:
    """Return the day of the next target to come, of the last one where all have passed; empty without targets."""
    ahead = [target.day for target in targets if target.day > day] or [target.day for target in targets[-1:]]
    return ahead[0].isoformat() if ahead else ""
