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

FORMULA_START = re.compile(r"^(?:[=@\t\r]|[+-](?!$))(?![\d.,]*(?:[eE][+-]?\d+)?%?$)")
"""Texts that a spreadsheet would run; signed numbers are none."""
LONGITUDE, LATITUDE, WKT = "经度", "纬度", "WKT"
WKT_DECIMALS = 10
"""A ten-thousand-millionth of a degree is a hundredth of a millimetre."""
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
        Geometry in any CRS is given in EPSG:4490; without a CRS it is given as it stands.
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
    geometry, issues = _in_degrees(frame.geometry)
    added = _geometry_columns(geometry, has_degrees=geometry.crs is not None)
    renamed = plain.rename(columns={name: f"{name}_原表" for name in added.columns if name in plain})
    return pd.concat([renamed, added], axis=1), issues


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


def _in_degrees(geometry: gpd.GeoSeries) -> tuple[gpd.GeoSeries, list[Issue]]:
    if geometry.crs is None:
        message = "图形没有坐标系，坐标按原样写成 WKT，没有经度、纬度列。"
        return geometry, [
            Issue(
                code="geometry-as-wkt",
                severity=Severity.WARNING,
                message=message,
                advice="请用 --from-crs 说明。",
            )
        ]
    message = "表格放不下图形：图形写成 WKT 文字（EPSG:4490，经度在前），另写代表点的经度、纬度。"
    return geometry.to_crs(STORED_CRS), [
        Issue(code="geometry-as-wkt", severity=Severity.NOTE, message=message)
    ]


def _geometry_columns(geometry: gpd.GeoSeries, *, has_degrees: bool) -> pd.DataFrame:
    shapes = geometry.to_numpy()
    usable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    texts: np.ndarray[Any, Any] = np.full(len(shapes), None, dtype=object)
    texts[usable] = shapely.to_wkt(shapes[usable], rounding_precision=WKT_DECIMALS, trim=True)
    columns: dict[str, Any] = {}
    if has_degrees:
        inside = shapely.point_on_surface(np.where(usable, shapes, None))
        columns = {LONGITUDE: shapely.get_x(inside).round(8), LATITUDE: shapely.get_y(inside).round(8)}
    return pd.DataFrame({**columns, WKT: texts}, index=geometry.index)
