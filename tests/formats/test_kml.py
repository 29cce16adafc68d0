from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import Field, Layer
from geoapp.errors import FormatError
from geoapp.formats.base import RawLayer

Read = Callable[..., list[RawLayer]]
Write = Callable[..., list[Issue]]
SQUARE = "121.5,29.9,0 121.501,29.9,0 121.501,29.901,0 121.5,29.901,0 121.5,29.9,0"
HEAD = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
TAIL = "</Document></kml>"


@pytest.fixture
def read_kml(tmp_path: Path, read_file: Read) -> Callable[[str], RawLayer]:
    """Read a document with this content."""

    def read(content: str) -> RawLayer:
        (tmp_path / "a.kml").write_text(HEAD + content + TAIL, encoding="utf-8")
        (layer,) = read_file(tmp_path / "a.kml")
        return layer

    return read


def polygon(*rings: str) -> str:
    kinds = ["outerBoundaryIs", *["innerBoundaryIs"] * (len(rings) - 1)]
    boundaries = [
        f"<{kind}><LinearRing><coordinates>{ring}</coordinates></LinearRing></{kind}>"
        for kind, ring in zip(kinds, rings, strict=True)
    ]
    return f"<Polygon>{''.join(boundaries)}</Polygon>"


def codes(layer: RawLayer) -> list[str]:
    return [issue.code for issue in layer.issues]


@pytest.mark.parametrize("name", ["地块.kml", "地块.kmz"])
def test_round_trip_keeps_names_values_and_geometry(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write, name: str
) -> None:
    assert write_file(tmp_path / name, plots) == []
    (layer,) = read_file(tmp_path / name)
    assert layer.name == "地块"
    assert layer.frame["名称"].tolist()[0] == "甬江示例地块"
    assert layer.frame["MJ"].tolist()[0] == "28800"
    assert layer.frame["日期"].tolist()[0] == "2026-01-31"
    assert layer.frame.crs.to_epsg() == 4326
    back = layer.frame.set_crs(4490, allow_override=True).to_crs(4549).geometry.to_numpy()
    assert (shapely.hausdorff_distance(back, plots.geometry.to_numpy()) < 0.001).all()


def test_parts_and_missing_geometry_are_written(tmp_path: Path, read_file: Read, write_file: Write) -> None:
    parts = shapely.MultiPolygon(
        [shapely.box(121.5, 29.9, 121.6, 29.91), shapely.box(121.5, 29.95, 121.6, 29.96)]
    )
    write_file(tmp_path / "a.kml", gpd.GeoDataFrame({"n": ["a", "b"]}, geometry=[parts, None], crs=4490))
    (layer,) = read_file(tmp_path / "a.kml")
    assert layer.frame["n"].tolist() == ["a", "b"]
    assert layer.frame.geometry.iloc[0].equals(parts)
    assert codes(layer) == ["geometry-missing"]


