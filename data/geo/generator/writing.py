"""Writes the registers as GeoJSON and CSV, the same bytes each time."""

import csv
import io
import json
import tomllib
from pathlib import Path
from typing import Any

from shapely.geometry import mapping

CRS_NAME = "urn:ogc:def:crs:EPSG::4490"


def write_register(folder: Path, layer_file: Path, records: list[dict[str, Any]]) -> None:
    """Write one register's records into *folder*, with its fields in the order of its definition."""
    layer = tomllib.loads(layer_file.read_text(encoding="utf-8"))
    names = [field["name"] for field in layer["fields"]]
    unknown = {key for record in records for key in record} - {*names, "geometry"}
    if unknown:
        raise ValueError(f"{layer_file.name} has no field {', '.join(sorted(unknown))}")
    if layer["geometry"] == "none":
        (folder / f"{layer['id']}.csv").write_bytes(("\ufeff" + _csv(names, records)).encode())
    else:
        (folder / f"{layer['id']}.geojson").write_bytes(_geojson(layer["id"], names, records).encode())


def _csv(names: list[str], records: list[dict[str, Any]]) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([*names, "is_demo"])
    for record in records:
        writer.writerow([_plain(record.get(name)) for name in names] + ["true"])
    return lines.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value


def _geojson(layer_id: str, names: list[str], records: list[dict[str, Any]]) -> str:
    head = {"type": "FeatureCollection", "name": layer_id}
    crs = {"type": "name", "properties": {"name": CRS_NAME}}
    start = _json(head)[:-1] + f',"crs":{_json(crs)},"features":[\n'
    return start + ",\n".join(_feature(names, record) for record in records) + "\n]}\n"


def _feature(names: list[str], record: dict[str, Any]) -> str:
    known = {name: record[name] for name in names if record.get(name) is not None}
    geometry = mapping(record["geometry"]) if record.get("geometry") is not None else None
    return _json({"type": "Feature", "properties": {**known, "is_demo": True}, "geometry": geometry})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
