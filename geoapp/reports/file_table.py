"""The zone table of two files as csv, xlsx or json, for programs: exact column names, nothing rounded."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from geoapp.domain.file_table import FILE_COLUMNS, FileTable
from geoapp.errors import UsageError
from geoapp.reports.print_layout import A4
from geoapp.reports.whole_file import write_whole

_FORMATS = {"plot_count": "#,##0", "far": "0.000", "known_gfa_share": "0.0%"}
_AREA_FORMAT = "#,##0.00"
_FIRST_WIDTH, _WIDTH = 24, 18
_NOTE_WIDTH, _LINE_HEIGHT = 120, 16


def file_records(table: FileTable) -> list[dict[str, Any]]:
    """Return the rows as plain values, None where unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> file_records(FileTable(rows=pd.DataFrame({"zone": ["A"], "far": [float("nan")]})))
    [{'zone': 'A', 'far': None}]
    """
    return [
        {str(name): None if isinstance(value, float) and math.isnan(value) else value for name, value in row}
        for row in (record.items() for record in table.rows.to_dict("records"))
    ]


def file_table_json(table: FileTable) -> str:
    """Return the rows as a JSON list of objects, null where unknown."""
    return json.dumps(file_records(table), ensure_ascii=False, indent=1) + "\n"


def write_file_table(path: Path, table: FileTable) -> None:
    """Write the table in the format that the file's ending names.

    CSV is UTF-8 without a byte order mark, since programs read it; for a spreadsheet take .xlsx.

    Raises
    ------
    UsageError
        Another ending, or the file cannot be written there.
    """
    writer = writer_of(path)
    write_whole(path, lambda staged: writer(staged, table))


def writer_of(path: Path) -> Callable[[Path, FileTable], None]:
    """Return what writes a file of this ending; raises UsageError naming those there are."""
    try:
        return _WRITERS[path.suffix.lower()]
    except KeyError:
        raise UsageError(f"不能写成“{path.name}”；可用的后缀：{'、'.join(_WRITERS)}。") from None


def _write_csv(path: Path, table: FileTable) -> None:
    path.write_bytes(table.rows.to_csv(index=False, lineterminator="\r\n").encode("utf-8"))


def _write_json(path: Path, table: FileTable) -> None:
    path.write_text(file_table_json(table), encoding="utf-8")


def _write_xlsx(path: Path, table: FileTable) -> None:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "align": "right"})
        sheet = book.add_worksheet("统计")
        sheet.freeze_panes(1, 1)
        longest = max((len(str(name)) for name in table.rows["zone"]), default=0)
        sheet.set_column(0, 0, max(_FIRST_WIDTH, 2 * longest + 2))
        sheet.set_column(1, len(FILE_COLUMNS) - 1, _WIDTH)
        _fit_to_page(sheet)
        sheet.repeat_rows(0)
        sheet.write_row(0, 0, list(table.rows.columns), bold)
        sheet.write_string(0, 0, str(table.rows.columns[0]), book.add_format({"bold": True, "bottom": 1}))
        formats = [
            book.add_format({"num_format": _FORMATS.get(name, _AREA_FORMAT)}) for name in table.rows.columns
        ]
        for row, record in enumerate(file_records(table), start=1):
            for column, value in enumerate(record.values()):
                if isinstance(value, str):
                    sheet.write_string(row, column, value)
                elif value is not None:
                    sheet.write_number(row, column, value, formats[column])
        _write_notes(book, table)


def _fit_to_page(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)


def _write_notes(book: xlsxwriter.Workbook, table: FileTable) -> None:
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet("说明")
    sheet.set_column(0, 0, _FIRST_WIDTH)
    sheet.set_column(1, 1, _NOTE_WIDTH)
    _fit_to_page(sheet)
    sections: list[tuple[str, Mapping[str, str]]] = [
        ("列", FILE_COLUMNS),
        ("依据", table.terms),
        ("处理情况", {str(number): note for number, note in enumerate(table.notes, start=1)}),
    ]
    lines: list[tuple[str, str, Any]] = []
    for title, entries in sections:
        lines += [
            (title, "", bold),
            *((name, words, None) for name, words in entries.items()),
            ("", "", None),
        ]
    for row, (name, words, style) in enumerate(lines):
        sheet.write_string(row, 0, name, style)
        sheet.write_string(row, 1, words, wrapped)
        # A Chinese character is two digits wide; counting all of them so leaves no line cut.
        sheet.set_row(row, _LINE_HEIGHT * max(1, math.ceil(2 * len(words) / _NOTE_WIDTH)))


_WRITERS: Mapping[str, Callable[[Path, FileTable], None]] = {
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".json": _write_json,
}
