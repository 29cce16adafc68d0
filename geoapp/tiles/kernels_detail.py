"""Kernels that write the features of a tile in full detail: most of them whole, only rounded, in one loop."""

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import inlined, kernel
from geoapp.tiles.arrays import EXTENT, FIRST_SOUND_ZOOM, POLYGON, SOUND_ZOOMS, TileArrays
from geoapp.tiles.kernels_clip import Tile, is_within, reach_of
from geoapp.tiles.kernels_query import tile_bounds
from geoapp.tiles.kernels_ring import grid_shift, to_grid
from geoapp.tiles.kernels_write import (
    CLASS,
    CLOSE_PATH,
    FEATURE_BYTES,
    KEY,
    LINE_TO,
    MOVE_TO,
    NO_ID,
    RING_BYTES,
    VERTEX_BYTES,
    largest_geometry,
    put_feature,
    put_geometry,
    put_number,
    put_step,
    put_varint,
    varint_size,
)

CLASSES = 256
"""A class is a number of one byte."""

Source = tuple[NDArray, NDArray, NDArray]
"""Of the tile set: xs, ys, ring_start."""
Drawn = tuple[NDArray, NDArray]
"""Features, and whether each is drawn whole."""
Shapes = tuple[NDArray, NDArray, NDArray]
"""Of the features that are not drawn whole: vertices (x and y as rows), ring ends, each one's last ring."""
Work = tuple[NDArray, NDArray, NDArray]
"""A buffer, how much of it is used, room for a geometry."""


@kernel
def whole_and_others(t: TileArrays, chosen: NDArray, z: int, x: int, y: int) -> tuple[NDArray, NDArray]:
    """Return which of the chosen features are drawn whole, only rounded, and all others.

    Whole are those that are sound and reach no further than half a tile beyond it: cutting them would take longer than
    writing them, and every renderer takes so much.
    """
    bounds = reach_of(tile_bounds(z, x, y), z)
    bit = 1 << (z - FIRST_SOUND_ZOOM) if z < FIRST_SOUND_ZOOM + SOUND_ZOOMS else 0
    boxes, sound_zooms = t.boxes, t.sound_zooms
    is_whole, others = np.empty(chosen.size, np.bool_), np.empty(chosen.size, np.int32)
    count = 0
    for place in range(chosen.size):
        i = chosen[place]
        box = boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3]
        is_whole[place] = sound_zooms[i] & bit != 0 and is_within(box, bounds)
        others[count] = i
        count += not is_whole[place]
    return is_whole, others[:count]


@inlined
def put_rings(
    buffer: NDArray,
    at: int,
    source: Source,
    span: tuple[int, int],
    frame: tuple[int, int, int],
) -> int:
    """Write a span of rings, rounded to a tile's grid (shift, west, north); return where the next byte goes."""
    xs, ys, ring_start = source
    shift, last_x, last_y = frame
    for ring in range(span[0], span[1]):
        start, end = ring_start[ring], ring_start[ring + 1]
        x, y = to_grid(xs[start], shift), to_grid(ys[start], shift)
        buffer[at] = 1 << 3 | MOVE_TO
        at = put_step(buffer, at + 1, x - last_x)
        at = put_step(buffer, at, y - last_y)
        at = put_varint(buffer, at, (end - start - 1) << 3 | LINE_TO)
        last_x, last_y = x, y
        for k in range(start + 1, end):
            x, y = to_grid(xs[k], shift), to_grid(ys[k], shift)
            at = put_step(buffer, at, x - last_x)
            at = put_step(buffer, at, y - last_y)
            last_x, last_y = x, y
        buffer[at] = CLOSE_PATH
        at += 1
    return at


@kernel
def drawn_only(features: NDArray, is_whole: NDArray, shape_end: NDArray) -> tuple[int, NDArray]:
    """Leave out features of whose shape nothing is left, in place; return how many are left, and the shapes' ends."""
    count, other, drawn_shapes, last = 0, 0, 0, 0
    ends = np.empty(shape_end.size, np.int64)
    for place in range(features.size):
        if not is_whole[place]:
            other += 1
            if shape_end[other - 1] == last:
                continue
            last = shape_end[other - 1]
            ends[drawn_shapes] = last
            drawn_shapes += 1
        features[count], is_whole[count] = features[place], is_whole[place]
        count += 1
    return count, ends[:drawn_shapes]


