"""DXF drawings: closed lines as polygons, arcs densified, texts inside and CASS data as attributes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from ezdxf import path as dxf_path
from ezdxf.entities import DXFEntity, Hatch, LWPolyline, Polyline
from ezdxf.tools.text import plain_text

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats import vector
from geoapp.formats.base import RawLayer, Reader, ReadOptions, Writer
from geoapp.formats.dxf_drawing import INVALID, encoding_note, modelspace_entities, open_drawing, unit_issues
from geoapp.formats.dxf_write import PART_KEYS, XDATA_APP, write_dxf
from geoapp.formats.geometry import dropped_dimension, unique_names, vector_layer

SAGITTA_M = 0.01
"""Largest distance between an arc and the chords that replace it, in drawing units."""
CLOSING_GAP_M = 0.05
"""A line whose ends are nearer than this was meant to be closed."""
_LINEAR = ("LWPOLYLINE", "POLYLINE", "CIRCLE", "ELLIPSE", "SPLINE")
_TEXTS = ("TEXT", "MTEXT", "ATTRIB")
_SURFACES = ("3DFACE", "MESH", "3DSOLID", "REGION", "BODY", "SURFACE", "SOLID", "TRACE")
_LOOSE = ("LINE", "ARC")
_CASS_APP = "SOUTH"
_CASS_PARCEL = "300000"
_CASS_COLUMNS = ("CASS编码", "宗地号", "权利人", "地类号")
_LARGEST = 1e12
"""Coordinates beyond this, or that are no numbers, come from damage."""
_UNREADABLE = "读不出来的图形"
_AUDIT = "请在 CAD 里用 AUDIT 检查后重新导出。"
_LISTED = 20


@dataclass(slots=True)
class Shape:
    """One closed line of the drawing."""

    layer: str
    handle: str
    polygon: Any
    data: dict[str, str]


@dataclass(slots=True)
class Harvest:
    """What a drawing gives, and what it does not."""

    shapes: list[Shape] = field(default_factory=list)
    hatches: list[Shape] = field(default_factory=list)
    texts: list[tuple[float, float, str]] = field(default_factory=list)
    heights: int = 0
    skipped: Counter = field(default_factory=Counter)
    closed: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    degenerate: list[str] = field(default_factory=list)


def read(path: Path, options: ReadOptions) -> list[RawLayer]:
    """Read the closed lines of model space as one layer; the drawing's layer is a column."""
    drawing, decision = open_drawing(path, options.encoding)
    vector.choose_layers([path.stem], options.layer, path.name)
    harvest = Harvest()
    for entity in modelspace_entities(drawing, path.name, harvest.skipped):
        try:
            _collect(entity, harvest)
        except INVALID:
            harvest.skipped[_UNREADABLE] += 1
    hatched = _hatches_alone(harvest)
    shapes = _joined_parts(harvest.shapes + hatched)
    if not shapes:
        raise _nothing_closed(path, harvest)
    polygons = np.array([shape.polygon for shape in shapes], dtype=object)
    issues = [*encoding_note(decision), *unit_issues(drawing), *_findings(harvest, len(hatched))]
    issues += _nested(shapes, polygons)
    columns = _columns(shapes) | {
        "text": pd.Series(_texts_inside(polygons, harvest.texts), dtype="str").array
    }
    return [
        vector_layer(
            path.stem,
            columns,
            polygons,
            declared_crs=None,
            rows=range(1, len(shapes) + 1),
            issues=issues,
            encoding=decision.encoding,
        )
    ]


def _collect(entity: DXFEntity, harvest: Harvest) -> None:
    kind = entity.dxftype()
    if kind in _TEXTS:
        _collect_text(entity, harvest)
    elif kind == "HATCH" and isinstance(entity, Hatch):
        _collect_hatch(entity, harvest)
    elif kind in _LINEAR and not (isinstance(entity, Polyline) and not _is_line(entity)):
        _collect_line(entity, harvest)
    else:
        harvest.skipped["MESH" if kind == "POLYLINE" else kind] += 1


def _is_line(entity: Polyline) -> bool:
    return bool(entity.is_2d_polyline or entity.is_3d_polyline)


def _collect_text(entity: DXFEntity, harvest: Harvest) -> None:
    if entity.dxftype() == "MTEXT":
        place, text = entity.dxf.insert, entity.plain_text()
    else:
        place, text = entity.get_placement()[1], plain_text(entity.dxf.text)
    text = " ".join(text.split())
    if text and max(abs(place.x), abs(place.y)) < _LARGEST:
        harvest.texts.append((place.x, place.y, text))


