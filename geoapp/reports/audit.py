"""The audit as a file."""

import io

import xlsxwriter

from geoapp.domain.audit import AuditTable
from geoapp.reports.texts import csv_bytes, guarded

_WIDTHS = {
    "改前": 50,
    "改后": 50,
    "原因": 30,
    "说明": 50,
    "时间": 20,
    "经办": 20,
    "谁": 20,
    "编号": 22,
    "名称": 22,
}
_WIDTH = 12
_MOST_CHARACTERS = 32_000
"""Of a cell; a sheet takes no more."""


def audit_csv(table: AuditTable) -> bytes:
    """Return the rows as CSV; the last columns say on the first row what they rest on."""
    notes = table.notes
    head = [*table.columns, *notes]
    lines = [[guarded(str(getattr(row, name))) for name in table.columns.values()] for row in table.rows]
    lines = lines or [[""] * len(table.columns)]  # where nothing was found, the notes say of what
    ends = [[guarded(text) for text in notes.values()], *([""] * len(notes) for _ in table.rows)]
    return csv_bytes([head, *([*line, *end] for line, end in zip(lines, ends, strict=False))])


def audit_xlsx(table: AuditTable) -> bytes:
    """Return the rows as a workbook with a second sheet that says what they rest on."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        head = book.add_format({"bold": True, "border": 1, "bg_color": "#E3ECF5", "text_wrap": True})
        cell = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("审计")
        for column, (words, name) in enumerate(table.columns.items()):
            sheet.set_column(column, column, _WIDTHS.get(words, _WIDTH))
            sheet.write_string(0, column, words, head)
            for number, row in enumerate(table.rows, start=1):
                sheet.write_string(number, column, str(getattr(row, name))[:_MOST_CHARACTERS], cell)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.repeat_rows(0)
        sheet.fit_to_pages(1, 0)
        about = book.add_worksheet("说明")
        about.set_column(0, 0, 14)
        about.set_column(1, 1, 90)
        for number, (words, text) in enumerate(table.notes.items()):
            about.write_string(number, 0, words, head)
            about.write_string(number, 1, text, cell)
    return content.getvalue()
