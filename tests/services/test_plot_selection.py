"""Selections, buffers, neighbours, areas and positions on four plots in a row, worked out by hand."""

import io
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geoapp.errors import CrsError, FormatError, GeoappError, InputError, NotFoundError, UsageError
from geoapp.reports.zone_table import zone_table_record
from geoapp.services.area_statistics import area_statistics, read_area_file
from geoapp.services.as_of import as_of
from geoapp.services.nearby import buffer_plots, nearest_records, plot_shape
from geoapp.services.plot_comparison import compare_plots
from geoapp.services.plot_selection import (
    ByArea,
    ByCircle,
    ByKeys,
    Choice,
    SelectedPlots,
    check_keys,
    check_predicate,
    select_plots,
)
from geoapp.services.positions import go_to, position
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from tests.small_district import SOUTH, WEST, box, write

DAY = date(2026, 3, 1)
LAND = {"area_reg_m2": 30_000.0, "planned_use": "0601", "right_type": "granted", "term_end_on": "2060-01-01"}
PLOTS = [
    # Wholly inside the line of x -10 to 290: could take 2 x 30,000 - 24,000 = 36,000 m2.
    {"plot_code": "P1", "name": "一号", "landuse_code": "0601", "gfa_far_m2": 24_000.0, "geometry": box(0), **LAND},
    # 45 % inside, and so outside: developable but constrained; FAR 2.67 leaves nothing to add.
    {"plot_code": "P2", "landuse_code": "M1", "gfa_far_m2": 80_000.0, "geometry": box(200), **LAND},
    {"plot_code": "P3", "geometry": box(400), **LAND},
    {"plot_code": "P4", "landuse_code": "0701", "gfa_far_m2": 6_000.0, "geometry": box(600), **LAND},
    {"plot_code": "P5", "landuse_code": "0601", "geometry": None, **LAND},
]  # fmt: skip


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = open_workspace(Settings(data_dir=tmp_path_factory.mktemp("row")))
    lines = [{"line_code": "L1", "kind": "KX1", "geometry": box(-10, 300)}]
    parks = [{"park_code": "K1", "name": "示例园", "geometry": box(1_000)}]
    write(workspace, plots=PLOTS, control_lines=lines, parks=parks)
    yield workspace
    workspace.store.close()


def degrees(*shapes: shapely.Geometry) -> list[shapely.Geometry]:
    return list(gpd.GeoSeries(shapes, crs=4549).to_crs(4490))


def select(workspace: Workspace, choice: Choice, **options: Any) -> SelectedPlots:
    return select_plots(workspace, choice, as_of(workspace), **options)


def test_sums_of_named_plots(row: Workspace) -> None:
    found = select(row, ByKeys(["P4", "P1", "P2", "P3", "X"]))
    assert found.keys == ("P4", "P1", "P2", "P3")
    assert found.missing == ("X",)
    assert found.notes[0] == "1 个编号不在地块台账里：X。"
    summary = found.to_dict()["summary"]
    assert summary["plot_count"] == 4
    assert summary["site_area_mu"] == pytest.approx(180.0)
    assert (summary["developable_count"], summary["developable_mu"]) == (2, pytest.approx(90.0))
    assert (summary["constrained_count"], summary["constrained_mu"]) == (1, pytest.approx(45.0))
    assert summary["gfa_m2"] == pytest.approx(110_000.0)
    assert summary["far"] == pytest.approx(11 / 9)
    assert summary["far_coverage"] == pytest.approx(0.75)
    assert (summary["far_target"], summary["potential_gfa_m2"]) == (2.0, pytest.approx(36_000.0))
    assert summary["unknown"] == {
        "site_area": 0, "gfa": 1, "developable": 1, "developable_mu": pytest.approx(45.0), "constrained": 0,
        "constrained_mu": 0.0, "potential": 0,
    }  # fmt: skip


def test_target_is_a_parameter(row: Workspace) -> None:
    # 3 x 30,000 less 24,000 and less 80,000.
    found = select(row, ByKeys(["P1", "P2"]), far_target=3.0)
    assert found.summary.potential_gfa_m2 == pytest.approx(66_000 + 10_000)


def test_many_missing_codes_are_named_in_short(row: Workspace) -> None:
    found = select(row, ByKeys([f"X{i}" for i in range(7)]))
    assert found.notes[0] == "7 个编号不在地块台账里：X0、X1、X2、X3、X4 等。"
    assert (found.keys, found.bounds) == ((), None)


