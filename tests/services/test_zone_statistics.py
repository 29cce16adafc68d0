import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.domain.zone_table import ZoneTable
from geoapp.errors import CrsError, FormatError, NotFoundError, UsageError
from geoapp.services.cache import Cache
from geoapp.services.plot_facts import plot_facts
from geoapp.services.workspace import Workspace
from geoapp.services.zone_source import ZoneFile, zone_choices
from geoapp.services.zone_statistics import zone_shapes_geojson, zone_statistics
from tests.small_district import box, write

DAY = date(2026, 3, 1)
OUTSIDE, TOTAL = "(outside)", "(total)"


def table_of(workspace: Workspace, **options: object) -> ZoneTable:
    return zone_statistics(workspace, **{"day": DAY, **options})


# Plot A: x 0-200, 30000 m2 registered, counted floor area 24000 m2, low (on the list), 4000 m2 recognised.
# Plot B: x 200-400, 29000 m2 registered, 43500 m2. Plot C: x 400-600, no register entry, floor area unknown.
# Zone Z1 covers x -500 to 100 (half of A); Z2 x -700 to -500 (nothing). The line L1 covers x -10 to 290.


def test_half_a_plot_counts_with_half_its_area(district: Workspace) -> None:
    rows = table_of(district, zones="control_zones").rows
    assert list(rows.index) == ["Z1", "Z2", OUTSIDE, TOTAL]
    assert rows["name"].tolist() == ["示例产业园", "挨着的社区", "区外", "合计"]
    assert rows["kind"].tolist() == ["zone", "zone", "outside", "total"]
    assert rows["plot_count"].tolist() == [1, 0, 2, 3]
    assert rows.loc["Z1", "site_area_m2"] == pytest.approx(15_000, rel=1e-6)
    assert rows.loc["Z1", "gfa_counted_m2"] == pytest.approx(12_000, rel=1e-6)
    assert rows.loc["Z1", "far"] == pytest.approx(0.8)
    assert rows.loc["Z1", "revitalised_recognised_m2"] == pytest.approx(2_000, rel=1e-6)
    assert rows.loc["Z1", "low_efficiency_count"] == 1
    assert math.isnan(rows.loc["Z2", "far"])
    assert rows.loc["Z2", "site_area_m2"] == 0


def test_ratio_leaves_out_plots_without_floor_area(district: Workspace) -> None:
    total = table_of(district).rows.loc[TOTAL]
    assert total["far"] == pytest.approx((24_000 + 43_500) / (30_000 + 29_000))
    area_c_m2 = plot_facts(district, day=DAY).loc["DK/C", "site_area_m2"]
    assert total["known_gfa_share"] == pytest.approx(59_000 / (59_000 + area_c_m2))


@pytest.mark.parametrize(
    "zones", ["towns", "parks", "control_zones", "control_lines", "control_line", "micro_parks"]
)
@pytest.mark.parametrize("membership", ["clip", "largest", "centroid"])
def test_total_is_the_register_s_total_whatever_the_zones(
    district: Workspace, zones: str, membership: str
) -> None:
    rows = table_of(district, zones=zones, membership=membership).rows
    facts = plot_facts(district, day=DAY)
    assert rows.loc[TOTAL, "plot_count"] == len(facts)
    assert rows.loc[TOTAL, "site_area_m2"] == pytest.approx(facts["site_area_m2"].sum(), rel=1e-14)
    assert rows.loc[TOTAL, "revitalised_recognised_m2"] == pytest.approx(
        facts["recognised_m2"].sum(), rel=1e-14
    )
    parts = rows.drop(index=TOTAL)
    for column in ("plot_count", "site_area_m2", "gfa_counted_m2", "revitalised_recognised_m2"):
        np.testing.assert_allclose(parts[column].sum(), rows.loc[TOTAL, column], rtol=1e-9)


