"""Kernels that sum what is too small to be drawn: per cell and class a rectangle as large as the plots in it."""

import math

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import kernel
from geoapp.tiles.arrays import (
    ECCENTRICITY_SQUARED,
    EXTENT,
    EXTENT_BITS,
    WORLD_M,
    TileArrays,
)
from geoapp.tiles.kernels_clip import tile_place

GRID_BITS = 6
"""64 x 64 cells of 8 pixels at best."""
COARSEST_BITS = 2
"""The grid is made coarser, down to 4 x 4, until its rectangles find room in the tile."""


@kernel
def map_units_per_m2(y: float, z: int) -> float:
    """Return how many square tile units one true square metre takes at *y*, a share of the world from the north."""
    latitude = math.atan(math.sinh(math.pi * (1 - 2 * y)))
    flattened = (1 - ECCENTRICITY_SQUARED * math.sin(latitude) ** 2) ** 2 / (1 - ECCENTRICITY_SQUARED)
    units_per_m = (EXTENT << z) / WORLD_M
    return units_per_m * units_per_m * flattened / math.cos(latitude) ** 2


@kernel
def summed_by_cell(
    t: TileArrays, summed: NDArray, classes: NDArray, tile: tuple[int, int, int]
) -> tuple[NDArray, NDArray]:
    """Return true area and number of the features, rows x columns x classes, each at its anchor."""
    row, anchor_x, anchor_y, area_m2 = t.row, t.anchor_x, t.anchor_y, t.area_m2
    most = 0
    for i in summed:
        most = max(most, classes[row[i]])
    side = 1 << GRID_BITS
    areas = np.zeros((side, side, most + 1), np.float64)
    counts = np.zeros((side, side, most + 1), np.int64)
    for i in summed:
        x, y = tile_place(anchor_x[i], anchor_y[i], tile)
        cell_x, cell_y = x >> (EXTENT_BITS - GRID_BITS), y >> (EXTENT_BITS - GRID_BITS)
        areas[cell_y, cell_x, classes[row[i]]] += area_m2[i]
        counts[cell_y, cell_x, classes[row[i]]] += 1
    return areas, counts


@kernel
def halved(values: NDArray) -> NDArray:
    """Return the sums of every two by two cells."""
    sums: NDArray = values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]
    return sums


@kernel
def cell_features(
    t: TileArrays, summed: NDArray, classes: NDArray, tile: tuple[int, int, int], most: int
) -> tuple[NDArray, NDArray, NDArray]:
    """Return one feature per cell and class: rectangles (west, north, width, height), numbers (class, n), m2.

    A rectangle without width is a point: of features that have no area there is nothing to fill. *most* is how many
    there may be; the grid is made coarser until they fit.
    """
    areas, counts = summed_by_cell(t, summed, classes, tile)
    bits = GRID_BITS
    while bits > COARSEST_BITS and np.count_nonzero(counts) > most:
        areas, counts, bits = halved(areas), halved(counts), bits - 1
    total = np.count_nonzero(counts)
    rectangles, numbers = np.empty((total, 4), np.int64), np.empty((total, 2), np.int64)
    m2 = np.empty(total, np.float64)
    owed = np.zeros(counts.shape[2], np.float64)
    used = 0
    for row in range(counts.shape[0]):
        y = (tile[2] + (row + 0.5) / counts.shape[0]) / (1 << tile[0])
        scale = map_units_per_m2(y, tile[0])
        for column in range(counts.shape[1]):
            first = used
            for c in range(counts.shape[2]):
                if counts[row, column, c]:
                    numbers[used, 0], numbers[used, 1] = c, counts[row, column, c]
                    m2[used] = areas[row, column, c]
                    used += 1
            if used > first:
                corner = (column << (EXTENT_BITS - bits), row << (EXTENT_BITS - bits), EXTENT >> bits)
                fill_cell(
                    rectangles[first:used], numbers[first:used, 0], m2[first:used] * scale, corner, owed
                )
    return rectangles, numbers, m2


@kernel
def fill_cell(
    rectangles: NDArray, classes: NDArray, targets: NDArray, corner: tuple[int, int, int], owed: NDArray
) -> None:
    """Lay one stripe per class side by side, together about a square amid the cell.

    What whole units leave over or take too much is owed by the next cell of the class, so that a tile's filled area
    by class is right to a unit. Plots that reach out of their cell may need more than it has: then all stripes
    shrink alike.
    """
    side = corner[2]
    room = float(side) * side
    total = targets.sum()
    fit = min(1.0, room / max(total, 1.0))
    block = min(side, math.ceil(math.sqrt(max(total * fit, 1.0))))
    left = side
    for k in range(targets.size):
        rectangles[k, 2] = rectangles[k, 3] = 0
        if targets[k] > 0:
            target = targets[k] * fit + owed[classes[k]]
            width = max(min(math.floor(target / block + 0.5), left - (targets.size - 1 - k)), 1)
            height = min(max(math.floor(target / width + 0.5), 1), side)
            owed[classes[k]] = min(max(target - width * height, -room), room)
            rectangles[k, 2], rectangles[k, 3] = width, height
            left = max(left - width, 1)
    x = corner[0] + max(side - rectangles[:, 2].sum(), 0) // 2
    for k in range(targets.size):
        rectangles[k, 0] = min(x, corner[0] + side - rectangles[k, 2])
        rectangles[k, 1] = corner[1] + (side - rectangles[k, 3]) // 2
        if rectangles[k, 2] == 0:
            rectangles[k, 0] = corner[0] + side * (k + 1) // (targets.size + 1)
        x += rectangles[k, 2]
