"""Writing .xlsx: labels and formats from the register, a frozen header, and a second sheet that explains them."""

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from geoapp.domain.frame import STORED_CRS
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import UNIT_LABELS, Layer
from geoapp.errors import FormatError
from geoapp.formats.base import WriteOptions
from geoapp.formats.ledger_write import (
    WKT,
    LedgerColumn,
    crs_label,
    ledger_columns,
    ledger_table,
    plain_cells,
)
from geoapp.formats.vector_write import put_in_place

NOTES_SHEET = "说明"
MAX_ROWS = 1_048_575
"""Records an Excel sheet holds below its header."""
CELL_CHARACTERS = 32_767
_TEXT_STAYS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_EXACT_INTEGER = 10**15
_FIRST_YEAR = 1900
_NAME_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))
_DTYPE_LABELS = {"string": "文字", "integer": "整数", "number": "数值", "boolean": "是/否", "date": "日期"}


def write(path: Path, frame: pd.DataFrame, options: WriteOptions) -> list[Issue]:
    """Write one frame: its sheet and the sheet of notes."""
    title = options.title or (options.layer.zh if options.layer else path.stem)
    return write_layers(path, [(title, frame)], options)


def write_layers(
    path: Path, frames: Sequence[tuple[str, pd.DataFrame]], options: WriteOptions
) -> list[Issue]:
    """Write several frames, one sheet each.

    Raises
    ------
    FormatError
        More rows than a sheet holds.
    """
    for title, frame in frames:
        if len(frame) > MAX_ROWS:
            raise FormatError(
                f"“{title}”有 {len(frame)} 行，Excel 放不下（{MAX_ROWS} 行）。请改用 CSV 或 GeoPackage。"
            )
    return put_in_place(path, lambda folder: _write_book(folder / path.name, frames, options.layer))


def _write_book(path: Path, frames: Sequence[tuple[str, pd.DataFrame]], layer: Layer | None) -> list[Issue]:
    issues: list[Issue] = []
    frames, crs = _in_one_crs(frames)
    book = xlsxwriter.Workbook(path, _TEXT_STAYS_TEXT)
    formats = _formats(book)
    described: list[tuple[str, list[LedgerColumn]]] = []
    for name, (_, frame) in zip(sheet_names([title for title, _ in frames]), frames, strict=True):
        table, found = ledger_table(frame, layer)
        columns = ledger_columns(table, layer)
        issues += found + _write_table(book.add_worksheet(name), table, columns, formats)
        described.append((name, columns))
    _write_notes(book.add_worksheet(NOTES_SHEET), described, layer, crs, formats)
    book.close()
    return issues


def sheet_names(titles: Sequence[str]) -> list[str]:
    """Return names Excel takes: at most 31 characters, distinct whatever the case, none of them the notes'.

    Examples
    --------
    >>> sheet_names(["a/b", "A_B", ""])
    ['a_b', 'A_B_2', '数据']
    """
    taken = {NOTES_SHEET, "history"}
    names = []
    for title in titles:
        stem = title.translate(_NAME_FORBIDDEN).strip("' ")[:31] or "数据"
        name, number = stem, 2
        while name.lower() in taken:
            name, number = f"{stem[:27]}_{number}", number + 1
        taken.add(name.lower())
        names.append(name)
    return names


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    looks: dict[str, dict[str, Any]] = {
        "header": {"bold": True, "bg_color": "#DDE6F0", "border": 1, "text_wrap": True},
        "integer": {"num_format": "0"},
        "number": {"num_format": "#,##0.00##"},
        "date": {"num_format": "yyyy-mm-dd"},
        "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
        "text": {"num_format": "@"},
        "bold": {"bold": True},
    }
    return {name: book.add_format(look) for name, look in looks.items()}


def _write_table(
    sheet: Worksheet, table: pd.DataFrame, columns: Sequence[LedgerColumn], formats: dict[str, Format]
) -> list[Issue]:
    issues = []
    for i, column in enumerate(columns):
        sheet.write_string(0, i, column.label, formats["header"])
        values = plain_cells(table[column.name])
        cut = [
            row for row, value in enumerate(values) if isinstance(value, str) and len(value) > CELL_CHARACTERS
        ]
        issues += [_too_long(table.index[row], column, values[row]) for row in cut]
        for row in cut:
            values[row] = None if column.name == WKT else values[row][:CELL_CHARACTERS]
        for row, value in enumerate(values, start=1):
            _write_cell(sheet, row, i, value, formats)
        sheet.set_column(i, i, _width(column.label, values))
    sheet.freeze_panes(1, 0)
    if len(table) and len(columns):
        sheet.autofilter(0, 0, len(table), len(columns) - 1)
    return issues


