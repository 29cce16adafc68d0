"""What the writers of vector files share: columns as GDAL takes them, field names, files put in place whole."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyogrio import raw
from xlsxwriter.exceptions import FileCreateError

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError, system_reason
from geoapp.formats.base import WriteOptions
from geoapp.formats.vector import call_gdal

FAMILY_NAMES = {"point": "点", "line": "线", "polygon": "面"}
_FAMILY_BY_TYPE = {0: "point", 4: "point", 1: "line", 2: "line", 5: "line", 3: "polygon", 6: "polygon"}
_GDAL_TYPES = {
    ("point", False): "Point",
    ("point", True): "MultiPoint",
    ("line", False): "LineString",
    ("line", True): "MultiLineString",
    ("polygon", False): "Polygon",
    ("polygon", True): "MultiPolygon",
}

_WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "MultiPoint": shapely.multipoints,
    "MultiLineString": shapely.multilinestrings,
    "MultiPolygon": shapely.multipolygons,
}
ROOM_BYTES = 1024 * 1024
"""A disk with less than this left is full: where writing fails on it, that is why."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as GDAL takes it; `missing` marks what has no value."""

    name: str
    data: np.ndarray
    missing: np.ndarray


def require_geometry(frame: pd.DataFrame, zh: str) -> gpd.GeoDataFrame:
    """Return the frame if it can be drawn; raises FormatError naming the formats for plain tables."""
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FormatError(f"数据没有图形，不能写成{zh}。请写成 .xlsx 或 .csv。")
    collections = frame.index[(frame.geometry.geom_type == "GeometryCollection").to_numpy()]
    if len(collections):
        raise FormatError(
            f"第 {collections[0]} 条记录的图形是几何集合，不能写成{zh}。请先拆成单一的点、线或面。"
        )
    return frame


def title_of(path: Path, options: WriteOptions) -> str:
    """Return what to call the layer inside the file: the title asked for, else the file's name."""
    return options.title or path.name.split(".")[0] or "layer"


def text_of(value: Any) -> str | None:
    """Return any single value as text for formats that know only text; None for missing ones.

    Examples
    --------
    >>> text_of(["P1", "P2"]), text_of(3.0), text_of(float("nan")), text_of(pd.Timestamp("2026-01-31"))
    ('P1；P2', '3', None, '2026-01-31')
    """
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return "；".join(filter(None, map(text_of, value)))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if pd.isna(value):
        return None
    if isinstance(value, (float, np.floating)):
        return np.format_float_positional(value, trim="-")
    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, (pd.Timestamp, date)) else str(value)


def attribute_columns(frame: pd.DataFrame) -> list[Column]:
    """Return all columns but the geometry as plain arrays with their missing values marked."""
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    return [_column(str(name), frame[name]) for name in frame.columns if name != geometry]


def _column(name: str, values: pd.Series) -> Column:
    missing = values.isna().to_numpy(dtype=bool)
    if pd.api.types.is_bool_dtype(values.dtype):
        plain = values.to_numpy(dtype=bool, na_value=False)
    elif pd.api.types.is_integer_dtype(values.dtype):
        plain = values.to_numpy(dtype="int64", na_value=0)
    elif pd.api.types.is_float_dtype(values.dtype):
        plain = values.to_numpy(dtype="float64", na_value=np.nan)
    elif pd.api.types.is_datetime64_any_dtype(values.dtype):
        plain = _dates(values)
    else:
        plain = np.array([text_of(value) for value in values.astype(object)], dtype=object)
        missing = np.array([value is None for value in plain], dtype=bool)
    return Column(name, plain, missing)


def _dates(values: pd.Series) -> np.ndarray:
    naive = values.dt.tz_convert("UTC").dt.tz_localize(None) if values.dt.tz is not None else values
    is_day = (naive.dropna() == naive.dropna().dt.normalize()).all()
    return naive.to_numpy().astype("datetime64[D]" if is_day else "datetime64[ms]")


def families(geometry: np.ndarray) -> np.ndarray:
    """Return "point", "line" or "polygon" for each geometry, "" where there is none."""
    return np.array([_FAMILY_BY_TYPE.get(int(i), "") for i in shapely.get_type_id(geometry)], dtype=object)


def write_with_gdal(
    path: Path, frame: gpd.GeoDataFrame, columns: Iterable[Column], **options: Any
) -> list[Issue]:
    """Write geometry and columns as one layer; returns what GDAL could not store as it was."""
    columns = list(columns)
    geometry = shapely.force_2d(frame.geometry.to_numpy())
    kinds = sorted({family for family in families(geometry) if family})
    is_multi = bool((shapely.get_type_id(geometry) >= 4).any())
    kind = _GDAL_TYPES[kinds[0], is_multi] if len(kinds) == 1 else "Unknown"
    if is_multi and kind != "Unknown":
        geometry = _as_multi(geometry, kind)
    _, caught = call_gdal(
        path.name,
        lambda: raw.write(
            path,
            shapely.to_wkb(geometry),
            [column.data for column in columns],
            [column.name for column in columns],
            field_mask=[column.missing for column in columns],
            geometry_type=kind,
            crs=frame.crs.to_wkt() if frame.crs is not None else None,
            **options,
        ),
    )
    return [
        Issue(
            code="value-not-written",
            severity=Severity.WARNING,
            message=f"有的值没有原样写入：{text}",
            advice="请核对该字段；需要原样保存请改用 GeoPackage。",
        )
        for text in caught
        if "not successfully written" in text or "truncated" in text
    ]


def _as_multi(geometry: np.ndarray, kind: str) -> np.ndarray:
    single = (shapely.get_type_id(geometry) >= 0) & (shapely.get_type_id(geometry) < 4)
    wrapped = geometry.copy()
    wrapped[single] = _WRAPPERS[kind](geometry[single][:, np.newaxis])
    return wrapped


def put_in_place(path: Path, produce: Callable[[Path], list[Issue]]) -> list[Issue]:
    """Write a file beside its place first and move it there when it is whole.

    Parameters
    ----------
    produce : callable
        Given an empty folder, leaves exactly the files to be put beside *path*.

    Raises
    ------
    FormatError
        The folder does not exist or cannot be written to.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".geoapp-", dir=path.parent) as temporary:
            issues = produce_with_room(produce, Path(temporary))
            for produced in sorted(Path(temporary).iterdir()):
                produced.replace(path.parent / produced.name)
    except OSError as error:
        raise FormatError(
            f"不能写入“{path}”：{system_reason(error)}。请检查文件夹是否存在、是否可写，磁盘是否还有空间。"
        ) from error
    return issues


def produce_with_room(
    produce: Callable[[Path], list[Issue]], folder: Path, *, room_bytes: int = ROOM_BYTES
) -> list[Issue]:
    """Return what *produce* does; where it fails for want of room, raise the OSError that says so.

    GDAL and XlsxWriter have errors of their own for a full disk, which do not tell it from a broken file.
    """
    try:
        return produce(folder)
    except FileCreateError as error:
        raise error.args[0] from error
    except FormatError as error:
        if shutil.disk_usage(folder).free > room_bytes:
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
