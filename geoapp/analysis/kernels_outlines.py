"""Kernels that measure the land two shapes share, without making its shape.

The land of a shape is a signed sum of trapezoids, one between each edge and a floor: an edge that runs west, with the
land to its left, adds the ground below it; one that runs east takes it away. So the land that two shapes share is the
sum, over all pairs of their edges, of the ground that two trapezoids share: the integral of the lower of two lines.
Nothing is cut and nothing is compared, so no position is special: holes, parts, common edges and corners that touch
need no rule, and rounding stays rounding.

Cells keep the pairs few. A cell leaves an edge whole or leaves it out; edges north of it become their shadow on its
northern side, since all that matters in the cell is that they lie above.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import kernel

FEW_EDGES = 64
"""A cell of no more is not halved again. The zone alone decides: a plot's share must not depend on the other plots."""
MOST_HALVINGS = 40
"""Edges that meet in a point are never parted."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Cell = tuple[float, float, float, float]
"""West, south, east, north."""


class Outlines(NamedTuple):
    """The edges of shapes, in the order of the shapes' rings."""

    edges: Floats
    """Rows of x, y from, x, y to; the land lies to the left. Edges that run due north or south are left out."""
    first: Ints
    """Shape i has the edges first[i]:first[i + 1]."""
    boxes: Floats
    """Rows of west, south, east, north."""


@kernel
def directed_edges(points: Floats, ring_start: Ints, is_hole: NDArray[np.bool_]) -> tuple[Floats, Ints]:
    """Return the edges of all rings, the land to their left, and where each ring's begin."""
    edges = np.empty((len(points), 4))
    first = np.zeros(len(ring_start), np.int64)
    count = 0
    for ring in range(len(ring_start) - 1):
        start, end = ring_start[ring], ring_start[ring + 1] - 1
        runs_backwards = (doubled_area(points[start:end]) < 0) != is_hole[ring]
        for step in range(end - start):
            source = end - step if runs_backwards else start + step
            target = source - 1 if runs_backwards else source + 1
            if points[source, 0] != points[target, 0]:
                edges[count, 0], edges[count, 1] = points[source, 0], points[source, 1]
                edges[count, 2], edges[count, 3] = points[target, 0], points[target, 1]
                count += 1
        first[ring + 1] = count
    return edges[:count], first


@kernel
def doubled_area(ring: Floats) -> float:
    """Return twice the area of a ring given without its last point, negative if it runs clockwise."""
    total = 0.0
    for k in range(1, len(ring) - 1):
        ax, ay = ring[k, 0] - ring[0, 0], ring[k, 1] - ring[0, 1]
        bx, by = ring[k + 1, 0] - ring[0, 0], ring[k + 1, 1] - ring[0, 1]
        total += ax * by - ay * bx
    return total


@kernel
def are_convex(points: Floats, ring_start: Ints) -> NDArray[np.bool_]:
    """Return which rings are convex without any doubt: every corner turns the same way, and they go round once."""
    answers = np.zeros(len(ring_start) - 1, np.bool_)
    for ring in range(len(answers)):
        corners = points[ring_start[ring] : ring_start[ring + 1] - 1]
        count = len(corners)
        area = doubled_area(corners)
        if count < 3 or not np.isfinite(area):
            continue
        turns, reversals = 0, 0
        heading = 0.0  # west or east, as the last edge that is not upright
        for k in range(-count, count):
            a, b, c = corners[k % count], corners[(k + 1) % count], corners[(k + 2) % count]
            along = b[0] - a[0]
            if k >= 0:
                turn = along * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
                turns += turn * area > 0
                reversals += along * heading < 0
            heading = along or heading
        answers[ring] = turns == count and reversals == 2
    return answers


@kernel
def shared_areas(zone: Floats, cell: Cell, plots: Outlines, rows: Ints) -> Floats:
    """Return the area that each of some plots shares with the zone of these edges; *cell* is the zone's box."""
    areas, spare = np.zeros(len(rows)), np.empty_like(zone)
    # A list instead of a call to itself: the machine code of those cannot be kept.
    waiting = [(zone, cell, np.arange(len(rows)), MOST_HALVINGS)]
    while waiting:
        edges, cell, places, halvings = waiting.pop()
        if len(edges) <= FEW_EDGES or halvings == 0:
            for place in places:
                row = rows[place]
                plot = plots.edges[plots.first[row] : plots.first[row + 1]]
                if len(plot) > FEW_EDGES:
                    plot = edges_in(cell, plot, np.empty_like(plot))
                areas[place] += shared_area(edges, plot, plots.boxes[row], cell)
            continue
        for half in halves(cell):
            there = places_in(half, plots.boxes, rows, places)
            if len(there):
                waiting.append((edges_in(half, edges, spare), half, there, halvings - 1))
    return areas


@kernel
def areas_in_common(outlines: Outlines, one: Ints, other: Ints) -> Floats:
    """Return the area that the two outlines of each pair share.

    Both are parted cell by cell from the box that both lie in: of long borders few edges are ever looked at together.
    """
    areas = np.zeros(len(one))
    for pair in range(len(one)):
        first, second = one[pair], other[pair]
        mine, its = outlines.boxes[first], outlines.boxes[second]
        cell = (max(mine[0], its[0]), max(mine[1], its[1]), min(mine[2], its[2]), min(mine[3], its[3]))
        if cell[0] >= cell[2] or cell[1] >= cell[3]:
            continue
        edges = outlines.edges[outlines.first[first] : outlines.first[first + 1]]
        others = outlines.edges[outlines.first[second] : outlines.first[second + 1]]
        edges, others = (
            edges_in(cell, edges, np.empty_like(edges)),
            edges_in(cell, others, np.empty_like(others)),
        )
        waiting = [(edges, others, cell, MOST_HALVINGS)]
        while waiting:
            edges, others, cell, halvings = waiting.pop()
            if len(edges) == 0 or len(others) == 0:
                continue
            if len(edges) + len(others) <= FEW_EDGES or halvings == 0:
                areas[pair] += shared_area(edges, others, its, cell)
                continue
            for half in halves(cell):
                own = edges_in(half, edges, np.empty_like(edges))
                if len(own):
                    theirs = edges_in(half, others, np.empty_like(others))
                    waiting.append((own, theirs, half, halvings - 1))
    return areas