def _collect_line(entity: DXFEntity, harvest: Harvest) -> None:
    where = f"图层“{entity.dxf.layer}”、句柄 {entity.dxf.handle or '（图块内）'}"
    vertices = _vertices(entity)
    if len(vertices) < 2 or not (np.abs(vertices) < _LARGEST).all():
        harvest.degenerate.append(where)
        return
    gap = float(np.hypot(*(vertices[0, :2] - vertices[-1, :2])))
    if gap > CLOSING_GAP_M:
        x, y = vertices[0, :2]
        harvest.unclosed.append(f"{where}，起点 ({x:.3f}, {y:.3f})，缺口 {gap:.3f} 米")
        return
    if len(np.unique(vertices[:, :2], axis=0)) < 3:
        harvest.degenerate.append(where)
        return
    if gap > 0:
        harvest.closed.append(where)
    harvest.heights += bool(np.any(vertices[:, 2] != 0))
    polygon = shapely.Polygon(vertices[:, :2])
    harvest.shapes.append(Shape(entity.dxf.layer, entity.dxf.handle or "", polygon, _extended_data(entity)))


def _vertices(entity: DXFEntity) -> np.ndarray:
    """Return x, y, z along the line; the first again at the end where it is closed."""
    if isinstance(entity, LWPolyline) and not entity.has_arc and not _is_tilted(entity):
        flat = np.array(entity.get_points("xy"), dtype="float64").reshape(-1, 2)
        closed = np.vstack([flat, flat[:1]]) if entity.closed else flat
        return np.column_stack([closed, np.full(len(closed), entity.dxf.elevation)])
    return np.array([tuple(point) for point in dxf_path.make_path(entity).flattening(SAGITTA_M)]).reshape(
        -1, 3
    )


def _is_tilted(entity: LWPolyline) -> bool:
    return not entity.dxf.extrusion.isclose((0, 0, 1))


def _collect_hatch(entity: Hatch, harvest: Harvest) -> None:
    outlines = [list(outline.flattening(SAGITTA_M)) for outline in dxf_path.from_hatch(entity)]
    rings = [shapely.Polygon([(p.x, p.y) for p in outline]) for outline in outlines if len(outline) > 2]
    if not rings:
        harvest.skipped["HATCH"] += 1
        return
    if not all(np.abs(shapely.bounds(ring)).max() < _LARGEST for ring in rings):
        harvest.skipped[_UNREADABLE] += 1
        return
    polygon = reduce(shapely.symmetric_difference, map(shapely.make_valid, rings))
    harvest.hatches.append(Shape(entity.dxf.layer, entity.dxf.handle or "", polygon, _extended_data(entity)))


def _hatches_alone(harvest: Harvest) -> list[Shape]:
    """Return the hatches on layers without closed lines; elsewhere they only fill what is drawn already."""
    drawn = {shape.layer for shape in harvest.shapes}
    kept = [hatch for hatch in harvest.hatches if hatch.layer not in drawn]
    harvest.skipped["HATCH"] += len(harvest.hatches) - len(kept)
    return kept


def _extended_data(entity: DXFEntity) -> dict[str, str]:
    """Return extended data as columns: CASS parcels by their own words, "name=value" by name."""
    found: dict[str, str] = {}
    for app, tags in (entity.xdata.data if entity.xdata else {}).items():
        if app.upper().startswith(("ACAD", "ACDB")):
            continue
        values = [str(tag.value) for tag in tags if tag.code == 1000]
        is_parcel = app == _CASS_APP and values[:1] == [_CASS_PARCEL]
        for number, value in enumerate(values):
            name, equals, rest = value.partition("=")
            if app == XDATA_APP and equals:
                found[name] = rest
            elif is_parcel and number < len(_CASS_COLUMNS):
                found[_CASS_COLUMNS[number]] = value
            else:
                found[f"{app}_{number + 1}"] = value
    return found


def _joined_parts(shapes: list[Shape]) -> list[Shape]:
    """Join the rings that our own writer split: holes into their polygon, parts into one record."""
    record_key = PART_KEYS[0]
    joined: dict[str, Shape] = {}
    result = []
    for shape in shapes:
        record = shape.data.pop(record_key, None)
        is_hole = shape.data.pop(PART_KEYS[1], "") == "hole"
        if record is None or record not in joined:
            result.append(shape)
            if record is not None:
                joined[record] = shape
            continue
        combine = shapely.difference if is_hole else shapely.union
        joined[record].polygon = combine(joined[record].polygon, shape.polygon)
    return result


def _columns(shapes: list[Shape]) -> dict[str, Any]:
    columns = {
        "layer": pd.Series([shape.layer for shape in shapes], dtype="str").array,
        "handle": pd.Series([shape.handle for shape in shapes], dtype="str").array,
    }
    names = list(dict.fromkeys(name for shape in shapes for name in shape.data))
    shown = unique_names(names, reserved=("geometry", "text", *columns))
    for name, column in zip(names, shown, strict=True):
        columns[column] = pd.Series([shape.data.get(name) for shape in shapes], dtype="str").array
    return columns


