"""Excel ledgers (.xlsx, .xlsm): every sheet with a table is a layer."""

import re
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats.archive import ArchiveLimits, list_members
from geoapp.formats.base import RawLayer, Reader, ReadOptions, Writer
from geoapp.formats.excel_write import NOTES_SHEET, write, write_layers
from geoapp.formats.ledger import SAID_CELLS, Sheet, column_letter, read_sheet
from geoapp.formats.ledger_header import Merge
from geoapp.formats.signature import describe_content, read_head
from geoapp.formats.vector import choose_layers

LIMITS = ArchiveLimits(total_bytes=2**30, ratio=400.0)
"""Text of repeated cells packs tightly; more than a gigabyte of it is no ledger."""
FULL_READ_BYTES = 24 * 2**20
"""Sheets up to this size are read whole; larger ones row by row, without merged and hidden cells."""
_NOTES_SHEETS = (NOTES_SHEET, "填表说明", "填报说明", "使用说明", "README", "readme")
_DAMAGED = (
    zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, SyntaxError, EOFError, IndexError,
    AttributeError, OSError,
)  # fmt: skip
"""What openpyxl lets through where a workbook is broken."""
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read(path: Path, options: ReadOptions) -> list[RawLayer]:
    """Read every sheet that holds a table; sheets of notes and empty ones are left out and said.

    Raises
    ------
    FormatError
        Not an .xlsx, damaged, encrypted, a zip bomb, or no sheet with a header.
    """
    size = _check_file(path)
    sheets, crs, hidden = _sheets(path, options, is_large=size > FULL_READ_BYTES)
    layers, without = [], []
    for sheet in sheets:
        layer = read_sheet(sheet, declared_crs=crs)
        if layer is None:
            without.append(sheet.name)
        else:
            layers.append(layer)
    if not layers:
        raise FormatError(
            f"“{path.name}”的工作表（{'、'.join(without)}）里找不到表头行。表头应是一行不重复的文字，"
            "例如“地块编号 | 地块名称 | 用地面积(亩)”，下面每行一条记录。"
        )
    layers[0].issues[:0] = _sheet_issues(without, hidden)
    return layers


def _check_file(path: Path) -> int:
    """Return the unpacked size of the sheets; raises FormatError for what is no workbook or must not be unpacked."""
    head = read_head(path)
    if head.startswith(_OLE):
        if _ENCRYPTED in path.read_bytes():
            raise FormatError(f"“{path.name}”有打开密码。请在 Excel 里去掉密码后重新保存。")
        raise FormatError(
            f"“{path.name}”是旧版 Excel 文件（.xls）。请在 Excel 或 WPS 里“另存为”xlsx 后再导入。"
        )
    if not head.startswith(b"PK"):
        raise FormatError(
            f"“{path.name}”不是 Excel 文件，内容看起来是{describe_content(path)}。请在 Excel 里另存为 xlsx。"
        )
    members = list_members(path, LIMITS)
    names = {member.name for member in members}
    if not any(name.startswith("xl/") for name in names):
        raise FormatError(
            f"“{path.name}”是压缩包，但里面不是 Excel 工作簿。请检查后缀，或在 Excel 里另存为 xlsx。"
        )
    return max(m.info.file_size for m in members)


def _sheets(path: Path, options: ReadOptions, *, is_large: bool) -> tuple[list[Sheet], str | None, list[str]]:
    """Return the sheets as cells, the CRS that our own notes state, and the names of hidden sheets."""
    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells what of the looks it drops
        book = _open(stream, path, read_only=is_large, data_only=True)
        try:
            titles = [sheet.title for sheet in book.worksheets]
            wanted = _wanted(titles, options.layer, path.name)
            crs = _stated_crs(book)
            hidden = [s.title for s in book.worksheets if s.title in wanted and s.sheet_state != "visible"]
            reader = _large_sheet if is_large else _sheet
            sheets = [reader(sheet) for sheet in book.worksheets if sheet.title in wanted]
        except _DAMAGED as error:
            raise _damaged(path) from error
        finally:
            book.close()
        if not is_large:
            _say_uncounted(stream, path, sheets)
    return sheets, crs, hidden


def _open(stream: IO[bytes], path: Path, *, read_only: bool, data_only: bool) -> openpyxl.Workbook:
    stream.seek(0)
    try:
        return openpyxl.load_workbook(stream, read_only=read_only, data_only=data_only, keep_links=False)
    except _DAMAGED as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> FormatError:
    return FormatError(f"“{path.name}”已损坏或不完整，不能读取。请在 Excel 里打开检查，另存为新的 xlsx。")


