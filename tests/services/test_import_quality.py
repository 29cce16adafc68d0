"""Records that can be kept but spoil figures are named when their file comes in, by row and key."""

from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from geoapp.domain.issue import Issue, Severity
from geoapp.services.import_file import stage_import
from geoapp.services.workspace import Workspace
from tests.services.import_files import ledger
from tests.small_district import box, write


@pytest.fixture
def district(workspace: Workspace) -> Workspace:
    towns = [{"town_code": "330205001", "name": "镇", "geometry": box(0, 300)}]
    plots = [{"plot_code": "甲", "area_reg_m2": 15e3, "geometry": box(0, 100)}]
    projects = [{"project_code": "X1", "name": "项目", "start_actual_on": date(2024, 5, 1)}]
    write(workspace, towns=towns, plots=plots, projects=projects)
    return workspace


def drawn(path: Path, rows: list[dict[str, object]]) -> Path:
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=4490)
    path.write_text(frame.to_json(), encoding="utf-8")
    return path


def warned(workspace: Workspace, register: str, path: Path) -> dict[tuple[str, str | None], Issue]:
    issues = stage_import(workspace, register, path).issues
    return {(issue.code, issue.key): issue for issue in issues if issue.severity is Severity.WARNING}


def test_plots_of_no_area_or_no_town_are_named(district: Workspace, tmp_path: Path) -> None:
    rows = [
        {"plot_code": "好", "area_reg_m2": 15e3, "geometry": box(0, 100)},
        {"plot_code": "零", "area_reg_m2": 0.0, "geometry": box(110, 50)},
        {"plot_code": "缺", "area_reg_m2": None, "geometry": box(200, 50)},
        {"plot_code": "区外", "area_reg_m2": 15e3, "geometry": box(600, 100)},
    ]
    found = warned(district, "plots", drawn(tmp_path / "plots.geojson", rows))
    named = {key for key in found if key[0] in ("area-zero", "area-missing", "plot-without-zone")}
    assert named == {("area-zero", "零"), ("area-missing", "缺"), ("plot-without-zone", "区外")}
    assert [found[key].row for key in sorted(named)] == [3, 2, 4]


def test_a_plot_made_from_itself_is_named(district: Workspace, tmp_path: Path) -> None:
    rows = [
        {"plot_code": "自", "area_reg_m2": 15e3, "predecessors": "老;自", "geometry": box(0, 100)},
        {"plot_code": "好", "area_reg_m2": 15e3, "predecessors": "老;自", "geometry": box(100, 100)},
        {"plot_code": "无", "area_reg_m2": 15e3, "predecessors": None, "geometry": box(200, 100)},
    ]
    found = warned(district, "plots", drawn(tmp_path / "plots.geojson", rows))
    assert [key for code, key in found if code == "plot-from-itself"] == ["自"]
    assert found["plot-from-itself", "自"].message == "“来源地块”里填了它自己；来源不成立，这一项不采用。"


def test_a_building_off_its_plot_is_named(district: Workspace, tmp_path: Path) -> None:
    # B1 has 30 of its 100 m over the border of 甲
    rows = [
        {"building_code": "B1", "plot_code": "甲", "geometry": box(30, 100)},
        {"building_code": "B2", "plot_code": "甲", "geometry": box(10, 20, 20)},
    ]
    found = warned(district, "buildings", drawn(tmp_path / "buildings.geojson", rows))
    assert [key for code, key in found if code == "building-outside-plot"] == ["B1"]
    assert "30.0%" in found["building-outside-plot", "B1"].message


def test_zero_is_warned_of_where_it_is_no_possible_value(district: Workspace, tmp_path: Path) -> None:
    building = {"plot_code": "甲", "gfa_m2": 1.0, "basement_gfa_m2": 0.0, "geometry": box(10, 20, 20)}
    rows = [
        {**building, "building_code": "B1", "storey_height_m": 0.0},
        {**building, "building_code": "B2", "gfa_m2": 0.0},
        {**building, "building_code": "B3", "gfa_m2": None},
    ]
    staged = stage_import(district, "buildings", drawn(tmp_path / "buildings.geojson", rows))
    found = {(issue.code, issue.key): issue for issue in staged.issues}
    assert {*found} >= {("value-zero", "B1"), ("area-zero", "B2"), ("floor-area-missing", "B3")}
    assert not any(issue.field == "地下建筑面积(平方米)" for issue in staged.issues)
    height = found["value-zero", "B1"]
    assert (height.message, height.advice, height.row) == ("层高是 0。", "请核对；不知道时请留空。", 1)
    assert {issue.severity for issue in found.values() if issue.key} == {Severity.WARNING}  # kept, as before
    assert found["floor-area-missing", "B3"].message == "没有填建筑面积。"


@pytest.mark.parametrize(("register", "key"), [("parks", "park_code"), ("towns", "town_code")])
def test_overlapping_zones_are_named(workspace: Workspace, tmp_path: Path, register: str, key: str) -> None:
    rows = [
        {key: "330205001", "name": "西", "geometry": box(0, 300)},
        {key: "330205002", "name": "东", "geometry": box(200, 300)},
        {key: "330205003", "name": "远", "geometry": box(500, 100)},
    ]
    found = warned(workspace, register, drawn(tmp_path / "zones.geojson", rows))
    assert [key for code, key in found if code == "geometry-overlap"] == ["330205002"]


def test_recognitions_too_large_or_too_early_are_named(district: Workspace, tmp_path: Path) -> None:
    head = [
        "认定编号",
        "项目编号",
        "地块编号",
        "盘活方式",
        "台账口径",
        "认定事件",
        "认定日期",
        "认定面积(平方米)",
    ]
    rows = [
        ["大", None, "甲", "M01", "JX_TL", "竣工验收", "2024-06-01", 16000],
        ["早", "X1", "甲", "M01", "JX_TL", "竣工验收", "2024-01-01", 1000],
        ["零", None, "甲", "M01", "JX_TL", "竣工验收", "2024-06-01", 0],
        ["怪", None, "甲", "M99", "JX_TL", "竣工验收", "2024-06-01", 1000],
    ]
    staged = stage_import(district, "recognitions", ledger(tmp_path / "台账.xlsx", [head, *rows]))
    found = {(issue.code, issue.key): issue for issue in staged.issues if issue.key}
    assert {
        ("recognition-above-plot", "大"), ("recognition-before-project", "早"), ("area-zero", "零"),
    } <= set(found)  # fmt: skip
    assert (
        found["recognition-above-plot", "大"].message == "认定 24.00 亩，而地块只有 22.50 亩；多出的不计入。"
    )
    assert "早于项目“X1”最早的日期 2024-05-01" in found["recognition-before-project", "早"].message
    assert any(issue.key == "怪" and issue.value == "M99" for issue in staged.issues)


def test_many_are_cut_and_counted(district: Workspace, tmp_path: Path) -> None:
    rows = [{"plot_code": f"P{i}", "area_reg_m2": 0.0, "geometry": box(i * 4, 3)} for i in range(60)]
    issues = stage_import(district, "plots", drawn(tmp_path / "plots.geojson", rows)).issues
    zero = [issue for issue in issues if issue.code == "area-zero"]
    assert len(zero) == 51
    assert "同样的问题还有 10 条，没有逐条列出。" in [issue.message for issue in zero]
