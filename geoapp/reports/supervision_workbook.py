"""The supervision report as a workbook ready to print: the table as offices circulate it, and a sheet of terms."""

from io import BytesIO
from itertools import groupby
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from geoapp.domain.supervision import TOTAL, SupervisionTable
from geoapp.reports.print_layout import A3
from geoapp.reports.supervision_tables import Column, Record, columns, supervision_record
from geoapp.reports.texts import page_footer
from geoapp.units import UNKNOWN, number_text

SHEET = "督查通报"
_FONT, _HEAD_FONT = "宋体", "黑体"
_TITLE_ROW, _UNIT_ROW, _SENDER_ROW, _GROUP_ROW, _HEADER_ROW, _FIRST_ROW = range(6)
_ROW_HEIGHT, _NOTE_HEIGHT = 24, 16
_WIDTHS = {"number": 6, "unit": 30, "light": 7, "remarks": 48, "rank": 7}
_WIDTH = 11.5
_TERMS_LENGTH = 75
"""How many Chinese characters a line of the second sheet holds."""
_LIGHT_COLORS = {"green": "#C6E7CF", "yellow": "#FFE9A8", "red": "#F6C1BC"}
_RED = "#B3261E"
_PLACES = '"↑"0;"↓"0;"持平"'
"""How Excel shows places won: up, down, the same."""


def supervision_workbook(table: SupervisionTable, land_unit: str) -> bytes:
    """Return the workbook: 督查通报 (title, units, sender, table, notes, signatures) and 说明."""
    record = supervision_record(table, land_unit)
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": table.title})
        sheet = book.add_worksheet(SHEET)
        shown = columns(land_unit)
        _write_heading(book, sheet, table, record, len(shown) - 1)
        _write_header(book, sheet, shown)
        for number, row in enumerate(record["rows"]):
            _write_row(book, sheet, _FIRST_ROW + number, row, shown)
        _write_end(book, sheet, _FIRST_ROW + len(record["rows"]), record, len(shown) - 1)
        _set_up_page(sheet, table, shown)
        _write_terms(book, table, record)
    return content.getvalue()


def _format(book: xlsxwriter.Workbook, **properties: Any) -> Format:
    return book.add_format({"font_name": _FONT, "font_size": 11, "valign": "vcenter", **properties})


def _write_heading(
    book: xlsxwriter.Workbook, sheet: Worksheet, table: SupervisionTable, record: Record, last: int
) -> None:
    demo = "（示意数据）" if table.is_demo else ""
    title = _format(book, bold=True, font_size=20, align="center", font_name=_HEAD_FONT)
    sheet.merge_range(_TITLE_ROW, 0, _TITLE_ROW, last, table.title + demo, title)
    sheet.set_row(_TITLE_ROW, 36)
    units = f"单位：{record['land_unit_zh']}、家、万平方米、%"
    sheet.merge_range(_UNIT_ROW, 0, _UNIT_ROW, last, units, _format(book, align="right"))
    dates = (
        f"统计截至：{table.until.isoformat()}（时间进度 {number_text(table.progress, '.2%')}）　"
        f"数据截至：{table.data_on.isoformat()}　第 {table.revision} 次修订"
    )
    third = last // 3
    sheet.merge_range(_SENDER_ROW, 0, _SENDER_ROW, third - 1, "填报单位：", _format(book))
    sheet.merge_range(_SENDER_ROW, third, _SENDER_ROW, last - 2, dates, _format(book, align="center"))
    sheet.merge_range(_SENDER_ROW, last - 1, _SENDER_ROW, last, "填报日期：", _format(book))
    sheet.set_row(_SENDER_ROW, 22)


def _write_header(book: xlsxwriter.Workbook, sheet: Worksheet, shown: tuple[Column, ...]) -> None:
    head = _format(
        book, bold=True, border=1, align="center", text_wrap=True, bg_color="#E7EEF6", font_name=_HEAD_FONT
    )
    start = 0
    for group, members in groupby(shown, lambda column: column.group or column.id):
        found = list(members)
        if len(found) > 1:
            sheet.merge_range(_GROUP_ROW, start, _GROUP_ROW, start + len(found) - 1, group, head)
            for place, column in enumerate(found, start=start):
                sheet.write_string(_HEADER_ROW, place, column.zh, head)
        else:
            sheet.merge_range(_GROUP_ROW, start, _HEADER_ROW, start, found[0].zh, head)
        start += len(found)
    sheet.set_row(_GROUP_ROW, 22)
    sheet.set_row(_HEADER_ROW, 36)


