"""From shapely geometries to the flat arrays of a tile set; no loop over rows in Python."""

import itertools
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.tiles.arrays import (
    BUCKETS,
    ECCENTRICITY_SQUARED,
    HALF_WORLD,
    LINE,
    POINT,
    POLYGON,
    WORLD_BITS,
    WORLD_M,
    TileArrays,
    varint,
)

_KIND_OF_TYPE = np.array([POINT, LINE, LINE, POLYGON, POINT, LINE, POLYGON, 0], np.uint8)
"""By shapely's type number; a collection is reduced to one kind first."""
_COLLECTION = 7
_UNIT_M = WORLD_M / 2**WORLD_BITS
_SHAPES_AT_ONCE = 50_000
"""Taken apart together: meanwhile every part and ring is an object of its own."""
_POINTS_AT_ONCE = 1_000_000
"""Projected together."""

Ragged = tuple[NDArray, NDArray, NDArray, NDArray]
"""Coordinates, ring starts, whether a ring is a shell, feature starts."""


def build_arrays(
    geometries: NDArray, ids: NDArray, keys: Sequence[str] | NDArray, area_m2: NDArray
) -> TileArrays:
    """Return the arrays of a tile set; the arguments are those of `build_tileset`."""
    from geoapp.tiles import kernels_build as kernels  # compiled code is loaded by those who need it
    from geoapp.tiles import kernels_sound

    shapes = _without_collections(np.asarray(geometries, dtype=object))
    rows, kind, (lonlat, ring_start, ring_is_outer, feature_start) = _flattened(shapes)
    xs, ys = to_world(lonlat)
    anchor_x, anchor_y = kernels.anchors(xs, ys, ring_start, feature_start, kind)
    codes = kernels.hilbert_codes(anchor_x, anchor_y)
    order = np.argsort(codes, kind="stable")
    xs, ys, ring_start, ring_is_outer, feature_start = kernels.reordered(
        xs, ys, ring_start, ring_is_outer, feature_start, kind, order
    )
    rows, kind = rows[order], kind[order]
    boxes, sizes = kernels.boxes_and_sizes(xs, ys, ring_start, feature_start, kind)
    zooms = kernels.vertex_zooms(xs, ys, ring_start, feature_start, kind)
    tree, level_start = kernels.packed_tree(boxes)
    key_bytes, key_start = _key_values(np.asarray(keys, dtype=object)[rows])
    anchor_y = anchor_y[order]
    return TileArrays(
        xs=xs,
        ys=ys,
        vertex_zoom=zooms,
        ring_start=ring_start,
        ring_is_outer=ring_is_outer,
        feature_start=feature_start,
        kind=kind,
        boxes=tree,
        level_start=level_start,
        anchor_x=anchor_x[order],
        anchor_y=anchor_y,
        code=codes[order],
        size=sizes.astype(np.float32),
        bucket=size_buckets(sizes),
        area_m2=_known_areas(np.asarray(area_m2, dtype=np.float64)[rows], sizes, kind, anchor_y),
        row=rows,
        fid=np.asarray(ids).astype(np.uint64)[rows],
        sound_zooms=kernels_sound.sound_zooms(xs, ys, zooms, ring_start, ring_is_outer, feature_start, kind),
        key_start=key_start,
        key_bytes=key_bytes,
    )


def to_world(lonlat: NDArray) -> tuple[NDArray, NDArray]:
    """Return x and y (southwards) in world units of degrees (n, 2); what lies beyond the map goes to its edge."""
    world = np.empty((2, len(lonlat)), np.int32)
    for start in range(0, len(lonlat), _POINTS_AT_ONCE):
        piece = slice(start, start + _POINTS_AT_ONCE)
        turn = np.clip(lonlat[piece, 0], -180.0, 180.0) / 360.0
        latitude = np.radians(np.clip(lonlat[piece, 1], -89.0, 89.0))
        rise = np.arcsinh(np.tan(latitude)) / (2 * np.pi)
        place = np.stack([turn, -rise]) * 2.0**WORLD_BITS
        world[:, piece] = np.clip(np.rint(place), -HALF_WORLD, HALF_WORLD - 1)
    xs, ys = world
    return xs, ys


def map_scale(anchor_y: NDArray) -> NDArray:
    """Return how many square metres of map (at the equator's scale) one true square metre takes at each y.

    The map is Mercator of a sphere, areas are those of the ellipsoid: cos² of the latitude would be 0.3 % off.
    """
    latitude = np.arctan(np.sinh(-2 * np.pi * np.asarray(anchor_y, dtype=np.float64) / 2**WORLD_BITS))
    flattened = (1 - ECCENTRICITY_SQUARED * np.sin(latitude) ** 2) ** 2 / (1 - ECCENTRICITY_SQUARED)
    scale: NDArray = flattened / np.cos(latitude) ** 2
    return scale


def _without_collections(shapes: NDArray) -> NDArray:
    """Replace each collection by its parts of the highest dimension."""
    which = np.flatnonzero(shapely.get_type_id(shapes) == _COLLECTION)
    if not len(which):
        return shapes
    shapes = shapes.copy()
    for row in which:  # rare, and nested to any depth
        parts = _simple_parts(shapes[row])
        highest = [part for part in parts if shapely.area(part) > 0] or [
            part for part in parts if shapely.length(part) > 0
        ]
        shapes[row] = shapely.union_all(highest or parts) if parts else None
    return shapes


