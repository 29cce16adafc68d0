"""Boundary-point files (界址点 TXT), the exchange format of survey reports, with the defects that occur in them.

Source: domain notes §8.5. Points are written X = north, Y = east with the zone number in front.
"""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoapp.domain.issue import Issue, Severity
from geoapp.domain.parse import parse_area_text
from geoapp.errors import FormatError
from geoapp.formats.base import RawLayer, Reader, ReadOptions, Writer
from geoapp.formats.boundary_crs import EAST_NORTH, LAT_LON, LON_LAT, UNKNOWN, decide_crs, kinds_of, zones_of
from geoapp.formats.boundary_lines import BoundaryText, PlotLines, looks_like_boundary_text, parse_lines
from geoapp.formats.boundary_rings import CLOSING_M, close_ring, nest, nesting_issues, split_rings
from geoapp.formats.boundary_write import write
from geoapp.formats.encoding import CHINESE, decode_text
from geoapp.formats.geometry import vector_layer
from geoapp.formats.signature import read_head
from geoapp.units import from_m2, to_m2

AREA = "地块面积"
FIELDS = (AREA, "地块编号", "地块名称", "图形属性", "图幅号", "地块用途", "地类编码")
"""Of a plot's line after the number of points."""
LONG_FIELDS = ("TBLX", "DL", "GZQ", "GZH", "BZ")
"""What a longer variant has after those."""
COLUMNS = ("地块编号", "地块名称", AREA, "地块用途", "地类编码", "图幅号", "图形属性")
AREA_TOLERANCE = 0.01
"""Share by which the stated area may differ from the coordinates' before it is said."""
_CLAIM_BYTES = 65_536
_LISTED_POINTS = 50
_CLOSING_DEGREES = CLOSING_M / 100_000

Points = NDArray[np.float64]
Shapes = NDArray[np.object_]


def claims(path: Path) -> bool:
    """Return whether a text file holds boundary points."""
    head = read_head(path, _CLAIM_BYTES)
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\x00" in head and not is_utf16:
        return False
    likely = ("utf-16",) if is_utf16 else ("utf-8-sig", CHINESE)
    return any(looks_like_boundary_text(head.decode(codec, "ignore")) for codec in likely)


def read(path: Path, options: ReadOptions) -> list[RawLayer]:
    """Read the plots of a file as one layer; `source_row` is the line where a plot begins.

    Raises
    ------
    FormatError
        It holds no points.
    """
    text, decision = decode_text(path.read_bytes(), option=options.encoding, what=f"“{path.name}”")
    found = parse_lines(text)
    empty = [plot for plot in found.plots if not plot.points]
    plots = [plot for plot in found.plots if plot.points]
    if not plots:
        raise FormatError(
            f"“{path.name}”里没有界址点。文件应有“[地块坐标]”一节，下面是地块信息行和“J1,1,X,Y”这样的界址点。"
        )
    issues = [*decision.issues, *found.issues, *(_without_points(plot) for plot in empty)]
    layer = _layer(path.stem, found, plots, issues)
    layer.encoding = decision.encoding
    return [layer]


@dataclass(frozen=True, slots=True)
class _Oriented:
    """The points of all plots with x east and y north, and what their magnitudes say."""

    owner: NDArray[np.int64]
    """Which plot each point belongs to."""
    east_north: Points
    kinds: NDArray[np.int64]
    usual: NDArray[np.int64]
    """The commonest kind of each plot."""
    is_degrees: bool
    zone: int
    fits: NDArray[np.bool_]
    """Plots in the same units and zone as most of the file."""


def _orient(plots: Sequence[PlotLines]) -> _Oriented:
    owner = np.repeat(np.arange(len(plots)), [len(plot.points) for plot in plots])
    written = np.array([(p.first, p.second) for plot in plots for p in plot.points])
    kinds = kinds_of(written)
    usual = _usual(owner, kinds, len(plots))
    is_swapped = np.isin(usual, (EAST_NORTH, LON_LAT))
    east_north = np.where(is_swapped[owner][:, None], written, written[:, ::-1])
    in_degrees = np.isin(usual, (LAT_LON, LON_LAT))
    zones = _usual(owner, zones_of(east_north[:, 0]), len(plots))
    is_known = usual != UNKNOWN
    is_degrees = bool(in_degrees.sum() > is_known.sum() / 2)
    of_file = is_known & (in_degrees == is_degrees)
    zone = int(np.bincount(zones[of_file]).argmax()) if of_file.any() else 0
    fits = ~is_known | (of_file & (zones == zone))
    return _Oriented(owner, east_north, kinds, usual, is_degrees, zone, fits)


