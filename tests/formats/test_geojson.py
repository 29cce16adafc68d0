import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats.base import RawLayer

Read = Callable[..., list[RawLayer]]
Write = Callable[..., list[Issue]]
SQUARE = [[121.5, 29.9], [121.501, 29.9], [121.501, 29.901], [121.5, 29.901], [121.5, 29.9]]


@pytest.fixture
def read_json(tmp_path: Path, read_file: Read) -> Callable[..., RawLayer]:
    """Read a feature collection of these geometries and properties."""

    def read(*features: tuple[Any, Any], **members: Any) -> RawLayer:
        content = {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": g, "properties": p} for g, p in features],
        } | members
        path = tmp_path / "a.geojson"
        path.write_text(json.dumps(content), encoding="utf-8")
        (layer,) = read_file(path)
        return layer

    return read


def polygon(*rings: list) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def codes(layer: RawLayer) -> list[str]:
    return [issue.code for issue in layer.issues]


def test_geographic_frame_round_trips_with_types_and_missing_values(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    path = tmp_path / "!地块.geojson"
    stored = plots.to_crs(4490)
    assert write_file(path, stored) == []
    (layer,) = read_file(path)
    assert layer.name == "!地块"
    assert layer.frame.crs.to_epsg() == 4490
    assert layer.frame["层数"].tolist() == [3, pd.NA]
    assert layer.frame["日期"].tolist()[0] == "2026-01-31"
    assert layer.frame["MJ"].isna().tolist() == [False, True]
    back = layer.frame.to_crs(4549).geometry.to_numpy()
    assert (shapely.hausdorff_distance(back, plots.geometry.to_numpy()) < 0.001).all()


def test_written_rings_follow_the_right_hand_rule_and_wgs84_has_no_crs_member(
    tmp_path: Path, write_file: Write
) -> None:
    clockwise = shapely.Polygon([(0, 0), (0, 1), (1, 1), (1, 0)])
    write_file(tmp_path / "a.json", gpd.GeoDataFrame({"n": [1]}, geometry=[clockwise], crs=4326))
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert "crs" not in content
    assert shapely.LinearRing(content["features"][0]["geometry"]["coordinates"][0]).is_ccw


@pytest.mark.parametrize(
    ("crs", "expected", "code"),
    [
        (4549, 4549, "crs-projected"),
        ("+proj=tmerc +lon_0=121.5 +x_0=500000 +ellps=GRS80", 4490, "crs-converted"),
    ],
)
def test_projected_frame_says_its_crs_and_custom_one_is_converted(
    tmp_path: Path, read_file: Read, write_file: Write, crs: int | str, expected: int, code: str
) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.box(5e5, 3.3e6, 5e5 + 10, 3.3e6 + 10)], crs=crs)
    (issue,) = write_file(tmp_path / "a.geojson", frame)
    assert issue.code == code
    assert read_file(tmp_path / "a.geojson")[0].frame.crs.to_epsg() == expected


