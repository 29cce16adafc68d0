"""Writing DXF: one closed polyline per ring, a label inside, attributes as extended data."""

from pathlib import Path
from typing import Any

import ezdxf
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from ezdxf.layouts import Modelspace
from shapely.geometry.base import BaseGeometry

from geoapp.domain.issue import Issue, Severity
from geoapp.formats.base import WriteOptions
from geoapp.formats.encoding import decode_cut, required_codec
from geoapp.formats.geojson_write import plain_records
from geoapp.formats.vector_write import attribute_columns, put_in_place, require_geometry, text_of, title_of

XDATA_APP = "GEOAPP"
PART_KEYS = ("geoapp:record", "geoapp:ring")
"""Extended data that tell which rings belong together."""
_VERSION = "R2000"
"""What CASS and older CAD read; text is in the code page, not Unicode."""
_XDATA_BYTES = 250
_LABEL_SHARE = 0.05
"""Height of a label as a share of the square root of its polygon's area."""
_FORBIDDEN_IN_LAYER = str.maketrans(dict.fromkeys('<>/\\":;?*|=`,', "_"))


def write_dxf(path: Path, frame: pd.DataFrame, options: WriteOptions) -> list[Issue]:
    """Write all records to a layer named after the title, labels to the same name with “_注记”."""
    records = require_geometry(frame, "DXF")
    drawing = ezdxf.new(_VERSION)
    drawing.encoding = _codepage(options)
    drawing.header["$INSUNITS"] = 6
    drawing.appids.add(XDATA_APP)
    drawing.styles.add("HZ", font="simsun.ttc")
    layer = title_of(path, options).translate(_FORBIDDEN_IN_LAYER)
    drawing.layers.add(layer)
    drawing.layers.add(f"{layer}_注记", color=3)
    issues = _draw(drawing.modelspace(), records, layer, options)

    def produce(folder: Path) -> list[Issue]:
        drawing.saveas(folder / path.name)
        return issues + _crs_issues(records)

    return put_in_place(path, produce)


def _codepage(options: WriteOptions) -> str:
    codec = required_codec(options.encoding) if options.encoding else "gbk"
    return codec if codec in ("gbk", "cp1252", "cp950", "cp932", "cp949") else "gbk"


def _draw(space: Modelspace, frame: gpd.GeoDataFrame, layer: str, options: WriteOptions) -> list[Issue]:
    columns = attribute_columns(frame)
    label_field = options.layer.label_field if options.layer else ""
    label = label_field or next((column.name for column in columns if column.data.dtype == object), "")
    issues = []
    geometries = shapely.force_2d(frame.geometry.to_numpy())
    for number, (record, geometry) in enumerate(
        zip(plain_records(columns, len(frame)), geometries, strict=True), 1
    ):
        if geometry is None or geometry.is_empty:
            issues.append(_without_geometry(int(frame.index[number - 1]), layer))
            continue
        data = [
            text
            for name, value in record.items()
            if value is not None
            for text in [f"{name}={text_of(value)}"]
        ]
        _draw_geometry(space, geometry, layer, [f"{PART_KEYS[0]}={number}"], data)
        if record.get(label) is not None:
            _draw_label(space, geometry, f"{layer}_注记", text_of(record[label]) or "")
    return issues


def _draw_geometry(
    space: Modelspace, geometry: BaseGeometry, layer: str, part: list[str], data: list[str]
) -> None:
    """Draw one record; its first line carries the attributes, all carry which record they belong to."""
    for piece in getattr(geometry, "geoms", [geometry]):
        if isinstance(piece, shapely.Polygon):
            _draw_ring(space, piece.exterior, layer, part + data)
            for hole in piece.interiors:
                _draw_ring(space, hole, layer, [*part, f"{PART_KEYS[1]}=hole"])
        elif isinstance(piece, shapely.LineString):
            line = space.add_lwpolyline(shapely.get_coordinates(piece), dxfattribs={"layer": layer})
            _attach(line, part + data)
        else:
            _attach(
                space.add_point(shapely.get_coordinates(piece)[0], dxfattribs={"layer": layer}), part + data
            )
        data = []


def _draw_ring(space: Modelspace, ring: BaseGeometry, layer: str, texts: list[str]) -> None:
    vertices = shapely.get_coordinates(ring)[:-1]
    _attach(space.add_lwpolyline(vertices, close=True, dxfattribs={"layer": layer}), texts)


def _attach(entity: Any, texts: list[str]) -> None:
    entity.set_xdata(XDATA_APP, [(1000, _short(text)) for text in texts])


def _short(text: str) -> str:
    """Return a text without line breaks that fits into one item of extended data."""
    return decode_cut(" ".join(text.splitlines()).encode()[:_XDATA_BYTES], "utf-8")


def _draw_label(space: Modelspace, geometry: BaseGeometry, layer: str, text: str) -> None:
    place = shapely.get_coordinates(shapely.point_on_surface(geometry))[0]
    height = max(float(np.sqrt(geometry.area)) * _LABEL_SHARE, 1e-6) if geometry.area else 1.0
    label = space.add_text(
        " ".join(text.splitlines()), height=height, dxfattribs={"layer": layer, "style": "HZ"}
    )
    label.set_placement(tuple(place), align=ezdxf.enums.TextEntityAlignment.MIDDLE_CENTER)


def _without_geometry(row: int, layer: str) -> Issue:
    return Issue(
        code="geometry-missing",
        severity=Severity.WARNING,
        message=f"这条记录没有图形，没有写进图层“{layer}”。",
        row=row,
    )


def _crs_issues(frame: gpd.GeoDataFrame) -> list[Issue]:
    if frame.crs is None or not frame.crs.is_geographic:
        return []
    return [
        Issue(
            code="crs-degrees",
            severity=Severity.WARNING,
            message="坐标是经纬度（度），在 CAD 里量不出长度和面积。",
            advice="请转换成平面坐标再写，例如 --to-crs EPSG:4549。",
        )
    ]
