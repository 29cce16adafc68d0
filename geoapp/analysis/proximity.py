"""What lies in a region, within a distance, or nearest; distances in the plane of the working CRS."""

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray

PREDICATES = {"intersects": "相交", "within": "完全在内", "centroid": "中心在内"}
"""How a plot must lie to a region to be chosen, with the Chinese words."""
LEAST_METRES_PER_DEGREE = 109_000.0
"""A degree of latitude has at least 110,574 m, a degree of longitude 111,319 m times the cosine of the latitude."""
_FIRST_REACH_M = 250.0
_QUARTER_SEGMENTS = 32
"""A buffer's arcs stay within 0.03 % of the radius."""

Bounds = NDArray[np.float64]
Mask = NDArray[np.bool_]


def in_region(shapes: NDArray, region: shapely.Geometry, predicate: str) -> Mask:
    """Return which shapes lie in a region.

    Parameters
    ----------
    shapes : array of geometry
        In the region's CRS; a missing shape lies in none.
    region : Polygon or MultiPolygon
    predicate : {"intersects", "within", "centroid"}
        Touching the edge is enough for intersects; within allows common edges; the centroid may lie on the edge.

    Examples
    --------
    >>> shapes = np.array([shapely.box(0, 0, 2, 2), shapely.box(3, 0, 5, 2)])
    >>> [in_region(shapes, shapely.box(0, 0, 3.5, 2), how).tolist() for how in PREDICATES]
    [[True, True], [True, False], [True, False]]
    """
    shapely.prepare(region)
    if predicate == "within":
        found: Mask = shapely.covers(region, shapes)
    elif predicate == "centroid":
        found = shapely.intersects(region, shapely.centroid(shapes))
    else:
        found = shapely.intersects(region, shapes)
    return found


def in_circle(shapes: NDArray, centre: shapely.Point, radius_m: float, predicate: str) -> Mask:
    """Return which shapes lie in a true circle, not in a polygon that stands for one.

    Parameters
    ----------
    shapes : array of geometry
        In a plane CRS in metres.
    centre : Point
        In the same CRS.
    radius_m : float
    predicate : {"intersects", "within", "centroid"}
        Of a shape within the circle all vertices are.
    """
    if predicate == "within":
        corners, owner = shapely.get_coordinates(shapes, return_index=True)
        farthest = np.zeros(len(shapes))
        np.maximum.at(farthest, owner, np.hypot(corners[:, 0] - centre.x, corners[:, 1] - centre.y))
        found: Mask = (farthest <= radius_m) & ~shapely.is_missing(shapes)
    elif predicate == "centroid":
        found = shapely.dwithin(shapely.centroid(shapes), centre, radius_m)
    else:
        found = shapely.dwithin(shapes, centre, radius_m)
    return found


def buffered(shape: shapely.Geometry, radius_m: float) -> shapely.Geometry:
    """Return everything within a distance of a shape in a plane CRS in metres."""
    return shapely.buffer(shape, radius_m, quad_segs=_QUARTER_SEGMENTS)


def reach_box(bounds: Bounds, reach_m: float) -> shapely.Polygon:
    """Return a box in degrees that holds all that is within a distance of some bounds in degrees.

    Examples
    --------
    >>> reach_box(np.array([121.5, 30.0, 121.5, 30.0]), 1_090.0).bounds[1::2]
    (29.99, 30.01)
    """
    west, south, east, north = bounds
    up = reach_m / LEAST_METRES_PER_DEGREE
    farthest = min(max(abs(south - up), abs(north + up)), 89.9)
    along = up / np.cos(np.radians(farthest))
    box: shapely.Polygon = shapely.box(west - along, south - up, east + along, north + up)
    return box


def nearest(
    count: int,
    record_count: int,
    near: Callable[[float], NDArray[np.intp]],
    distances_m: Callable[[NDArray[np.intp]], NDArray[np.float64]],
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the nearest records and their distances, nearest first; equal distances in the records' order.

    Looks farther and farther until enough records are nearer than it looked, so that only the neighbourhood is ever
    measured.

    Parameters
    ----------
    count : int
        How many are wanted.
    record_count : int
        How many there are to be found.
    near : function of a distance in metres
        Rows of all records within that distance, perhaps of some beyond it.
    distances_m : function of rows
        Their distances in metres.

    Returns
    -------
    (rows, distances in metres), at most *count*
    """
    reach_m = _FIRST_REACH_M
    while True:
        rows = np.sort(near(reach_m))
        found_m = distances_m(rows)
        is_sure = found_m <= reach_m
        if is_sure.sum() >= min(count, record_count) or len(rows) >= record_count:
            break
        reach_m *= 4
    order = np.argsort(found_m, kind="stable")[:count]
    return rows[order], found_m[order]
