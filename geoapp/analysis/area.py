"""Areas of polygons: on the ellipsoid (the survey's own rule) and in a plane CRS beside it."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjError

from geoapp.errors import CrsError

SEMI_MAJOR_M = 6_378_137.0
"""GRS80, the ellipsoid of CGCS2000."""
FLATTENING = 1 / 298.257222101
_E2 = FLATTENING * (2 - FLATTENING)
_E = float(np.sqrt(_E2))
_PIECE = 50_000
"""Polygons measured at a time: their rings and corners take several times their own memory."""
_NEWTON_STEPS = 4
"""Each squares the error, which is 2e-3 before the first."""


def _authalic(sine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Snyder's q of a latitude's sine: the area between equator and parallel is pi a2 q."""
    belt: NDArray[np.float64] = (1 - _E2) * (sine / (1 - _E2 * sine**2) + np.arctanh(_E * sine) / _E)
    return belt


_Q_OF_POLE = float(_authalic(np.array([1.0]))[0])
AUTHALIC_RADIUS_M = SEMI_MAJOR_M * float(np.sqrt(_Q_OF_POLE / 2))
"""Of the sphere with the ellipsoid's area."""


def ellipsoid_area_m2(geometries: gpd.GeoSeries) -> NDArray[np.float64]:
    """Return the ellipsoid area (椭球面积) of each polygon on GRS80, the ellipsoid of CGCS2000.

    Each edge is a great circle on the authalic sphere, which keeps the ellipsoid's areas; the belt between edge and
    equator has a closed form, so all edges of all polygons are one array operation. It agrees with the geodesic
    polygon (`pyproj.Geod`) to 1e-8 on a whole district and far better on plots, and with the survey's trapezoid series,
    whose edges are straight in degrees, to 1e-6 where edges are no longer than two kilometres.

    Parameters
    ----------
    geometries : GeoSeries of Polygon or MultiPolygon
        In degrees (EPSG:4490). Holes are subtracted, parts added, orientation is of no account. No
        polygon may hold a pole.

    Returns
    -------
    array of float, m2, in the order given; NaN where the geometry is missing

    Raises
    ------
    CrsError
        The geometries have no CRS or are not in degrees.

    Notes
    -----
    Source: 图斑椭球面积计算公式及要求, 国土调查办发〔2008〕32号.

    Examples
    --------
    >>> cell = gpd.GeoSeries([shapely.box(121.50, 29.95, 121.51, 29.96)], crs=4490)
    >>> [round(float(area)) for area in ellipsoid_area_m2(cell)]
    [1070049]
    """
    if geometries.crs is None:
        raise CrsError("计算面积的图形没有坐标系，请先说明它按哪个坐标系测绘（如 EPSG:4549）。")
    if not CRS.from_user_input(geometries.crs).is_geographic:
        raise CrsError(
            f"椭球面积要求经纬度坐标，而图形是 {_name(geometries.crs)}。请先转换到 EPSG:4490（CGCS2000 经纬度）。"
        )
    polygons = geometries.to_numpy()
    pieces = [_areas_m2(polygons[start : start + _PIECE]) for start in range(0, len(polygons), _PIECE)]
    return np.concatenate([np.empty(0), *pieces])


def _areas_m2(polygons: NDArray) -> NDArray[np.float64]:
    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    is_hole = np.concatenate([[False], part[1:] == part[:-1]])[: len(part)]
    ring_areas = np.where(is_hole, -1, 1) * _ring_areas_m2(rings)
    areas = np.bincount(owner[part], weights=ring_areas, minlength=len(polygons))
    return np.where(shapely.is_missing(polygons), np.nan, areas)


