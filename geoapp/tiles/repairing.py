"""Slow and sure: the few shapes that clipping and rounding would make invalid, cut by shapely instead."""

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.tiles.arrays import BUFFER, EXTENT, EXTENT_BITS, HALF_WORLD, WORLD_BITS, TileArrays

Rings = tuple[NDArray, NDArray, NDArray]
"""Vertices (x and y as rows), ring ends, and the last ring of each feature."""
_FRAME = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)


def mended_rings(arrays: TileArrays, features: NDArray, z: int, x: int, y: int) -> Rings:
    """Return valid rings on the tile's grid for polygons that the kernels could not clip.

    Parameters
    ----------
    arrays : TileArrays
    features : array of int
        Polygons, by their place in the arrays.
    z, x, y : int
        The tile.

    Returns
    -------
    vertices (x and y as rows), ring ends, and per feature its last ring
        Shells positive, each followed by its holes (negative); a feature of which nothing is left has no ring.
    """
    exact = np.array([_polygon(arrays, feature, z, x, y) for feature in features])  # rare: a few per tile
    sound = shapely.make_valid(exact, method="structure", keep_collapsed=False)
    within = shapely.intersection(sound, _FRAME)
    shapes = shapely.orient_polygons(shapely.set_precision(within, 1.0), exterior_cw=False)
    multiparts, owner = shapely.get_parts(shapes, return_index=True)
    parts, multipart = shapely.get_parts(multiparts, return_index=True)  # collections hold multipolygons
    owner = owner[multipart]
    is_area = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, part = shapely.get_rings(parts[is_area], return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    is_last = np.append(ring[1:] != ring[:-1], True)[: len(ring)]  # the first vertex again
    grid = np.ascontiguousarray(np.rint(coordinates[~is_last]).astype(np.int32).T)
    ring_end = np.cumsum(np.bincount(ring[~is_last], minlength=len(rings)))
    shape_end = np.cumsum(np.bincount(owner[is_area][part], minlength=len(features)))
    return grid, ring_end, shape_end


def merged(cut: Rings, mended: Rings, is_broken: NDArray) -> Rings:
    """Return the rings of all features in their order: the mended ones where *is_broken*, else the cut ones."""
    rings = np.diff(cut[2], prepend=0)
    rings[is_broken] = np.diff(mended[2], prepend=0)
    shape_end = np.cumsum(rings)
    is_mended = np.repeat(is_broken, rings)
    lengths = np.empty(len(is_mended), np.int64)
    lengths[is_mended], lengths[~is_mended] = np.diff(mended[1], prepend=0), np.diff(cut[1], prepend=0)
    vertex_is_mended = np.repeat(is_mended, lengths)
    grid = np.empty((2, len(vertex_is_mended)), np.int32)
    grid[:, vertex_is_mended], grid[:, ~vertex_is_mended] = mended[0], cut[0]
    return grid, np.cumsum(lengths), shape_end


def _polygon(arrays: TileArrays, feature: int, z: int, x: int, y: int) -> shapely.MultiPolygon:
    """Return the feature in tile units, not rounded, with the vertices that the zoom needs."""
    scale = 2.0 ** (WORLD_BITS - EXTENT_BITS - z)
    polygons: list[list[NDArray]] = []
    for ring in range(arrays.feature_start[feature], arrays.feature_start[feature + 1]):
        part = slice(arrays.ring_start[ring], arrays.ring_start[ring + 1])
        kept = arrays.vertex_zoom[part] <= z
        world = np.stack([arrays.xs[part][kept], arrays.ys[part][kept]], axis=1).astype(np.float64)
        points = (world + HALF_WORLD) / scale - [x * EXTENT, y * EXTENT]
        if len(points) < 3:
            continue
        if arrays.ring_is_outer[ring]:
            polygons.append([])
        if polygons:
            polygons[-1].append(points)
    return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in polygons])