def test_control_line_parts_inside_from_outside(district: Workspace) -> None:
    table = table_of(district, zones="control_line:KX1")
    assert list(table.rows.index) == ["KX1", OUTSIDE, TOTAL]
    assert table.rows["name"].tolist() == ["工业集聚区控制线内", "控制线外", "合计"]
    # A whole, B with 90 of 200 m: its area is shared, but it is counted outside, since under half lies inside
    assert table.rows["plot_count"].tolist() == [1, 2, 3]
    assert table.rows.loc["KX1", "site_area_m2"] == pytest.approx(30_000 + 29_000 * 0.45, rel=1e-6)
    assert "不到 50%" in table.membership_zh
    assert table.title == "工业集聚区控制线内外工业用地统计表"
    assert table.zones == "control_line:KX1"
    by_centroid = table_of(district, zones="control_line", membership="centroid")
    assert "50%" not in by_centroid.membership_zh
    assert by_centroid.rows["plot_count"].tolist() == [1, 2, 3]


def test_line_that_is_not_in_force_leaves_everything_outside(workspace: Workspace) -> None:
    lines = [
        {"line_code": "L1", "kind": "KX1", "valid_to_on": "2025-12-31", "geometry": box(-10, 900)},
        {"line_code": "L2", "kind": "KX1", "valid_from_on": "2027-01-01", "geometry": box(-10, 900)},
    ]
    write(workspace, plots=[{"plot_code": "P", "geometry": box(0)}], control_lines=lines)
    table = table_of(workspace, zones="control_line")
    assert table.rows["plot_count"].tolist() == [0, 1, 1]
    assert "没有在 2026-03-01 有效的工业集聚区控制线，地块都在线外。" in table.findings
    assert table_of(workspace, zones="control_line", day=date(2025, 6, 1)).rows["plot_count"].tolist() == [
        1,
        0,
        1,
    ]


def test_no_plots_and_no_zones_give_outside_and_total(workspace: Workspace) -> None:
    table = table_of(workspace)
    assert list(table.rows.index) == [OUTSIDE, TOTAL]
    assert table.rows["plot_count"].tolist() == [0, 0]
    assert table.revision == 0
    assert table.data_on == DAY
    assert table.findings == ("台账“镇街”还没有记录，地块都在区外。",)
    assert not table.is_demo


def test_filter_narrows_rows_and_total_and_is_said(district: Workspace) -> None:
    everything = table_of(district, zones="control_zones")
    town = table_of(district, zones="control_zones", filter_text="town_code = '330205103'")
    low = table_of(district, zones="control_zones", filter_text="low_efficiency = 'yes'")
    nowhere = table_of(
        district, zones="control_zones", filter_text="park_code = 'X' AND low_efficiency = 'yes'"
    )
    assert everything.filter_zh == "全部地块"
    assert (town.filter_zh, town.rows.loc[TOTAL, "plot_count"]) == ("镇街 为 慈城镇", 1)
    assert (low.filter_zh, low.rows.loc[TOTAL, "plot_count"]) == ("低效用地 为 低效", 1)
    assert (nowhere.filter_zh, nowhere.rows.loc[TOTAL, "plot_count"]) == (
        "园区 为 X 且 低效用地 为 低效",
        0,
    )
    assert town.rows.loc["Z1", "site_area_m2"] == pytest.approx(15_000, rel=1e-6)


def test_table_says_what_it_rests_on(district: Workspace) -> None:
    table = table_of(district, zones="control_zones")
    assert table.area_basis == {"登记面积": 2, "椭球面积": 1}
    assert table.terms == {
        "分区": table.zones_zh,
        "指标": f"全部 {len(set(table.groups))} 项",
        "筛选": "全部地块",
        "归属方式": "按裁切面积：面积按落在区内的比例分摊；宗数计入占比最大的分区",
        "数据截至": table.data_on.isoformat(),
        "数据修订号": "1",
        "规则与阈值日期": "2026-03-01",
        "用地面积依据": "登记面积 2 宗、椭球面积 1 宗",
        "数据性质": "示意数据，不是真实地块",
    }
    assert table.is_demo
    assert table.codes["Z1"] == "示例产业园"
    assert table.codes["ZQ1"] == "战略产业园"
    assert table.codes["A"].startswith("A")
    assert len(table.sources) == 2
    assert len(table.groups) == len(table.columns)


