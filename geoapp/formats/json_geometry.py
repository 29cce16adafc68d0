"""GeoJSON geometry objects to shapely, one by one and forgivingly: a ring left open is closed and said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.domain.issue import Issue, Severity
from geoapp.formats.geometry import dropped_dimension

Item = TypeVar("Item")


class GeometryError(ValueError):
    """Why one geometry cannot be read, in Chinese."""


@dataclass(slots=True)
class Notes:
    """What was met while building one geometry."""

    open_rings: int = 0
    heights: int = 0
    kinds: set[str] = field(default_factory=set)


def build_all(
    items: Sequence[Item], build_one: Callable[[Item, Notes], BaseGeometry | None]
) -> tuple[np.ndarray, list[Issue]]:
    """Return the geometry of every feature, None where it cannot be read, and what is to be said of them.

    Parameters
    ----------
    items : sequence
        Features as the format has them; findings name them by their position from 1.
    build_one : callable
        Returns a feature's geometry and fills its notes, or raises GeometryError.
    """
    geometry = np.full(len(items), None, dtype=object)
    issues: list[Issue] = []
    heights = 0
    for position, item in enumerate(items):
        notes = Notes()
        try:
            # Coordinates that are no numbers are named afterwards; numpy would warn of them in English.
            with np.errstate(invalid="ignore"):
                geometry[position] = build_one(item, notes)
        except RecursionError:
            issues.append(_unreadable(position + 1, "嵌套太深"))
        except (GeometryError, shapely.errors.ShapelyError) as problem:
            issues.append(_unreadable(position + 1, str(problem)))
        if notes.open_rings and geometry[position] is not None:
            issues.append(_unclosed_ring(position + 1, notes.open_rings))
        heights += bool(notes.heights)
    if heights:
        issues.append(dropped_dimension("z-dropped", "Z 值（高程）", heights))
    return geometry, issues


def _unclosed_ring(row: int, count: int) -> Issue:
    return Issue(
        code="ring-unclosed",
        severity=Severity.WARNING,
        message=f"图形有 {count} 个环没有闭合（末点与首点不同），已用直线闭合。",
        advice="请核对这个图形的边界是否完整。",
        row=row,
    )


def _unreadable(row: int, reason: str) -> Issue:
    return Issue(
        code="geometry-unreadable",
        severity=Severity.ERROR,
        message=f"图形读不出来：{reason}。",
        advice="请在原软件里修复或删除这个图形后重新导出。",
        row=row,
    )


def build(content: Any, notes: Notes) -> BaseGeometry | None:
    """Return the geometry of a GeoJSON geometry object, None for null.

    Raises
    ------
    GeometryError
        The object is not one of the seven types, or its coordinates are not what the type needs.
    """
    if content is None:
        return None
    if not isinstance(content, dict):
        raise GeometryError("geometry 不是对象")
    kind = content.get("type")
    if kind == "GeometryCollection":
        parts = content.get("geometries")
        if not isinstance(parts, list):
            raise GeometryError("几何集合没有 geometries")
        return shapely.GeometryCollection([build(part, notes) for part in parts])
    if kind not in _BUILDERS:
        raise GeometryError(f"不支持的图形类型“{kind}”")
    coordinates = content.get("coordinates")
    if not isinstance(coordinates, list):
        raise GeometryError("没有 coordinates")
    return _BUILDERS[kind](coordinates, notes)


def _positions(content: Any, notes: Notes) -> np.ndarray:
    if not isinstance(content, list):
        raise GeometryError("坐标不是数组")
    try:
        array = np.array(content, dtype="float64")
    except (TypeError, ValueError):
        return _ragged_positions(content, notes)
    if array.size == 0:
        return np.empty((0, 2))
    if array.ndim != 2 or array.shape[1] < 2:
        raise GeometryError("坐标应为 [x, y] 的数组")
    if array.shape[1] > 2:
        notes.heights += 1
    return array[:, :2]


def _ragged_positions(content: list[Any], notes: Notes) -> np.ndarray:
    """Return positions of which only some carry a height."""
    try:
        array = np.array([position[:2] for position in content], dtype="float64")
    except (TypeError, ValueError, LookupError):
        raise GeometryError("坐标里有不是数字的内容") from None
    if array.ndim != 2 or array.shape[1] != 2:
        raise GeometryError("坐标应为 [x, y] 的数组")
    notes.heights += 1
    return array


def _point(content: list[Any], notes: Notes) -> BaseGeometry:
    return shapely.Point(_positions([content], notes)[0]) if content else shapely.Point()


def _line(content: list[Any], notes: Notes) -> BaseGeometry:
    positions = _positions(content, notes)
    if len(positions) == 1:
        raise GeometryError("线只有一个点")
    return shapely.LineString(positions)


def ring(positions: np.ndarray, notes: Notes) -> shapely.LinearRing:
    """Return a closed ring; closes one that is open and counts it.

    Raises
    ------
    GeometryError
        Fewer than three different points.
    """
    if len(positions) and not np.array_equal(positions[0], positions[-1]):
        notes.open_rings += 1
    if len(np.unique(positions, axis=0)) < 3:
        raise GeometryError("有一个环不到三个不同的点，围不成面")
    return shapely.LinearRing(positions)


def _polygon(content: list[Any], notes: Notes) -> BaseGeometry:
    if not content:
        return shapely.Polygon()
    rings = [ring(_positions(item, notes), notes) for item in content]
    return shapely.Polygon(rings[0], rings[1:])


def _many(
    one: Callable[[list[Any], Notes], BaseGeometry], join: Callable[[list[Any]], BaseGeometry]
) -> Callable[[list[Any], Notes], BaseGeometry]:
    def build_all(content: list[Any], notes: Notes) -> BaseGeometry:
        if not all(isinstance(part, list) for part in content):
            raise GeometryError("坐标的层数不对")
        return join([one(part, notes) for part in content])

    return build_all


_BUILDERS: dict[str, Callable[[list[Any], Notes], BaseGeometry]] = {
    "Point": _point,
    "LineString": _line,
    "Polygon": _polygon,
    "MultiPoint": _many(_point, shapely.MultiPoint),
    "MultiLineString": _many(_line, shapely.MultiLineString),
    "MultiPolygon": _many(_polygon, shapely.MultiPolygon),
}
