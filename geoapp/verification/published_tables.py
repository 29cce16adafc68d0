"""Exported zone tables and revitalisation ledgers read back."""

from collections.abc import Mapping, Sequence
from typing import Any

from geoapp.errors import FormatError
from geoapp.verification.published import (
    Cell,
    MapLayer,
    Published,
    PublishedFigure,
    csv_figure,
    numbers_in,
    without_spaces,
    xlsx_number,
    xlsx_where,
)

Sheets = Mapping[str, list[list[Cell]]]


def statistics_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in a zone table as data."""
    names = [column["name"] for column in record["columns"]]
    published.row_count = len(record["rows"])
    for number, row in enumerate(record["rows"]):
        published.rows.append((row["name"], [row[name] for name in names]))
        published.figures += [
            PublishedFigure(f"rows[{number}].{name}（{row['name']}）", row["zone"], name, row[name])
            for name in names
        ]


def statistics_map(published: Published, layer: MapLayer) -> None:
    """Take in the zones of a map's file: zone, name, and the figures in full; without outside and total."""
    published.row_count, published.has_zones_only = len(layer.rows), True
    for number, row in enumerate(layer.rows):
        figures = {name: value for name, value in row.items() if name not in ("zone", "name")}
        values = [None if value is None or value != value else float(value) for value in figures.values()]
        published.rows.append((row["name"], values))
        published.figures += [
            PublishedFigure(f"第 {number + 1} 个分区的 {name}（{row['name']}）", row["zone"], name, value)
            for name, value in zip(figures, values, strict=True)
        ]


def statistics_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in a zone table as CSV."""
    first, last = header.index("分区") + 1, header.index("数据截至")
    for number, line in enumerate(body, start=2):
        cells = numbers_in(published, line[first:last], number, first, header)
        published.rows.append((line[header.index("分区")], cells))
        published.figures += [
            csv_figure(number, place, header, line[0].removeprefix("'"), value, line[place])
            for place, value in enumerate(cells, start=first)
        ]


def statistics_xlsx(published: Published, sheets: Sheets) -> None:
    """Take in a zone table as a workbook."""
    sheet, lines = next(iter(sheets.items()))
    groups, header = lines[3], lines[4]
    labels = [without_spaces(below or above) for above, below in zip(groups, header, strict=True)]
    width = max(place for place, text in enumerate(labels) if text) + 1
    for number, line in enumerate(lines[5:], start=6):
        if line[0] in (None, "") or not any(cell not in (None, "") for cell in line[1:width]):
            break  # notes and signatures: a row of the table has a name, and a number or a dash
        values = [xlsx_number(published, sheet, number, place, line[place]) for place in range(1, width)]
        published.rows.append((str(line[0]), values))
        published.figures += [
            PublishedFigure(
                xlsx_where(sheet, number, place, labels[place], line[0]), str(line[0]), labels[place], value,
                position=number - 6,
            )
            for place, value in enumerate(values, start=1)
        ]  # fmt: skip
        published.row_count += 1


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


def ledger_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in a revitalisation ledger as data."""
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


def ledger_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in a revitalisation ledger as CSV."""
    code = header.index("认定编号")
    places = [place_of(header, zh) for zh in LEDGER_COLUMNS.values()]
    for number, line in enumerate(body, start=2):
        row = line[code].removeprefix("'")
        values = [numbers_in(published, [line[place]], number, place, header)[0] for place in places]
        published.rows.append((row, values))
        published.figures += [
            csv_figure(number, place, header, row, value, line[place])
            for place, value in zip(places, values, strict=True)
        ]


def place_of(header: Sequence[Any], zh: str) -> int:
    """Return the column of a heading, with or without a unit in brackets."""
    for place, text in enumerate(header):
        if without_spaces(text).partition("(")[0] == zh:
            return place
    raise FormatError(f"缺少“{zh}”这一列。")


def ledger_xlsx(published: Published, sheets: Sheets) -> None:
    """Take in a revitalisation ledger as a workbook."""
    sheet, lines = next(iter(sheets.items()))
    header = [str(text or "") for text in lines[2]]
    code, places = header.index("认定编号"), [place_of(header, zh) for zh in LEDGER_COLUMNS.values()]
    body = [(number, line) for number, line in enumerate(lines[3:], start=4) if line[code]]
    published.row_count = len(body)
    for number, line in body:
        values = [xlsx_number(published, sheet, number, place, line[place]) for place in places]
        published.rows.append((str(line[code]), values))
        published.figures += [
            PublishedFigure(
                xlsx_where(sheet, number, place, header[place], line[code]), str(line[code]), header[place], value,
                _LEDGER_DECIMALS[published.fingerprint.unit] if place in places[:2] else 2,
            )
            for place, value in zip(places, values, strict=True)
        ]  # fmt: skip


_LEDGER_DECIMALS = {"mu": 4, "ha": 6, "m2": 2}