def test_a_plot_without_shape_is_not_developable_and_has_no_bounds(row: Workspace) -> None:
    found = select(row, ByKeys(["P5"]))
    assert found.bounds is None
    assert found.summary.developable_count == 0
    assert found.summary.unknown_developable_count == 0


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [("intersects", ("P1", "P2", "P3")), ("within", ("P2",)), ("centroid", ("P2", "P3"))],
)
def test_area(row: Workspace, predicate: str, expected: tuple[str, ...]) -> None:
    # x 190 to 510: ten metres of P1, all of P2, and of P3 more than half.
    (area,) = degrees(box(190, 320).buffer(1, join_style="mitre"))
    assert select(row, ByArea(area, predicate)).keys == expected


def test_filter_and_day_narrow_a_selection(row: Workspace) -> None:
    (area,) = degrees(box(-50, 900))
    found = select(row, ByArea(area), filter_text="far > 1")
    assert (found.keys, found.filtered_out_count) == (("P2",), 3)
    before = select_plots(row, ByKeys(["P1"]), as_of(row, "2025-06-01"))
    assert (before.keys, before.missing) == ((), ("P1",))


@pytest.mark.parametrize(
    ("radius_m", "predicate", "expected"),
    [
        # From the middle of P1 (100, 75): P2 begins at 100 m, the corners of P1 are at 125 m.
        (99.99, "intersects", ("P1",)),
        (100.01, "intersects", ("P1", "P2")),
        (124.99, "within", ()),
        (125.01, "within", ("P1",)),
        (199.99, "centroid", ("P1",)),
        (200.01, "centroid", ("P1", "P2")),
    ],
)
def test_circle_is_measured_in_true_metres(
    row: Workspace, radius_m: float, predicate: str, expected: tuple[str, ...]
) -> None:
    (centre,) = degrees(shapely.Point(WEST + 100, SOUTH + 75))
    assert select(row, ByCircle(centre.x, centre.y, radius_m, predicate)).keys == expected


def test_circle_far_away_is_empty(row: Workspace) -> None:
    assert select(row, ByCircle(100.0, 30.0, 500.0)).keys == ()


