"""Which plots belong to which zones of a division: computed once for statistics, filters and tables alike."""

from collections.abc import Hashable

import geopandas as gpd
from pyproj import CRS

from geoapp.analysis.overlay import Membership, overlay_shares
from geoapp.analysis.plane import to_plane, zones_to_plane
from geoapp.services.workspace import Workspace
from geoapp.services.zone_source import Zones


def zone_membership(
    workspace: Workspace, plots: gpd.GeoSeries, division: Zones, membership: str, revision: int
) -> Membership:
    """Return the membership of all plots of a revision, computed once per state of plots and zones.

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
    return workspace.cache.get(key, lambda: plots_membership(workspace, plots, division, membership))


def known_membership(
    workspace: Workspace, division: Zones, membership: str, revision: int
) -> Membership | None:
    """Return the membership of all plots where it has been computed already."""
    found: Membership | None = workspace.cache.peek(_key(workspace, division, membership, revision), None)
    return found


def plots_membership(
    workspace: Workspace, plots: gpd.GeoSeries, division: Zones, membership: str
) -> Membership:
    """Return the membership of any plots, always computed: a plot's shares do not depend on the other plots."""
    plane = CRS.from_epsg(workspace.settings.working_crs)
    return overlay_shares(
        to_plane(plots, plane),
        zones_to_plane(division.geometry, plane, plots),
        membership=membership,
        least_share=division.least_share,
    )


def _key(workspace: Workspace, division: Zones, membership: str, revision: int) -> Hashable:
    version = workspace.store.register_revision("plots", revision=revision)
    return ("overlay", version, division.version, membership, division.least_share)
