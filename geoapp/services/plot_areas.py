"""The areas of plots as they are measured on their geometry, each version once."""

import geopandas as gpd
import numpy as np
import pandas as pd

from geoapp.analysis.area import ellipsoid_area_m2, plane_area_m2
from geoapp.domain.frame_update import FRESH, brought_up, known_rows
from geoapp.services.workspace import Workspace
from geoapp.settings import Settings


def measured_areas(workspace: Workspace, plots: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return each plot's areas as measured on its geometry, measuring only versions not seen before.

    Parameters
    ----------
    workspace : Workspace
    plots : GeoDataFrame indexed by fid
        The register at any revision: a fid is one version of a record, whose geometry never changes.

    Returns
    -------
    DataFrame indexed like *plots* with area_ellipsoid_m2 and area_plane_m2 (m2; NaN without geometry)
    """
    known: pd.DataFrame = workspace.cache.peek(_MEASURED, measure(plots.iloc[:0], workspace.settings))
    rows = known_rows(known.index.to_numpy(), plots.index.to_numpy())
    measured = brought_up(known, rows, measure(plots.iloc[np.flatnonzero(rows == FRESH)], workspace.settings))
    workspace.cache.put(_MEASURED, measured)
    return measured


_MEASURED = ("measured_areas",)
_PIECE = 50_000
"""Plots measured at a time: the corners of half a million take more memory than all that is known of them."""


def measure(plots: gpd.GeoDataFrame, settings: Settings) -> pd.DataFrame:
    """Return the areas of plots as measured on their geometry, see `measured_areas`."""
    if len(plots) <= _PIECE:
        return _measure(plots.geometry, settings)
    starts = range(0, len(plots), _PIECE)
    return pd.concat([_measure(plots.geometry.iloc[start : start + _PIECE], settings) for start in starts])


def _measure(shapes: gpd.GeoSeries, settings: Settings) -> pd.DataFrame:
    areas = {
        "area_ellipsoid_m2": ellipsoid_area_m2(shapes),
        "area_plane_m2": plane_area_m2(shapes, settings.working_crs),
    }
    return pd.DataFrame(areas, index=shapes.index)
