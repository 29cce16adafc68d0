"""Geometries in a filter: drawn in degrees, put right where they cross themselves, refused where impossible."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from geoapp.domain.filter import DECIMALS
from geoapp.domain.filter_value import shown
from geoapp.errors import UsageError

_BOX_ADVICE = "BBOX 应为 BBOX(西,南,东,北)，如 BBOX(121.4, 29.9, 121.5, 30.0)。"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A geometry in longitude and latitude."""

    geometry: shapely.Geometry
    is_box: bool = False
    is_repaired: bool = False


def drawn_geometry(node: Any) -> Drawn:
    """Return the geometry of a CQL2-JSON node, in 2D, rounded to a tenth of a millimetre, valid.

    Raises
    ------
    UsageError
        It is none, is empty, lies outside longitude and latitude, or its box is inverted.
    """
    if isinstance(node, dict) and "bbox" in node:
        return Drawn(_box(node["bbox"]), is_box=True)
    if not (isinstance(node, dict) and "coordinates" in node):
        raise UsageError(f"位置条件里的“{shown(node)}”不是图形。请用 POLYGON、MULTIPOLYGON、BBOX 或 POINT。")
    geometry = _shape(node)
    _refuse_far(shapely.get_coordinates(geometry))
    if shapely.is_valid(geometry):
        return Drawn(geometry)
    return Drawn(_repaired(geometry), is_repaired=True)


def _shape(node: dict[str, Any]) -> shapely.Geometry:
    advice = "请检查坐标：每个环至少三个不同的点，点与点之间用逗号。"
    try:
        geometry = shapely.force_2d(shape(node))
    except (ValueError, TypeError, IndexError, shapely.errors.ShapelyError):
        raise UsageError(f"{shown(node).upper()} 的坐标不成图形。{advice}") from None
    if geometry.is_empty:
        raise UsageError(f"{shown(node).upper()} 是空的，没有画出范围。{advice}")
    return shapely.transform(geometry, lambda coordinates: np.round(coordinates, DECIMALS))


def _repaired(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return a polygon that crosses itself as all the land that its line encloses."""
    whole = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    if shapely.is_empty(whole):
        raise UsageError("所画的范围没有面积（点都在一条线上）。请重新画一个面。")
    rounded: shapely.Geometry = shapely.set_precision(whole, grid_size=10.0**-DECIMALS)
    return rounded


def _box(edges: list[float]) -> shapely.Geometry:
    if len(edges) != 4:
        raise UsageError(f"BBOX 有 {len(edges)} 个数，应为四个。{_BOX_ADVICE}")
    west, south, east, north = np.round(edges, DECIMALS).tolist()
    if west >= east or south >= north:
        raise UsageError(
            f"BBOX({west:g}, {south:g}, {east:g}, {north:g}) 的西南和东北角次序不对。{_BOX_ADVICE}"
        )
    box: shapely.Geometry = shapely.box(west, south, east, north)
    _refuse_far(shapely.get_coordinates(box))
    return box


def _refuse_far(coordinates: np.ndarray) -> None:
    """Refuse what lies outside longitude and latitude; swapped axes and metres are the usual reasons."""
    is_far = ~((np.abs(coordinates[:, 0]) <= 180) & (np.abs(coordinates[:, 1]) <= 90))
    if is_far.any():
        x, y = coordinates[is_far][0].tolist()
        advice = (
            "经度在前、纬度在后，看来写反了"
            if abs(x) <= 90 and abs(y) <= 180
            else "应为 CGCS2000 经纬度，不是米"
        )
        raise UsageError(f"坐标 {x:g} {y:g} 不是经纬度：{advice}。请改正后再试。")
