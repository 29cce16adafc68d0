"""Exported lists read back, whichever kind they are of: the figures of every record, and in data the sums."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from geoapp.domain.listed import ListKind
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
from geoapp.verification.published_tables import place_of

RECORDS = "records"
"""A file holds the records only, not what they sum up to."""
_LAND_DECIMALS = {"mu": 4, "ha": 6, "m2": 2}


def list_json(kind: ListKind, published: Published, record: Mapping[str, Any]) -> None:
    """Take in a list as data."""
    decimals = {figure.name: figure.data_decimals for figure in kind.figures}
    for row, values in kind.rows(record).items():
        published.rows.append((row, list(values.values())))
        published.figures += [
            PublishedFigure(f"{name}（{row}）", row, name, value, decimals.get(name))
            for name, value in values.items()
        ]


def list_csv(kind: ListKind, published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in a list as CSV."""
    published.part = RECORDS
    for number, line in enumerate(body, start=2):
        where = [csv_where(number, place, header) for place in range(len(header))]
        _take_line(kind, published, header, line, where)


def list_xlsx(kind: ListKind, published: Published, sheets: Mapping[str, list[list[Cell]]]) -> None:
    """Take in a list as a workbook."""
    published.part = RECORDS
    sheet, lines = next(iter(sheets.items()))
    headers = ([without_spaces(text) for text in line] for line in lines)
    top, header = next((place, texts) for place, texts in enumerate(headers) if kind.key_heading in texts)
    key = place_of(header, kind.key_heading)
    for number, line in enumerate(lines[top + 1 :], start=top + 2):
        if not any(cell not in (None, "") for cell in line):
            break  # below it is the place to sign
        where = [xlsx_where(sheet, number, place, label, line[key]) for place, label in enumerate(header)]
        _take_line(kind, published, header, line, where)


def list_map(kind: ListKind, published: Published, layer: MapLayer) -> None:
    """Take in a list as a map's file."""
    published.part = RECORDS
    for number, (row, key) in enumerate(zip(layer.rows, layer.keys, strict=True), start=1):
        header = [layer.labels.get(name, name) for name in row]
        where = [f"第 {number} 个图形的 {name}（{key}）" for name in row]
        _take_line(kind, published, header, list(row.values()), where)


def _take_line(
    kind: ListKind, published: Published, header: Sequence[str], line: Sequence[Cell], where: Sequence[str]
) -> None:
    headings = {without_spaces(text).partition("(")[0]: place for place, text in enumerate(header)}
    key = [_text(line[place_of(header, heading)]) for heading in kind.key_headings]
    if not all(key[1:]):
        return
    row = "|".join(key)
    values = []
    for figure in (figure for figure in kind.figures if figure.heading):
        place = headings.get(figure.heading)
        cell = None if place is None else line[place]
        try:
            value = figure.number(None if cell == "" else cell)
        except (TypeError, ValueError):
            words = where[place or 0]
            raise FormatError(
                f"“{published.name}”{words}是“{str(cell)[:40]}”，不是数，也不是已知的词。"
            ) from None
        values.append(value)
        decimals = _LAND_DECIMALS[published.fingerprint.unit] if figure.is_land else figure.decimals
        if figure.per_unit != 1.0 and value is not None:
            value, decimals = value / figure.per_unit, (decimals or 0) + 2
        published.figures.append(
            PublishedFigure(
                where[place] if place is not None else f"缺少的列“{figure.heading}”（{row}）", row, figure.name,
                value, decimals,
            )
        )  # fmt: skip
    published.rows.append((row, values))


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).removeprefix("'")


def readers(kind: ListKind) -> dict[str, Any]:
    """Return what reads a kind of list from each form, by the names of `geoapp.verification.reading.Kind`."""
    return {
        "from_json": partial(list_json, kind), "from_csv": partial(list_csv, kind),
        "from_xlsx": partial(list_xlsx, kind), "from_map": partial(list_map, kind),
    }  # fmt: skip
