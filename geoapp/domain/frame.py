"""Frames of a register: the columns and dtypes every part of the program relies on."""

import geopandas as gpd
import pandas as pd

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


def column_dtypes(layer: Layer) -> dict[str, str]:
    """Return the pandas dtype of every column of a register but its geometry, provenance last."""
    dtypes = {f.name: PANDAS_DTYPES[f.dtype] for f in layer.fields}
    system = {name: PANDAS_DTYPES.get(dtype, dtype) for name, dtype in _SYSTEM_DTYPES.items()}
    return dtypes | system


def conform(frame: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Return the records with exactly the register's columns and dtypes; missing columns come empty.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Values already parsed (numbers are numbers, dates are dates). Index is kept. Geometry, if any, in EPSG:4490.
    layer : Layer
        The register.

    Returns
    -------
    GeoDataFrame in EPSG:4490 where the register has geometry, DataFrame otherwise
    """
    columns = {
        name: frame[name].astype(dtype) if name in frame else pd.Series(pd.NA, index=frame.index, dtype=dtype)
        for name, dtype in column_dtypes(layer).items()
    }
    records = pd.DataFrame(columns, index=frame.index)
    records["is_demo"] = records["is_demo"].fillna(value=False)
    if not layer.has_geometry:
        return records
    geometry = frame["geometry"].to_numpy() if "geometry" in frame else [None] * len(frame)
    return gpd.GeoDataFrame(records, geometry=gpd.GeoSeries(geometry, index=frame.index, crs=STORED_CRS))


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
