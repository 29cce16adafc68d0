"""Splitting a plot along a line and merging plots that touch, without land made or lost."""

from collections.abc import Sequence

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geoapp.analysis.local_plane import LocalPlane
from geoapp.analysis.snapping import snap_to_neighbours
from geoapp.errors import InputError

_SAME_PLACE_M = 1e-6


def split_by_line(plot: shapely.Geometry, line: shapely.LineString) -> list[shapely.Geometry]:
    """Return the parts into which a line divides a plot.

    The line's parts outside the plot are of no account, nor are ends that stop inside it. Where the plot consists of
    several pieces, those that the line does not cut stay with the largest part.

    Parameters
    ----------
    plot : Polygon or MultiPolygon
        In degrees (EPSG:4490), valid.
    line : LineString
        In degrees.

    Returns
    -------
    list of Polygon or MultiPolygon, from west to east (of points inside them), at least two
        Their ellipsoid areas sum to the plot's to 1e-9; corners of the plot are kept to the bit.

    Raises
    ------
    InputError
        The line does not divide the plot.

    Examples
    --------
    >>> line = shapely.LineString([(121.501, 29.9), (121.501, 30.0)])
    >>> [part.bounds[0] for part in split_by_line(shapely.box(121.5, 29.95, 121.503, 29.952), line)]
    [121.5, 121.501]
    """
    plane = LocalPlane.around([plot])
    flat = plane.to_plane(plot)
    # A line that passes a corner closer than can be told goes through it: else a piece of no width would be cut off.
    corners = shapely.MultiPoint(shapely.get_coordinates(flat))
    cut = shapely.snap(plane.to_plane(line), corners, _SAME_PLACE_M)
    divided: list[shapely.Geometry] = []
    whole: list[shapely.Geometry] = []
    for part in shapely.get_parts(flat):
        pieces = _pieces(part, cut)
        (divided if len(pieces) > 1 else whole).extend(pieces)
    if not divided:
        raise InputError("这条线没有把地块分开。请从地块外画起，穿过地块，到地块外结束。")
    if whole:
        largest = int(np.argmax(shapely.area(np.asarray(divided, dtype=object))))
        # They do not touch: the union only collects them.
        divided[largest] = shapely.union_all([divided[largest], *whole])
    divided.sort(key=lambda piece: shapely.get_coordinates(shapely.point_on_surface(piece))[0].tolist())
    return [plane.to_degrees(piece) for piece in divided]


def _pieces(part: shapely.Polygon, cut: shapely.LineString) -> list[shapely.Polygon]:
    noded = shapely.union_all([shapely.boundary(part), cut])
    shapely.prepare(part)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = [face for face in faces if shapely.contains(part, shapely.point_on_surface(face))]
    return inside if len(inside) > 1 else [part]


def merge_touching(plots: Sequence[shapely.Geometry], tolerance_m: float) -> shapely.Geometry:
    """Return the plots as one.

    Vertices within the tolerance of another of the plots are laid onto it first; what stays open between them and is
    narrower than the tolerance is closed. Where plots overlap the land counts once.

    Parameters
    ----------
    plots : sequence of Polygon or MultiPolygon
        At least two, in degrees (EPSG:4490), valid.
    tolerance_m : float
        In m.

    Returns
    -------
    Polygon or MultiPolygon
        Of plots whose edges fit together the ellipsoid area is the sum of theirs to 1e-9.

    Raises
    ------
    InputError
        Some of the plots share no edge with the others.

    Examples
    --------
    >>> left, right = shapely.box(121.5, 29.95, 121.502, 29.952), shapely.box(121.502, 29.95, 121.504, 29.952)
    >>> merge_touching([left, right], 0.5).bounds
    (121.5, 29.95, 121.504, 29.952)
    """
    fitted: list[shapely.Geometry] = []
    for plot in plots:
        fitted.append(snap_to_neighbours(plot, fitted, tolerance_m))
    for place, plot in enumerate(fitted):  # the earlier take up what vertices the later have on their edges
        fitted[place] = snap_to_neighbours(plot, [*fitted[:place], *fitted[place + 1 :]], tolerance_m)
    plane = LocalPlane.around(fitted)
    flat = np.asarray([plane.to_plane(plot) for plot in fitted], dtype=object)
    apart = _apart(flat)
    if apart:
        words = "、".join(str(number + 1) for number in apart)
        raise InputError(
            f"所选的第 {words} 宗与其余地块没有公共边，不能合并。请只选相连的地块，或先改图形使其相接。"
        )
    merged = shapely.union_all(flat)
    return plane.to_degrees(_without_cracks(merged, tolerance_m))


def _apart(flat: np.ndarray) -> list[int]:
    """Return the positions of plots that share no edge with those around the first."""
    one, other = np.triu_indices(len(flat), 1)
    shared = shapely.intersection(flat[one], flat[other])
    is_joined = (shapely.length(shared) > 0) | (shapely.area(shared) > 0)
    links = sparse.coo_array(
        (np.ones(int(is_joined.sum())), (one[is_joined], other[is_joined])), shape=(len(flat),) * 2
    )
    group = connected_components(links, directed=False)[1]
    return np.flatnonzero(group != group[0]).tolist()


def _without_cracks(merged: shapely.Geometry, width_m: float) -> shapely.Geometry:
    """Return the shape without holes that are narrower than a width (twice the area by the perimeter)."""
    parts = []
    for part in shapely.get_parts(merged):
        kept = [ring for ring in part.interiors if _width(ring) >= width_m]
        parts.append(shapely.Polygon(part.exterior, kept))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _width(ring: shapely.LinearRing) -> float:
    """Return how wide a narrow strip within a ring is: twice its area by its perimeter."""
    return 2 * float(shapely.area(shapely.Polygon(ring))) / float(shapely.length(ring))
