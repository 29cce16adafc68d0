"""What the vector formats share: GDAL called safely, geometry made plain, findings put into words."""

import logging
import shutil
import threading
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyogrio
from pyogrio import raw

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats.base import RawLayer
from geoapp.formats.geometry import (
    dropped_dimension,
    listed_rows,
    parse_wkb,
    unique_names,
    vector_layer,
)

Result = TypeVar("Result")

ARC_STEP_DEGREES = "0.5"
"""Curves become chords of half a degree: on a radius of 100 m they stay within 1 mm."""
_CURVES = ("CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE")
_EXACT_INTEGER = 2**53
# Python keeps the list of warning filters for the whole process: two readers must not swap it at once.
_gdal_lock = threading.Lock()

logging.getLogger("pyogrio").addHandler(logging.NullHandler())
pyogrio.set_gdal_config_options(
    {
        "OGR_ARC_STEPSIZE": ARC_STEP_DEGREES,
        "OGR_SQLITE_STATIC_VIRTUAL_OGR": "NO",  # a table that opens other files or addresses stays closed
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",  # nothing is ever fetched
        "GDAL_HTTP_TIMEOUT": "1",
    }
)


def call_gdal(name: str, action: Callable[[], Result]) -> tuple[Result, list[str]]:
    """Return what a call into GDAL returns and the warnings it gave; its errors become FormatError.

    Parameters
    ----------
    name : str
        The file as the user knows it.
    action : callable
        Only opens files whose first bytes were checked: GDAL would also open files that point elsewhere.
    """
    with _gdal_lock, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = action()
        except Exception as error:
            raise FormatError(
                f"“{name}”读写失败，文件可能已损坏（{_first_line(error)}）。"
                "请在 ArcGIS 或 QGIS 里打开检查，另存后再试。"
            ) from error
    return result, [str(item.message) for item in caught]


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:200]


def link_or_copy(source: Path, target: Path) -> None:
    """Put a file under a neutral name without copying it where the system allows."""
    try:
        target.symlink_to(source.resolve())
    except OSError:  # Windows without the privilege
        shutil.copyfile(source, target)


def layer_names(path: Path, name: str) -> list[str]:
    """Return the names of the layers of a file that GDAL reads, styles and other housekeeping left out."""
    listed, _ = call_gdal(name, lambda: pyogrio.list_layers(path))
    return [str(row[0]) for row in listed if row[0] != "layer_styles"]


def choose_layers(names: Sequence[str], wanted: str | None, file_name: str) -> list[str]:
    """Return the layers to read: all, or the one asked for.

    Raises
    ------
    FormatError
        There is none, or not the one asked for; lists what there is.
    """
    if not names:
        raise FormatError(f"“{file_name}”里没有矢量图层。请确认导出时选对了数据。")
    if wanted is None:
        return list(names)
    if wanted not in names:
        raise FormatError(f"“{file_name}”里没有图层“{wanted}”；有：{'、'.join(names)}。")
    return [wanted]


def read_layer(
    path: Path,
    layer: str | None,
    *,
    file_name: str,
    title: str,
    encoding: str | None = None,
    rows: np.ndarray | None = None,
) -> RawLayer:
    """Read one layer with GDAL, whose file was recognised beforehand.

    Parameters
    ----------
    path : Path
        Under a neutral name: characters such as "!" mean something to GDAL.
    layer : str or None
        None for files that hold only one.
    file_name, title : str
        What the user calls the file and the layer.
    encoding : str, optional
        A Python codec for formats that do not fix it.
    rows : array of int, optional
        What the user calls each row; positions from 1 by default.
    """
    (meta, fids, wkb, data), caught = call_gdal(
        file_name, lambda: raw.read(path, layer=layer, encoding=encoding, return_fids=True)
    )
    rows = np.arange(1, len(fids) + 1) if rows is None else rows
    attributes, issues = _attributes(meta, data)
    if wkb is None:
        frame = pd.DataFrame(attributes, index=pd.Index(rows, name="source_row"))
        return RawLayer(name=title, frame=frame, issues=issues)
    geometry, surface_issues = parse_wkb(wkb, rows)
    issues += surface_issues + curve_issues(path, layer, file_name, rows)
    if any("Measured (M)" in text for text in caught):
        issues.append(dropped_dimension("m-dropped", "M 值（量测值）", len(rows)))
    return vector_layer(title, attributes, geometry, declared_crs=meta["crs"], rows=rows, issues=issues)


def curve_issues(path: Path, layer: str | None, file_name: str, rows: np.ndarray) -> list[Issue]:
    """Return a note if the layer holds arcs, which were replaced by short chords."""
    if layer is None:
        return []
    quoted = layer.replace('"', '\\"')
    sql = f'SELECT OGR_GEOMETRY FROM "{quoted}"'  # noqa: S608 - OGR's own query language, read-only, name quoted
    (_, _, _, data), _ = call_gdal(
        file_name, lambda: raw.read(path, sql=sql, sql_dialect="OGRSQL", read_geometry=False)
    )
    positions = [i for i, kind in enumerate(data[0]) if str(kind).startswith(_CURVES)]
    if not positions:
        return []
    return [
        Issue(
            code="curves-linearised",
            severity=Severity.NOTE,
            message=f"{len(positions)} 个图形含圆弧，已按每 {ARC_STEP_DEGREES} 度一段折线读入"
            f"{listed_rows(rows[positions])}。",
        )
    ]


def _attributes(meta: dict[str, Any], data: Sequence[np.ndarray]) -> tuple[dict[str, Any], list[Issue]]:
    columns: dict[str, Any] = {}
    issues = []
    kinds = zip(meta["ogr_types"], meta["ogr_subtypes"], strict=True)
    for name, values, (kind, subtype) in zip(unique_names(meta["fields"]), data, kinds, strict=True):
        if kind == "OFTBinary":
            issues.append(
                Issue(
                    code="field-skipped",
                    severity=Severity.NOTE,
                    message=f"字段“{name}”是二进制内容，没有读入。",
                    field=name,
                )
            )
            continue
        columns[name] = _column(values, kind, subtype)
        if kind == "OFTInteger64" and values.dtype.kind == "f" and (np.abs(values) >= _EXACT_INTEGER).any():
            issues.append(
                Issue(
                    code="integer-inexact",
                    severity=Severity.WARNING,
                    message=f"字段“{name}”有超过 16 位的整数，末几位可能不准。",
                    advice="编号请存成文本字段。",
                    field=name,
                )
            )
    return columns, issues


def _column(values: np.ndarray, kind: str, subtype: str) -> Any:
    """Return values in the dtype that keeps missing ones missing."""
    if kind in ("OFTInteger", "OFTInteger64") and values.dtype.kind == "f":
        whole = pd.Series(values).astype("Int64")
        return (whole.astype("boolean") if subtype == "OFSTBoolean" else whole).array
    if kind == "OFTDate":
        return values.astype("datetime64[s]")
    if kind.endswith("List"):
        return np.array(
            [None if item is None else "；".join(map(str, item)) for item in values], dtype=object
        )
    if kind == "OFTString":
        return pd.Series(values, dtype="str").array
    return values
