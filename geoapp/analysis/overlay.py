"""Which plot lies in which zone, and with how much of its area: one sparse matrix that every statistic multiplies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy import sparse

from geoapp.analysis.outlines import are_valid, outlines_of, shared_areas
from geoapp.analysis.plane import to_plane
from geoapp.errors import CrsError, UsageError

if TYPE_CHECKING:
    from geoapp.analysis.kernels_outlines import Outlines

MEMBERSHIPS = {"clip": "按裁切面积", "largest": "按最大占比", "centroid": "按形心"}
"""Ways of saying which zone a plot belongs to, with their Chinese words."""

DUST_SHARE = 1e-9
"""Shares below it are rounding of coordinates (0.01 mm along a 100 m edge), not land."""

_PIECE = 50_000
"""Plots overlaid at a time: half a million shapes in another plane take as much memory as the register's own."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Which plots belong to which zones. Rows are plots, columns zones, both in the order given."""

    method: str
    """clip, largest or centroid."""
    areas: sparse.csr_array
    """Share of each plot's area that counts in each zone: clipped shares, or 1 in the one zone it belongs to."""
    counts: sparse.csr_array
    """1 in the one zone where the plot is counted, so that counts are whole and add up."""
    outside_share: Floats
    """Share of each plot's area in no zone."""
    outside_count: Floats
    """1 where the plot is counted in no zone."""
    has_area: NDArray[np.bool_]
    """False for plots without a polygon of some area: they are outside, since no share of nothing can be taken."""
    overlap_share: Floats
    """Share of each plot's area that counts more than once because zones overlap one another."""

    @property
    def overlapping_count(self) -> int:
        """Number of plots that count in overlapping zones with more than their whole area."""
        return int((self.overlap_share > 0).sum())

    def of_plots(self, is_wanted: NDArray[np.bool_] | Ints) -> "Membership":
        """Return the membership of some of the plots, by which are wanted or by their rows in the order wanted."""
        return Membership(
            method=self.method,
            areas=self.areas[is_wanted],
            counts=self.counts[is_wanted],
            outside_share=self.outside_share[is_wanted],
            outside_count=self.outside_count[is_wanted],
            has_area=self.has_area[is_wanted],
            overlap_share=self.overlap_share[is_wanted],
        )

    def updated(self, old_row: Ints, fresh: "Membership") -> "Membership":
        """Return the membership of a later state of the plots, of which only some were overlaid anew.

        Parameters
        ----------
        old_row : array of int, one per plot of the later state
            Its row here; -1 for what is new or changed.
        fresh : Membership
            Of the new and changed plots in their order, in the same zones and by the same method.
        """
        is_fresh = old_row < 0
        row = np.where(is_fresh, len(self.has_area) + np.cumsum(is_fresh) - 1, old_row)

        def joined(old: NDArray, new: NDArray) -> NDArray:
            both: NDArray = np.concatenate([old, new])[row]
            return both

        return Membership(
            method=self.method,
            areas=sparse.csr_array(sparse.vstack([self.areas, fresh.areas], format="csr")[row]),
            counts=sparse.csr_array(sparse.vstack([self.counts, fresh.counts], format="csr")[row]),
            outside_share=joined(self.outside_share, fresh.outside_share),
            outside_count=joined(self.outside_count, fresh.outside_count),
            has_area=joined(self.has_area, fresh.has_area),
            overlap_share=joined(self.overlap_share, fresh.overlap_share),
        )


def joined(pieces: Sequence[Membership]) -> Membership:
    """Return the membership of all plots from those of some after one another, in the same zones by the same method.

    Parameters
    ----------
    pieces : sequence of Membership
        At least one. A plot's shares do not depend on the other plots, so they are what they would be overlaid at once.
    """
    if len(pieces) == 1:
        return pieces[0]

    def stacked(name: str) -> sparse.csr_array:
        return sparse.csr_array(sparse.vstack([getattr(piece, name) for piece in pieces], format="csr"))

    def together(name: str) -> NDArray:
        return np.concatenate([getattr(piece, name) for piece in pieces])

    areas, is_one = stacked("areas"), pieces[0].counts is pieces[0].areas
    return Membership(
        method=pieces[0].method,
        areas=areas,
        counts=areas if is_one else stacked("counts"),
        outside_share=together("outside_share"),
        outside_count=together("outside_count"),
        has_area=together("has_area"),
        overlap_share=together("overlap_share"),
    )


