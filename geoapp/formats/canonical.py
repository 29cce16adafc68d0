"""Our own files: a register's fields by their own names, GeoJSON with geometry, CSV without; nothing to be guessed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geoapp.domain.frame import conform, layer_dtypes
from geoapp.domain.layer import Layer
from geoapp.errors import FormatError

_TRUTH = {"true": True, "false": False, True: True, False: False}
"""GeoJSON has truth values of its own; beside a gap their column is no longer one of truth values."""


def canonical_name(layer: Layer) -> str:
    """Return the name of a register's own file: plots.geojson, enterprises.csv."""
    return f"{layer.id}.{'geojson' if layer.has_geometry else 'csv'}"


def read_canonical(path: Path, layer: Layer) -> pd.DataFrame:
    """Return the records of a register's own file, conformed, with the file's name and the row as provenance.

    Parameters
    ----------
    path : Path
        GeoJSON in EPSG:4490 (longitude first) for a register with geometry, CSV in UTF-8 otherwise; columns are
        the register's field names and is_demo. Fields that the register does not have are left out.
    layer : Layer
        The register.

    Returns
    -------
    GeoDataFrame or DataFrame
        As `conform` makes it, index from 0.

    Raises
    ------
    FormatError
        The file is not there, or not what it should be; names file and cause.
    """
    try:
        raw = _read_geojson(path) if layer.has_geometry else _read_csv(path)
        records = conform(_typed(raw, layer), layer)
    except (OSError, ValueError, KeyError, TypeError, shapely.errors.ShapelyError) as error:
        raise FormatError(
            f"“{path.name}”不是台账“{layer.zh}”的数据文件：{error}。请重新生成或检查文件。"
        ) from error
    first_row = 1 if layer.has_geometry else 2
    records["source_file"] = pd.Series(path.name, index=records.index, dtype="str")
    records["source_row"] = pd.Series(np.arange(len(records)) + first_row, index=records.index, dtype="Int64")
    return records


def _read_geojson(path: Path) -> pd.DataFrame:
    features: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
    frame = pd.DataFrame.from_records([feature["properties"] for feature in features])
    texts = [json.dumps(feature["geometry"]) if feature["geometry"] else None for feature in features]
    frame["geometry"] = shapely.from_geojson(np.array(texts, dtype=object))
    return frame


def _read_csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", encoding="utf-8-sig", keep_default_na=False, na_values=[""])


def _typed(raw: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Return the columns with numbers as numbers and truth values as such; CSV holds text only."""
    typed = raw.copy(deep=False)
    for name, dtype in layer_dtypes(layer).items():
        if name not in raw:
            continue
        if dtype in ("integer", "number"):
            typed[name] = pd.to_numeric(raw[name])
        elif dtype == "boolean" and raw[name].dtype != "bool":
            typed[name] = raw[name].map(_TRUTH, na_action="ignore").astype("boolean")
    return typed
