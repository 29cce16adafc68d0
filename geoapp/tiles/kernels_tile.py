"""The kernel that makes a whole tile where all features are drawn themselves, in one call into compiled code."""

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import kernel
from geoapp.tiles.arrays import TileArrays
from geoapp.tiles.kernels_clip import BROKEN, Tile, cut_features
from geoapp.tiles.kernels_detail import (
    Shapes,
    bytes_needed,
    drawn_only,
    put_features,
    put_values,
    whole_and_others,
)
from geoapp.tiles.kernels_query import chosen_features
from geoapp.tiles.kernels_write import put_varint, varint_size

LAYER_BYTES = 12
"""What stands before the layer's own bytes takes no more."""


@kernel
def no_shapes() -> Shapes:
    """Return the shapes of no feature."""
    return np.empty((2, 0), np.int32), np.empty(0, np.int64), np.empty(0, np.int64)


@kernel
def detailed_layer(
    t: TileArrays, tile: Tile, rows: tuple[NDArray, NDArray], head: NDArray
) -> tuple[NDArray, bool]:
    """Return what `detailed_tile` does."""
    z, x, y = tile
    features = chosen_features(t, z, x, y, rows[1])[0]
    is_whole, others = whole_and_others(t, features, z, x, y)
    count, shapes = features.size, no_shapes()
    if others.size:
        (grid, ring_end, shape_end), state = cut_features(t, others, z, x, y)
        for what in state:
            if what == BROKEN:
                return np.empty(0, np.uint8), False
        count, shape_end = drawn_only(features, is_whole, shape_end)
        shapes = grid, ring_end, shape_end
    if count == 0:
        return np.empty(0, np.uint8), True
    drawn = features[:count], is_whole[:count]
    room, largest = bytes_needed(t, drawn, shapes)
    content = np.empty(LAYER_BYTES + head.size + room, np.uint8)
    for k in range(head.size):
        content[LAYER_BYTES + k] = head[k]
    used = np.empty(1, np.int64)
    used[0], class_place, first_key = put_values(t, drawn[0], rows[0], content, LAYER_BYTES + head.size)
    work = content, used, np.empty(largest, np.uint8)
    put_features(t, drawn, shapes, (rows[0], class_place, first_key), tile, work)
    size = used[0] - LAYER_BYTES
    start = LAYER_BYTES - 1 - varint_size(size)
    content[start] = 0x1A
    put_varint(content, start + 1, size)
    return content[start : used[0]], True


@kernel
def part(block: NDArray, places: NDArray, k: int) -> NDArray:
    """Return the bytes of the array at place *k*."""
    return block[places[k, 0] : places[k, 1]]


@kernel
def unpacked(block: NDArray, places: NDArray) -> TileArrays:
    """Return the arrays of a block, as `TileBlock.arrays` does."""
    return TileArrays(
        part(block, places, 0).view(np.int32),
        part(block, places, 1).view(np.int32),
        part(block, places, 2),
        part(block, places, 3).view(np.int32),
        part(block, places, 4),
        part(block, places, 5).view(np.int32),
        part(block, places, 6),
        part(block, places, 7).view(np.int32).reshape((-1, 4)),
        part(block, places, 8).view(np.int64),
        part(block, places, 9).view(np.int32),
        part(block, places, 10).view(np.int32),
        part(block, places, 11).view(np.int64),
        part(block, places, 12).view(np.float32),
        part(block, places, 13).view(np.uint16),
        part(block, places, 14).view(np.float64),
        part(block, places, 15).view(np.int32),
        part(block, places, 16).view(np.uint64),
        part(block, places, 17),
        part(block, places, 18).view(np.int32),
        part(block, places, 19),
    )


@kernel
def detailed_tile(
    block: NDArray, places: NDArray, tile: Tile, rows: tuple[NDArray, NDArray], head: NDArray
) -> tuple[NDArray, bool]:
    """Return a tile (zoom, column, row), empty where nothing lies, and whether none of its features needs repair first.

    Only beyond LAST_SUMMED_ZOOM. Most tiles on a screen have some tens of features, and entering compiled code oftener,
    or with an array for each kind of fact, would cost as much as those.

    Parameters
    ----------
    block, places : arrays
        Of a `TileBlock`.
    rows : classes, mask
    head : array of uint8
        What the layer begins with.
    """
    return detailed_layer(unpacked(block, places), tile, rows, head)
