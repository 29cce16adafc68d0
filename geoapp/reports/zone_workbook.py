"""The zone table as a workbook ready to print: a sheet with the figures, a sheet that says what they are."""

import math
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from geoapp.domain.statistic import COLUMN_UNITS, StatisticColumn
from geoapp.domain.zone_table import WITHHELD_ZH, ZONE, ZoneTable
from geoapp.reports.print_layout import A3, print_wide, text_width
from geoapp.reports.texts import page_footer

_FONT = "宋体"
_TITLE_ROW, _TERMS_ROW, _UNIT_ROW, _GROUP_ROW, _HEADER_ROW, _FIRST_ROW = range(6)
_NOTE_WIDTHS = (32, 32, 110)
_QUALITY_WIDTHS = {"问题": 28, "记录": 32, "说明": 84, "地址": 36}
_UNKNOWN = "—"
_HEADER_LINES = 3
_SHORTEST_PARTED = 4
_NAME_WIDTH = 24
_MARGIN = 1.4
_ROW_HEIGHT = 21
_ROUNDING = "先求和、后取舍：合计由各宗地精确数相加，与各行取舍后的数相加可能略有出入。“—”表示未知，不是零。"


def write_workbook(path: Path, table: ZoneTable) -> None:
    """Write the workbook: 统计 (title, terms, units, two header rows, figures, signatures), 说明, and 数据质量."""
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": table.title, "comments": "；".join(table.terms.values())})
        _write_figures(book, table)
        _write_notes(book, table)
        _write_quality(book, table)