def _write_row(
    book: xlsxwriter.Workbook, sheet: Worksheet, position: int, row: Record, shown: tuple[Column, ...]
) -> None:
    is_total = row["kind"] == TOTAL
    for place, column in enumerate(shown):
        style: dict[str, Any] = {"border": 1, "bold": is_total}
        if column.id == "light" and row["light"]:
            style["bg_color"] = _LIGHT_COLORS[row["light"]]
        if column.id in ("unit", "land_percent", "rank") and row["light"] == "red":
            style["font_color"] = _RED
        _write_cell(book, sheet, (position, place), _cell(column, row), column, style)
    sheet.set_row(position, _ROW_HEIGHT * (1 + (len(row["remarks"]) * 2 > _WIDTHS["remarks"])))


def _cell(column: Column, row: Record) -> Any:
    if column.id == "number":
        return "" if row["kind"] == TOTAL else row["number"]
    return row["light_zh"] if column.id == "light" else row[column.id]


def _write_cell(
    book: xlsxwriter.Workbook,
    sheet: Worksheet,
    place: tuple[int, int],
    value: Any,
    column: Column,
    style: Any,
) -> None:
    if column.decimals is None:
        align = "left" if column.id in ("unit", "remarks") else "center"
        shape = _format(book, **style, align=align, text_wrap=True)
        if isinstance(value, int):
            sheet.write_number(*place, value, shape)
        else:
            sheet.write_string(*place, value, shape)
    elif value is None:
        sheet.write_string(*place, UNKNOWN, _format(book, **style, align="right"))
    else:
        pattern = f"#,##0{'.' if column.decimals else ''}{'0' * column.decimals}"
        pattern = _PLACES if column.id == "places_won" else pattern
        sheet.write_number(*place, value, _format(book, **style, align="right", num_format=pattern))


def _write_end(book: xlsxwriter.Workbook, sheet: Worksheet, below: int, record: Record, last: int) -> None:
    notes = "\n".join(f"{number}. {words}" for number, words in enumerate(record["notes"], start=1))
    style = _format(book, text_wrap=True, font_size=10, valign="top")
    words = f"注：“{UNKNOWN}”表示没有或未知，不是零；先求和、后取舍。\n{notes}"
    sheet.merge_range(below, 0, below, last, words, style)
    sheet.set_row(below, _NOTE_HEIGHT * (2 + len(record["notes"])))
    sheet.write_string(below + 1, 1, "审核：", _format(book))
    sheet.write_string(below + 1, 1 + last // 2, "填报：", _format(book))
    sheet.set_row(below + 1, 30)
    sheet.print_area(0, 0, below + 1, last)


def _set_up_page(sheet: Worksheet, table: SupervisionTable, shown: tuple[Column, ...]) -> None:
    for place, column in enumerate(shown):
        sheet.set_column(place, place, _WIDTHS.get(column.id, _WIDTH))
    sheet.freeze_panes(_FIRST_ROW, 2)
    sheet.set_landscape()
    sheet.set_paper(A3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_GROUP_ROW, _HEADER_ROW)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.center_horizontally()
    sheet.set_footer(page_footer(is_demo=table.is_demo, data_on=table.data_on))


def _write_terms(book: xlsxwriter.Workbook, table: SupervisionTable, record: Record) -> None:
    """Write the last sheet: how the figures are made, and the fingerprint."""
    sheet = book.add_worksheet("说明")
    cell = _format(book, border=1, text_wrap=True)
    lines = [
        ("期间", f"{table.period.zh}，截至 {table.until.isoformat()}"),
        ("责任单位", f"{table.by_zh}（{table.membership_zh}）"),
        *((f"说明{number}", words) for number, words in enumerate(record["notes"], start=1)),
        ("指纹（geoapp verify 据此核对，地址打开的正是这张表）", record["fingerprint"]),
    ]
    for row, (name, words) in enumerate(lines):
        sheet.write_string(row, 0, name, cell)
        sheet.write_string(row, 1, words, cell)
        sheet.set_row(row, _ROW_HEIGHT * (1 + (len(words) > _TERMS_LENGTH)))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 150)
    sheet.set_landscape()
    sheet.set_paper(A3)
    sheet.fit_to_pages(1, 0)
