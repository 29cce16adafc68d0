"""Zones and which part of a plot lies in each: shapely.intersection, one pair after the other."""

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.errors import UsageError
from geoapp.verification.performance import is_on
from geoapp.verification.plots import Plot, plain_plots
from geoapp.verification.source import Shape, Source, plane_shape

OUTSIDE, TOTAL = "(outside)", "(total)"
CONTROL_LINE, FILE = "control_line", "file:"
KEPT_ZONES = "published/zones"
"""Folder in the data folder with the zones of uploaded files that something was published by."""
_DIGEST = re.compile(r"[0-9a-f]{16,64}")
_DUST = 1e-9
"""Of a plot: less is rounding of coordinates and no land."""


Box = tuple[float, float, float, float]
Zone = tuple[BaseGeometry, Box] | None
"""A zone in the plane and its box."""


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


def plain_zones(source: Source, zones: str, zone_set: str = "") -> PlainZones:
    """Return the zones that an address names.

    Parameters
    ----------
    source : Source
    zones : str
        A polygon register, control_line:KX1, or file:NAME.
    zone_set : str
        Of a file: digest of its zones, under which they were kept when the table was published. Where they are not
        there only the total is known.

    Raises
    ------
    UsageError
        No such zones, or what was kept is not what was published.
    """
    if zones.startswith(FILE):
        return _kept_zones(source, zone_set)
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


def _kept_zones(source: Source, zone_set: str) -> PlainZones:
    path = source.settings.data_dir / KEPT_ZONES / f"{zone_set}.json"
    if not _DIGEST.fullmatch(zone_set) or not path.is_file():
        return PlainZones(shapes=[], is_whole=False)
    content = path.read_bytes()
    if not hashlib.sha256(content).hexdigest().startswith(zone_set):
        raise UsageError(f"发布时留存的分区图形“{KEPT_ZONES}/{path.name}”被改过或不完整，不能用来核对。")
    return PlainZones(
        shapes=[(str(key), shape and shapely.from_wkb(shape)) for key, shape in json.loads(content)]
    )


def all_rows(source: Source, zones: str, membership: str, zone_set: str = "") -> list[ZoneRow]:
    """Return the rows of a zone table over all plots; shapes alone decide them, so each is worked out once."""
    key = ("zone rows", zones, membership, zone_set, source.day)
    if key not in source.unmoved:
        source.unmoved[key] = zone_rows(
            source, plain_plots(source), plain_zones(source, zones, zone_set), membership
        )
    found: list[ZoneRow] = source.unmoved[key]
    return found


def restricted(rows: Sequence[ZoneRow], codes: Collection[str]) -> list[ZoneRow]:
    """Return rows with some of the plots only."""
    return [
        ZoneRow(
            key=row.key,
            area_share={code: share for code, share in row.area_share.items() if code in codes},
            counted={code for code in row.counted if code in codes},
        )
        for row in rows
    ]


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
    planes = [plane_shape(shape, epsg) for _, shape in zones.shapes]
    inside = [None if shape is None or shape.is_empty else (shape, shape.bounds) for shape in planes]
    planes_of: dict[str, Shape] = source.unmoved.setdefault("plots in the plane", {})
    rows = [ZoneRow(key=key) for key, _ in zones.shapes]
    outside = ZoneRow(key=OUTSIDE)
    for plot in plots:
        if plot.code not in planes_of:
            planes_of[plot.code] = plane_shape(plot.shape, epsg)
        shape = planes_of[plot.code]
        place = _by_centroid if membership == "centroid" else _by_area
        place(plot.code, shape, inside, rows, outside, zones.least_share, is_whole=membership == "largest")
    return [*rows, outside, total]


def _by_centroid(
    code: str, shape: Shape, inside: Sequence[Zone], rows: Sequence[ZoneRow], outside: ZoneRow, _least: float,
    *, is_whole: bool,
) -> None:  # fmt: skip
    row = outside
    if shape is not None and not shape.is_empty:
        found = (
            number
            for number, zone in enumerate(inside)
            if zone is not None and zone[0].intersects(shape.centroid)
        )
        first = next(found, None)
        row = outside if first is None else rows[first]
    row.area_share[code] = 1.0
    row.counted.add(code)


def _by_area(
    code: str, shape: Shape, inside: Sequence[Zone], rows: Sequence[ZoneRow], outside: ZoneRow, least: float,
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


def _shares(shape: Shape, inside: Sequence[Zone]) -> dict[int, float]:
    if shape is None or shape.area <= 0:
        return {}
    shares, box = {}, shape.bounds
    for number, zone in enumerate(inside):
        if zone is not None and _boxes_meet(box, zone[1]):
            share = min(shapely.intersection(shape, zone[0]).area / shape.area, 1.0)
            if share > _DUST:
                shares[number] = share
    return shares


def _boxes_meet(one: Box, other: Box) -> bool:
    west, south, east, north = one
    west2, south2, east2, north2 = other
    return bool(west <= east2 and west2 <= east and south <= north2 and south2 <= north)
