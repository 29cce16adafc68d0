"""Kernels that write features as Mapbox Vector Tile 2.1 messages (protocol buffers)."""

import math

import numpy as np
from numpy.typing import NDArray

from geoapp.tiles.arrays import POINT, POLYGON, TileArrays
from geoapp.tiles.compiling import kernel
from geoapp.tiles.kernels_clip import BROKEN, NOTHING

KEY, CLASS, AREA, COUNT = 0, 1, 2, 3
"""Places of `key`, `c`, `m2` and `n` among the layer's keys."""
MOVE_TO, LINE_TO, CLOSE_PATH = 1, 2, 15
FEATURE_BYTES, RING_BYTES, VERTEX_BYTES = 96, 16, 10
"""No feature's head with its values, ring's commands or vertex takes more."""
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
    return put_varint(buffer, at, (np.int64(delta) << 1) ^ (np.int64(delta) >> 63))


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
    used[2] += 1
    return used[2] - 1


@kernel
def number_value(sink: Sink, number: int) -> int:
    """Return the place of a whole number among the layer's values; add it if it is new."""
    values, used, known = sink[1], sink[2], sink[3]
    if number < KNOWN_NUMBERS and known[number] >= 0:
        return known[number]
    at = used[1]
    values[at] = 0x22
    at = put_varint(values, at + 1, 1 + varint_size(number))
    values[at] = 0x28
    used[1] = put_varint(values, at + 1, number)
    if number < KNOWN_NUMBERS:
        known[number] = used[2]
    used[2] += 1
    return used[2] - 1


@kernel
def put_tag(sink: Sink, at: int, key: int, value: int) -> int:
    """Add a property to the feature at hand: the places of its key and its value."""
    return put_varint(sink[5], put_varint(sink[5], at, key), value)


@kernel
def put_geometry(
    buffer: NDArray, kind: int, rings: tuple[NDArray, NDArray, NDArray], first: int, last: int
) -> int:
    """Write the commands of the rings first:last (xs, ys, ring ends) and return how many bytes they take."""
    xs, ys, ring_end = rings
    at, x, y = 0, np.int64(0), np.int64(0)
    for r in range(first, last):
        start = ring_end[r - 1] if r > 0 else 0
        count = ring_end[r] - start
        moves = count if kind == POINT else 1
        at = put_varint(buffer, at, (moves << 3) | MOVE_TO)
        for k in range(start, start + count):
            if k == start + moves and kind != POINT:
                at = put_varint(buffer, at, ((count - 1) << 3) | LINE_TO)
            at = put_delta(buffer, at, xs[k] - x)
            at = put_delta(buffer, at, ys[k] - y)
            x, y = xs[k], ys[k]
        if kind == POLYGON:
            buffer[at] = CLOSE_PATH
            at += 1
    return at


@kernel
def put_feature(sink: Sink, kind: int, has_id: bool, fid: int, tag_bytes: int, geometry_bytes: int) -> None:
    """Write a feature whose tags and geometry wait in the sink."""
    buffer, used = sink[0], sink[2]
    size = 1 + varint_size(tag_bytes) + tag_bytes + 2 + 1 + varint_size(geometry_bytes) + geometry_bytes
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
    return np.int64(math.floor(number + 0.5))


@kernel
def put_single(
    t: TileArrays,
    i: int,
    c: int,
    has_area: bool,
    sink: Sink,
    rings: tuple[NDArray, NDArray, NDArray],
    first: int,
    last: int,
) -> None:
    """Write one feature of the register with the rings first:last."""
    key = add_string_value(sink, t.key_bytes[t.key_start[i] : t.key_start[i + 1]])
    at = put_tag(sink, 0, KEY, key)
    at = put_tag(sink, at, CLASS, number_value(sink, c))
    if has_area:
        at = put_tag(sink, at, AREA, number_value(sink, whole(t.area_m2[i])))
    size = put_geometry(sink[4], t.kind[i], rings, first, last)
    put_feature(sink, t.kind[i], True, t.fid[i], at, size)


@kernel
def put_cell(sink: Sink, rectangle: NDArray, numbers: NDArray, m2: float) -> None:
    """Write one cell's sum of one class."""
    at = put_tag(sink, 0, CLASS, number_value(sink, numbers[0]))
    at = put_tag(sink, at, COUNT, number_value(sink, numbers[1]))
    at = put_tag(sink, at, AREA, number_value(sink, whole(m2)))
    geometry = sink[4]
    geometry[0] = (1 << 3) | MOVE_TO
    size = put_delta(geometry, put_delta(geometry, 1, rectangle[0]), rectangle[1])
    if rectangle[2] == 0:
        put_feature(sink, POINT, False, 0, at, size)
        return
    geometry[size] = (3 << 3) | LINE_TO
    size = put_delta(geometry, put_delta(geometry, size + 1, rectangle[2]), 0)
    size = put_delta(geometry, put_delta(geometry, size, 0), rectangle[3])
    size = put_delta(geometry, put_delta(geometry, size, -rectangle[2]), 0)
    geometry[size] = CLOSE_PATH
    put_feature(sink, POLYGON, False, 0, at, size + 1)


@kernel
def written(
    t: TileArrays,
    chosen: NDArray,
    cut: tuple[NDArray, NDArray, NDArray, NDArray, NDArray],
    mended: tuple[NDArray, NDArray, NDArray, NDArray],
    cells: tuple[NDArray, NDArray, NDArray],
    classes: NDArray,
    has_area: bool,
) -> tuple[NDArray, NDArray]:
    """Return the bytes of all features and of the values that they refer to.

    *cut* comes from `cut_features`; *mended* holds the same, without what became of them, for the broken ones in
    their order; *cells* comes from `cell_features`.
    """
    key_bytes = 0
    for i in chosen:
        key_bytes += t.key_start[i + 1] - t.key_start[i]
    rings = cut[2].size + mended[2].size + cells[2].size + 1
    vertices = cut[0].size + mended[0].size + 4 * cells[2].size
    sink = new_sink(chosen.size + cells[2].size + 1, rings, vertices, key_bytes)
    broken = 0
    for place in range(chosen.size):
        i = chosen[place]
        if cut[4][place] == NOTHING:
            continue
        if cut[4][place] == BROKEN:
            source, ends, number = (mended[0], mended[1], mended[2]), mended[3], broken
            broken += 1
        else:
            source, ends, number = (cut[0], cut[1], cut[2]), cut[3], place
        first = ends[number - 1] if number else 0
        if ends[number] > first:
            put_single(t, i, classes[t.row[i]], has_area, sink, source, first, ends[number])
    for k in range(cells[2].size):
        put_cell(sink, cells[0][k], cells[1][k], cells[2][k])
    used = sink[2]
    return sink[0][: used[0]].copy(), sink[1][: used[1]].copy()
