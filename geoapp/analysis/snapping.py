"""Vertices drawn by hand laid onto those of the neighbours, so that shapes touch and neither overlap nor gape."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.analysis.local_plane import LocalPlane

Points = NDArray[np.float64]


def snap_to_neighbours(
    shape: shapely.Geometry, neighbours: Sequence[shapely.Geometry], tolerance_m: float
) -> shapely.Geometry:
    """Return a shape whose vertices near a neighbour lie on it exactly.

    A vertex goes to the nearest vertex of a neighbour within the tolerance, else to the nearest point of a neighbour's
    edge within it. A neighbour's vertex that lies so near to an edge of the shape becomes a vertex of the shape.

    Parameters
    ----------
    shape : polygon or line, of one part or several
        In degrees (EPSG:4490), valid.
    neighbours : sequence of polygons and lines
        In degrees.
    tolerance_m : float
        How far a vertex may move, m.

    Returns
    -------
    As *shape*, valid
        The shape itself where nothing is near, or where moving its vertices would make it cross itself.

    Examples
    --------
    >>> left, right = shapely.box(121.5, 29.95, 121.502, 29.952), shapely.box(121.502001, 29.95, 121.504, 29.952)
    >>> snap_to_neighbours(right, [left], 0.5).bounds[0]
    121.502
    """
    if not len(neighbours):
        return shape
    plane = LocalPlane.around([shape])
    flat = [plane.to_plane(neighbour) for neighbour in neighbours]
    target = _Target(flat, tolerance_m)
    snapped = _by_parts(plane.to_plane(shape), target)
    if snapped is None:
        return shape
    fitted = plane.to_degrees(snapped)
    return fitted if shapely.is_valid(fitted) else shape


class _Target:
    """What is snapped to: vertices and edges of the neighbours in the plane."""

    def __init__(self, neighbours: Sequence[shapely.Geometry], tolerance_m: float) -> None:
        self.tolerance_m = tolerance_m
        shapes = np.asarray(neighbours, dtype=object)
        self.vertices = np.unique(shapely.get_coordinates(shapes), axis=0)
        self._points = shapely.STRtree(_geometries(shapely.points(self.vertices)))
        rings = _paths(shapes)
        places, ring = shapely.get_coordinates(rings, return_index=True)
        is_edge = ring[1:] == ring[:-1]
        ends = np.stack([places[:-1][is_edge], places[1:][is_edge]], axis=1)
        self._edges = _geometries(shapely.linestrings(ends))
        self._edge_tree = shapely.STRtree(self._edges)

    def snap(self, points: Points) -> Points:
        """Return points laid onto vertices, else edges, within the tolerance."""
        moved = points.copy()
        geometries = _geometries(shapely.points(points))
        row, vertex = self._points.query_nearest(geometries, max_distance=self.tolerance_m, all_matches=False)
        moved[row] = self.vertices[vertex]
        rest = np.setdiff1d(np.arange(len(points)), row)
        near, edge = self._edge_tree.query_nearest(
            geometries[rest], max_distance=self.tolerance_m, all_matches=False
        )
        along = shapely.line_locate_point(self._edges[edge], geometries[rest[near]])
        moved[rest[near]] = shapely.get_coordinates(shapely.line_interpolate_point(self._edges[edge], along))
        return moved

    def between(self, start: Points, end: Points) -> Points:
        """Return the vertices that lie near an edge between its ends, in its direction."""
        edge = shapely.LineString([start, end])
        found = self.vertices[
            np.sort(self._points.query(edge, predicate="dwithin", distance=self.tolerance_m))
        ]
        along = np.atleast_1d(shapely.line_locate_point(edge, shapely.points(found)))
        is_inner = (along > 0) & (along < shapely.length(edge))
        return np.asarray(found[is_inner][np.argsort(along[is_inner], kind="stable")])


def _paths(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the rings of polygons and the lines."""
    parts = shapely.get_parts(shapes)
    lines = parts[shapely.get_dimensions(parts) == 1]
    return np.concatenate([shapely.get_rings(parts), lines])


def _by_parts(shape: shapely.Geometry, target: _Target) -> shapely.Geometry | None:
    """Return the snapped shape; None where that is no valid shape."""
    make = _snapped_polygon if shapely.get_dimensions(shape) == 2 else _snapped_line
    parts = [make(part, target) for part in shapely.get_parts(shape)]
    if None in parts:
        return None
    snapped: Any = parts[0]
    if len(parts) > 1:
        snapped = (shapely.multipolygons if make is _snapped_polygon else shapely.multilinestrings)(parts)
    return snapped if shapely.is_valid(snapped) else None


def _snapped_polygon(part: shapely.Geometry, target: _Target) -> shapely.Polygon | None:
    rings = [_snap_path(shapely.get_coordinates(ring), target) for ring in shapely.get_rings(part)]
    return None if any(len(ring) < 4 for ring in rings) else shapely.Polygon(rings[0], rings[1:])


def _snapped_line(part: shapely.Geometry, target: _Target) -> shapely.LineString | None:
    path = _snap_path(shapely.get_coordinates(part), target)
    return None if len(path) < 2 else shapely.LineString(path)


def _snap_path(path: Points, target: _Target) -> Points:
    moved = target.snap(path)
    pieces = []
    for start, end in pairwise(moved):
        pieces += [start[None, :], target.between(start, end)]
    whole = np.concatenate([*pieces, moved[-1:]])
    is_repeated = np.concatenate([[False], (whole[1:] == whole[:-1]).all(axis=1)])
    return np.asarray(whole[~is_repeated])


def _geometries(made: object) -> NDArray[np.object_]:
    """Return what shapely made of rows as an array; for its types it might be a single geometry."""
    return np.asarray(made, dtype=object)
