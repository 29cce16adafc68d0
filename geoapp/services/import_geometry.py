"""Where a file's records lie: coordinates found, their system judged, shapes repaired, the district checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoapp.analysis.crs import crs_rules, is_outside, parse_crs
from geoapp.analysis.crs_verdict import CrsVerdict, judge_crs, to_stored
from geoapp.analysis.repair import Repaired, repair, repair_rules
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import Layer
from geoapp.domain.matching import coordinate_columns
from geoapp.domain.parse import parse_number
from geoapp.domain.policy import Policy
from geoapp.domain.schema import DROP_ERROR_ROWS
from geoapp.formats.base import RawLayer
from geoapp.services.import_source import headers_of

KEEP_OUTSIDE = "keep-outside"
LISTED_OUTSIDE = 50
"""More records outside the district than this are one finding: the file is of another place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """The geometry of a file's records, if it has any the register can use."""

    geometry: gpd.GeoSeries | None
    """EPSG:4490 on the file's rows; None where the file brings none or its CRS is unknown."""
    raw: gpd.GeoSeries | None
    """As it stands in the file."""
    verdict: CrsVerdict | None = None
    was_line: np.ndarray | None = None
    issues: list[Issue] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRules:
    """What the rule book and the installation say about places."""

    policy: Policy
    day: date
    working_crs: int


def point_columns(raw: RawLayer, layer: Layer) -> tuple[str, str] | None:
    """Return the columns of X and Y of a ledger for a register that can be drawn, or None."""
    if raw.has_geometry or not layer.has_geometry:
        return None
    return coordinate_columns(headers_of(raw))


def find_geometry(raw: RawLayer, layer: Layer) -> tuple[gpd.GeoSeries | None, list[Issue]]:
    """Return the file's own geometry or points from its X and Y columns, and what could not be used."""
    if isinstance(raw.frame, gpd.GeoDataFrame):
        return _own_geometry(raw.frame.geometry, layer)
    columns = point_columns(raw, layer)
    if columns is None:
        return None, []
    if layer.geometry != "point":
        return None, [_points_refused(columns, layer)]
    return _points(raw.frame, columns)


def _own_geometry(geometry: gpd.GeoSeries, layer: Layer) -> tuple[gpd.GeoSeries | None, list[Issue]]:
    if not layer.has_geometry:
        message = f"“{layer.zh}”是没有图形的台账，文件里的图形没有读入。"
        return None, [Issue(code="geometry-ignored", severity=Severity.NOTE, message=message)]
    if shapely.is_missing(geometry.to_numpy()).all():
        message = "文件里所有记录都没有图形，按没有图形的台账处理：已有的记录保留台账里的图形。"
        return None, [Issue(code="geometry-absent", severity=Severity.WARNING, message=message)]
    return geometry, []


def locate(
    geometry: gpd.GeoSeries,
    layer: Layer,
    rules: PlaceRules,
    *,
    keys: Sequence[str | None],
    crs: str | None,
    fixes: frozenset[str],
) -> Located:
    """Return a file's geometry in EPSG:4490, repaired, with every finding about CRS, shapes and place.

    Parameters
    ----------
    geometry : GeoSeries
        Raw coordinates on the file's rows; `.crs` is what the file declares.
    layer : Layer
        The register.
    rules : PlaceRules
        Rule book, day and working CRS.
    keys : sequence of str or None
        The records' keys, for the findings.
    crs : str, optional
        What the user says.
    fixes : frozenset of str
        Fixes the user chose.

    Raises
    ------
    CrsError
        *crs* is no coordinate system.
    """
    windows = crs_rules(rules.policy, rules.day)
    given = parse_crs(crs, f"EPSG:{rules.working_crs}") if crs else None
    verdict = judge_crs(geometry, windows, given=given, fixes=fixes)
    if verdict.crs is None:
        return Located(geometry=None, raw=geometry, verdict=verdict, issues=list(verdict.issues))
    repaired = _repaired(to_stored(geometry, verdict), layer, rules, keys, fixes)
    outside = np.flatnonzero(is_outside(repaired.geometry, windows))
    return Located(
        geometry=repaired.geometry,
        raw=geometry,
        verdict=verdict,
        was_line=repaired.was_line,
        issues=[*verdict.issues, *repaired.issues, *_outside_issues(outside, repaired.geometry, keys, fixes)],
    )


