"""Kernels that write features as Mapbox Vector Tile 2.1 messages (protocol buffers)."""

import math

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import inlined, kernel
from geoapp.tiles.arrays import POINT, POLYGON, TileArrays

KEY, CLASS, AREA, COUNT = 0, 1, 2, 3
"""Places of `key`, `c`, `m2` and `n` among the layer's keys."""
MOVE_TO, LINE_TO, CLOSE_PATH = 1, 2, 15
FEATURE_BYTES, RING_BYTES, VERTEX_BYTES = 56, 12, 6
"""No feature's head, or its values without the key, no ring's commands and no vertex takes more."""
NO_ID = 2**64 - 1
"""Stands for "no id"; a register does not number so far."""
KNOWN_NUMBERS = 1024
"""Numbers below have one value in the layer, however many features use it."""

Sink = tuple[NDArray, NDArray, NDArray, NDArray, NDArray]
"""Feature bytes, value bytes, [feature bytes, value bytes, values] used, known numbers, geometry."""
Tags = tuple[int, int, int, int]
"""Places of a feature's key, class, area and count among the layer's values, in the order of the keys; -1: none."""


@kernel
def put_varint(buffer: NDArray, at: int, value: int) -> int:
    """Write a number in groups of seven bits and return where the next byte goes."""
    rest = np.uint64(value)
    while rest >= np.uint64(128):
        buffer[at] = np.uint8((rest & np.uint64(127)) | np.uint64(128))
        rest >>= np.uint64(7)
        at += 1
    buffer[at] = np.uint8(rest)
    return at + 1


@kernel
def varint_size(value: int) -> int:
    """Return how many bytes a number takes."""
    size = 1
    rest = np.uint64(value)
    while rest >= np.uint64(128):
        rest >>= np.uint64(7)
        size += 1
    return size


@inlined
def put_number(buffer: NDArray, at: int, number: int) -> int:
    """Write a number as `put_varint` does, without a loop for those of one byte or two."""
    if number < 128:
        buffer[at] = number
        at += 1
    elif number < 16384:
        buffer[at], buffer[at + 1] = number & 127 | 128, number >> 7
        at += 2
    else:
        at = put_varint(buffer, at, number)
    return at


@inlined
def put_step(buffer: NDArray, at: int, delta: int) -> int:
    """Write a step, zigzag encoded."""
    return put_number(buffer, at, (delta << 1) ^ (delta >> 63))


@inlined
def add_ready_value(values: NDArray, used: NDArray, source: NDArray, start: int, end: int) -> int:
    """Add the bytes start:end, a value ready to be sent, to the layer's values and return its place."""
    at = used[1]
    for k in range(end - start):
        values[at + k] = source[start + k]
    used[1] = at + end - start
    place: int = used[2]
    used[2] = place + 1
    return place


@inlined
def number_value(values: NDArray, used: NDArray, known: NDArray, number: int) -> int:
    """Return the place of a whole number among the layer's values; add it if it is new."""
    if number < KNOWN_NUMBERS and known[number] >= 0:
        known_place: int = known[number]
        return known_place
    at = used[1]
    values[at] = 0x22
    at = put_varint(values, at + 1, 1 + varint_size(number))
    values[at] = 0x28
    used[1] = put_varint(values, at + 1, number)
    place: int = used[2]
    if number < KNOWN_NUMBERS:
        known[number] = place
    used[2] = place + 1
    return place


@inlined
def put_geometry(
    buffer: NDArray, kind: int, grid: NDArray, ring_end: NDArray, span: tuple[int, int, int]
) -> int:
    """Write the commands of a span of rings: first vertex, first ring, last ring; return how many bytes they take."""
    start, first, last = span
    at, x, y = 0, 0, 0
    for r in range(first, last):
        end = ring_end[r]
        count = end - start
        moves = count if kind == POINT else 1
        at = put_varint(buffer, at, (moves << 3) | MOVE_TO)
        for k in range(start, end):
            if k == start + 1 and kind != POINT:
                at = put_varint(buffer, at, ((count - 1) << 3) | LINE_TO)
            at = put_step(buffer, at, grid[0, k] - x)
            at = put_step(buffer, at, grid[1, k] - y)
            x, y = grid[0, k], grid[1, k]
        if kind == POLYGON:
            buffer[at] = CLOSE_PATH
            at += 1
        start = end
    return at


@inlined
def put_feature(
    buffer: NDArray, used: NDArray, geometry: NDArray, size: int, feature: tuple[int, int, Tags]
) -> None:
    """Write a feature of kind, id (NO_ID: none) and tags, with the first *size* bytes of the geometry."""
    kind, fid, tags = feature
    tag_bytes = 0
    for value in tags:
        if value >= 0:
            tag_bytes += 1 + varint_size(value)
    id_bytes = 0 if fid == NO_ID else 1 + varint_size(fid)
    total = id_bytes + 1 + varint_size(tag_bytes) + tag_bytes + 3 + varint_size(size) + size
    at = used[0]
    buffer[at] = 0x12
    at = put_varint(buffer, at + 1, total)
    if id_bytes:
        buffer[at] = 0x08
        at = put_varint(buffer, at + 1, fid)
    buffer[at] = 0x12
    at = put_varint(buffer, at + 1, tag_bytes)
    for key in range(4):
        if tags[key] >= 0:
            buffer[at] = key
            at = put_varint(buffer, at + 1, tags[key])
    buffer[at], buffer[at + 1], buffer[at + 2] = 0x18, kind, 0x22
    at = put_varint(buffer, at + 3, size)
    for k in range(size):
        buffer[at + k] = geometry[k]
    used[0] = at + size