def _wanted(titles: Sequence[str], asked: str | None, file_name: str) -> list[str]:
    """Return the sheet asked for, else those that are no notes, else all."""
    if asked is not None:
        return choose_layers(titles, asked, file_name)
    return [title for title in titles if title not in _NOTES_SHEETS] or list(titles)


def _stated_crs(book: openpyxl.Workbook) -> str | None:
    """Return the CRS of the WKT column that a sheet of notes states."""
    if NOTES_SHEET not in book.sheetnames:
        return None
    for row in book[NOTES_SHEET].iter_rows(max_row=60, max_col=2, values_only=True):
        stated = re.match(r"EPSG:\d+", str(row[1])) if len(row) > 1 and row[0] == "坐标系" else None
        if stated:
            return stated[0]
    return None


def _sheet(sheet: Any) -> Sheet:
    rows = [[_value(cell) for cell in row] for row in sheet.iter_rows()]
    merges = [
        Merge(m.min_row - 1, m.min_col - 1, m.max_row - 1, m.max_col - 1) for m in sheet.merged_cells.ranges
    ]
    return Sheet(
        name=sheet.title,
        rows=rows,
        merges=[merge for merge in merges if merge.top < len(rows)],
        hidden_rows=frozenset(number for number, row in sheet.row_dimensions.items() if row.hidden),
        hidden_columns=frozenset(
            i - 1
            for column in sheet.column_dimensions.values()
            if column.hidden
            for i in range(column.min or 1, (column.max or column.min or 1) + 1)
        ),
    )


def _large_sheet(sheet: Any) -> Sheet:
    sheet.reset_dimensions()
    rows = [[_value(cell) for cell in row] for row in sheet.iter_rows()]
    message = "表很大，逐行读入：没有识别合并单元格和隐藏的行列。"
    issue = Issue(code="large-sheet", severity=Severity.NOTE, message=message)
    return Sheet(name=sheet.title, rows=rows, issues=[issue])


def _value(cell: Any) -> Any:
    """Return a cell's value as its reader sees it: 0.35 shown as a percentage is "35%"."""
    value = cell.value
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f"{value * 100:.10g}%" if "%" in cell.number_format else value
    return value


def _say_uncounted(stream: IO[bytes], path: Path, sheets: Iterable[Sheet]) -> None:
    """Add a finding for every formula whose result the file does not hold (made by a program, never calculated)."""
    blank = [sheet for sheet in sheets if any(None in row for row in sheet.rows)]
    if not blank or not _has_formulas(stream):
        return
    book = _open(stream, path, read_only=False, data_only=False)
    for sheet in blank:
        found = [
            (number, column_letter(i), cell.value)
            for number, row in enumerate(book[sheet.name].iter_rows(max_row=len(sheet.rows)), start=1)
            for i, cell in enumerate(row)
            if cell.data_type == "f" and sheet.rows[number - 1][i] is None
        ]
        sheet.issues += _uncounted_issues(found)
    book.close()


def _has_formulas(stream: IO[bytes]) -> bool:
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(b"<f" in archive.read(name) for name in names if name.endswith(".xml"))


def _uncounted_issues(found: Sequence[tuple[int, str, Any]]) -> list[Issue]:
    advice = "请在 Excel 里打开并保存一次（让公式算出结果），再导入。"
    issues = [
        Issue(
            code="formula-without-value",
            severity=Severity.WARNING,
            message=f"{column}{row} 是公式，但文件里没有它的结果，按空白读入。",
            advice=advice,
            row=row,
            field=column,
            value=str(formula)[:100],
        )
        for row, column, formula in found[:SAID_CELLS]
    ]
    if len(found) > SAID_CELLS:
        message = f"还有 {len(found) - SAID_CELLS} 个公式没有结果，没有一一列出。"
        issues.append(
            Issue(code="formula-without-value", severity=Severity.WARNING, message=message, advice=advice)
        )
    return issues


def _sheet_issues(without: Sequence[str], hidden: Sequence[str]) -> list[Issue]:
    issues = []
    if without:
        message = f"工作表“{'”“'.join(without)}”没有表格，没有读入。"
        issues.append(Issue(code="sheet-without-table", severity=Severity.NOTE, message=message))
    if hidden:
        message = f"工作表“{'”“'.join(hidden)}”是隐藏的，也读入了。"
        issues.append(
            Issue(code="hidden-sheet", severity=Severity.WARNING, message=message, advice="不要的表请删除。")
        )
    return issues


READER = Reader(id="excel", zh="Excel 表格", suffixes=(".xlsx", ".xlsm", ".xls"), read=read)
WRITER = Writer(id="excel", zh="Excel 表格", suffixes=(".xlsx",), write=write)

__all__ = ["READER", "WRITER", "read", "write", "write_layers"]