@kernel
def halves(cell: Cell) -> tuple[Cell, Cell]:
    """Return the two halves of a cell, parted across its longer side."""
    west, south, east, north = cell
    if east - west > north - south:
        middle = (west + east) / 2
        return (west, south, middle, north), (middle, south, east, north)
    middle = (south + north) / 2
    return (west, south, east, middle), (west, middle, east, north)


@kernel
def places_in(cell: Cell, boxes: Floats, rows: Ints, places: Ints) -> Ints:
    """Return those places of *rows* whose boxes meet the cell."""
    west, south, east, north = cell
    kept = np.empty_like(places)
    count = 0
    for place in places:
        row = rows[place]
        is_beside = boxes[row, 0] >= east or boxes[row, 2] <= west
        if not (is_beside or boxes[row, 1] >= north or boxes[row, 3] <= south):
            kept[count] = place
            count += 1
    return kept[:count].copy()


@kernel
def edges_in(cell: Cell, edges: Floats, kept: Floats) -> Floats:
    """Return the edges that cross the cell, and the shadow of those north of it; *kept* is room for as many edges."""
    west, south, east, north = cell
    count = 0
    for k in range(len(edges)):
        x_from, y_from, x_to, y_to = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
        if max(x_from, x_to) <= west or min(x_from, x_to) >= east or max(y_from, y_to) <= south:
            continue
        x_in, x_out = min(max(x_from, west), east), min(max(x_to, west), east)
        slope = (y_to - y_from) / (x_to - x_from)
        y_in, y_out = y_from + (x_in - x_from) * slope, y_from + (x_out - x_from) * slope
        if max(y_in, y_out) <= south:
            continue
        if min(y_in, y_out) >= north:
            x_from, y_from, x_to, y_to = x_in, north, x_out, north
            last = count - 1
            if count and kept[last, 1] == kept[last, 3] == north and kept[last, 2] == x_from:
                x_from, count = kept[last, 0], last  # the last shadow goes on, perhaps back to where it began
        if x_from != x_to:
            kept[count, 0], kept[count, 1], kept[count, 2], kept[count, 3] = x_from, y_from, x_to, y_to
            count += 1
    return kept[:count].copy()


@kernel
def shared_area(zone: Floats, plot: Floats, box: Floats, cell: Cell) -> float:
    """Return the area that two outlines share in a cell, measured from the corner of the plot's box, for precision."""
    west, south = max(cell[0], box[0]) - box[0], max(cell[1], box[1]) - box[1]
    east, north = min(cell[2], box[2]) - box[0], min(cell[3], box[3]) - box[1]
    total = 0.0
    for j in range(len(zone)):
        ax, ay, bx, by = zone[j, 0] - box[0], zone[j, 1] - box[1], zone[j, 2] - box[0], zone[j, 3] - box[1]
        low, high = max(min(ax, bx), west), min(max(ax, bx), east)
        if low >= high or max(ay, by) <= south:
            continue
        for k in range(len(plot)):
            cx, cy = plot[k, 0] - box[0], plot[k, 1] - box[1]
            dx, dy = plot[k, 2] - box[0], plot[k, 3] - box[1]
            left, right = max(min(cx, dx), low), min(max(cx, dx), high)
            if left >= right:
                continue
            slope, other_slope = (by - ay) / (bx - ax), (dy - cy) / (dx - cx)
            height = mean_lower(
                (ay + (left - ax) * slope, ay + (right - ax) * slope),
                (cy + (left - cx) * other_slope, cy + (right - cx) * other_slope),
                south,
                north,
            )
            total += (right - left) * (height if (ax < bx) == (cx < dx) else -height)
    return total


@kernel
def mean_lower(first: tuple[float, float], second: tuple[float, float], south: float, north: float) -> float:
    """Return the mean height above *south*, up to *north*, of the lower of two lines given by their ends."""
    difference, other_difference = first[0] - second[0], first[1] - second[1]
    low, other_low = min(first[0], second[0]), min(first[1], second[1])
    if difference * other_difference >= 0:
        return mean_between(low, other_low, south, north)
    crossing = difference / (difference - other_difference)
    height = first[0] + crossing * (first[1] - first[0])
    before = crossing * mean_between(low, height, south, north)
    return before + (1 - crossing) * mean_between(height, other_low, south, north)


@kernel
def mean_between(start: float, end: float, south: float, north: float) -> float:
    """Return the mean of a line's height above *south*, up to *north*."""
    return mean_above(start - south, end - south) - mean_above(start - north, end - north)


@kernel
def mean_above(start: float, end: float) -> float:
    """Return the mean of a line, zero where it is negative."""
    if start >= 0 and end >= 0:
        return (start + end) / 2
    if start <= 0 and end <= 0:
        return 0.0
    return max(start, end) ** 2 / (2 * abs(end - start))
