"""Comma-separated ledgers (.csv, .tsv), in the encodings and with the separators met in offices."""

import codecs
import csv
import io
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats.base import RawLayer, Reader, ReadOptions, WriteOptions, Writer
from geoapp.formats.encoding import decode_text, required_codec
from geoapp.formats.ledger import Sheet, read_sheet
from geoapp.formats.ledger_write import FORMULA_START, ledger_columns, ledger_table, plain_cells
from geoapp.formats.vector_write import put_in_place

SEPARATORS = ",;\t，；|"
_SNIFFED_LINES = 50
_MAX_BYTES = 512 * 2**20
_FIELD_BYTES = 64 * 2**20
"""A polygon as text may well be longer than Python's 128 KiB."""
_GUARDED = re.compile(r"^'+[=+\-@\t\r]")


def read(path: Path, options: ReadOptions) -> list[RawLayer]:
    """Read a table of text; one layer, named as the file."""
    content = path.read_bytes()
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise FormatError(f"“{path.name}”是空文件。请重新导出。")
    if len(content) > _MAX_BYTES:
        raise FormatError(f"“{path.name}”超过 {_MAX_BYTES // 2**20} MB。请分成几个文件导入。")
    text, encoding, issues = _decode(content, path, options)
    separator = _sniff(text, path)
    rows, row_issues = _split(text, separator, path)
    sheet = Sheet(
        name=path.stem, rows=[[_unguarded(c) for c in row] for row in rows], issues=[*issues, *row_issues]
    )
    layer = read_sheet(sheet)
    if layer is None:
        raise FormatError(
            f"“{path.name}”里找不到表头行。表头应是一行不重复的文字，例如“地块编号,地块名称,用地面积(亩)”。"
        )
    layer.encoding = encoding
    return [layer]


def write(path: Path, frame: pd.DataFrame, options: WriteOptions) -> list[Issue]:
    """Write UTF-8 with a byte order mark, which spreadsheets need; geometry as WKT in its own CRS."""
    table, issues = ledger_table(frame, options.layer)
    encoding = required_codec(options.encoding) if options.encoding else "utf-8-sig"
    cells = [[_text(value) for value in plain_cells(table[name])] for name in table.columns]
    plain = [[column.label for column in ledger_columns(table, options.layer)], *zip(*cells, strict=True)]
    lines = [[_guard(cell) for cell in line] for line in plain]
    guarded = sum(
        a != b for line, safe in zip(plain, lines, strict=True) for a, b in zip(line, safe, strict=True)
    )

    def produce(folder: Path) -> list[Issue]:
        with (folder / path.name).open(
            "w", encoding=encoding, errors="xmlcharrefreplace", newline=""
        ) as stream:
            csv.writer(stream, lineterminator="\r\n").writerows(lines)
        return [*issues, *_guard_issues(guarded), *_rare_issues(lines, encoding)]

    return put_in_place(path, produce)


def _decode(content: bytes, path: Path, options: ReadOptions) -> tuple[str, str, list[Issue]]:
    if options.encoding is None and (codec := _utf16(content)):
        return content.decode(codec), codec, []
    text, decision = decode_text(content, option=options.encoding, what=f"“{path.name}”")
    if "\x00" in text:
        raise FormatError(f"“{path.name}”不是文本表格（含有二进制内容）。请在 Excel 里另存为 CSV UTF-8。")
    return text, decision.encoding, decision.issues


def _utf16(content: bytes) -> str:
    """Return the encoding where half of the bytes say it is UTF-16 without a mark."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or len(content) % 2:
        return ""
    sample = content[:2000]
    for codec, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if zeros.count(0) > len(zeros) / 4:
            return codec
    return ""


def _sniff(text: str, path: Path) -> str:
    """Return the separator that splits most lines into equally many cells."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    lines = [re.sub(r'"[^"]*"', "", line) for line in text.splitlines()[:_SNIFFED_LINES] if line.strip()]
    return max(SEPARATORS, key=lambda separator: _evenness(lines, separator))


def _evenness(lines: list[str], separator: str) -> tuple[float, int]:
    """Return the share of lines that a separator splits into the usual number of cells, and that number."""
    counts = Counter(count for line in lines if (count := line.count(separator)))
    if not counts:
        return 0.0, 0
    count, alike = counts.most_common(1)[0]
    return alike / len(lines), count


def _split(text: str, separator: str, path: Path) -> tuple[list[list[Any]], list[Issue]]:
    csv.field_size_limit(_FIELD_BYTES)  # the module has one limit for the whole process
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)), []
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise FormatError(
                f"“{path.name}”里有一个引号没有配对，引号之后的内容分不清行列。请在文本编辑器里改好引号。"
            ) from None
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    message = "有的单元格里引号不规范，已按常见办法读入。"
    return rows, [
        Issue(code="quotes-odd", severity=Severity.WARNING, message=message, advice="请核对含引号的文字。")
    ]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() else value.isoformat(" ")
    return repr(value) if isinstance(value, float) else str(value)


def _guard(text: str) -> str:
    """Return text that a spreadsheet will not run as a formula: a leading apostrophe, which our reader takes off."""
    if _GUARDED.match(text) or FORMULA_START.match(text):
        return f"'{text}"
    return text


def _unguarded(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def _guard_issues(count: int) -> list[Issue]:
    if not count:
        return []
    message = f"{count} 个单元格以 = + - @ 开头，前面加了单引号，以免被表格软件当作公式执行。"
    return [
        Issue(code="formula-guarded", severity=Severity.NOTE, message=message, advice="本程序读回时会去掉。")
    ]


def _rare_issues(lines: list[list[str]], encoding: str) -> list[Issue]:
    characters = {
        character for line in lines for cell in line for character in cell if not character.isascii()
    }
    rare = "".join(sorted(c for c in characters if not c.encode(encoding, "ignore")))
    if not rare:
        return []
    message = f"文字“{rare[:20]}”不能用 {encoding.upper()} 表示，写成了 &#…; 的形式。"
    advice = "请改用 UTF-8。"
    return [Issue(code="encoding-replaced", severity=Severity.WARNING, message=message, advice=advice)]


READER = Reader(id="csv", zh="CSV 表格", suffixes=(".csv", ".tsv"), read=read)
WRITER = Writer(id="csv", zh="CSV 表格", suffixes=(".csv",), write=write)
