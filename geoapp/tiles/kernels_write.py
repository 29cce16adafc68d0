"""Kernels that write features as Mapbox Vector Tile 2.1 messages (protocol buffers)."""

import math

import numpy as np
from numpy.typing import NDArray

from geoapp.tiles.arrays import POINT, POLYGON, TileArrays
from geoapp.tiles.compiling import kernel

KEY, CLASS, AREA, COUNT = 0, 1, 2, 3
"""Places of `key`, `c`, `m2` and `n` among the layer's keys."""
MOVE_TO, LINE_TO, CLOSE_PATH = 1, 2, 15
FEATURE_BYTES, RING_BYTES, VERTEX_BYTES = 96, 16, 10
"""No feature's head with its values, ring's commands or vertex takes more."""
NO_ID = 2**64 - 1
"""Stands for "no id"; a register does not number so far."""
KNOWN_NUMBERS = 4096
"""Numbers below have one value in the layer, however many features use it."""

Sink = tuple[NDArray, NDArray, NDArray, NDArray, NDArray, NDArray]
"""Feature bytes, value bytes, [feature bytes, value bytes, values] used, known numbers, geometry, tags."""


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


@kernel
def put_delta(buffer: NDArray, at: int, delta: int) -> int:
    """Write a signed step, zigzag encoded."""
    return put_varint(buffer, at, (delta << 1) ^ (delta >> 63))


@kernel
def put_bytes(buffer: NDArray, at: int, source: NDArray, count: int) -> int:
    """Copy the first *count* bytes and return where the next byte goes."""
    for k in range(count):
        buffer[at + k] = source[k]
    return at + count


@kernel
def add_string_value(sink: Sink, text: NDArray) -> int:
    """Add a string to the layer's values and return its place."""
    values, used = sink[1], sink[2]
    at = used[1]
    values[at] = 0x22
    at = put_varint(values, at + 1, 1 + varint_size(text.size) + text.size)
    values[at] = 0x0A
    at = put_varint(values, at + 1, text.size)
    used[1] = put_bytes(values, at, text, text.size)
    place: int = used[2]
    used[2] = place + 1
    return place


@kernel
def number_value(sink: Sink, number: int) -> int:
    """Return the place of a whole number among the layer's values; add it if it is new."""
    values, used, known = sink[1], sink[2], sink[3]
    if number < KNOWN_NUMBERS and known[number] >= 0:
        known_place: int = known[number]
        return known_place
    at = used[1]
    values[at] = 0x22
    at = put_varint(values, at + 1, 1 + varint_size(number))
    values[at] = 0x28
    used[1] = put_varint(values, at + 1, number)
    if number < KNOWN_NUMBERS:
        known[number] = used[2]
    place: int = used[2]
    used[2] = place + 1
    return place


@kernel
def put_tag(tags: NDArray, at: int, key: int, value: int) -> int:
    """Add a property to the feature at hand: the places of its key and its value."""
    return put_varint(tags, put_varint(tags, at, key), value)


@kernel
def put_geometry(buffer: NDArray, kind: int, grid: NDArray, ring_end: NDArray, start: int) -> int:
    """Write the commands of a feature's rings, whose vertices begin at *start*; return how many bytes they take."""
    at, x, y = 0, 0, 0
    for end in ring_end:
        count = end - start
        moves = count if kind == POINT else 1
        at = put_varint(buffer, at, (moves << 3) | MOVE_TO)
        for k in range(start, end):
            if k == start + 1 and kind != POINT:
                at = put_varint(buffer, at, ((count - 1) << 3) | LINE_TO)
            at = put_delta(buffer, at, grid[0, k] - x)
            at = put_delta(buffer, at, grid[1, k] - y)
            x, y = grid[0, k], grid[1, k]
        if kind == POLYGON:
            buffer[at] = CLOSE_PATH
            at += 1
        start = end
    return at


