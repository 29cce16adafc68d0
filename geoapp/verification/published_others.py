"""Other published tables read back: trends by year, proof sheets of plot ratios, changes between two days."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from geoapp.domain.changes import KINDS
from geoapp.errors import FormatError
from geoapp.verification.published import (
    Cell,
    Published,
    PublishedFigure,
    csv_figure,
    number_of,
    numbers_in,
    without_spaces,
    xlsx_number,
    xlsx_where,
)

Sheets = Mapping[str, list[list[Cell]]]
ZONE_FIGURES = ("gfa_counted_m2", "site_area_m2", "far", "known_gfa_share", "all_site_area_m2")
LINE_FIGURES = ("share", "gfa_m2", "site_area_m2", "far", "gfa_in_zone_m2", "area_in_zone_m2")
LEFT_FIGURES = ("share", "gfa_m2", "site_area_m2")
PLOT_FIGURES = ("buildings_counted_m2", "gfa_counted_m2", "site_area_m2", "far")
PLOT_PARTS = {
    "buildings": ("building_code", ("gfa_m2", "basement_m2", "counted_m2", "footprint_m2")),
    "floor_areas": ("source", ("gfa_m2", "far")),
    "areas": ("basis", ("area_m2", "difference_m2", "difference_share", "far")),
    "ratios": ("id", ("value",)),
}
"""Lists of a plot's sheet: what names a line of it, and its figures."""
ITSELF = "(itself)"


def trend_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in a trend: the row is the zone, the column the day."""
    published.row_count = len(record["zones"])
    published.figure_name = record["figure"]
    for number, zone in enumerate(record["zones"]):
        published.rows.append((zone["name"], zone["values"]))
        published.figures += [
            PublishedFigure(f"zones[{number}].values（{zone['name']}，{day}）", zone["zone"], day, value)
            for day, value in zip(record["days"], zone["values"], strict=True)
        ]


def _take(
    published: Published, where: str, row: str, values: Mapping[str, Any], names: Iterable[str]
) -> None:
    found = [(name, number_of(values[name])) for name in names]
    published.rows.append((row, [value for _, value in found]))
    published.figures += [
        PublishedFigure(f"{where}.{name}（{row}）", row, name, value) for name, value in found
    ]


def zone_proof_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in the proof sheet of a zone: the sums, one row per plot."""
    _take(published, "zone", ITSELF, record, ZONE_FIGURES)
    for kind, names in (("lines", LINE_FIGURES), ("left_out", LEFT_FIGURES)):
        for number, line in enumerate(record[kind]):
            _take(published, f"{kind}[{number}]", line["plot_code"], line, names)


def plot_proof_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in the proof sheet of a plot: the result, and the lines of its parts."""
    _take(published, "plot", ITSELF, record, PLOT_FIGURES)
    for part, (key, names) in PLOT_PARTS.items():
        for number, line in enumerate(record[part]):
            _take(published, f"{part}[{number}]", f"{part}|{line[key]}", line, names)


ZONES, RECORDS, PROJECTS = "zones", "records", "projects"


def part_of(row: str) -> str:
    """Return which part of a report of changes a row belongs to."""
    if row.startswith("project|"):
        return PROJECTS
    return RECORDS if row.partition("|")[2] in KINDS else ZONES


_SUMS = {"变化前": "before", "变化后": "after", "差": "difference", "跨区": "moved"}
_SUMS |= {kind.zh: kind.id for kind in KINDS.values()}
_RECORD_COLUMNS = {
    "之前用地面积": "before_m2", "之后用地面积": "after_m2", "面积增减": "difference_m2", "项目用地面积": "area_m2",
}  # fmt: skip
_BY_ZH = {kind.zh: kind.id for kind in KINDS.values()}
_UNIT = re.compile(r"\((宗|亩|公顷|平方米)\)")
_DECIMALS = {"mu": 4, "ha": 6, "m2": 2}


def changes_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in what changed between two days: sums per zone, plots, projects."""
    unit = published.fingerprint.unit
    parts: tuple[tuple[str, Any], ...] = (
        ("rows", lambda row: row["zone"]),
        ("changes", lambda row: f"{row['plot_code']}|{row['kind']}"),
        ("projects", lambda row: f"project|{row['project_code']}"),
    )
    for part, key_of in parts:
        for number, row in enumerate(record[part]):
            names = [name for name in row if name.endswith(("_count", f"_{unit}"))]
            published.rows.append(
                (key_of(row).removeprefix("project|").partition("|")[0], [row[name] for name in names])
            )
            published.figures += [
                PublishedFigure(
                    f"{part}[{number}].{name}（{key_of(row)}）", key_of(row), _in_m2(name, unit), row[name]
                )
                for name in names
            ]


def _in_m2(name: str, unit: str) -> str:
    return name if name.endswith("_count") else f"{name.removesuffix(f'_{unit}')}_m2"


def changes_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in one part of a report as CSV."""
    places = _figure_places(header)
    published.part = {"地块编号": RECORDS, "项目编号": PROJECTS}.get(header[0], ZONES)
    for number, line in enumerate(body, start=2):
        row = _row_key(header, line)
        values = [numbers_in(published, [line[place]], number, place, header)[0] for place in places]
        published.rows.append((str(line[0]), values))
        for place, value in zip(places, values, strict=True):
            figure = csv_figure(number, place, header, row, value, line[place])
            published.figures.append(_named(published, figure, header[place]))


def changes_xlsx(published: Published, sheets: Sheets) -> None:
    """Take in a report as a workbook: zones, plots, projects."""
    for sheet, lines in sheets.items():
        if sheet not in ("分区", "地块", "项目"):
            continue
        header = [without_spaces(text) for text in lines[2]]
        places = _figure_places(header)
        for number, line in enumerate(lines[3:], start=4):
            row = _row_key(header, line)
            values = [xlsx_number(published, sheet, number, place, line[place]) for place in places]
            published.rows.append((str(line[0]), values))
            for place, value in zip(places, values, strict=True):
                where = xlsx_where(sheet, number, place, header[place], row)
                figure = PublishedFigure(where, row, "", value)
                published.figures.append(_named(published, figure, header[place]))


def _figure_places(header: Sequence[str]) -> list[int]:
    return [place for place, label in enumerate(header) if _UNIT.search(label)]


def _row_key(header: Sequence[str], line: Sequence[Cell]) -> str:
    first = str(line[0]).removeprefix("'")
    if header[0] == "地块编号":
        return f"{first}|{_BY_ZH.get(line[header.index('变化')], '')}"
    return f"project|{first}" if header[0] == "项目编号" else first


def _named(published: Published, figure: PublishedFigure, label: str) -> PublishedFigure:
    """Return a figure under the name that the second path has for its column; areas are rounded in files."""
    words, _, unit = label.partition("(")
    is_count = unit == "宗)"
    name = _RECORD_COLUMNS.get(words) or f"{_SUMS.get(words, words)}{'_count' if is_count else '_m2'}"
    decimals = None if is_count else _DECIMALS.get(published.fingerprint.unit)
    if decimals is None and not is_count:
        raise FormatError(f"面积单位“{published.fingerprint.unit[:20]}”不认识。")
    return PublishedFigure(figure.where, figure.row, name, figure.value, decimals)
