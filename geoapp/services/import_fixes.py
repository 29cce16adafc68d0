"""One-click fixes: what they are called, which are offered, and those that empty cells or leave records out."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pandas as pd

from geoapp.analysis.crs_verdict import SWAP_AXES, USE_DETECTED_CRS
from geoapp.analysis.repair import CLOSE_LINES, DROP_WITHOUT_GEOMETRY
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.schema import CLEAR_BAD_VALUES, CLEAR_UNKNOWN_CODES, DROP_ERROR_ROWS, KEEP_LAST_DUPLICATES
from geoapp.errors import UsageError
from geoapp.services.import_columns import Table
from geoapp.services.import_geometry import KEEP_OUTSIDE
from geoapp.services.import_staged import Fix
from geoapp.services.import_units import FIX_PREFIX, unit_fix_label

FIX_LABELS = {
    USE_DETECTED_CRS: "采用按坐标大小判定的坐标系",
    SWAP_AXES: "对调 X、Y",
    CLOSE_LINES: "把没有闭合的线首尾相连成面",
    DROP_WITHOUT_GEOMETRY: "去掉没有图形的记录",
    KEEP_OUTSIDE: "区外的记录照样入库",
    CLEAR_BAD_VALUES: "清空读不懂或超出范围的值",
    CLEAR_UNKNOWN_CODES: "清空不在代码表里的值",
    KEEP_LAST_DUPLICATES: "编号重复的只留最后一条",
    DROP_ERROR_ROWS: "去掉有错误的记录",
}
"""Fixes by id, in the order they are applied and shown."""
_CLEARING = (CLEAR_BAD_VALUES, CLEAR_UNKNOWN_CODES)
_DROPPED_ADVICE = "按您的选择，这条记录已去掉。"
_CLEARED_ADVICE = "按您的选择，这个值已清空。"


def refuse_unknown_fixes(fixes: Iterable[str]) -> None:
    """Raise UsageError naming the first fix that does not exist."""
    for fix in sorted(fixes):
        if fix not in FIX_LABELS and not (fix.startswith(FIX_PREFIX) and fix.count(":") == 2):
            known = "、".join(FIX_LABELS)
            raise UsageError(
                f"没有修复“{fix}”；可用：{known}，以及 unit:字段:单位（如 unit:area_reg_m2:mu）。"
            )


def clear_cells(table: Table, issues: Sequence[Issue], fixes: frozenset[str]) -> list[Issue]:
    """Empty the cells of findings whose clearing fix was chosen; return the findings, those turned into warnings."""
    names = {f.label: f.name for f in table.layer.fields}
    settled = []
    for issue in issues:
        if issue.fix not in _CLEARING or issue.fix not in fixes or issue.row is None or issue.field is None:
            settled.append(issue)
            continue
        table.records.loc[issue.row, names[issue.field]] = pd.NA
        settled.append(replace(issue, severity=Severity.WARNING, advice=_CLEARED_ADVICE))
    return settled


def drop_records(table: Table, issues: Sequence[Issue], fixes: frozenset[str]) -> list[Issue]:
    """Leave out the records that the chosen fixes leave out; their errors become notes.

    First those without geometry, then all but the last of each key, then all that still have an error.
    """
    settled = list(issues)
    if DROP_WITHOUT_GEOMETRY in fixes:
        settled = _drop(table, settled, lambda issue: issue.fix == DROP_WITHOUT_GEOMETRY)
    if KEEP_LAST_DUPLICATES in fixes:
        settled = _keep_last(table, settled)
    if DROP_ERROR_ROWS in fixes:
        settled = _drop(table, settled, lambda issue: True)
    return settled


def offered_fixes(
    issues: Sequence[Issue], fixes: frozenset[str], extra: Sequence[str], table: Table
) -> list[Fix]:
    """Return the fixes that would help or have helped, in the order of `FIX_LABELS`, units last.

    Parameters
    ----------
    issues : sequence of Issue
        All findings; those that a chosen fix put right still name it.
    fixes : frozenset of str
        Chosen ones.
    extra : sequence of str
        Unit fixes to offer besides those that findings name.
    table : Table
        For the labels of unit fixes.
    """
    # Two findings may speak of one place: a shape that cannot be read, and the record that is left without one.
    places = {
        (issue.fix, -number if issue.row is None else issue.row, issue.field)
        for number, issue in enumerate(issues, 1)
        if issue.fix
    }
    counts = Counter(fix for fix, _, _ in places)
    row_errors = {issue.row for issue in issues if issue.severity is Severity.ERROR and issue.row is not None}
    if row_errors:
        counts[DROP_ERROR_ROWS] = max(counts[DROP_ERROR_ROWS], len(row_errors))
    static = [
        Fix(id=fix, label=label, count=counts[fix], is_applied=fix in fixes)
        for fix, label in FIX_LABELS.items()
        if counts[fix] or fix in fixes
    ]
    named = [fix for fix in (*counts, *extra, *sorted(fixes)) if fix and fix.startswith(FIX_PREFIX)]
    units = [
        Fix(id=fix, label=unit_fix_label(fix, table), count=counts[fix], is_applied=fix in fixes)
        for fix in dict.fromkeys(named)
        if fix.split(":")[1] in table.records
    ]
    return static + units


def _drop(table: Table, issues: list[Issue], is_meant: Callable[[Issue], bool]) -> list[Issue]:
    """Leave out the records with an error that is meant, and turn every error of theirs into a note."""
    rows = {
        issue.row
        for issue in issues
        if issue.severity is Severity.ERROR and issue.row is not None and is_meant(issue)
    }
    table.drop(table.records.index[table.records.index.isin(rows)])
    return [_settled(issue) if issue.row in rows else issue for issue in issues]


def _settled(issue: Issue) -> Issue:
    if issue.severity is not Severity.ERROR:
        return issue
    return replace(issue, severity=Severity.NOTE, advice=_DROPPED_ADVICE)


def _keep_last(table: Table, issues: list[Issue]) -> list[Issue]:
    keys = table.records[list(table.layer.key)]
    is_earlier = keys.duplicated(keep="last") & keys.notna().all(axis=1)
    rows = set(table.records.index[is_earlier].tolist())
    table.drop(table.records.index[is_earlier])
    kept = [
        replace(issue, severity=Severity.NOTE, advice="按您的选择，重复的只留最后一条。")
        if issue.fix == KEEP_LAST_DUPLICATES
        else issue
        for issue in issues
    ]
    return [_settled(issue) if issue.row in rows else issue for issue in kept]
