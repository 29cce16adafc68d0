"""The kernel that tells beforehand which features need nothing but rounding at a zoom.

Whether the rings of a feature are clean and valid on the grid does not depend on the tile, so that it is found out once
and not for every tile that draws them.
"""

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import kernel
from geoapp.tiles.arrays import EXTENT_BITS, FIRST_SOUND_ZOOM, POLYGON, SOUND_ZOOMS
from geoapp.tiles.kernels_clip import DONE, Out, add_polygon
from geoapp.tiles.kernels_ring import FEW_EDGES, grid_shift, is_strictly_convex, to_grid


@kernel
def sound_zooms(
    xs: NDArray,
    ys: NDArray,
    vertex_zoom: NDArray,
    ring_start: NDArray,
    ring_is_outer: NDArray,
    feature_start: NDArray,
    kind: NDArray,
) -> NDArray:
    """Return at which zooms (bit 0: FIRST_SOUND_ZOOM) each feature is a polygon whose rings need only be rounded.

    Polygons of more than FEW_EDGES vertices are left out: checking them takes long, and there are few.
    """
    zooms = np.zeros(kind.size, np.uint8)
    work = np.empty((2, FEW_EDGES), np.int64), np.empty((2, FEW_EDGES), np.int64)
    out = np.empty((2, FEW_EDGES), np.int32), np.empty(FEW_EDGES, np.int64), np.zeros(2, np.int64)
    source, rings = (xs, ys, vertex_zoom), (ring_start, ring_is_outer)
    for i in range(kind.size):
        span = feature_start[i], feature_start[i + 1]
        start, end = ring_start[span[0]], ring_start[span[1]]
        if kind[i] != POLYGON or end - start > FEW_EDGES:
            continue
        for k in range(SOUND_ZOOMS):
            shift = grid_shift(FIRST_SOUND_ZOOM + k)
            x, y = to_grid(xs[start], shift), to_grid(ys[start], shift)
            for vertex in range(start, end):
                work[0][0, vertex - start] = to_grid(xs[vertex], shift) - x
                work[0][1, vertex - start] = to_grid(ys[vertex], shift) - y
            is_convex = is_strictly_convex(work[0], 0, end - start)
            tile = FIRST_SOUND_ZOOM + k, x >> EXTENT_BITS, y >> EXTENT_BITS
            if (is_convex and span[1] - span[0] == 1) or is_sound(source, rings, span, tile, work, out):
                zooms[i] |= 1 << k
    return zooms


@kernel
def is_sound(
    source: tuple[NDArray, NDArray, NDArray],
    rings: tuple[NDArray, NDArray],
    span: tuple[int, int],
    tile: tuple[int, int, int],
    work: tuple[NDArray, NDArray],
    out: Out,
) -> bool:
    """Return whether a polygon keeps all its vertices on the grid of a tile near it and is valid there."""
    out[2][:] = 0
    state = add_polygon(source, rings, span, tile, True, work, out)
    vertices = rings[0][span[1]] - rings[0][span[0]]
    return state == DONE and out[2][0] == vertices and out[2][1] == span[1] - span[0]