def test_register_gives_title_and_labels_and_markup_in_values_stays_text(
    tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    register = Layer(
        id="plots", zh="地块", en="Plots", geometry="polygon", key=("plot_code",), label_field="name",
        fields=(
            Field(name="plot_code", dtype="string", zh="地块编号", en="Code"),
            Field(name="name", dtype="string", zh="名称", en="Name"),
        ),
    )  # fmt: skip
    frame = gpd.GeoDataFrame(
        {"plot_code": ["A"], "name": ["<img src=x onerror=alert(1)>\x01"]},
        geometry=[shapely.Point(121.5, 29.9)],
        crs=4490,
    )
    write_file(tmp_path / "a.kml", frame, layer=register)
    text = (tmp_path / "a.kml").read_text(encoding="utf-8")
    assert "<displayName>地块编号</displayName>" in text
    assert "<img" not in text
    assert read_file(tmp_path / "a.kml")[0].frame["name"].tolist() == ["<img src=x onerror=alert(1)>"]


def test_placemarks_of_all_folders_become_one_layer_with_the_folder_as_column(
    read_kml: Callable[[str], RawLayer],
) -> None:
    layer = read_kml(
        "<Folder><name>园区</name><Folder><name>东</name>"
        f"<Placemark><name>甲</name>{polygon(SQUARE)}</Placemark></Folder></Folder>"
        "<Placemark><name>乙</name><description>说明</description></Placemark>"
    )
    assert layer.frame["name"].tolist() == ["甲", "乙"]
    assert layer.frame["folder"].tolist()[0] == "园区/东"
    assert codes(layer) == ["geometry-missing"]


def test_extended_data_is_read_and_typed_by_the_schema(read_kml: Callable[[str], RawLayer]) -> None:
    layer = read_kml(
        '<Schema name="s" id="s"><SimpleField name="MJ" type="double"/><SimpleField name="CS" type="int"/>'
        '<SimpleField name="BH" type="int"/></Schema>'
        '<Placemark><ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="MJ">28800.5</SimpleData>'
        '<SimpleData name="CS">3</SimpleData><SimpleData name="BH">x1</SimpleData></SchemaData></ExtendedData>'
        f"{polygon(SQUARE)}</Placemark>"
        '<Placemark><ExtendedData><Data name="DKBH"><value>0001</value></Data></ExtendedData>'
        f"{polygon(SQUARE)}</Placemark>"
    )
    assert layer.frame["MJ"].tolist()[0] == 28800.5
    assert str(layer.frame["CS"].dtype) == "Int64"
    assert layer.frame["BH"].tolist()[0] == "x1"
    assert layer.frame["DKBH"].tolist()[1] == "0001"


def test_holes_parts_lines_points_heights_and_open_rings(read_kml: Callable[[str], RawLayer]) -> None:
    hole = "121.5002,29.9002 121.5004,29.9002 121.5004,29.9004 121.5002,29.9002"
    open_ring = "121.5,29.9 , 5 121.501,29.9,5 121.501,29.901,5"
    line = "<LineString><coordinates>121.5,29.9 121.6,29.9</coordinates></LineString>"
    point = "<Point><coordinates>121.5,29.9</coordinates></Point>"
    contents = [
        polygon(SQUARE, hole),
        polygon(open_ring),
        f"<MultiGeometry>{polygon(SQUARE)}{polygon(hole)}</MultiGeometry>",
        f"<MultiGeometry>{line}{line}</MultiGeometry>",
        f"<MultiGeometry>{point}{point}</MultiGeometry>",
        f"<MultiGeometry>{point}{line}</MultiGeometry>",
        "<Point><coordinates></coordinates></Point>",
    ]
    layer = read_kml("".join(f"<Placemark>{content}</Placemark>" for content in contents))
    kinds = [
        "Polygon",
        "Polygon",
        "MultiPolygon",
        "MultiLineString",
        "MultiPoint",
        "GeometryCollection",
        "Point",
    ]
    assert layer.frame.geometry.geom_type.tolist() == kinds
    assert len(layer.frame.geometry.iloc[0].interiors) == 1
    assert codes(layer) == ["ring-unclosed", "z-dropped", "geometry-mixed"]
    assert layer.issues[0].row == 2


@pytest.mark.parametrize(
    "content",
    [
        polygon("121.5,29.9 121.6,29.9 121.5,29.9"),
        polygon("121.5,x 121.6,29.9 121.5,29.9"),
        polygon("121.5 121.6 121.5"),
        "<Polygon></Polygon>",
        "<LineString><coordinates>121.5,29.9</coordinates></LineString>",
        "<Model></Model>",
    ],
)
def test_geometry_that_cannot_be_read_is_an_error_with_its_row(
    read_kml: Callable[[str], RawLayer], content: str
) -> None:
    layer = read_kml(f"<Placemark>{polygon(SQUARE)}</Placemark><Placemark>{content}</Placemark>")
    assert [(i.code, i.row) for i in layer.issues] == [("geometry-unreadable", 2)]


def test_links_are_not_followed_but_said(read_kml: Callable[[str], RawLayer]) -> None:
    link = "<NetworkLink><Link><href>http://example.com/a.kml</href></Link></NetworkLink>"
    layer = read_kml(f"{link}<Placemark>{polygon(SQUARE)}</Placemark>")
    assert codes(layer) == ["link-skipped"]
    with pytest.raises(FormatError, match="网络链接"):
        read_kml(link)


def test_document_type_is_refused_before_anything_expands(tmp_path: Path, read_file: Read) -> None:
    bomb = '<!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><kml>&b;</kml>'
    for encoding in ("utf-8", "utf-16"):
        (tmp_path / "a.kml").write_bytes(bomb.encode(encoding))
        with pytest.raises(FormatError, match="DOCTYPE"):
            read_file(tmp_path / "a.kml")


def test_gbk_document_is_read_and_said(tmp_path: Path, read_file: Read) -> None:
    text = (
        HEAD.replace("UTF-8", "GB2312")
        + f"<Placemark><name>甬江地块</name>{polygon(SQUARE)}</Placemark>"
        + TAIL
    )
    (tmp_path / "a.kml").write_bytes(text.encode("gbk"))
    (layer,) = read_file(tmp_path / "a.kml")
    assert layer.frame["name"].tolist() == ["甬江地块"]
    assert codes(layer) == ["encoding-detected"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "空文件"),
        ("<kml><Document>", "不完整|不是完整"),
        ("hello", "文本文件"),
        ("<gpx></gpx>", "<gpx>"),
        (HEAD + TAIL, "没有地标"),
    ],
)
def test_what_is_no_kml_is_refused(tmp_path: Path, read_file: Read, content: str, word: str) -> None:
    (tmp_path / "a.kml").write_text(content)
    with pytest.raises(FormatError, match=word):
        read_file(tmp_path / "a.kml")


def test_broken_kmz_is_refused(tmp_path: Path, read_file: Read, make_zip: Callable[..., Path]) -> None:
    with pytest.raises(FormatError, match=r"没有 \.kml"):
        read_file(make_zip("a.kmz", {"image.png": b"1"}))
    path = make_zip("b.kmz", {"doc.kml": (HEAD + TAIL).encode() * 5})
    content = bytearray(path.read_bytes())
    content[50] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(FormatError, match="已损坏"):
        read_file(path)


def test_frame_without_crs_cannot_become_kml(tmp_path: Path, write_file: Write) -> None:
    with pytest.raises(FormatError, match="坐标系"):
        write_file(tmp_path / "a.kml", gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]))


@pytest.mark.parametrize(
    ("opening", "closing", "said"),
    [
        ("<Folder>" * 3000 + "<Placemark>", "</Placemark>" + "</Folder>" * 3000, []),
        (
            "<Placemark>" + "<MultiGeometry>" * 3000,
            "</MultiGeometry>" * 3000 + "</Placemark>",
            ["geometry-unreadable"],
        ),
    ],
)
def test_thousandfold_nesting_is_read_or_said(
    tmp_path: Path, read_file: Read, opening: str, closing: str, said: list[str]
) -> None:
    point = "<Point><coordinates>121.5,29.9</coordinates></Point>"
    (tmp_path / "a.kml").write_text(HEAD + opening + point + closing + TAIL)
    (layer,) = read_file(tmp_path / "a.kml")
    assert len(layer.frame) == 1
    assert [issue.code for issue in layer.issues if issue.severity is Severity.ERROR] == said
