"""GeoJSON (RFC 7946, and the older "crs" member), also one feature per line; read here, not by GDAL.

GDAL takes many kinds of JSON, some of which point to addresses; and it says nothing of a ring left open.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats import json_geometry, vector
from geoapp.formats.base import RawLayer, Reader, ReadOptions, Writer
from geoapp.formats.encoding import decode_text
from geoapp.formats.geojson_write import write_geojson
from geoapp.formats.geometry import unique_names, usable_crs, vector_layer
from geoapp.formats.signature import describe_content

_RECORD_SEPARATOR = "\x1e"
_DEGREES = (180.0, 90.0)
_LARGEST_INTEGER = 2**63
_GEOMETRY_TYPES = {
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection",
}  # fmt: skip


def read(path: Path, options: ReadOptions) -> list[RawLayer]:
    """Read all features as one layer named after the file."""
    text, decision = decode_text(path.read_bytes(), option=options.encoding, what=f"“{path.name}”")
    content = _parse(text, path)
    name = str(content.get("name") or path.name.removesuffix(path.suffix))
    vector.choose_layers([name], options.layer, path.name)
    features = content["features"]
    geometry, issues = json_geometry.build_all(features, _geometry)
    crs, crs_issues = _declared_crs(content, geometry)
    columns, nested = _columns(features)
    said = [] if decision.encoding == "utf-8" else decision.issues
    layer = vector_layer(
        name,
        columns,
        geometry,
        declared_crs=crs,
        rows=range(1, len(features) + 1),
        issues=[*said, *issues, *crs_issues, *nested],
        encoding=decision.encoding,
    )
    if crs_issues:  # what is wrong with the declaration is said already
        layer.issues = [issue for issue in layer.issues if issue.code != "crs-missing"]
    return [layer]


def _parse(text: str, path: Path) -> dict[str, Any]:
    """Return a feature collection, whatever of the three ways the file is written in."""
    if not text.strip():
        raise FormatError(f"“{path.name}”是空文件。请重新导出。")
    if text.lstrip()[0] not in "{[" + _RECORD_SEPARATOR:
        raise FormatError(
            f"“{path.name}”不是 GeoJSON，内容看起来是{describe_content(path)}。请检查文件，或改回原来的后缀。"
        )
    try:
        documents = list(_documents(text))
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"“{path.name}”不是完整的 GeoJSON（{_where(error)}），可能没有传完。请重新导出或重新传一次。"
        ) from None
    return _as_collection(documents, path)


def _documents(text: str) -> Iterator[Any]:
    """Yield the JSON documents of a text: one as a rule, many in a sequence."""
    decoder = json.JSONDecoder()
    position, end = 0, len(text)
    while True:
        while position < end and (text[position].isspace() or text[position] == _RECORD_SEPARATOR):
            position += 1
        if position == end:
            return
        document, position = decoder.raw_decode(text, position)
        yield document


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"第 {error.lineno} 行第 {error.colno} 个字符处出错"
    return "嵌套太深" if isinstance(error, RecursionError) else "有不能读的数字"


def _as_collection(documents: list[Any], path: Path) -> dict[str, Any]:
    first = documents[0]
    kind = first.get("type") if isinstance(first, dict) else None
    if kind == "FeatureCollection" and len(documents) == 1:
        if not isinstance(first.get("features"), list):
            raise FormatError(f"“{path.name}”的 FeatureCollection 里没有 features 数组。请重新导出。")
        return dict(first)
    if kind == "Topology":
        raise FormatError(f"“{path.name}”是 TopoJSON，不能读取。请用 QGIS 或 mapshaper 另存为 GeoJSON。")
    if isinstance(first, dict) and ("geometryType" in first or "spatialReference" in first):
        raise FormatError(
            f"“{path.name}”是 Esri JSON，不能读取。请在 ArcGIS 里用“要素转 JSON”并勾选 GeoJSON。"
        )
    if all(isinstance(item, dict) and item.get("type") == "Feature" for item in documents):
        return {"features": documents}
    if all(isinstance(item, dict) and item.get("type") in _GEOMETRY_TYPES for item in documents):
        return {"features": [{"geometry": item, "properties": {}} for item in documents]}
    raise FormatError(
        f"“{path.name}”是 JSON，但不是 GeoJSON（最外层应是 FeatureCollection 或 Feature）。请重新导出为 GeoJSON。"
    )


def _geometry(feature: Any, notes: json_geometry.Notes) -> BaseGeometry | None:
    return json_geometry.build(feature.get("geometry") if isinstance(feature, dict) else feature, notes)


def _declared_crs(content: dict[str, Any], geometry: np.ndarray) -> tuple[object, list[Issue]]:
    """Return what the "crs" member says; without one RFC 7946 means WGS 84, if the numbers can be degrees."""
    member = content.get("crs")
    if member is None:
        bounds = np.abs(shapely.bounds(geometry))
        if (bounds[:, [0, 2]] > _DEGREES[0]).any() or (bounds[:, [1, 3]] > _DEGREES[1]).any():
            return None, [_not_degrees()]
        return "EPSG:4326", []
    name = member.get("properties", {}).get("name") if isinstance(member, dict) else None
    if not isinstance(name, str) or not re.match(
        r"(urn:|EPSG:|OGC:|https?://www\.opengis\.net/def/crs/)", name, re.IGNORECASE
    ):
        return None, [_strange_crs(str(member)[:80])]
    if "CRS84" in name.upper():
        return "EPSG:4326", []
    code = re.search(r"EPSG\D*(?:[\d.]*\D)?(\d{4,6})$", name, re.IGNORECASE)
    declared = f"EPSG:{code[1]}" if code else name
    crs, _ = usable_crs(declared)
    return (crs, []) if isinstance(crs, pyproj.CRS) else (None, [_strange_crs(name)])


def _not_degrees() -> Issue:
    return Issue(
        code="crs-contradicted",
        severity=Severity.WARNING,
        message="文件没有声明坐标系，按 GeoJSON 规定应是经纬度，但坐标超出了经纬度的范围，当作没有声明。",
        advice="导入时按坐标大小判断；判断不了时请用“坐标系”选项（--crs）说明。",
    )


def _strange_crs(value: str) -> Issue:
    return Issue(
        code="crs-unknown",
        severity=Severity.WARNING,
        message="文件声明的坐标系不认识或指向别处，当作没有声明。",
        advice="导入时按坐标大小判断；判断不了时请用“坐标系”选项（--crs）说明。",
        value=value,
    )


def _columns(features: list[Any]) -> tuple[dict[str, Any], list[Issue]]:
    records = [_properties(feature) for feature in features]
    names = list(dict.fromkeys(name for record in records for name in record))
    nested = {n for record in records for n, value in record.items() if isinstance(value, (dict, list))}
    columns = {
        shown: typed_column([record.get(name) for record in records])
        for name, shown in zip(names, unique_names(names), strict=True)
    }
    issues = [
        Issue(
            code="value-nested",
            severity=Severity.NOTE,
            message=f"字段“{name}”里有嵌套的内容，按 JSON 文字读入。",
            field=name,
        )
        for name in names
        if name in nested
    ]
    return columns, issues


def _properties(feature: Any) -> dict[str, Any]:
    if not isinstance(feature, dict):
        return {}
    properties = feature.get("properties")
    record = dict(properties) if isinstance(properties, dict) else {}
    if feature.get("id") is not None:
        record.setdefault("id", feature["id"])
    return record


def typed_column(values: list[Any]) -> Any:
    """Return JSON values in one dtype where they share one; missing ones stay missing.

    Examples
    --------
    >>> str(typed_column([1, None]).dtype), str(typed_column(["a", None]).dtype), str(typed_column([1, 2.5]).dtype)
    ('Int64', 'str', 'float64')
    """
    plain = [json.dumps(v, ensure_ascii=False) if isinstance(v, (dict, list)) else v for v in values]
    kinds = {type(value) for value in plain if value is not None}
    if kinds == {bool}:
        return pd.Series(plain, dtype="boolean").array
    if kinds == {int} and all(abs(int(value)) < _LARGEST_INTEGER for value in plain if value is not None):
        return pd.Series(plain, dtype="Int64").array
    if kinds and kinds <= {int, float}:
        return np.array([np.nan if value is None else float(value) for value in plain])
    if kinds <= {str}:
        return pd.Series(plain, dtype="str").array
    return np.array([None, *plain], dtype=object)[1:]


READER = Reader(
    id="geojson",
    zh="GeoJSON",
    suffixes=(".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".jsonl", ".seq", ".topojson"),
    read=read,
)
WRITER = Writer(id="geojson", zh="GeoJSON", suffixes=(".geojson", ".json"), write=write_geojson)
