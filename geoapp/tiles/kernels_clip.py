"""Kernels that put a feature's rings on a tile's grid: quantise, clip, clean, and tell what must be repaired."""

import math

import numpy as np
from numpy.typing import NDArray

from geoapp.tiles.arrays import (
    BUFFER,
    EXTENT,
    EXTENT_BITS,
    HALF_WORLD,
    LAST_SUMMED_ZOOM,
    LINE,
    POINT,
    UNITS_PER_PIXEL,
    WORLD_BITS,
    TileArrays,
)
from geoapp.tiles.compiling import kernel

LOW, HIGH = -BUFFER, EXTENT + BUFFER
NOTHING, DONE, BROKEN = 0, 1, 2
"""What became of a feature: it has no shape here, it is written, it needs repair by a slower and wiser tool."""
TINY = 2 * UNITS_PER_PIXEL
"""A broken shape no wider than two pixels becomes a square of its size: nobody can tell them apart."""
LEAST_RING_AREA = UNITS_PER_PIXEL**2
"""At low zooms, holes and parts below one pixel are left out."""
FEW_EDGES = 48
"""So many edges are compared each with each; more are sorted first."""


@kernel
def grid_shift(z: int) -> int:
    """Return how many bits a world coordinate has more than a tile's, negative beyond zoom 20."""
    return WORLD_BITS - EXTENT_BITS - z


@kernel
def to_grid(value: int, shift: int) -> int:
    """Return a world coordinate, rounded, on the grid of a zoom: the same for every tile that has the vertex."""
    world = np.int64(value) + HALF_WORLD
    if shift > 0:
        return (world + (np.int64(1) << (shift - 1))) >> shift
    return world << -shift


@kernel
def load_ring(t: TileArrays, r: int, tile: tuple[int, int, int], px: NDArray, py: NDArray) -> int:
    """Put the ring's vertices that the zoom needs into px, py in tile units, repeats left out; return how many."""
    z = tile[0]
    shift = grid_shift(z)
    count = 0
    for k in range(t.ring_start[r], t.ring_start[r + 1]):
        if t.vertex_zoom[k] > z:
            continue
        x = to_grid(t.xs[k], shift) - tile[1] * EXTENT
        y = to_grid(t.ys[k], shift) - tile[2] * EXTENT
        if count and px[count - 1] == x and py[count - 1] == y:
            continue
        px[count], py[count] = x, y
        count += 1
    return count


@kernel
def crossing(x1: int, y1: int, x2: int, y2: int, bound: int) -> int:
    """Return y where the segment passes x = bound, rounded alike for both directions of a shared wall."""
    if x1 > x2:
        x1, y1, x2, y2 = x2, y2, x1, y1
    return np.int64(math.floor(y1 + (float(y2) - y1) * (float(bound) - x1) / (float(x2) - x1) + 0.5))


@kernel
def clip_side(along: NDArray, across: NDArray, count: int, bound: int, below: bool, spare: NDArray) -> int:
    """Cut a ring at one side of the tile (Sutherland and Hodgman 1974), in place; return the number of vertices."""
    kept = 0
    for k in range(count):
        after = k + 1 if k + 1 < count else 0
        is_in = along[k] <= bound if below else along[k] >= bound
        next_in = along[after] <= bound if below else along[after] >= bound
        if is_in:
            spare[0, kept], spare[1, kept] = along[k], across[k]
            kept += 1
        if is_in != next_in and along[k] != bound and along[after] != bound:
            spare[0, kept] = bound
            spare[1, kept] = crossing(along[k], across[k], along[after], across[after], bound)
            kept += 1
    along[:kept] = spare[0, :kept]
    across[:kept] = spare[1, :kept]
    return kept


