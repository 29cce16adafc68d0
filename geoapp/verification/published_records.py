"""Exported register tables read back: records as they stand in the file, or what they come to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry

from geoapp.domain.record_digest import column_row
from geoapp.errors import FormatError
from geoapp.verification.published import (
    Cell,
    MapLayer,
    Published,
    PublishedFigure,
    csv_where,
    without_spaces,
    xlsx_where,
)

COUNT, KNOWN, SUM = "(count)", "known", "sum"
_TERMS = "数据截至"
"""Heading of the first column of CSV files that is none of the register's."""
_HEADER = 2
"""Line of a workbook with the headings, from 0: above it the title and the terms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRecords:
    """The records of a file."""

    headings: tuple[str, ...]
    """With units, where the file says them."""
    names: tuple[str, ...] = ()
    """Of a map's file the names of the columns."""
    rows: Sequence[Sequence[Cell]]
    where: Callable[[int, int], str]
    """Where a cell stands, by its row and column from 0, in words."""
    keys: Sequence[str] = ()
    """Of a map's file the records' keys."""
    shapes: Sequence[BaseGeometry | None] = ()

    @property
    def is_map(self) -> bool:
        """Return whether it is a map's file."""
        return bool(self.names)


def records_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in what a table comes to, as it is kept of an export."""
    published.rows.append((COUNT, [record["count"]]))
    published.figures.append(PublishedFigure("count", COUNT, COUNT, record["count"]))
    for one in record["columns"]:
        label = one["label"]
        published.rows.append((label, [one["known"], one["sum"]]))
        published.figures += [
            PublishedFigure(f"{words}（{label}）", label, name, one[name])
            for name, words in ((KNOWN, "已知个数"), (SUM, "合计"))
        ]


def records_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in a table as CSV: the register's columns, then the terms."""
    if _TERMS not in header:
        raise FormatError(f"缺少“{_TERMS}”这一列。")
    width = header.index(_TERMS)
    _take(
        published,
        PublishedRecords(
            headings=tuple(header[:width]),
            rows=[line[:width] for line in body],
            where=lambda row, place: csv_where(row + 2, place, header),
        ),
    )


def records_xlsx(published: Published, sheets: Mapping[str, list[list[Cell]]]) -> None:
    """Take in a table as a workbook: title, terms, headings, records."""
    sheet, lines = next(iter(sheets.items()))
    header = [str(text) for text in lines[_HEADER] if text not in (None, "")]
    rows = [line[: len(header)] for line in lines[_HEADER + 1 :]]
    _take(
        published,
        PublishedRecords(
            headings=tuple(header),
            rows=rows,
            where=lambda row, place: xlsx_where(
                sheet, row + _HEADER + 2, place, without_spaces(header[place]), rows[row][0]
            ),
        ),
    )


def records_map(published: Published, layer: MapLayer) -> None:
    """Take in a table as a map's file."""
    names = tuple(layer.labels)
    _take(
        published,
        PublishedRecords(
            headings=tuple(layer.labels.values()),
            names=names,
            rows=[[row.get(name) for name in names] for row in layer.rows],
            where=lambda row, place: f"第 {row + 1} 条记录的 {names[place]}（{layer.keys[row]}）",
            keys=layer.keys,
            shapes=layer.shapes,
        ),
    )


def _take(published: Published, found: PublishedRecords) -> None:
    published.records, published.row_count = found, len(found.rows)
    columns = zip(*found.rows, strict=True) if found.rows else ((),) * len(found.headings)
    published.rows += [
        column_row(heading, cells)
        for heading, cells in zip(found.names or found.headings, columns, strict=True)
    ]
