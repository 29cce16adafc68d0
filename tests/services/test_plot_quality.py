"""What the data-quality line of the statistics says of the small district and of spoiled records."""

from datetime import date

from geoapp.services.as_of import as_of
from geoapp.services.plot_quality import plot_quality
from geoapp.services.record_gaps import record_gaps
from geoapp.services.workspace import Workspace
from tests.small_district import box, write


def named(workspace: Workspace, **asked: str) -> set[tuple[str, str]]:
    found = plot_quality(workspace, as_of(workspace), **asked)
    assert "nan" not in found.words
    return {(finding.code, finding.address) for finding in found.findings}


def test_an_empty_installation_has_nothing_to_put_right(workspace: Workspace) -> None:
    assert plot_quality(workspace, as_of(workspace)).words == "数据质量：0 宗地，没有发现问题。"


def test_every_spoiled_record_is_named_with_its_address(workspace: Workspace) -> None:
    towns = [
        {"town_code": "330205001", "name": "西镇", "geometry": box(0, 300)},
        {"town_code": "330205002", "name": "东镇", "geometry": box(200, 300)},
    ]
    plots = [
        {"plot_code": "好", "area_reg_m2": 15e3, "geometry": box(0, 100)},
        {"plot_code": "零", "area_reg_m2": 0.0, "geometry": box(100, 50)},
        {"plot_code": "缺", "name": "缺证", "geometry": box(150, 50)},
        {"plot_code": "两镇", "area_reg_m2": 15e3, "geometry": box(200, 100)},
        {"plot_code": "区外", "area_reg_m2": 15e3, "geometry": box(600, 100)},
        {"plot_code": "无图", "geometry": None},
        {"plot_code": "负", "area_reg_m2": 15e3, "gfa_far_m2": -1.0, "geometry": box(300, 100)},
    ]
    # B1 has 30 of its 100 m over the border of 好; B2 stands whole on it; B3 has no outline
    buildings = [
        {"building_code": "B1", "plot_code": "好", "gfa_m2": 1.0, "geometry": box(30, 100)},
        {"building_code": "B2", "plot_code": "好", "gfa_m2": -1.0, "geometry": box(10, 20, 20)},
        {"building_code": "B3", "plot_code": "无图", "geometry": None},
    ]
    write(workspace, towns=towns, plots=plots, buildings=buildings)
    assert named(workspace) == {
        ("area_not_positive", "/plots/零"), ("area_missing", "/plots/缺"), ("area_missing", "/plots/无图"),
        ("site_area_unknown", "/plots/无图"), ("no_outline", "/plots/无图"), ("floor_area_negative", "/plots/负"),
        ("no_zone", "/plots/区外"), ("zones_overlap", "/plots/两镇"),
        ("zone_on_zone", "/records/towns/330205001"),
        ("building_outside", "/records/buildings/B1"), ("building_negative", "/records/buildings/B2"),
        ("building_no_floor_area", "/records/buildings/B3"),
    }  # fmt: skip
    found = plot_quality(workspace, as_of(workspace))
    assert "7 宗地，12 项需要核对" in found.words
    assert "没有登记面积 2 项" in found.words
    (outside,) = [finding.message for finding in found.findings if finding.code == "building_outside"]
    assert "30.0%" in outside
    # Whatever plots are looked at, the zones are those of the table.
    assert named(workspace, filter_text="plot_code = '零'") == {
        ("area_not_positive", "/plots/零"), ("zone_on_zone", "/records/towns/330205001"),
    }  # fmt: skip