def check_membership(membership: str) -> None:
    """Refuse another word for membership than those of MEMBERSHIPS; raises UsageError naming them."""
    if membership not in MEMBERSHIPS:
        raise UsageError(f"归属方式“{membership}”不认识；可用：{'、'.join(MEMBERSHIPS)}。")


def overlay_shares(
    plots: gpd.GeoSeries,
    zones: gpd.GeoSeries,
    *,
    membership: str = "clip",
    working_crs: int | str | CRS | None = None,
    least_share: float = 0.0,
) -> Membership:
    """Return which plots belong to which zones, by clipped area, by largest share or by centroid.

    Areas are compared in the plane of the working CRS: a share is a part of one plot, over which the scale of a
    projection fit for the place is constant to one part in a million. Pairs that a prepared zone covers have share 1;
    only plots that cross a zone's edge are cut. Plots are taken 50,000 at a time.

    Parameters
    ----------
    plots, zones : GeoSeries of Polygon or MultiPolygon
        Valid geometry, in any known CRS. Missing or empty geometry is allowed. The index is not read.
    membership : {"clip", "largest", "centroid"}
        clip: a plot's area counts in each zone by the share that lies in it; the plot itself is counted in the zone
        of its largest share. largest: area and plot count whole in the zone of the largest share (a tie goes to the
        zone that comes first). centroid: whole in the first zone that holds the centroid, its edge included.
    working_crs : int, str or CRS, optional
        Projected CRS in which areas are compared; the plots' own if left out.
    least_share : float
        Under clip and largest a plot is only counted in a zone that has at least this share of it, 0 to 1; otherwise
        it is counted outside. 0 means any land in the zone.

    Returns
    -------
    Membership
        A plot in no zone, without geometry or without area is outside. Where zones overlap one another a plot's
        clipped shares may sum to more than 1; `overlap_share` says by how much.

    Raises
    ------
    UsageError
        Another word for membership.
    CrsError
        A CRS is missing, the working CRS is in degrees, or it cannot hold the plots.

    Examples
    --------
    >>> plots = gpd.GeoSeries([shapely.box(0, 0, 10, 10), shapely.box(8, 0, 12, 10)], crs=4549)
    >>> zones = gpd.GeoSeries([shapely.box(0, 0, 11, 10)], crs=4549)
    >>> overlay_shares(plots, zones).areas.toarray().tolist()
    [[1.0], [0.75]]
    """
    check_membership(membership)
    plane = _plane_crs(plots, zones, working_crs)
    shapes, ready, pieces = zones.to_crs(plane).to_numpy(), None, []
    for start in range(0, max(len(plots), 1), _PIECE):
        plot_shapes = valid_shapes(to_plane(plots.iloc[start : start + _PIECE], plane).to_numpy())
        if ready is None:  # the same for all pieces, so where there are several none is left out
            is_whole = len(plot_shapes) == len(plots)
            ready = _ready(_within_reach(shapes, plot_shapes) if is_whole else shapes, membership)
        pieces.append(_overlaid(plot_shapes, ready, membership, least_share))
    return joined(pieces)


@dataclass(frozen=True, slots=True)
class _Zones:
    """Zones made ready once for all pieces of the plots."""

    shapes: NDArray
    outlines: "Outlines | None"
    """None where no area is measured."""


def _ready(shapes: NDArray, membership: str) -> _Zones:
    valid = valid_shapes(shapes)
    return _Zones(valid, None if membership == "centroid" else outlines_of(valid))


def _overlaid(plot_shapes: NDArray, zones: _Zones, membership: str, least_share: float) -> Membership:
    plot_areas = np.nan_to_num(shapely.area(plot_shapes))
    if membership == "centroid":
        belongs = _centroid_zone(plot_shapes, zones.shapes)
        return _whole(membership, belongs, len(zones.shapes), plot_areas > 0)
    shares = _clipped_shares(plot_shapes, zones, plot_areas)
    belongs = _largest_zone(shares, least_share)
    if membership == "largest":
        return _whole(membership, belongs, len(zones.shapes), plot_areas > 0)
    return _clipped(shares, belongs, plot_areas > 0)


def _plane_crs(plots: gpd.GeoSeries, zones: gpd.GeoSeries, working_crs: int | str | CRS | None) -> CRS:
    for name, geometries in (("地块", plots), ("分区", zones)):
        if geometries.crs is None:
            raise CrsError(f"{name}没有坐标系，请先说明它按哪个坐标系测绘（如 EPSG:4549）。")
    plane = CRS.from_user_input(plots.crs if working_crs is None else working_crs)
    if not plane.is_projected:
        raise CrsError(
            f"叠加要在平面坐标系里进行，而 {plane.name} 是经纬度。请指定投影坐标系（如 EPSG:4549）。"
        )
    return plane


