"""The area that plots and zones share, pair by pair, measured on their edges by compiled code."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from geoapp.analysis.kernels_outlines import Outlines

_POLYGON = 3
"""Shapely's number of the type."""
_FEW_PAIRS = 2_000
"""Threads cost more than they save for no more."""

_CHUNK = 4_096
"""Shapes that a thread looks at together."""
_PIECE = 50_000
"""Shapes whose edges are held at once, some 20 MB of them."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Item = TypeVar("Item")
Result = TypeVar("Result")


def shared_areas(
    plots: NDArray, zones: NDArray, zone_outlines: "Outlines | None" = None
) -> tuple[Ints, Ints, Floats]:
    """Return the pairs of a zone and a plot whose boxes meet, and the area that each pair shares.

    Parameters
    ----------
    plots, zones : array of valid Polygon or MultiPolygon, one plane
        What has no area shares none. Missing zones are allowed.
    zone_outlines : Outlines, optional
        Of the zones, where they are at hand: `outlines_of`.

    Returns
    -------
    zone, plot : arrays of int, ordered by zone
    area : array of float, in the square of the plane's unit
        Exact but for rounding: a few units in the last place of the plot's box. Of a pair alone, so the same whatever
        other pairs are asked for.
    """
    from geoapp.analysis import kernels_outlines as kernels  # compiled code is loaded by those who need it

    zone, plot = shapely.STRtree(plots).query(zones)
    first_pair = np.searchsorted(zone, np.arange(len(zones) + 1))
    own, others = outlines_of(plots), zone_outlines or outlines_of(zones)

    def of_zone(number: int) -> Floats:
        edges = others.edges[others.first[number] : others.first[number + 1]]
        rows = plot[first_pair[number] : first_pair[number + 1]]
        areas: Floats = kernels.shared_areas(edges, tuple(others.boxes[number].tolist()), own, rows)
        return areas

    met = np.flatnonzero(np.diff(first_pair))
    areas = in_threads(of_zone, met.tolist(), is_much=len(zone) > _FEW_PAIRS)
    return zone, plot, np.concatenate([np.empty(0), *areas])


def areas_in_common(shapes: NDArray) -> tuple[Ints, Ints, Floats]:
    """Return the pairs of shapes whose boxes meet, each once, and the area that both cover; see `shared_areas`.

    Parameters
    ----------
    shapes : array of valid Polygon or MultiPolygon, one plane

    Returns
    -------
    one, other : arrays of int, one below other, ordered by one
    area : array of float, in the square of the plane's unit
    """
    found = list(pairs_in_common(shapes))
    nothing = np.empty(0, np.int64)
    one = np.concatenate([nothing, *(pairs for pairs, _, _ in found)])
    other = np.concatenate([nothing, *(pairs for _, pairs, _ in found)])
    return one, other, np.concatenate([np.empty(0), *(areas for _, _, areas in found)])


def pairs_in_common(shapes: NDArray) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield the same piece by piece, for those who keep few of the pairs."""
    from geoapp.analysis import kernels_outlines as kernels

    tree = shapely.STRtree(shapes)
    for start in range(0, len(shapes), _PIECE):
        one, other = tree.query(shapes[start : start + _PIECE])
        one += start
        is_first = one < other
        one, other = one[is_first], other[is_first]
        rows = np.unique(np.concatenate([one, other]))
        own = outlines_of(shapes[rows])
        areas = kernels.areas_in_common(own, np.searchsorted(rows, one), np.searchsorted(rows, other))
        yield one, other, areas


def are_valid(shapes: NDArray) -> NDArray[np.bool_]:
    """Return `shapely.is_valid`, in threads, and without asking about what is a convex ring, as most plots are."""
    pieces = [_are_valid(shapes[start : start + _PIECE]) for start in range(0, len(shapes), _PIECE)]
    return np.concatenate([np.empty(0, bool), *pieces])


def _are_valid(shapes: NDArray) -> NDArray[np.bool_]:
    from geoapp.analysis import kernels_outlines as kernels

    answers = np.zeros(len(shapes), dtype=bool)
    single = np.flatnonzero(_is_ring(shapes))
    rings = shapes[single]
    answers[single] = kernels.are_convex(shapely.get_coordinates(rings), _starts(rings))
    asked = np.flatnonzero(~answers)
    few = [asked[start : start + _CHUNK] for start in range(0, len(asked), _CHUNK)]
    found = in_threads(lambda some: shapely.is_valid(shapes[some]), few, is_much=len(few) > 1)
    answers[asked] = np.concatenate([np.empty(0, bool), *found])
    return answers


def in_threads(work: Callable[[Item], Result], items: Iterable[Item], *, is_much: bool) -> list[Result]:
    """Return *work* on each item; it runs outside Python's lock, so threads help where there is much."""
    if not is_much:
        return [work(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as threads:
        return list(threads.map(work, items))


def outlines_of(shapes: NDArray) -> "Outlines":
    """Return the edges of valid polygons as `shared_areas` measures on them."""
    from geoapp.analysis import kernels_outlines as kernels

    rings, owner, is_hole = _rings(shapes)
    edges, first = kernels.directed_edges(shapely.get_coordinates(rings), _starts(rings), is_hole)
    first_ring = np.searchsorted(owner, np.arange(len(shapes) + 1))
    return kernels.Outlines(edges, first[first_ring], shapely.bounds(shapes))


def _rings(shapes: NDArray) -> tuple[NDArray, Ints, NDArray[np.bool_]]:
    """Return all rings, the shapes they are of, in their order, and whether they are holes.

    A polygon of one ring stands for its ring: most are of that kind, and taking rings out costs more than all the rest.
    """
    is_ring = _is_ring(shapes)
    single, several = np.flatnonzero(is_ring), np.flatnonzero(~is_ring)
    parts, shape_of_part = shapely.get_parts(shapes[several], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    is_hole = np.concatenate([np.zeros(len(single), bool), np.diff(part, prepend=-1) == 0])
    owner = np.concatenate([single, several[shape_of_part[part]]])
    order = np.argsort(owner, kind="stable")
    return np.concatenate([shapes[single], rings])[order], owner[order], is_hole[order]


def _is_ring(shapes: NDArray) -> NDArray[np.bool_]:
    is_ring: NDArray[np.bool_] = shapely.get_type_id(shapes) == _POLYGON
    is_ring &= shapely.get_num_interior_rings(shapes) == 0
    return is_ring


def _starts(rings: NDArray) -> Ints:
    """Return where the coordinates of each begin among those of all, and where the last end."""
    return np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(rings))])
