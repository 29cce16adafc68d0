from collections.abc import Callable
from pathlib import Path

import ezdxf
import geopandas as gpd
import numpy as np
import pytest
import shapely
from ezdxf.document import Drawing

from geoapp.domain.issue import Issue
from geoapp.errors import FormatError
from geoapp.formats import dxf_drawing
from geoapp.formats.base import RawLayer

Read = Callable[..., list[RawLayer]]
Write = Callable[..., list[Issue]]
SQUARE = [(0, 0), (100, 0), (100, 100), (0, 100)]


@pytest.fixture
def read_drawing(tmp_path: Path, read_file: Read) -> Callable[[Drawing], RawLayer]:
    """Save a drawing and read it."""

    def read(drawing: Drawing) -> RawLayer:
        drawing.saveas(tmp_path / "a.dxf")
        (layer,) = read_file(tmp_path / "a.dxf")
        return layer

    return read


@pytest.fixture
def drawing() -> Drawing:
    """An empty drawing in metres, in the code page of Chinese Windows."""
    drawing = ezdxf.new("R2000")
    drawing.encoding = "gbk"
    drawing.header["$INSUNITS"] = 6
    return drawing


def codes(layer: RawLayer) -> list[str]:
    return [issue.code for issue in layer.issues if issue.code not in ("crs-missing", "encoding-detected")]


