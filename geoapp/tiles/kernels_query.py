"""Kernels that find features: by box in the tree, by tile on the Hilbert curve, by size at low zooms."""

import numpy as np
from numpy.typing import NDArray

from geoapp.tiles.arrays import (
    BUCKETS,
    BUFFER,
    EXTENT,
    EXTENT_BITS,
    HALF_WORLD,
    LAST_SUMMED_ZOOM,
    NODE_SIZE,
    UNITS_PER_PIXEL,
    WORLD_BITS,
    TileArrays,
)
from geoapp.tiles.compiling import kernel
from geoapp.tiles.kernels_build import CURVE_BITS, hilbert_code

MOST_SINGLES = 8_000
"""Features drawn one by one in a tile at most: what a browser repaints in a frame, and about 400 kB."""
SPARSE_COUNT = 3_000
"""A tile with no more features than this shows every one, however small: about 160 kB, twelve tiles below 2 MB."""
LEAST_PIXELS = 16.0
"""In a fuller tile a feature is drawn itself from 4 x 4 pixels on: no more than 16,000 of them find room."""
SINGLES_BYTES = 300_000
"""Bytes for features drawn one by one at low zooms; the cells have the rest of the 500 kB."""


@kernel
def tile_bounds(z: int, x: int, y: int) -> tuple[int, int, int, int]:
    """Return west, north, east, south of the tile with its buffer in world units, both ends included."""
    side = np.int64(1) << (WORLD_BITS - z)
    margin = max(side * BUFFER // EXTENT, 1)
    west, north = x * side - HALF_WORLD, y * side - HALF_WORLD
    return west - margin, north - margin, west + side + margin, north + side + margin


@kernel
def features_in_box(t: TileArrays, bounds: tuple[int, int, int, int]) -> NDArray:
    """Return the features whose boxes touch the bounds, in their order."""
    found = np.empty(256, np.int32)
    count = 0
    levels = t.level_start.size - 1
    stack = np.empty(NODE_SIZE * max(levels, 1) + 1, np.int64)
    stack[0] = t.boxes.shape[0] - 1
    waiting = 1 if t.kind.size else 0
    while waiting > 0:
        waiting -= 1
        node = stack[waiting]
        box = t.boxes[node]
        if box[0] > bounds[2] or box[1] > bounds[3] or box[2] < bounds[0] or box[3] < bounds[1]:
            continue
        if node < t.kind.size:
            if count == found.size:
                found = np.concatenate((found, np.empty(count, np.int32)))
            found[count] = node
            count += 1
            continue
        waiting = push_children(t, node, stack, waiting)
    return found[:count]


@kernel
def push_children(t: TileArrays, node: int, stack: NDArray, waiting: int) -> int:
    """Put a node's children on the stack, the first one on top, and return the stack's height."""
    level = 1
    while t.level_start[level + 1] <= node:
        level += 1
    first = t.level_start[level - 1] + (node - t.level_start[level]) * NODE_SIZE
    last = min(first + NODE_SIZE, t.level_start[level])
    for child in range(last - 1, first - 1, -1):
        stack[waiting] = child
        waiting += 1
    return waiting


@kernel
def anchored_in(t: TileArrays, z: int, x: int, y: int) -> tuple[int, int]:
    """Return the slice of features whose anchors lie in the tile."""
    below = np.int64(2) * (CURVE_BITS - z)
    code = hilbert_code(np.int64(x) << (CURVE_BITS - z), np.int64(y) << (CURVE_BITS - z))
    low = (code >> below) << below
    high = low + ((np.int64(1) << below) - 1)
    return np.searchsorted(t.code, low), np.searchsorted(t.code, high, side="right")


@kernel
def estimated_bytes(t: TileArrays, i: int, z: int) -> int:
    """Return about how many bytes a feature takes in a tile of zoom *z*."""
    total = 42 + t.key_start[i + 1] - t.key_start[i]
    for k in range(t.ring_start[t.feature_start[i]], t.ring_start[t.feature_start[i + 1]]):
        if t.vertex_zoom[k] <= z:
            total += 3
    return total


@kernel
def is_wanted(t: TileArrays, i: int, mask: NDArray) -> bool:
    """Return whether the mask, in the caller's row order, lets the feature through; an empty mask does."""
    return mask.size == 0 or mask[t.row[i]]


@kernel
def singles_limit(t: TileArrays, z: int, x: int, y: int, mask: NDArray) -> tuple[float, int, int]:
    """Return from which size and up to which bucket the features anchored in a tile are drawn themselves.

    The third number is about how many bytes they take.
    """
    low, high = anchored_in(t, z, x, y)
    count = 0
    for i in range(low, high):
        if is_wanted(t, i, mask):
            count += 1
    pixel = float(np.int64(UNITS_PER_PIXEL) << (WORLD_BITS - EXTENT_BITS - z))
    least = 0.0 if count <= SPARSE_COUNT else LEAST_PIXELS * pixel * pixel
    counts, sizes = np.zeros(BUCKETS, np.int64), np.zeros(BUCKETS, np.int64)
    for i in range(low, high):
        if t.size[i] >= least and is_wanted(t, i, mask):
            counts[t.bucket[i]] += 1
            sizes[t.bucket[i]] += estimated_bytes(t, i, z)
    singles, used = 0, 0
    for bucket in range(BUCKETS):
        singles += counts[bucket]
        if singles > counts[bucket] and (singles > MOST_SINGLES or used + sizes[bucket] > SINGLES_BYTES):
            return least, bucket, used
        used += sizes[bucket]
    return least, BUCKETS, used


@kernel
def chosen_features(t: TileArrays, z: int, x: int, y: int, mask: NDArray) -> tuple[NDArray, NDArray, int]:
    """Return the features that a tile draws, those that it sums into cells, and about the bytes of the former."""
    found = features_in_box(t, tile_bounds(z, x, y))
    if z > LAST_SUMMED_ZOOM:
        kept = 0
        for i in found:
            if is_wanted(t, i, mask):
                found[kept] = i
                kept += 1
        return found[:kept], found[:0], 0
    return divided(t, found, (z, x, y), mask)


@kernel
def divided(
    t: TileArrays, found: NDArray, tile: tuple[int, int, int], mask: NDArray
) -> tuple[NDArray, NDArray, int]:
    """Divide features into drawn and summed ones.

    The tile that holds a feature's anchor decides for all tiles that the feature reaches into: so none is drawn here
    and summed there.
    """
    z, x, y = tile
    shift = WORLD_BITS - z
    limits = [(np.int64(x), np.int64(y), singles_limit(t, z, x, y, mask))]
    drawn, summed = np.empty(found.size, np.int32), np.empty(found.size, np.int32)
    drawn_count, summed_count = 0, 0
    for i in found:
        if not is_wanted(t, i, mask):
            continue
        home_x = (np.int64(t.anchor_x[i]) + HALF_WORLD) >> shift
        home_y = (np.int64(t.anchor_y[i]) + HALF_WORLD) >> shift
        limit = limit_of(t, limits, (z, home_x, home_y), mask)
        if t.size[i] >= limit[0] and t.bucket[i] < limit[1]:
            drawn[drawn_count] = i
            drawn_count += 1
        elif home_x == x and home_y == y:
            summed[summed_count] = i
            summed_count += 1
    return drawn[:drawn_count], summed[:summed_count], limits[0][2][2]


@kernel
def limit_of(
    t: TileArrays,
    limits: list[tuple[int, int, tuple[float, int, int]]],
    tile: tuple[int, int, int],
    mask: NDArray,
) -> tuple[float, int, int]:
    """Return the limit of a tile, worked out once and then looked up; a tile has few neighbours that matter."""
    for known_x, known_y, limit in limits:
        if known_x == tile[1] and known_y == tile[2]:
            return limit
    limit = singles_limit(t, tile[0], tile[1], tile[2], mask)
    limits.append((tile[1], tile[2], limit))
    return limit
