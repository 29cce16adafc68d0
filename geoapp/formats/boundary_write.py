"""Writing boundary-point files (界址点 TXT): X = north, Y = east, millimetres, hectares."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import CrsError, FormatError
from geoapp.formats.base import WriteOptions
from geoapp.formats.boundary_crs import Zone, zone_of
from geoapp.formats.encoding import CHINESE, required_codec
from geoapp.formats.vector_write import put_in_place
from geoapp.units import from_m2

DEFAULT_EPSG = 4528
"""CGCS2000, three-degree zone 40, zone number in the easting: what survey reports of this district use."""
_SOURCES = {
    "地块编号": (
        "地块编号",
        "plot_code",
        "dkbh",
        "project_code",
        "zone_code",
        "line_code",
        "park_code",
        "编号",
        "code",
    ),
    "地块名称": ("地块名称", "name", "dkmc", "名称"),
    "图幅号": ("图幅号", "tfh"),
    "地块用途": ("地块用途", "planned_use", "dkyt", "用途"),
    "地类编码": ("地类编码", "landuse_code", "dlbm"),
}
"""Columns that a field of the plot's line is taken from, the first there is."""
_LONG_FIELDS = ("TBLX", "DL", "GZQ", "GZH", "BZ")
_SEPARATORS = {ord(","): "，", ord("@"): "＠"}  # they would end the field or the line

Points = NDArray[np.float64]


def write(path: Path, frame: pd.DataFrame, options: WriteOptions) -> list[Issue]:
    """Write the frame's polygons.

    Areas are those of the points, on the plane, in hectares with four decimals. Outer rings run clockwise from their
    north-west point, holes the other way round.

    Parameters
    ----------
    frame : GeoDataFrame
        In a projected CGCS2000 CRS (Gauss-Krüger, metres).

    Raises
    ------
    FormatError
        No geometry.
    CrsError
        Another CRS.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FormatError("界址点 TXT 只能写有图形的数据，这份数据没有图形。")
    zone = zone_of(frame.crs) if frame.crs is not None else None
    if zone is None:
        name = frame.crs.name if frame.crs is not None else "未知"
        raise CrsError(
            f"界址点 TXT 应为 CGCS2000 高斯-克吕格坐标，这份数据是“{name}”。请转换到 EPSG:{DEFAULT_EPSG} 后再写。"
        )
    issues: list[Issue] = []
    lines = [*_header(zone, options.title), *_plots(frame, issues)]
    encoding = required_codec(options.encoding) if options.encoding else "gbk"
    text = "".join(f"{line}\r\n" for line in lines)
    content = _encoded(text, encoding, issues)

    def produce(folder: Path) -> list[Issue]:
        (folder / path.name).write_bytes(content)
        return issues

    return put_in_place(path, produce)


def _header(zone: Zone, title: str) -> list[str]:
    today = datetime.now(UTC).astimezone().date()
    return [
        "[属性描述]",
        "格式版本号=1.01版本",
        f"数据产生单位={title}",
        f"数据产生日期={today.isoformat()}",
        "坐标系=2000国家大地坐标系",
        f"几度分带={zone.width}",
        "投影类型=高斯克吕格",
        "计量单位=米",
        f"带号={zone.number}",
        "精度=0.001",
        "转换参数=,,,,,,",
        "[地块坐标]",
    ]


def _plots(frame: gpd.GeoDataFrame, issues: list[Issue]) -> Iterator[str]:
    attributes = _attributes(frame, issues)
    for position, geometry in enumerate(frame.geometry.to_numpy()):
        row = frame.index[position]
        rings = list(_rings(geometry)) if _is_polygon(geometry) else []
        if not rings:
            issues.append(_not_written(row, geometry))
            continue
        points = list(_point_lines(rings))
        area_ha = from_m2(sum(map(_signed_area_m2, rings)), "ha")
        yield ",".join([str(len(points)), f"{area_ha:.4f}", *attributes[position], "@"])
        yield from points


def _attributes(frame: gpd.GeoDataFrame, issues: list[Issue]) -> list[list[str]]:
    """Return the fields of each plot's line after its area."""
    by_name = {str(name).lower(): name for name in frame.columns}
    found = {
        field: next((by_name[s] for s in names if s in by_name), None) for field, names in _SOURCES.items()
    }
    columns = [
        found["地块编号"],
        found["地块名称"],
        "面",
        found["图幅号"],
        found["地块用途"],
        found["地类编码"],
    ]
    columns += [name for name in _LONG_FIELDS if name in frame.columns and frame[name].notna().any()]
    texts = [["面"] * len(frame) if name == "面" else _texts(frame, name, issues) for name in columns]
    left = [str(n) for n in frame.columns if n not in (*columns, frame.geometry.name, "地块面积", "图形属性")]
    if left:
        message = f"界址点 TXT 放不下这些列：{'、'.join(left)}。"
        issues.append(Issue(code="columns-dropped", severity=Severity.NOTE, message=message))
    return [list(row) for row in zip(*texts, strict=True)]