def _layer(name: str, found: BoundaryText, plots: list[PlotLines], issues: list[Issue]) -> RawLayer:
    oriented = _orient(plots)
    if (oriented.usual == UNKNOWN).all():
        crs, crs_issues = None, [_unknown_magnitude(plots[0])]
    else:
        crs, crs_issues = decide_crs(found.header, is_degrees=oriented.is_degrees, zone=oriented.zone)
    geometry, shape_issues = _shapes(plots, oriented)
    attributes, attribute_issues = _attributes(plots)
    issues += crs_issues + _orientation_issues(plots, oriented) + shape_issues + attribute_issues
    if not oriented.is_degrees:
        issues += _area_issues(plots, attributes[AREA], geometry)
    rows = [plot.line for plot in plots]
    layer = vector_layer(name, attributes, geometry, declared_crs=crs, rows=rows, issues=issues)
    layer.units = {AREA: "ha"}
    layer.issues = [
        i for i in layer.issues if i.code != "crs-missing" or i in crs_issues
    ]  # said in our words
    return layer


def _shapes(plots: Sequence[PlotLines], oriented: _Oriented) -> tuple[Shapes, list[Issue]]:
    tolerance = _CLOSING_DEGREES if oriented.is_degrees else CLOSING_M
    shapes: Shapes = np.full(len(plots), None, dtype=object)
    issues: list[Issue] = []
    ends = np.cumsum([len(plot.points) for plot in plots])
    for i, (plot, end) in enumerate(zip(plots, ends, strict=True)):
        shape, found = _shape(plot, oriented.east_north[end - len(plot.points) : end], tolerance)
        shapes[i] = shape if oriented.fits[i] else None
        issues += found
    return shapes, issues


def _usual(owner: NDArray[np.int64], values: NDArray[np.int64], plot_count: int) -> NDArray[np.int64]:
    """Return the commonest value of each plot's points."""
    frame = pd.DataFrame({"owner": owner, "value": values})
    counts = frame.value_counts().reset_index().drop_duplicates("owner").set_index("owner")["value"]
    usual: NDArray[np.int64] = counts.reindex(range(plot_count)).to_numpy(dtype="int64")
    return usual


def _shape(plot: PlotLines, east_north: Points, tolerance: float) -> tuple[BaseGeometry | None, list[Issue]]:
    """Return a plot's polygon, or its line or points where its line says so."""
    kind = _field(plot, FIELDS.index("图形属性"))
    if kind == "点":
        points = shapely.MultiPoint(east_north)
        return (points.geoms[0] if len(points.geoms) == 1 else points), []
    rings = split_rings(plot.points, east_north, tolerance)
    if kind == "线":
        return _line(plot, [ring.points for ring in rings if len(ring.points) > 1])
    closed = [close_ring(ring, tolerance) for ring in rings]
    sound = [ring for ring, _ in closed if ring is not None]
    issues = [issue for _, found in closed for issue in found] + _count_issues(plot, len(rings))
    if not sound:
        return None, issues
    nested = nest(sound)
    return nested.geometry, issues + nesting_issues(sound, nested)


def _line(plot: PlotLines, lines: list[Points]) -> tuple[BaseGeometry | None, list[Issue]]:
    if lines:
        return (shapely.LineString(lines[0]) if len(lines) == 1 else shapely.MultiLineString(lines)), []
    issue = Issue(
        code="line-too-short",
        severity=Severity.ERROR,
        message=f"第 {plot.line} 行的图形属性是线，但只有一个点，没有读入图形。",
        advice="请补全界址点，或把图形属性改为“点”。",
        row=plot.line,
    )
    return None, [issue]


def _field(plot: PlotLines, position: int) -> str:
    return plot.fields[position + 1] if len(plot.fields) > position + 1 else ""


def _attributes(plots: Sequence[PlotLines]) -> tuple[dict[str, Any], list[Issue]]:
    names = [*FIELDS, *LONG_FIELDS]
    longest = max(len(plot.fields) - 1 for plot in plots)
    names += [f"附加{i - len(names) + 1}" for i in range(len(names), longest)]
    texts = {name: [_field(plot, i) or None for plot in plots] for i, name in enumerate(names)}
    order = [*COLUMNS, *(name for name in names[len(FIELDS) :] if any(texts[name]))]
    areas_ha, issues = _areas(texts[AREA], plots)
    return {name: areas_ha if name == AREA else pd.array(texts[name], dtype="str") for name in order}, issues


