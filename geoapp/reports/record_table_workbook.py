"""Records as a workbook: a sheet with the rows, a sheet that says what they are."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.frame import plain_values
from geoapp.domain.record_table import RecordTable
from geoapp.domain.rounding import rounded
from geoapp.errors import UsageError
from geoapp.reports.print_layout import A4, LINE_HEIGHT, lines_of, print_wide, text_width
from geoapp.reports.texts import page_footer

MOST_CELLS = 2_000_000
"""A workbook of more takes minutes to write and to open."""
_FONT = "宋体"
_TITLE_ROW = 0
_SIGNATURES, _SIGNATURE_HEIGHT = f"审核：{'　' * 14}填报：", 30
_LEAST_WIDTHS = {"string": 8, "number": 8, "integer": 6, "boolean": 5, "date": 11}
_MOST_WIDTH = 32
"""Longer texts are wrapped."""
_MARGIN = 1.6
_MOST_SHOWN_LINES = 8
_NOTE_WIDTHS = (24, 28, 90)
_SAFE_SHARE = 0.9
"""Of a width that texts are counted on: an office without the sheet's font has wider letters."""


def write_record_workbook(path: Path, table: RecordTable) -> None:
    """Write the workbook: 记录 (title, terms, header, rows; codes in words) and 说明.

    Raises
    ------
    UsageError
        More than two million cells.
    """
    cells = len(table.rows) * len(table.fields)
    if cells > MOST_CELLS:
        raise UsageError(
            f"{len(table.rows)} 行 × {len(table.fields)} 列太大，写不成 Excel（最多 {MOST_CELLS} 格）。"
            "请先筛选、少选几列，或改用 CSV。"
        )
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": table.title, "comments": "；".join(table.terms.values())})
        _write_rows(book, table)
        _write_notes(book, table)


def _write_rows(book: xlsxwriter.Workbook, table: RecordTable) -> None:
    sheet = book.add_worksheet("记录")
    # Long texts are wrapped: beside a filled cell they would be cut off in print.
    formats = [
        _format(book, border=1, valign="vcenter", text_wrap=info.dtype == "string", **_number_format(info))
        for info in table.fields
    ]
    columns = [_cells(info, table) for info in table.fields]
    widths = [_width(info, values) for info, values in zip(table.fields, columns, strict=True)]
    for column, info in enumerate(table.fields):
        shape = _format(book, **_number_format(info))  # without the border, which would run on below the rows
        sheet.set_column(column, column, widths[column] + _MARGIN, shape)
    pages = print_wide(sheet, [width + _MARGIN for width in widths])
    demo = "（示意数据）" if table.is_demo else ""
    terms = "　".join(f"{name}：{words}" for name, words in table.terms.items())
    lines = [table.title + demo, *([_sender_line(table)] if table.sender else []), terms]
    for row, text in enumerate(lines):
        is_title = row == _TITLE_ROW
        for page in pages:
            sheet.write_string(
                row, page[0], text, _format(book, bold=is_title, font_size=16 if is_title else 11)
            )
    header_row = len(lines)
    header = _format(book, bold=True, border=1, text_wrap=True, valign="vcenter", bg_color="#E7EEF6")
    labels = [info.label for info in table.fields]
    sheet.set_row(header_row, _height(labels, widths))
    for column, label in enumerate(labels):
        sheet.write_string(header_row, column, label, header)
    for row, values in enumerate(zip(*columns, strict=True), start=header_row + 1):
        sheet.set_row(row, _height(values, widths))
        for column, value in enumerate(values):
            _write(sheet, row, column, value, formats[column])
    if table.sender:
        _write_signatures(book, sheet, header_row + len(table.rows) + 2, pages)
    _finish_page(sheet, table, header_row)


def _sender_line(table: RecordTable) -> str:
    """Return who hands the table in, a place for the day, and the units of its columns."""
    units = "、".join(dict.fromkeys(info.unit for info in table.fields if info.unit))
    return f"填报单位：{table.sender}　　　填报日期：　　　　　　　　　单位：{units}"


def _write_signatures(book: xlsxwriter.Workbook, sheet: Worksheet, row: int, pages: Sequence[range]) -> None:
    """Leave places to sign below the table, on each page across."""
    sheet.set_row(row, _SIGNATURE_HEIGHT)
    for page in pages:
        sheet.write_string(row, page[0], _SIGNATURES, _format(book, valign="vcenter"))


