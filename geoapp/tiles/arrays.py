"""What a tile set is made of: flat arrays that kernels read, files keep and threads share."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WORLD_BITS = 32
"""The world is 2**32 units wide: 0.9 cm at the equator, and a tile's border is a power of two at every zoom."""
HALF_WORLD = 1 << (WORLD_BITS - 1)
EXTENT_BITS = 12
EXTENT = 1 << EXTENT_BITS
BUFFER = 64
"""Tile units drawn beyond the tile's edge, 8 pixels of 512: a cut edge with its stroke stays out of sight."""
UNITS_PER_PIXEL = EXTENT // 512
MAX_ZOOM = 22
LAST_SUMMED_ZOOM = 12
"""Up to here small features are summed into cells; beyond, every feature has its own shape at full detail."""
FIRST_SOUND_ZOOM, SOUND_ZOOMS = LAST_SUMMED_ZOOM + 1, 8
"""Where `TileArrays.sound_zooms` begins, and how many zooms it tells of: deeper tiles hold some features only."""
NODE_SIZE = 16
"""Children per node of the bbox tree."""
BUCKETS = 4096
"""Steps of the order by size; finer than any choice between "drawn itself" and "summed" needs to be."""

POINT, LINE, POLYGON = 1, 2, 3
"""Kinds of a feature, with the numbers that the tile format gives them."""

SPHERE_M = 6_378_137.0
WORLD_M = 2 * np.pi * SPHERE_M
ECCENTRICITY_SQUARED = 0.006_694_380_022_9
"""GRS80, the ellipsoid of EPSG:4490."""


class TileArrays(NamedTuple):
    """Features in the order of a Hilbert curve; coordinates in 2**-32 of the world, y southwards, zero amid the map.

    Ring r of any feature has the vertices ring_start[r]:ring_start[r + 1], without the first one again at the end;
    feature i has the rings feature_start[i]:feature_start[i + 1]. A line's parts and the points of a multipoint
    (all in one) are kept as rings too.
    """

    xs: NDArray[np.int32]
    ys: NDArray[np.int32]
    vertex_zoom: NDArray[np.uint8]
    """The lowest zoom that needs the vertex, at a tolerance of half a pixel."""
    ring_start: NDArray[np.int32]
    ring_is_outer: NDArray[np.uint8]
    feature_start: NDArray[np.int32]
    kind: NDArray[np.uint8]
    boxes: NDArray[np.int32]
    """Rows of west, north, east, south: first one per feature, then the tree's nodes, level by level."""
    level_start: NDArray[np.int64]
    anchor_x: NDArray[np.int32]
    """A point inside the feature: it belongs to the one tile, and the one cell, that hold its anchor."""
    anchor_y: NDArray[np.int32]
    code: NDArray[np.int64]
    """The anchor's place on the Hilbert curve, ascending: the features of a tile are one slice."""
    size: NDArray[np.float32]
    """Square units that the feature covers on the map; a line counts as the square of its length."""
    bucket: NDArray[np.uint16]
    """Place in the order by size, largest first, in BUCKETS steps."""
    area_m2: NDArray[np.float64]
    row: NDArray[np.int32]
    """The caller's row of each feature."""
    fid: NDArray[np.uint64]
    sound_zooms: NDArray[np.uint8]
    """Bit k: at zoom FIRST_SOUND_ZOOM + k the rings need only be rounded to be clean and valid, as most plots' do."""
    key_start: NDArray[np.int32]
    key_bytes: NDArray[np.uint8]
    """Each feature's key as a value of a layer, ready to be sent: those of neighbours are copied in one go."""


_DTYPES = {
    "xs": np.int32,
    "ys": np.int32,
    "vertex_zoom": np.uint8,
    "ring_start": np.int32,
    "ring_is_outer": np.uint8,
    "feature_start": np.int32,
    "kind": np.uint8,
    "boxes": np.int32,
    "level_start": np.int64,
    "anchor_x": np.int32,
    "anchor_y": np.int32,
    "code": np.int64,
    "size": np.float32,
    "bucket": np.uint16,
    "area_m2": np.float64,
    "row": np.int32,
    "fid": np.uint64,
    "sound_zooms": np.uint8,
    "key_start": np.int32,
    "key_bytes": np.uint8,
}
ALIGNMENT = 64
"""Every array begins at a multiple of so many bytes."""


class TileBlock(NamedTuple):
    """The arrays of a tile set behind one another, as a file holds them.

    A kernel takes two arrays in a third of the time that it takes for twenty, which was half of a small tile's.
    """

    content: NDArray[np.uint8]
    places: NDArray[np.int64]
    """First byte and end of each array (n, 2), in the order of `TileArrays`."""

    def arrays(self) -> TileArrays:
        """Return the arrays: views of the content, locked as it is."""
        views = [
            self.content[start:end].view(dtype)
            for (start, end), dtype in zip(self.places.tolist(), _DTYPES.values(), strict=True)
        ]
        arrays = TileArrays(*views)
        return arrays._replace(boxes=arrays.boxes.reshape(-1, 4))


def packed(arrays: TileArrays) -> TileBlock:
    """Return a copy of the arrays in one block, locked against writing: one kind of arrays, one compilation."""
    flat = [
        np.ascontiguousarray(array, dtype=dtype).reshape(-1).view(np.uint8)
        for array, dtype in zip(arrays, _DTYPES.values(), strict=True)
    ]
    sizes = np.array([array.size for array in flat])
    room = -(-sizes // ALIGNMENT) * ALIGNMENT
    starts = np.cumsum(room) - room
    content = np.zeros(room.sum(), np.uint8)
    for start, array in zip(starts, flat, strict=True):
        content[start : start + array.size] = array
    return locked(content, np.stack([starts, starts + sizes], axis=1))


def locked(content: NDArray[np.uint8], places: NDArray[np.int64]) -> TileBlock:
    """Return a block whose arrays cannot be written; raise ValueError where places are outside of the content."""
    places = np.ascontiguousarray(places, dtype=np.int64)
    if places.min() < 0 or places.max() > len(content):
        raise ValueError(f"arrays from {places.min()} to {places.max()} in {len(content)} bytes")
    content.flags.writeable = places.flags.writeable = False
    return TileBlock(content, places)


def varint(number: int) -> bytes:
    """Return a number in groups of seven bits, as protocol buffers have it."""
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    groups.append(number)
    return bytes(groups)