@kernel
def new_sink(features: int, rings: int, vertices: int, key_bytes: int, largest: int) -> Sink:
    """Return buffers that hold so many features whatever their numbers are; *largest*: bytes of one geometry."""
    geometry = RING_BYTES * rings + VERTEX_BYTES * vertices
    return (
        np.empty(FEATURE_BYTES * features + geometry + 16, np.uint8),
        np.empty(FEATURE_BYTES * features + key_bytes + 16, np.uint8),
        np.zeros(3, np.int64),
        np.full(KNOWN_NUMBERS, -1, np.int64),
        np.empty(largest + 16, np.uint8),
    )


@kernel
def largest_geometry(ring_end: NDArray, shape_end: NDArray) -> int:
    """Return the most bytes that any of the shapes takes; fresh memory costs more than counting."""
    largest, ring, vertex = 0, 0, 0
    for last in shape_end:
        end = ring_end[last - 1] if last > ring else vertex
        largest = max(largest, RING_BYTES * (last - ring) + VERTEX_BYTES * (end - vertex))
        ring, vertex = last, end
    return largest


@kernel
def whole(number: float) -> int:
    """Return the nearest whole number."""
    return math.floor(number + 0.5)


@kernel
def put_cell(sink: Sink, rectangle: NDArray, numbers: NDArray, m2: float) -> None:
    """Write one cell's sum of one class."""
    buffer, values, used, known, geometry = sink
    c = number_value(values, used, known, numbers[0])
    count = number_value(values, used, known, numbers[1])
    tags = (-1, c, number_value(values, used, known, whole(m2)), count)
    geometry[0] = (1 << 3) | MOVE_TO
    size = put_step(geometry, put_step(geometry, 1, rectangle[0]), rectangle[1])
    if rectangle[2] == 0:
        put_feature(buffer, used, geometry, size, (POINT, NO_ID, tags))
        return
    geometry[size] = (3 << 3) | LINE_TO
    size = put_step(geometry, put_step(geometry, size + 1, rectangle[2]), 0)
    size = put_step(geometry, put_step(geometry, size, 0), rectangle[3])
    size = put_step(geometry, put_step(geometry, size, -rectangle[2]), 0)
    geometry[size] = CLOSE_PATH
    put_feature(buffer, used, geometry, size + 1, (POLYGON, NO_ID, tags))


@kernel
def put_shapes(
    t: TileArrays,
    chosen: NDArray,
    shapes: tuple[NDArray, NDArray, NDArray],
    classes: NDArray,
    has_area: bool,
    sink: Sink,
) -> None:
    """Write features of the register with their shapes: vertices, ring ends, last ring of each feature."""
    grid, ring_end, shape_end = shapes
    buffer, values, used, known, geometry = sink
    key_start, key_bytes, row, kind, fid, area_m2 = t.key_start, t.key_bytes, t.row, t.kind, t.fid, t.area_m2
    first, start = 0, 0
    for place in range(chosen.size):
        last = shape_end[place]
        if last == first:
            continue
        i = chosen[place]
        size = put_geometry(geometry, kind[i], grid, ring_end, (start, first, last))
        key = add_ready_value(values, used, key_bytes, key_start[i], key_start[i + 1])
        c = number_value(values, used, known, classes[row[i]])
        area = number_value(values, used, known, whole(area_m2[i])) if has_area else -1
        put_feature(buffer, used, geometry, size, (kind[i], fid[i], (key, c, area, -1)))
        first, start = last, ring_end[last - 1]


@kernel
def written(
    t: TileArrays,
    chosen: NDArray,
    shapes: tuple[NDArray, NDArray, NDArray],
    cells: tuple[NDArray, NDArray, NDArray],
    classes: NDArray,
    has_area: bool,
) -> tuple[NDArray, NDArray]:
    """Return the bytes of all features and of the values that they refer to.

    *shapes* are vertices, ring ends and the last ring of each chosen feature; *cells* comes from `cell_features`.
    """
    key_bytes = 0
    for i in chosen:
        key_bytes += t.key_start[i + 1] - t.key_start[i]
    rings, vertices = shapes[1].size + cells[2].size, shapes[0].shape[1] + 4 * cells[2].size
    largest = max(largest_geometry(shapes[1], shapes[2]), RING_BYTES + 4 * VERTEX_BYTES)
    sink = new_sink(chosen.size + cells[2].size + 1, rings, vertices, key_bytes, largest)
    put_shapes(t, chosen, shapes, classes, has_area, sink)
    for k in range(cells[2].size):
        put_cell(sink, cells[0][k], cells[1][k], cells[2][k])
    used = sink[2]
    return sink[0][: used[0]], sink[1][: used[1]]