@kernel
def put_feature(sink: Sink, kind: int, fid: int, tag_bytes: int, geometry_bytes: int) -> None:
    """Write a feature whose tags and geometry wait in the sink; NO_ID leaves out its id."""
    buffer, used = sink[0], sink[2]
    size = 1 + varint_size(tag_bytes) + tag_bytes + 2 + 1 + varint_size(geometry_bytes) + geometry_bytes
    has_id = fid != NO_ID
    if has_id:
        size += 1 + varint_size(fid)
    at = used[0]
    buffer[at] = 0x12
    at = put_varint(buffer, at + 1, size)
    if has_id:
        buffer[at] = 0x08
        at = put_varint(buffer, at + 1, fid)
    buffer[at] = 0x12
    at = put_bytes(buffer, put_varint(buffer, at + 1, tag_bytes), sink[5], tag_bytes)
    buffer[at], buffer[at + 1], buffer[at + 2] = 0x18, kind, 0x22
    at = put_varint(buffer, at + 3, geometry_bytes)
    used[0] = put_bytes(buffer, at, sink[4], geometry_bytes)


@kernel
def new_sink(features: int, rings: int, vertices: int, key_bytes: int) -> Sink:
    """Return buffers that hold so many features whatever their numbers are."""
    geometry = RING_BYTES * rings + VERTEX_BYTES * vertices
    return (
        np.empty(FEATURE_BYTES * features + geometry + 16, np.uint8),
        np.empty(FEATURE_BYTES * features + key_bytes + 16, np.uint8),
        np.zeros(3, np.int64),
        np.full(KNOWN_NUMBERS, -1, np.int64),
        np.empty(geometry + 16, np.uint8),
        np.empty(FEATURE_BYTES, np.uint8),
    )


@kernel
def whole(number: float) -> int:
    """Return the nearest whole number."""
    return math.floor(number + 0.5)


@kernel
def put_cell(sink: Sink, rectangle: NDArray, numbers: NDArray, m2: float) -> None:
    """Write one cell's sum of one class."""
    at = put_tag(sink[5], 0, CLASS, number_value(sink, numbers[0]))
    at = put_tag(sink[5], at, COUNT, number_value(sink, numbers[1]))
    at = put_tag(sink[5], at, AREA, number_value(sink, whole(m2)))
    geometry = sink[4]
    geometry[0] = (1 << 3) | MOVE_TO
    size = put_delta(geometry, put_delta(geometry, 1, rectangle[0]), rectangle[1])
    if rectangle[2] == 0:
        put_feature(sink, POINT, NO_ID, at, size)
        return
    geometry[size] = (3 << 3) | LINE_TO
    size = put_delta(geometry, put_delta(geometry, size + 1, rectangle[2]), 0)
    size = put_delta(geometry, put_delta(geometry, size, 0), rectangle[3])
    size = put_delta(geometry, put_delta(geometry, size, -rectangle[2]), 0)
    geometry[size] = CLOSE_PATH
    put_feature(sink, POLYGON, NO_ID, at, size + 1)


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
    key_start, key_bytes, row, kind, fid, area_m2 = t.key_start, t.key_bytes, t.row, t.kind, t.fid, t.area_m2
    first = 0
    for place in range(chosen.size):
        last = shape_end[place]
        if last == first:
            continue
        i = chosen[place]
        size = put_geometry(sink[4], kind[i], grid, ring_end[first:last], ring_end[first - 1] if first else 0)
        at = put_tag(sink[5], 0, KEY, add_string_value(sink, key_bytes[key_start[i] : key_start[i + 1]]))
        at = put_tag(sink[5], at, CLASS, number_value(sink, classes[row[i]]))
        if has_area:
            at = put_tag(sink[5], at, AREA, number_value(sink, whole(area_m2[i])))
        put_feature(sink, kind[i], fid[i], at, size)
        first = last


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
    sink = new_sink(chosen.size + cells[2].size + 1, rings, vertices, key_bytes)
    put_shapes(t, chosen, shapes, classes, has_area, sink)
    for k in range(cells[2].size):
        put_cell(sink, cells[0][k], cells[1][k], cells[2][k])
    used = sink[2]
    return sink[0][: used[0]].copy(), sink[1][: used[1]].copy()