def test_frame_without_crs_or_geometry_is_written_as_it_is(
    tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    frame = gpd.GeoDataFrame({"n": [np.inf, 1.0]}, geometry=[None, shapely.Point(121, 29)])
    assert [issue.code for issue in write_file(tmp_path / "a.geojson", frame)] == ["crs-missing"]
    (layer,) = read_file(tmp_path / "a.geojson")
    assert layer.frame["n"].isna().tolist() == [True, False]
    assert layer.frame.geometry.isna().tolist() == [True, False]


def test_open_ring_is_closed_and_said_with_its_row(read_json: Callable[..., RawLayer]) -> None:
    layer = read_json((polygon(SQUARE), {}), (polygon(SQUARE[:-1]), {}))
    assert [(i.code, i.row) for i in layer.issues] == [("ring-unclosed", 2)]
    assert layer.frame.geometry.iloc[0].equals(layer.frame.geometry.iloc[1])


@pytest.mark.parametrize(
    "geometry",
    [
        polygon(SQUARE[:2]),
        polygon([[121, 29], "x"]),
        polygon([121, 29]),
        polygon({"a": 1}),  # type: ignore[arg-type]
        {"type": "Polygon"},
        {"type": "CircularString", "coordinates": SQUARE},
        {"type": "LineString", "coordinates": [[121, 29]]},
        {"type": "MultiPolygon", "coordinates": [1]},
        {"type": "GeometryCollection"},
        {"type": "Point", "coordinates": [121]},
        "POINT (1 2)",
    ],
)
def test_geometry_that_is_none_is_an_error_with_its_row(
    read_json: Callable[..., RawLayer], geometry: Any
) -> None:
    layer = read_json((polygon(SQUARE), {"n": 1}), (geometry, {"n": 2}))
    assert [(i.code, i.severity, i.row) for i in layer.issues] == [("geometry-unreadable", Severity.ERROR, 2)]
    assert layer.frame["n"].tolist() == [1, 2]
    assert layer.frame.geometry.isna().tolist() == [False, True]


def test_impossible_coordinate_is_an_error(read_json: Callable[..., RawLayer]) -> None:
    layer = read_json(({"type": "Point", "coordinates": [float("nan"), 29]}, {}))
    assert codes(layer) == ["coordinate-impossible"]
    corners = [[121.5, 29.9], [121.6, 29.9], [float("nan"), 29.8], [121.5, 29.9]]
    ring = read_json(({"type": "Polygon", "coordinates": [corners]}, {}))
    assert codes(ring) == ["coordinate-impossible"]  # and no warning of numpy's on the terminal


def test_all_seven_types_heights_and_empty_ones_are_read(read_json: Callable[..., RawLayer]) -> None:
    hole = [[121.5002, 29.9002], [121.5004, 29.9002], [121.5004, 29.9004], [121.5002, 29.9002]]
    layer = read_json(
        ({"type": "Point", "coordinates": [121.5, 29.9, 7]}, {}),
        ({"type": "MultiPoint", "coordinates": [[121.5, 29.9]]}, {}),
        ({"type": "LineString", "coordinates": [[121.5, 29.9], [121.6, 29.9, 3]]}, {}),
        ({"type": "MultiLineString", "coordinates": [SQUARE]}, {}),
        (polygon(SQUARE, hole), {}),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE]]}, {}),
        ({"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [121, 29]}]}, {}),
        ({"type": "Point", "coordinates": []}, {}),
        (polygon(), {}),
        (None, {}),
    )
    kinds = [
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    ]
    assert layer.frame.geometry.geom_type.tolist()[:9] == [*kinds, "Point", "Polygon"]
    assert codes(layer) == ["z-dropped", "geometry-missing", "geometry-mixed"]
    assert layer.issues[0].message.startswith("2 个")
    assert len(layer.frame.geometry.iloc[4].interiors) == 1


@pytest.mark.parametrize(
    ("name", "epsg"),
    [
        ("urn:ogc:def:crs:EPSG::4549", 4549),
        ("EPSG:4549", 4549),
        ("urn:ogc:def:crs:EPSG:9.8.1:4490", 4490),
        ("http://www.opengis.net/def/crs/EPSG/0/3857", 3857),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
    ],
)
def test_old_crs_member_is_read(read_json: Callable[..., RawLayer], name: str, epsg: int) -> None:
    layer = read_json((polygon(SQUARE), {}), crs={"type": "name", "properties": {"name": name}})
    assert layer.frame.crs.to_epsg() == epsg
    assert layer.issues == []


@pytest.mark.parametrize(
    "member",
    [
        {"type": "link", "properties": {"href": "http://example.com/crs.prj"}},
        {"type": "name", "properties": {"name": "/vsicurl/http://example.com/x"}},
        {"type": "name", "properties": {"name": "EPSG:999999"}},
        "EPSG:4549",
    ],
)
def test_crs_that_is_unknown_or_points_elsewhere_counts_as_none(
    read_json: Callable[..., RawLayer], member: Any
) -> None:
    layer = read_json((polygon(SQUARE), {}), crs=member)
    assert layer.frame.crs is None
    assert codes(layer) == ["crs-unknown"]


def test_without_crs_degrees_are_wgs84_and_metres_have_none(read_json: Callable[..., RawLayer]) -> None:
    assert read_json((polygon(SQUARE), {})).frame.crs.to_epsg() == 4326
    metres = read_json(({"type": "Point", "coordinates": [644798.679, 3316404.248]}, {}))
    assert metres.frame.crs is None
    assert codes(metres) == ["crs-contradicted"]


def test_columns_take_the_dtype_their_values_share(read_json: Callable[..., RawLayer]) -> None:
    first = {
        "i": 1,
        "f": 1.5,
        "b": True,
        "s": "甲",
        "m": 1,
        "n": {"a": [1]},
        "big": 10**19,
        "geometry": "x",
        "e": None,
    }
    layer = read_json((None, first), (None, {"s": None, "m": "x", "f": 2}), (None, None))
    frame = layer.frame
    assert [str(frame[name].dtype) for name in ("i", "f", "b", "s", "m", "e")] == [
        "Int64", "float64", "boolean", "str", "object", "str",
    ]  # fmt: skip
    assert frame["n"].tolist()[0] == '{"a": [1]}'
    assert frame["big"].tolist()[0] == 10**19
    assert frame["geometry_2"].tolist()[0] == "x"
    assert codes(layer)[0] == "value-nested"


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"Feature","id":7,"properties":{"n":1},"geometry":null}\n{"type":"Feature","properties":{"n":2}}\n',
        '\x1e{"type":"Feature","id":7,"properties":{"n":1}}\n\x1e{"type":"Feature",\n"properties":{"n":2}}\n',
    ],
)
def test_features_line_by_line_are_read(tmp_path: Path, read_file: Read, text: str) -> None:
    path = tmp_path / "a.geojsonl"
    path.write_text(text, encoding="utf-8")
    (layer,) = read_file(path)
    assert layer.frame["n"].tolist() == [1, 2]
    assert layer.frame["id"].tolist() == [7, pd.NA]