def _write_cell(sheet: Worksheet, row: int, column: int, value: Any, formats: dict[str, Format]) -> None:
    """Write one value as what it is; text is always text, whatever it begins with."""
    if value is None:
        return
    if isinstance(value, bool | np.bool_):
        sheet.write_string(row, column, "是" if value else "否")
    elif isinstance(value, int | np.integer) and abs(int(value)) < _EXACT_INTEGER:
        sheet.write_number(row, column, int(value), formats["integer"])
    elif isinstance(value, float | np.floating) and np.isfinite(value):
        sheet.write_number(row, column, float(value), formats["number"])
    elif isinstance(value, date) and value.year >= _FIRST_YEAR:
        _write_date(sheet, row, column, value, formats)
    else:
        sheet.write_string(row, column, str(value), formats["text"])


def _write_date(sheet: Worksheet, row: int, column: int, value: date, formats: dict[str, Format]) -> None:
    has_time = isinstance(value, datetime) and value.time() != time.min
    plain = value.replace(tzinfo=None) if isinstance(value, datetime) else value
    sheet.write_datetime(row, column, plain, formats["time" if has_time else "date"])


def _width(label: str, values: Sequence[Any]) -> float:
    longest = max((_cells_wide(str(value)) for value in values[:200] if value is not None), default=0)
    return float(min(max(longest, _cells_wide(label)) + 2, 40))


def _cells_wide(text: str) -> int:
    return sum(1 if character.isascii() else 2 for character in text[:60])


def _too_long(row: Any, column: LedgerColumn, value: str) -> Issue:
    what = "图形没有写入" if column.name == WKT else f"只写了前 {CELL_CHARACTERS} 个字符"
    return Issue(
        code="cell-too-long",
        severity=Severity.WARNING,
        message=f"“{column.label}”有 {len(value)} 个字符，超过 Excel 单元格的 {CELL_CHARACTERS} 个，{what}。",
        advice="请改用 CSV 或 GeoPackage。",
        row=int(row) if isinstance(row, int | np.integer) else None,
        field=column.label,
    )


def _in_one_crs(frames: Sequence[tuple[str, pd.DataFrame]]) -> tuple[list[tuple[str, pd.DataFrame]], str]:
    """Return the frames in the CRS they share, else in EPSG:4490; the notes state one for all sheets."""
    known = {crs_label(f.crs) for _, f in frames if isinstance(f, gpd.GeoDataFrame) and f.crs is not None}
    if len(known) < 2:
        return list(frames), next(iter(known), "")
    moved = [
        (name, f.to_crs(STORED_CRS) if isinstance(f, gpd.GeoDataFrame) and f.crs is not None else f)
        for name, f in frames
    ]
    return moved, f"EPSG:{STORED_CRS}"


def _write_notes(
    sheet: Worksheet,
    described: Sequence[tuple[str, Sequence[LedgerColumn]]],
    layer: Layer | None,
    crs: str,
    formats: dict[str, Format],
) -> None:
    """Write what the columns mean, in what unit, and which codes they take."""
    lines: list[list[str]] = []
    if crs:
        lines.append(["坐标系", f"{crs}（WKT 列；横坐标、经度在前。经度、纬度列总是 EPSG:{STORED_CRS}）"])
    if layer is not None:
        lines += [["台账", layer.zh], ["来源", layer.source], ["说明", layer.description]]
    lines += [[], ["工作表", "列", "字段名", "类型", "单位", "代码或说明"]]
    for name, columns in described:
        lines += [_described(name, column) for column in columns]
    sheet.write_string(0, 0, "填表与字段说明", formats["bold"])
    for row, line in enumerate(lines, start=1):
        for column, text in enumerate(line):
            if text:
                sheet.write_string(row, column, text)
    sheet.set_column(0, 4, 18)
    sheet.set_column(5, 5, 80)


def _described(sheet_name: str, column: LedgerColumn) -> list[str]:
    found = column.field
    if found is None:
        return [sheet_name, column.label, column.name, "", "", ""]
    codes = "；".join(f"{code.value} {code.zh}" for code in found.codes)
    unit = UNIT_LABELS.get(found.unit, "")
    text = "；".join(filter(None, (codes, found.description, "必填" if found.required else "")))
    return [sheet_name, column.label, found.name, _DTYPE_LABELS.get(found.dtype, ""), unit, text]