def test_round_trip_keeps_holes_parts_attributes_and_geometry(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    multi = shapely.MultiPolygon(
        [shapely.box(645500, 3316400, 645510, 3316410), shapely.box(645520, 3316400, 645530, 3316410)]
    )
    frame = plots.assign(geometry=[plots.geometry[0], multi]).set_crs(4549)
    assert write_file(tmp_path / "地块.dxf", frame) == []
    (layer,) = read_file(tmp_path / "地块.dxf")
    assert layer.frame["layer"].tolist() == ["地块", "地块"]
    assert layer.frame["DKBH"].tolist() == ["330205-0001", "330205-0002"]
    assert layer.frame["名称"].tolist()[0] == "甬江示例地块"
    assert layer.frame["text"].tolist() == ["330205-0001", "330205-0002"]
    assert layer.frame["MJ"].tolist()[0] == "28800"
    assert layer.frame.crs is None
    gap = shapely.hausdorff_distance(layer.frame.geometry.to_numpy(), frame.geometry.to_numpy())
    assert (gap < 0.001).all()
    assert codes(layer) == []


def test_written_drawing_is_gbk_of_the_year_2000_with_closed_lines_and_labels(
    plots: gpd.GeoDataFrame, tmp_path: Path, write_file: Write
) -> None:
    write_file(tmp_path / "a.dxf", plots, title="甬江:地块")
    content = (tmp_path / "a.dxf").read_bytes()
    assert b"AC1015" in content
    assert "甬江_地块".encode("gbk") in content
    kinds = [(e.dxftype(), e.dxf.layer) for e in ezdxf.readfile(tmp_path / "a.dxf").modelspace()]
    assert kinds.count(("LWPOLYLINE", "甬江_地块")) == 3
    assert kinds.count(("TEXT", "甬江_地块_注记")) == 2


def test_lines_points_and_missing_geometry_are_written(tmp_path: Path, write_file: Write) -> None:
    frame = gpd.GeoDataFrame(
        {"n": ["a", "b", "c"]},
        geometry=[shapely.LineString([(0, 0), (1, 1)]), shapely.Point(5, 5), None],
        crs=4490,
    )
    issues = write_file(tmp_path / "a.dxf", frame)
    assert [issue.code for issue in issues] == ["geometry-missing", "crs-degrees"]
    kinds = [e.dxftype() for e in ezdxf.readfile(tmp_path / "a.dxf").modelspace()]
    assert kinds == ["LWPOLYLINE", "TEXT", "POINT", "TEXT"]


def test_arcs_circles_ellipses_and_splines_are_densified_within_a_centimetre(
    drawing: Drawing, read_drawing: Callable[[Drawing], RawLayer]
) -> None:
    space = drawing.modelspace()
    space.add_circle((0, 0), 100)
    half_circles = [(300, 0, 1), (500, 0, 1)]  # two of radius 100
    space.add_lwpolyline(half_circles, format="xyb", close=True)
    space.add_ellipse((1000, 0), major_axis=(100, 0), ratio=0.5)
    space.add_cad_spline_control_frame([(2000, 0), (2100, 0), (2100, 100), (2000, 100), (2000, 0)])
    layer = read_drawing(drawing)
    circle, halves, ellipse, _ = layer.frame.geometry
    # a chord's sagitta of at most 0.01 m loses less than 0.01 m x the circumference of 628 m = 6.3 m2
    assert circle.area == pytest.approx(np.pi * 100**2, abs=6.3)
    assert halves.area == pytest.approx(np.pi * 100**2, abs=6.3)
    assert ellipse.area == pytest.approx(np.pi * 100 * 50, abs=6.3)
    radii = np.hypot(*shapely.get_coordinates(shapely.segmentize(circle, 0.5)).T)
    assert radii.min() > 99.99 - 0.001
    assert codes(layer) == []


def test_old_polylines_heights_and_nearly_closed_lines(
    drawing: Drawing, read_drawing: Callable[[Drawing], RawLayer]
) -> None:
    space = drawing.modelspace()
    space.add_polyline2d(SQUARE, close=True, dxfattribs={"layer": "界址线"})
    space.add_polyline3d([(x + 200, y, 5) for x, y in SQUARE], close=True)
    space.add_lwpolyline([(x + 400, y) for x, y in SQUARE] + [(400, 0.02)])
    layer = read_drawing(drawing)
    assert layer.frame["layer"].tolist() == ["界址线", "0", "0"]
    assert layer.frame.geometry.area.tolist() == pytest.approx([10000, 10000, 10000], abs=2)
    assert codes(layer) == ["ring-unclosed", "z-dropped"]


def test_open_loose_degenerate_and_solid_things_are_said_not_read(
    drawing: Drawing, read_drawing: Callable[[Drawing], RawLayer]
) -> None:
    space = drawing.modelspace()
    space.add_lwpolyline(SQUARE, close=True)
    for i in range(22):
        space.add_lwpolyline([(x + 200 * i, y + 500) for x, y in SQUARE], dxfattribs={"layer": "道路"})
    space.add_lwpolyline([(0, 0), (1, 1)], close=True)
    space.add_lwpolyline([(0, 0)], close=False)
    space.add_line((0, 0), (1, 1))
    space.add_text("  ")
    space.add_polyface().append_face([(0, 0, 0), (1, 0, 0), (1, 1, 1)])
    space.add_3dface([(0, 0), (1, 0), (1, 1), (0, 1)])
    layer = read_drawing(drawing)
    assert len(layer.frame) == 1
    found = codes(layer)
    assert found.count("line-unclosed") == 21  # 20 by name, one for the rest
    assert set(found) == {"line-unclosed", "line-degenerate", "surface-unsupported", "line-loose"}
    assert "道路" in layer.issues[1].message
    surfaces = next(issue for issue in layer.issues if issue.code == "surface-unsupported")
    assert "MESH 1 个" in surfaces.message


def test_text_inside_nearest_to_the_middle_is_taken(
    drawing: Drawing, read_drawing: Callable[[Drawing], RawLayer]
) -> None:
    space = drawing.modelspace()
    space.add_lwpolyline(SQUARE, close=True)
    space.add_lwpolyline([(x + 200, y) for x, y in SQUARE], close=True)
    space.add_text("角上").set_placement((5, 5))
    space.add_mtext("甬江\\P地块").set_location((48, 48))
    space.add_text("外面").set_placement((150, 50))
    layer = read_drawing(drawing)
    assert layer.frame["text"].tolist()[0] == "甬江 地块"
    assert layer.frame["text"].isna().tolist() == [False, True]


def test_cass_and_other_extended_data_become_columns(
    drawing: Drawing, read_drawing: Callable[[Drawing], RawLayer]
) -> None:
    for app in ("SOUTH", "OTHER", "ACAD"):
        drawing.appids.add(app) if app != "ACAD" else None
    line = drawing.modelspace().add_lwpolyline(SQUARE, close=True)
    line.set_xdata(
        "SOUTH", [(1000, "300000"), (1000, "001002"), (1000, "示例企业001"), (1000, "0601"), (1000, "更多")]
    )
    line.set_xdata("OTHER", [(1000, "x"), (1070, 5)])
    line.set_xdata("ACAD", [(1000, "internal")])
    row = read_drawing(drawing).frame.iloc[0]
    assert (row["CASS编码"], row["宗地号"], row["权利人"], row["地类号"]) == (
        "300000",
        "001002",
        "示例企业001",
        "0601",
    )
    assert (row["SOUTH_5"], row["OTHER_1"]) == ("更多", "x")
    assert "ACAD_1" not in row.index


def test_blocks_are_taken_apart_and_attributes_are_texts(
    drawing: Drawing, read_drawing: Callable[[Drawing], RawLayer]
) -> None:
    block = drawing.blocks.new("PARCEL")
    block.add_lwpolyline(SQUARE, close=True)
    reference = drawing.modelspace().add_blockref("PARCEL", (1000, 2000), dxfattribs={"layer": "宗地"})
    reference.add_attrib("NO", "001", insert=(1050, 2050))
    drawing.modelspace().add_blockref("PARCEL", (5000, 0)).grid((1, 2), (0, 300))
    layer = read_drawing(drawing)
    assert layer.frame["layer"].tolist() == ["宗地", "0", "0"]
    assert layer.frame["text"].tolist()[0] == "001"
    assert layer.frame.geometry.bounds.iloc[:, :2].to_numpy().tolist() == [[1000, 2000], [5000, 0], [5300, 0]]


def test_entity_that_cannot_be_drawn_is_counted(
    drawing: Drawing, read_drawing: Callable[[Drawing], RawLayer]
) -> None:
    drawing.modelspace().add_lwpolyline(SQUARE, close=True)
    drawing.modelspace().add_spline()  # without a single control point
    layer = read_drawing(drawing)
    assert len(layer.frame) == 1
    assert codes(layer) in (["entity-unreadable"], ["line-degenerate"])


def test_block_that_holds_itself_and_too_many_blocks_are_refused(
    drawing: Drawing, tmp_path: Path, read_file: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = drawing.blocks.new("A")
    block.add_lwpolyline(SQUARE, close=True)
    drawing.modelspace().add_blockref("A", (0, 0)).grid((10, 10), (200, 200))
    drawing.saveas(tmp_path / "many.dxf")
    monkeypatch.setattr(dxf_drawing, "ENTITY_LIMIT", 50)
    with pytest.raises(FormatError, match="超过 50 个"):
        read_file(tmp_path / "many.dxf")
    block.add_blockref("A", (1, 1))
    drawing.saveas(tmp_path / "self.dxf")
    with pytest.raises(FormatError, match="self"):
        read_file(tmp_path / "self.dxf")


def test_external_reference_is_not_followed(
    drawing: Drawing, read_drawing: Callable[[Drawing], RawLayer]
) -> None:
    drawing.add_xref_def("other.dwg", "OTHER")
    drawing.modelspace().add_blockref("OTHER", (0, 0))
    drawing.modelspace().add_blockref("MISSING", (0, 0))
    drawing.modelspace().add_lwpolyline(SQUARE, close=True)
    assert codes(read_drawing(drawing)) == ["link-skipped"]


def test_hatch_counts_only_where_nothing_else_is_closed(
    drawing: Drawing, read_drawing: Callable[[Drawing], RawLayer]
) -> None:
    space = drawing.modelspace()
    space.add_lwpolyline(SQUARE, close=True, dxfattribs={"layer": "界线"})
    space.add_hatch(dxfattribs={"layer": "界线"}).paths.add_polyline_path(SQUARE, is_closed=True)
    ring = space.add_hatch(dxfattribs={"layer": "填充"})
    ring.paths.add_polyline_path([(x + 200, y) for x, y in SQUARE], is_closed=True)
    ring.paths.add_polyline_path([(240, 40), (260, 40), (260, 60), (240, 60)], is_closed=True)
    space.add_hatch(dxfattribs={"layer": "填充"})
    layer = read_drawing(drawing)
    assert layer.frame["layer"].tolist() == ["界线", "填充"]
    assert layer.frame.geometry.area.tolist() == [10000.0, 9600.0]  # 100 x 100 - 20 x 20
    assert codes(layer) == ["hatch-read"]


def test_ring_within_a_ring_of_its_layer_is_said(
    drawing: Drawing, read_drawing: Callable[[Drawing], RawLayer]
) -> None:
    inner = [(20, 20), (40, 20), (40, 40), (20, 40)]
    drawing.modelspace().add_lwpolyline(SQUARE, close=True, dxfattribs={"layer": "a"})
    drawing.modelspace().add_lwpolyline(inner, close=True, dxfattribs={"layer": "b"})
    assert codes(read_drawing(drawing)) == []
    drawing.modelspace().add_lwpolyline(inner, close=True, dxfattribs={"layer": "a"})
    assert codes(read_drawing(drawing)) == ["ring-nested"]


def test_drawing_in_millimetres_is_said(
    drawing: Drawing, read_drawing: Callable[[Drawing], RawLayer]
) -> None:
    drawing.header["$INSUNITS"] = 4
    drawing.modelspace().add_lwpolyline(SQUARE, close=True)
    assert codes(read_drawing(drawing)) == ["drawing-unit"]


@pytest.mark.parametrize("damaged", [False, True])
def test_code_page_that_lies_is_overruled(
    drawing: Drawing, tmp_path: Path, read_file: Read, damaged: bool
) -> None:
    drawing.layers.add("甬江工业地块")
    drawing.modelspace().add_lwpolyline(SQUARE, close=True, dxfattribs={"layer": "甬江工业地块"})
    drawing.saveas(tmp_path / "a.dxf")
    content = (tmp_path / "a.dxf").read_bytes().replace(b"ANSI_936", b"ANSI_1252")
    if damaged:
        content = content.replace(b"  0\nSECTION\n  2\nENTITIES", b"  0\nENDSEC\n  0\nSECTION\n  2\nENTITIES")
    (tmp_path / "a.dxf").write_bytes(content)
    (layer,) = read_file(tmp_path / "a.dxf")
    assert layer.frame["layer"].tolist() == ["甬江工业地块"]
    expected = ["encoding-overruled", "drawing-mended"] if damaged else ["encoding-overruled"]
    assert codes(layer) == expected


def test_new_drawing_in_utf8_and_binary_drawing_are_read(tmp_path: Path, read_file: Read) -> None:
    drawing = ezdxf.new("R2018")
    drawing.modelspace().add_lwpolyline(SQUARE, close=True, dxfattribs={"layer": "地块"})
    drawing.saveas(tmp_path / "a.dxf")
    drawing.saveas(tmp_path / "b.dxf", fmt="bin")
    for name in ("a.dxf", "b.dxf"):
        assert read_file(tmp_path / name)[0].frame["layer"].tolist() == ["地块"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"AC1027\x00", "DWG"),
        (b"", "空文件"),
        (b"hello", "文本文件"),
        (b"  0\nSECTION\n  2\nENTITIES\n  0\nENDSEC\n  0\nEOF\n", "没有闭合的多段线"),
        (b"AutoCAD Binary DXF\r\n\x1a\x00\x01", "已损坏"),
    ],
)
def test_what_is_no_drawing_is_refused(tmp_path: Path, read_file: Read, content: bytes, word: str) -> None:
    (tmp_path / "a.dxf").write_bytes(content)
    with pytest.raises(FormatError, match=word):
        read_file(tmp_path / "a.dxf")


def test_drawing_with_only_loose_lines_is_refused_counting_them(
    drawing: Drawing, tmp_path: Path, read_file: Read
) -> None:
    drawing.modelspace().add_line((0, 0), (1, 1))
    drawing.modelspace().add_lwpolyline([(0, 0), (5, 5), (9, 0)])
    drawing.saveas(tmp_path / "a.dxf")
    with pytest.raises(FormatError, match="LINE 1 个、没有闭合的多段线 1 个"):
        read_file(tmp_path / "a.dxf")
