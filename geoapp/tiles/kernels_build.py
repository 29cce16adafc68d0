"""Kernels that turn rings into a tile set's arrays: anchors, order, orientation, levels of detail, bbox tree."""

import math

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import kernel
from geoapp.tiles.arrays import (
    EXTENT_BITS,
    HALF_WORLD,
    LAST_SUMMED_ZOOM,
    LINE,
    NODE_SIZE,
    POINT,
    POLYGON,
    UNITS_PER_PIXEL,
    WORLD_BITS,
)
from geoapp.tiles.kernels_ring import sort_by

DETAIL_ZOOM = LAST_SUMMED_ZOOM + 1
TOLERANCE_ZOOM = WORLD_BITS - EXTENT_BITS + math.log2(UNITS_PER_PIXEL / 2)
"""A vertex that stands d units off the simpler line is needed from zoom TOLERANCE_ZOOM - log2(d): half a pixel."""
CURVE_BITS = WORLD_BITS - 1
"""Bits per axis of the Hilbert curve: two of them fit into a signed 64-bit number."""


@kernel
def hilbert_code(x: int, y: int) -> int:
    """Return the place on the Hilbert curve of a point with coordinates of CURVE_BITS bits."""
    code = 0
    for bit in range(CURVE_BITS - 1, -1, -1):
        right = (x >> bit) & 1
        down = (y >> bit) & 1
        code = (code << 2) | ((3 * right) ^ down)
        if down == 0:
            if right == 1:
                x = ~x & ((1 << bit) - 1)
                y = ~y & ((1 << bit) - 1)
            x, y = y, x
    return code


@kernel
def hilbert_codes(xs: NDArray, ys: NDArray) -> NDArray:
    """Return the place of every anchor on the Hilbert curve."""
    codes = np.empty(xs.size, np.int64)
    for i in range(xs.size):
        codes[i] = hilbert_code((xs[i] + HALF_WORLD) >> 1, (ys[i] + HALF_WORLD) >> 1)
    return codes


@kernel
def ring_area(xs: NDArray, ys: NDArray, start: int, end: int) -> float:
    """Return the signed area of a ring by the surveyor's formula, in square units."""
    total = 0.0
    for k in range(start, end):
        after = k + 1 if k + 1 < end else start
        total += (float(xs[k]) - xs[start]) * (float(ys[after]) - ys[start])
        total -= (float(xs[after]) - xs[start]) * (float(ys[k]) - ys[start])
    return total / 2


@kernel
def polygon_anchor(xs: NDArray, ys: NDArray, ring_start: NDArray, first: int, last: int) -> tuple[int, int]:
    """Return a point inside the polygon of the rings first:last: amid the widest stretch across its largest ring."""
    largest, largest_area = first, -1.0
    for r in range(first, last):
        area = abs(ring_area(xs, ys, ring_start[r], ring_start[r + 1]))
        if area > largest_area:
            largest, largest_area = r, area
    low, high = ys[ring_start[largest]], ys[ring_start[largest]]
    for k in range(ring_start[largest], ring_start[largest + 1]):
        low, high = min(low, ys[k]), max(high, ys[k])
    level = math.floor((float(low) + float(high)) / 2) + 0.5  # between two units: never through a vertex
    crossings = np.empty(ring_start[last] - ring_start[first], np.float64)
    found = 0
    for r in range(first, last):
        found = row_crossings(xs, ys, (ring_start[r], ring_start[r + 1]), level, crossings, found)
    if found < 2:
        return xs[ring_start[largest]] + 0, ys[ring_start[largest]] + 0
    ordered = crossings[:found]
    sort_by(ordered, np.arange(found))
    widest, middle = -1.0, 0.0
    for k in range(0, found - 1, 2):
        if ordered[k + 1] - ordered[k] > widest:
            widest, middle = ordered[k + 1] - ordered[k], (ordered[k] + ordered[k + 1]) / 2
    return math.floor(middle), math.floor(level)


@kernel
def row_crossings(
    xs: NDArray, ys: NDArray, ring: tuple[int, int], level: float, crossings: NDArray, found: int
) -> int:
    """Add where the ring crosses the level to *crossings* and return how many there are now."""
    for k in range(ring[0], ring[1]):
        after = k + 1 if k + 1 < ring[1] else ring[0]
        if (ys[k] < level) != (ys[after] < level):
            share = (level - ys[k]) / (float(ys[after]) - ys[k])
            crossings[found] = xs[k] + share * (float(xs[after]) - xs[k])
            found += 1
    return found


