"""The digest as a workbook and as a Word document."""

import io
from typing import Any

import docx
import xlsxwriter
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from geoapp.domain.digest import Digest, DigestTable
from geoapp.reports.print_layout import A3

FONT = "宋体"
_SHEET_NAME_LENGTH = 31
_WIDEST, _NARROWEST = 60, 10


def digest_record(digest: Digest) -> dict[str, Any]:
    """Return the sums of the digest as plain values, with the fingerprint."""
    found = digest.fingerprint
    mark = {"fingerprint": found.text, "address": found.address} if found else {}
    tables = [
        {"title": table.title, "columns": list(table.columns), "rows": list(map(list, table.rows))}
        for table in digest.sums
    ]
    return {**mark, "tables": tables}


def digest_xlsx(digest: Digest) -> bytes:
    """Return the digest as a workbook: the summary first, then a sheet for each table."""
    content = io.BytesIO()
    # Texts that begin like a formula stay texts.
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True, "font_size": 14, "font_name": FONT})
        plain = book.add_format({"font_name": FONT, "text_wrap": True})
        sheet = book.add_worksheet("摘要")
        sheet.set_column(0, 0, 110)
        sheet.write_string(0, 0, digest.title, bold)
        lines = [
            f"{digest.since.isoformat()} 至 {digest.day.isoformat()}",
            *digest.sentences,
            *digest.closing,
        ]
        for row, line in enumerate(lines, start=1):
            sheet.write_string(row, 0, line, plain)
        for table in digest.tables:
            _write_table(book, table)
    return content.getvalue()


def _write_table(book: Any, table: DigestTable) -> None:
    sheet = book.add_worksheet(table.title[:_SHEET_NAME_LENGTH])
    head = book.add_format({"bold": True, "border": 1, "bg_color": "#E3ECF5", "font_name": FONT})
    cell = book.add_format({"border": 1, "text_wrap": True, "valign": "top", "font_name": FONT})
    for column, words in enumerate(table.columns):
        longest = max([len(words), *(len(str(row[column])) for row in table.rows)])
        sheet.set_column(column, column, min(_WIDEST, max(_NARROWEST, longest * 2)))
        sheet.write_string(0, column, words, head)
    for number, row in enumerate(table.rows, start=1):
        for column, value in enumerate(row):
            sheet.write(number, column, value, cell)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(A3)
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)


def digest_docx(digest: Digest) -> bytes:
    """Return the digest as a Word document."""
    document = docx.Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    heading = document.add_paragraph()
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = heading.add_run(digest.title)
    run.bold, run.font.size = True, Pt(18)
    dates = document.add_paragraph(f"{digest.since.isoformat()} 至 {digest.day.isoformat()}")
    dates.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for sentence in digest.sentences:
        document.add_paragraph(sentence)
    for table in digest.tables:
        _add_table(document, table)
    for note in digest.closing:
        document.add_paragraph(note)
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def _add_table(document: Any, table: DigestTable) -> None:
    paragraph = document.add_paragraph()
    run = paragraph.add_run(f"{table.title}（{len(table.rows)}）")
    run.bold, run.font.size = True, Pt(13)
    if not table.rows:
        document.add_paragraph("没有。")
        return
    grid = document.add_table(rows=1 + len(table.rows), cols=len(table.columns))
    grid.style = "Table Grid"
    # Row by row: python-docx finds the cells of a row anew each time it is asked for one of them.
    for row, values in zip(grid.rows, (table.columns, *table.rows), strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = str(value)
    for cell in grid.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True