def test_recognitions_are_named_under_the_statistics_too(workspace: Workspace) -> None:
    plots = [
        {"plot_code": code, "area_reg_m2": 15e3, "geometry": box(x, 100)}
        for code, x in (("甲", 0), ("乙", 200))
    ]
    projects = [{"project_code": "X1", "name": "项目", "start_actual_on": date(2024, 5, 1)}]
    record = {"ledger": "JX_TL", "event": "completion", "mode": "M01", "recognised_on": date(2024, 1, 1),
              "document_no": "〔2024〕1号", "area_m2": 10e3}  # fmt: skip
    recognitions = [
        {**record, "recognition_code": "大", "plot_code": "甲", "area_m2": 16e3},
        {**record, "recognition_code": "早", "plot_code": "乙", "project_code": "X1"},
        {**record, "recognition_code": "怪", "plot_code": "乙", "mode": "M99", "area_m2": 1e3},
    ]
    town = [{"town_code": "330205001", "name": "镇", "geometry": box(0, 300)}]
    write(workspace, towns=town, plots=plots, projects=projects, recognitions=recognitions)
    found = named(workspace)
    assert {
        ("above_plot", "/records/recognitions/大"), ("before_project", "/records/recognitions/早"),
        ("unknown_mode", "/records/recognitions/怪"),
    } <= found  # fmt: skip
    words = plot_quality(workspace, as_of(workspace), unit="m2")
    assert "认定：认定面积大于地块 1 项" in words.words
    (large,) = [one.message for one in words.findings if one.code == "above_plot"]
    assert large == "认定 16,000.00 平方米，而地块只有 15,000.00 平方米。请核对面积。"
    of_one = named(workspace, filter_text="plot_code = '甲'")
    assert of_one == {("above_plot", "/records/recognitions/大")}


def write_one_fault_of_each_kind(workspace: Workspace) -> None:
    """Store records with (nearly) every kind of fault there is.

    B1, B2, B3, B4 and B5 lie in the plot 甲, from 0 to 100 m; B6 is said to be on 乙, from 200 to 300 m.
    """
    towns = [
        {"town_code": "330205001", "name": "西镇", "geometry": box(0, 300)},
        {"town_code": "330205002", "name": "东镇", "geometry": box(200, 300)},
    ]
    plots = [
        {"plot_code": "甲", "area_reg_m2": 15e3, "town_code": "330205009", "geometry": box(0, 100)},
        {"plot_code": "乙", "area_reg_m2": 0.0, "built_year": 1066, "geometry": box(200, 100)},
        {"plot_code": "丙", "predecessors": "丙", "gfa_far_m2": -1.0, "geometry": box(600, 100)},
        {"plot_code": "丁", "height_limit_m": 0.0, "geometry": None},
    ]
    building = {"plot_code": "甲", "gfa_m2": 1.0, "geometry": box(10, 20, 20)}
    buildings = [
        {**building, "building_code": "B1", "built_year": 1066},
        {**building, "building_code": "B2", "storey_height_m": 0.0},
        {**building, "building_code": "B3", "gfa_m2": None},
        {**building, "building_code": "B4", "plot_code": "没有"},
        {**building, "building_code": "B5", "plot_code": None},
        {**building, "building_code": "B6", "plot_code": "乙"},
    ]
    projects = [{"project_code": "X1", "name": "项目", "start_actual_on": date(2024, 5, 1)}]
    parts = [{"project_code": "X1", "plot_code": "甲", "area_m2": 16e3}]
    record = {"ledger": "JX_TL", "event": "completion", "mode": "M01", "recognised_on": date(2024, 1, 1),
              "document_no": "〔2024〕1号", "plot_code": "甲", "area_m2": 1e3}  # fmt: skip
    recognitions = [
        {**record, "recognition_code": "大", "area_m2": 16e3, "ledger": "ZRZY_CL"},
        {**record, "recognition_code": "早", "project_code": "X1"},
        {**record, "recognition_code": "零", "area_m2": 0.0, "plot_code": "乙"},
        {**record, "recognition_code": "没有地块", "plot_code": "没有"},
        {**record, "recognition_code": "无主", "ledger": "别的", "plot_code": None},
    ]
    write(
        workspace, towns=towns, plots=plots, buildings=buildings, projects=projects, project_plots=parts,
        recognitions=recognitions,
    )  # fmt: skip


EACH_KIND = {
    "登记面积是零或负数": 1, "没有登记面积": 2, "用地面积不明": 1, "没有图形": 1, "建筑面积是负数": 1,
    "不在任何分区内": 1, "落在互相重叠的分区里": 1, "分区互相重叠": 1, "建筑物超出所属地块": 1,
    "建筑物没有建筑面积": 1, "建筑物没有所属地块": 1, "项目用地大于宗地": 1, "地块互为来源": 1,
    "建筑物：地块编号不在“工业地块”台账里": 1, "建筑物：层高是零": 1, "建筑物：建成年份小于 1900": 1,
    "认定：认定面积大于地块": 1, "认定：早于项目最早日期": 1, "认定：认定面积是零": 1, "认定：地块编号不存在": 1,
    "认定：台账口径不认识": 1,
    "所属镇街不在“镇街”台账里": 1, "建成年份小于 1900": 1, "限高是零": 1,
}  # fmt: skip