def test_plots_without_geometry_or_area_and_unknown_heights_are_said(workspace: Workspace) -> None:
    buildings = [
        {"building_code": "B", "plot_code": "P2", "storeys": 1, "gfa_m2": 9.0, "geometry": box(10, 9, 9)}
    ]
    write(workspace, plots=[{"plot_code": "P1", "geometry": None}, {"plot_code": "P2", "geometry": box(0)}],
          buildings=buildings)  # fmt: skip
    findings = table_of(workspace).findings
    assert "1 宗地没有图形，计入区外。" in findings
    assert "1 宗地的用地面积未知，不进面积和容积率。" in findings
    assert any(finding.startswith("1 宗地有层高未知的建筑") for finding in findings)


def test_overlapping_zones_are_said(workspace: Workspace) -> None:
    zones = [
        {"zone_code": "Z1", "kind": "ZQ1", "geometry": box(0)},
        {"zone_code": "Z2", "kind": "ZQ2", "geometry": box(0)},
    ]
    write(
        workspace, plots=[{"plot_code": "P", "area_reg_m2": 100.0, "geometry": box(0)}], control_zones=zones
    )
    table = table_of(workspace, zones="control_zones")
    assert table.rows["site_area_m2"].tolist() == [100, 100, 0, 100]
    assert table.rows["name"].tolist()[:2] == ["Z1", "Z2"]  # without a name the code stands for it
    assert any("分区互相重叠：1 宗地" in finding for finding in table.findings)


def test_an_earlier_revision_gives_the_earlier_figures(workspace: Workspace) -> None:
    write(workspace, plots=[{"plot_code": "P", "area_reg_m2": 100.0, "geometry": box(0)}])
    write(workspace, plots=[{"plot_code": "P", "area_reg_m2": 250.0, "geometry": box(0)}])
    assert table_of(workspace).rows.loc[TOTAL, "site_area_m2"] == 250
    before = table_of(workspace, revision=1)
    assert (before.revision, before.rows.loc[TOTAL, "site_area_m2"]) == (1, 100)


def test_overlay_is_kept_until_plots_or_zones_change(workspace: Workspace) -> None:
    town = {"town_code": "330205103", "name": "甲", "kind": "镇"}
    write(
        workspace, plots=[{"plot_code": "P", "geometry": box(0)}], towns=[{**town, "geometry": box(0, 100)}]
    )
    first, again = table_of(workspace), table_of(workspace)
    assert first.rows.equals(again.rows)
    write(workspace, towns=[{**town, "geometry": box(0, 50)}])
    share = table_of(workspace).rows["site_area_m2"]
    assert share.iloc[0] / share.iloc[2] == pytest.approx(0.25, rel=1e-6)


def save_zones(path: Path, crs: int | None = 4549, **columns: list) -> Path:
    frame = gpd.GeoDataFrame(columns, geometry=[box(0, 100), box(100, 700)], crs=4549)
    frame.set_crs(crs, allow_override=True).to_file(path)
    return path


def test_file_of_polygons_serves_as_zones(district: Workspace, tmp_path: Path) -> None:
    path = save_zones(tmp_path / "片区.gpkg", n=[5, 5], label=["北片", "南片"])
    table = table_of(district, zones=ZoneFile(path=path))
    assert list(table.rows.index) == ["北片", "南片", OUTSIDE, TOTAL]
    assert table.rows.loc["北片", "site_area_m2"] == pytest.approx(15_000, rel=1e-6)
    assert (table.zones, table.zones_zh) == ("片区.gpkg", "片区")
    assert "分区名称取自字段“label”。" in table.findings
    united = table_of(district, zones=ZoneFile(path=path, key="n"))
    assert list(united.rows.index) == ["5", OUTSIDE, TOTAL]


