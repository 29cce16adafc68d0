"""What is wrong with how a drawn shape lies: overlap, gap, sliver, outside the district or what it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
import shapely

from geoapp.analysis.area import ellipsoid_area_m2
from geoapp.analysis.local_plane import LocalPlane

_MITRE_LIMIT = 20.0
"""Corners as sharp as six degrees stay sharp, so that a corner between two plots is no gap."""

_GRID_M = 1e-4
"""What a gap is cut out on. Widened and narrowed again, land comes back a hair's breadth from where it was, and among
such edges a difference at full precision may leave the neighbour in what it returns (GEOS 3.14)."""

_LINE, _AREA = 1, 2
"""Dimensions."""


class TopologyKind(StrEnum):
    """What was found."""

    OVERLAP = "overlap"
    GAP = "gap"
    SLIVER = "sliver"
    OUTSIDE = "outside"
    BEYOND = "beyond"
    """Outside the record that it is part of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologyLimits:
    """From what size on something is said; all from the rule book."""

    overlap_area_m2: float
    gap_width_m: float
    """Gaps as wide as this are wanted: roads, rivers."""
    gap_area_m2: float
    sliver_area_m2: float
    sliver_width_m: float
    outside_area_m2: float
    outside_length_m: float
    """Of a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologyFinding:
    """One place where a shape does not fit."""

    kind: TopologyKind
    area_m2: float
    """Of the place, on the ellipsoid; 0 for lines and points."""
    geometry: shapely.Geometry
    """The place, in degrees."""
    keys: tuple[str, ...] = ()
    """The neighbours or the record it is about."""
    length_m: float = 0.0
    """Of a line that lies where it should not; 0 for areas and points."""


def topology_findings(
    shape: shapely.Geometry,
    neighbours: gpd.GeoSeries,
    district: shapely.Geometry | None,
    limits: TopologyLimits,
    containers: Mapping[str, shapely.Geometry] | None = None,
) -> list[TopologyFinding]:
    """Return where a shape overlaps its neighbours, gapes, is too narrow or leaves what it should lie in.

    Parameters
    ----------
    shape : geometry
        In degrees (EPSG:4490), valid. Lines and points only leave what they should lie in.
    neighbours : GeoSeries by key
        In degrees, without the shape's own old form; missing ones are passed over. Neighbours farther away than the
        gap width change nothing.
    district : Polygon, MultiPolygon or None
        None where it is not known: then nothing is outside.
    limits : TopologyLimits
    containers : mapping of name to Polygon or MultiPolygon, optional
        In degrees: records that the shape says it is part of.

    Returns
    -------
    list of TopologyFinding: overlaps by neighbour, gaps, slivers, outside, beyond; each kind the largest first
    """
    left = [
        *_outside(shape, district, limits),
        *(out for name, land in (containers or {}).items() for out in _outside(shape, land, limits, (name,))),
    ]
    if shapely.get_dimensions(shape) < _AREA:
        return left
    known = neighbours[neighbours.notna().to_numpy()]
    near = known[shapely.dwithin(known.to_numpy(), shape, _degrees(limits.gap_width_m))]
    found = [
        *_overlaps(shape, near, limits),
        *_gaps(shape, near, limits),
        *_slivers(shape, limits),
        *left,
    ]
    order = {kind: place for place, kind in enumerate(TopologyKind)}
    return sorted(found, key=lambda finding: (order[finding.kind], -finding.area_m2))


def area_m2(shape: shapely.Geometry) -> float:
    """Return the ellipsoid area of what of a shape in degrees is an area; lines and points have none."""
    parts = shapely.get_parts(shape)
    areas = parts[shapely.get_dimensions(parts) == 2]
    return float(ellipsoid_area_m2(gpd.GeoSeries(areas, crs=4490)).sum())


def _degrees(metres: float) -> float:
    """Return a distance in degrees that is certainly not shorter, anywhere people live."""
    return metres / 30_000.0


def _overlaps(shape: shapely.Geometry, near: gpd.GeoSeries, limits: TopologyLimits) -> list[TopologyFinding]:
    shared = shapely.intersection(near.to_numpy(), shape)
    return [
        TopologyFinding(kind=TopologyKind.OVERLAP, area_m2=area, geometry=common, keys=(str(key),))
        for key, common in zip(near.index, shared, strict=True)
        if (area := area_m2(common)) > limits.overlap_area_m2
    ]


def _gaps(shape: shapely.Geometry, near: gpd.GeoSeries, limits: TopologyLimits) -> list[TopologyFinding]:
    """Return the strips between the shape and its neighbours that are narrower than the gap width.

    What a widening by half the width closes, and narrowing again does not open, was narrower than the width.
    """
    if near.empty:
        return []
    plane = LocalPlane.around([shape])
    own = plane.to_plane(shape)
    others = [plane.to_plane(other) for other in near]
    land = shapely.union_all([own, *others])
    half = limits.gap_width_m / 2
    closed = _grown(_grown(land, half), -half)
    strips = shapely.get_parts(shapely.difference(closed, land, grid_size=_GRID_M))
    reach = half / 2
    strips = strips[shapely.dwithin(strips, own, reach)]
    findings = []
    for strip in strips:
        beside = tuple(
            str(key) for key, other in zip(near.index, others, strict=True) if shapely.dwithin(strip, other, reach)
        )  # fmt: skip
        place = plane.to_degrees(strip)
        area = area_m2(place)
        if beside and area > limits.gap_area_m2:
            findings.append(TopologyFinding(kind=TopologyKind.GAP, area_m2=area, geometry=place, keys=beside))
    return findings


def _grown(land: shapely.Geometry, by_m: float) -> shapely.Geometry:
    return shapely.buffer(land, by_m, join_style="mitre", mitre_limit=_MITRE_LIMIT)


def _slivers(shape: shapely.Geometry, limits: TopologyLimits) -> list[TopologyFinding]:
    plane = LocalPlane.around([shape])
    findings = []
    for part in shapely.get_parts(shape):
        area = area_m2(part)
        width = 2 * area / float(shapely.length(plane.to_plane(part)))
        if area < limits.sliver_area_m2 or width < limits.sliver_width_m:
            findings.append(TopologyFinding(kind=TopologyKind.SLIVER, area_m2=area, geometry=part))
    return findings


def _outside(
    shape: shapely.Geometry, land: shapely.Geometry | None, limits: TopologyLimits, keys: tuple[str, ...] = ()
) -> list[TopologyFinding]:
    """Return what of a shape lies outside the district or, with its name as a key, a record it is part of."""
    if land is None or np.all(shapely.covers(land, shape)):
        return []
    out = shapely.difference(shape, land)
    area = area_m2(out)
    length = (
        float(shapely.length(LocalPlane.around([out]).to_plane(out)))
        if shapely.get_dimensions(shape) == _LINE
        else 0.0
    )
    limit = {_AREA: area > limits.outside_area_m2, _LINE: length > limits.outside_length_m}
    if not limit.get(int(shapely.get_dimensions(shape)), True):
        return []
    kind = TopologyKind.BEYOND if keys else TopologyKind.OUTSIDE
    return [TopologyFinding(kind=kind, area_m2=area, geometry=out, keys=keys, length_m=length)]
