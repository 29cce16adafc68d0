"""Geometry made plain: two dimensions, finite coordinates, one kind; and everything that was found on the way."""

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geoapp.domain.issue import Issue, Severity
from geoapp.formats.base import RawLayer

_WKB_SURFACES = {15: "多面体表面", 16: "TIN 三角网", 17: "三角形"}
_FAMILIES = {0: "点", 1: "线", 2: "线", 3: "面", 4: "点", 5: "线", 6: "面", 7: "几何集合"}
_LISTED_ROWS = 5


def vector_layer(
    name: str,
    attributes: dict[str, Any],
    geometry: np.ndarray,
    *,
    declared_crs: object,
    rows: Iterable[int],
    issues: Sequence[Issue] = (),
    encoding: str | None = None,
) -> RawLayer:
    """Return a layer with plain 2D geometry and everything said that happened to it.

    Parameters
    ----------
    attributes : dict of column to values
        Names are already distinct; none is "geometry".
    geometry : array of shapely geometries or None
    declared_crs : anything pyproj understands, or None
    rows : iterable of int
        What the user calls each row.
    """
    index = pd.Index(np.asarray(list(rows), dtype="int64"), name="source_row")
    said = [issue.row for issue in issues if issue.severity is Severity.ERROR]
    flat, found = flatten_geometry(geometry, index.to_numpy(), said)
    crs, crs_issues = usable_crs(declared_crs)
    frame = pd.DataFrame(attributes, index=index)
    return RawLayer(
        name=name,
        frame=gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(flat, index=index, crs=crs)),
        encoding=encoding,
        issues=[*issues, *found, *crs_issues],
    )


def parse_wkb(wkb: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, list[Issue]]:
    """Return geometries from their bytes; surfaces that cannot be held become None, and are errors."""
    geometry = shapely.from_wkb(wkb, on_invalid="ignore")
    issues = []
    given = np.array([item is not None for item in wkb], dtype=bool)
    for position in np.flatnonzero(given & shapely.is_missing(geometry)):
        number = int.from_bytes(wkb[position][1:5], "little" if wkb[position][0] else "big")
        kind = _WKB_SURFACES.get(number % 1000, "不支持的三维或复合图形")
        issues.append(
            Issue(
                code="surface-unsupported",
                severity=Severity.ERROR,
                message=f"图形是{kind}，不能当作地块图形。",
                advice="请在 GIS 软件里转换成普通的面（“要素转面”）后再导入。",
                row=int(rows[position]),
            )
        )
    return geometry, issues


def flatten_geometry(
    geometry: np.ndarray, rows: np.ndarray, said: Sequence[int | None] = ()
) -> tuple[np.ndarray, list[Issue]]:
    """Return geometry in two dimensions without impossible coordinates, and what was found.

    Rows in *said* lost their geometry to an error that is already reported.
    """
    issues: list[Issue] = []
    has_z = shapely.has_z(geometry) | shapely.has_m(geometry)
    if has_z.any():
        issues.append(dropped_dimension("z-dropped", "Z/M 值（高程或量测值）", int(has_z.sum())))
        geometry = shapely.force_2d(geometry)
    bounds = shapely.bounds(geometry)
    present = ~shapely.is_missing(geometry)
    impossible = present & ~shapely.is_empty(geometry) & ~_all_finite(geometry, bounds)
    if impossible.any():
        geometry = geometry.copy()
        geometry[impossible] = None
        issues += [_impossible(int(row)) for row in rows[impossible]]
    lacking = ~present & ~np.isin(rows, [row for row in said if row is not None])
    if lacking.any():
        issues.append(_missing_geometry(rows[lacking]))
    return geometry, issues + _mixed_types(geometry)


def _all_finite(geometry: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    bad = np.unique(owner[~np.isfinite(coordinates).all(axis=1)])
    finite: np.ndarray = np.isfinite(bounds).all(axis=1)
    finite[bad] = False
    return finite


def dropped_dimension(code: str, what: str, count: int) -> Issue:
    """Return the note that heights or measures were left out."""
    return Issue(
        code=code,
        severity=Severity.NOTE,
        message=f"{count} 个图形带有{what}，只保留平面坐标，{what}没有读入。",
    )


def _impossible(row: int) -> Issue:
    return Issue(
        code="coordinate-impossible",
        severity=Severity.ERROR,
        message="图形里有不是数字的坐标（NaN 或无穷大），这个图形没有读入。",
        advice="请在原软件里修复或删除这个图形。",
        row=row,
    )


def _missing_geometry(rows: np.ndarray) -> Issue:
    return Issue(
        code="geometry-missing",
        severity=Severity.WARNING,
        message=f"{len(rows)} 条记录没有图形{listed_rows(rows)}。",
        advice="如果它们应当有图形，请在原软件里补上。",
        row=int(rows[0]),
    )


def _mixed_types(geometry: np.ndarray) -> list[Issue]:
    families = [_FAMILIES[i] for i in shapely.get_type_id(geometry[~shapely.is_missing(geometry)])]
    counts = pd.Series(families, dtype="str").value_counts()
    if len(counts) < 2:
        return []
    listed = "、".join(f"{kind} {count} 个" for kind, count in counts.items())
    return [
        Issue(
            code="geometry-mixed",
            severity=Severity.WARNING,
            message=f"图层里混有几种图形：{listed}。",
            advice="一个台账只能有一种图形，请分成几个图层导入。",
        )
    ]


def listed_rows(rows: np.ndarray) -> str:
    """Return the first few rows in words: （第 3、7 条）."""
    shown = "、".join(str(row) for row in rows[:_LISTED_ROWS])
    more = " 等" if len(rows) > _LISTED_ROWS else ""
    return f"（第 {shown} 条{more}）"


def usable_crs(declared: object) -> tuple[pyproj.CRS | None, list[Issue]]:
    """Return the declared coordinate system if it says where on Earth things are, and what to note otherwise."""
    if declared is None or declared == "":
        return None, [_no_crs("文件没有声明坐标系。")]
    try:
        crs = pyproj.CRS.from_user_input(declared)
    except pyproj.exceptions.CRSError:
        return None, [_no_crs("文件声明的坐标系不认识，当作没有声明。")]
    if crs.is_engineering or not (crs.is_geographic or crs.is_projected):
        return None, [_no_crs(f"文件声明的坐标系“{crs.name}”没有说明位置，当作没有声明。")]
    return crs, []


def _no_crs(message: str) -> Issue:
    return Issue(
        code="crs-missing",
        severity=Severity.NOTE,
        message=message,
        advice="导入时按坐标大小判断；判断不了时请用“坐标系”选项（--crs）说明。",
    )


def unique_names(names: Iterable[str], reserved: Iterable[str] = ("geometry",)) -> list[str]:
    """Return distinct column names: a second one gets "_2".

    Examples
    --------
    >>> unique_names(["MJ", "MJ", "geometry", ""])
    ['MJ', 'MJ_2', 'geometry_2', '未命名']
    """
    taken = set(reserved)
    distinct = []
    for name in names:
        stem = name or "未命名"
        candidate, number = stem, 2
        while candidate in taken:
            candidate, number = f"{stem}_{number}", number + 1
        taken.add(candidate)
        distinct.append(candidate)
    return distinct
