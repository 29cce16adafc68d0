"""What lies within a distance of a shape, and what is nearest: metres in the working CRS."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.analysis.plane import to_plane
from geoapp.analysis.proximity import buffered, nearest, reach_box
from geoapp.domain.frame import STORED_CRS, plain_values
from geoapp.domain.layer import Layer
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.map_features import DECIMALS
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_selection import ByArea, SelectedPlots, select_plots
from geoapp.services.record_key import parse_key
from geoapp.services.records import filter_mask, record_keys
from geoapp.services.workspace import Workspace

LARGEST_BUFFER_M = 5_000.0
MOST_NEAREST = 50
_GRID_DEG = 1e-8
"""A millimetre."""


def plot_shape(workspace: Workspace, plot_code: str, as_of: AsOf) -> shapely.Geometry:
    """Return a plot's shape in degrees.

    Raises
    ------
    NotFoundError
        No such plot then, or it has no shape.
    GoneError
        It was withdrawn.
    """
    facts = plot_facts(workspace, revision=as_of.revision, day=as_of.day)
    if plot_code not in facts.index:
        if as_of.is_now:
            workspace.store.record("plots", parse_key(workspace.layer("plots"), plot_code))
        raise NotFoundError(f"{as_of.day.isoformat()} 没有地块“{plot_code}”。请核对编号。")
    shape: shapely.Geometry = facts.geometry.loc[plot_code]
    if shape is None or shapely.is_empty(shape):
        raise NotFoundError(f"地块“{plot_code}”没有图形，不能量距离。")
    return shape


def buffer_plots(
    workspace: Workspace, shape: shapely.Geometry, radius_m: float, as_of: AsOf, *, filter_text: str = ""
) -> tuple[shapely.Geometry, SelectedPlots]:
    """Return what lies within a distance of a shape, and the plots that it touches.

    Parameters
    ----------
    workspace : Workspace
    shape : geometry
        In degrees.
    radius_m : float
        Metres in the working CRS.
    as_of : AsOf
    filter_text : str
        Only plots that satisfy it.

    Returns
    -------
    (geometry in degrees, SelectedPlots)
        Arcs stay within 0.03 % of the radius.

    Raises
    ------
    CrsError
        The shape lies where the working CRS cannot compute.
    UsageError
        The filter cannot be read.
    """
    plane = CRS.from_epsg(workspace.settings.working_crs)
    placed = to_plane(gpd.GeoSeries([shape], crs=STORED_CRS), plane)
    around = gpd.GeoSeries([buffered(placed.iloc[0], radius_m)], crs=plane).to_crs(STORED_CRS).iloc[0]
    return around, select_plots(workspace, ByArea(around), as_of, filter_text=filter_text)


def nearest_records(
    workspace: Workspace,
    register: str,
    origin: shapely.Geometry,
    as_of: AsOf,
    *,
    count: int,
    filter_text: str = "",
    without_plot: str | None = None,
) -> list[Mapping[str, Any]]:
    """Return the records of a register nearest to a shape, nearest first.

    Parameters
    ----------
    workspace : Workspace
    register : str
        A register with geometry.
    origin : geometry
        In degrees. The distance is that between the nearest points of the two shapes; 0 where they touch.
    as_of : AsOf
    count : int
        How many at most.
    filter_text : str
        Only records that satisfy it.
    without_plot : str, optional
        A plot that is left out among plots: the one the shape belongs to.

    Returns
    -------
    list of dict
        key, title, distance_m (metres in the working CRS, to the centimetre), lon and lat of a point inside.

    Raises
    ------
    NotFoundError
        No such register, or it has no geometry.
    CrsError
        The shape lies where the working CRS cannot compute.
    """
    layer = workspace.layer(register)
    if not layer.has_geometry:
        raise NotFoundError(f"台账“{layer.zh}”没有图形，不能量距离。")
    shapes = workspace.store.read(register, revision=as_of.revision).geometry
    is_wanted = (shapes.notna() & ~shapes.is_empty).to_numpy(bool, copy=True)
    if filter_text:
        is_wanted = is_wanted & filter_mask(workspace, register, filter_text, as_of)
    if register == "plots" and without_plot is not None:
        facts = plot_facts(workspace, revision=as_of.revision, day=as_of.day)
        is_wanted[facts.index.get_loc(without_plot)] = False
    plane = CRS.from_epsg(workspace.settings.working_crs)
    centre = to_plane(gpd.GeoSeries([origin], crs=STORED_CRS), plane).iloc[0]
    bounds = shapely.bounds(origin)

    def near(reach_m: float) -> NDArray[np.intp]:
        rows = np.asarray(shapes.sindex.query(reach_box(bounds, reach_m)), dtype=np.intp)
        return np.compress(is_wanted[rows], rows)

    def distances_m(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = shapely.distance(to_plane(shapes.iloc[rows], plane).to_numpy(), centre)
        return found

    rows, found_m = nearest(count, int(is_wanted.sum()), near, distances_m)
    return _records(workspace, layer, as_of, rows, found_m)


def _records(
    workspace: Workspace, layer: Layer, as_of: AsOf, rows: NDArray[np.intp], found_m: NDArray[np.float64]
) -> list[Mapping[str, Any]]:
    records = workspace.store.read(layer.id, revision=as_of.revision).iloc[rows]
    keys = record_keys(records, layer).tolist()
    titles = plain_values(records[layer.label_field]) if layer.label_field else keys
    inside = shapely.point_on_surface(records.geometry.to_numpy())
    return [
        {
            "key": key, "title": str(title or key), "distance_m": round(float(metres), 2),
            "lon": round(point.x, DECIMALS), "lat": round(point.y, DECIMALS),
        }
        for key, title, metres, point in zip(keys, titles, found_m, inside, strict=True)
    ]  # fmt: skip


def to_geojson(shape: shapely.Geometry) -> str:
    """Return a shape in degrees as GeoJSON text, rounded to a millimetre."""
    text: str = shapely.to_geojson(shapely.set_precision(shape, _GRID_DEG, mode="pointwise"))
    return text