@kernel
def clip_ring(px: NDArray, py: NDArray, count: int, spare: NDArray) -> int:
    """Cut a ring at the sides of the buffered tile that it passes."""
    if count and px[:count].min() < LOW:
        count = clip_side(px, py, count, LOW, False, spare)
    if count and px[:count].max() > HIGH:
        count = clip_side(px, py, count, HIGH, True, spare)
    if count and py[:count].min() < LOW:
        count = clip_side(py, px, count, LOW, False, spare)
    if count and py[:count].max() > HIGH:
        count = clip_side(py, px, count, HIGH, True, spare)
    return count


@kernel
def turn(px: NDArray, py: NDArray, a: int, b: int, c: int) -> int:
    """Return twice the area of the triangle a, b, c: zero where b adds nothing, or is the tip of a spike."""
    return (px[b] - px[a]) * (py[c] - py[b]) - (py[b] - py[a]) * (px[c] - px[b])


@kernel
def clean_ring(px: NDArray, py: NDArray, count: int) -> int:
    """Leave out repeats, spikes and vertices on straight walls, in place; return how many are left, 0 if under 3."""
    kept = 0
    for k in range(count):
        px[kept], py[kept] = px[k], py[k]
        kept += 1
        while kept > 1:
            if px[kept - 1] == px[kept - 2] and py[kept - 1] == py[kept - 2]:
                kept -= 1
            elif kept > 2 and turn(px, py, kept - 3, kept - 2, kept - 1) == 0:
                px[kept - 2], py[kept - 2] = px[kept - 1], py[kept - 1]
                kept -= 1
            else:
                break
    first = 0
    while kept - first > 2:
        if turn(px, py, kept - 2, kept - 1, first) == 0:
            kept -= 1
        elif turn(px, py, kept - 1, first, first + 1) == 0:
            first += 1
        else:
            break
    if kept - first < 3:
        return 0
    if first:
        px[: kept - first] = px[first:kept].copy()
        py[: kept - first] = py[first:kept].copy()
    return kept - first


@kernel
def doubled_area(px: NDArray, py: NDArray, count: int) -> int:
    """Return twice the area of a ring by the surveyor's formula."""
    total = np.int64(0)
    for k in range(count):
        after = k + 1 if k + 1 < count else 0
        total += px[k] * py[after] - px[after] * py[k]
    return total


@kernel
def is_convex(px: NDArray, py: NDArray, count: int) -> bool:
    """Return whether a cleaned positive ring turns one way only and only once round: then it is valid."""
    changes, last = 0, np.int64(0)
    for k in range(count):
        b = k + 1 if k + 1 < count else k + 1 - count
        c = k + 2 if k + 2 < count else k + 2 - count
        if turn(px, py, k, b, c) < 0:
            return False
        rise = py[b] - py[k]
        if rise != 0:
            if last != 0 and (rise > 0) != (last > 0):
                changes += 1
            last = rise
    return changes <= 2


@kernel
def orient(x1: int, y1: int, x2: int, y2: int, x3: int, y3: int) -> int:
    """Return on which side of the line 1-2 the point 3 lies: its sign, or 0 on the line."""
    value = (x2 - x1) * (y3 - y1) - (y2 - y1) * (x3 - x1)
    return (value > 0) - (value < 0)


@kernel
def edges_meet(edges: NDArray, i: int, j: int) -> bool:
    """Return whether two edges (columns x1, y1, x2, y2) have any point in common."""
    a, b = edges[i], edges[j]
    if max(a[0], a[2]) < min(b[0], b[2]) or max(b[0], b[2]) < min(a[0], a[2]):
        return False
    if max(a[1], a[3]) < min(b[1], b[3]) or max(b[1], b[3]) < min(a[1], a[3]):
        return False
    if orient(a[0], a[1], a[2], a[3], b[0], b[1]) * orient(a[0], a[1], a[2], a[3], b[2], b[3]) > 0:
        return False
    return orient(b[0], b[1], b[2], b[3], a[0], a[1]) * orient(b[0], b[1], b[2], b[3], a[2], a[3]) <= 0


