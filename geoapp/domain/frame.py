"""Frames of a register: the columns and dtypes every part of the program relies on."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pandas.api.extensions import ExtensionArray

from geoapp.domain.layer import Layer

STORED_CRS = 4490
"""CGCS2000, degrees; frames hold longitude as x and latitude as y."""

PANDAS_DTYPES = {
    "string": "str",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "datetime64[s]",
}
_SYSTEM_DTYPES = {"is_demo": "boolean", "source_file": "string", "source_row": "integer"}


def layer_dtypes(layer: Layer) -> dict[str, str]:
    """Return the register dtype (string, integer, number, boolean, date) of every column but the geometry."""
    return {f.name: f.dtype for f in layer.fields} | _SYSTEM_DTYPES


def column_dtypes(layer: Layer) -> dict[str, str]:
    """Return the pandas dtype of every column of a register but its geometry, provenance last."""
    return {name: PANDAS_DTYPES[dtype] for name, dtype in layer_dtypes(layer).items()}


def conform(frame: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Return the records with exactly the register's columns and dtypes; missing columns come empty.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Values already parsed (numbers are numbers, dates are dates; a time of day is cut off). Index is kept.
        Geometry, if any, in EPSG:4490.
    layer : Layer
        The register.

    Returns
    -------
    GeoDataFrame in EPSG:4490 where the register has geometry, DataFrame otherwise

    Raises
    ------
    ValueError
        The geometry is in another CRS: it would be stored as degrees that it is not.
    """
    columns = {name: _conform_column(frame, name, dtype) for name, dtype in column_dtypes(layer).items()}
    columns["is_demo"] = columns["is_demo"].fillna(False)
    records = pd.DataFrame(columns, index=frame.index)
    if not layer.has_geometry:
        return records
    crs = getattr(frame.get("geometry"), "crs", None)
    if crs is not None and crs != STORED_CRS:
        raise ValueError(f"{layer.id}: geometry must be in EPSG:{STORED_CRS}, got {crs.to_string()}")
    geometry = frame["geometry"].to_numpy() if "geometry" in frame else [None] * len(frame)
    located: pd.DataFrame = gpd.GeoDataFrame(
        records, geometry=gpd.GeoSeries(geometry, index=frame.index, crs=STORED_CRS)
    )
    return located


def _conform_column(frame: pd.DataFrame, name: str, dtype: Any) -> ExtensionArray:
    """Return a column as an array: of a single record the Series around it would cost more than its values."""
    if name not in frame:
        missing: ExtensionArray = pd.Series([None], dtype=dtype).array
        return missing.take(np.zeros(len(frame), dtype=np.intp))
    column = frame[name]
    values: ExtensionArray = (column if column.dtype == dtype else column.astype(dtype)).array
    if dtype == PANDAS_DTYPES["date"]:  # without its time of day
        values = pd.Series(values.to_numpy().astype("datetime64[D]").astype(dtype), copy=False).array
    return values


def empty_frame(layer: Layer) -> pd.DataFrame:
    """Return a register's frame without rows.

    Examples
    --------
    >>> from geoapp.domain.layer import Field, Layer
    >>> year = Field(name="year", dtype="integer", zh="年份", en="Year")
    >>> layer = Layer(id="x", zh="例", en="x", geometry="none", key=("year",), fields=(year,))
    >>> list(empty_frame(layer).columns)
    ['year', 'is_demo', 'source_file', 'source_row']
    """
    return conform(pd.DataFrame(), layer)


def plain_values(column: pd.Series) -> list[Any]:
    """Return a conformed column as Python values: str, int, float, bool, date, geometry; None where missing.

    Examples
    --------
    >>> plain_values(pd.Series(["2026-03-01", None], dtype="datetime64[s]"))
    [datetime.date(2026, 3, 1), None]
    """
    if column.dtype == PANDAS_DTYPES["date"]:
        return column.to_numpy("datetime64[D]").astype(object).tolist()
    if column.dtype == "float64":
        return [None if value != value else value for value in column.to_numpy().tolist()]
    values = column.to_numpy(dtype=object).copy()
    values[column.isna().to_numpy(dtype=bool)] = None
    return values.tolist()


def row_records(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return columns of equal length as one record per row.

    Examples
    --------
    >>> row_records({"code": ["A", "B"], "area_m2": [1.0, None]})
    [{'code': 'A', 'area_m2': 1.0}, {'code': 'B', 'area_m2': None}]
    """
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def json_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of plain values as JSON holds it: days as text.

    Examples
    --------
    >>> json_record({"code": "A", "on": date(2026, 3, 1), "area_m2": None})
    {'code': 'A', 'on': '2026-03-01', 'area_m2': None}
    """
    return {
        name: value.isoformat()[:10] if isinstance(value, date | datetime) else value
        for name, value in record.items()
    }


def plain_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a conformed frame's rows, without the geometry, as records of plain values; see `plain_values`.

    Examples
    --------
    >>> plain_records(pd.DataFrame({"code": ["A"], "geometry": [None]}))
    [{'code': 'A'}]
    """
    return row_records({str(name): plain_values(frame[name]) for name in frame if name != "geometry"})


def plain_geometries(geometries: np.ndarray) -> np.ndarray:
    """Return geometries in 2D with one-part multis as their part and empty ones as missing (None)."""
    plain = np.array(geometries, dtype=object)
    has_more = shapely.has_z(plain) | shapely.has_m(plain)
    plain[has_more] = shapely.force_2d(plain[has_more])
    plain[shapely.is_empty(plain)] = None
    is_single = (shapely.get_type_id(plain) >= shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(plain) == 1
    )
    plain[is_single] = shapely.get_geometry(plain[is_single], 0)
    return plain
