"""Land that lies in several shapes at once, and what is left of recognised areas when it counts only once."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geoapp.analysis.area import ellipsoid_area_m2
from geoapp.analysis.overlay import valid_shapes

GRID_M2 = 2.0**-22
"""Counted areas are whole multiples of it (a quarter of a square millimetre), so sums are the same in any order."""
_DECIMALS_OFF_GRID = 6
"""Of m2: coarser than the grid, and far finer than what registers hold."""

Key = Hashable
Cell = tuple[shapely.Geometry, frozenset[int]]
"""A piece of land and the positions of the shapes it lies in."""


@dataclass(frozen=True, slots=True)
class SharedLand:
    """A piece of land that lies in two or more shapes."""

    area_m2: float
    keys: tuple[Key, ...]
    """Of the shapes it lies in, sorted."""


def on_grid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return areas rounded to multiples of GRID_M2, which floats add without error.

    Examples
    --------
    >>> a, b = on_grid(np.array([0.1, 0.2]))
    >>> bool((a + b) - b == a)
    True
    """
    rounded: NDArray[np.float64] = np.round(values / GRID_M2) * GRID_M2
    return rounded


def off_grid(areas_m2: pd.Series) -> pd.Series:
    """Return areas on the grid as they were written: for a reader, not for sums that must be exact.

    Examples
    --------
    >>> off_grid(pd.Series(on_grid(np.array([19_219.9])))).tolist()
    [19219.9]
    """
    return areas_m2.round(_DECIMALS_OFF_GRID)


def _grid(value: float) -> float:
    return round(value / GRID_M2) * GRID_M2


def shared_land(
    shapes: gpd.GeoSeries,
    area_m2: pd.Series,
    tolerance_m2: float,
    groups: Sequence[Hashable] | pd.Index | None = None,
) -> list[SharedLand]:
    """Return the pieces of land that lie in two or more of the shapes, each piece once.

    Only shapes that meet are cut with one another; where three or more lie over one another, the land is split until
    every piece lies wholly in or out of each.

    Parameters
    ----------
    shapes : GeoSeries of Polygon or MultiPolygon in EPSG:4490
        Missing and invalid geometry is allowed; index is unique.
    area_m2 : Series on the shapes' index
        The area each shape stands for (m2, such as the registered one); pieces are measured on the ellipsoid and
        scaled with it. Where it is unknown the measured area holds.
    tolerance_m2 : float
        Two shapes that share no more than this are taken as neighbours.
    groups : sequence, optional
        One per shape: only shapes of the same group are compared.

    Returns
    -------
    list of SharedLand

    Examples
    --------
    >>> east = gpd.GeoSeries([shapely.box(121, 30, 121.002, 30.001), shapely.box(121.001, 30, 121.003, 30.001)],
    ...     index=["A", "B"], crs=4490)
    >>> [piece] = shared_land(east, pd.Series({"A": 2e4, "B": 2e4}), 1.0)
    >>> piece.keys, round(piece.area_m2)
    (('A', 'B'), 10000)
    """
    polygons = valid_shapes(shapes.to_numpy())
    first, second, pieces = _pairs(polygons, shapes, tolerance_m2, groups)
    if not len(pieces):
        return []
    measured = pd.Series(_measure(polygons, shapes), index=shapes.index)
    scale = (area_m2.reindex(shapes.index).fillna(measured) / measured).to_numpy()
    together = _connected(pieces, shapes)
    found: list[SharedLand] = []
    for number in range(together.max() + 1):
        members = np.flatnonzero(together == number)
        cells = _cells(pieces[members], first[members], second[members])
        found += _measured_cells(cells, shapes, scale)
    return found


