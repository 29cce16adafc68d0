"""What counting revitalised land needs from the history of the registers and from the cache."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoapp.analysis.area import ellipsoid_area_m2, plane_area_m2
from geoapp.analysis.intensity import site_area
from geoapp.analysis.revitalised_lineage import heirs, parse_lineage
from geoapp.analysis.revitalised_overlap import overlapping_pairs
from geoapp.domain.frame import STORED_CRS
from geoapp.errors import NotFoundError
from geoapp.services.register_columns import columns_version
from geoapp.services.revitalisation_land import KnownLand, recognised_shapes
from geoapp.services.workspace import Workspace

_OVERLAPS = ("recognised_plots_overlapping",)


def known_land(workspace: Workspace, revision: int, tolerance_m2: float) -> KnownLand:
    """Return the areas and lineage of plots that are gone, and the plots that lie over one another.

    Parameters
    ----------
    workspace : Workspace
    revision : int
        Registers as they were then.
    tolerance_m2 : float
        Two plots that share no more than this are neighbours.

    Notes
    -----
    Only plots on which something is recognised are compared, and of these only versions that were not compared before.
    """
    key = ("known_land", _version(workspace, revision), tolerance_m2)
    return workspace.cache.get(key, lambda: _known_land(workspace, revision, tolerance_m2))


def _version(workspace: Workspace, revision: int) -> tuple[int, ...]:
    """Return what the plots' lineage and shapes, and which of them are planned or recognised, depend on."""
    plots = columns_version(workspace, "plots", ("plot_code", "predecessors", "geometry"), revision)
    return plots, *workspace.register_revisions(("recognitions", "project_plots"), revision)


def connected_plots(workspace: Workspace, revision: int, tolerance_m2: float) -> frozenset[str]:
    """Return the plots that others were made from, made from others, or lying over others on which something counts.

    Parameters
    ----------
    workspace : Workspace
    revision : int
        Registers as they were then.
    tolerance_m2 : float
        See `known_land`.
    """

    def find() -> frozenset[str]:
        plots = workspace.store.read("plots", revision=revision)
        land = known_land(workspace, revision, tolerance_m2)
        pairs = pd.concat([_lineage(plots), land.former_lineage])
        overlapping = () if land.overlapping is None else land.overlapping
        return frozenset().union(overlapping, pairs["predecessor"], pairs["successor"])

    return workspace.cache.get(("connected_plots", _version(workspace, revision), tolerance_m2), find)


def _known_land(workspace: Workspace, revision: int, tolerance_m2: float) -> KnownLand:
    plots = workspace.store.read("plots", revision=revision)
    recognitions = workspace.store.read("recognitions", revision=revision)
    projects = workspace.store.read("project_plots", revision=revision)
    named = pd.concat([recognitions["plot_code"], projects["plot_code"]]).dropna()
    gone = _gone_plots(workspace, plots, set(named), revision)
    pairs = pd.concat([_lineage(plots), _lineage(gone)]).drop_duplicates(ignore_index=True)
    inherited = heirs(pairs, pd.Series(dtype="float64"))
    return KnownLand(
        gone_area_m2=_site_area(workspace, gone),
        former_lineage=_lineage(gone),
        overlapping=_overlapping(
            workspace, plots, recognised_shapes(plots, recognitions, inherited), tolerance_m2
        ),
    )


def _lineage(plots: pd.DataFrame) -> pd.DataFrame:
    named = plots[plots["predecessors"].notna()]
    return parse_lineage(named.set_index("plot_code")["predecessors"])


def _gone_plots(
    workspace: Workspace, plots: pd.DataFrame, asked: set[str], revision: int
) -> gpd.GeoDataFrame:
    """Return the last versions of withdrawn plots that others were made from, if such plots are asked about at all."""
    current = set(plots["plot_code"].tolist())  # iterating over a Series of texts takes ten times as long
    is_needed = not asked <= current
    found: dict[str, dict[str, Any] | None] = {}
    named = set(_lineage(plots)["predecessor"]) - current
    # Any withdrawn plot may have been made from one asked about, whatever else is known to come from that one.
    while is_needed and (wanted := named - found.keys()):
        found |= {code: _last_version(workspace, code, revision) for code in sorted(wanted)}
        texts = {code: values["predecessors"] for code, values in found.items() if values}
        named |= set(parse_lineage(pd.Series(texts, dtype="str"))["predecessor"]) - current
    rows = [values for values in found.values() if values]
    columns = ["plot_code", "area_reg_m2", "predecessors", "geometry"]
    frame = pd.DataFrame(rows, columns=columns).astype({"area_reg_m2": "float64", "predecessors": "str"})
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(frame["geometry"], crs=STORED_CRS))


def _last_version(workspace: Workspace, code: str, revision: int) -> dict[str, Any] | None:
    try:
        versions = workspace.store.history("plots", (code,))
    except NotFoundError:
        return None
    known = [version.fields for version in versions if version.from_revision <= revision]
    return known[0] if known else None


def _site_area(workspace: Workspace, gone: gpd.GeoDataFrame) -> pd.Series:
    named = {
        "registered": gone["area_reg_m2"],
        "ellipsoid": pd.Series(ellipsoid_area_m2(gone.geometry), index=gone.index),
        "plane": pd.Series(plane_area_m2(gone.geometry, workspace.settings.working_crs), index=gone.index),
    }
    area, _ = site_area(named, workspace.settings.site_area_order)
    return area.set_axis(pd.Index(gone["plot_code"], dtype="str"))


def _overlapping(
    workspace: Workspace, plots: pd.DataFrame, shapes: gpd.GeoSeries, tolerance_m2: float
) -> pd.Index:
    fid = pd.Series(plots.index, index=plots["plot_code"].to_numpy()).reindex(shapes.index).to_numpy()
    by_version = shapes.set_axis(fid)
    nothing = (pd.Index([], dtype="int64"), pd.DataFrame({"first": [], "second": []}))
    key = (*_OVERLAPS, tolerance_m2)
    compared, pairs = workspace.cache.peek(key, nothing)
    is_new = ~by_version.index.isin(compared)
    if is_new.any():
        pairs = pd.concat([pairs, overlapping_pairs(by_version, tolerance_m2, is_new)]).drop_duplicates()
    still = pairs["first"].isin(fid) & pairs["second"].isin(fid)
    workspace.cache.put(key, (by_version.index, pairs[still]))
    codes: pd.Index = shapes.index[np.isin(fid, pairs[still])]
    return codes
