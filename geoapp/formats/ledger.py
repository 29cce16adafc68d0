"""Ledgers as people keep them: what spreadsheets and comma-separated files have in common."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geoapp.domain.issue import Issue, Severity
from geoapp.domain.parse import fold
from geoapp.formats.base import RawLayer
from geoapp.formats.geometry import vector_layer
from geoapp.formats.ledger_header import (
    NOTE_LINE,
    Header,
    Merge,
    expand,
    find_header,
    is_blank,
    money_unit_in,
    units_by_column,
)

SAID_CELLS = 50
"""How many findings of one kind are listed one by one."""
GEOMETRY_COLUMNS = frozenset({"wkt", "geometry", "geom", "the_geom", "wkt_geom", "几何", "图形wkt", "图形"})
ERROR_CELLS = frozenset(
    {"#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
)

_TOTAL = re.compile(r".{0,12}(合计|总计|小计|共计|汇总|累计|总和)(数|值|行)?(:|\(.{0,12}\))?")
_FOOTER = re.compile(r"(盖章|签字|签章)")
_SECTION = re.compile(r"^\(?[一二三四五六七八九十]+[、.)]")
_CURVED = re.compile(r"CURVE|CIRCULARSTRING|MULTISURFACE", re.IGNORECASE)
_LOST = re.compile(r"[?？\ufffd]{2,}[?？\ufffd/_()\d]*")
_SRID = re.compile(r"^\s*SRID=(\d+);", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A table of cells as it stands in a file, with what the file says about rows and columns."""

    name: str
    rows: list[list[Any]]
    """From the first row of the file on, so that the row number is the position plus one."""
    merges: list[Merge] = field(default_factory=list)
    hidden_rows: frozenset[int] = frozenset()
    """Row numbers, from 1."""
    hidden_columns: frozenset[int] = frozenset()
    """Columns, from 0."""
    issues: list[Issue] = field(default_factory=list)


def read_sheet(sheet: Sheet, *, declared_crs: object = None) -> RawLayer | None:
    """Return a sheet's records, or None where it has no table.

    Titles, notes, totals and repeated headers are left out and said; values stay as they are. A column of WKT makes
    it a layer with geometry.

    Parameters
    ----------
    sheet : Sheet
        The cells.
    declared_crs : anything pyproj understands, optional
        What the file says about the coordinates of a WKT column.
    """
    rows = _rectangular(sheet.rows)
    header = find_header(rows, sheet.merges) if rows else None
    if header is None:
        return None
    issues = [*sheet.issues, *header.issues]
    body, merge_issues = _fill_down(rows, sheet.merges, header)
    kept, left_out = _split_rows(body, header, sheet.merges)
    columns, column_issues = _name_columns(header, [body[i] for i in kept])
    frame = _frame(body, kept, columns)
    units, unit_issues = units_by_column(frame, rows[: header.top])
    issues += merge_issues + left_out + column_issues + unit_issues + _money_issues(frame)
    issues += _lost_issues(frame)
    issues += _hidden_issues(sheet, kept, columns) + _error_cells(frame)
    return _with_geometry(sheet.name, frame, units, issues, declared_crs)