def _texts(frame: gpd.GeoDataFrame, name: Any, issues: list[Issue]) -> list[str]:
    if name is None:
        return [""] * len(frame)
    raw = ["" if pd.isna(value) else str(value) for value in frame[name].tolist()]
    safe = [re.sub(r"\s+", " ", text).strip().translate(_SEPARATORS) for text in raw]
    changed = sum(a != b for a, b in zip(raw, safe, strict=True))
    if changed:
        message = f"“{name}”有 {changed} 个值含有逗号、@ 或换行，已换成全角或空格。"
        issues.append(Issue(code="text-changed", severity=Severity.NOTE, message=message, field=str(name)))
    return safe


def _is_polygon(geometry: BaseGeometry | None) -> bool:
    return (
        geometry is not None and geometry.geom_type in ("Polygon", "MultiPolygon") and not geometry.is_empty
    )


def _rings(geometry: BaseGeometry) -> Iterator[Points]:
    """Give the rings, rounded to millimetres: outer ones clockwise, holes counter-clockwise, from the north-west."""
    for polygon in shapely.get_parts(shapely.force_2d(geometry)):
        for i, ring in enumerate([polygon.exterior, *polygon.interiors]):
            points = _rounded(shapely.get_coordinates(ring))
            if len(points) < 3:
                continue
            is_clockwise = _twice_area(points) < 0
            points = points if is_clockwise == (i == 0) else points[::-1]
            start = int(np.lexsort((points[:, 0], -points[:, 1], points[:, 0] - points[:, 1]))[0])
            yield np.vstack([points[start:], points[: start + 1]])


def _rounded(points: Points) -> Points:
    """Return a ring's points to the millimetre without the closing one and without repeated ones."""
    rounded = points.round(3)
    distinct: Points = rounded[1:][(np.diff(rounded, axis=0) != 0).any(axis=1)]
    return distinct


def _twice_area(points: Points) -> float:
    x, y = (points - points.mean(axis=0)).T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def _signed_area_m2(ring: Points) -> float:
    """Return the area of a closed ring: above zero clockwise (outer), below zero for holes."""
    return -_twice_area(ring[:-1]) / 2


def _point_lines(rings: Sequence[Points]) -> Iterator[str]:
    number = 1
    for ring_number, ring in enumerate(rings, start=1):
        for i, (east, north) in enumerate(ring):
            name = number + (i if i < len(ring) - 1 else 0)
            yield f"J{name},{ring_number},{north:.3f},{east:.3f}"
        number += len(ring) - 1


def _encoded(text: str, encoding: str, issues: list[Issue]) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        rare = "".join(sorted({c for c in text if not _fits(c, encoding)}))
        used = CHINESE if encoding in ("gbk", "gb2312") else "utf-8"
        message = f"文字“{rare[:20]}”不能用 {encoding.upper()} 表示，文件改用 {used.upper()} 编码。"
        issues.append(
            Issue(code="encoding-widened", severity=Severity.WARNING, message=message, value=rare[:20])
        )
        return text.encode(used)


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _not_written(row: Any, geometry: BaseGeometry | None) -> Issue:
    what = (
        "没有图形"
        if geometry is None or geometry.is_empty
        else f"的图形是 {geometry.geom_type}，或小于 1 毫米"
    )
    return Issue(
        code="geometry-not-written",
        severity=Severity.WARNING,
        message=f"第 {row} 条记录{what}，没有写入界址点 TXT（只能写面）。",
        row=int(row) if isinstance(row, int | np.integer) else None,
    )
