"""Which plane to compute in, for data that may lie anywhere on Earth."""

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geoapp.analysis.area import check_area_crs
from geoapp.analysis.crs import crs_name
from geoapp.domain.frame import STORED_CRS
from geoapp.errors import CrsError

_MARGIN_DEG = 1.0
"""A projection is still fit for areas a degree beyond its area of use."""


def choose_plane(geometry: gpd.GeoSeries, preferred: int | str | CRS) -> tuple[CRS, str]:
    """Return a plane CRS fit for areas where the geometry lies, and in words why it was chosen.

    The preferred one if the geometry lies in its area of use; else the geometry's own if that is a plane; else an
    equal-area projection centred on the geometry.

    Parameters
    ----------
    geometry : GeoSeries
        In a known CRS.
    preferred : int, str or CRS
        The installation's working CRS.

    Returns
    -------
    (CRS, str)

    Examples
    --------
    >>> lots = gpd.GeoSeries([shapely.box(980_000, 200_000, 980_100, 200_100)], crs=2263)
    >>> choose_plane(lots, 4549)[0].to_epsg()
    2263
    """
    degrees = geometry.to_crs(STORED_CRS)
    bounds = np.asarray(degrees.total_bounds)
    wished = check_area_crs(preferred)
    if not np.isfinite(bounds).all() or _is_used_there(wished, bounds):
        return wished, f"按设置用工作坐标系 {crs_name(wished)}"
    own = CRS.from_user_input(geometry.crs)
    if _is_fit(own) and _is_used_there(own, bounds):
        return own, f"数据不在 {crs_name(wished)} 的适用范围内，改用地块自己的平面坐标系 {crs_name(own)}"
    longitude, latitude = (bounds[:2] + bounds[2:]) / 2
    local = CRS.from_proj4(f"+proj=laea +lat_0={latitude:.4f} +lon_0={longitude:.4f} +ellps=GRS80 +units=m")
    return local, (
        f"数据不在 {crs_name(wished)} 的适用范围内，改用以 {longitude:.4f}°、{latitude:.4f}° 为中心的局部等积投影"
    )


def to_plane(geometry: gpd.GeoSeries, plane: CRS) -> gpd.GeoSeries:
    """Return the geometry in a plane CRS.

    Raises
    ------
    CrsError
        The plane cannot hold it: coordinates become infinite.
    """
    projected = geometry.to_crs(plane)
    if not np.isfinite(shapely.get_coordinates(projected.to_numpy())).all():
        raise CrsError(f"数据不能换算到 {crs_name(plane)}：离它的适用范围太远。请换一个工作坐标系。")
    return projected


def zones_to_plane(zones: gpd.GeoSeries, plane: CRS, plots: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return zones in a plane CRS, those that do not fit into it cut down to the surroundings of the plots.

    Zones may span the Earth while the plane serves one city: only what lies around the plots is needed.

    Parameters
    ----------
    zones : GeoSeries
        In a known CRS.
    plane : CRS
    plots : GeoSeries
        In any CRS; where the land is.

    Raises
    ------
    CrsError
        The plane cannot hold even the surroundings of the plots.
    """
    projected = zones.to_crs(plane)
    broken = _without_place(projected)
    if len(broken) == 0:
        return projected
    west, south, east, north = plots.to_crs(zones.crs).total_bounds
    margin = max(east - west, north - south)
    around = shapely.box(west - margin, south - margin, east + margin, north + margin)
    cut = gpd.GeoSeries(shapely.intersection(zones.to_numpy()[broken], around), crs=zones.crs)
    shapes = projected.to_numpy().copy()
    shapes[broken] = to_plane(cut, plane).to_numpy()
    return gpd.GeoSeries(shapes, index=zones.index, crs=plane)


def zones_in_plane(zones: gpd.GeoSeries, plane: CRS) -> gpd.GeoSeries | None:
    """Return zones in a plane CRS wherever the plots are; None where some do not fit into it."""
    projected = zones.to_crs(plane)
    return None if len(_without_place(projected)) else projected


def _without_place(projected: gpd.GeoSeries) -> np.ndarray:
    coordinates, owner = shapely.get_coordinates(projected.to_numpy(), return_index=True)
    broken: np.ndarray = np.unique(owner[~np.isfinite(coordinates).all(axis=1)])
    return broken


def _is_fit(crs: CRS) -> bool:
    try:
        check_area_crs(crs)
    except CrsError:
        return False
    return True


def _is_used_there(crs: CRS, bounds: np.ndarray) -> bool:
    """Return whether the bounds (degrees) lie in the CRS's area of use; one that states none is taken at its word."""
    area = crs.area_of_use
    if area is None:
        return True
    west, south, east, north = bounds
    return bool(
        west >= area.west - _MARGIN_DEG
        and south >= area.south - _MARGIN_DEG
        and east <= area.east + _MARGIN_DEG
        and north <= area.north + _MARGIN_DEG
    )
