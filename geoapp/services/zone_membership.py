"""Which plots belong to which zones of a division: computed once for statistics, filters and tables alike."""

from collections.abc import Hashable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.analysis.overlay import Membership, overlay_shares
from geoapp.analysis.plane import zones_in_plane, zones_to_plane
from geoapp.domain.frame_update import FRESH, known_rows
from geoapp.services.workspace import Workspace
from geoapp.services.zone_source import Zones

MEMBERSHIP_NOTES = {
    "clip": "面积按落在区内的比例分摊；宗数计入占比最大的分区",
    "largest": "整宗计入占比最大的分区",
    "centroid": "整宗计入形心所在的分区",
}
"""How plots are counted under each membership, in Chinese."""
_FEW = 50
"""Plots that are overlaid by themselves, when they are all that is asked about."""
_LARGEST_SHARE_UPDATED = 0.2
"""Of the plots new since the membership computed last; where more are, all are overlaid anew."""


@dataclass(frozen=True, slots=True)
class _Newest:
    """The membership computed last for some zones, and the versions of the plots it is of."""

    fids: pd.Index
    membership: Membership
    key: tuple[Hashable, ...]
    """Under which it is kept."""


def zone_membership(
    workspace: Workspace, plots: gpd.GeoSeries, division: Zones, membership: str, revision: int
) -> Membership:
    """Return the membership of all plots of a revision, computed once per state of plots and zones.

    After an edit of plots, only those that changed are overlaid.

    Parameters
    ----------
    workspace : Workspace
    plots : GeoSeries
        Of all plots at the revision, in the register's order.
    division : Zones
    membership : {"clip", "largest", "centroid"}
    revision : int
    """
    key = _key(workspace, division, membership, revision)
    newest_key = _newest_key(key)

    def make() -> Membership:
        fids = workspace.store.read("plots", revision=revision).index  # one per version of a record
        newest: _Newest | None = workspace.cache.peek(newest_key, None)
        made = _updated(workspace, plots, division, newest, fids) if newest else None
        if made is None:
            made = plots_membership(workspace, plots, division, membership)
        # Of a past day too: a trend goes on from one of its years to the next.
        workspace.cache.keep_newest(
            newest_key, _Newest(fids, made, key), key=key, before=None if newest is None else newest.key
        )
        return made

    return workspace.cache.get(key, make)


def _updated(
    workspace: Workspace, plots: gpd.GeoSeries, division: Zones, newest: _Newest, fids: pd.Index
) -> Membership | None:
    """Return the membership brought up from the one computed last; None where too much has changed since."""
    old_row = known_rows(newest.fids.to_numpy(), fids.to_numpy())
    is_new = old_row == FRESH
    if is_new.sum() > _LARGEST_SHARE_UPDATED * len(fids):
        return None
    fresh = plots_membership(workspace, plots[is_new], division, newest.membership.method, land=plots)
    return newest.membership.updated(old_row, fresh)


def known_membership(
    workspace: Workspace, division: Zones, membership: str, revision: int
) -> Membership | None:
    """Return the membership of all plots where it has been computed already."""
    found: Membership | None = workspace.cache.peek(_key(workspace, division, membership, revision), None)
    return found


def membership_of(
    workspace: Workspace, division: Zones, membership: str, revision: int, rows: NDArray[np.int64]
) -> Membership:
    """Return the membership of some plots of a revision, without overlaying the others where few are asked for.

    Parameters
    ----------
    workspace : Workspace
    division : Zones
    membership : {"clip", "largest", "centroid"}
    revision : int
    rows : array of int
        Positions in the register of plots.
    """
    plots = workspace.store.read("plots", revision=revision)
    known = known_membership(workspace, division, membership, revision)
    if known is not None:
        return known.of_plots(rows)
    if len(rows) > _FEW:
        return zone_membership(workspace, plots.geometry, division, membership, revision).of_plots(rows)
    newest: _Newest | None = workspace.cache.peek(
        _newest_key(_key(workspace, division, membership, revision)), None
    )
    if newest is not None:
        old_row = known_rows(newest.fids.to_numpy(), plots.index.to_numpy())[rows]
        if (old_row != FRESH).all():
            return newest.membership.of_plots(old_row)
    return plots_membership(workspace, plots.geometry.iloc[rows], division, membership, land=plots.geometry)


def plots_membership(
    workspace: Workspace,
    plots: gpd.GeoSeries,
    division: Zones,
    membership: str,
    *,
    land: gpd.GeoSeries | None = None,
) -> Membership:
    """Return the membership of any plots, always computed: a plot's shares do not depend on the other plots.

    Parameters
    ----------
    workspace : Workspace
    plots : GeoSeries
    division : Zones
    membership : {"clip", "largest", "centroid"}
    land : GeoSeries, optional
        All plots, where *plots* are some of them.
    """
    plane = CRS.from_epsg(workspace.settings.working_crs)
    return overlay_shares(
        plots,
        _plane_zones(workspace, division, plane, plots if land is None else land),
        membership=membership,
        working_crs=plane,
        least_share=division.least_share,
    )


def _plane_zones(workspace: Workspace, division: Zones, plane: CRS, land: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the zones in the plane, kept: zones of a city have millions of vertices."""
    key = ("plane_zones", division.version, plane.to_epsg())
    projected = workspace.cache.get(key, lambda: zones_in_plane(division.geometry, plane))
    if projected is not None:
        return projected
    key_here = (*key, tuple(land.total_bounds))
    return workspace.cache.get(key_here, lambda: zones_to_plane(division.geometry, plane, land))


def _key(workspace: Workspace, division: Zones, membership: str, revision: int) -> tuple[Hashable, ...]:
    version = workspace.store.register_revision("plots", revision=revision)
    return ("overlay", version, division.version, membership, division.least_share)


def _newest_key(key: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    return ("newest_overlay", *key[2:])
