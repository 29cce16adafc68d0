"""Polygons from any file that can be read, in a coordinate system one can rely on, for statistics."""

import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.analysis.crs import crs_name, crs_rules, is_usable, parse_crs
from geoapp.analysis.crs_verdict import SWAP_AXES, CrsVerdict, judge_crs, to_stored
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.policy import Policy
from geoapp.errors import CrsError, FormatError, UsageError
from geoapp.formats.base import RawLayer, ReadOptions, reader_for

_POLYGONS = (3, 6)
_COLLECTION = 7
_LISTED_ROWS = 5
_DEGREE_EXTENT = 5.0
"""Shapes wider than this are not parcels or zones in degrees but a drawing in metres near its origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolygonFile:
    """One layer of polygons: attributes as in the file, geometry valid, in a known CRS."""

    frame: gpd.GeoDataFrame
    """Index is the row as the user sees it. Shapes that are no polygons are kept, see `is_polygon`."""
    is_polygon: NDArray[np.bool_]
    """Which rows hold a polygon; the others are points, lines or nothing."""
    notes: list[str] = field(default_factory=list)
    """What was found and done, in Chinese."""

    def column(self, name: str, option: str) -> pd.Series:
        """Return an attribute by its name, in other letter case if that is the only one.

        Raises
        ------
        UsageError
            There is none; names *option* and those there are.
        """
        attributes = self.frame.drop(columns="geometry")
        if attributes.empty and not len(attributes.columns):
            return pd.Series(
                index=attributes.index, dtype=object
            )  # formats such as GeoJSON name fields by feature
        found = [label for label in attributes.columns if label == name] or [
            label for label in attributes.columns if str(label).lower() == name.lower()
        ]
        if len(found) != 1:
            available = "、".join(map(str, attributes.columns)) or "（没有任何字段）"
            raise UsageError(f"{option}：文件里没有字段“{name}”；可用的字段：{available}。")
        cells: pd.Series = attributes[found[0]]
        return cells


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedZones:
    """Zones by their key: one geometry each, in the order the keys first appear."""

    geometry: gpd.GeoSeries
    """None where no feature of the key is a polygon."""
    unnamed_count: int
    """Features without a key; they are no zones."""
    notes: tuple[str, ...] = ()


def named_zones(file: PolygonFile, key: str, option: str) -> NamedZones:
    """Return the zones of a file; features of one key are united, so that nothing in them counts twice.

    Raises
    ------
    UsageError
        No such field; names *option* and the fields there are.
    """
    cells = file.column(key, option)
    names = pd.Series([None if pd.isna(cell) else key_text(cell) for cell in cells], dtype="str")
    names = names.where(names.str.strip() != "")
    code, ordered = pd.factorize(names)
    usable = np.where(file.is_polygon, file.frame.geometry.to_numpy(), None)
    united = np.empty(len(ordered), dtype=object)
    order = np.argsort(code, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(code[order])) + 1)
    for rows in groups:
        if len(rows) and code[rows[0]] >= 0:
            united[code[rows[0]]] = usable[rows[0]] if len(rows) == 1 else _united(usable[rows])
    repeated = [str(ordered[code[rows[0]]]) for rows in groups if len(rows) > 1 and code[rows[0]] >= 0]
    notes = []
    if repeated:
        examples = "、".join(repeated[:_LISTED_ROWS])
        notes.append(f"{len(repeated)} 个分区由多个图形组成（如 {examples}），已合并。")
    geometry = gpd.GeoSeries(united, index=pd.Index(ordered.astype("str"), name="zone"), crs=file.frame.crs)
    return NamedZones(geometry=geometry, unnamed_count=int((code < 0).sum()), notes=tuple(notes))


def key_text(value: object) -> str:
    """Return a key as it is written in tables: whole numbers without decimals.

    Examples
    --------
    >>> key_text(101.0), key_text("A-1"), key_text(2.5)
    ('101', 'A-1', '2.5')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _united(shapes: NDArray) -> shapely.Geometry | None:
    known = shapes[~shapely.is_missing(shapes)]
    return shapely.union_all(known) if len(known) else None


def read_polygons(
    path: Path,
    role: str,
    *,
    policy: Policy,
    day: date,
    crs: str | None = None,
    layer: str | None = None,
    crs_option: str = "--crs",
    layer_option: str = "--layer",
) -> PolygonFile:
    """Return the polygons of a file.

    Parameters
    ----------
    path : Path
        Any format that can be read.
    role : str
        What they are, for messages: 地块 or 分区.
    policy, day
        The rule book with the district's coordinate windows, and the day it is read for.
    crs : str, optional
        The coordinate system where the file does not say it or says it wrongly.
    layer : str, optional
        Which layer of several.
    crs_option, layer_option : str
        What messages call these two.

    Raises
    ------
    FormatError
        The file cannot be read, or holds nothing to draw.
    UsageError
        It holds several layers and none was chosen.
    CrsError
        The coordinate system is missing and cannot be told, or contradicts the coordinates.
    """
    if not os.path.exists(path):  # noqa: PTH110 - unlike Path.exists it also answers for names too long
        raise FormatError(f"找不到{role}文件“{path}”。请检查路径。")
    raw = _one_layer(reader_for(path).read(path, ReadOptions(layer=layer)), path, role, layer_option)
    frame = gpd.GeoDataFrame(raw.frame)
    geometry, crs_note = _located(frame.geometry, role, policy, day, crs, crs_option)
    shapes, notes = _valid_polygons(geometry.to_numpy(), frame.index, role)
    frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=geometry.crs))
    frame = frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame
    is_polygon = np.isin(shapely.get_type_id(shapes), _POLYGONS) & (shapely.area(shapes) > 0)
    notes = [crs_note, *(issue.message for issue in raw.issues if _is_told(issue)), *notes]
    return PolygonFile(frame=frame, is_polygon=is_polygon, notes=notes)


