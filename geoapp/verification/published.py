"""Exported files read back: what a figure and a published table are, and how cells are read."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from openpyxl.utils import get_column_letter
from shapely.geometry.base import BaseGeometry

from geoapp.domain.fingerprint import FigureRow, Fingerprint, parse_fingerprint
from geoapp.errors import FormatError, UsageError

if TYPE_CHECKING:
    from geoapp.verification.published_records import PublishedRecords

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

    def of_row(self, row: str) -> "PublishedFigure":
        """Return it as a figure of a row with that key."""
        return replace(self, row=row, position=None)


@dataclass(slots=True, kw_only=True)
class Published:
    """A file that was published."""

    name: str
    fingerprint: Fingerprint
    figures: list[PublishedFigure] = field(default_factory=list)
    rows: list[FigureRow] = field(default_factory=list)
    """All figures in order, of which the fingerprint was taken."""
    row_count: int = 0
    has_zones_only: bool = False
    """A map's file: what lies outside and the total are no zones."""
    part: str = ""
    """Which part of a report a file holds; empty for all of it."""
    figure_name: str = ""
    """Of which figure a trend is, as it is shown."""
    records: "PublishedRecords | None" = None
    """Of a register's table: its records."""
    members: dict[str, list[Any]] = field(default_factory=dict)
    """Records that are not computed again one by one, only what they come to; by what they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLayer:
    """What a map's file holds: GeoJSON, GeoPackage."""

    rows: list[dict[str, Any]]
    """Of each feature its columns by name."""
    labels: Mapping[str, str]
    """Of each column its heading with the unit, where the file says it."""
    keys: list[str]
    """Of each feature its record's key."""
    shapes: list[BaseGeometry | None]
    """Of each feature, in degrees."""


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


def numbers_in(
    published: Published, cells: Sequence[str], number: int, first: int, header: Sequence[str]
) -> list[float | None]:
    """Return the numbers of some cells of a line; raises FormatError naming the cell that holds another text."""
    values = []
    for place, cell in enumerate(cells, start=first):
        try:
            values.append(number_of(cell))
        except ValueError:
            where = csv_where(number, place, header)
            raise FormatError(f"“{published.name}”{where}是“{cell[:40]}”，不是数。") from None
    return values


def csv_where(number: int, place: int, header: Sequence[str]) -> str:
    """Return where a cell of a CSV file stands, in words."""
    return f"第 {number} 行 {get_column_letter(place + 1)} 列（{header[place]}）"


def csv_figure(
    number: int, place: int, header: Sequence[str], row: str, value: float | None, text: str
) -> PublishedFigure:
    """Return a figure of a CSV file; how far it was rounded its text shows."""
    decimals = len(text.partition(".")[2]) if "e" not in text.lower() else 0
    return PublishedFigure(csv_where(number, place, header), row, header[place], value, decimals)


def xlsx_where(sheet: str, number: int, place: int, label: str, name: Any) -> str:
    """Return where a cell of a workbook stands, in words."""
    return f"表“{sheet}”单元格 {get_column_letter(place + 1)}{number}（{name}，{label}）"


def xlsx_number(published: Published, sheet: str, number: int, place: int, cell: Cell) -> float | None:
    """Return the number of a cell; raises FormatError naming the cell where it holds another text."""
    try:
        return number_of(cell)
    except (TypeError, ValueError):
        where = f"表“{sheet}”单元格 {get_column_letter(place + 1)}{number}"
        raise FormatError(f"“{published.name}”{where}是“{str(cell)[:40]}”，不是数。") from None