def test_more_plots_than_an_answer_lists(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoapp.services.plot_selection.MOST_KEYS", 1)
    write(workspace, plots=PLOTS[:2])
    (area,) = degrees(box(-50, 900))
    found = select(workspace, ByArea(area))
    assert (found.keys, found.is_truncated, found.summary.plot_count) == (("P1",), True, 2)
    assert found.summary.unknown_constrained_count == 2  # no control line is known


def test_before_the_plan_there_is_no_target(row: Workspace) -> None:
    found = select_plots(row, ByKeys([]), as_of(row, "2022-01-01"))
    assert (found.far_target, found.summary.potential_gfa_m2) == (None, None)
    assert "当日还没有规定的目标容积率，潜力未计算。" in found.notes


@pytest.mark.parametrize("keys", ["P1", {"P1": 1}, [1], [None], ["P"] * 50_001])
def test_what_are_no_codes_is_refused(keys: Any) -> None:
    with pytest.raises(UsageError):
        check_keys(keys)


def test_codes_count_once_and_predicates_are_known() -> None:
    assert check_keys(["B", "A", "B"]) == ("B", "A")
    for wrong in ("touches", 1, ["within"]):
        with pytest.raises(UsageError, match="within（完全在内）"):
            check_predicate(wrong)


@pytest.mark.parametrize(("radius_m", "expected"), [(199.9, ("P1", "P2")), (200.1, ("P1", "P2", "P3"))])
def test_buffer(row: Workspace, radius_m: float, expected: tuple[str, ...]) -> None:
    # P2 touches P1, P3 begins 200 m to the east of it.
    around, found = buffer_plots(row, plot_shape(row, "P1", as_of(row)), radius_m, as_of(row))
    assert found.keys == expected
    # 200 x 150, strips along 700 m of edges, and a circle.
    area = gpd.GeoSeries([around], crs=4490).to_crs(4549).area.iloc[0]
    assert area == pytest.approx(30_000 + 700 * radius_m + 3.141592654 * radius_m**2, rel=1e-3)


def test_buffer_of_a_line_follows_the_filter(row: Workspace) -> None:
    (line,) = degrees(shapely.LineString([(WEST + 50, SOUTH - 50), (WEST + 700, SOUTH - 50)]))
    _, found = buffer_plots(row, line, 60.0, as_of(row), filter_text="far < 1")
    assert found.keys == ("P1", "P4")


def test_nearest_plots_of_a_plot(row: Workspace) -> None:
    now = as_of(row)
    found = nearest_records(row, "plots", plot_shape(row, "P1", now), now, count=2, without_plot="P1")
    assert [(record["key"], record["distance_m"]) for record in found] == [("P2", 0.0), ("P3", 200.0)]
    all_found = nearest_records(row, "plots", plot_shape(row, "P1", now), now, count=50, without_plot="P1")
    assert [record["key"] for record in all_found] == ["P2", "P3", "P4"]


def test_nearest_records_of_a_point(row: Workspace) -> None:
    (point,) = degrees(shapely.Point(WEST + 990, SOUTH + 75))
    (park,) = nearest_records(row, "parks", point, as_of(row), count=5)
    assert (park["key"], park["title"], park["distance_m"]) == ("K1", "示例园", 10.0)
    found = nearest_records(row, "plots", point, as_of(row), count=1, filter_text="far < 1 AND far > 0.5")
    assert [(record["key"], record["title"], record["distance_m"]) for record in found] == [
        ("P1", "一号", 790.0)
    ]
    assert nearest_records(row, "towns", point, as_of(row), count=5) == []


def test_distances_of_what_is_not_there(row: Workspace) -> None:
    (point,) = degrees(shapely.Point(WEST, SOUTH))
    with pytest.raises(NotFoundError, match="没有图形"):
        nearest_records(row, "enterprises", point, as_of(row), count=5)
    with pytest.raises(NotFoundError, match="没有图形"):
        plot_shape(row, "P5", as_of(row))
    with pytest.raises(NotFoundError):
        plot_shape(row, "X", as_of(row))
    with pytest.raises(NotFoundError, match="2025-06-01 没有地块"):
        plot_shape(row, "P1", as_of(row, "2025-06-01"))


def figures(workspace: Workspace, area: shapely.Geometry, **options: Any) -> dict[str, Any]:
    return zone_table_record(area_statistics(workspace, area, as_of(workspace), **options))


def test_statistics_of_an_area_take_the_part_inside(row: Workspace) -> None:
    # x 100 to 200: half of P1 (22.5 亩) and nothing of P2, whose edge it touches.
    (area,) = degrees(box(100, 100))
    table = figures(row, area)
    (values,) = table["rows"]
    assert (values["zone"], values["name"], values["plot_count"]) == ("area", "所画范围", 1)
    assert values["site_area_mu"] == pytest.approx(22.5, abs=1e-6)
    assert values["far"] == pytest.approx(0.8)
    assert table["findings"] == []
    assert table["terms"]["用地面积依据"] == "登记面积 1 宗"


def test_statistics_of_an_area_follow_the_filter_and_say_what_is_missing(row: Workspace) -> None:
    (area,) = degrees(box(-50, 900))
    table = figures(row, area, filter_text="landuse_code IS NULL", notes=("说明。",))
    assert table["rows"][0]["plot_count"] == 1
    assert table["rows"][0]["far"] is None
    assert table["findings"] == ["说明。", "1 宗地的建筑面积未知，不进容积率。"]
    assert "地类" in table["terms"]["筛选"]


def test_statistics_of_an_area_without_plots(row: Workspace) -> None:
    table = figures(row, shapely.box(-60.1, 10, -60, 10.1))
    assert table["rows"][0]["plot_count"] == 0
    assert table["findings"] == ["范围里没有地块。"]


def feature(*shapes: shapely.Geometry) -> bytes:
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(s)} for s in shapes
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_a_file_of_polygons_becomes_one_area(row: Workspace) -> None:
    one, other = degrees(box(0, 150), box(100, 100))
    file = read_area_file(row, io.BytesIO(feature(one, other)), "范围/一二.geojson", DAY)
    # x 0 to 150 and 100 to 200, together P1: what overlaps counts once.
    assert file.geometry.geom_type == "Polygon"
    values = figures(row, file.geometry, notes=file.notes)["rows"][0]
    # Straight edges in degrees and in the plane differ by a tenth of a millimetre here.
    assert values["site_area_mu"] == pytest.approx(45.0, abs=1e-4)


@pytest.mark.parametrize(
    ("content", "name", "error"),
    [
        (b"", "", UsageError),
        (b"", "..", UsageError),
        (b"x", "a.geojson", FormatError),
        (b"x", "a.unknown", FormatError),
        (feature(shapely.Point(121.5, 29.95)), "a.geojson", InputError),
        (feature(shapely.box(1e7, 1e7, 2e7, 2e7)), "a.geojson", CrsError),
    ],
)
def test_files_that_hold_no_area(row: Workspace, content: bytes, name: str, error: type[GeoappError]) -> None:
    with pytest.raises(error):
        read_area_file(row, io.BytesIO(content), name, DAY)


def test_position_in_the_working_crs(row: Workspace) -> None:
    (point,) = degrees(shapely.Point(WEST, SOUTH))
    found = position(row, point.x, point.y)
    assert (found["crs"], found["e"], found["n"]) == ("EPSG:4549", 644_798.679, 3_316_404.248)
    assert "E 644,798.68，N 3,316,404.25" in found["words"]


