"""Zones and which part of a plot lies in each: shapely.intersection, one pair after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.errors import UsageError
from geoapp.verification.performance import is_on
from geoapp.verification.plots import Plot
from geoapp.verification.source import Shape, Source, plane_shape

OUTSIDE, TOTAL = "(outside)", "(total)"
CONTROL_LINE, FILE = "control_line", "file:"
_DUST = 1e-9
"""Of a plot: less is rounding of coordinates and no land."""


@dataclass(slots=True, kw_only=True)
class ZoneRow:
    """One row of a zone table: what each plot counts in it."""

    key: str
    area_share: dict[str, float] = field(default_factory=dict)
    """By plot code."""
    counted: set[str] = field(default_factory=set)
    """Plots that are counted here."""


@dataclass(slots=True, kw_only=True)
class PlainZones:
    """A division of the land."""

    shapes: list[tuple[str, Shape]]
    least_share: float = 0.0
    is_whole: bool = True
    """False where the zones themselves are not known here, only the total is."""


def plain_zones(source: Source, zones: str) -> PlainZones:
    """Return the zones that an address names; those of an uploaded file are not known here, only the total is."""
    if zones.startswith(FILE):
        return PlainZones(shapes=[], is_whole=False)
    name, _, kind = zones.partition(":")
    if name == CONTROL_LINE:
        return _inside_lines(source, kind)
    layer = source.layers.get(zones)
    if layer is None or layer.geometry != "polygon":
        raise UsageError(f"指纹里的分区“{zones[:40]}”不是这套系统的面台账或控制线。")
    rows = sorted(source.rows(zones), key=lambda row: [row[name] for name in layer.key])
    return PlainZones(
        shapes=[("|".join(str(row[name]) for name in layer.key), row["geometry"]) for row in rows]
    )


def _inside_lines(source: Source, kind: str) -> PlainZones:
    chosen = kind or source.scheme.lines[0].value
    shapes = [
        row["geometry"]
        for row in source.rows("control_lines")
        if row["kind"] == chosen and is_on(source.day, row["valid_from_on"], row["valid_to_on"])
    ]
    inside: Shape = None
    for shape in shapes:
        inside = shape if inside is None else shapely.union(inside, shape)
    rule = source.scheme.membership_rule
    least = float(rule.get("threshold", 0.0)) if rule.get("method") == "area_share" else 0.0
    return PlainZones(shapes=[(chosen, inside)], least_share=least)


def zone_rows(source: Source, plots: Sequence[Plot], zones: PlainZones, membership: str) -> list[ZoneRow]:
    """Return the rows of a zone table: zones, outside, total; of a file's zones the total only."""
    total = ZoneRow(
        key=TOTAL, area_share=dict.fromkeys((p.code for p in plots), 1.0), counted={p.code for p in plots}
    )
    if not zones.is_whole:
        return [total]
    epsg = source.settings.working_crs
    inside = [plane_shape(shape, epsg) for _, shape in zones.shapes]
    rows = [ZoneRow(key=key) for key, _ in zones.shapes]
    outside = ZoneRow(key=OUTSIDE)
    for plot in plots:
        shape = plane_shape(plot.shape, epsg)
        place = _by_centroid if membership == "centroid" else _by_area
        place(plot.code, shape, inside, rows, outside, zones.least_share, is_whole=membership == "largest")
    return [*rows, outside, total]


def _by_centroid(
    code: str, shape: Shape, inside: Sequence[Shape], rows: Sequence[ZoneRow], outside: ZoneRow, _least: float,
    *, is_whole: bool,
) -> None:  # fmt: skip
    row = outside
    if shape is not None and not shape.is_empty:
        found = (
            number
            for number, zone in enumerate(inside)
            if zone is not None and zone.intersects(shape.centroid)
        )
        first = next(found, None)
        row = outside if first is None else rows[first]
    row.area_share[code] = 1.0
    row.counted.add(code)


def _by_area(
    code: str, shape: Shape, inside: Sequence[Shape], rows: Sequence[ZoneRow], outside: ZoneRow, least: float,
    *, is_whole: bool,
) -> None:  # fmt: skip
    shares = _shares(shape, inside)
    # The larger share wins; of equal ones the zone that comes first.
    best = min(shares, key=lambda number: (-round(shares[number] / _DUST), number), default=None)
    home = outside if best is None or shares[best] < least else rows[best]
    home.counted.add(code)
    if is_whole:
        home.area_share[code] = 1.0
        return
    for number, share in shares.items():
        rows[number].area_share[code] = share
    left = 1.0 - sum(shares.values())
    if left > _DUST:
        outside.area_share[code] = left


def _shares(shape: Shape, inside: Sequence[Shape]) -> dict[int, float]:
    if shape is None or shape.area <= 0:
        return {}
    shares = {}
    for number, zone in enumerate(inside):
        if zone is not None and _boxes_meet(shape, zone):
            share = min(shapely.intersection(shape, zone).area / shape.area, 1.0)
            if share > _DUST:
                shares[number] = share
    return shares


def _boxes_meet(one: BaseGeometry, other: BaseGeometry) -> bool:
    west, south, east, north = one.bounds
    west2, south2, east2, north2 = other.bounds
    return bool(west <= east2 and west2 <= east and south <= north2 and south2 <= north)
