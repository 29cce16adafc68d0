"""Exported files read back: their fingerprint, and every figure with the place where it stands."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from geoapp.domain.fingerprint import FigureRow, Fingerprint, parse_fingerprint
from geoapp.errors import FormatError, UsageError

UNKNOWN = "—"
_MARK = " 校验="
_SPACE = re.compile(r"\s+")
Cell = Any


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One number of a file."""

    where: str
    """Sheet and cell, line and column, or path: for people."""
    row: str
    column: str
    """As the file calls it: a label with unit, or a name."""
    value: float | None
    decimals: int | None = None
    """To which it was rounded; None where it stands in full."""
    position: int | None = None
    """Of its row in the table, where the file does not say the row's key."""


@dataclass(slots=True, kw_only=True)
class Published:
    """A file that was published."""

    name: str
    fingerprint: Fingerprint
    figures: list[PublishedFigure] = field(default_factory=list)
    rows: list[FigureRow] = field(default_factory=list)
    """All figures in order, of which the fingerprint was taken."""
    row_count: int = 0


def read_published(path: Path) -> Published:
    """Return an exported file's fingerprint and figures.

    Raises
    ------
    FormatError
        The file cannot be read, or is not one of our exports.
    UsageError
        It has no fingerprint, or another ending than .xlsx, .csv and .json.
    """
    readers = {".xlsx": _read_xlsx, ".csv": _read_csv, ".json": _read_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"“{path.name}”不能核对；可核对的文件：{'、'.join(readers)}。")
    try:
        return reader(path)
    except OSError as error:
        raise FormatError(f"读不了“{path.name}”：{error.strerror or error}。") from error
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
        InvalidFileException,
    ) as error:
        raise FormatError(f"“{path.name}”不是完整的导出文件，读不出数：{error}。") from error


def find_fingerprint(name: str, texts: Iterable[Any]) -> Fingerprint:
    """Return the fingerprint among a file's texts; raises UsageError where there is none."""
    for text in texts:
        if isinstance(text, str) and _MARK in text:
            return parse_fingerprint(text)
    raise UsageError(
        f"“{name}”里没有指纹，不知道它是从哪一个状态算出来的。"
        "请用带指纹的导出文件（说明页、“指纹”列或 fingerprint 项）。"
    )


def number_of(cell: Cell) -> float | None:
    """Return a cell's number; None for an empty one and the dash; raises ValueError for other text."""
    if cell is None or cell in ("", UNKNOWN):
        return None
    return float(cell)


def without_spaces(text: Any) -> str:
    """Return a heading without its line breaks."""
    return _SPACE.sub("", str(text or ""))


def _read_json(path: Path) -> Published:
    return published_record(path.name, json.loads(path.read_text(encoding="utf-8-sig")))


def published_record(name: str, record: Mapping[str, Any]) -> Published:
    """Return what a JSON export holds; raises KeyError and the like where it is not whole."""
    published = Published(name=name, fingerprint=find_fingerprint(name, [record.get("fingerprint")]))
    fill = {"/statistics": _statistics_json, "/ledgers": _ledger_json, "/targets": _targets_json}
    fill[kind_of(published.fingerprint)](published, record)
    return published


def kind_of(fingerprint: Fingerprint) -> str:
    """Return /statistics, /ledgers or /targets; raises UsageError for another."""
    kind = "/" + fingerprint.origin.path.split("/")[1]
    if kind not in ("/statistics", "/ledgers", "/targets"):
        raise UsageError(f"指纹里的地址“{fingerprint.origin.path[:60]}”不是分区统计、盘活台账或目标台账。")
    return kind


def _statistics_json(published: Published, record: Mapping[str, Any]) -> None:
    names = [column["name"] for column in record["columns"]]
    published.row_count = len(record["rows"])
    for number, row in enumerate(record["rows"]):
        published.rows.append((row["name"], [row[name] for name in names]))
        published.figures += [
            PublishedFigure(f"rows[{number}].{name}（{row['name']}）", row["zone"], name, row[name])
            for name in names
        ]


LEDGER_COLUMNS = {
    "area_m2": "认定面积",
    "counted_m2": "计入面积",
    "new_gfa_gross_m2": "新增建筑面积",
    "counted_gfa_gross_m2": "计入新增建筑面积",
    "new_gfa_net_m2": "净增建筑面积",
    "counted_gfa_net_m2": "计入净增建筑面积",
}
"""Numbers of a ledger's entries, in the order in which the fingerprint takes them."""
LEDGER_TOTALS = ("counted", "cumulative", "doing", "planned", "gfa_gross", "gfa_net")
TOTAL_ROW = "(total)"


