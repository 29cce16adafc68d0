"""KML and KMZ: placemarks with their extended data; links to other files are never followed."""

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats import archive, vector
from geoapp.formats.base import RawLayer, Reader, ReadOptions, Writer
from geoapp.formats.encoding import Decision, Declared, decode_text
from geoapp.formats.geojson import typed_column
from geoapp.formats.geometry import unique_names, vector_layer
from geoapp.formats.json_geometry import GeometryError, Notes, build_all, ring
from geoapp.formats.kml_write import write_kml
from geoapp.formats.signature import describe_content

_WGS84 = "EPSG:4326"
_LINKS = {
    "NetworkLink": "网络链接",
    "GroundOverlay": "贴图",
    "PhotoOverlay": "照片",
    "ScreenOverlay": "屏幕贴图",
}
_UNSUPPORTED = ("Model", "Track", "MultiTrack", "Tour")
_GEOMETRIES = ("Point", "LineString", "LinearRing", "Polygon", "MultiGeometry")
_INTEGERS = ("int", "uint", "short", "ushort")
_REALS = ("float", "double")
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")


class _PlainTree(ET.TreeBuilder):
    """Builds the tree without comments, and refuses a document type: entities in one can grow without end."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise FormatError("文件里有 DOCTYPE 声明，为安全起见没有读取。请重新导出为普通的 KML。")


def read(path: Path, options: ReadOptions) -> list[RawLayer]:
    """Read all placemarks as one layer; the folder each stands in is a column."""
    content = _kml_bytes(path)
    declared = _XML_ENCODING.match(content[:200])
    text, decision = decode_text(
        content,
        option=options.encoding,
        declared=[Declared(declared[1].decode("ascii"), "XML 声明")] if declared else [],
        what=f"“{path.name}”",
    )
    root = _parse(text, path)
    name = path.name.removesuffix(path.suffix)
    vector.choose_layers([name], options.layer, path.name)
    return [_layer(root, name, path, decision)]


def _kml_bytes(path: Path) -> bytes:
    if not path.name.lower().endswith(".kmz"):
        return path.read_bytes()
    members = [member for member in archive.list_members(path) if member.suffix == ".kml"]
    if not members:
        raise FormatError(f"“{path.name}”里没有 .kml 文件。请重新导出 KMZ，或改传 KML。")
    chosen = next((member for member in members if member.base.lower() == "doc.kml"), members[0])
    try:
        with zipfile.ZipFile(path) as packed:
            return packed.read(chosen.info)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError):
        raise FormatError(f"“{path.name}”里的“{chosen.name}”已损坏。请重新导出或重新传一次。") from None


def _parse(text: str, path: Path) -> ET.Element:
    if not text.strip():
        raise FormatError(f"“{path.name}”是空文件。请重新导出。")
    parser = ET.XMLParser(target=_PlainTree())  # noqa: S314 - the tree builder refuses document types
    try:
        parser.feed(text)
        root: ET.Element = parser.close()
    except ET.ParseError as error:
        line, column = error.position
        raise FormatError(
            f"“{path.name}”不是完整的 KML（第 {line} 行第 {column + 1} 个字符处出错），内容看起来是"
            f"{describe_content(path)}。请重新导出或重新传一次。"
        ) from None
    if _local(root.tag) != "kml":
        raise FormatError(f"“{path.name}”是 XML，但不是 KML（最外层是 <{_local(root.tag)}>）。请导出为 KML。")
    return root


@cache
def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


def _layer(root: ET.Element, name: str, path: Path, decision: Decision) -> RawLayer:
    placemarks = list(_placemarks(root))
    issues = [] if decision.encoding.startswith("utf-8") else list(decision.issues)
    issues += _links(root, path, len(placemarks))
    kinds = _schema_kinds(root)
    geometry, found = build_all([placemark for placemark, _ in placemarks], _geometry)
    columns = _columns([_record(placemark, folders) for placemark, folders in placemarks], kinds)
    return vector_layer(
        name,
        columns,
        geometry,
        declared_crs=_WGS84,
        rows=range(1, len(placemarks) + 1),
        issues=[*issues, *found],
        encoding=decision.encoding,
    )


def _placemarks(root: ET.Element) -> Iterator[tuple[ET.Element, tuple[str, ...]]]:
    """Yield every placemark with its folders, in the file's order; a list of what is left bears any depth."""
    waiting: list[tuple[ET.Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, folders = waiting.pop()
        kind = _local(element.tag)
        if kind == "Placemark":
            yield element, folders
        elif kind in ("Folder", "Document", "kml"):
            name = _child_text(element, "name") if kind == "Folder" else ""
            inner = (*folders, name) if name else folders
            waiting += [(child, inner) for child in reversed(element)]


def _links(root: ET.Element, path: Path, placemark_count: int) -> list[Issue]:
    counts = Counter(_local(element.tag) for element in root.iter() if _local(element.tag) in _LINKS)
    listed = "、".join(f"{_LINKS[kind]} {count} 个" for kind, count in counts.items())
    if placemark_count == 0:
        links = f"，只有指向别处的{listed}" if listed else ""
        raise FormatError(f"“{path.name}”里没有地标（Placemark）{links}。请把数据本身导出为 KML。")
    if not counts:
        return []
    return [
        Issue(
            code="link-skipped",
            severity=Severity.WARNING,
            message=f"文件里有指向别处的内容（{listed}），没有读取。",
            advice="需要其中的数据时，请把数据本身导出后上传。",
        )
    ]


def _schema_kinds(root: ET.Element) -> dict[str, str]:
    """Return the declared type of each column."""
    fields = (element for element in root.iter() if _local(element.tag) == "SimpleField")
    return {element.get("name", ""): element.get("type", "string").lower() for element in fields}


def _record(placemark: ET.Element, folders: tuple[str, ...]) -> dict[str, str]:
    record = {tag: text for tag in ("name", "description") if (text := _child_text(placemark, tag))}
    if folders:
        record["folder"] = "/".join(folders)
    extended = (child for child in placemark if _local(child.tag) == "ExtendedData")
    for element in (item for child in extended for item in child.iter()):
        kind = _local(element.tag)
        if kind == "Data":
            record[element.get("name", "")] = _child_text(element, "value")
        elif kind == "SimpleData":
            record[element.get("name", "")] = (element.text or "").strip()
    return record


def _child_text(element: ET.Element, tag: str) -> str:
    found = next((child for child in element if _local(child.tag) == tag), None)
    return "".join(found.itertext()).strip() if found is not None else ""


def _columns(records: list[dict[str, str]], kinds: dict[str, str]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for record in records for name in record))
    return {
        shown: _typed([record.get(name) or None for record in records], kinds.get(name, "string"))
        for name, shown in zip(names, unique_names(names), strict=True)
    }


def _typed(values: list[str | None], kind: str) -> Any:
    """Return texts as the numbers the schema declares, if all of them are."""
    if kind in _INTEGERS + _REALS:
        numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce")
        if numbers.notna().sum() == sum(value is not None for value in values):
            is_whole = kind in _INTEGERS and (numbers.dropna() % 1 == 0).all()
            return numbers.astype("Int64" if is_whole else "float64").array
    return typed_column(values)


def _geometry(placemark: ET.Element, notes: Notes) -> BaseGeometry | None:
    for child in placemark:
        kind = _local(child.tag)
        if kind in _GEOMETRIES:
            return _build(child, notes)
        if kind in _UNSUPPORTED:
            raise GeometryError(f"不支持 {kind}（三维模型或轨迹）")
    return None


def _build(element: ET.Element, notes: Notes) -> BaseGeometry:
    kind = _local(element.tag)
    if kind == "MultiGeometry":
        parts = [_build(child, notes) for child in element if _local(child.tag) in _GEOMETRIES]
        return _joined(parts)
    if kind == "Polygon":
        return _polygon(element, notes)
    positions = _positions(element, notes)
    if kind == "Point":
        return shapely.Point(positions[0]) if len(positions) else shapely.Point()
    if len(positions) < 2:
        raise GeometryError("线不到两个点")
    return shapely.LineString(positions)


def _joined(parts: list[Any]) -> BaseGeometry:
    kinds = {part.geom_type for part in parts}
    if kinds == {"Polygon"}:
        return shapely.MultiPolygon(parts)
    if kinds == {"LineString"}:
        return shapely.MultiLineString(parts)
    if kinds == {"Point"}:
        return shapely.MultiPoint(parts)
    return shapely.GeometryCollection(parts)


def _polygon(element: ET.Element, notes: Notes) -> BaseGeometry:
    rings: dict[str, list[shapely.LinearRing]] = {"outerBoundaryIs": [], "innerBoundaryIs": []}
    for boundary in element:
        kind = _local(boundary.tag)
        if kind in rings:
            found = (child for child in boundary if _local(child.tag) == "LinearRing")
            rings[kind] += [ring(_positions(child, notes), notes) for child in found]
    if len(rings["outerBoundaryIs"]) != 1:
        raise GeometryError("面没有外边界，或有几个外边界")
    return shapely.Polygon(rings["outerBoundaryIs"][0], rings["innerBoundaryIs"])


def _positions(element: ET.Element, notes: Notes) -> np.ndarray:
    text = re.sub(r"\s*,\s*", ",", _child_text(element, "coordinates"))
    rows = [item.split(",") for item in text.split()]
    try:
        positions = np.array([[float(number) for number in row[:2]] for row in rows], dtype="float64")
        notes.heights += any(len(row) > 2 and float(row[2]) != 0 for row in rows)
    except ValueError:
        raise GeometryError("coordinates 里有不是数字的内容") from None
    if rows and (positions.ndim != 2 or positions.shape[1] != 2):
        raise GeometryError("coordinates 应为“经度,纬度”")
    return positions.reshape(-1, 2)


READER = Reader(id="kml", zh="KML", suffixes=(".kml", ".kmz"), read=read)
WRITER = Writer(id="kml", zh="KML", suffixes=(".kml", ".kmz"), write=write_kml)
