"""Frames to rows of values and back, column by column."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoapp.domain.change import Key, conform_keys, key_label
from geoapp.domain.frame import PANDAS_DTYPES, STORED_CRS, column_dtypes, plain_geometries, plain_values
from geoapp.domain.frame_update import with_equal_columns_once
from geoapp.domain.layer import Layer
from geoapp.errors import NotFoundError

Row = tuple[Any, ...]
_GEOMETRY_TYPES = {
    "point": (shapely.GeometryType.POINT,),
    "line": (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING),
    "polygon": (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
}
_DATE = PANDAS_DTYPES["date"]
_TEXT = PANDAS_DTYPES["string"]
_MOST_SHARED_TEXTS = 10_000
"""A column with more is one of names or codes of its own."""


def stored_columns(layer: Layer) -> tuple[str, ...]:
    """Return the names of a register's columns in the order in which rows hold them, geometry last."""
    return (*column_dtypes(layer), "geometry") if layer.has_geometry else tuple(column_dtypes(layer))


def rows_of(
    frame: pd.DataFrame, layer: Layer, encode: Callable[[np.ndarray], list[bytes | None]]
) -> Iterable[Row]:
    """Return the rows of a conformed frame as the database holds them.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Conformed.
    layer : Layer
        The register.
    encode : callable
        Turns an array of geometries into what the engine stores.

    Raises
    ------
    ValueError
        A geometry is of a type that the register does not hold; importers report these before.
    """
    columns = [_stored_values(frame[name]) for name in column_dtypes(layer)]
    if layer.has_geometry:
        columns.append(encode(_checked(plain_geometries(frame["geometry"].to_numpy()), layer)))
    return zip(*columns, strict=True)


def frame_of(
    pieces: Iterable[Sequence[Sequence[Any]]],
    layer: Layer,
    decode: Callable[[Sequence[bytes | None]], np.ndarray],
) -> pd.DataFrame:
    """Return fetched columns (fid, then `stored_columns`) as a conformed frame indexed by fid.

    Parameters
    ----------
    pieces : iterable of sequences of columns
        As fetched, some rows at a time.
    layer : Layer
        The register.
    decode : callable
        Turns what the engine stores into an array of geometries.
    """
    dtypes = column_dtypes(layer)
    known_texts: dict[str, dict[str, str]] = {name: {} for name, dtype in dtypes.items() if dtype == _TEXT}
    made: dict[str, list[Any]] = {"fid": [], **{name: [] for name in stored_columns(layer)}}
    for piece in pieces:
        fetched = dict(zip(made, piece, strict=True))
        for name, dtype in dtypes.items():
            values = _shared(fetched[name], known_texts[name]) if name in known_texts else fetched[name]
            made[name].append(_column(values, dtype))
        made["fid"].append(np.array(fetched["fid"], dtype=np.int64))
        if layer.has_geometry:
            made["geometry"].append(decode(fetched["geometry"]))
    index = pd.Index(_joined(made.pop("fid"), np.dtype(np.int64)), name="fid")
    columns = with_equal_columns_once(
        {name: _joined(made.pop(name), dtype) for name, dtype in dtypes.items()}
    )
    records = pd.DataFrame(columns, index=index, copy=False)
    if not layer.has_geometry:
        return records
    geometries = np.concatenate([np.empty(0, dtype=object), *made["geometry"]])
    located: pd.DataFrame = gpd.GeoDataFrame(
        records, geometry=gpd.GeoSeries(geometries, index=index, crs=STORED_CRS)
    )
    return located


def stored_key(key: Key, layer: Layer) -> dict[str, Any]:
    """Return a record's key by field, in the form in which rows hold it.

    Raises
    ------
    NotFoundError
        No record can have such a key: a part is missing, or a word stands for a number or a date.
    """
    try:
        columns = conform_keys(pd.DataFrame([key], columns=list(layer.key)), layer)
    except (ValueError, TypeError) as error:
        raise NotFoundError(
            f"“{layer.zh}”的编号应由 {'、'.join(layer.key)} 组成，“{key_label(key)}”不是。"
        ) from error
    return {name: _stored_values(columns[name])[0] for name in layer.key}


def _checked(geometries: np.ndarray, layer: Layer) -> np.ndarray:
    is_other = ~np.isin(shapely.get_type_id(geometries), [-1, *_GEOMETRY_TYPES[layer.geometry]])
    if is_other.any():
        raise ValueError(f"{layer.id}: holds {layer.geometry}, got {geometries[is_other][0].geom_type}")
    return geometries


def _stored_values(column: pd.Series) -> list[Any]:
    if column.dtype == _DATE:
        return [None if day is None else day.isoformat() for day in plain_values(column)]
    return plain_values(column)


def _column(values: Sequence[Any], dtype: Any) -> Any:
    if dtype == "float64" or dtype == _DATE:
        return np.array(values, dtype=dtype)
    return pd.array(values, dtype=dtype)


def _joined(arrays: list[Any], dtype: Any) -> Any:
    if not arrays:
        return _column([], dtype)
    pieces = [pd.Series(array, copy=False) for array in arrays]
    return pieces[0].array if len(pieces) == 1 else pd.concat(pieces, ignore_index=True).array


def _shared(texts: Sequence[str | None], known: dict[str, str]) -> Sequence[str | None]:
    """Return the texts with equal ones as one object, where they repeat: a town's code is there once, not per plot."""
    if len(known) > _MOST_SHARED_TEXTS:
        return texts
    return [None if text is None else known.setdefault(text, text) for text in texts]