def _areas(texts: list[str | None], plots: Sequence[PlotLines]) -> tuple[NDArray[np.float64], list[Issue]]:
    """Return the stated areas in hectares, as the format has them; other units in the text are converted and said."""
    values, units, bad = parse_area_text(pd.Series(texts, dtype=object))
    issues = [
        Issue(
            code="area-unreadable",
            severity=Severity.WARNING,
            message=f"第 {plot.line} 行的地块面积“{text}”不是数字，按空白读入。",
            advice="地块面积应是公顷数，例如 2.8800。",
            row=plot.line,
            field=AREA,
            value=text,
        )
        for plot, text, is_bad in zip(plots, texts, bad, strict=True)
        if is_bad
    ]
    areas_ha = values.to_numpy(dtype="float64", copy=True)
    for unit in ("m2", "mu"):
        of_unit = (units == unit).to_numpy()
        areas_ha[of_unit] = from_m2(to_m2(areas_ha[of_unit], unit), "ha")
        issues += [
            Issue(
                code="area-unit",
                severity=Severity.NOTE,
                message=f"第 {plot.line} 行的地块面积“{text}”不是公顷，已换算成公顷。",
                row=plot.line,
                field=AREA,
                value=text,
            )
            for plot, text, is_it in zip(plots, texts, of_unit, strict=True)
            if is_it
        ]
    return areas_ha, issues


def _area_issues(plots: Sequence[PlotLines], stated_ha: NDArray[np.float64], shapes: Shapes) -> list[Issue]:
    measured_ha = from_m2(np.nan_to_num(shapely.area(shapes)), "ha")
    pairs = zip(plots, stated_ha.tolist(), measured_ha.tolist(), strict=True)
    return [
        Issue(
            code="area-differs",
            severity=Severity.WARNING,
            message=f"第 {plot.line} 行的地块面积是 {stated:.4f} 公顷，按界址点算是 {measured:.4f} 公顷。",
            advice="请核对面积的单位（应为公顷）和界址点。",
            row=plot.line,
            field=AREA,
            value=f"{stated:g}",
        )
        for plot, stated, measured in pairs
        if measured > 0 and abs(stated - measured) > AREA_TOLERANCE * measured
    ]


def _count_issues(plot: PlotLines, ring_count: int) -> list[Issue]:
    """Compare the stated number of points with those there are, with and without the closing ones."""
    text = plot.fields[0] if plot.fields else ""
    count = len(plot.points)
    if not plot.fields or (text.isdecimal() and count - ring_count <= int(text) <= count + ring_count):
        return []
    return [
        Issue(
            code="point-count",
            severity=Severity.WARNING,
            message=f"第 {plot.line} 行写有 {text or '空'} 个界址点，实际有 {count} 个，按实际的读入。",
            advice="请核对是否缺少界址点。",
            row=plot.line,
            value=text,
        )
    ]


def _orientation_issues(plots: Sequence[PlotLines], oriented: _Oriented) -> list[Issue]:
    """Return what there is to say about swapped, odd and foreign coordinates."""
    issues = [
        Issue(
            code="axes-swapped",
            severity=Severity.WARNING,
            message=f"第 {plot.line} 行的地块 X、Y 写反了（X 应为北坐标，Y 应为东坐标），已对调。",
            advice="请核对位置。",
            row=plot.line,
        )
        for plot, kind in zip(plots, oriented.usual, strict=True)
        if kind == EAST_NORTH
    ]
    lines = np.array([point.line for plot in plots for point in plot.points])
    odd = lines[oriented.kinds != oriented.usual[oriented.owner]].tolist()
    issues += [_outlier(line) for line in odd[:_LISTED_POINTS]]
    return issues + [_misfit(plot) for plot, is_fit in zip(plots, oriented.fits, strict=True) if not is_fit]


def _outlier(line: int) -> Issue:
    return Issue(
        code="point-outlier",
        severity=Severity.ERROR,
        message=f"第 {line} 行的坐标与同一地块的其他点不是一个量级。",
        advice="请核对是否多写、少写了数字，或 X、Y 写反。",
        row=line,
    )


def _misfit(plot: PlotLines) -> Issue:
    return Issue(
        code="plot-other-crs",
        severity=Severity.ERROR,
        message=f"第 {plot.line} 行的地块与其他地块不在同一坐标系（带号不同，或一为度一为米），图形没有读入。",
        advice="请把不同坐标系的地块分成几个文件。",
        row=plot.line,
    )


def _unknown_magnitude(plot: PlotLines) -> Issue:
    point = plot.points[0]
    return Issue(
        code="crs-missing",
        severity=Severity.NOTE,
        message="坐标既不像高斯-克吕格坐标，也不像经纬度，按 X 北、Y 东读入，坐标系没有确定。",
        advice="请说明坐标系；地方坐标系需要转换参数。",
        row=point.line,
        value=f"{point.first:g}, {point.second:g}",
    )


def _without_points(plot: PlotLines) -> Issue:
    return Issue(
        code="plot-without-points",
        severity=Severity.WARNING,
        message=f"第 {plot.line} 行的地块没有界址点，没有读入。",
        advice="请补上界址点，或删去这一行。",
        row=plot.line,
        value=",".join(plot.fields)[:100],
    )


READER = Reader(id="boundary_txt", zh="界址点 TXT", suffixes=(".txt",), read=read, claims=claims)
WRITER = Writer(id="boundary_txt", zh="界址点 TXT", suffixes=(".txt",), write=write)
