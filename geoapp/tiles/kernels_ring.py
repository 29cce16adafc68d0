"""Kernels for one ring on a tile's grid: load and quantise, clip, clean, and tell whether it is sound.

A ring is the first *count* columns of an array of two rows, x and y, in whole tile units.
"""

import math

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import inlined, kernel
from geoapp.tiles.arrays import BUFFER, EXTENT, EXTENT_BITS, HALF_WORLD, WORLD_BITS

LOW, HIGH = -BUFFER, EXTENT + BUFFER
FEW_EDGES = 48
"""So many edges are compared each with each; more are sorted first."""


@kernel
def grid_shift(z: int) -> int:
    """Return how many bits a world coordinate has more than a tile's, negative beyond zoom 20."""
    return WORLD_BITS - EXTENT_BITS - z


@kernel
def to_grid(value: int, shift: int) -> int:
    """Return a world coordinate, rounded, on the grid of a zoom: the same for every tile that has the vertex."""
    if shift > 0:
        return (value + HALF_WORLD + (1 << (shift - 1))) >> shift
    return (value + HALF_WORLD) << -shift


@kernel
def load_ring(
    source: tuple[NDArray, NDArray, NDArray], start: int, end: int, tile: tuple[int, int, int], ring: NDArray
) -> int:
    """Put those of the vertices start:end that the zoom needs into *ring*, repeats left out; return how many."""
    xs, ys, vertex_zoom = source
    z = tile[0]
    shift = grid_shift(z)
    west, north = tile[1] * EXTENT, tile[2] * EXTENT
    count = 0
    for k in range(start, end):
        if vertex_zoom[k] > z:
            continue
        x, y = to_grid(xs[k], shift) - west, to_grid(ys[k], shift) - north
        if count and ring[0, count - 1] == x and ring[1, count - 1] == y:
            continue
        ring[0, count], ring[1, count] = x, y
        count += 1
    return count


@kernel
def crossing(x1: int, y1: int, x2: int, y2: int, bound: int) -> int:
    """Return y where the segment passes x = bound, rounded alike for both directions of a shared wall."""
    if x1 > x2:
        x1, y1, x2, y2 = x2, y2, x1, y1
    return math.floor(y1 + float(y2 - y1) * float(bound - x1) / float(x2 - x1) + 0.5)


@kernel
def clip_side(ring: NDArray, count: int, axis: int, bound: int, sign: int, spare: NDArray) -> int:
    """Cut a ring at one side of the tile (Sutherland and Hodgman 1974), in place; return the number of vertices.

    What lies within has sign * coordinate <= sign * bound.
    """
    kept, other = 0, 1 - axis
    for k in range(count):
        after = k + 1 if k + 1 < count else 0
        here, there = ring[axis, k], ring[axis, after]
        is_in, next_in = sign * here <= sign * bound, sign * there <= sign * bound
        if is_in:
            spare[axis, kept], spare[other, kept] = here, ring[other, k]
            kept += 1
        if is_in != next_in and here != bound and there != bound:
            spare[axis, kept] = bound
            spare[other, kept] = crossing(here, ring[other, k], there, ring[other, after], bound)
            kept += 1
    for k in range(kept):
        ring[0, k], ring[1, k] = spare[0, k], spare[1, k]
    return kept


@kernel
def clip_ring(ring: NDArray, count: int, spare: NDArray) -> int:
    """Cut a ring at the sides of the buffered tile that it passes."""
    for axis in range(2):
        lowest, highest = HIGH, LOW
        for k in range(count):
            lowest, highest = min(lowest, ring[axis, k]), max(highest, ring[axis, k])
        if lowest < LOW:
            count = clip_side(ring, count, axis, LOW, -1, spare)
        if highest > HIGH:
            count = clip_side(ring, count, axis, HIGH, 1, spare)
    return count


@kernel
def turn(ring: NDArray, a: int, b: int, c: int) -> int:
    """Return twice the area of the triangle a, b, c: zero where b adds nothing, or is the tip of a spike."""
    dx, dy = ring[0, b] - ring[0, a], ring[1, b] - ring[1, a]
    area: int = dx * (ring[1, c] - ring[1, b]) - dy * (ring[0, c] - ring[0, b])
    return area


@kernel
def settled(ring: NDArray, kept: int) -> int:
    """Take back what the last vertex makes a repeat, a spike or a step on a straight wall; return the new count."""
    while kept > 1:
        if ring[0, kept - 1] == ring[0, kept - 2] and ring[1, kept - 1] == ring[1, kept - 2]:
            kept -= 1
        elif kept > 2 and turn(ring, kept - 3, kept - 2, kept - 1) == 0:
            ring[0, kept - 2], ring[1, kept - 2] = ring[0, kept - 1], ring[1, kept - 1]
            kept -= 1
        else:
            break
    return kept


@kernel
def is_clean(ring: NDArray, count: int) -> bool:
    """Return whether a ring has no repeat, spike or vertex on a straight wall: most have none."""
    x, y = ring[0, count - 1], ring[1, count - 1]
    dx, dy = x - ring[0, count - 2], y - ring[1, count - 2]
    for k in range(count):
        next_dx, next_dy = ring[0, k] - x, ring[1, k] - y
        if dx * next_dy == dy * next_dx:
            return False
        x, y, dx, dy = ring[0, k], ring[1, k], next_dx, next_dy
    return True