def test_bare_geometry_is_read(tmp_path: Path, read_file: Read) -> None:
    (tmp_path / "a.json").write_text(json.dumps(polygon(SQUARE)))
    assert len(read_file(tmp_path / "a.json")[0].frame) == 1


def test_gbk_text_is_read_and_said(tmp_path: Path, read_file: Read) -> None:
    text = '{"type":"Feature","properties":{"名称":"甬江工业地块"},"geometry":null}'
    (tmp_path / "a.json").write_bytes(text.encode("gbk"))
    (layer,) = read_file(tmp_path / "a.json")
    assert layer.frame["名称"].tolist() == ["甬江工业地块"]
    assert (layer.encoding, codes(layer)[0]) == ("gbk", "encoding-detected")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "空文件"),
        ("  \n", "空文件"),
        ("<kml></kml>", "KML"),
        ('{"type": "FeatureCollection", "features": [', "第 1 行"),
        ('{"type": "Topology"}', "TopoJSON"),
        ('{"geometryType": "esriGeometryPolygon"}', "Esri"),
        ('{"type": "FeatureCollection"}', "features"),
        ('{"a": 1}', "不是 GeoJSON"),
        ("[1, 2]", "不是 GeoJSON"),
        ("[" * 100_000, "嵌套太深"),
        ('{"a": ' + "1" * 5000 + "}", "数字"),
    ],
)
def test_what_is_no_geojson_is_refused(tmp_path: Path, read_file: Read, content: str, word: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(FormatError, match=word):
        read_file(tmp_path / "a.json")


def test_layer_that_is_not_there_is_refused(tmp_path: Path, read_file: Read) -> None:
    (tmp_path / "a.json").write_text(json.dumps(polygon(SQUARE)))
    with pytest.raises(FormatError, match="没有图层"):
        read_file(tmp_path / "a.json", layer="b")
