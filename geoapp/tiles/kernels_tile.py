"""The kernel that makes a whole tile where all features are drawn themselves, in one call into compiled code."""

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import kernel
from geoapp.tiles.arrays import TileArrays
from geoapp.tiles.kernels_clip import BROKEN, cut_features
from geoapp.tiles.kernels_query import chosen_features
from geoapp.tiles.kernels_write import written


@kernel
def detailed_tile(
    t: TileArrays, z: int, x: int, y: int, classes: NDArray, mask: NDArray
) -> tuple[NDArray, NDArray, bool]:
    """Return the bytes of all features and of their values, and whether none needs repair first.

    Only beyond LAST_SUMMED_ZOOM. Most tiles on a screen have some tens of features, and entering compiled code three
    times would cost as much as those.
    """
    nothing = np.empty(0, np.uint8)
    chosen = chosen_features(t, z, x, y, mask)[0]
    if chosen.size == 0:
        return nothing, nothing, True
    shapes, state = cut_features(t, chosen, z, x, y)
    for what in state:
        if what == BROKEN:
            return nothing, nothing, False
    no_cells = np.empty((0, 4), np.int64), np.empty((0, 2), np.int64), np.empty(0, np.float64)
    features, values = written(t, chosen, shapes, no_cells, classes, False)
    return features, values, True
