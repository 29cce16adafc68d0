import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.errors import CrsError, FormatError
from geoapp.formats import boundary_txt
from geoapp.formats.base import ReadOptions, WriteOptions, reader_for, writer_for

HEADER = """[属性描述]
格式版本号=1.01版本
数据产生单位=自然资源和规划局江北分局
数据产生日期=2026-11-23
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=40
精度=0.001
转换参数=,,,,,,
[地块坐标]
"""
OUTER = """J1,1,3316554.248,40644798.679
J2,1,3316554.248,40644998.679
J3,1,3316404.248,40644998.679
J4,1,3316404.248,40644798.679
J1,1,3316554.248,40644798.679
"""
HOLE = """J5,2,3316494.248,40644878.679
J6,2,3316464.248,40644878.679
J7,2,3316464.248,40644918.679
J8,2,3316494.248,40644918.679
J5,2,3316494.248,40644878.679
"""
SAMPLE = HEADER + "10,2.8800,330205-DX-0001,示例地块,面,,工业用地,0601,@\n" + OUTER + HOLE
PLAIN = HEADER + "5,3.0000,A-1,甲,面,,工业用地,0601,@\n" + OUTER


def read(tmp_path, text, encoding="gbk", **options):
    path = tmp_path / "地块.txt"
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    (layer,) = boundary_txt.read(path, ReadOptions(**options))
    return layer


def said(layer, *ignored):
    return [(i.code, i.row) for i in layer.issues if i.code not in ("encoding-detected", *ignored)]


def test_sample_of_the_standard_is_read_without_complaint(tmp_path):
    layer = read(tmp_path, SAMPLE)
    assert said(layer) == []
    assert layer.encoding == "gbk"
    assert layer.units == {"地块面积": "ha"}
    assert layer.frame.crs.to_epsg() == 4528
    assert layer.frame.index.tolist() == [13]
    plot = layer.frame.iloc[0]
    assert plot.geometry.area == pytest.approx(28_800, abs=1e-6)  # 200 x 150 - 40 x 30
    assert len(plot.geometry.interiors) == 1
    assert plot.geometry.bounds == (40644798.679, 3316404.248, 40644998.679, 3316554.248)
    assert plot["地块面积"] == 2.88
    assert plot[["地块编号", "地块名称", "地块用途", "地类编码", "图形属性"]].tolist() == [
        "330205-DX-0001",
        "示例地块",
        "工业用地",
        "0601",
        "面",
    ]
    assert pd.isna(plot["图幅号"])


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig", "utf-16"])
def test_encoding_is_found_and_the_file_claimed(tmp_path, encoding):
    layer = read(tmp_path, SAMPLE, encoding)
    assert layer.frame["地块名称"].tolist() == ["示例地块"]
    assert reader_for(tmp_path / "地块.txt").id == "boundary_txt"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[属性描述]", " [属性描述]"),
        ("[属性描述]", "[扩展信息]\n项目名称=示例\n[属性描述]"),
        ("[属性描述]", "【属性描述】"),
        ("[地块坐标]", "【地块坐标】"),
        (",@\n", "\n"),
        (",@\n", ",＠\n"),
        (",", "，"),
        ("=", " = "),
        ("几度分带=3\n", ""),
        ("几度分带=3", "几度分带="),
        ("带号=40\n", ""),
        ("精度=0.001\n", "\n\n"),
        ("J1,1,", "1,1,"),
        ("J1,1,", " J1 , 1 , "),
        ("J5,2,3316494", "J1,2,3316494"),
        ("10,2.8800", "8,2.8800"),  # without the two closing points
        ("10,2.8800", "12,2.8800"),  # one more for each ring
        ("2.8800", "2.8800公顷"),
        (".248,40644798.679\n", ".248,40644798.679,\n"),
        (".248,40644798.679\n", ".248,40644798.679,5.2\n"),
    ],
)
def test_loose_writing_is_read_all_the_same(tmp_path, old, new):
    layer = read(tmp_path, SAMPLE.replace(old, new))
    assert said(layer) == []
    assert layer.frame.crs.to_epsg() == 4528
    assert layer.frame.geometry.area.tolist() == [pytest.approx(28_800, abs=1e-6)]
    assert layer.frame["地块面积"].tolist() == [2.88]
    assert layer.frame["地类编码"].tolist() == ["0601"]


def test_longer_variant_keeps_its_columns(tmp_path):
    layer = read(tmp_path, PLAIN.replace("0601,@", "0601,DK,0601,厂房,,备注一,更多,@"))
    assert said(layer) == []
    row = layer.frame.iloc[0]
    assert row[["TBLX", "DL", "GZQ", "BZ", "附加1"]].tolist() == ["DK", "0601", "厂房", "备注一", "更多"]
    assert "GZH" not in layer.frame


