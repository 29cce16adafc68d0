"""Writing KML and KMZ: longitude and latitude, one placemark per record, attributes as extended data."""

import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.domain.issue import Issue
from geoapp.errors import FormatError
from geoapp.formats.base import WriteOptions
from geoapp.formats.geojson_write import plain_records
from geoapp.formats.vector_write import attribute_columns, put_in_place, require_geometry, text_of, title_of

_NAMESPACE = "http://www.opengis.net/kml/2.2"
_GEOGRAPHIC_EPSG = 4490
"""CGCS2000; in degrees the same as WGS 84 within a few centimetres."""
_NOT_IN_XML = dict.fromkeys(c for c in range(32) if c not in (9, 10, 13))


def write_kml(path: Path, frame: pd.DataFrame, options: WriteOptions) -> list[Issue]:
    """Write all records that the name says: `.kml` as it is, `.kmz` packed."""
    records = _in_degrees(require_geometry(frame, "KML"))
    content = _document(records, path, options)

    def produce(folder: Path) -> list[Issue]:
        target = folder / path.name
        if path.name.lower().endswith(".kmz"):
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr("doc.kml", content)
        else:
            target.write_bytes(content)
        return []

    return put_in_place(path, produce)


def _in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if frame.crs is None:
        raise FormatError("数据没有坐标系，不能写成 KML（KML 只用经纬度）。请先说明坐标系。")
    return frame if frame.crs.is_geographic else frame.to_crs(_GEOGRAPHIC_EPSG)


def _document(frame: gpd.GeoDataFrame, path: Path, options: WriteOptions) -> bytes:
    root = ET.Element("kml", xmlns=_NAMESPACE)
    document = ET.SubElement(root, "Document")
    ET.SubElement(document, "name").text = title_of(path, options)
    labels = {f.name: f.label for f in options.layer.fields} if options.layer else {}
    columns = attribute_columns(frame)
    label_field = options.layer.label_field if options.layer else ""
    title_column = label_field or next((c.name for c in columns if c.name.lower() == "name"), "")
    for record, geometry in zip(plain_records(columns, len(frame)), frame.geometry, strict=True):
        placemark = ET.SubElement(document, "Placemark")
        if record.get(title_column) is not None:
            ET.SubElement(placemark, "name").text = _clean(record[title_column])
        _add_data(placemark, record, labels)
        if geometry is not None and not geometry.is_empty:
            _add_geometry(placemark, geometry)
    ET.indent(root, " ")
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _add_data(placemark: ET.Element, record: dict[str, object], labels: dict[str, str]) -> None:
    extended = ET.SubElement(placemark, "ExtendedData")
    for name, value in record.items():
        if value is None:
            continue
        data = ET.SubElement(extended, "Data", name=_clean(name))
        if name in labels:
            ET.SubElement(data, "displayName").text = labels[name]
        ET.SubElement(data, "value").text = _clean(value)


def _clean(value: object) -> str:
    return (text_of(value) or "").translate(_NOT_IN_XML)


def _add_geometry(parent: ET.Element, geometry: BaseGeometry) -> None:
    if hasattr(geometry, "geoms"):
        multi = ET.SubElement(parent, "MultiGeometry")
        for part in geometry.geoms:
            _add_geometry(multi, part)
        return
    element = ET.SubElement(parent, geometry.geom_type)
    if not isinstance(geometry, shapely.Polygon):
        ET.SubElement(element, "coordinates").text = _coordinates(geometry)
        return
    for kind, rings in (("outerBoundaryIs", [geometry.exterior]), ("innerBoundaryIs", geometry.interiors)):
        for boundary in rings:
            linear = ET.SubElement(ET.SubElement(element, kind), "LinearRing")
            ET.SubElement(linear, "coordinates").text = _coordinates(boundary)


def _coordinates(geometry: BaseGeometry) -> str:
    return " ".join(f"{x:.9f},{y:.9f}" for x, y in np.asarray(shapely.get_coordinates(geometry)))