def _within_reach(zones: NDArray, plots: NDArray) -> NDArray:
    """Return the zones, None in place of those beyond the plots: after an edit a few plots meet hundreds of zones."""
    bounds, land = shapely.bounds(zones), shapely.bounds(plots)  # NaN where there is no shape
    low = np.fmin.reduce(land[:, :2], axis=0, initial=np.inf)
    high = np.fmax.reduce(land[:, 2:], axis=0, initial=-np.inf)
    reached = zones.copy()
    reached[~((bounds[:, :2] <= high) & (bounds[:, 2:] >= low)).all(axis=1)] = None
    return reached


def valid_shapes(geometries: NDArray) -> NDArray:
    """Return the shapes, those put right that are invalid: a projection may fold a sliver that was valid before."""
    shapes = geometries.copy()
    is_broken = ~are_valid(shapes) & ~shapely.is_missing(shapes)
    shapes[is_broken] = shapely.make_valid(shapes[is_broken], method="structure", keep_collapsed=False)
    return shapes


def _clipped_shares(plots: NDArray, zones: _Zones, plot_areas: Floats) -> sparse.csr_array:
    """Return plots x zones area shares."""
    with_area = np.flatnonzero(plot_areas > 0)
    zone, plot, area = shared_areas(plots[with_area], zones.shapes, zones.outlines)
    shares = np.minimum(area / plot_areas[with_area[plot]], 1.0)
    shares[shares > 1.0 - DUST_SHARE] = 1.0
    kept = shares > DUST_SHARE
    pairs = with_area[plot[kept]], zone[kept]
    return sparse.csr_array((shares[kept], pairs), shape=(len(plots), len(zones.shapes)))


def _largest_zone(shares: sparse.csr_array, least_share: float) -> Ints:
    """Return each plot's zone of the largest share, the first on a tie; -1 for none."""
    belongs = np.full(shares.shape[0], -1, dtype=np.int64)
    pairs = shares.tocoo()
    plot, zone = pairs.coords
    order = np.lexsort((zone, -np.round(pairs.data / DUST_SHARE), plot))
    ranked_plots, first = np.unique(plot[order], return_index=True)
    best = order[first]
    enough = pairs.data[best] >= least_share
    belongs[ranked_plots[enough]] = zone[best][enough]
    return belongs


def _centroid_zone(plots: NDArray, zones: NDArray) -> Ints:
    """Return the first zone that holds each plot's centroid, edges included; -1 for none."""
    belongs = np.full(len(plots), -1, dtype=np.int64)
    zone, plot = shapely.STRtree(shapely.centroid(plots)).query(zones, predicate="intersects")
    found, first = np.unique(plot, return_index=True)  # ordered by zone, so the first zone's
    belongs[found] = zone[first]
    return belongs


def _one_hot(belongs: Ints, zone_count: int) -> sparse.csr_array:
    rows = np.flatnonzero(belongs >= 0)
    return sparse.csr_array(
        (np.ones(len(rows)), (rows, belongs[rows])), shape=(len(belongs), zone_count), dtype=np.float64
    )


def _whole(method: str, belongs: Ints, zone_count: int, has_area: NDArray[np.bool_]) -> Membership:
    counts = _one_hot(belongs, zone_count)
    outside = (belongs < 0).astype(np.float64)
    nothing = np.zeros(len(belongs))
    return Membership(
        method=method, areas=counts, counts=counts, outside_share=outside, outside_count=outside, has_area=has_area,
        overlap_share=nothing,
    )  # fmt: skip


def _clipped(shares: sparse.csr_array, belongs: Ints, has_area: NDArray[np.bool_]) -> Membership:
    inside = np.asarray(shares.sum(axis=1)).ravel()
    outside, overlap = 1.0 - inside, inside - 1.0
    return Membership(
        method="clip",
        areas=shares,
        counts=_one_hot(belongs, shares.shape[1]),
        outside_share=np.where(outside > DUST_SHARE, outside, 0.0),
        outside_count=(belongs < 0).astype(np.float64),
        has_area=has_area,
        overlap_share=np.where(overlap > DUST_SHARE, overlap, 0.0),
    )