@kernel
def are_neighbours(edges: NDArray, i: int, j: int) -> bool:
    """Return whether two edges follow one another in a ring (columns 4 and 5: the edge before, the edge after)."""
    return edges[i, 5] == j or edges[i, 4] == j


@kernel
def rings_meet(edges: NDArray) -> bool:
    """Return whether any two edges meet that do not follow one another: touching counts, to be on the safe side."""
    count = edges.shape[0]
    if count <= FEW_EDGES:
        for i in range(count):
            for j in range(i + 1, count):
                if not are_neighbours(edges, i, j) and edges_meet(edges, i, j):
                    return True
        return False
    order = np.argsort(np.minimum(edges[:, 0], edges[:, 2]))
    for place in range(count):
        i = order[place]
        east = max(edges[i, 0], edges[i, 2])
        for later in range(place + 1, count):
            j = order[later]
            if min(edges[j, 0], edges[j, 2]) > east:
                break
            if not are_neighbours(edges, i, j) and edges_meet(edges, i, j):
                return True
    return False


@kernel
def edges_of(xs: NDArray, ys: NDArray, ring_end: NDArray, first: int, last: int, start: int) -> NDArray:
    """Return the edges of the rings first:last, whose vertices begin at *start*: x1, y1, x2, y2, before, after."""
    edges = np.empty((ring_end[last - 1] - start, 6), np.int64)
    base = start
    for r in range(first, last):
        end = ring_end[r]
        for k in range(base, end):
            after = k + 1 if k + 1 < end else base
            before = k - 1 if k > base else end - 1
            edge = edges[k - start]
            edge[0], edge[1], edge[2], edge[3] = xs[k], ys[k], xs[after], ys[after]
            edge[4], edge[5] = before - start, after - start
        base = end
    return edges


@kernel
def add_polygon(
    t: TileArrays,
    i: int,
    tile: tuple[int, int, int],
    work: tuple[NDArray, NDArray, NDArray],
    out: tuple[NDArray, NDArray, NDArray, NDArray],
) -> int:
    """Add a polygon's rings to *out* (xs, ys, ring ends, [vertices, rings] used) and return what became of it."""
    px, py, spare = work
    xs, ys, ring_end, used = out
    start, first = used[0], used[1]
    is_broken, skips_holes = False, False
    for r in range(t.feature_start[i], t.feature_start[i + 1]):
        is_outer = t.ring_is_outer[r] == 1
        if skips_holes and not is_outer:
            continue
        count = clean_ring(px, py, clip_ring(px, py, load_ring(t, r, tile, px, py), spare))
        area = doubled_area(px, py, count)
        if count and (area > 0) != is_outer:
            is_broken, count = True, 0
        elif is_small_part(t, i, tile[0], area):
            count = 0
        if is_outer:
            skips_holes = count == 0
        if count:
            append_ring(px, py, count, out)
    rings = used[1] - first
    if not is_broken and rings:
        is_simple = rings == 1 and is_convex(xs[start:], ys[start:], ring_end[first] - start)
        if is_simple or not rings_meet(edges_of(xs, ys, ring_end, first, used[1], start)):
            return DONE
        is_broken = True
    used[0], used[1] = start, first
    if is_broken and not is_tiny(t, i, tile[0]):
        return BROKEN
    return add_square(t, i, tile, out)


@kernel
def is_small_part(t: TileArrays, i: int, z: int, area: int) -> bool:
    """Return whether a ring is one of several and too small for a low zoom."""
    is_one_of_several = t.feature_start[i + 1] - t.feature_start[i] > 1
    return is_one_of_several and z <= LAST_SUMMED_ZOOM and abs(area) < 2 * LEAST_RING_AREA


@kernel
def append_ring(px: NDArray, py: NDArray, count: int, out: tuple[NDArray, NDArray, NDArray, NDArray]) -> None:
    """Add the first *count* vertices of px, py to *out* as a ring."""
    xs, ys, ring_end, used = out
    base = used[0]
    for k in range(count):
        xs[base + k], ys[base + k] = px[k], py[k]
    used[0] = base + count
    ring_end[used[1]] = base + count
    used[1] += 1


