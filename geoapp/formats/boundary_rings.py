"""Rings of boundary points made into polygons: which is outer and which a hole is told by where they lie."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoapp.domain.issue import Issue, Severity
from geoapp.formats.boundary_lines import PointLine

CLOSING_M = 0.0015
"""Points this near are the same point: coordinates are written to the millimetre."""

Points = NDArray[np.float64]


@dataclass(slots=True)
class Ring:
    """One ring as written: its number, the lines of its points, x east and y north."""

    number: str
    lines: list[int]
    points: Points


@dataclass(slots=True)
class Nested:
    """Rings put together, by position in the list given."""

    geometry: BaseGeometry | None
    outer: list[int] = field(default_factory=list)
    holes: list[int] = field(default_factory=list)
    duplicates: list[int] = field(default_factory=list)
    crossing: list[tuple[int, int]] = field(default_factory=list)


def split_rings(points: Sequence[PointLine], east_north: Points, tolerance: float) -> list[Ring]:
    """Return the rings of a plot: a new one begins where the number changes or the last one has closed."""
    starts = [0]
    for i in range(1, len(points)):
        begin = starts[-1]
        is_closed = i - begin >= 4 and _is_same(east_north[i - 1], east_north[begin], tolerance)
        if points[i].ring != points[begin].ring or is_closed:
            starts.append(i)
    ends = [*starts[1:], len(points)]
    return [
        Ring(points[begin].ring, [p.line for p in points[begin:end]], east_north[begin:end])
        for begin, end in zip(starts, ends, strict=True)
        if end > begin
    ]


def close_ring(ring: Ring, tolerance: float) -> tuple[Ring | None, list[Issue]]:
    """Return a ring whose last point is its first, and what was done; None where it encloses nothing."""
    points = ring.points
    is_closed = len(points) > 1 and _is_same(points[0], points[-1], tolerance)
    closed = np.vstack([points[:-1] if is_closed else points, points[:1]])
    first = ring.lines[0]
    if len(np.unique(closed, axis=0)) < 3:
        return None, [_too_short(ring)]
    issues = [] if is_closed else [_was_open(first, ring.number)]
    return Ring(ring.number, ring.lines, closed), issues


def nest(rings: Sequence[Ring]) -> Nested:
    """Put closed rings together by containment: inside an odd number of others means a hole.

    Ring numbers are not looked at: some files call a second outer ring 2.
    """
    shapes = np.array([shapely.Polygon(ring.points) for ring in rings])
    if len(rings) == 1:
        return Nested(shapes[0], outer=[0])
    sound = shapely.make_valid(shapes)
    tree = shapely.STRtree(sound)
    inner, outer = tree.query(sound, predicate="covered_by")
    pairs = {(int(i), int(j)) for i, j in zip(inner, outer, strict=True) if i != j}
    duplicates = sorted({i for i, j in pairs if (j, i) in pairs and i > j})
    kept = [i for i in range(len(rings)) if i not in duplicates]
    parents = {i: [j for j in kept if (i, j) in pairs] for i in kept}
    left, right = tree.query(sound, predicate="overlaps")
    nested = Nested(None, duplicates=duplicates)
    nested.crossing = sorted({(int(i), int(j)) for i, j in zip(left, right, strict=True) if i < j})
    nested.outer = [i for i in kept if len(parents[i]) % 2 == 0]
    nested.holes = [i for i in kept if len(parents[i]) % 2 == 1]
    nested.geometry = _build(rings, nested, parents, shapely.area(shapes))
    return nested


def _build(
    rings: Sequence[Ring], nested: Nested, parents: dict[int, list[int]], areas: NDArray[np.float64]
) -> BaseGeometry:
    holes: dict[int, list[Points]] = {i: [] for i in nested.outer}
    for i in nested.holes:
        around = [j for j in parents[i] if j in holes]
        holes[min(around, key=lambda j: float(areas[j]))].append(rings[i].points)
    polygons = [shapely.Polygon(rings[i].points, holes[i]) for i in nested.outer]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def nesting_issues(rings: Sequence[Ring], nested: Nested) -> list[Issue]:
    """Return what there is to say about how rings were put together."""
    issues = [
        _ring_issue(rings[i], "ring-duplicate", Severity.WARNING, "与前面的圈完全相同，只保留一个")
        for i in nested.duplicates
    ]
    issues += [
        _ring_issue(
            rings[j],
            "ring-crossing",
            Severity.ERROR,
            f"与圈 {rings[i].number}（第 {rings[i].lines[0]} 行）相交，不能确定哪里是地块",
        )
        for i, j in nested.crossing
    ]
    issues += [
        _ring_issue(rings[i], "ring-outer", Severity.NOTE, "不在别的圈里面，按地块的另一部分处理（不是空洞）")
        for i in nested.outer
        if rings[i].number != "1" and len(nested.outer) > 1
    ]
    issues += [
        _ring_issue(rings[i], "ring-hole", Severity.NOTE, "在别的圈里面，按空洞处理")
        for i in nested.holes
        if rings[i].number == "1"
    ]
    return issues


def _is_same(a: Points, b: Points, tolerance: float) -> bool:
    return bool(np.hypot(*(a - b)) <= tolerance)


def _ring_issue(ring: Ring, code: str, severity: Severity, what: str) -> Issue:
    advice = "请核对界址点。" if severity is not Severity.NOTE else ""
    message = f"第 {ring.lines[0]} 行起的圈 {ring.number} {what}。"
    return Issue(code=code, severity=severity, message=message, advice=advice, row=ring.lines[0])


def _was_open(line: int, number: str) -> Issue:
    message = f"第 {line} 行起的圈 {number} 没有闭合（最后一点不是第一点），已闭合。"
    return Issue(code="ring-closed", severity=Severity.NOTE, message=message, row=line)


def _too_short(ring: Ring) -> Issue:
    return Issue(
        code="ring-too-short",
        severity=Severity.ERROR,
        message=f"第 {ring.lines[0]} 行起的圈 {ring.number} 不足三个不同的点，围不成面，没有读入。",
        advice="请补全界址点。",
        row=ring.lines[0],
    )
