"""Shapes drawn on the map, as GeoJSON in degrees: read strictly, since everything counted in them rests on them."""

import json
from collections.abc import Callable
from typing import Any

import shapely

from geoapp.errors import InputError, UsageError

MOST_VERTICES = 50_000
_DEPTHS = {"Point": 0, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How many lists lie around a position."""
_WORDS = {
    "Point": "点", "LineString": "线", "MultiLineString": "多部分线", "Polygon": "面", "MultiPolygon": "多部分面",
}  # fmt: skip
AREAS = ("Polygon", "MultiPolygon")
SHAPES = ("Point", "LineString", *AREAS)
KINDS = {"point": ("Point",), "line": ("LineString", "MultiLineString"), "polygon": AREAS}
"""The types that records of a register may have, by its geometry."""


def parse_shape(value: Any, kinds: tuple[str, ...] = SHAPES) -> shapely.Geometry:
    """Return the geometry that a GeoJSON object holds.

    Parameters
    ----------
    value : object
        Decoded JSON: type and coordinates, longitude first (degrees); heights are dropped.
    kinds : tuple of str
        The types that will do.

    Returns
    -------
    shapely geometry, valid

    Raises
    ------
    UsageError
        No object, another type, or coordinates that are no numbers or not in the form of the type.
    InputError
        Outside ±180/±90, a ring that is not closed, that has fewer than three corners or crosses itself, or more
        than 50,000 vertices.

    Examples
    --------
    >>> parse_shape({"type": "Point", "coordinates": [121.5, 29.95, 3.0]}).wkt
    'POINT (121.5 29.95)'
    """
    if not isinstance(value, dict):
        raise UsageError(
            f'图形应为 GeoJSON 的{_named(kinds)}，如 {{"type": "{kinds[0]}", "coordinates": …}}。'
        )
    kind = value.get("type")
    if kind not in kinds:
        raise UsageError(f"图形的类型“{kind}”不能用；应为{_named(kinds)}。")
    positions = _positions(value.get("coordinates"), _DEPTHS[kind], kind)
    shape = _BUILDERS[kind](positions)
    count = int(shapely.get_num_coordinates(shape))
    if count > MOST_VERTICES:
        raise InputError(f"图形有 {count:,} 个点，上限是 {MOST_VERTICES:,} 个。请先简化图形。")
    if not shapely.is_valid(shape):
        raise InputError(f"图形不正确：{_reason(shape)}。请重新画。")
    return shape


def shape_record(shape: shapely.Geometry | None) -> dict[str, Any] | None:
    """Return a geometry as a GeoJSON object; None for none.

    Examples
    --------
    >>> shape_record(shapely.Point(121.5, 29.95)), shape_record(None)
    ({'type': 'Point', 'coordinates': [121.5, 29.95]}, None)
    """
    return None if shape is None else json.loads(shapely.to_geojson(shape))


def _named(kinds: tuple[str, ...]) -> str:
    return "或".join(f"{_WORDS[kind]}（{kind}）" for kind in kinds)


def _positions(value: Any, depth: int, kind: str) -> Any:
    """Return nested coordinates as nested tuples of (longitude, latitude)."""
    if not isinstance(value, list) or not value:
        raise UsageError(
            f"{_WORDS[kind]}的坐标不完整：{kind} 的 coordinates 应为 {_DEPTHS[kind] + 1} 层数组。"
        )
    if depth:
        return [_positions(item, depth - 1, kind) for item in value]
    return _position(value)


def _position(value: list[Any]) -> tuple[float, float]:
    numbers = [item for item in value if isinstance(item, int | float) and not isinstance(item, bool)]
    if len(value) not in (2, 3) or len(numbers) != len(value):
        raise UsageError(f"坐标 {str(value)[:60]} 不正确，应为 [经度, 纬度] 两个数。")
    longitude, latitude = numbers[:2]
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):  # neither NaN nor a huge integer passes
        raise InputError(
            f"坐标 {str([longitude, latitude])[:60]} 不是经纬度：经度应在 ±180、纬度在 ±90 之内，经度在前。"
        )
    return float(longitude), float(latitude)


def _ring(positions: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if len(positions) < 4:
        raise InputError(f"面的一圈只有 {len(positions)} 个点，首尾闭合至少要 4 个。请重新画。")
    if positions[0] != positions[-1]:
        raise InputError("面没有闭合：每一圈的第一个点和最后一个点应相同。")
    return positions


def _polygon(rings: list[list[tuple[float, float]]]) -> shapely.Polygon:
    shell, *holes = (_ring(ring) for ring in rings)
    return shapely.Polygon(shell, holes)


def _line(positions: list[tuple[float, float]]) -> shapely.LineString:
    if len(positions) < 2:
        raise InputError("线只有 1 个点，至少要 2 个。请重新画。")
    return shapely.LineString(positions)


_BUILDERS: dict[str, Callable[[Any], shapely.Geometry]] = {
    "Point": shapely.Point,
    "LineString": _line,
    "MultiLineString": lambda parts: shapely.MultiLineString([_line(part) for part in parts]),
    "Polygon": _polygon,
    "MultiPolygon": lambda parts: shapely.MultiPolygon([_polygon(rings) for rings in parts]),
}


def _reason(shape: shapely.Geometry) -> str:
    text = shapely.is_valid_reason(shape)
    place = text[text.find("[") + 1 : text.find("]")].replace(" ", "，") if "[" in text else ""
    words = next((zh for en, zh in _REASONS if text.startswith(en)), "图形无效")
    return f"{words}（{place} 附近）" if place else words


_REASONS = (
    ("Self-intersection", "边线自相交"),
    ("Ring Self-intersection", "边线自相接"),
    ("Hole lies outside", "洞在外圈之外"),
    ("Holes are nested", "洞套着洞"),
    ("Nested shells", "各部分互相重叠"),
    ("Interior is disconnected", "内部被洞隔断"),
    ("Too few points", "点数太少"),
)