@kernel
def is_tiny(t: TileArrays, i: int, z: int) -> bool:
    """Return whether the whole feature is at most two pixels wide and high."""
    most = float(TINY) * 2.0 ** grid_shift(z)
    box = t.boxes[i]
    return float(box[2]) - box[0] <= most and float(box[3]) - box[1] <= most


@kernel
def home(t: TileArrays, i: int, tile: tuple[int, int, int]) -> tuple[bool, int, int]:
    """Return whether the tile holds the feature's anchor, and the anchor in tile units."""
    shift = grid_shift(tile[0])
    x, y = np.int64(t.anchor_x[i]) + HALF_WORLD, np.int64(t.anchor_y[i]) + HALF_WORLD
    x = (x >> shift if shift > 0 else x << -shift) - tile[1] * EXTENT
    y = (y >> shift if shift > 0 else y << -shift) - tile[2] * EXTENT
    return 0 <= x < EXTENT and 0 <= y < EXTENT, x, y


@kernel
def add_square(
    t: TileArrays, i: int, tile: tuple[int, int, int], out: tuple[NDArray, NDArray, NDArray, NDArray]
) -> int:
    """Stand in for a polygon that the grid is too coarse for: a square of its size at its anchor, in one tile only."""
    is_here, x, y = home(t, i, tile)
    if not is_here:
        return NOTHING
    exact = math.sqrt(t.size[i]) / 2.0 ** grid_shift(tile[0])
    side = min(max(np.int64(math.floor(exact + 0.5)), 1), TINY)
    px = np.array([x, x + side, x + side, x])
    py = np.array([y, y, y + side, y + side])
    append_ring(px, py, 4, out)
    return DONE


@kernel
def add_points(
    t: TileArrays,
    i: int,
    tile: tuple[int, int, int],
    work: tuple[NDArray, NDArray, NDArray],
    out: tuple[NDArray, NDArray, NDArray, NDArray],
) -> int:
    """Add the points that lie in the buffered tile."""
    px, py = work[0], work[1]
    count = load_ring(t, t.feature_start[i], tile, px, py)
    kept = 0
    for k in range(count):
        if LOW <= px[k] <= HIGH and LOW <= py[k] <= HIGH:
            px[kept], py[kept] = px[k], py[k]
            kept += 1
    if kept == 0:
        return NOTHING
    append_ring(px, py, kept, out)
    return DONE


@kernel
def inside_stretch(x1: int, y1: int, x2: int, y2: int) -> tuple[float, float]:
    """Return which part of a segment lies in the buffered tile, from 0 to 1 (Liang and Barsky 1984); (1, 0): none."""
    enter, leave = 0.0, 1.0
    for start, step in ((float(x1), float(x2) - x1), (float(y1), float(y2) - y1)):
        if step == 0:
            if start < LOW or start > HIGH:
                return 1.0, 0.0
            continue
        near, far = (LOW - start) / step, (HIGH - start) / step
        enter, leave = max(enter, min(near, far)), min(leave, max(near, far))
    return (enter, leave) if enter <= leave else (1.0, 0.0)


@kernel
def add_line_part(
    px: NDArray, py: NDArray, count: int, out: tuple[NDArray, NDArray, NDArray, NDArray]
) -> None:
    """Add the pieces of one line within the buffered tile, each as a ring of its own."""
    xs, ys, ring_end, used = out
    start = used[0]
    for k in range(count - 1):
        enter, leave = inside_stretch(px[k], py[k], px[k + 1], py[k + 1])
        if enter > leave:
            start = end_piece(out, start)
            continue
        dx, dy = px[k + 1] - px[k], py[k + 1] - py[k]
        if enter > 0 or used[0] == start:
            start = end_piece(out, start)
            xs[start] = math.floor(px[k] + enter * dx + 0.5)
            ys[start] = math.floor(py[k] + enter * dy + 0.5)
            used[0] = start + 1
        x, y = math.floor(px[k] + leave * dx + 0.5), math.floor(py[k] + leave * dy + 0.5)
        if x != xs[used[0] - 1] or y != ys[used[0] - 1]:
            xs[used[0]], ys[used[0]] = x, y
            used[0] += 1
        if leave < 1:
            start = end_piece(out, start)
    end_piece(out, start)


