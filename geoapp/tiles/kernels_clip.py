"""Kernels that put features on a tile's grid and tell which of them need repair."""

import math

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import kernel
from geoapp.tiles.arrays import (
    EXTENT,
    HALF_WORLD,
    LAST_SUMMED_ZOOM,
    LINE,
    POINT,
    POLYGON,
    UNITS_PER_PIXEL,
    WORLD_BITS,
    TileArrays,
)
from geoapp.tiles.kernels_plain import add_plain
from geoapp.tiles.kernels_query import tile_bounds
from geoapp.tiles.kernels_ring import (
    HIGH,
    LOW,
    clean_ring,
    clip_ring,
    doubled_area,
    grid_shift,
    is_convex,
    load_ring,
    rings_meet,
)

NOTHING, DONE, BROKEN = 0, 1, 2
"""What became of a feature: it has no shape here, it is written, it needs repair by a slower and wiser tool."""
TINY = 2 * UNITS_PER_PIXEL
"""A broken shape no wider than two pixels becomes a square of its size: nobody can tell them apart."""
LEAST_RING_AREA = UNITS_PER_PIXEL**2
"""At low zooms, holes and parts below one pixel are left out."""

Tile = tuple[int, int, int]
"""Zoom, column, row."""
Bounds = tuple[int, int, int, int]
"""West, north, east, south in world units."""
Out = tuple[NDArray, NDArray, NDArray]
"""Vertices (x and y as rows), ring ends, and [vertices, rings] used of both."""


@kernel
def append_ring(ring: NDArray, count: int, out: Out) -> None:
    """Add the first *count* vertices of a ring to *out*."""
    grid, ring_end, used = out
    base = used[0]
    for k in range(count):
        grid[0, base + k], grid[1, base + k] = ring[0, k], ring[1, k]
    used[0] = base + count
    ring_end[used[1]] = base + count
    used[1] += 1


@kernel
def add_polygon(
    source: tuple[NDArray, NDArray, NDArray],
    rings: tuple[NDArray, NDArray],
    span: tuple[int, int],
    tile: Tile,
    is_inside: bool,
    work: tuple[NDArray, NDArray],
    out: Out,
) -> int:
    """Add a span of the rings (starts, whether shells) to *out*; return whether nothing, all, or a broken polygon."""
    ring_start, is_shell = rings
    ring, spare = work
    start, first = out[2][0], out[2][1]
    least = 2 * LEAST_RING_AREA if tile[0] <= LAST_SUMMED_ZOOM and span[1] - span[0] > 1 else 1
    skips_holes = False
    for r in range(span[0], span[1]):
        if skips_holes and not is_shell[r]:
            continue
        count = load_ring(source, ring_start[r], ring_start[r + 1], tile, ring)
        if not is_inside:
            count = clip_ring(ring, count, spare)
        count = clean_ring(ring, count)
        area = doubled_area(ring, count) if is_shell[r] else -doubled_area(ring, count)
        if count and area <= 0:
            return BROKEN
        if is_shell[r]:
            skips_holes = area < least
        if area >= least:
            append_ring(ring, count, out)
    is_one_ring = span[1] - span[0] == 1 and out[2][1] > first
    if is_one_ring and is_convex(ring, out[2][0] - start):
        return DONE
    return state_of(out, first, start)


@kernel
def state_of(out: Out, first: int, start: int) -> int:
    """Return what became of a polygon whose rings are those from *first* on."""
    if out[2][1] == first:
        return NOTHING
    return BROKEN if rings_meet(edges_of(out, first, start)) else DONE


@kernel
def edges_of(out: Out, first: int, start: int) -> NDArray:
    """Return the edges of the rings from *first* on, whose vertices begin at *start*: x1, y1, x2, y2, before, after."""
    grid, ring_end, used = out
    edges = np.empty((used[0] - start, 6), np.int64)
    base = start
    for r in range(first, used[1]):
        end = ring_end[r]
        for k in range(base, end):
            after = k + 1 if k + 1 < end else base
            before = k - 1 if k > base else end - 1
            edges[k - start, 0], edges[k - start, 1] = grid[0, k], grid[1, k]
            edges[k - start, 2], edges[k - start, 3] = grid[0, after], grid[1, after]
            edges[k - start, 4], edges[k - start, 5] = before - start, after - start
        base = end
    return edges


@kernel
def add_points(
    source: tuple[NDArray, NDArray, NDArray], span: tuple[int, int], tile: Tile, ring: NDArray, out: Out
) -> int:
    """Add those of a span of points that lie in the buffered tile."""
    count = load_ring(source, span[0], span[1], tile, ring)
    kept = 0
    for k in range(count):
        if LOW <= ring[0, k] <= HIGH and LOW <= ring[1, k] <= HIGH:
            ring[0, kept], ring[1, kept] = ring[0, k], ring[1, k]
            kept += 1
    if kept == 0:
        return NOTHING
    append_ring(ring, kept, out)
    return DONE