@kernel
def anchors(
    xs: NDArray, ys: NDArray, ring_start: NDArray, feature_start: NDArray, kind: NDArray
) -> tuple[NDArray, NDArray]:
    """Return a point of every feature: inside a polygon, a middle vertex of a line, the first of the points."""
    anchor_x = np.empty(kind.size, np.int32)
    anchor_y = np.empty(kind.size, np.int32)
    for i in range(kind.size):
        first, last = feature_start[i], feature_start[i + 1]
        if kind[i] == POLYGON:
            x, y = polygon_anchor(xs, ys, ring_start, first, last)
            anchor_x[i], anchor_y[i] = x, y
            continue
        k = ring_start[first]
        if kind[i] == LINE:
            k = (k + ring_start[first + 1]) // 2
        anchor_x[i], anchor_y[i] = xs[k], ys[k]
    return anchor_x, anchor_y


@kernel
def reordered(
    xs: NDArray,
    ys: NDArray,
    ring_start: NDArray,
    ring_is_outer: NDArray,
    feature_start: NDArray,
    kind: NDArray,
    order: NDArray,
) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray]:
    """Return coordinates, rings and features in the given order, repeats left out, holes against their shells."""
    new_xs, new_ys = np.empty(xs.size, np.int32), np.empty(xs.size, np.int32)
    new_ring, new_outer = np.zeros(ring_start.size, np.int32), np.zeros(ring_is_outer.size, np.uint8)
    new_feature = np.zeros(order.size + 1, np.int32)
    used, rings = 0, 0
    for place in range(order.size):
        i = order[place]
        for r in range(feature_start[i], feature_start[i + 1]):
            start = used
            for k in range(ring_start[r], ring_start[r + 1]):
                if used > start and xs[k] == new_xs[used - 1] and ys[k] == new_ys[used - 1]:
                    continue
                new_xs[used], new_ys[used] = xs[k], ys[k]
                used += 1
            if kind[i] == POLYGON:
                used = oriented(new_xs, new_ys, start, used, ring_is_outer[r] == 1)
            new_outer[rings] = ring_is_outer[r]
            rings += 1
            new_ring[rings] = used
        new_feature[place + 1] = rings
    return new_xs[:used].copy(), new_ys[:used].copy(), new_ring, new_outer, new_feature


@kernel
def oriented(xs: NDArray, ys: NDArray, start: int, end: int, is_outer: bool) -> int:
    """Open the ring start:end, turn it so that shells are positive and holes negative, and return its end."""
    while end - start > 1 and xs[end - 1] == xs[start] and ys[end - 1] == ys[start]:
        end -= 1
    if (ring_area(xs, ys, start, end) > 0) != is_outer:
        low, high = start, end - 1
        while low < high:
            xs[low], xs[high] = xs[high], xs[low]
            ys[low], ys[high] = ys[high], ys[low]
            low, high = low + 1, high - 1
    return end


@kernel
def boxes_and_sizes(
    xs: NDArray, ys: NDArray, ring_start: NDArray, feature_start: NDArray, kind: NDArray
) -> tuple[NDArray, NDArray]:
    """Return the features' boxes (west, north, east, south) and their sizes on the map in square units."""
    boxes, sizes = np.empty((kind.size, 4), np.int32), np.zeros(kind.size, np.float64)
    for i in range(kind.size):
        start, end = ring_start[feature_start[i]], ring_start[feature_start[i + 1]]
        boxes[i, 0] = xs[start:end].min()
        boxes[i, 1] = ys[start:end].min()
        boxes[i, 2] = xs[start:end].max()
        boxes[i, 3] = ys[start:end].max()
        if kind[i] == LINE:
            longest = max(float(boxes[i, 2]) - boxes[i, 0], float(boxes[i, 3]) - boxes[i, 1])
            sizes[i] = longest * longest
        elif kind[i] == POLYGON:
            area = 0.0
            for r in range(feature_start[i], feature_start[i + 1]):
                area += ring_area(xs, ys, ring_start[r], ring_start[r + 1])
            sizes[i] = max(area, 0.0)
    return boxes, sizes


@kernel
def vertex_zooms(
    xs: NDArray, ys: NDArray, ring_start: NDArray, feature_start: NDArray, kind: NDArray
) -> NDArray:
    """Return for every vertex the lowest zoom that needs it (Douglas and Peucker 1973, all tolerances at once)."""
    zooms = np.full(xs.size, DETAIL_ZOOM, np.uint8)
    for i in range(kind.size):
        for r in range(feature_start[i], feature_start[i + 1]):
            start, end = ring_start[r], ring_start[r + 1]
            if kind[i] == POINT or end - start <= 4:
                zooms[start:end] = 0
            elif kind[i] == LINE:
                zooms[start] = zooms[end - 1] = 0
                grade_chain(xs, ys, zooms, (start, end - start), (0, end - start - 1), False)
            else:
                grade_ring(xs, ys, zooms, start, end)
    return zooms