def _ledger_json(published: Published, record: Mapping[str, Any]) -> None:
    published.row_count = len(record["entries"])
    totals = record["totals_m2"]
    published.rows.append((TOTAL_ROW, [totals[name] for name in LEDGER_TOTALS]))
    published.figures += [
        PublishedFigure(f"totals_m2.{name}", TOTAL_ROW, name, totals[name]) for name in LEDGER_TOTALS
    ]
    for number, entry in enumerate(record["entries"]):
        code = entry["recognition_code"]
        published.rows.append((code, [entry[name] for name in LEDGER_COLUMNS]))
        published.figures += [
            PublishedFigure(f"entries[{number}].{name}（{code}）", code, name, entry[name])
            for name in LEDGER_COLUMNS
        ]


def _targets_json(published: Published, record: Mapping[str, Any]) -> None:
    published.row_count = len(record["indicators"])
    for number, row in enumerate(record["indicators"]):
        found = [("actual", row["actual"]["value"]), ("base", row["base"])]
        for place, target in enumerate(row["targets"]):
            found += [
                (f"targets[{place}].value", target["value"]),
                (f"targets[{place}].actual", target["actual"]["value"]),
                (f"targets[{place}].gap", target["gap"]),
            ]
        published.rows.append((row["id"], [value for _, value in found]))
        published.figures += [
            PublishedFigure(f"indicators[{number}].{name}（{row['zh']}）", row["id"], name, value)
            for name, value in found
        ]


def _read_csv(path: Path) -> Published:
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    published = Published(
        name=path.name, fingerprint=find_fingerprint(path.name, (cell for line in lines for cell in line))
    )
    header, body = lines[0], [line for line in lines[1:] if any(line)]
    published.row_count = len(body)
    fill = {"/statistics": _statistics_csv, "/ledgers": _ledger_csv, "/targets": _targets_csv}
    fill[kind_of(published.fingerprint)](published, header, body)
    return published


def _statistics_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    first, last = header.index("分区") + 1, header.index("数据截至")
    for number, line in enumerate(body, start=2):
        cells = _numbers_in(published, line[first:last], number, first, header)
        published.rows.append((line[header.index("分区")], cells))
        published.figures += [
            _csv_figure(number, place, header, line[0].removeprefix("'"), value, line[place])
            for place, value in enumerate(cells, start=first)
        ]


def _numbers_in(
    published: Published, cells: Sequence[str], number: int, first: int, header: Sequence[str]
) -> list[float | None]:
    values = []
    for place, cell in enumerate(cells, start=first):
        try:
            values.append(number_of(cell))
        except ValueError:
            where = _csv_where(number, place, header)
            raise FormatError(f"“{published.name}”{where}是“{cell[:40]}”，不是数。") from None
    return values


def _csv_where(number: int, place: int, header: Sequence[str]) -> str:
    return f"第 {number} 行 {get_column_letter(place + 1)} 列（{header[place]}）"


def _csv_figure(
    number: int, place: int, header: Sequence[str], row: str, value: float | None, text: str
) -> PublishedFigure:
    decimals = len(text.partition(".")[2]) if "e" not in text.lower() else 0
    return PublishedFigure(_csv_where(number, place, header), row, header[place], value, decimals)


def _ledger_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    code = header.index("认定编号")
    places = [_place_of(header, zh) for zh in LEDGER_COLUMNS.values()]
    for number, line in enumerate(body, start=2):
        row = line[code].removeprefix("'")
        values = [_numbers_in(published, [line[place]], number, place, header)[0] for place in places]
        published.rows.append((row, values))
        published.figures += [
            _csv_figure(number, place, header, row, value, line[place])
            for place, value in zip(places, values, strict=True)
        ]


def _place_of(header: Sequence[Any], zh: str) -> int:
    """Return the column of a heading, with or without a unit in brackets."""
    for place, text in enumerate(header):
        if without_spaces(text).partition("(")[0] == zh:
            return place
    raise FormatError(f"缺少“{zh}”这一列。")


