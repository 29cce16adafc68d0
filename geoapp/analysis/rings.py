"""Closed lines to polygons: control lines and CAD outlines are delivered as lines and mean areas."""

import numpy as np
import shapely
from numpy.typing import NDArray

_MIN_CORNERS = 3


def closed_gap(lines: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return how far apart the ends of each line are, in its own units; of several parts the widest gap.

    Parts that continue each other are joined first.

    Examples
    --------
    >>> square = shapely.LineString([(0, 0), (4, 0), (4, 4), (0, 4), (0, 1)])
    >>> closed_gap(np.array([square], dtype=object)).tolist()
    [1.0]
    """
    parts, owner = shapely.get_parts(shapely.line_merge(lines), return_index=True)
    distances = shapely.distance(shapely.get_point(parts, 0), shapely.get_point(parts, -1))
    gaps = np.zeros(len(lines))
    np.maximum.at(gaps, owner, distances)
    return gaps


def lines_to_polygons(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the area each line encloses, its ends joined; rings inside rings become holes.

    Parameters
    ----------
    lines : array of LineString, LinearRing or MultiLineString
        Two-dimensional, not empty.

    Returns
    -------
    array of Polygon or MultiPolygon; None where a part has fewer than three corners
    """
    polygons = np.full(len(lines), None, dtype=object)
    parts, owner = shapely.get_parts(shapely.line_merge(lines), return_index=True)
    starts = np.searchsorted(owner, np.arange(len(lines) + 1))
    for place in range(len(lines)):
        rings = [_ring(part) for part in parts[starts[place] : starts[place + 1]]]
        if all(ring is not None for ring in rings):
            polygons[place] = _nested(np.array(rings, dtype=object))
    return polygons


def _ring(line: shapely.LineString) -> shapely.Polygon | None:
    corners = shapely.get_coordinates(line)
    if (corners[0] == corners[-1]).all():
        corners = corners[:-1]
    return shapely.Polygon(corners) if len(np.unique(corners, axis=0)) >= _MIN_CORNERS else None


def _nested(rings: NDArray[np.object_]) -> shapely.Geometry:
    """Return rings as one area by the even-odd rule; a single one stays as it is, valid or not."""
    if len(rings) == 1:
        return rings[0]  # type: ignore[no-any-return]
    area: shapely.Geometry = shapely.Polygon()
    for ring in rings[np.argsort(-shapely.area(rings))]:
        area = shapely.symmetric_difference(area, shapely.make_valid(ring))
    return area