@kernel
def grade_ring(xs: NDArray, ys: NDArray, zooms: NDArray, start: int, end: int) -> None:
    """Grade a ring from its two extreme corners, which neighbours that share them choose alike."""
    lowest, highest = start, start
    for k in range(start + 1, end):
        if xs[k] < xs[lowest] or (xs[k] == xs[lowest] and ys[k] < ys[lowest]):
            lowest = k
        if xs[k] > xs[highest] or (xs[k] == xs[highest] and ys[k] > ys[highest]):
            highest = k
    count = end - start
    first, second = min(lowest, highest) - start, max(lowest, highest) - start
    zooms[start + first] = zooms[start + second] = 0
    grade_chain(xs, ys, zooms, (start, count), (first, second), True)
    grade_chain(xs, ys, zooms, (start, count), (second, first + count), True)


@kernel
def grade_chain(
    xs: NDArray, ys: NDArray, zooms: NDArray, ring: tuple[int, int], chain: tuple[int, int], keep_first: bool
) -> None:
    """Grade the vertices between the two ends of a chain; *keep_first* keeps the farthest one at every zoom."""
    length = chain[1] - chain[0]
    if length < 2:
        return
    lows, highs = np.empty(length + 1, np.int64), np.empty(length + 1, np.int64)
    limits = np.empty(length + 1, np.float64)
    lows[0], highs[0], limits[0] = chain[0], chain[1], np.inf
    waiting = 1
    while waiting > 0:
        waiting -= 1
        low, high, limit = lows[waiting], highs[waiting], limits[waiting]
        farthest, distance = farthest_vertex(xs, ys, ring, low, high)
        reach = min(limit, distance)
        vertex = ring[0] + farthest % ring[1]
        zooms[vertex] = 0 if keep_first and limit == np.inf else zoom_of(reach)
        for part_low, part_high in ((low, farthest), (farthest, high)):
            if part_high - part_low > 1:
                lows[waiting], highs[waiting] = part_low, part_high
                limits[waiting] = min(reach, 1e30)
                waiting += 1


@kernel
def zoom_of(distance: float) -> int:
    """Return the lowest zoom at which *distance* units are half a pixel or more."""
    if distance <= 0:
        return DETAIL_ZOOM
    return min(max(math.ceil(TOLERANCE_ZOOM - math.log2(distance)), 0), DETAIL_ZOOM)


@kernel
def farthest_vertex(
    xs: NDArray, ys: NDArray, ring: tuple[int, int], low: int, high: int
) -> tuple[int, float]:
    """Return which vertex between *low* and *high* is farthest from the segment between them, and how far."""
    x0, y0 = float(xs[ring[0] + low % ring[1]]), float(ys[ring[0] + low % ring[1]])
    dx = float(xs[ring[0] + high % ring[1]]) - x0
    dy = float(ys[ring[0] + high % ring[1]]) - y0
    squared = dx * dx + dy * dy
    best, farthest = -1.0, low + 1
    for k in range(low + 1, high):
        px = xs[ring[0] + k % ring[1]] - x0
        py = ys[ring[0] + k % ring[1]] - y0
        along = min(max((px * dx + py * dy) / squared, 0.0), 1.0) if squared > 0 else 0.0
        off = (px - along * dx) ** 2 + (py - along * dy) ** 2
        if off > best:
            best, farthest = off, k
    return farthest, math.sqrt(best)


@kernel
def packed_tree(boxes: NDArray) -> tuple[NDArray, NDArray]:
    """Return the boxes followed by those of the tree's nodes, and where each level starts (with the end last)."""
    starts = [0, boxes.shape[0]]
    width = boxes.shape[0]
    while width > 1:
        width = (width + NODE_SIZE - 1) // NODE_SIZE
        starts.append(starts[-1] + width)
    nodes = np.empty((starts[-1], 4), np.int32)
    nodes[: boxes.shape[0]] = boxes
    for level in range(1, len(starts) - 1):
        for node in range(starts[level], starts[level + 1]):
            first = starts[level - 1] + (node - starts[level]) * NODE_SIZE
            last = min(first + NODE_SIZE, starts[level])
            nodes[node, 0] = nodes[first:last, 0].min()
            nodes[node, 1] = nodes[first:last, 1].min()
            nodes[node, 2] = nodes[first:last, 2].max()
            nodes[node, 3] = nodes[first:last, 3].max()
    return nodes, np.array(starts, np.int64)