def test_statistics_and_the_table_of_plots_say_the_same(workspace: Workspace) -> None:
    write_one_fault_of_each_kind(workspace)
    state = as_of(workspace)
    found, table = plot_quality(workspace, state), record_gaps(workspace, "plots", state)
    said = {fault.zh: fault.count for fault in table.faults}
    assert found.counts == said
    assert {(one.code, one.address, one.message) for one in found.findings} == {
        (one.code, one.address, one.message) for fault in table.faults for one in fault.findings
    }
    assert said == EACH_KIND
    # In the order of the list, the rest after.
    assert list(found.counts)[:4] == ["登记面积是零或负数", "没有登记面积", "用地面积不明", "没有图形"]
    # Of some plots neither tells of those that name no plot there is.
    some = {one.zh for one in plot_quality(workspace, state, filter_text="plot_code = '甲'").findings}
    assert some == {
        "分区互相重叠", "建筑物没有建筑面积", "项目用地大于宗地", "建筑物：层高是零", "建筑物：建成年份小于 1900",
        "认定：认定面积大于地块", "认定：早于项目最早日期", "所属镇街不在“镇街”台账里",
    }  # fmt: skip


def test_zones_of_the_table_and_how_plots_belong_to_them(workspace: Workspace) -> None:
    # 40 of the plot's 100 m lie in the park, none in the town; its middle, and so the whole plot, in neither.
    write(
        workspace,
        towns=[{"town_code": "330205001", "name": "镇", "geometry": box(900, 100)}],
        parks=[{"park_code": "P", "name": "园", "geometry": box(60, 200)}],
        plots=[{"plot_code": "甲", "area_reg_m2": 15e3, "geometry": box(0, 100)}],
    )
    assert plot_quality(workspace, as_of(workspace)).counts == {"不在任何分区内": 1}
    assert plot_quality(workspace, as_of(workspace), zones="parks").counts == {}
    middle = plot_quality(workspace, as_of(workspace), zones="parks", membership="centroid")
    assert middle.counts == {"不在任何分区内": 1}
    assert middle.findings[0].message == "不在任何园区内，计入区外。"
    write(
        workspace, buildings=[{"building_code": "B1", "plot_code": "没有", "gfa_m2": 1.0, "geometry": None}]
    )
    stray = "建筑物：地块编号不在“工业地块”台账里"
    assert plot_quality(workspace, as_of(workspace), zones="parks").counts == {stray: 1}


def test_long_lists_are_cut_and_counted_whole(workspace: Workspace) -> None:
    town = {"town_code": "330205001", "name": "远镇", "geometry": box(9000, 300)}
    plots = [{"plot_code": f"P{i}", "geometry": box(i * 10, 10)} for i in range(205)]
    write(workspace, towns=[town], plots=plots)
    found = plot_quality(workspace, as_of(workspace))
    assert found.counts == {"没有登记面积": 205, "不在任何分区内": 205}
    assert len(found.findings) == 400


def test_zones_that_overlap_are_named_even_where_no_plot_lies_in_them_wholly(workspace: Workspace) -> None:
    # Half of the plot lies in both towns, half in none: its shares come to one, and nothing seems to lie outside.
    town = {"town_code": "330205001", "name": "西镇", "geometry": box(0, 100)}
    beside = {"town_code": "330205003", "name": "邻镇", "geometry": box(-100, 100)}
    write(
        workspace,
        towns=[town, town | {"town_code": "330205002", "name": "东镇"}, beside],
        plots=[{"plot_code": "半", "area_reg_m2": 30e3, "geometry": box(0, 200)}],
    )
    found = plot_quality(workspace, as_of(workspace))
    [overlap] = [finding for finding in found.findings if finding.code == "zone_on_zone"]
    # 100 x 150 m2; the town beside shares an edge and no land.
    assert overlap.message == "与“东镇”重叠 22.50 亩，其中的地块在两个分区里各计一次。请核对界线。"
    assert (overlap.title, overlap.address) == ("西镇", "/records/towns/330205001")