def test_several_plots_are_told_apart(tmp_path):
    moved = OUTER.replace("406447", "406457").replace("406449", "406459")
    layer = read(tmp_path, PLAIN + "5,3,A-2,乙,面,,,,@\n" + moved)
    assert layer.frame["地块编号"].tolist() == ["A-1", "A-2"]
    assert layer.frame.index.tolist() == [13, 19]
    assert layer.frame.geometry.area.round(3).tolist() == [30_000, 30_000]


def test_open_ring_is_closed_and_said(tmp_path):
    layer = read(
        tmp_path, PLAIN.replace("J1,1,3316554.248,40644798.679\n", "", 1).replace("5,3.0000", "4,2.0000")
    )
    # what is left after the first point: J2 J3 J4 J1
    assert said(layer, "area-differs") == [("ring-closed", 14)]
    assert layer.frame.geometry.iloc[0].area == pytest.approx(30_000)


def test_wrong_point_count_is_said(tmp_path):
    layer = read(tmp_path, PLAIN.replace("5,3.0000", "9,3.0000"))
    assert said(layer) == [("point-count", 13)]
    assert said(read(tmp_path, PLAIN.replace("5,3.0000", ",3.0000"))) == [("point-count", 13)]


def test_second_outer_part_numbered_two_is_a_part(tmp_path):
    second = HOLE.replace("40644", "40645")  # a kilometre further east: outside ring 1
    layer = read(tmp_path, HEADER + "10,3.1200,A-1,甲,面,,,,@\n" + OUTER + second)
    assert said(layer) == [("ring-outer", 19)]
    geometry = layer.frame.geometry.iloc[0]
    assert geometry.geom_type == "MultiPolygon"
    assert geometry.area == pytest.approx(31_200)  # 200 x 150 + 40 x 30


def test_hole_numbered_one_is_a_hole(tmp_path):
    layer = read(tmp_path, SAMPLE.replace(",2,", ",1,"))
    assert said(layer) == [("ring-hole", 19)]
    assert layer.frame.geometry.iloc[0].area == pytest.approx(28_800)


def test_island_in_a_hole_is_a_part(tmp_path):
    island = """J9,3,3316484.248,40644888.679
J10,3,3316484.248,40644898.679
J11,3,3316474.248,40644898.679
J12,3,3316474.248,40644888.679
J9,3,3316484.248,40644888.679
"""
    layer = read(tmp_path, SAMPLE.replace("10,2.8800", "15,2.8900") + island)
    assert layer.frame.geometry.iloc[0].area == pytest.approx(28_900)  # 30,000 - 1,200 + 10 x 10
    assert said(layer) == [("ring-outer", 24)]


def test_ring_given_twice_is_kept_once_and_said(tmp_path):
    layer = read(tmp_path, PLAIN.replace("5,3.0000", "10,3.0000") + OUTER.replace(",1,", ",2,"))
    assert said(layer) == [("ring-duplicate", 19)]
    assert layer.frame.geometry.iloc[0].area == pytest.approx(30_000)


def test_crossing_rings_are_an_error(tmp_path):
    crossing = HOLE.replace("406449", "406452")  # from inside to 200 m east of ring 1
    layer = read(tmp_path, HEADER + "10,3,A-1,甲,面,,,,@\n" + OUTER + crossing)
    assert ("ring-crossing", 19) in said(layer)


def test_ring_of_two_points_is_an_error(tmp_path):
    two = "J1,1,3316554.248,40644798.679\nJ2,1,3316554.248,40644998.679\n"
    layer = read(tmp_path, HEADER + "2,0,A-1,甲,面,,,,@\n" + two)
    assert ("ring-too-short", 14) in said(layer)
    assert layer.frame.geometry.tolist() == [None]


def test_swapped_axes_are_swapped_back_and_said(tmp_path):
    swapped = "".join(
        f"{name},{ring},{y},{x}\n" for name, ring, x, y in (line.split(",") for line in OUTER.splitlines())
    )
    layer = read(tmp_path, HEADER + "5,3,A-1,甲,面,,,,@\n" + swapped)
    assert said(layer) == [("axes-swapped", 13)]
    assert layer.frame.geometry.iloc[0].bounds[0] == 40644798.679


