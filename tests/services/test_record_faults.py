"""What is wrong with the records behind any table: counted and named, by hand, and the same after an edit as anew."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import shapely

from geoapp.domain.change import RegisterChange
from geoapp.domain.frame import conform
from geoapp.domain.revision import RevisionKind
from geoapp.domain.sight import LEAST_SIGHT
from geoapp.services import building_places
from geoapp.services.as_of import as_of
from geoapp.services.building_places import buildings_outside
from geoapp.services.cache import Cache
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_quality import plot_quality
from geoapp.services.record_faults import faults_about, plot_record_faults, record_faults
from geoapp.services.record_gaps import record_gaps
from geoapp.services.revitalisation_sheet import ledger_sheet
from geoapp.services.seen import seen_by
from geoapp.services.workspace import Workspace
from tests.small_district import SOUTH, WEST, box, frame_of, write

Said = dict[str, tuple[int, list[str]]]

TOWNS = [
    {"town_code": "330205001", "name": "西镇", "geometry": box(0, 300)},
    {"town_code": "330205002", "name": "东镇", "geometry": box(200, 300)},
]
PLOTS = [
    {"plot_code": "好", "area_reg_m2": 15e3, "town_code": "330205001", "geometry": box(0, 100)},
    {"plot_code": "零", "area_reg_m2": 0.0, "town_code": "330205999", "geometry": box(100, 50)},
    {"plot_code": "缺", "name": "缺证", "geometry": box(150, 50)},
    {"plot_code": "两镇", "area_reg_m2": 15e3, "geometry": box(200, 100)},
    {"plot_code": "区外", "area_reg_m2": 15e3, "gfa_far_m2": -1.0, "geometry": box(600, 100)},
    {"plot_code": "无图", "geometry": None},
    {"plot_code": "甲", "area_reg_m2": 15e3, "predecessors": "乙", "geometry": box(0, 10)},
    {"plot_code": "乙", "area_reg_m2": 15e3, "predecessors": "甲", "geometry": box(20, 10)},
]
# B1 has 30 of its 100 m over the border of 好; B2 stands whole on it; B3 has no outline
BUILDINGS = [
    {"building_code": "B1", "plot_code": "好", "gfa_m2": 1.0, "geometry": box(30, 100)},
    {"building_code": "B2", "plot_code": "好", "gfa_m2": -1.0, "geometry": box(10, 20, 20)},
    {"building_code": "B3", "plot_code": "无图", "geometry": None},
    {"building_code": "B4", "plot_code": "没有", "geometry": box(10, 20, 20)},
]


@pytest.fixture
def spoiled(workspace: Workspace) -> Workspace:
    """Plots and buildings with something wrong, in towns that overlap."""
    write(workspace, towns=TOWNS, plots=PLOTS, buildings=BUILDINGS)
    return workspace


def said(workspace: Workspace, register: str, filter_text: str = "") -> Said:
    found = record_gaps(workspace, register, as_of(workspace), filter_text=filter_text)
    assert "nan" not in found.words
    return {fault.code: (fault.count, [one.address for one in fault.findings]) for fault in found.faults}


def change(workspace: Workspace, register: str, **record: object) -> None:
    """Write some fields of one record anew, as an editor does."""
    layer = workspace.layer(register)
    known = workspace.store.read(register)
    one = known[known[layer.key[0]] == record[layer.key[0]]].copy()
    for name, value in frame_of(workspace, register, [record]).iloc[0][list(record)].items():
        one[name] = [value]
    changed = RegisterChange(conform(one, layer))
    workspace.store.write({register: changed}, kind=RevisionKind.EDIT, user="x")


def test_plots_with_what_stands_on_them(spoiled: Workspace) -> None:
    circle = ["/plots/甲", "/plots/乙"]
    assert said(spoiled, "plots") == {
        "area_not_positive": (1, ["/plots/零"]),
        "area_missing": (2, ["/plots/缺", "/plots/无图"]),
        "site_area_unknown": (1, ["/plots/无图"]),
        "floor_area_negative": (1, ["/plots/区外"]),
        "no_outline": (1, ["/plots/无图"]),
        "no_zone": (1, ["/plots/区外"]),
        "zones_overlap": (1, ["/plots/两镇"]),
        "zone_on_zone": (1, ["/records/towns/330205001"]),
        "plots_overlap": (3, ["/plots/好", "/plots/甲", "/plots/乙"]),
        "building_outside": (1, ["/records/buildings/B1"]),
        "building_negative": (1, ["/records/buildings/B2"]),
        "building_no_floor_area": (2, ["/records/buildings/B3", "/records/buildings/B4"]),
        "buildings:reference:plot_code": (1, ["/records/buildings/B4"]),
        "lineage_circle": (2, circle),
        "reference:town_code": (1, ["/plots/零"]),
    }
    found = record_gaps(spoiled, "plots", as_of(spoiled))
    assert "需要核对：登记面积是零或负数 1 项、没有登记面积 2 项、" in found.words
    messages = {one.code: one.message for fault in found.faults for one in fault.findings}
    assert messages["area_not_positive"] == "登记面积 0.00 亩，不能采用，用地面积改用图形面积。请核对权证。"
    assert "30.0%" in messages["building_outside"]
    assert messages["zones_overlap"].startswith("有 100.0% 同时在几个镇街里")
    assert messages["reference:town_code"] == "“所属镇街”填的是“330205999”。请核对编号，或先登记。"


def test_only_the_records_in_the_table(spoiled: Workspace) -> None:
    assert said(spoiled, "plots", "plot_code = '零'") == {
        "area_not_positive": (1, ["/plots/零"]),
        "reference:town_code": (1, ["/plots/零"]),
    }
    assert said(spoiled, "plots", "plot_code = '两镇'") == {"zones_overlap": (1, ["/plots/两镇"])}
    assert said(spoiled, "plots", "plot_code = '没有'") == {}
    assert said(spoiled, "buildings") == {
        "building_outside": (1, ["/records/buildings/B1"]),
        "building_negative": (1, ["/records/buildings/B2"]),
        "building_no_floor_area": (2, ["/records/buildings/B3", "/records/buildings/B4"]),
        "reference:plot_code": (1, ["/records/buildings/B4"]),
    }
    assert said(spoiled, "towns") == {"zone_on_zone": (1, ["/records/towns/330205001"])}


def test_one_plot_says_what_its_row_in_a_table_says(spoiled: Workspace) -> None:
    state = as_of(spoiled)
    for plot in PLOTS:
        code = str(plot["plot_code"])
        site = None if code == "无图" else 15e3  # known of all others, registered or drawn
        alone = plot_record_faults(spoiled, state, code, site)
        assert alone == record_gaps(spoiled, "plots", state, keys=[code]).faults, code
    named = record_gaps(spoiled, "plots", state, keys=["缺", "零"]).faults
    assert named == record_gaps(spoiled, "plots", state, filter_text="plot_code IN ('零', '缺')").faults


def test_the_order_in_which_a_page_lists_its_records_does_not_matter(spoiled: Workspace) -> None:
    state = as_of(spoiled)
    backwards = [str(plot["plot_code"]) for plot in reversed(PLOTS)]
    assert (
        record_gaps(spoiled, "plots", state, keys=backwards).faults
        == record_gaps(spoiled, "plots", state).faults
    )


def test_after_edits_the_same_as_anew(spoiled: Workspace) -> None:
    said(spoiled, "plots")  # is brought up from here
    change(spoiled, "buildings", building_code="B1", geometry=box(0, 100))  # stands on its plot now
    assert "building_outside" not in said(spoiled, "plots")
    change(spoiled, "plots", plot_code="好", geometry=box(50, 50))
    # half of B1's 100 m, and all of B2 (10 to 30 m), lie outside the plot's 50 to 100 m
    assert said(spoiled, "plots")["building_outside"] == (
        2,
        ["/records/buildings/B1", "/records/buildings/B2"],
    )
    state = as_of(spoiled)
    share = buildings_outside(spoiled, state.revision)
    assert share[:2] == pytest.approx([0.5, 1.0])
    assert np.isnan(share[2:]).all()
    change(spoiled, "buildings", building_code="B2", plot_code="两镇")
    assert said(spoiled, "plots", "plot_code = '两镇'")["building_outside"] == (1, ["/records/buildings/B2"])
    change(spoiled, "plots", plot_code="零", area_reg_m2=7.5e3, town_code="330205001")
    change(spoiled, "plots", plot_code="区外", geometry=box(100, 50), gfa_far_m2=None)
    now = said(spoiled, "plots")
    assert not {"area_not_positive", "reference:town_code", "no_zone", "floor_area_negative"} & {*now}
    spoiled.cache.put(("newest_building_places",), None)
    fresh = Workspace(spoiled.settings, spoiled.layers, spoiled.scheme, spoiled.shipped_policy, spoiled.store)
    assert said(fresh, "plots") == now


def test_buildings_of_a_past_day_leave_what_todays_pages_go_on_from(
    spoiled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = as_of(spoiled).revision
    change(spoiled, "buildings", building_code="B2", plot_code="两镇")
    now = as_of(spoiled).revision
    counted: list[int] = []
    whole = building_places._shares
    monkeypatch.setattr(building_places, "_shares", lambda *of: counted.append(1) or whole(*of))
    for _ in range(3):
        assert buildings_outside(spoiled, now)[:2] != pytest.approx(buildings_outside(spoiled, past)[:2])
    assert len(counted) == 2


def test_values_of_any_register(workspace: Workspace) -> None:
    supply = {"supply_code": "G1", "plot_code": "好", "area_m2": 0.0}
    write(
        workspace,
        plots=[PLOTS[0], {**PLOTS[3], "predecessors": "老"}],
        land_supplies=[supply, {**supply, "supply_code": "G2", "plot_code": "老", "area_m2": -1.0}],
        projects=[{"project_code": "X1", "name": "项目一", "mode": "M99"}],
        project_plots=[
            {"project_code": "X1", "plot_code": "没有"},
            {"project_code": "X2", "plot_code": "好"},
        ],
    )
    assert said(workspace, "land_supplies") == {
        "zero:area_m2": (1, ["/records/land_supplies/G1"]),
        "below:area_m2": (1, ["/records/land_supplies/G2"]),
        "gone:plot_code": (1, ["/records/land_supplies/G2"]),  # 老 was made into another plot
    }
    part = {"project_plots:reference:plot_code": (1, ["/records/project_plots/X1/没有"])}
    assert said(workspace, "projects") == {"code:mode": (1, ["/records/projects/X1"])} | part
    assert said(workspace, "project_plots") == {
        "reference:project_code": (1, ["/records/project_plots/X2/好"]),
        "reference:plot_code": (1, ["/records/project_plots/X1/没有"]),
    }
    assert faults_about(workspace, "land_supplies", as_of(workspace), {"supply_code": ["G1"]})[0].count == 1


def write_zeros(workspace: Workspace) -> None:
    """Store records with a zero in each: of some numbers possible, of others not."""
    building = {"building_code": "好", "plot_code": "好", "gfa_m2": 1.0, "geometry": box(10, 20, 20)}
    buildings = [
        building,
        {**building, "building_code": "面积", "gfa_m2": 0.0},
        {**building, "building_code": "层高", "storey_height_m": 0.0},
        {**building, "building_code": "层数", "storeys": 0},
        {**building, "building_code": "占地", "footprint_m2": 0.0},
        {**building, "building_code": "太高", "storey_height_m": 101.0},
        {**building, "building_code": "无地下室", "basement_gfa_m2": 0.0, "basement_storeys": 0},
        {**building, "building_code": "无主", "plot_code": None},
        {**building, "building_code": "不明", "gfa_m2": None},
    ]
    supply = {"plot_code": "好", "area_m2": 1e3}
    supplies = [
        {**supply, "supply_code": "G1", "invest_total_wan": 0.0, "invest_done_wan": 0.0},
        {**supply, "supply_code": "G2", "due_area_m2": 0.0, "developed_area_m2": 0.0},
    ]
    # All of the firm's land is let.
    firms = [{"uscc": "E1", "year": 2024, "land_area_m2": 0.0, "output_wan": 0.0, "staff": 0}]
    plot = {**PLOTS[0], "town_code": None, "gfa_far_m2": 0.0, "height_limit_m": 0.0}
    write(workspace, plots=[plot], buildings=buildings, land_supplies=supplies, performance=firms)


ZEROS_OF_BUILDINGS = {
    "zero:storeys": (1, ["/records/buildings/层数"]),
    "zero:storey_height_m": (1, ["/records/buildings/层高"]),
    "above:storey_height_m": (1, ["/records/buildings/太高"]),
    "zero:gfa_m2": (1, ["/records/buildings/面积"]),
    "zero:footprint_m2": (1, ["/records/buildings/占地"]),
}
NO_AREA = {"building_no_floor_area": (1, ["/records/buildings/不明"])}
NO_PLOT = {"building_no_plot": (1, ["/records/buildings/无主"])}


def test_zero_where_it_is_no_possible_value(workspace: Workspace) -> None:
    write_zeros(workspace)
    assert said(workspace, "buildings") == {**NO_AREA, **NO_PLOT, **ZEROS_OF_BUILDINGS}
    # A firm's land, an output, staff, a basement and the floor area of open land may be nought.
    assert said(workspace, "land_supplies") == {
        "zero:invest_total_wan": (1, ["/records/land_supplies/G1"]),
        "zero:due_area_m2": (1, ["/records/land_supplies/G2"]),
    }
    assert said(workspace, "performance") == {}


def test_zeros_of_buildings_are_told_with_their_plot(workspace: Workspace) -> None:
    # The buildings are behind the figures of their plot; the one on none is told with all plots only.
    write_zeros(workspace)
    of_plot = {
        **NO_AREA,
        **{f"buildings:{code}": named for code, named in ZEROS_OF_BUILDINGS.items()},
        "zero:height_limit_m": (1, ["/plots/好"]),
    }
    assert said(workspace, "plots", "plot_code = '好'") == {**of_plot, **NO_PLOT}  # all there are
    write(workspace, plots=[{**PLOTS[3], "plot_code": "另"}])
    assert said(workspace, "plots", "plot_code = '好'") == of_plot
    assert said(workspace, "plots")["building_no_plot"] == NO_PLOT["building_no_plot"]


def test_zeros_of_buildings_are_told_of_one_plot_in_the_same_words(workspace: Workspace) -> None:
    write_zeros(workspace)
    write(workspace, plots=[{**PLOTS[3], "plot_code": "另"}])
    state = as_of(workspace)
    alone = plot_record_faults(workspace, state, "好", 15e3)
    assert alone == record_gaps(workspace, "plots", state, keys=["好"]).faults
    zh = {fault.code: fault.zh for fault in alone}
    assert zh["buildings:zero:storey_height_m"] == "建筑物：层高是零"
    messages = {one.code: one.message for fault in alone for one in fault.findings}
    assert messages["building_no_floor_area"] == (
        "没有填建筑面积，地块“好”逐栋相加的建筑面积因此不明；未知不是零。请补填。"
    )


def test_what_was_left_on_a_plot_that_was_split_is_named(workspace: Workspace) -> None:
    parts = [
        {"plot_code": code, "area_reg_m2": 15e3, "predecessors": "老", "geometry": box(east, 100)}
        for code, east in (("东", 0), ("西", 100))
    ]
    building = {"building_code": "B1", "plot_code": "老", "gfa_m2": 1e3, "geometry": box(10, 20, 20)}
    recognition = {"recognition_code": "R1", "plot_code": "老", "ledger": "JX_TL", "event": "completion", "mode": "M01",
                   "recognised_on": date(2024, 1, 1), "document_no": "〔2024〕1号", "area_m2": 1e3}  # fmt: skip
    use = {"plot_code": "老", "uscc": "E1", "role": "tenant"}
    write(workspace, plots=parts, buildings=[building], recognitions=[recognition], occupancies=[use])
    # Its floor area is on neither part; the recognition counts on both.
    assert plot_facts(workspace)["gfa_counted_m2"].isna().all()
    assert said(workspace, "buildings") == {"gone:plot_code": (1, ["/records/buildings/B1"])}
    use = {"occupancies:gone:plot_code": (1, ["/records/occupancies/老/E1/tenant"])}
    assert said(workspace, "plots") == {"buildings:gone:plot_code": (1, ["/records/buildings/B1"])} | use
    # The firm's tax is on neither part; nobody can tell on which of them it is.
    found = record_faults(workspace, "occupancies", as_of(workspace), np.arange(1))
    assert [(one.code, one.zh, one.count) for one in found] == [("gone:plot_code", "地块编号已分割或合并", 1)]
    assert found[0].findings[0].message == (
        "“地块编号”填的是“老”。它已分割或合并为“东、西”，记在原编号上的不计入现在的地块。请改填现在的编号。"
    )
    assert said(workspace, "recognitions") == {}
    change(workspace, "buildings", building_code="B1", plot_code="东")
    assert said(workspace, "plots") == use


def test_what_may_not_be_told_is_not_said_to_be_missing(spoiled: Workspace) -> None:
    layer = spoiled.layer("buildings")
    fields = tuple(
        replace(one, secrecy="internal") if one.name in ("gfa_m2", "plot_code") else one
        for one in layer.fields
    )
    layers = {**spoiled.layers, "buildings": replace(layer, fields=fields)}
    seen = seen_by(replace(spoiled, layers=layers, cache=Cache()), LEAST_SIGHT)
    assert {*said(seen, "buildings")} == set()


def test_recognitions_of_every_ledger(workspace: Workspace) -> None:
    record = {"ledger": "JX_TL", "event": "completion", "mode": "M01", "recognised_on": date(2024, 1, 1),
              "document_no": "〔2024〕1号", "plot_code": "甲", "area_m2": 16e3}  # fmt: skip
    plots = [
        {"plot_code": "甲", "area_reg_m2": 15e3, "geometry": box(0, 100)},
        {"plot_code": "旁", "area_reg_m2": 15e3, "geometry": box(200, 100)},
    ]
    projects = [{"project_code": "X1", "name": "项目", "start_actual_on": date(2024, 5, 1)}]
    recognitions = [
        {**record, "recognition_code": "大"},
        {**record, "recognition_code": "怪", "mode": "M99", "area_m2": 0.0},
        {**record, "recognition_code": "无主", "ledger": "别的", "area_m2": 1e3},
        {**record, "recognition_code": "早", "plot_code": "旁", "project_code": "X1", "area_m2": 1e3},
    ]
    write(workspace, plots=plots, projects=projects, recognitions=recognitions)
    found = said(workspace, "recognitions")
    assert found["above_plot"] == (1, ["/records/recognitions/大"])
    assert found["unknown_mode"] == (1, ["/records/recognitions/怪"])
    assert found["zero_area"] == (1, ["/records/recognitions/怪"])
    assert found["unknown_ledger"] == (1, ["/records/recognitions/无主"])
    assert said(workspace, "recognitions", "recognition_code = '无主'") == {
        "unknown_ledger": (1, ["/records/recognitions/无主"])
    }
    # They are behind the figures of their plot and of their project, and behind no others.
    of_plot = {"above_plot", "unknown_mode", "unknown_ledger"}
    assert of_plot <= {*said(workspace, "plots", "plot_code = '甲'")}
    assert {*said(workspace, "plots", "plot_code = '旁'")} == {"before_project"}
    assert said(workspace, "projects") == {"before_project": (1, ["/records/recognitions/早"])}
    # An edit beside leaves them, one of their plot brings them up.
    change(workspace, "plots", plot_code="旁", area_reg_m2=1e3)
    assert "above_plot" in said(workspace, "plots")
    change(workspace, "plots", plot_code="甲", area_reg_m2=30e3)
    assert "above_plot" not in said(workspace, "plots")


def test_recognitions_of_nothing_and_of_negative_floor_areas_are_named_in_words(workspace: Workspace) -> None:
    common = {"ledger": "JX_TL", "event": "completion", "mode": "M01", "recognised_on": date(2024, 1, 1),
              "document_no": "〔2024〕1号", "area_m2": 1e3, "plot_code": "好"}  # fmt: skip
    write(workspace, plots=[{**PLOTS[0], "town_code": None}], recognitions=[
        {**common, "recognition_code": "无地", "plot_code": None},
        {**common, "recognition_code": "无账", "ledger": None},
        {**common, "recognition_code": "负", "new_gfa_gross_m2": -99e3},
        {**common, "recognition_code": "净负", "new_gfa_net_m2": -5.0},  # more was demolished than built
    ])  # fmt: skip
    found = record_gaps(workspace, "recognitions", as_of(workspace)).faults
    messages = {one.title: one.message for fault in found for one in fault.findings}
    assert messages["无地"] == "没有填地块编号，不知道认定的是哪宗地。请补填。"
    assert messages["无账"].startswith("没有填台账口径，这条记录不进任何台账；可用：")
    assert messages["负"] == "新增建筑面积是负数，认定事件却不是撤销。请核对。"
    assert "净负" not in messages
    ledger = {one.title for one in ledger_sheet(workspace, "JX_TL", as_of(workspace)).findings}
    assert {"无地", "无账", "负"} <= ledger


def test_projects_that_use_more_of_a_plot_than_there_is(workspace: Workspace) -> None:
    plots = [
        {"plot_code": "甲", "area_reg_m2": 15e3, "geometry": box(0, 100)},
        {"plot_code": "乙", "area_reg_m2": None, "geometry": box(100, 100)},  # 14,992 m2 as drawn
        {"plot_code": "丙", "area_reg_m2": 15e3, "geometry": box(200, 100)},
    ]
    parts = [
        {"project_code": "X1", "plot_code": "甲", "area_m2": 16e3},  # 1,000 m2 too much
        {"project_code": "X1", "plot_code": "丙", "area_m2": 15_000.004},  # written as 15,000.00
        {"project_code": "X2", "plot_code": "甲", "area_m2": 15e3},  # all of it
        {"project_code": "X2", "plot_code": "乙", "area_m2": 15_100.0},
        {"project_code": "X3", "plot_code": "丙"},
        {"project_code": "X3", "plot_code": "没有", "area_m2": 9e9},
    ]
    projects = [{"project_code": code, "name": code} for code in ("X1", "X2", "X3")]
    write(workspace, plots=plots, projects=projects, project_plots=parts)
    x1, x2 = "/records/project_plots/X1/甲", "/records/project_plots/X2/乙"
    unknown = {"reference:plot_code": (1, ["/records/project_plots/X3/没有"])}
    assert said(workspace, "project_plots") == {"project_above_plot": (2, [x1, x2]), **unknown}
    assert said(workspace, "project_plots", "project_code = 'X2'") == {"project_above_plot": (1, [x2])}
    # Under the projects, on one's page, and under the plots whose land they use.
    behind = {f"project_plots:{kind}": one for kind, one in unknown.items()}
    assert said(workspace, "projects") == {"project_above_plot": (2, [x1, x2]), **behind}
    assert said(workspace, "projects", "project_code = 'X1'") == {"project_above_plot": (1, [x1])}
    assert said(workspace, "projects", "project_code = 'X3'") == behind
    assert said(workspace, "plots") == {
        "project_above_plot": (2, [x1, x2]),
        "area_missing": (1, ["/plots/乙"]),
        **behind,
    }
    assert said(workspace, "plots", "plot_code = '丙'") == {}
    state = as_of(workspace)
    (of_plot,) = plot_record_faults(workspace, state, "甲", 15e3)
    assert of_plot.zh == "项目用地大于宗地"
    # 16,000 and 15,000 m2 are 24.00 and 22.50 亩, 1.6 and 1.5 公顷
    advice = "；盘活面积只计到地块面积为止。请核对面积。"
    assert of_plot.findings[0].message == f"项目“X1”涉及 24.00 亩，而地块“甲”只有 22.50 亩{advice}"
    (page,) = record_gaps(workspace, "projects", state, keys=["X1"], unit="ha").faults
    assert page.findings[0].message == f"项目“X1”涉及 1.6000 公顷，而地块“甲”只有 1.5000 公顷{advice}"
    change(workspace, "plots", plot_code="甲", area_reg_m2=16e3)
    assert said(workspace, "projects") == {"project_above_plot": (1, [x2]), **behind}
    many = [{"project_code": f"Y{k}", "name": "示例"} for k in range(60)]
    more = [{"project_code": f"Y{k}", "plot_code": "丙", "area_m2": 2e4} for k in range(60)]
    write(workspace, projects=many, project_plots=more)
    assert said(workspace, "projects", "project_code LIKE 'Y%'")["project_above_plot"][0] == 60


def test_values_of_what_stands_on_a_plot_and_of_a_projects_parts_and_stages(workspace: Workspace) -> None:
    parts = [
        {"project_code": "X1", "plot_code": "好", "area_m2": 0.0},
        {"project_code": "X1", "plot_code": "负", "area_m2": -5.0},
    ]
    uses = [
        {"plot_code": "好", "uscc": "E1", "role": "tenant", "area_m2": -5.0},
        {"plot_code": "负", "uscc": "E1", "role": "tenant", "gfa_m2": -1.0},
    ]
    plots = [{**PLOTS[0], "town_code": None, "plot_code": code, "geometry": None} for code in ("好", "负")]
    stage = {"project_code": "X1", "stage": "P05", "gfa_m2": -77.0}
    projects = [{"project_code": "X1", "name": "一"}, {"project_code": "X2", "name": "二"}]
    firm = {"uscc": "E1", "name": "甲厂"}
    write(
        workspace, plots=plots, projects=projects, project_plots=parts, project_stages=[stage], occupancies=uses,
        enterprises=[firm],
    )  # fmt: skip
    nought, below = "/records/project_plots/X1/好", "/records/project_plots/X1/负"
    of_good = {
        "project_plots:zero:area_m2": (1, [nought]),
        "occupancies:below:area_m2": (1, ["/records/occupancies/好/E1/tenant"]),
    }
    of_bad = {
        "project_plots:below:area_m2": (1, [below]),
        "occupancies:below:gfa_m2": (1, ["/records/occupancies/负/E1/tenant"]),
    }
    for code, wanted in (("好", of_good), ("负", of_bad)):
        found = said(workspace, "plots", f"plot_code = '{code}'")
        assert {kind: one for kind, one in found.items() if ":" in kind} == wanted
        card = plot_record_faults(workspace, as_of(workspace), code, 15e3)
        assert {one.code for one in card if ":" in one.code} == {*wanted}
    assert said(workspace, "projects", "project_code = 'X1'") == {
        "project_plots:zero:area_m2": (1, [nought]),
        "project_plots:below:area_m2": (1, [below]),
        "project_stages:below:gfa_m2": (1, ["/records/project_stages/X1/P05"]),
    }
    assert said(workspace, "projects", "project_code = 'X2'") == {}


def test_shapes_that_cross_themselves_are_put_right_before_they_are_compared(workspace: Workspace) -> None:
    """A building drawn as an hourglass of two triangles, half of it beyond the edge of its plot."""
    bow = shapely.Polygon([(WEST, SOUTH), (WEST + 10, SOUTH), (WEST, SOUTH + 20), (WEST + 10, SOUTH + 20)])
    assert not bow.is_valid
    building = {"building_code": "B1", "plot_code": "好", "gfa_m2": 1.0, "geometry": bow}
    write(workspace, plots=[{**PLOTS[0], "town_code": None, "geometry": box(5, 100)}], buildings=[building])
    assert said(workspace, "buildings") == {"building_outside": (1, ["/records/buildings/B1"])}


def test_a_plot_made_from_itself_is_named_with_the_circles(workspace: Workspace) -> None:
    plots = [
        {"plot_code": "自", "area_reg_m2": 15e3, "predecessors": "老；自", "geometry": box(0, 100)},
        {"plot_code": "好", "area_reg_m2": 15e3, "predecessors": "老", "geometry": box(100, 100)},
        {"plot_code": "甲", "area_reg_m2": 15e3, "predecessors": "乙", "geometry": box(200, 100)},
        {"plot_code": "乙", "area_reg_m2": 15e3, "predecessors": "甲", "geometry": box(300, 100)},
    ]
    write(workspace, plots=plots)
    assert said(workspace, "plots") == {"lineage_circle": (3, ["/plots/甲", "/plots/乙", "/plots/自"])}
    assert said(workspace, "plots", "plot_code = '自'") == {"lineage_circle": (1, ["/plots/自"])}
    state = as_of(workspace)
    (alone,) = plot_record_faults(workspace, state, "自", 15e3)
    assert alone.zh == "地块互为来源"
    assert alone.findings[0].message == "“来源地块”里填了它自己；来源不成立，这一项未采用。请改正。"
    assert plot_record_faults(workspace, state, "好", 15e3) == ()
    # Under the statistics with the ledger's findings.
    named = [one.address for one in plot_quality(workspace, state).findings if one.code == "lineage_circle"]
    assert "/plots/自" in named
    change(workspace, "plots", plot_code="自", predecessors="老")
    assert said(workspace, "plots") == {"lineage_circle": (2, ["/plots/甲", "/plots/乙"])}


def test_without_towns_no_plot_is_said_to_lie_in_none(workspace: Workspace) -> None:
    write(workspace, plots=[PLOTS[0]])
    assert said(workspace, "plots") == {}
    write(workspace, plots=[PLOTS[5]])  # that it has no outline is told all the same
    assert said(workspace, "plots")["no_outline"] == (1, ["/plots/无图"])


def test_what_no_page_may_tell_is_not_told(workspace: Workspace) -> None:
    write(workspace, performance=[{"uscc": "E1", "year": 2024, "energy_tce": -2.0, "output_wan": -1.0}])
    assert said(workspace, "performance") == {
        "below:output_wan": (
            1,
            ["/records/performance/E1/2024"],
        )  # nothing of the energy, which is restricted
    }
    seen = seen_by(workspace, LEAST_SIGHT)
    hidden = {*LEAST_SIGHT.hidden(workspace.layer("performance"))}
    assert {code.partition(":")[2] for code in said(seen, "performance")}.isdisjoint(hidden)
