"""Writing GeoJSON by RFC 7946; a "crs" member only where the coordinates are not WGS 84."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoapp.domain.issue import Issue, Severity
from geoapp.formats.base import WriteOptions
from geoapp.formats.vector_write import Column, attribute_columns, put_in_place, require_geometry, title_of

_DEGREE_DECIMALS = 9
"""A tenth of a millimetre."""
_METRE_DECIMALS = 4
_FALLBACK_EPSG = 4490


def write_geojson(path: Path, frame: pd.DataFrame, options: WriteOptions) -> list[Issue]:
    """Write all records as one feature collection in UTF-8."""
    records, epsg, issues = _in_known_crs(require_geometry(frame, "GeoJSON"))
    geometries = geojson_geometries(records)
    columns = attribute_columns(records)
    lines = [
        json.dumps({"type": "Feature", "properties": properties}, ensure_ascii=False)[:-1]
        + f', "geometry": {geometry}}}'
        for properties, geometry in zip(plain_records(columns, len(records)), geometries, strict=True)
    ]
    head = {"type": "FeatureCollection", "name": title_of(path, options)} | _crs_member(epsg)
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n' + ",\n".join(lines) + "\n]}\n"

    def produce(folder: Path) -> list[Issue]:
        (folder / path.name).write_text(text, encoding="utf-8")
        return issues

    return put_in_place(path, produce)


def _in_known_crs(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int | None, list[Issue]]:
    if frame.crs is None:
        return frame, None, [_said("crs-missing", "数据没有坐标系，按经纬度写出；如果不是，请先说明坐标系。")]
    epsg = frame.crs.to_epsg(min_confidence=100)
    if epsg is None:
        moved = _said("crs-converted", "坐标系没有 EPSG 编号，坐标已换算为 CGCS2000 经纬度（EPSG:4490）。")
        return frame.to_crs(_FALLBACK_EPSG), _FALLBACK_EPSG, [moved]
    if frame.crs.is_geographic:
        return frame, epsg, []
    projected = f"坐标是平面坐标（EPSG:{epsg}），已在 crs 里注明；有的软件只认经纬度，需要时请先转换。"
    return frame, epsg, [_said("crs-projected", projected)]


def _said(code: str, message: str) -> Issue:
    return Issue(code=code, severity=Severity.NOTE, message=message)


def _crs_member(epsg: int | None) -> dict[str, Any]:
    if epsg in (None, 4326):
        return {}
    return {"crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{epsg}"}}}


def geojson_geometries(frame: gpd.GeoDataFrame) -> list[str]:
    """Return the geometries as GeoJSON text, outer rings counter-clockwise; "null" where there is none."""
    is_degrees = frame.crs is None or frame.crs.is_geographic
    decimals = _DEGREE_DECIMALS if is_degrees else _METRE_DECIMALS
    flat = shapely.force_2d(frame.geometry.to_numpy())
    rounded = shapely.transform(flat, lambda xy: np.round(xy, decimals))
    return ["null" if text is None else text for text in shapely.to_geojson(shapely.orient_polygons(rounded))]


def plain_records(columns: list[Column], count: int) -> list[dict[str, Any]]:
    """Return the records as JSON values: missing ones null, days as "2026-01-31"."""
    cells = {column.name: _plain_cells(column) for column in columns}
    return [{name: values[i] for name, values in cells.items()} for i in range(count)]


def _plain_cells(column: Column) -> list[Any]:
    values = column.data
    if values.dtype.kind == "M":
        texts = np.datetime_as_string(values, unit="D" if values.dtype == "datetime64[D]" else "s")
        return [None if gone else str(text) for text, gone in zip(texts, column.missing, strict=True)]
    if values.dtype.kind == "f":
        gone = column.missing | ~np.isfinite(values)
        return [None if skip else value for value, skip in zip(values.tolist(), gone, strict=True)]
    return [None if skip else value for value, skip in zip(values.tolist(), column.missing, strict=True)]