def _finish_page(sheet: Worksheet, table: RecordTable, header_row: int) -> None:
    sheet.freeze_panes(header_row + 1, 1)
    last_row = header_row + max(1, len(table.rows))
    sheet.autofilter(header_row, 0, last_row, max(0, len(table.fields) - 1))
    sheet.repeat_rows(header_row)
    sheet.set_footer(page_footer(is_demo=table.is_demo, data_on=table.data_on))


def _width(info: FieldInfo, values: list[Any]) -> float:
    """Return how wide a column is, in digits: as its texts need, its heading in two lines where that is longer."""
    texts = [text for value in values if (text := _text(info, value))]
    longest = max(map(text_width, texts), default=0.0)
    heading = text_width(info.label) / 2 + 2.5
    return min(max(longest, heading, _LEAST_WIDTHS[info.dtype]), _MOST_WIDTH)


def _text(info: FieldInfo, value: Any) -> str:
    """Return a value about as long as it is shown."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return f"{value:,.{0 if info.dtype == 'integer' else 2 if info.decimals is None else info.decimals}f}"
    return ""


def _height(values: Sequence[Any], widths: Sequence[float]) -> float:
    """Return how high a row is, in points, so that its longest text can be read."""
    lines = max(
        (
            lines_of(value, width)
            for value, width in zip(values, widths, strict=True)
            if isinstance(value, str)
        ),
        default=1,
    )
    return LINE_HEIGHT * min(lines, _MOST_SHOWN_LINES)


def _cells(info: FieldInfo, table: RecordTable) -> list[Any]:
    """Return a column's values as a reader wants them: words for codes, 是 and 否, rounded numbers."""
    column = table.rows[info.name]
    values = plain_values(column if info.decimals is None else rounded(pd.to_numeric(column), info.decimals))
    if info.codes:
        return [info.codes.get(value, value) for value in values]
    if info.dtype == "boolean":
        return [value if value is None else ("是" if value else "否") for value in values]
    return values


def _write(sheet: Worksheet, row: int, column: int, value: Any, shape: Format) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, value, shape)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, shape)
    elif value is None:
        sheet.write_blank(row, column, None, shape)
    else:
        sheet.write_datetime(row, column, value, shape)


def _write_notes(book: xlsxwriter.Workbook, table: RecordTable) -> None:
    """Write the second sheet: terms, columns with unit and meaning, codes, sources, notes."""
    sheet = book.add_worksheet("说明")
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    bold, cell = _format(book, bold=True, font_size=12), _format(book, border=1, text_wrap=True)
    for column, width in enumerate(_NOTE_WIDTHS):
        sheet.set_column(column, column, width)
    row = 0
    for title, lines in _sections(table):
        sheet.write_string(row, 0, title, bold)
        for line in lines:
            row += 1
            if len(line) == 1:
                _write_across(sheet, row, line[0], cell)
                continue
            for column, text in enumerate(line):
                sheet.write_string(row, column, text, cell)
        row += 2


def _write_across(sheet: Worksheet, row: int, text: str, cell: Format) -> None:
    """Write one text over all columns of the notes, as high as it needs: merged cells do not grow by themselves."""
    sheet.set_row(row, LINE_HEIGHT * lines_of(text, _SAFE_SHARE * sum(_NOTE_WIDTHS)))
    sheet.merge_range(row, 0, row, len(_NOTE_WIDTHS) - 1, text, cell)


def _sections(table: RecordTable) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    yield "口径", list(table.terms.items())
    columns = [(info.label, info.name, info.description) for info in table.fields]
    yield "各列的名称、单位和含义", [("列", "字段名", "含义"), *columns]
    codes = [(label, value, zh) for label, words in table.codes.items() for value, zh in words.items()]
    if codes:
        yield "代码", [("列", "代码", "含义"), *codes]
    if table.sources:
        yield "数据来源", [(source,) for source in table.sources]
    if table.quality:
        yield "数据质量", [(line,) for line in table.quality]
    if table.fingerprint:
        yield "指纹（geoapp verify 据此核对，地址打开的正是这张表）", [(table.fingerprint,)]
    unknown = "空格表示未知，不是零。面积按显示的位数取舍，合计请先求和、后取舍。"
    yield "说明", [(unknown,), *((note,) for note in table.notes)]


def _format(book: xlsxwriter.Workbook, **properties: Any) -> Format:
    return book.add_format({"font_name": _FONT, "font_size": 11, **properties})


def _number_format(info: FieldInfo) -> dict[str, str]:
    if info.dtype == "date":
        return {"num_format": "yyyy-mm-dd"}
    if info.dtype != "number":
        return {}
    decimals = 2 if info.decimals is None else info.decimals
    return {"num_format": f"#,##0.{'0' * decimals}" if decimals else "#,##0"}