def plane_area_m2(geometries: gpd.GeoSeries, working_crs: int | str | CRS) -> NDArray[np.float64]:
    """Return the plane area (投影平面面积) of each polygon in a working CRS.

    Parameters
    ----------
    geometries : GeoSeries of Polygon or MultiPolygon
        In any known CRS.
    working_crs : int, str or CRS
        A projected CRS, such as 4549. One in feet is converted to metres.

    Returns
    -------
    array of float, m2, in the order given; NaN where the geometry is missing

    Raises
    ------
    CrsError
        The geometries have no CRS, or the working CRS is unfit for areas, see `check_area_crs`.

    Examples
    --------
    >>> plots = gpd.GeoSeries([shapely.box(640000, 3310000, 640200, 3310150)], crs=4549)
    >>> plane_area_m2(plots, 4549).tolist()
    [30000.0]
    """
    crs = check_area_crs(working_crs)
    if geometries.crs is None:
        raise CrsError("计算面积的图形没有坐标系，请先说明它按哪个坐标系测绘（如 EPSG:4549）。")
    metres = crs.axis_info[0].unit_conversion_factor
    projected = geometries.to_crs(crs).to_numpy()
    return np.where(shapely.is_missing(projected), np.nan, shapely.area(projected) * metres**2)


def check_area_crs(working_crs: int | str | CRS) -> CRS:
    """Return the CRS if areas may be computed in it.

    Raises
    ------
    CrsError
        It does not exist, is in degrees, or is a Mercator projection such as the web maps' EPSG:3857, where areas in
        this district come out a third too large.
    """
    try:
        crs = CRS.from_user_input(working_crs)
    except ProjError as error:
        raise CrsError(f"不认识坐标系“{working_crs}”。请给出 EPSG 代码，如 EPSG:4549。") from error
    if not crs.is_projected:
        raise CrsError(f"{_name(crs)} 不是投影坐标系，不能计算平面面积。请选用 EPSG:4549 这样的投影坐标系。")
    operation = crs.coordinate_operation
    method = operation.method_name.lower() if operation else ""
    if "mercator" in method and "transverse" not in method and "oblique" not in method:
        raise CrsError(
            f"{_name(crs)} 是网络地图的墨卡托投影，算出的面积在本地偏大约三分之一。请选用 EPSG:4549 这样的投影坐标系。"
        )
    return crs


def authalic_latitude(latitude_degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the latitude (radians) on the sphere that keeps the ellipsoid's areas."""
    return np.asarray(np.arcsin(_authalic(np.sin(np.radians(latitude_degrees))) / _Q_OF_POLE))


def geodetic_latitude(authalic_radians: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the latitude (degrees) on the ellipsoid of an authalic one, by Newton's steps to the last bit or two.

    Examples
    --------
    >>> float(geodetic_latitude(authalic_latitude(np.array([29.95])))[0].round(12))
    29.95
    """
    wanted = _Q_OF_POLE * np.sin(authalic_radians)
    latitude = np.asarray(authalic_radians)
    for _ in range(_NEWTON_STEPS):
        sine = np.sin(latitude)
        slope = 2 * (1 - _E2) * np.cos(latitude) / (1 - _E2 * sine**2) ** 2
        latitude = latitude + (wanted - _authalic(sine)) / slope
    return np.asarray(np.degrees(latitude))


def _ring_areas_m2(rings: NDArray) -> NDArray[np.float64]:
    degrees, ring = shapely.get_coordinates(rings, return_index=True)
    longitude, half_tangent = np.radians(degrees[:, 0]), _authalic_half_tangent(degrees[:, 1])
    turn = np.diff(longitude)  # exact for neighbours, which a modulo would not be: turns must sum to zero
    turn = np.where(np.abs(turn) > np.pi, turn - np.sign(turn) * 2 * np.pi, turn)
    before, after = half_tangent[:-1], half_tangent[1:]
    belts = 2 * np.arctan(np.tan(turn / 2) * (before + after) / (1 + before * after))
    is_edge = ring[1:] == ring[:-1]
    sums = np.bincount(ring[1:][is_edge], weights=belts[is_edge], minlength=len(rings))
    areas: NDArray[np.float64] = np.abs(sums) * AUTHALIC_RADIUS_M**2
    return areas


def _authalic_half_tangent(latitude_degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return tan(beta / 2), where beta is the latitude on the sphere that keeps the ellipsoid's areas."""
    sine = _authalic(np.sin(np.radians(latitude_degrees))) / _Q_OF_POLE
    half: NDArray[np.float64] = sine / (1 + np.sqrt(np.clip(1 - sine**2, 0, None)))
    return half


def _name(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}（{crs.name}）" if code else str(crs.name)