@kernel
def clean_ring(ring: NDArray, count: int) -> int:
    """Leave out repeats, spikes and vertices on straight walls, in place; return how many are left, 0 if under 3."""
    if count > 2 and is_clean(ring, count):
        return count
    kept = 0
    for k in range(count):
        ring[0, kept], ring[1, kept] = ring[0, k], ring[1, k]
        kept = settled(ring, kept + 1)
    first = 0
    while kept - first > 2:
        if turn(ring, kept - 2, kept - 1, first) == 0:
            kept -= 1
        elif turn(ring, kept - 1, first, first + 1) == 0:
            first += 1
        else:
            break
    if kept - first < 3:
        return 0
    for k in range(first, kept if first else 0):
        ring[0, k - first], ring[1, k - first] = ring[0, k], ring[1, k]
    return kept - first


@kernel
def doubled_area(ring: NDArray, count: int) -> int:
    """Return twice the area of a ring by the surveyor's formula."""
    total = 0
    for k in range(count):
        after = k + 1 if k + 1 < count else 0
        total += ring[0, k] * ring[1, after] - ring[0, after] * ring[1, k]
    return total


@kernel
def is_convex(ring: NDArray, count: int) -> bool:
    """Return whether a cleaned positive ring turns one way only and only once round: then it is valid."""
    changes, last = 0, 0
    x, y = ring[0, count - 1], ring[1, count - 1]
    dx, dy = x - ring[0, count - 2], y - ring[1, count - 2]
    for k in range(count):
        next_dx, next_dy = ring[0, k] - x, ring[1, k] - y
        if dx * next_dy - dy * next_dx < 0:
            return False
        if next_dy != 0:
            changes += last != 0 and (next_dy > 0) != (last > 0)
            last = next_dy
        x, y, dx, dy = ring[0, k], ring[1, k], next_dx, next_dy
    return changes <= 2


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
def side_of(x1: int, y1: int, x2: int, y2: int, x3: int, y3: int) -> int:
    """Return on which side of the line 1-2 the point 3 lies: its sign, or 0 on the line."""
    value = (x2 - x1) * (y3 - y1) - (y2 - y1) * (x3 - x1)
    return (value > 0) - (value < 0)


@kernel
def edges_meet(e: NDArray, i: int, j: int) -> bool:
    """Return whether two edges (columns x1, y1, x2, y2) that are no neighbours have any point in common.

    Columns 4 and 5 name the edge before and the edge after in the ring.
    """
    if e[i, 5] == j or e[i, 4] == j:
        return False
    for axis in range(2):
        if max(e[i, axis], e[i, axis + 2]) < min(e[j, axis], e[j, axis + 2]):
            return False
        if max(e[j, axis], e[j, axis + 2]) < min(e[i, axis], e[i, axis + 2]):
            return False
    start = side_of(e[i, 0], e[i, 1], e[i, 2], e[i, 3], e[j, 0], e[j, 1])
    if start * side_of(e[i, 0], e[i, 1], e[i, 2], e[i, 3], e[j, 2], e[j, 3]) > 0:
        return False
    start = side_of(e[j, 0], e[j, 1], e[j, 2], e[j, 3], e[i, 0], e[i, 1])
    return start * side_of(e[j, 0], e[j, 1], e[j, 2], e[j, 3], e[i, 2], e[i, 3]) <= 0


@kernel
def rings_meet(edges: NDArray) -> bool:
    """Return whether any two edges meet that do not follow one another: touching counts, to be on the safe side."""
    count = edges.shape[0]
    if count > FEW_EDGES:
        edges = sorted_edges(edges)
    for i in range(count):
        east = max(edges[i, 0], edges[i, 2])
        for j in range(i + 1, count):
            if count > FEW_EDGES and min(edges[j, 0], edges[j, 2]) > east:
                break
            if edges_meet(edges, i, j):
                return True
    return False


@kernel
def sorted_edges(edges: NDArray) -> NDArray:
    """Return the edges ordered by their west ends, and their neighbours named by the new places."""
    count = edges.shape[0]
    order = np.arange(count)
    keys = np.minimum(edges[:, 0], edges[:, 2])
    sort_by(keys, order)
    place = np.empty(count, np.int64)
    for k in range(count):
        place[order[k]] = k
    result = np.empty((count, 6), np.int64)
    for k in range(count):
        for column in range(4):
            result[k, column] = edges[order[k], column]
        result[k, 4], result[k, 5] = place[edges[order[k], 4]], place[edges[order[k], 5]]
    return result


@kernel
def sort_by(keys: NDArray, order: NDArray) -> None:
    """Sort keys in place and move the order along (Shell 1959): a tenth of the compile time of numpy's."""
    gap = 1
    while gap < keys.size // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(gap, keys.size):
            key, item, at = keys[k], order[k], k
            while at >= gap and keys[at - gap] > key:
                keys[at], order[at] = keys[at - gap], order[at - gap]
                at -= gap
            keys[at], order[at] = key, item
        gap //= 3