@kernel
def inside_stretch(x1: int, y1: int, x2: int, y2: int) -> tuple[float, float]:
    """Return which part of a segment lies in the buffered tile, from 0 to 1 (Liang and Barsky 1984); (1, 0): none."""
    enter, leave = 0.0, 1.0
    for start, step in ((float(x1), float(x2 - x1)), (float(y1), float(y2 - y1))):
        if step == 0:
            if start < LOW or start > HIGH:
                return 1.0, 0.0
            continue
        near, far = (LOW - start) / step, (HIGH - start) / step
        enter, leave = max(enter, min(near, far)), min(leave, max(near, far))
    return (enter, leave) if enter <= leave else (1.0, 0.0)


@kernel
def add_line(
    source: tuple[NDArray, NDArray, NDArray], ring_start: NDArray, tile: Tile, ring: NDArray, out: Out
) -> int:
    """Add the pieces of a line's parts within the buffered tile, each as a ring of its own."""
    first = out[2][1]
    for r in range(ring_start.size - 1):
        add_line_part(ring, load_ring(source, ring_start[r], ring_start[r + 1], tile, ring), out)
    return DONE if out[2][1] > first else NOTHING


@kernel
def add_line_part(ring: NDArray, count: int, out: Out) -> None:
    """Add the pieces of one line within the buffered tile."""
    grid, used = out[0], out[2]
    start = used[0]
    for k in range(count - 1):
        x, y = ring[0, k], ring[1, k]
        enter, leave = inside_stretch(x, y, ring[0, k + 1], ring[1, k + 1])
        if enter > leave:
            start = end_piece(out, start)
            continue
        dx, dy = ring[0, k + 1] - x, ring[1, k + 1] - y
        if enter > 0 or used[0] == start:
            start = end_piece(out, start)
            grid[0, start], grid[1, start] = (
                math.floor(x + enter * dx + 0.5),
                math.floor(y + enter * dy + 0.5),
            )
            used[0] = start + 1
        x, y = math.floor(x + leave * dx + 0.5), math.floor(y + leave * dy + 0.5)
        if x != grid[0, used[0] - 1] or y != grid[1, used[0] - 1]:
            grid[0, used[0]], grid[1, used[0]] = x, y
            used[0] += 1
        if leave < 1:
            start = end_piece(out, start)
    end_piece(out, start)


@kernel
def end_piece(out: Out, start: int) -> int:
    """Close the piece of a line that began at *start*, or forget it if it is a point; return where the next begins."""
    ring_end, used = out[1], out[2]
    if used[0] - start < 2:
        used[0] = start
        return start
    ring_end[used[1]] = used[0]
    used[1] += 1
    end: int = used[0]
    return end


@kernel
def tile_place(x: int, y: int, tile: Tile) -> tuple[int, int]:
    """Return a world point in units of the tile, rounded down: within it if both are from 0 to 4095."""
    shift = grid_shift(tile[0])
    x, y = x + HALF_WORLD, y + HALF_WORLD
    x = (x >> shift if shift > 0 else x << -shift) - tile[1] * EXTENT
    y = (y >> shift if shift > 0 else y << -shift) - tile[2] * EXTENT
    return x, y


@kernel
def stand_in(t: TileArrays, i: int, tile: Tile, state: int, out: Out) -> int:
    """Draw a feature that the grid is too coarse for, in the one tile that holds its anchor.

    A polygon becomes a square of its size, a line one unit long. What is broken and not tiny stays so.
    """
    unit = 2.0 ** grid_shift(tile[0])
    width, height = float(t.boxes[i, 2]) - t.boxes[i, 0], float(t.boxes[i, 3]) - t.boxes[i, 1]
    is_tiny = max(width, height) <= TINY * unit
    if state == BROKEN and not is_tiny:
        return BROKEN
    x, y = tile_place(t.anchor_x[i], t.anchor_y[i], tile)
    is_here = 0 <= x < EXTENT and 0 <= y < EXTENT
    if not is_here or t.kind[i] == POINT or (t.kind[i] == LINE and not is_tiny):
        return NOTHING
    side = 1
    if t.kind[i] == POLYGON:
        side = min(max(math.floor(math.sqrt(t.size[i]) / unit + 0.5), 1), TINY)
    ring = np.empty((2, 4), np.int64)
    ring[0, 0] = ring[0, 3] = x
    ring[0, 1] = ring[0, 2] = x + side
    ring[1, 0] = ring[1, 1] = y
    ring[1, 2] = ring[1, 3] = y + side
    append_ring(ring, 4 if t.kind[i] == POLYGON else 2, out)
    return DONE