def test_degrees_are_read_in_either_order(tmp_path):
    corners = [
        ("29.95", "121.50"),
        ("29.95", "121.51"),
        ("29.94", "121.51"),
        ("29.94", "121.50"),
        ("29.95", "121.50"),
    ]
    header = HEADER.replace("带号=40\n", "")
    for order in (1, -1):
        points = "".join(f"J{i},1,{','.join(corner[::order])}\n" for i, corner in enumerate(corners))
        layer = read(tmp_path, header + "5,107.0,A-1,甲,面,,,,@\n" + points)
        assert said(layer) == []
        assert layer.frame.crs.to_epsg() == 4490
        assert layer.frame.geometry.iloc[0].bounds == (121.50, 29.94, 121.51, 29.95)
    assert said(read(tmp_path, HEADER + "5,107.0,A-1,甲,面,,,,@\n" + points)) == [
        ("crs-header-contradiction", None)
    ]
    stateless = header.replace("坐标系=2000国家大地坐标系\n", "")
    layer = read(tmp_path, stateless + "5,107.0,A-1,甲,面,,,,@\n" + points)
    assert layer.frame.crs is None
    assert said(layer) == [("crs-missing", None)]


@pytest.mark.parametrize(
    ("old", "new", "epsg"),
    [
        (",406", ",6", 4549),
        ("带号=40", "带号=120", 4528),
        ("2000国家大地坐标系", "1980西安坐标系", 2364),
        ("2000国家大地坐标系", "CGCS2000", 4528),
        ("2000国家大地坐标系", "1954年北京坐标系", 2416),
        ("几度分带=3", "几度分带=三度", 4528),
    ],
)
def test_crs_follows_the_header(tmp_path, old, new, epsg):
    layer = read(tmp_path, PLAIN.replace(old, new))
    assert said(layer) == []
    assert layer.frame.crs.to_epsg() == epsg


@pytest.mark.parametrize(
    ("old", "new", "epsg"),
    [
        ("带号=40", "带号=39", 4528),
        ("几度分带=3", "几度分带=6", 4528),
        (",406", ",416", 4529),
        (",406", ",216", 4499),
    ],
)
def test_contradiction_of_header_and_coordinates_is_said(tmp_path, old, new, epsg):
    layer = read(tmp_path, PLAIN.replace(old, new))
    assert "crs-header-contradiction" in [code for code, _ in said(layer)]
    assert layer.frame.crs.to_epsg() == epsg


@pytest.mark.parametrize(
    ("edits"),
    [
        [("坐标系=2000国家大地坐标系\n", "")],
        [("2000国家大地坐标系", "宁波独立坐标系")],
        [("2000国家大地坐标系", "WGS84")],
        [(",406", ",6"), ("带号=40", "带号=")],
        [(",40644", ",644"), ("33165", "165"), ("33164", "164")],
    ],
)
def test_crs_that_is_not_stated_is_left_open(tmp_path, edits):
    text = PLAIN
    for old, new in edits:
        text = text.replace(old, new)
    layer = read(tmp_path, text)
    assert layer.frame.crs is None
    assert [code for code, _ in said(layer)] == ["crs-missing"]
    assert layer.frame.geometry.iloc[0].area == pytest.approx(30_000)


def test_plots_of_another_zone_are_errors(tmp_path):
    other = OUTER.replace(",406", ",413")
    layer = read(tmp_path, PLAIN + "5,3,A-2,乙,面,,,,@\n" + OUTER + "5,3,A-3,丙,面,,,,@\n" + other)
    assert said(layer) == [("plot-other-crs", 25)]
    assert layer.frame.geometry.isna().tolist() == [False, False, True]


def test_point_of_another_magnitude_is_an_error(tmp_path):
    layer = read(tmp_path, SAMPLE.replace("J7,2,3316464.248", "J7,2,316464.248"))
    assert ("point-outlier", 21) in said(layer)


def test_unreadable_lines_are_said(tmp_path):
    text = SAMPLE.replace("J7,2,3316464.248", "J7,2,33164x4.248") + "以上坐标由某公司测绘\n"
    layer = read(tmp_path, text)
    assert said(layer, "area-differs") == [("point-unreadable", 21), ("line-unreadable", 24)]


def test_stated_area_is_compared_and_converted(tmp_path):
    layer = read(tmp_path, PLAIN.replace("3.0000", "45亩"))
    assert said(layer) == [("area-unit", 13)]
    assert layer.frame["地块面积"].tolist() == [pytest.approx(3.0)]  # 45 / 15
    layer = read(tmp_path, PLAIN.replace("3.0000", "30000平方米"))
    assert layer.frame["地块面积"].tolist() == [3.0]
    assert said(read(tmp_path, PLAIN.replace("3.0000", "45"))) == [("area-differs", 13)]
    layer = read(tmp_path, PLAIN.replace("3.0000", "约三公顷"))
    assert said(layer) == [("area-unreadable", 13)]
    assert layer.frame["地块面积"].isna().all()