def test_zones_of_a_file_are_called_by_their_names_not_their_codes(
    district: Workspace, tmp_path: Path
) -> None:
    path = save_zones(tmp_path / "片区.gpkg", XZQDM=["330205001", "330205002"], XZQMC=["北片", "南片"])
    table = table_of(district, zones=ZoneFile(path=path))
    assert list(table.rows["name"])[:2] == ["北片", "南片"]


def test_number_field_names_zones_where_no_text_does(district: Workspace, tmp_path: Path) -> None:
    path = save_zones(tmp_path / "z.gpkg", kind=["a", "a"], n=[5, 6])
    assert list(table_of(district, zones=ZoneFile(path=path)).rows.index)[:2] == ["5", "6"]


def test_zones_without_a_name_are_no_zones_and_said(district: Workspace, tmp_path: Path) -> None:
    path = save_zones(tmp_path / "z.gpkg", label=["北片", None])
    table = table_of(district, zones=ZoneFile(path=path, key="label"))
    assert list(table.rows.index) == ["北片", OUTSIDE, TOTAL]
    assert "1 个分区的“label”是空的，不成分区，其中的地块计入区外。" in table.findings


@pytest.mark.parametrize(
    ("columns", "key", "message"),
    [
        ({"a": ["x", "x"]}, None, "没有一个字段的值各不相同，请指定名称字段；可用的字段：a"),
        ({}, None, "可用的字段：（没有任何字段）"),
        ({"a": ["x", "y"]}, "b", "没有字段“b”；可用的字段：a"),
        ({"a": ["x", "(total)"]}, None, "保留的行名"),
    ],
)
def test_file_without_usable_names_is_refused(
    district: Workspace, tmp_path: Path, columns: dict, key: str | None, message: str
) -> None:
    path = save_zones(tmp_path / "z.gpkg", **columns)
    with pytest.raises(UsageError, match=message):
        table_of(district, zones=ZoneFile(path=path, key=key))


def test_file_that_cannot_be_placed_or_read_is_refused(district: Workspace, tmp_path: Path) -> None:
    drawing = save_zones(tmp_path / "drawing.gpkg", crs=4326, a=["x", "y"])
    with pytest.raises(CrsError, match="--zones-crs"):
        table_of(district, zones=ZoneFile(path=drawing))
    with pytest.raises(FormatError, match="找不到分区文件"):
        table_of(district, zones=ZoneFile(path=tmp_path / "none.gpkg"))


