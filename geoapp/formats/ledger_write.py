"""What goes into a ledger that we write: columns with labels and units, geometry as text."""

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoapp.domain.frame import STORED_CRS
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import SYSTEM_FIELDS, Field, Layer
from geoapp.formats.vector_write import text_of

FORMULA_START = re.compile(r"^(?:[=@\t\r]|[+-](?!$))(?![\d.,]*(?:[eE][+-]?\d+)?%?$)")
"""Texts that a spreadsheet would run; signed numbers are none."""
LONGITUDE, LATITUDE, WKT = "经度", "纬度", "WKT"
DEGREE_DECIMALS = 10
"""A ten-thousand-millionth of a degree is a hundredth of a millimetre."""
METRE_DECIMALS = 5
SYSTEM_LABELS = {"is_demo": "是否示意数据", "source_file": "来源文件", "source_row": "来源行"}


@dataclass(frozen=True, slots=True)
class LedgerColumn:
    """One column of a written ledger."""

    name: str
    label: str
    field: Field | None = None


def ledger_table(frame: pd.DataFrame, layer: Layer | None) -> tuple[pd.DataFrame, list[Issue]]:
    """Return the frame as a table without geometry: longitude, latitude of a point inside, and WKT instead.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        WKT is in the frame's own CRS; longitude and latitude are EPSG:4490.
    layer : Layer, optional
        Its fields come first, in their order.
    """
    plain = pd.DataFrame(
        frame.drop(columns=frame.geometry.name) if isinstance(frame, gpd.GeoDataFrame) else frame
    )
    if layer is not None:
        known = [name for name in (*layer.field_names, *SYSTEM_FIELDS) if name in plain]
        plain = plain[[*known, *(name for name in plain.columns if name not in known)]]
    if not isinstance(frame, gpd.GeoDataFrame):
        return plain, []
    added = _geometry_columns(frame.geometry)
    renamed = plain.rename(columns={name: f"{name}_原表" for name in added.columns if name in plain})
    return pd.concat([renamed, added], axis=1), [_said(frame.geometry)]


def plain_cells(values: pd.Series) -> list[Any]:
    """Return a column's values as a table takes them: None where missing, lists as one text."""
    cells = values.astype(object).tolist() if values.dtype == object else values.tolist()
    listed = [text_of(v) if isinstance(v, list | tuple | set | dict | np.ndarray) else v for v in cells]
    return [
        None if value is None or value is pd.NA or value is pd.NaT or value != value else value
        for value in listed
    ]


def ledger_columns(table: pd.DataFrame, layer: Layer | None) -> list[LedgerColumn]:
    """Return label and field of each column of a table, labels distinct."""
    fields = {f.name: f for f in layer.fields} if layer is not None else {}
    columns: list[LedgerColumn] = []
    taken: set[str] = set()
    for name in map(str, table.columns):
        found = fields.get(name)
        label = found.label if found else (SYSTEM_LABELS.get(name, name) if layer else name)
        label = label if label not in taken else f"{label}_{name}"
        taken.add(label)
        columns.append(LedgerColumn(name, label, found))
    return columns


def _said(geometry: gpd.GeoSeries) -> Issue:
    if geometry.crs is None:
        message = "图形没有坐标系，坐标按原样写成 WKT，没有经度、纬度列。"
        advice = "请说明坐标系后重新导出。"
        return Issue(code="geometry-as-wkt", severity=Severity.WARNING, message=message, advice=advice)
    message = f"表格放不下图形：图形写成 WKT 文字（{crs_label(geometry.crs)}，横坐标在前），另写代表点的经度、纬度。"
    return Issue(code="geometry-as-wkt", severity=Severity.NOTE, message=message)


def crs_label(crs: Any) -> str:
    """Return a CRS as ledgers state it: EPSG:4490, or its name."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.name)


def _geometry_columns(geometry: gpd.GeoSeries) -> pd.DataFrame:
    shapes = geometry.to_numpy()
    usable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    is_degrees = geometry.crs is not None and geometry.crs.is_geographic
    decimals = DEGREE_DECIMALS if is_degrees or geometry.crs is None else METRE_DECIMALS
    texts: np.ndarray[Any, Any] = np.full(len(shapes), None, dtype=object)
    texts[usable] = shapely.to_wkt(shapes[usable], rounding_precision=decimals, trim=True)
    columns: dict[str, Any] = {}
    if geometry.crs is not None:
        inside = gpd.GeoSeries(shapely.point_on_surface(np.where(usable, shapes, None)), crs=geometry.crs)
        points = inside.to_crs(STORED_CRS).to_numpy()
        columns = {LONGITUDE: shapely.get_x(points).round(8), LATITUDE: shapely.get_y(points).round(8)}
    return pd.DataFrame({**columns, WKT: texts}, index=geometry.index)