def _is_told(issue: Issue) -> bool:
    return issue.severity is not Severity.NOTE and not issue.code.startswith(("crs", "geometry"))


def _one_layer(layers: list[RawLayer], path: Path, role: str, option: str) -> RawLayer:
    drawn = [layer for layer in layers if layer.has_geometry]
    if not drawn:
        raise FormatError(f"{role}文件“{path.name}”里没有图形，不能用来统计。请给出带图形的文件。")
    if len(drawn) > 1:
        names = "、".join(layer.name for layer in drawn)
        raise UsageError(f"{role}文件“{path.name}”里有多个图层：{names}。请用 {option} 选定一个。")
    return drawn[0]


def _located(
    geometry: gpd.GeoSeries, role: str, policy: Policy, day: date, crs: str | None, option: str
) -> tuple[gpd.GeoSeries, str]:
    """Return the geometry in a known CRS and how it became known.

    A declared CRS is believed wherever on Earth it leads, as long as the coordinates can be in it.
    """
    given = parse_crs(crs) if crs is not None else None
    verdict = judge_crs(geometry, crs_rules(policy, day), given=given, fixes=frozenset({SWAP_AXES}))
    flaws = [issue for issue in verdict.issues if issue.severity is Severity.ERROR]
    ask = f"请用 {option} 说明坐标系（如 {option} 4549）。"
    if flaws and is_usable(geometry.crs):
        placed, note = geometry, f"{flaws[0].message}仍按文件的声明处理；声明有误的话{ask}"
    elif flaws and _looks_like_degrees(geometry):
        placed = gpd.GeoSeries(geometry.to_numpy(), index=geometry.index, crs=4326)
        note = "没有说明坐标系，按数值认作经纬度。"
    elif flaws:
        raise CrsError(f"{role}：{flaws[0].message}{ask}")
    else:
        placed, note = _placed(geometry, verdict), f"坐标系：{verdict.reason}"
    if placed.crs.is_geographic and not _fits_degrees(placed):
        raise CrsError(
            f"{role}：坐标系是经纬度（{crs_name(CRS.from_user_input(placed.crs))}），"
            f"坐标却超出经纬度的范围。{ask}"
        )
    return placed, f"{role}{note}"


def _placed(geometry: gpd.GeoSeries, verdict: CrsVerdict) -> gpd.GeoSeries:
    if verdict.is_swapped or verdict.shift is not None:
        return to_stored(geometry, verdict)
    return gpd.GeoSeries(geometry.to_numpy(), index=geometry.index, crs=verdict.crs)


def _fits_degrees(geometry: gpd.GeoSeries) -> bool:
    west, south, east, north = geometry.total_bounds
    return not (west < -360 or east > 360 or south < -90 or north > 90)


def _looks_like_degrees(geometry: gpd.GeoSeries) -> bool:
    bounds = shapely.bounds(geometry.to_numpy())
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if len(bounds) == 0 or not _fits_degrees(geometry):
        return False
    return bool(np.median(bounds[:, 2:] - bounds[:, :2]) <= _DEGREE_EXTENT)


def _valid_polygons(shapes: NDArray, rows: pd.Index, role: str) -> tuple[NDArray, list[str]]:
    """Return the shapes with polygons put right and collections reduced to their polygons, and what was done."""
    shapes, notes = shapes.copy(), []
    type_ids = shapely.get_type_id(shapes)
    is_broken = ~shapely.is_valid(shapes) & np.isin(type_ids, _POLYGONS)
    shapes[is_broken] = shapely.make_valid(shapes[is_broken], method="structure", keep_collapsed=False)
    is_mixed = shapely.get_type_id(shapes) == _COLLECTION
    for place in np.flatnonzero(is_mixed):
        parts = shapely.get_parts(shapes[place])
        shapes[place] = shapely.union_all(parts[np.isin(shapely.get_type_id(parts), _POLYGONS)])
    is_missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    is_other = ~is_missing & ~np.isin(shapely.get_type_id(shapes), _POLYGONS)
    for mask, words in (
        (is_broken, f"个{role}的图形无效（自相交等），已修复"),
        (is_missing, f"个{role}没有图形"),
        (is_other, f"个{role}的图形是点或线，不是面"),
    ):
        if mask.any():
            notes.append(f"{int(mask.sum())} {words}：第 {_listed(rows[mask])} 行。")
    return shapes, notes


def _listed(rows: pd.Index) -> str:
    listed = "、".join(str(row) for row in rows[:_LISTED_ROWS])
    return f"{listed} 等" if len(rows) > _LISTED_ROWS else listed