def _write_figures(book: xlsxwriter.Workbook, table: ZoneTable) -> None:
    sheet = book.add_worksheet("统计")
    pages = _set_up_page(sheet, table)
    for page in pages:
        _write_heading(book, sheet, table, page)
    _write_header(book, sheet, table)
    _write_rows(book, sheet, table)
    below = _FIRST_ROW + len(table.rows)
    lines = [_ROUNDING, *table.findings, *([table.quality.words] if table.quality is not None else [])]
    notes, first = "\n".join(lines), pages[0]
    _write_across(
        sheet, below, first, f"注：{notes}", _format(book, text_wrap=True, valign="top", font_size=9)
    )
    sheet.set_row(below, 14 * len(lines) + 4)
    for place, words in enumerate(("审核：", "填报：", "填报日期：")):
        sheet.write_string(below + 1, first[place * len(first) // 3], words, _format(book))
    sheet.set_row(below + 1, 28)
    sheet.print_area(0, 0, below + 1, len(table.columns))


def _write_heading(book: xlsxwriter.Workbook, sheet: Worksheet, table: ZoneTable, page: range) -> None:
    """Write what stands above the table, on each of the pages that it takes across."""
    demo = "（示意数据）" if table.is_demo else ""
    title = _format(book, bold=True, font_size=18, align="center", valign="vcenter")
    _write_across(sheet, _TITLE_ROW, page, table.title + demo, title)
    sheet.set_row(_TITLE_ROW, 32)
    terms = f"筛选：{table.filter_zh}　　归属方式：{table.membership_zh}"
    _write_across(sheet, _TERMS_ROW, page, terms, _format(book))
    used = dict.fromkeys(COLUMN_UNITS[column.unit].zh for column in table.columns)
    units = "、".join(filter(None, used))
    dates = f"数据截至 {table.data_on.isoformat()}　修订号 {table.revision}　规则日期 {table.rules_on.isoformat()}"
    _write_across(sheet, _UNIT_ROW, page, f"单位：{units}　　{dates}", _format(book))


def _write_across(sheet: Worksheet, row: int, columns: range, text: str, shape: Format) -> None:
    if len(columns) == 1:
        sheet.write_string(row, columns[0], text, shape)
    else:
        sheet.merge_range(row, columns[0], row, columns[-1], text, shape)


def _write_header(book: xlsxwriter.Workbook, sheet: Worksheet, table: ZoneTable) -> None:
    header = _format(
        book, bold=True, border=1, align="center", valign="vcenter", text_wrap=True, bg_color="#E7EEF6"
    )
    sheet.merge_range(_GROUP_ROW, 0, _HEADER_ROW, 0, table.zones_zh, header)
    start = 1
    for group, members in groupby(table.groups):
        count = len(list(members))
        if count > 1:
            sheet.merge_range(_GROUP_ROW, start, _GROUP_ROW, start + count - 1, group, header)
            for column in range(start, start + count):
                sheet.write_string(_HEADER_ROW, column, _header(table.columns[column - 1]), header)
        else:
            sheet.merge_range(
                _GROUP_ROW, start, _HEADER_ROW, start, _header(table.columns[start - 1]), header
            )
        start += count
    sheet.set_row(_GROUP_ROW, 20)
    sheet.set_row(_HEADER_ROW, 17 * _HEADER_LINES)


def _write_rows(book: xlsxwriter.Workbook, sheet: Worksheet, table: ZoneTable) -> None:
    shown = table.shown
    styles = {
        is_bold: [
            _format(book, border=1, bold=is_bold, valign="vcenter", num_format=_number_format(c))
            for c in table.columns
        ]
        for is_bold in (False, True)
    }
    for position, (key, values) in enumerate(shown.iterrows()):
        withheld = table.withheld_in(str(key))
        row, is_bold = _FIRST_ROW + position, values["kind"] not in (ZONE, "outside")
        sheet.set_row(row, _ROW_HEIGHT * max(1, math.ceil(text_width(values["name"]) / _NAME_WIDTH)))
        sheet.write_string(
            row, 0, values["name"], _format(book, border=1, bold=is_bold, valign="vcenter", text_wrap=True)
        )
        dash = _format(book, border=1, bold=is_bold, align="right", valign="vcenter")
        for column, definition in enumerate(table.columns, start=1):
            number = float(values[definition.shown_name])
            if math.isnan(number):
                sheet.write_string(row, column, WITHHELD_ZH if definition in withheld else _UNKNOWN, dash)
            else:
                sheet.write_number(row, column, number, styles[is_bold][column - 1])


def _set_up_page(sheet: Worksheet, table: ZoneTable) -> list[range]:
    """Set columns and paper; return the columns of each page that the table takes across."""
    widths = _column_widths(table)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    counts = [len(list(members)) for _, members in groupby(table.groups)]
    pages = print_wide(sheet, widths, groups=(1 + sum(counts[:place]) for place in range(len(counts))))
    sheet.freeze_panes(_FIRST_ROW, 1)
    sheet.repeat_rows(_GROUP_ROW, _HEADER_ROW)
    sheet.repeat_columns(0)
    sheet.center_horizontally()
    sheet.set_footer(page_footer(is_demo=table.is_demo, data_on=table.data_on))
    return pages


def _column_widths(table: ZoneTable) -> list[float]:
    widest = max(text_width(text) for text in [table.zones_zh, *table.shown["name"]])
    widths = [min(widest, _NAME_WIDTH) + _MARGIN]
    for definition in table.columns:
        texts = [_shown_text(value, definition) for value in table.shown[definition.shown_name]]
        widths.append(max(*(text_width(text) for text in texts), _header_width(definition)) + _MARGIN)
    return widths


def _write_notes(book: xlsxwriter.Workbook, table: ZoneTable) -> None:
    """Write the second sheet: terms, columns with unit and formula, codes, sources, findings."""
    sheet = book.add_worksheet("说明")
    bold = _format(book, bold=True, font_size=12)
    cell = _format(book, border=1, text_wrap=True, valign="vcenter")
    row = 0
    for title, lines in _note_sections(table):
        sheet.write_string(row, 0, title, bold)
        for number, line in enumerate(lines, start=1):
            _write_note(sheet, row + number, line, cell)
        row += len(lines) + 2
    for column, width in enumerate(_NOTE_WIDTHS):
        sheet.set_column(column, column, width + _MARGIN)
    sheet.set_landscape()
    sheet.set_paper(A3)
    sheet.fit_to_pages(1, 0)


def _write_note(sheet: Worksheet, row: int, line: tuple[str, ...], cell: Format) -> None:
    """Write a line of one to three cells, the last one as wide as the sheet, high enough for its text."""
    last = len(line) - 1
    widths = [*_NOTE_WIDTHS[:last], sum(_NOTE_WIDTHS[last:])]
    for column, text in enumerate(line[:last]):
        sheet.write_string(row, column, text, cell)
    if last == len(_NOTE_WIDTHS) - 1:
        sheet.write_string(row, last, line[last], cell)
    else:
        sheet.merge_range(row, last, row, len(_NOTE_WIDTHS) - 1, line[last], cell)
    needed = max(math.ceil(text_width(text) / width) for text, width in zip(line, widths, strict=True))
    sheet.set_row(row, _ROW_HEIGHT * max(1, needed))


def _write_quality(book: xlsxwriter.Workbook, table: ZoneTable) -> None:
    """Write the third sheet: the data-quality line and every record that needs a look, with its address."""
    if table.quality is None:
        return
    sheet = book.add_worksheet("数据质量")
    cell = _format(book, border=1, text_wrap=True, valign="vcenter")
    header = _format(book, border=1, bold=True, bg_color="#E7EEF6")
    sheet.merge_range(0, 0, 0, len(_QUALITY_WIDTHS) - 1, table.quality.words, cell)
    sheet.set_row(
        0, _ROW_HEIGHT * math.ceil(1 + text_width(table.quality.words) / sum(_QUALITY_WIDTHS.values()))
    )
    for column, (title, width) in enumerate(_QUALITY_WIDTHS.items()):
        sheet.set_column(column, column, width + _MARGIN)
        sheet.write_string(1, column, title, header)
    for row, found in enumerate(table.quality.findings, start=2):
        for column, text in enumerate((found.zh, found.title, found.message, found.address)):
            sheet.write_string(row, column, text, cell)
    sheet.freeze_panes(2, 0)
    sheet.set_landscape()
    sheet.set_paper(A3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)
    sheet.set_footer(page_footer(is_demo=table.is_demo, data_on=table.data_on))


def _note_sections(table: ZoneTable) -> list[tuple[str, list[tuple[str, ...]]]]:
    columns = [(column.label, column.shown_name, column.formula) for column in table.columns]
    fingerprint = table.fingerprint()
    sections: list[tuple[str, list[tuple[str, ...]]]] = [
        ("统计口径", list(table.terms.items())),
        ("各列的名称、单位和算法", [("列", "字段名", "算法"), *columns]),
        ("代码", [("代码", "含义"), *table.codes.items()] if table.codes else []),
        ("数据来源", [(source,) for source in table.sources]),
        (
            "指纹（geoapp verify 据此核对，地址打开的正是这张表）",
            [(fingerprint.text,)] if fingerprint else [],
        ),
        ("说明", [(_ROUNDING,), *((finding,) for finding in table.findings)]),
    ]
    return [(title, lines) for title, lines in sections if lines]


def _format(book: xlsxwriter.Workbook, **properties: Any) -> Format:
    return book.add_format({"font_name": _FONT, "font_size": 11, **properties})


def _number_format(column: StatisticColumn) -> str:
    decimals = f".{'0' * column.decimals}" if column.decimals else ""
    return f"#,##0{decimals}"


def _shown_text(value: float, column: StatisticColumn) -> str:
    return _UNKNOWN if math.isnan(value) else f"{value:,.{column.decimals}f}"


def _header(column: StatisticColumn) -> str:
    unit = COLUMN_UNITS[column.unit].zh
    return "\n".join([*_header_lines(column.zh), *([f"({unit})"] if unit else [])])


def _header_lines(words: str) -> list[str]:
    """Return a heading in two lines, parted between words: most words have two characters."""
    if len(words) < _SHORTEST_PARTED:
        return [words]
    at = {6: 2, 7: 4}.get(len(words), math.ceil(len(words) / 2))
    return [words[:at].strip(), words[at:]]


def _header_width(column: StatisticColumn) -> float:
    return max(text_width(line) for line in _header(column).split("\n"))