def test_points_without_a_plot_line_are_a_plot(tmp_path):
    layer = read(tmp_path, OUTER)
    assert ("plot-line-missing", 1) in said(layer)
    assert layer.frame.geometry.iloc[0].area == pytest.approx(30_000)
    assert layer.frame["地块编号"].isna().all()


def test_points_without_ring_number_are_one_ring(tmp_path):
    layer = read(tmp_path, PLAIN.replace(",1,", ","))
    assert layer.frame.geometry.iloc[0].area == pytest.approx(30_000)


def test_points_between_blanks_are_read(tmp_path):
    layer = read(tmp_path, HEADER + "5,3,A-1,甲,面,,,,@\n" + OUTER.replace(",", "\t"))
    assert layer.frame.geometry.iloc[0].area == pytest.approx(30_000)


def test_plot_without_points_is_said(tmp_path):
    layer = read(tmp_path, PLAIN + "5,3,A-2,乙,面,,,,@\n")
    assert said(layer) == [("plot-without-points", 19)]


def test_lines_and_points_are_what_they_say(tmp_path):
    one = "J1,1,3316554.248,40644798.679\n"
    text = HEADER + "2,0,L,,线,,,,@\n" + one + "J2,1,3316554.248,40644998.679\n"
    text += "1,0,P,,点,,,,@\n" + one + "2,0,Q,,点,,,,@\n" + one + one
    text += (
        "4,0,M,,线,,,,@\n"
        + one
        + "J2,1,3316554.248,40644998.679\n"
        + one.replace(",1,", ",2,")
        + "J4,2,3316404.248,40644798.679\n"
    )
    layer = read(tmp_path, text)
    kinds = ["LineString", "Point", "MultiPoint", "MultiLineString"]
    assert layer.frame.geom_type.tolist() == kinds
    assert layer.frame.geometry.iloc[0].length == pytest.approx(200)


def test_line_of_one_point_is_an_error(tmp_path):
    layer = read(tmp_path, HEADER + "1,0,L,,线,,,,@\nJ1,1,3316554.248,40644798.679\n")
    assert said(layer, "geometry-missing") == [("line-too-short", 13)]
    assert layer.frame.geometry.tolist() == [None]


@pytest.mark.parametrize("text", ["", HEADER, HEADER + "5,3,A-1,甲,面,,,,@\n"])
def test_file_without_points_is_refused(tmp_path, text):
    with pytest.raises(FormatError, match="没有界址点"):
        read(tmp_path, text)


@pytest.mark.parametrize("content", [b"", b"hello, world\nthis is no such file\n", b"[\xb5\xd8\x00"])
def test_other_texts_are_not_claimed(tmp_path, content):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert not boundary_txt.claims(path)


def test_writing_gives_the_sample(tmp_path):
    layer = read(tmp_path, SAMPLE)
    out = tmp_path / "out.txt"
    assert boundary_txt.write(out, layer.frame, WriteOptions(title="自然资源和规划局江北分局")) == []
    written = out.read_bytes()
    assert written.count(b"\r\n") == written.count(b"\n")
    expected = SAMPLE.replace("\n", "\r\n").splitlines()
    lines = written.decode("gbk").splitlines()
    assert lines[3].startswith("数据产生日期=")
    lines[3] = expected[3]
    assert lines == expected
    assert writer_for(out).id == "boundary_txt"


def test_writing_takes_a_registers_columns(tmp_path):
    frame = gpd.GeoDataFrame(
        {
            "plot_code": ["A,1"],
            "name": ["甲@\n乙"],
            "planned_use": [None],
            "landuse_code": ["0601"],
            "gfa_m2": [3.5],
        },
        geometry=[shapely.box(640000, 3316000, 640100, 3316100)],
        crs=4549,
    )
    out = tmp_path / "out.txt"
    issues = boundary_txt.write(out, frame, WriteOptions(encoding="utf-8"))
    assert [i.code for i in issues] == ["text-changed", "text-changed", "columns-dropped"]
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[12] == "5,1.0000,A，1,甲＠ 乙,面,,,0601,@"
    assert lines[13] == "J1,1,3316100.000,640000.000"  # the north-west corner
    assert lines[14] == "J2,1,3316100.000,640100.000"  # clockwise: on to the north-east
    assert lines[8] == "带号=40"
    (layer,) = boundary_txt.read(out, ReadOptions())
    assert layer.frame.crs.to_epsg() == 4549