@kernel
def end_piece(out: tuple[NDArray, NDArray, NDArray, NDArray], start: int) -> int:
    """Close the piece of a line that began at *start*, or forget it if it is a point; return where the next begins."""
    used = out[3]
    if used[0] - start < 2:
        used[0] = start
        return start
    out[2][used[1]] = used[0]
    used[1] += 1
    return used[0]


@kernel
def add_line(
    t: TileArrays,
    i: int,
    tile: tuple[int, int, int],
    work: tuple[NDArray, NDArray, NDArray],
    out: tuple[NDArray, NDArray, NDArray, NDArray],
) -> int:
    """Add a line's pieces within the buffered tile; one too short for the grid becomes one unit long."""
    px, py = work[0], work[1]
    used = out[3]
    first = used[1]
    for r in range(t.feature_start[i], t.feature_start[i + 1]):
        add_line_part(px, py, load_ring(t, r, tile, px, py), out)
    if used[1] > first:
        return DONE
    is_here, x, y = home(t, i, tile)
    if not (is_here and is_tiny(t, i, tile[0])):
        return NOTHING
    append_ring(np.array([x, x + 1]), np.array([y, y]), 2, out)
    return DONE


@kernel
def room_needed(t: TileArrays, i: int) -> int:
    """Return how many vertices a feature may have after clipping: each side adds at most half as many again."""
    vertices = t.ring_start[t.feature_start[i + 1]] - t.ring_start[t.feature_start[i]]
    rings = t.feature_start[i + 1] - t.feature_start[i]
    return 6 * vertices + 16 * rings + 16


@kernel
def grown(array: NDArray, used: int, need: int) -> NDArray:
    """Return the array, or a copy at least twice as long where the need would not fit in."""
    if used + need <= array.size:
        return array
    longer = np.empty(2 * array.size + need, array.dtype)
    longer[:used] = array[:used]
    return longer


@kernel
def cut_features(
    t: TileArrays, chosen: NDArray, z: int, x: int, y: int
) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray]:
    """Return vertices (xs, ys), ring ends, and per chosen feature its last ring and what became of it."""
    tile = (np.int64(z), np.int64(x), np.int64(y))
    most = 16
    for i in chosen:
        most = max(most, room_needed(t, i))
    work = (np.empty(most, np.int64), np.empty(most, np.int64), np.empty((2, most), np.int64))
    xs, ys = np.empty(8 * chosen.size + most, np.int64), np.empty(8 * chosen.size + most, np.int64)
    ring_end = np.empty(2 * chosen.size + most, np.int64)
    used = np.zeros(2, np.int64)
    shape_end, state = np.empty(chosen.size, np.int64), np.empty(chosen.size, np.uint8)
    for place in range(chosen.size):
        i = chosen[place]
        need = room_needed(t, i)
        xs, ys = grown(xs, used[0], need), grown(ys, used[0], need)
        ring_end = grown(ring_end, used[1], need)
        out = (xs, ys, ring_end, used)
        if t.kind[i] == POINT:
            state[place] = add_points(t, i, tile, work, out)
        elif t.kind[i] == LINE:
            state[place] = add_line(t, i, tile, work, out)
        else:
            state[place] = add_polygon(t, i, tile, work, out)
        shape_end[place] = used[1]
    return xs[: used[0]], ys[: used[0]], ring_end[: used[1]], shape_end, state
