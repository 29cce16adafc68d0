"""Ground that two shapes of one register both cover: of a whole register, or of those that an edit touched."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.analysis.area import ellipsoid_area_m2
from geoapp.analysis.outlines import pairs_in_common
from geoapp.analysis.overlay import valid_shapes
from geoapp.domain.frame import STORED_CRS

M2_PER_SQUARE_DEGREE = 1.24e10
"""At the equator, where it is the most."""
_FEW = 50
"""Shapes whose neighbours are found by looking through all boxes, which costs less than building a tree."""

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SharedGround:
    """Pairs of shapes by their positions, each once, ordered by first, second."""

    first: Rows
    second: Rows
    """Above the first."""
    area_m2: Floats
    """On the ellipsoid."""

    def among(self, rows: Rows) -> "SharedGround":
        """Return the pairs of which one at least is among some shapes."""
        return self.where(np.isin(self.first, rows) | np.isin(self.second, rows))

    def where(self, is_kept: NDArray[np.bool_]) -> "SharedGround":
        """Return some of the pairs."""
        return SharedGround(self.first[is_kept], self.second[is_kept], self.area_m2[is_kept])


def shared_ground(shapes: NDArray, least_m2: float) -> SharedGround:
    """Return all pairs of shapes that share more than some land.

    Parameters
    ----------
    shapes : array of Polygon or MultiPolygon in EPSG:4490
        Missing and invalid ones are allowed.
    least_m2 : float
        Two shapes that share no more are neighbours: their edge was drawn twice, or rounded.

    Examples
    --------
    >>> found = shared_ground(shapely.box([121, 121.001, 121.003], 30, [121.002, 121.003, 121.004], 30.001), 1.0)
    >>> found.first.tolist(), found.second.tolist(), found.area_m2.round().tolist()
    ([0], [1], [10696.0])
    """
    drawn = np.flatnonzero(~shapely.is_missing(shapes))
    first, second = [drawn[:0]], [drawn[:0]]
    for one, other, square_degrees in pairs_in_common(valid_shapes(shapes[drawn])):
        # Nearly all neighbours share an edge only: those are told apart before anything is measured.
        is_near = square_degrees * M2_PER_SQUARE_DEGREE > least_m2 / 2
        first.append(drawn[one[is_near]])
        second.append(drawn[other[is_near]])
    return _measured(shapes, np.concatenate(first), np.concatenate(second), least_m2)


def shared_ground_of(shapes: NDArray, boxes: Floats, rows: Rows, least_m2: float) -> SharedGround:
    """Return the pairs of which one at least is among some shapes, see `shared_ground`.

    Parameters
    ----------
    shapes : array of Polygon or MultiPolygon in EPSG:4490
    boxes : array of float, shapes x 4
        Their bounds; nan where there is no shape.
    rows : array of int
        Positions of those asked about.
    least_m2 : float
    """
    if len(rows) > _FEW:
        asked, other = shapely.STRtree(shapes).query(shapes[rows])
        one = rows[asked]
    else:
        met = [_meeting(boxes, row) for row in rows.tolist()]
        one, other = np.repeat(rows, [len(found) for found in met]), np.concatenate([rows[:0], *met])
    pairs = np.unique(np.minimum(one, other) * len(shapes) + np.maximum(one, other))
    first, second = np.divmod(pairs, max(len(shapes), 1))
    is_pair = first < second
    return _measured(shapes, first[is_pair], second[is_pair], least_m2)


def _meeting(boxes: Floats, row: int) -> Rows:
    west, south, east, north = boxes[row].tolist()
    is_met = (boxes[:, 0] < east) & (boxes[:, 2] > west) & (boxes[:, 1] < north) & (boxes[:, 3] > south)
    return np.flatnonzero(is_met)


def _measured(shapes: NDArray, first: Rows, second: Rows, least_m2: float) -> SharedGround:
    rows = np.unique(np.concatenate([first, second]))
    valid = valid_shapes(shapes[rows])
    one, other = np.searchsorted(rows, first), np.searchsorted(rows, second)
    # What was registered twice, perhaps many times, need not be cut.
    is_same = shapely.equals_exact(valid[one], valid[other])
    area_m2 = _area_m2(valid)[one]
    area_m2[~is_same] = _area_m2(shapely.intersection(valid[one[~is_same]], valid[other[~is_same]]))
    order = np.lexsort((second, first))
    found = SharedGround(first[order], second[order], area_m2[order])
    return found.where(found.area_m2 > least_m2)


def _area_m2(shapes: NDArray) -> Floats:
    return ellipsoid_area_m2(gpd.GeoSeries(shapes, crs=STORED_CRS))