def overlapping_pairs(
    shapes: gpd.GeoSeries, tolerance_m2: float, is_asked: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return which shapes share more land than the tolerance with one of those asked about.

    Parameters
    ----------
    shapes : GeoSeries of Polygon or MultiPolygon in EPSG:4490
        Missing and invalid geometry is allowed; index is unique.
    tolerance_m2 : float
    is_asked : array of bool, one per shape
        Pairs of which neither is asked about are left out: they are known already.

    Returns
    -------
    DataFrame: first, second (index values of the shapes), each pair once
    """
    first, second, _ = _pairs(valid_shapes(shapes.to_numpy()), shapes, tolerance_m2, None, is_asked)
    return pd.DataFrame({"first": shapes.index[first], "second": shapes.index[second]})


def _measure(polygons: NDArray, like: gpd.GeoSeries) -> NDArray[np.float64]:
    return ellipsoid_area_m2(gpd.GeoSeries(polygons, crs=like.crs))


def _land(pieces: NDArray) -> NDArray:
    """Return the polygons of intersections, which may hold points and lines as well."""
    is_mixed = shapely.get_type_id(pieces) == shapely.GeometryType.GEOMETRYCOLLECTION
    kept: NDArray = pieces.copy()
    kept[is_mixed] = [
        shapely.MultiPolygon([part for part in piece.geoms if part.geom_type == "Polygon"])
        for piece in pieces[is_mixed]
    ]
    kept[shapely.get_dimensions(kept) < 2] = shapely.Polygon()
    return kept


def _pairs(
    polygons: NDArray,
    shapes: gpd.GeoSeries,
    tolerance_m2: float,
    groups: Sequence[Hashable] | pd.Index | None,
    is_asked: NDArray[np.bool_] | None = None,
) -> tuple[NDArray, NDArray, NDArray]:
    """Return first and second position and common land of the shapes that share more than the tolerance."""
    asked = np.arange(len(polygons)) if is_asked is None else np.flatnonzero(is_asked)
    one, other = shapely.STRtree(polygons).query(polygons[asked], predicate="intersects")
    one = asked[one]
    pair = np.unique(np.minimum(one, other) * len(polygons) + np.maximum(one, other))
    first, second = np.divmod(pair, max(len(polygons), 1))
    first, second = first[first != second], second[first != second]
    if groups is not None:
        codes = pd.factorize(np.asarray(groups, dtype=object))[0]
        is_same = codes[first] == codes[second]
        first, second = first[is_same], second[is_same]
    pieces = _land(shapely.intersection(polygons[first], polygons[second]))
    is_land = _measure(pieces, shapes) > tolerance_m2
    return first[is_land], second[is_land], pieces[is_land]


def _connected(pieces: NDArray, like: gpd.GeoSeries) -> NDArray:
    """Return the number of the group of each piece: pieces that lie over one another are in one."""
    one, other = shapely.STRtree(pieces).query(pieces, predicate="intersects")
    common = _measure(_land(shapely.intersection(pieces[one], pieces[other])), like) > GRID_M2
    links = sparse.coo_array((common[common], (one[common], other[common])), shape=(len(pieces), len(pieces)))
    groups: NDArray = connected_components(links, directed=False)[1]
    return groups


def _cells(pieces: NDArray, first: NDArray, second: NDArray) -> list[Cell]:
    if len(pieces) == 1:
        return [(pieces[0], frozenset((int(first[0]), int(second[0]))))]
    regions: dict[int, list[shapely.Geometry]] = {}
    for piece, *pair in zip(pieces, first.tolist(), second.tolist(), strict=True):
        for owner in pair:
            regions.setdefault(owner, []).append(piece)
    cells: list[Cell] = []
    for owner, parts in regions.items():
        rest: shapely.Geometry = shapely.union_all(parts)
        split: list[Cell] = []
        for cell, owners in cells:
            both = shapely.intersection(cell, rest)
            split += [(both, owners | {owner}), (shapely.difference(cell, rest), owners)]
            rest = shapely.difference(rest, cell)
        split.append((rest, frozenset({owner})))
        cells = [(cell, owners) for cell, owners in split if shapely.area(cell) > 0]
    return [(cell, owners) for cell, owners in cells if len(owners) > 1]


def _measured_cells(cells: Sequence[Cell], shapes: gpd.GeoSeries, scale: NDArray) -> Iterable[SharedLand]:
    areas = _measure(_land(np.array([cell for cell, _ in cells], dtype=object)), shapes)
    for area, (_, owners) in zip(areas.tolist(), cells, strict=True):
        keys = tuple(sorted(shapes.index[position] for position in owners))
        yield SharedLand(area * float(min(scale[list(owners)])), keys)


@dataclass(slots=True)
class Once:
    """What counts of each key while areas come and go, land shared with others counted once.

    A key's area is taken as spread evenly over its shape. In shared land the key that came first counts first, the
    others what is left of the land. The total never depends on the order in which areas came, only who it falls to.
    """

    pieces: Sequence[SharedLand]
    limit_m2: Mapping[Key, float]
    """The whole area of each key."""
    _of_key: dict[Key, list[int]] = field(init=False)
    _held: dict[Key, float] = field(init=False)
    _came: dict[Key, int] = field(init=False)
    """Place of each key in the order in which they came."""
    _lost: list[dict[Key, float]] = field(init=False)

    def __post_init__(self) -> None:
        """Set up the empty state."""
        self._of_key, self._held, self._came = {}, {}, {}
        self._lost = [dict.fromkeys(piece.keys, 0.0) for piece in self.pieces]
        for number, piece in enumerate(self.pieces):
            for key in piece.keys:
                self._of_key.setdefault(key, []).append(number)

    def add(self, key: Key, change_m2: float) -> dict[Key, float]:
        """Return by how much the counted area of each key changes when the area of one changes."""
        self._came.setdefault(key, len(self._came))
        self._held[key] = self._held.get(key, 0.0) + change_m2
        changes = {key: change_m2}
        for number in self._of_key.get(key, ()):
            for other, lost_m2 in self._losses(number).items():
                difference = self._lost[number][other] - lost_m2
                if difference:
                    changes[other] = changes.get(other, 0.0) + difference
                self._lost[number][other] = lost_m2
        return changes

    def _losses(self, number: int) -> dict[Key, float]:
        piece = self.pieces[number]
        left, losses = 1.0, dict.fromkeys(piece.keys, 0.0)
        for key in sorted(self._held.keys() & losses.keys(), key=self._came.__getitem__):
            share = min(1.0, self._held[key] / self.limit_m2[key]) if self.limit_m2[key] > 0 else 0.0
            losses[key] = _grid(max(0.0, share - left) * piece.area_m2)
            left = max(0.0, left - share)
        return losses