@kernel
def bytes_needed(t: TileArrays, drawn: Drawn, shapes: Shapes) -> tuple[int, int]:
    """Return how many bytes the features and their values take at most, and how many the largest geometry does."""
    features, is_whole = drawn
    feature_start, ring_start, key_start = t.feature_start, t.ring_start, t.key_start
    keys, rings, vertices = 0, shapes[1].size, shapes[0].shape[1]
    largest = largest_geometry(shapes[1], shapes[2])
    for place in range(features.size):
        i = features[place]
        keys += key_start[i + 1] - key_start[i]
        if is_whole[place]:
            first, last = feature_start[i], feature_start[i + 1]
            count = ring_start[last] - ring_start[first]
            rings += last - first
            vertices += count
            largest = max(largest, RING_BYTES * (last - first) + VERTEX_BYTES * count)
    total = FEATURE_BYTES * (features.size + CLASSES) + RING_BYTES * rings + VERTEX_BYTES * vertices
    return keys + total, largest


@kernel
def put_values(
    t: TileArrays, features: NDArray, classes: NDArray, buffer: NDArray, at: int
) -> tuple[int, NDArray, int]:
    """Write the values of a layer: first the classes there are, then the features' keys in their order.

    Returns where the next byte goes, the place of each class among the values, and that of the first key.
    """
    row, key_start, key_bytes = t.row, t.key_start, t.key_bytes
    place, count = np.full(CLASSES, -1, np.int64), 0
    for i in features:
        c = classes[row[i]]
        if place[c] < 0:
            place[c] = count
            count += 1
            buffer[at], buffer[at + 1], buffer[at + 2] = 0x22, 1 + varint_size(c), 0x28
            at = put_varint(buffer, at + 3, c)
    first = 0
    while first < features.size:
        last = first + 1
        while last < features.size and features[last] == features[last - 1] + 1:
            last += 1
        start, end = key_start[features[first]], key_start[features[last - 1] + 1]
        for k in range(end - start):
            buffer[at + k] = key_bytes[start + k]
        at += end - start
        first = last
    return at, place, count


@inlined
def put_whole(
    work: Work,
    source: Source,
    span: tuple[int, int],
    frame: tuple[int, int, int],
    facts: tuple[int, int, int],
) -> None:
    """Write a polygon of a span of rings, only rounded, with id, place of its key and of its class."""
    buffer, used, geometry = work
    fid, key, c = facts
    begin = used[0]
    buffer[begin] = 0x12
    at = begin + 2
    if fid != NO_ID:
        buffer[at] = 0x08
        at = put_varint(buffer, at + 1, fid)
    buffer[at] = 0x12
    tags = at + 2
    buffer[tags] = KEY
    at = put_number(buffer, tags + 1, key)
    buffer[at] = CLASS
    at = put_number(buffer, at + 1, c)
    buffer[tags - 1] = at - tags
    buffer[at], buffer[at + 1], buffer[at + 2] = 0x18, POLYGON, 0x22
    shape = at + 4
    at = put_rings(buffer, shape, source, span, frame)
    if at - begin - 2 < 128:  # both lengths take the one byte that was left for them
        buffer[shape - 1], buffer[begin + 1] = at - shape, at - begin - 2
        used[0] = at
    else:
        for k in range(at - shape):
            geometry[k] = buffer[shape + k]
        put_feature(buffer, used, geometry, at - shape, (POLYGON, fid, (key, c, -1, -1)))


@kernel
def put_features(
    t: TileArrays,
    drawn: Drawn,
    shapes: Shapes,
    rows: tuple[NDArray, NDArray, int],
    tile: Tile,
    work: Work,
) -> None:
    """Write the features in their order.

    *rows*: class of each row, place of each class and of the first key among the values.
    """
    features, is_whole = drawn
    grid, ring_end, shape_end = shapes
    classes, class_place, first_key = rows
    buffer, used, geometry = work
    source, feature_start = (t.xs, t.ys, t.ring_start), t.feature_start
    row, kind, fid = t.row, t.kind, t.fid
    frame = grid_shift(tile[0]), tile[1] * EXTENT, tile[2] * EXTENT
    first, start, other = 0, 0, 0
    for place in range(features.size):
        i = features[place]
        key, c = first_key + place, class_place[classes[row[i]]]
        if not is_whole[place]:
            last = shape_end[other]
            other += 1
            size = put_geometry(geometry, kind[i], grid, ring_end, (start, first, last))
            first, start = last, ring_end[last - 1]
            put_feature(buffer, used, geometry, size, (kind[i], fid[i], (key, c, -1, -1)))
            continue
        span = feature_start[i], feature_start[i + 1]
        put_whole(work, source, span, frame, (fid[i], key, c))
