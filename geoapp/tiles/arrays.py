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
    key_start: NDArray[np.int32]
    key_bytes: NDArray[np.uint8]