def _simple_parts(shape: shapely.Geometry) -> list[shapely.Geometry]:
    parts = list(shapely.get_parts(shape))
    nested = (
        _simple_parts(part) if shapely.get_type_id(part) == _COLLECTION else shapely.get_parts(part)
        for part in parts
    )
    return list(itertools.chain.from_iterable(nested))


def _flattened(shapes: NDArray) -> tuple[NDArray, NDArray, Ragged]:
    """Return row and kind of every feature that has a place, and the coordinates of all as one ragged array."""
    kinds = _KIND_OF_TYPE[shapely.get_type_id(shapes)]
    kinds[shapely.is_missing(shapes) | shapely.is_empty(shapes)] = 0
    rows, parts = [], []
    for kind, flatten in ((POLYGON, _flat_polygons), (LINE, _flat_lines), (POINT, _flat_points)):
        chosen = np.flatnonzero(kinds == kind)
        for start in range(0, len(chosen), _SHAPES_AT_ONCE):
            some = chosen[start : start + _SHAPES_AT_ONCE]
            rows.append(some)
            parts.append(flatten(shapes[some]))
    if not parts:
        nothing = np.zeros(1, np.int64)
        empty = (np.empty((0, 2)), nothing, np.empty(0, np.uint8), nothing)
        return np.empty(0, np.int32), np.empty(0, np.uint8), empty
    row = np.concatenate(rows)
    return row.astype(np.int32), kinds[row], _stacked(parts)


def _flat_polygons(shapes: NDArray) -> Ragged:
    _, coordinates, (ring_start, shell_start, shape_start) = shapely.to_ragged_array(
        _with(shapes, shapely.MultiPolygon()),
        include_z=False,
    )
    ring_is_outer = np.zeros(len(ring_start) - 1, np.uint8)
    ring_is_outer[shell_start[:-1]] = 1
    return coordinates, ring_start, ring_is_outer, shell_start[shape_start[:-1]]


def _flat_lines(shapes: NDArray) -> Ragged:
    _, coordinates, (line_start, shape_start) = shapely.to_ragged_array(
        _with(shapes, shapely.MultiLineString()), include_z=False
    )
    return coordinates, line_start, np.ones(len(line_start) - 1, np.uint8), shape_start[:-1]


def _flat_points(shapes: NDArray) -> Ragged:
    _, coordinates, (shape_start,) = shapely.to_ragged_array(
        _with(shapes, shapely.MultiPoint()), include_z=False
    )
    starts = shape_start[:-1]
    count = len(starts) - 1
    return coordinates, starts, np.ones(count, np.uint8), np.arange(count + 1)


def _with(shapes: NDArray, last: shapely.Geometry) -> NDArray:
    """Return the shapes and one more: an empty multipart at the end makes shapely treat all as multiparts."""
    longer = np.empty(len(shapes) + 1, dtype=object)
    longer[:-1], longer[-1] = shapes, last
    return longer


def _stacked(parts: list[Ragged]) -> Ragged:
    """Put ragged arrays behind one another."""
    vertex_base = np.cumsum([0] + [len(part[0]) for part in parts])
    ring_base = np.cumsum([0] + [len(part[2]) for part in parts])
    rings = [part[1][:-1] + base for part, base in zip(parts, vertex_base, strict=False)]
    features = [part[3][:-1] + base for part, base in zip(parts, ring_base, strict=False)]
    return (
        np.concatenate([part[0] for part in parts]),
        np.concatenate([*rings, vertex_base[-1:]]),
        np.concatenate([part[2] for part in parts]),
        np.concatenate([*features, ring_base[-1:]]),
    )


def size_buckets(sizes: NDArray) -> NDArray:
    """Return each feature's place in the order by size, largest first, in BUCKETS steps."""
    place = np.empty(len(sizes), np.int64)
    place[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return (place * BUCKETS // max(len(sizes), BUCKETS)).astype(np.uint16)


def _known_areas(area_m2: NDArray, sizes: NDArray, kind: NDArray, anchor_y: NDArray) -> NDArray:
    """Return the given areas; where one is missing, a polygon's own (within the accuracy of the map)."""
    own = np.where(kind == POLYGON, sizes * _UNIT_M**2 / map_scale(anchor_y), 0.0)
    return np.where(np.isfinite(area_m2) & (area_m2 >= 0), area_m2, own)


def _key_values(keys: NDArray) -> tuple[NDArray, NDArray]:
    """Return the keys as values of a layer, one after another, and where each starts (with the end last)."""
    encoded = [str(key).encode() for key in keys]
    values = [_value_head(len(key)) + key for key in encoded]
    starts = np.zeros(len(values) + 1, np.int32)
    np.cumsum([len(value) for value in values], out=starts[1:])
    return np.frombuffer(b"".join(values), np.uint8), starts


@lru_cache(maxsize=256)
def _value_head(length: int) -> bytes:
    """Return what stands before a text of so many bytes: value of a layer, text of a value."""
    inner = b"\x0a" + varint(length)
    return b"\x22" + varint(len(inner) + length) + inner