@pytest.mark.parametrize(("lon", "lat"), [(-60.0, 0.0), (30.0, 0.0), (30.0, 45.0)])
def test_the_working_crs_does_not_reach_around_the_earth(row: Workspace, lon: float, lat: float) -> None:
    found = position(row, lon, lat)
    assert (found["e"], found["n"]) == (None, None)
    assert "不能表示此处" in found["words"]


@pytest.mark.parametrize(
    ("text", "crs"),
    [
        ("121.5, 29.958", "EPSG:4490"),
        ("29.958 121.5", "EPSG:4490"),
        ("（121.5，29.958）", "EPSG:4490"),
        ("121°30′00″E，29°57′28.8″N", "EPSG:4490"),
        ("北纬29度57分28.8秒 东经121度30分", "EPSG:4490"),
        ("E 644798.679 N 3316404.248", "EPSG:4549"),
        ("3316404.248, 644798.679", "EPSG:4549"),
        ("644,798.679  3,316,404.248", "EPSG:4549"),
        ("40644798.679 3316404.248", "EPSG:4528"),
        ("X=3316404.248, Y=40644798.679", "EPSG:4528"),
    ],
)
def test_coordinates_in_every_form_lead_to_one_place(row: Workspace, text: str, crs: str) -> None:
    (found,) = go_to(row, text, DAY)
    assert (found["lon"], found["lat"]) == (pytest.approx(121.5, abs=1e-6), pytest.approx(29.958, abs=1e-6))
    assert found["crs"] == crs
    assert ("在前" in found["words"]) == (text[0] in "23北X")


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", UsageError, "请输入"),
        ("9" * 201, UsageError, "请输入"),
        ("121°60′E 29°57′N", UsageError, "小于 60"),
        ("121°30′61″E 29°57′N", UsageError, "小于 60"),
        ("500000, 3316404", CrsError, "参数不公开"),
        ("100, 30", CrsError, "不在本区"),
        ("1 2 3 4 5 6", NotFoundError, "不是坐标"),
        ("没有的名字", NotFoundError, "也没有这样的编号或名称"),
    ],
)
def test_what_leads_nowhere(row: Workspace, text: str, error: type[GeoappError], words: str) -> None:
    with pytest.raises(error, match=words):
        go_to(row, text, DAY)


def test_a_code_leads_to_its_record(row: Workspace) -> None:
    assert [found["key"] for found in go_to(row, "p1", DAY)] == ["P1"]
    assert [found["key"] for found in go_to(row, "P", DAY)] == ["P1", "P2", "P3", "P4", "P5"]


def test_comparison_shows_the_difference_of_what_is_known(row: Workspace) -> None:
    found = compare_plots(row, "P1, P2", day=DAY)
    numbers = {line.label: (line.values, line.difference) for line in found.numbers}
    assert numbers["容积率"] == ((pytest.approx(0.8), pytest.approx(8 / 3)), pytest.approx(8 / 3 - 0.8))
    assert numbers["用地面积"][1] == pytest.approx(0.0)
    assert numbers["建筑面积"] == ((None, None), None)
    assert [line.is_same for line in found.words if line.label == "项目阶段"] == [True]


def test_outlines_are_at_one_scale_with_north_up(workspace: Workspace) -> None:
    hole = shapely.box(WEST + 60, SOUTH + 40, WEST + 100, SOUTH + 80)
    plots = [
        {"plot_code": "BIG", "geometry": box(0).difference(hole)},
        {"plot_code": "SMALL", "geometry": box(300, 20, 10)},
        {"plot_code": "NONE", "geometry": None},
        {"plot_code": "GONE", "geometry": None},
    ]
    write(workspace, plots=plots)
    drawn = compare_plots(workspace, "BIG,SMALL", day=DAY).outlines
    assert drawn is not None
    # The widest is 200 m; with 8 % on either side 232 m, a third of which holds a bar of 50 m.
    assert (drawn.side_m, drawn.bar_m) == (232.0, 50.0)
    assert drawn.paths[0].count("M") == 2
    # The small one is 20 x 10 m in the middle: x 106 to 126, y 111 to 121.
    corners = [tuple(map(float, part.split())) for part in drawn.paths[1].strip("MZ").split(" L")]
    assert sorted(set(corners)) == [(106.0, 111.0), (106.0, 121.0), (126.0, 111.0), (126.0, 121.0)]
    one = compare_plots(workspace, "BIG,NONE", day=DAY).outlines
    assert one is not None
    assert one.paths[1] == ""
    assert compare_plots(workspace, "NONE,GONE", day=DAY).outlines is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", UsageError),
        ("P1", UsageError),
        ("P1,P2,P3", UsageError),
        ("P1,P1", UsageError),
        ("P1,X", NotFoundError),
    ],
)
def test_comparisons_that_cannot_be(row: Workspace, text: str, error: type[GeoappError]) -> None:
    with pytest.raises(error):
        compare_plots(row, text, day=DAY)
