"""Published target ledgers against the second path."""

import re
from collections.abc import Mapping, Sequence

from geoapp.domain.target_set import Indicator, TargetSet
from geoapp.domain.target_unit import TARGET_UNITS, unit_shown
from geoapp.verification.checking import Checked, Difference
from geoapp.verification.figure import Figure
from geoapp.verification.published import PublishedFigure

_CSV_NAMES = {"目标": "value", "实绩": "actual", "差距": "gap"}
_BY_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(目标|完成)")


def check_targets(
    checked: Checked,
    figures: Sequence[PublishedFigure],
    expected: Mapping[str, Mapping[str, Figure]],
    target_set: TargetSet,
    unit: str,
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
    unit : {"mu", "ha", "m2"}
        In which land is published.
    """
    by_id = {item.id: item for item in target_set.indicators}
    by_zh = {item.zh: item for item in target_set.indicators}
    for figure in figures:
        key, _, day = figure.row.partition("@")
        indicator = by_id.get(key) or by_zh.get(key)
        if indicator is None:
            checked.differences.append(Difference(figure.where, "没有这项指标", figure.row))
            continue
        known = expected.get(indicator.id)
        name = _name(indicator, figure.column, day, known)
        if known is None or name is None or name not in known:
            checked.unverified[f"{indicator.zh}：{figure.column}" if known is None else figure.column] = None
            continue
        factor = TARGET_UNITS[unit_shown(indicator.unit, unit)].base_per_unit
        checked.compare(
            figure, known[name], factor, is_area=TARGET_UNITS[indicator.unit].quantity in ("land", "floor")
        )


def _name(indicator: Indicator, column: str, day: str, known: Mapping[str, Figure] | None) -> str | None:
    """Return under which name the second path has a column."""
    days = [target.day.isoformat() for target in indicator.targets]
    if known is None or column in known:
        return column
    if column == "基数":
        return "base"
    found = _BY_DAY.fullmatch(column)
    if found and found[1] in days:
        return f"targets[{days.index(found[1])}].{'value' if found[2] == '目标' else 'actual'}"
    if column in _CSV_NAMES and day in days:
        return f"targets[{days.index(day)}].{_CSV_NAMES[column]}"
    return "actual" if column in ("当前实绩", "实绩") else None