def _texts_inside(polygons: np.ndarray, texts: list[tuple[float, float, str]]) -> list[str | None]:
    """Return for each polygon the text inside it that stands nearest to its middle."""
    if not texts:
        return [None] * len(polygons)
    points = shapely.points([(x, y) for x, y, _ in texts])
    owner, inside = shapely.STRtree(points).query(polygons, predicate="intersects")
    distance = shapely.distance(shapely.centroid(polygons[owner]), points[inside])
    pairs = pd.DataFrame({"owner": owner, "text": inside, "distance": distance})
    nearest = pairs.sort_values("distance", kind="stable").drop_duplicates("owner").set_index("owner")["text"]
    return [texts[nearest[i]][2] if i in nearest.index else None for i in range(len(polygons))]


def _nested(shapes: list[Shape], polygons: np.ndarray) -> list[Issue]:
    outer, inner = shapely.STRtree(polygons).query(polygons, predicate="contains_properly")
    layers = np.array([shape.layer for shape in shapes], dtype=object)
    count = len(np.unique(inner[(outer != inner) & (layers[outer] == layers[inner])]))
    if count == 0:
        return []
    return [
        Issue(
            code="ring-nested",
            severity=Severity.WARNING,
            message=f"有 {count} 条闭合线套在同一图层的另一条里面，按单独的图形读入，没有当作挖空。",
            advice="如果是挖空，请在 CAD 里做成带孔的填充（HATCH），或在 GIS 软件里处理后导入。",
        )
    ]


def _findings(harvest: Harvest, hatch_count: int) -> list[Issue]:
    issues = [_unclosed(where) for where in harvest.unclosed[:_LISTED]]
    if len(harvest.unclosed) > _LISTED:
        issues.append(
            _warning("line-unclosed", f"另有 {len(harvest.unclosed) - _LISTED} 条没有闭合的线没有读入。")
        )
    issues += [
        _warning("ring-unclosed", f"{where}：首尾相差不到 {CLOSING_GAP_M} 米，已闭合。")
        for where in harvest.closed
    ]
    issues += [
        _warning("line-degenerate", f"{where}：围不成面，没有读入。")
        for where in harvest.degenerate[:_LISTED]
    ]
    if harvest.heights:
        issues.append(dropped_dimension("z-dropped", "Z 值（高程）", harvest.heights))
    if hatch_count:
        issues.append(
            Issue(
                code="hatch-read",
                severity=Severity.NOTE,
                message=f"{hatch_count} 个填充（HATCH）所在图层没有闭合线，按填充边界读入。",
            )
        )
    return issues + _skipped(harvest.skipped)


def _skipped(skipped: Counter) -> list[Issue]:
    issues = []
    if skipped.pop("外部参照", 0):
        issues.append(
            _warning("link-skipped", "图纸里有外部参照，没有读取。", "请在 CAD 里绑定外部参照后重新导出。")
        )
    unreadable = skipped.pop(_UNREADABLE, 0)
    if unreadable:
        issues.append(
            _warning("entity-unreadable", f"图纸里有 {unreadable} 个图形读不出来，没有读入。", _AUDIT)
        )
    for kinds, code, what, advice in (
        (_SURFACES, "surface-unsupported", "三维面或实体", "需要时请在 CAD 里描出平面的闭合多段线。"),
        (
            _LOOSE,
            "line-loose",
            "单独的直线或圆弧",
            "如果它们围成地块，请用 PEDIT 或 BOUNDARY 合成闭合多段线。",
        ),
    ):
        counts = {kind: skipped[kind] for kind in kinds if skipped[kind]}
        if counts:
            listed = "、".join(f"{kind} {count} 个" for kind, count in counts.items())
            issues.append(_warning(code, f"图纸里有{what}（{listed}），没有读入。", advice))
    return issues


def _unclosed(where: str) -> Issue:
    return _warning("line-unclosed", f"{where}：没有闭合，没有读入。", "请在 CAD 里闭合这条多段线。")


def _warning(code: str, message: str, advice: str = "") -> Issue:
    return Issue(code=code, severity=Severity.WARNING, message=message, advice=advice)


def _nothing_closed(path: Path, harvest: Harvest) -> FormatError:
    counts = {kind: count for kind, count in harvest.skipped.items() if count}
    if harvest.unclosed:
        counts["没有闭合的多段线"] = len(harvest.unclosed)
    listed = "、".join(f"{kind} {count} 个" for kind, count in _most(counts.items()))
    has = f"，只有：{listed}" if listed else ""
    return FormatError(
        f"“{path.name}”的模型空间里没有闭合的多段线{has}。请在 CAD 里用 PEDIT 或 BOUNDARY 把地块边界做成闭合多段线。"
    )


def _most(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counts, key=lambda item: -item[1])[:6]


READER = Reader(id="dxf", zh="DXF 图纸", suffixes=(".dxf",), read=read)
WRITER = Writer(id="dxf", zh="DXF 图纸", suffixes=(".dxf",), write=write_dxf)