def _repaired(
    geometry: gpd.GeoSeries,
    layer: Layer,
    rules: PlaceRules,
    keys: Sequence[str | None],
    fixes: frozenset[str],
) -> Repaired:
    wanted = repair_rules(rules.policy, rules.day, layer, rules.working_crs)
    return repair(geometry, wanted, keys=keys, fixes=fixes)


def _points_refused(columns: tuple[str, str], layer: Layer) -> Issue:
    x, y = columns
    return Issue(
        code="points-for-polygons",
        severity=Severity.WARNING,
        message=f"“{layer.zh}”的图形是面，一对坐标（“{x}”“{y}”）只是一个点，围不成面，没有用作图形。",
        advice="按编号与台账里已有的图形对应；新记录请用 shapefile、DXF、界址点 TXT 等给出界线。",
        field=f"{x}、{y}",
    )


def _points(frame: pd.DataFrame, columns: tuple[str, str]) -> tuple[gpd.GeoSeries, list[Issue]]:
    x, y = (parse_number(frame[name]) for name in columns)
    is_known = (x.cells.notna() & y.cells.notna()).to_numpy()
    shapes = np.full(len(frame), None, dtype=object)
    shapes[is_known] = shapely.points(x.cells[is_known], y.cells[is_known])
    count = int(is_known.sum())
    message = f"用“{columns[0]}”“{columns[1]}”两列的坐标生成了 {count} 个点。"
    issues = [Issue(code="points-made", severity=Severity.NOTE, message=message)]
    for name, parsed in zip(columns, (x, y), strict=True):
        issues += [
            Issue(
                code="unreadable-coordinate", severity=Severity.ERROR, row=int(row), field=name,
                value=str(frame[name].loc[row])[:300], message=f"“{name}”的值读不成坐标。",
                advice="请改正坐标，或清空后按没有位置入库。", fix=DROP_ERROR_ROWS,
            )
            for row in frame.index[parsed.bad].tolist()
        ]  # fmt: skip
    return gpd.GeoSeries(shapes, index=frame.index), issues


def _outside_issues(
    places: np.ndarray, geometry: gpd.GeoSeries, keys: Sequence[str | None], fixes: frozenset[str]
) -> list[Issue]:
    if not len(places):
        return []
    is_kept = KEEP_OUTSIDE in fixes
    severity = Severity.WARNING if is_kept else Severity.ERROR
    advice = (
        "已按您的确认保留。" if is_kept else "请核对坐标系和坐标；确实在区外的，选择“区外的记录照样入库”。"
    )
    bounds = geometry.bounds.to_numpy()
    if len(places) > LISTED_OUTSIDE:
        west, south = bounds[places, :2].min(axis=0).tolist()
        east, north = bounds[places, 2:].max(axis=0).tolist()
        where = f"东经 {west:.4f} 至 {east:.4f}、北纬 {south:.4f} 至 {north:.4f}"
        message = f"{len(places)} 条记录不在本区范围内，落在{where}。"
        return [
            Issue(
                code="outside-district", severity=severity, message=message, advice=advice, fix=KEEP_OUTSIDE
            )
        ]
    centres = (bounds[:, :2] + bounds[:, 2:]) / 2
    return [
        Issue(
            code="outside-district", severity=severity, row=int(geometry.index[place]), key=keys[place],
            value=f"{centres[place][0]:.5f}, {centres[place][1]:.5f}",
            message=f"图形不在本区范围内，落在东经 {centres[place][0]:.4f}、北纬 {centres[place][1]:.4f}。",
            advice=advice, fix=KEEP_OUTSIDE,
        )
        for place in places
    ]  # fmt: skip