TARGET_COLUMNS = ("基数", "目标", "实绩", "差距")


def _targets_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    places = [header.index(name) for name in TARGET_COLUMNS]
    for number, line in enumerate(body, start=2):
        row = f"{line[header.index('指标编号')]}@{line[header.index('目标日')]}"
        values = [_numbers_in(published, [line[place]], number, place, header)[0] for place in places]
        published.rows.append((row, values))
        published.figures += [
            _csv_figure(number, place, header, row, value, line[place])
            for place, value in zip(places, values, strict=True)
        ]


def _read_xlsx(path: Path) -> Published:
    book = openpyxl.load_workbook(path, data_only=True)
    texts = (
        cell
        for sheet in reversed(book.worksheets)
        for line in sheet.iter_rows(values_only=True)
        for cell in line
    )
    published = Published(name=path.name, fingerprint=find_fingerprint(path.name, texts))
    fill = {"/statistics": _statistics_xlsx, "/ledgers": _ledger_xlsx, "/targets": _targets_xlsx}
    sheet = book.worksheets[0]
    lines = [list(line) for line in sheet.iter_rows(values_only=True)]
    fill[kind_of(published.fingerprint)](published, sheet.title, lines)
    return published


def _statistics_xlsx(published: Published, sheet: str, lines: list[list[Cell]]) -> None:
    groups, header = lines[3], lines[4]
    labels = [without_spaces(below or above) for above, below in zip(groups, header, strict=True)]
    width = max(place for place, text in enumerate(labels) if text) + 1
    for number, line in enumerate(lines[5:], start=6):
        if str(line[0] or "").startswith("注："):
            break
        values = [_xlsx_number(published, sheet, number, place, line[place]) for place in range(1, width)]
        published.rows.append((str(line[0]), values))
        published.figures += [
            PublishedFigure(
                _xlsx_where(sheet, number, place, labels[place], line[0]), str(line[0]), labels[place], value,
                position=number - 6,
            )
            for place, value in enumerate(values, start=1)
        ]  # fmt: skip
        published.row_count += 1


def _xlsx_where(sheet: str, number: int, place: int, label: str, name: Any) -> str:
    return f"表“{sheet}”单元格 {get_column_letter(place + 1)}{number}（{name}，{label}）"


def _xlsx_number(published: Published, sheet: str, number: int, place: int, cell: Cell) -> float | None:
    try:
        return number_of(cell)
    except (TypeError, ValueError):
        where = f"表“{sheet}”单元格 {get_column_letter(place + 1)}{number}"
        raise FormatError(f"“{published.name}”{where}是“{str(cell)[:40]}”，不是数。") from None


def _ledger_xlsx(published: Published, sheet: str, lines: list[list[Cell]]) -> None:
    header = [str(text or "") for text in lines[2]]
    code, places = header.index("认定编号"), [_place_of(header, zh) for zh in LEDGER_COLUMNS.values()]
    body = [(number, line) for number, line in enumerate(lines[3:], start=4) if line[code]]
    published.row_count = len(body)
    for number, line in body:
        values = [_xlsx_number(published, sheet, number, place, line[place]) for place in places]
        published.rows.append((str(line[code]), values))
        published.figures += [
            PublishedFigure(
                _xlsx_where(sheet, number, place, header[place], line[code]), str(line[code]), header[place], value,
                _LEDGER_DECIMALS[published.fingerprint.unit] if place in places[:2] else 2,
            )
            for place, value in zip(places, values, strict=True)
        ]  # fmt: skip


_LEDGER_DECIMALS = {"mu": 4, "ha": 6, "m2": 2}


def _targets_xlsx(published: Published, sheet: str, lines: list[list[Cell]]) -> None:
    header = [without_spaces(text) for text in lines[2]]
    for number, line in enumerate(lines[3:], start=4):
        if not isinstance(line[0], int | float):
            break
        row = str(line[header.index("指标")])
        numbers = [
            (place, None if cell == UNKNOWN else float(cell))
            for place, cell in enumerate(line[1:], start=1)
            if cell == UNKNOWN or (isinstance(cell, int | float) and not isinstance(cell, bool))
        ]
        published.rows.append((row, [value for _, value in numbers]))
        published.figures += [
            PublishedFigure(_xlsx_where(sheet, number, place, header[place], row), row, header[place], value)
            for place, value in numbers
        ]
        published.row_count += 1