def _rectangular(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Return rows of one length, blank cells None, without the empty ones at the end."""
    width = max((len(row) for row in rows), default=0)
    filled = [
        [None if is_blank(cell) else cell for cell in row] + [None] * (width - len(row)) for row in rows
    ]
    while filled and all(cell is None for cell in filled[-1]):
        filled.pop()
    return filled


def _fill_down(
    rows: list[list[Any]], merges: Sequence[Merge], header: Header
) -> tuple[list[list[Any]], list[Issue]]:
    """Give every row of a cell merged downwards its value, as the reader of the sheet sees it."""
    downward = [m._replace(right=m.left) for m in merges if m.top > header.bottom and m.bottom > m.top]
    downward = [m for m in downward if m.top < len(rows) and rows[m.top][m.left] is not None]
    if not downward:
        return rows, []
    message = f"{len(downward)} 处上下合并的单元格，每一行都按合并的值读入。"
    return expand(rows, downward), [Issue(code="merged-filled", severity=Severity.NOTE, message=message)]


def _split_rows(
    rows: list[list[Any]], header: Header, merges: Sequence[Merge]
) -> tuple[list[int], list[Issue]]:
    """Return which rows are records, and a note about every other one that is not empty."""
    across = {m.top for m in merges if m.right - m.left + 1 >= max(3, len(header.names) / 2)}
    labels = [
        set(filter(None, (_key(cell) for cell in rows[i]))) for i in range(header.top, header.bottom + 1)
    ]
    kept, issues = [], []
    for i in range(header.bottom + 1, len(rows)):
        filled = [cell for cell in rows[i] if cell is not None]
        if not filled:
            continue
        kind = _kind(filled, rows[i], is_across=i in across, labels=labels)
        if kind:
            issues.append(_left_out(i + 1, kind, filled))
        else:
            kept.append(i)
    return kept, issues


def _key(cell: Any) -> str:
    return re.sub(r"\s+", "", fold(str(cell))) if cell is not None else ""


def _kind(filled: list[Any], row: list[Any], *, is_across: bool, labels: list[set[str]]) -> str:
    """Return what a row is in words if it is no record, else ""."""
    first = _key(filled[0]) if isinstance(filled[0], str) else ""
    leading = [_key(cell) for cell in row[:3] if isinstance(cell, str)]
    if any(_TOTAL.fullmatch(text) for text in leading):
        return "合计行"
    if NOTE_LINE.match(first) or (_FOOTER.search(first) and len(filled) <= 3):
        return "填报说明行"
    if len(filled) == 1 and len(row) >= 3 and first and (is_across or _SECTION.match(first)):
        return "分组标题或说明行"
    is_header = len(filled) >= 2 and any({_key(cell) for cell in filled} == level for level in labels)
    return "重复的表头" if is_header else ""


def _left_out(number: int, kind: str, filled: list[Any]) -> Issue:
    values = "，".join(str(cell) for cell in filled)
    return Issue(
        code="row-left-out",
        severity=Severity.NOTE,
        message=f"第 {number} 行是{kind}，没有读入。",
        advice="如果它是一条记录，请改掉让程序误会的文字后重新导入。",
        row=number,
        value=values[:300],
    )


def _name_columns(header: Header, body: list[list[Any]]) -> tuple[dict[int, str], list[Issue]]:
    """Return the name of each column that has one, or that has values; all distinct."""
    issues: list[Issue] = []
    names: dict[int, str] = {}
    for i, label in enumerate(header.names):
        if not label and all(row[i] is None for row in body):
            continue
        name = label or f"未命名列{column_letter(i)}"
        names[i] = _distinct(name, set(names.values()))
        if not label:
            issues.append(
                _column_issue("missing-header", f"{column_letter(i)} 列没有表头，按“{name}”读入。", name)
            )
        elif names[i] != name:
            message = f"表头“{name}”重复，后一列按“{names[i]}”读入。"
            issues.append(_column_issue("duplicate-header", message, name))
    return names, issues


def _distinct(name: str, taken: set[str]) -> str:
    number, candidate = 2, name
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def _column_issue(code: str, message: str, name: str) -> Issue:
    return Issue(
        code=code, severity=Severity.WARNING, message=message, advice="请在表里改好表头。", field=name
    )


def column_letter(column: int) -> str:
    """Return a spreadsheet's name of a column counted from 0.

    Examples
    --------
    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    letters = ""
    while column >= 0:
        letters = chr(ord("A") + column % 26) + letters
        column = column // 26 - 1
    return letters


def _frame(rows: list[list[Any]], kept: list[int], columns: dict[int, str]) -> pd.DataFrame:
    index = pd.Index(np.array(kept, dtype="int64") + 1, name="source_row")
    cells = {
        name: np.array([None, *(rows[i][c] for i in kept)], dtype=object)[1:] for c, name in columns.items()
    }
    return pd.DataFrame(cells, index=index).infer_objects()


def _lost_issues(frame: pd.DataFrame) -> list[Issue]:
    """Tell of headers that somebody's software saved as question marks."""
    lost = [str(name) for name in frame.columns if _LOST.fullmatch(str(name))]
    if not lost:
        return []
    message = f"表头“{'”“'.join(lost[:10])}”只剩问号：文件以前保存时就丢失了汉字，找不回来。"
    advice = "请从原来的系统重新导出，保存为 UTF-8 或 xlsx。"
    return [Issue(code="text-lost", severity=Severity.ERROR, message=message, advice=advice)]


def _money_issues(frame: pd.DataFrame) -> list[Issue]:
    return [
        Issue(
            code="money-unit",
            severity=Severity.WARNING,
            message=f"列“{name}”以{unit}计；台账里的金额以万元计。",
            advice="请换算成万元，并把表头改为“(万元)”。",
            field=name,
            value=unit,
        )
        for name in frame.columns
        if (unit := money_unit_in(name))
    ]


def _hidden_issues(sheet: Sheet, kept: list[int], columns: dict[int, str]) -> list[Issue]:
    rows = [str(i + 1) for i in kept if i + 1 in sheet.hidden_rows]
    names = [name for i, name in columns.items() if i in sheet.hidden_columns]
    return [
        Issue(
            code=code,
            severity=Severity.WARNING,
            message=f"有 {len(hidden)} {what}是隐藏的，也读入了。",
            advice="不要的请在表里删除。",
            value="、".join(hidden[:SAID_CELLS]),
        )
        for code, what, hidden in (("hidden-rows", "行", rows), ("hidden-columns", "列", names))
        if hidden
    ]


def _error_cells(frame: pd.DataFrame) -> list[Issue]:
    """Empty the cells that hold a spreadsheet's error, and say so."""
    found = list(_find_error_cells(frame))
    for row, name, _ in found:
        frame.loc[row, name] = None
    issues = [
        Issue(
            code="error-cell",
            severity=Severity.WARNING,
            message=f"第 {row} 行“{name}”是公式错误 {value}，按空白读入。",
            advice="请在表里改好公式，或填上数值。",
            row=row,
            field=name,
            value=value,
        )
        for row, name, value in found[:SAID_CELLS]
    ]
    if len(found) > SAID_CELLS:
        message = f"还有 {len(found) - SAID_CELLS} 处公式错误没有一一列出，都按空白读入。"
        issues.append(Issue(code="error-cell", severity=Severity.WARNING, message=message))
    return issues


def _find_error_cells(frame: pd.DataFrame) -> Iterator[tuple[int, str, str]]:
    for name in frame.columns:
        cells = frame[name]
        if pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_datetime64_any_dtype(cells):
            continue
        hit = cells.isin(ERROR_CELLS)
        yield from zip(
            cells.index[hit].tolist(), [name] * int(hit.sum()), cells[hit].astype(str).tolist(), strict=True
        )


def _with_geometry(
    name: str, frame: pd.DataFrame, units: dict[str, str], issues: list[Issue], declared_crs: object
) -> RawLayer:
    """Return the layer; with geometry if one of its columns holds WKT."""
    found = next(
        (c for c in frame.columns if fold(c).lower() in GEOMETRY_COLUMNS and _is_wkt(frame[c])), None
    )
    if found is None:
        return RawLayer(name=name, frame=frame, issues=issues, units=units)
    geometry, srid, bad = _from_wkt(frame[found])
    layer = vector_layer(
        name,
        {c: frame[c].array for c in frame.columns if c != found},
        geometry,
        declared_crs=declared_crs or (f"EPSG:{srid}" if srid else None),
        rows=frame.index,
        issues=[*issues, *bad],
    )
    layer.units = units
    return layer


def _is_wkt(cells: pd.Series) -> bool:
    texts = cells.dropna().astype(str)
    looks = texts.str.contains(
        r"^\s*(?:SRID=\d+;)?\s*[A-Za-z]+(?:\s+[ZMzm]{1,2})?\s*(?:\(|EMPTY)", regex=True
    )
    return len(texts) > 0 and bool(looks.mean() > 0.5)


def _from_wkt(cells: pd.Series) -> tuple[np.ndarray, str, list[Issue]]:
    """Return geometries, the SRID all of them name, and an error for every text that is none."""
    texts = [None if pd.isna(cell) else str(cell) for cell in cells]
    srids = {match[1] for text in texts if text and (match := _SRID.match(text))}
    plain = [_SRID.sub("", text) if text else None for text in texts]
    straight = [text if text and not _CURVED.search(text) else None for text in plain]
    geometry = shapely.from_wkt(np.array([None, *straight], dtype=object)[1:], on_invalid="ignore")
    rows = cells.index.tolist()
    issues = [
        Issue(
            code="wkt-unreadable",
            severity=Severity.ERROR,
            message=f"第 {row} 行“{cells.name}”不是能读的 WKT 图形（曲线、TIN 也不能读）。",
            advice="请在 GIS 软件里转换成普通的点、线、面后重新导出。",
            row=row,
            field=str(cells.name),
            value=text[:100],
        )
        for row, text, is_lost in zip(rows, plain, shapely.is_missing(geometry), strict=True)
        if text and is_lost
    ]
    return geometry, srids.pop() if len(srids) == 1 else "", issues