def test_zones_far_from_all_plots_are_said(district: Workspace, tmp_path: Path) -> None:
    far = tmp_path / "far.gpkg"
    gpd.GeoDataFrame({"a": ["x"]}, geometry=[shapely.box(112, 31, 113, 32)], crs=4326).to_file(far)
    table = table_of(district, zones=ZoneFile(path=far))
    assert "没有一宗地落在“far”里，请核对分区的位置和坐标系。" in table.findings


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"zones": "towers"}, NotFoundError, "没有分区“towers”；可用：towns、.*control_line:KX1"),
        ({"zones": "control_line:KX9"}, NotFoundError, "没有控制线“KX9”；可用：KX1、KX2"),
        ({"zones": "projects"}, UsageError, "不是面，不能作分区"),
        ({"membership": "touch"}, UsageError, "归属方式“touch”不认识"),
        ({"revision": 99}, NotFoundError, "99"),
    ],
)
def test_what_does_not_exist_is_refused(
    district: Workspace, options: dict, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        table_of(district, **options)


def test_choices_are_polygon_registers_and_lines_but_no_parcels(workspace: Workspace) -> None:
    ids = [choice.id for choice in zone_choices(workspace)]
    assert ids[-2:] == ["control_line:KX1", "control_line:KX2"]
    assert {"towns", "parks", "control_zones", "control_lines", "micro_parks"} <= set(ids)
    assert not {"plots", "buildings", "project_plots", "projects", "enterprises"} & set(ids)


def test_shapes_for_the_map_carry_the_zone_s_key(district: Workspace) -> None:
    collection = json.loads(zone_shapes_geojson(table_of(district, zones="control_zones")))
    assert [feature["id"] for feature in collection["features"]] == ["Z1", "Z2"]


def test_demo_district_adds_up_to_the_plan_s_target(demo_workspace: Workspace) -> None:
    rows = zone_statistics(demo_workspace, zones="towns").shown.set_index("name")
    assert rows.loc["合计", "revitalised_recognised_mu"] == pytest.approx(3000, abs=5)
    assert rows.loc["区外", "plot_count"] == 0
    assert rows.drop(index="合计")["site_area_mu"].sum() == pytest.approx(
        rows.loc["合计", "site_area_mu"], rel=1e-9
    )
    towns, lines = (
        zone_statistics(demo_workspace, zones=zones).rows.loc[TOTAL] for zones in ("towns", "control_line")
    )
    np.testing.assert_array_equal(
        towns.drop(["name", "kind"]).astype(float), lines.drop(["name", "kind"]).astype(float)
    )


@pytest.mark.parametrize("membership", ["clip", "largest", "centroid"])
@pytest.mark.parametrize("filter_text", ["", "town_code = '330205103'", "far < 1 OR in_control_line"])
def test_rows_of_the_demo_district_add_up(
    demo_workspace: Workspace, membership: str, filter_text: str
) -> None:
    rows = zone_statistics(demo_workspace, zones="parks", membership=membership, filter_text=filter_text).rows
    parts = rows.drop(index=TOTAL)
    assert parts["plot_count"].sum() == rows.loc[TOTAL, "plot_count"]
    for column in ("site_area_m2", "revitalised_doing_m2", "grade_c_area_m2"):
        np.testing.assert_allclose(parts[column].sum(), rows.loc[TOTAL, column], rtol=1e-9)


@pytest.mark.parametrize(("membership", "xoff"), [("clip", 0.002), ("largest", 0.002), ("centroid", -0.001)])
def test_after_an_edit_only_what_changed_is_overlaid_and_nothing_differs(
    district: Workspace, membership: str, xoff: float
) -> None:
    before = table_of(district, zones="control_zones", membership=membership).rows
    plots = district.store.read("plots")
    moved = plots[plots["plot_code"] == "DK-A"].copy()
    moved.geometry = moved.geometry.translate(xoff=xoff)
    district.store.write({"plots": RegisterChange(moved)}, kind=RevisionKind.EDIT, user="t")
    after = table_of(district, zones="control_zones", membership=membership).rows
    anew = table_of(replace(district, cache=Cache()), zones="control_zones", membership=membership).rows
    pd.testing.assert_frame_equal(after, anew, check_exact=True)
    assert not after.equals(before)
    back = plots[plots["plot_code"] == "DK-A"]
    district.store.write({"plots": RegisterChange(back)}, kind=RevisionKind.EDIT, user="t")
    undone = table_of(district, zones="control_zones", membership=membership).rows
    pd.testing.assert_frame_equal(undone, before, check_exact=True)


def test_a_plot_taken_out_counts_no_more(district: Workspace) -> None:
    table_of(district, zones="control_zones")
    district.store.write({"plots": RegisterChange(removed=[("DK-A",)])}, kind=RevisionKind.EDIT, user="t")
    rows = table_of(district, zones="control_zones").rows
    assert rows["plot_count"].tolist() == [0, 0, 2, 2]