@kernel
def grown(grid: NDArray, used: int, need: int) -> NDArray:
    """Return the vertices, or a copy with at least twice the room where the need would not fit in."""
    if used + need <= grid.shape[1]:
        return grid
    longer = np.empty((2, 2 * grid.shape[1] + need), np.int32)
    longer[:, :used] = grid[:, :used]
    return longer


@kernel
def room_needed(vertices: int, rings: int) -> int:
    """Return how many vertices a feature may have after clipping: each side adds at most half as many again."""
    return 6 * vertices + 16 * rings + 16


@kernel
def most_room(t: TileArrays, chosen: NDArray) -> tuple[int, int, int]:
    """Return the most vertices that one chosen feature may have after clipping, those of all before, the most rings."""
    feature_start, ring_start, kind = t.feature_start, t.ring_start, t.kind
    most, total, rings = 16, 0, 16
    for i in chosen:
        first, last = feature_start[i], feature_start[i + 1]
        vertices = ring_start[last] - ring_start[first]
        most = max(most, room_needed(vertices, last - first))
        total += vertices
        rings += last - first + (vertices if kind[i] == LINE else 0)
    return most, total, rings


@kernel
def is_within(box: Bounds, bounds: Bounds) -> bool:
    """Return whether a box (west, north, east, south) lies within bounds."""
    return box[0] >= bounds[0] and box[1] >= bounds[1] and box[2] <= bounds[2] and box[3] <= bounds[3]


@kernel
def reach_of(bounds: Bounds, z: int) -> Bounds:
    """Return how far a polygon may reach that is drawn whole because a cut one would be invalid.

    A hole that the tile's edge passes makes most of them. Half a tile is what every renderer takes, and such a polygon
    costs a hundredth of what repair does.
    """
    half = 1 << (WORLD_BITS - z - 1)
    return bounds[0] - half, bounds[1] - half, bounds[2] + half, bounds[3] + half


@kernel
def cut_features(
    t: TileArrays, chosen: NDArray, z: int, x: int, y: int
) -> tuple[tuple[NDArray, NDArray, NDArray], NDArray]:
    """Return the shapes (vertices with x and y as rows, ring ends, each feature's last ring) and what became of it."""
    tile, bounds = (z, x, y), tile_bounds(z, x, y)
    reach = reach_of(bounds, z)
    source = (t.xs, t.ys, t.vertex_zoom)
    boxes, kind, feature_start, ring_start = t.boxes, t.kind, t.feature_start, t.ring_start
    rings = (ring_start, t.ring_is_outer)
    most, total, most_rings = most_room(t, chosen)
    work = (np.empty((2, most), np.int64), np.empty((2, most), np.int64))
    grid, ring_end, used = (
        np.empty((2, total + 2 * most), np.int32),
        np.empty(most_rings, np.int64),
        np.zeros(2, np.int64),
    )
    shape_end, state = np.empty(chosen.size, np.int64), np.full(chosen.size, DONE, np.uint8)
    plain = (t.xs, t.ys, t.vertex_zoom, boxes, kind, feature_start, ring_start)
    place = -1
    while True:
        place = add_plain(plain, chosen, place + 1, tile, (grid, ring_end, used), shape_end)
        if place == chosen.size:
            break
        i = chosen[place]
        first, last = feature_start[i], feature_start[i + 1]
        grid = grown(grid, used[0], room_needed(ring_start[last] - ring_start[first], last - first))
        out = (grid, ring_end, used)
        vertices_before, rings_before = used[0], used[1]
        if kind[i] == POLYGON:
            box = (boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3])
            is_inside = is_within(box, bounds)
            state[place] = add_polygon(source, rings, (first, last), tile, is_inside, work, out)
            if state[place] == BROKEN and not is_inside and is_within(box, reach):
                used[0], used[1] = vertices_before, rings_before
                state[place] = add_polygon(source, rings, (first, last), tile, True, work, out)
        elif kind[i] == LINE:
            state[place] = add_line(source, ring_start[first : last + 1], tile, work[0], out)
        else:
            state[place] = add_points(source, (ring_start[first], ring_start[last]), tile, work[0], out)
        if state[place] != DONE:
            used[0], used[1] = vertices_before, rings_before
            state[place] = stand_in(t, i, tile, state[place], out)
        shape_end[place] = used[1]
    return (grid[:, : used[0]].copy(), ring_end[: used[1]].copy(), shape_end), state
