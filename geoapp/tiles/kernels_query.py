"""Kernels that find features: by box in the tree, by tile on the Hilbert curve, by size at low zooms.

A call costs ten nanoseconds for every array among its arguments (they are counted), so what runs once per feature
takes numbers, and loops hold the arrays they need.
"""

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import kernel
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
    side = 1 << (WORLD_BITS - z)
    margin = max(side * BUFFER // EXTENT, 1)
    west, north = x * side - HALF_WORLD, y * side - HALF_WORLD
    return west - margin, north - margin, west + side + margin, north + side + margin


@kernel
def features_in_box(boxes: NDArray, level_start: NDArray, bounds: tuple[int, int, int, int]) -> NDArray:
    """Return the features whose boxes touch the bounds, in their order."""
    features, levels = level_start[1], level_start.size - 1
    found = np.empty(1024, np.int32)
    count = 0
    stack = np.empty((NODE_SIZE * levels + 1, 2), np.int64)
    stack[0, 0], stack[0, 1] = boxes.shape[0] - 1, levels - 1
    waiting = 1
    while waiting > 0:
        waiting -= 1
        node, level = stack[waiting, 0], stack[waiting, 1]
        if boxes[node, 0] > bounds[2] or boxes[node, 1] > bounds[3]:
            continue
        if boxes[node, 2] < bounds[0] or boxes[node, 3] < bounds[1]:
            continue
        if node < features:
            if count == found.size:
                found = longer(found)
            found[count] = node
            count += 1
            continue
        first = level_start[level - 1] + (node - level_start[level]) * NODE_SIZE
        for child in range(min(first + NODE_SIZE, level_start[level]) - 1, first - 1, -1):
            stack[waiting, 0], stack[waiting, 1] = child, level - 1
            waiting += 1
    return found[:count]


@kernel
def longer(array: NDArray) -> NDArray:
    """Return a copy with four times the room."""
    copy = np.empty(4 * array.size, np.int32)
    copy[: array.size] = array
    return copy


@kernel
def first_at_least(codes: NDArray, code: int) -> int:
    """Return the place of the first code that is not below *code*."""
    low, high = 0, codes.size
    while low < high:
        middle = (low + high) >> 1
        if codes[middle] < code:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def anchored_in(codes: NDArray, z: int, x: int, y: int) -> tuple[int, int]:
    """Return the slice of features whose anchors lie in the tile."""
    below = 2 * (CURVE_BITS - z)
    low = (hilbert_code(x << (CURVE_BITS - z), y << (CURVE_BITS - z)) >> below) << below
    return first_at_least(codes, low), first_at_least(codes, low + (1 << below))


@kernel
def vertices_at(vertex_zoom: NDArray, start: int, end: int, z: int) -> int:
    """Return how many of the vertices zoom *z* needs."""
    count = 0
    for k in range(start, end):
        count += vertex_zoom[k] <= z
    return count


@kernel
def least_size(t: TileArrays, z: int, low: int, high: int, mask: NDArray) -> float:
    """Return from which size on the features low:high are drawn themselves; 0 where there are few."""
    count = high - low
    if mask.size and count > SPARSE_COUNT:
        row = t.row
        count = 0
        for i in range(low, high):
            count += mask[row[i]]
    if count <= SPARSE_COUNT:
        return 0.0
    pixel = float(UNITS_PER_PIXEL << (WORLD_BITS - EXTENT_BITS - z))
    return LEAST_PIXELS * pixel * pixel


@kernel
def singles_limit(t: TileArrays, z: int, x: int, y: int, mask: NDArray) -> tuple[float, int, int]:
    """Return from which size and below which bucket the features anchored in a tile are drawn themselves.

    The third number is about how many bytes they take. An empty mask lets every feature through.
    """
    low, high = anchored_in(t.code, z, x, y)
    least = least_size(t, z, low, high, mask)
    size, bucket, row, key_start, vertex_zoom = t.size, t.bucket, t.row, t.key_start, t.vertex_zoom
    feature_start, ring_start = t.feature_start, t.ring_start
    counts, taken = np.zeros(BUCKETS, np.int64), np.zeros(BUCKETS, np.int64)
    for i in range(low, high):
        if size[i] >= least and (mask.size == 0 or mask[row[i]]):
            start, end = ring_start[feature_start[i]], ring_start[feature_start[i + 1]]
            counts[bucket[i]] += 1
            taken[bucket[i]] += 38 + key_start[i + 1] - key_start[i]
            taken[bucket[i]] += 3 * vertices_at(vertex_zoom, start, end, z)
    singles, used = 0, 0
    for step in range(BUCKETS):
        singles += counts[step]
        if singles > counts[step] and (singles > MOST_SINGLES or used + taken[step] > SINGLES_BYTES):
            return least, step, used
        used += taken[step]
    return least, BUCKETS, used


@kernel
def chosen_features(t: TileArrays, z: int, x: int, y: int, mask: NDArray) -> tuple[NDArray, NDArray, int]:
    """Return the features that a tile draws, those that it sums into cells, and about the bytes of the former."""
    found = features_in_box(t.boxes, t.level_start, tile_bounds(z, x, y))
    if mask.size:
        found = let_through(found, t.row, mask)
    if z > LAST_SUMMED_ZOOM:
        return found, found[:0], 0
    return divided(t, found, (z, x, y), mask)


@kernel
def let_through(found: NDArray, row: NDArray, mask: NDArray) -> NDArray:
    """Return the features that the mask, in the caller's row order, lets through."""
    kept = 0
    for i in found:
        if mask[row[i]]:
            found[kept] = i
            kept += 1
    return found[:kept]


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
    anchor_x, anchor_y, size, bucket = t.anchor_x, t.anchor_y, t.size, t.bucket
    least, end, used = singles_limit(t, z, x, y, mask)
    others = [(x, y, (least, end, used))]
    drawn, summed = np.empty(found.size, np.int32), np.empty(found.size, np.int32)
    drawn_count, summed_count = 0, 0
    for i in found:
        home_x, home_y = (anchor_x[i] + HALF_WORLD) >> shift, (anchor_y[i] + HALF_WORLD) >> shift
        if home_x == x and home_y == y:
            if size[i] >= least and bucket[i] < end:
                drawn[drawn_count] = i
                drawn_count += 1
            else:
                summed[summed_count] = i
                summed_count += 1
            continue
        limit = limit_of(t, others, (z, home_x, home_y), mask)
        if size[i] >= limit[0] and bucket[i] < limit[1]:
            drawn[drawn_count] = i
            drawn_count += 1
    return drawn[:drawn_count], summed[:summed_count], used


@kernel
def limit_of(
    t: TileArrays,
    known: list[tuple[int, int, tuple[float, int, int]]],
    tile: tuple[int, int, int],
    mask: NDArray,
) -> tuple[float, int, int]:
    """Return the limit of a tile, worked out once and then looked up; a tile has few neighbours that matter."""
    for x, y, limit in known:
        if x == tile[1] and y == tile[2]:
            return limit
    limit = singles_limit(t, tile[0], tile[1], tile[2], mask)
    known.append((tile[1], tile[2], limit))
    return limit
