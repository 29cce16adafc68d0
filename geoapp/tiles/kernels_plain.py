"""The kernel for plain features: polygons of one convex ring, wholly within the buffered tile, as most plots are.

They need no clipping and no repair, so that one loop over the arrays does what takes six calls for any other feature.
"""

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import inlined, kernel
from geoapp.tiles.arrays import EXTENT, POLYGON
from geoapp.tiles.kernels_query import tile_bounds
from geoapp.tiles.kernels_ring import grid_shift, to_grid

PlainArrays = tuple[NDArray, NDArray, NDArray, NDArray, NDArray, NDArray, NDArray]
"""Of the tile set: xs, ys, vertex_zoom, boxes, kind, feature_start, ring_start."""


@inlined
def is_strictly_convex(grid: NDArray, start: int, count: int) -> bool:
    """Return whether a ring turns right at every vertex and only once round: then it is clean, valid and positive."""
    end, changes, last = start + count, 0, 0
    is_convex = count > 2
    x, y = np.int64(grid[0, end - 1]), np.int64(grid[1, end - 1])
    dx, dy = x - grid[0, end - 2], y - grid[1, end - 2]
    for k in range(start, end):
        next_dx, next_dy = grid[0, k] - x, grid[1, k] - y
        is_convex &= dx * next_dy - dy * next_dx > 0
        if next_dy != 0:
            changes += last != 0 and (next_dy > 0) != (last > 0)
            last = next_dy
        x, y, dx, dy = x + next_dx, y + next_dy, next_dx, next_dy
    return is_convex and changes <= 2


@kernel
def add_plain(
    plain: PlainArrays,
    chosen: NDArray,
    first: int,
    tile: tuple[int, int, int],
    out: tuple[NDArray, NDArray, NDArray],
    shape_end: NDArray,
) -> int:
    """Add the chosen features from place *first* on until one is not plain; return its place.

    *out*: vertices (x and y as rows), ring ends, and [vertices, rings] used of both.
    """
    xs, ys, vertex_zoom, boxes, kind, feature_start, ring_start = plain
    bounds, shift = tile_bounds(tile[0], tile[1], tile[2]), grid_shift(tile[0])
    west, north = tile[1] * EXTENT, tile[2] * EXTENT
    grid, ring_end, used = out
    vertices, rings = used[0], used[1]
    place = first
    while place < chosen.size:
        i = chosen[place]
        ring = feature_start[i]
        start, end = ring_start[ring], ring_start[ring + 1]
        is_candidate = (
            kind[i] == POLYGON
            and feature_start[i + 1] - ring == 1
            and vertices + end - start <= grid.shape[1]
            and boxes[i, 0] >= bounds[0]
            and boxes[i, 1] >= bounds[1]
            and boxes[i, 2] <= bounds[2]
            and boxes[i, 3] <= bounds[3]
        )
        if not is_candidate:
            break
        count = 0
        for k in range(start, end):
            if vertex_zoom[k] <= tile[0]:
                grid[0, vertices + count] = to_grid(xs[k], shift) - west
                grid[1, vertices + count] = to_grid(ys[k], shift) - north
                count += 1
        if not is_strictly_convex(grid, vertices, count):
            break
        vertices += count
        ring_end[rings] = vertices
        rings += 1
        shape_end[place] = rings
        place += 1
    used[0], used[1] = vertices, rings
    return place