def test_writing_says_what_it_left_out(tmp_path):
    box = shapely.box(40640000, 3316000, 40640100, 3316100)
    frame = gpd.GeoDataFrame(
        {"地块编号": ["A", "B", "C", "D"]},
        geometry=[
            box,
            None,
            shapely.Point(40640000, 3316000),
            shapely.box(40640000, 3316000, 40640000.0001, 3316000.0001),
        ],
        crs=4528,
        index=[2, 3, 4, 5],
    )
    issues = boundary_txt.write(tmp_path / "out.txt", frame, WriteOptions())
    assert [(i.code, i.row) for i in issues] == [("geometry-not-written", row) for row in (3, 4, 5)]


def test_rare_characters_widen_the_encoding(tmp_path):
    frame = gpd.GeoDataFrame(
        {"地块名称": ["\U00020000地块"]},
        geometry=[shapely.box(40640000, 3316000, 40640100, 3316100)],
        crs=4528,
    )
    out = tmp_path / "out.txt"
    (issue,) = boundary_txt.write(out, frame, WriteOptions())
    assert issue.code == "encoding-widened"
    (layer,) = boundary_txt.read(out, ReadOptions())
    assert layer.frame["地块名称"].tolist() == ["\U00020000地块"]


def test_writing_needs_geometry_in_a_gauss_krueger_crs(tmp_path):
    out = tmp_path / "out.txt"
    with pytest.raises(FormatError, match="没有图形"):
        boundary_txt.write(out, pd.DataFrame({"a": [1]}), WriteOptions())
    for crs in (4490, 3857, None):
        frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=crs)
        with pytest.raises(CrsError, match="4528"):
            boundary_txt.write(out, frame, WriteOptions())
    assert not out.exists()


@settings(max_examples=50, deadline=None)
@given(
    st.floats(40_631_000, 40_658_000),
    st.floats(3_308_000, 3_327_000),
    st.lists(st.floats(20, 300), min_size=3, max_size=12),
    st.floats(0, 6.28),
    st.booleans(),
    st.booleans(),
)
def test_round_trip_keeps_geometry_and_area(tmp_path_factory, east, north, radii, turn, has_hole, has_second):
    angles = turn + np.arange(len(radii)) * 2 * np.pi / len(radii)
    star = shapely.Polygon(np.column_stack([east + radii * np.cos(angles), north + radii * np.sin(angles)]))
    star = (
        shapely.difference(star, shapely.Point(east, north).buffer(5, quad_segs=2))
        if has_hole and len(radii) > 3
        else star
    )
    parts = [star, shapely.box(east + 400, north, east + 450.1234, north + 33.3333)] if has_second else [star]
    plot = shapely.MultiPolygon([p for part in parts for p in shapely.get_parts(part)])
    path = tmp_path_factory.mktemp("txt") / "a.txt"
    boundary_txt.write(path, gpd.GeoDataFrame({"地块编号": ["A"]}, geometry=[plot], crs=4528), WriteOptions())
    (layer,) = boundary_txt.read(path, ReadOptions())
    back = layer.frame.geometry.iloc[0]
    assert layer.frame.crs.to_epsg() == 4528
    assert shapely.hausdorff_distance(back, plot) < 0.001
    assert len(shapely.get_parts(back)) == len(plot.geoms)
    perimeter_m = plot.length
    assert abs(back.area - plot.area) < max(
        0.01, perimeter_m * 0.0005
    )  # every side may move by half a millimetre
    assert [
        issue for issue in layer.issues if issue.severity != "note" and issue.code != "area-differs"
    ] == []


@settings(max_examples=50, deadline=None)
@given(
    st.integers(40_631_000, 40_658_000),
    st.integers(3_308_000, 3_327_000),
    st.integers(10, 999_999),
    st.integers(10, 999_999),
)
def test_round_trip_of_surveyed_points_keeps_area_to_a_square_centimetre(
    tmp_path_factory, east, north, width_mm, height_mm
):
    plot = shapely.box(east, north, east + width_mm / 1000, north + height_mm / 1000)
    path = tmp_path_factory.mktemp("txt") / "a.txt"
    boundary_txt.write(path, gpd.GeoDataFrame(geometry=[plot], crs=4528), WriteOptions())
    back = boundary_txt.read(path, ReadOptions())[0].frame.geometry.iloc[0]
    assert back.area == pytest.approx(plot.area, abs=0.0001)
