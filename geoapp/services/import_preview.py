"""What the upload page shows of a staged import: columns, first rows, where they land; and the corrected file."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoapp.domain.column_units import UNIT_ZH
from geoapp.domain.issue import SEVERITY_LABELS, Issue, Severity
from geoapp.domain.layer import UNIT_LABELS, Field, Layer
from geoapp.domain.matching import MATCH_LABELS
from geoapp.formats.base import RawLayer
from geoapp.services.import_columns import Table
from geoapp.services.import_staged import MatchedColumn, Preview
from geoapp.services.import_units import UnitDecision

PREVIEW_ROWS = 10
MAX_SHAPES = 2_000
"""More than these are thinned out evenly: the map shows where the file lands, not every plot."""
PROBLEM_COLUMN = "问题"
_TOLERANCE_SHARE = 1 / 2_000
"""Of the extent: less than a pixel on a map of this file."""
_DECIMALS = 6
_SAMPLE_CHARACTERS = 40
_SYSTEM_LABELS = {
    "is_demo": "是否示意数据",
    "source_file": "来源文件（以本次文件为准）",
    "source_row": "来源行（以本次文件为准）",
}


def matched_columns(raw: RawLayer, table: Table, decisions: dict[str, UnitDecision]) -> list[MatchedColumn]:
    """Return the file's columns with a sample, the field they were taken for, and the unit and how it is known."""
    return [
        MatchedColumn(
            header=column.header,
            sample=_sample(raw.frame[column.header]),
            field=column.field,
            label=_label(table.layer, column.field),
            how=MATCH_LABELS[column.how],
            unit=decisions[column.field].unit if column.field in decisions else "",
            unit_label=_unit_label(table.layer, column.field, decisions),
        )
        for column in table.matching.columns
    ]


def preview(table: Table) -> Preview:
    """Return the first records as displayed: labels with units as headers, codes in words."""
    names = [f for f in table.layer.fields if f.name in table.records]
    head = table.records.head(PREVIEW_ROWS)
    columns = [[_shown(value, found) for value in head[found.name].tolist()] for found in names]
    rows = [list(row) for row in zip(*columns, strict=True)] if columns else []
    return Preview([found.label for found in names], rows)


def map_geometry(geometry: gpd.GeoSeries, keys: list[str | None]) -> dict[str, Any]:
    """Return simplified GeoJSON of where the records land, at most `MAX_SHAPES` of them.

    Parameters
    ----------
    geometry : GeoSeries
        EPSG:4490; missing ones are left out.
    keys : list of str or None
        The records' keys, in the same order.
    """
    places = np.flatnonzero((geometry.notna() & ~geometry.is_empty).to_numpy())
    step = max(1, int(np.ceil(len(places) / MAX_SHAPES)))
    places = places[::step]
    shapes = geometry.to_numpy()[places]
    if len(shapes):
        west, south, east, north = shapely.total_bounds(shapes)
        shapes = shapely.simplify(
            shapes, max(east - west, north - south) * _TOLERANCE_SHARE, preserve_topology=True
        )
        shapes = shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS))
    features = [
        {"type": "Feature", "properties": {"key": keys[place]}, "geometry": shape.__geo_interface__}
        for place, shape in zip(places, shapes, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def bounds_of(geometry: gpd.GeoSeries) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of all geometry, None where there is none."""
    west, south, east, north = shapely.total_bounds(geometry.to_numpy()).tolist()
    return None if np.isnan(west) else (west, south, east, north)


def corrected_frame(
    raw: RawLayer, table: Table, issues: list[Issue], geometry: gpd.GeoSeries | None
) -> pd.DataFrame:
    """Return the records for a corrected file.

    Fields with the fixes applied, cells that could not be read as they stood, columns that stand for no field, and a
    column 问题 with the findings of each record.

    Parameters
    ----------
    raw : RawLayer
        The file as read.
    table : Table
        Its records; those that fixes left out are not in the corrected file.
    issues : list of Issue
        All findings.
    geometry : GeoSeries, optional
        Repaired, or raw where its CRS is unknown.
    """
    frame = pd.DataFrame(table.records)
    for name, cells in table.originals.items():
        left = cells[cells.index.isin(frame.index)]
        frame[name] = frame[name].astype(object)
        frame.loc[left.index, name] = left.astype(object)
    taken = {column.header for column in table.matching.columns if column.field}
    headers = [column.header for column in table.matching.columns]
    others = [header for header in headers if header not in taken and header not in frame]
    frame = pd.concat([frame, pd.DataFrame(raw.frame)[others].loc[frame.index]], axis=1)
    frame[PROBLEM_COLUMN] = _problems(frame.index, issues)
    if geometry is None:
        return frame
    located: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=geometry.loc[frame.index], crs=geometry.crs)
    return located


def _problems(rows: pd.Index, issues: list[Issue]) -> pd.Series:
    words: dict[int, list[str]] = {}
    for issue in issues:
        if issue.row is not None and issue.severity is not Severity.NOTE:
            words.setdefault(issue.row, []).append(
                f"{SEVERITY_LABELS[issue.severity]}：{issue.message}{issue.advice}"
            )
    return pd.Series(["；".join(words.get(row, ())) for row in rows.tolist()], index=rows, dtype="str")


def _sample(cells: pd.Series) -> str:
    known = cells.dropna()
    return str(known.iloc[0])[:_SAMPLE_CHARACTERS] if len(known) else ""


def _label(layer: Layer, name: str | None) -> str:
    if name is None:
        return ""
    return layer.field(name).label if name in layer.field_names else _SYSTEM_LABELS[name]


def _unit_label(layer: Layer, name: str | None, decisions: dict[str, UnitDecision]) -> str:
    if name in decisions:
        return f"{UNIT_ZH.get(decisions[name].unit, decisions[name].unit)}（{decisions[name].how}）"
    return UNIT_LABELS.get(layer.field(name).unit, "") if name and name in layer.field_names else ""


def _shown(value: Any, found: Field) -> str:
    if pd.isna(value):
        return ""
    if found.codes:
        return found.code_labels.get(str(value), str(value))
    if isinstance(value, bool | np.bool_):
        return "是" if value else "否"
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
