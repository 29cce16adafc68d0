"""The kernel for plain features: polygons of one convex ring, wholly within the buffered tile, as most plots are.

They need no clipping and no repair, so that one loop over the arrays does what takes six calls for any other feature.
"""

from numpy.typing import NDArray

from geoapp.compiling import kernel
from geoapp.tiles.arrays import EXTENT, POLYGON
from geoapp.tiles.kernels_query import tile_bounds
from geoapp.tiles.kernels_ring import grid_shift, is_strictly_convex, to_grid

PlainArrays = tuple[NDArray, NDArray, NDArray, NDArray, NDArray, NDArray, NDArray]
"""Of the tile set: xs, ys, vertex_zoom, boxes, kind, feature_start, ring_start."""


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
