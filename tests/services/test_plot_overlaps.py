"""Plots over one another are named, each with the others, and the same after an edit as anew."""

import re
from datetime import date

import numpy as np
import pytest

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.services import plot_overlaps
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.plot_overlaps import plots_over_plots
from geoapp.services.record_faults import plot_record_faults, record_faults
from geoapp.services.record_gaps import record_gaps
from geoapp.services.workspace import Workspace
from tests.small_district import box, frame_of, write

SCALE = 1.000517
"""Of areas in the plane of EPSG:4549 145 km east of its meridian: (1 + 145² / (2 · 6370²))²."""

PLOTS = [
    {"plot_code": "甲", "geometry": box(0, 100)},
    {"plot_code": "乙", "geometry": box(90, 100)},  # 10 of its 100 m lie on 甲: 1,500 m2
    {"plot_code": "丙", "geometry": box(190, 100)},  # has its edge with 乙
    {"plot_code": "丁", "geometry": box(289.995, 100)},  # 5 mm over 丙, on 150 m: 0.75 m2
    {"plot_code": "无", "geometry": None},
    {"plot_code": "旧", "geometry": box(600, 100)},
    {"plot_code": "新", "predecessors": "旧", "geometry": box(600, 100)},  # made from 旧, which was left in
]  # fmt: skip
PLOTS = [{**plot, "area_reg_m2": 15e3} for plot in PLOTS]
NAMED = ["/plots/甲", "/plots/乙", "/plots/旧", "/plots/新"]


@pytest.fixture
def district(workspace: Workspace) -> Workspace:
    write(workspace, plots=PLOTS)
    return workspace


def named(workspace: Workspace, *codes: str, unit: str = "mu") -> dict[str, str]:
    """Return what is said of the plots that lie over others, by address."""
    found = record_gaps(workspace, "plots", as_of(workspace), keys=codes or None, unit=unit)
    faults = [fault for fault in found.faults if fault.code == "plots_overlap"]
    assert all(fault.zh == "地块互相重叠" and fault.count == len(fault.findings) for fault in faults)
    return {one.address: one.message for fault in faults for one in fault.findings}


def write_plots(workspace: Workspace, *plots: dict[str, object], removed: tuple[str, ...] = ()) -> None:
    records = frame_of(workspace, "plots", [{**PLOTS[0], **plot} for plot in (plots or PLOTS[:1])])
    change = RegisterChange(records, removed=[(code,) for code in removed])
    workspace.store.write({"plots": change}, kind=RevisionKind.EDIT, user="x")


def test_each_is_named_with_the_other_and_what_they_share(district: Workspace) -> None:
    found = named(district)
    assert [*found] == NAMED  # neither plots that share an edge, nor those that lie a hair over one another
    # 1,500 m2 in the plane are 1,499.2 on the ellipsoid: 2.25 亩; the whole of 旧 14,992: 22.49 亩
    advice = "；重叠的土地各宗各计一次，合计偏大。请核对图形；重复登记的、已分割或合并的旧地块请移除。"
    assert found["/plots/甲"] == f"与“乙”重叠 2.25 亩{advice}"
    assert found["/plots/乙"] == f"与“甲”重叠 2.25 亩{advice}"
    assert found["/plots/旧"] == f"与“新”重叠 22.49 亩{advice}"
    assert found["/plots/新"] == f"与“旧”重叠 22.49 亩{advice}"
    (m2,) = re.findall(r"重叠 ([\d,.]+) 平方米", named(district, "甲", unit="m2")["/plots/甲"])
    assert float(m2.replace(",", "")) == pytest.approx(1_500 / SCALE, abs=0.1)
    assert "需要核对：" in (words := record_gaps(district, "plots", as_of(district)).words)
    assert "地块互相重叠 4 项" in words


def test_a_table_names_its_own_plots_only(district: Workspace) -> None:
    assert [*named(district, "乙", "丙", "无")] == ["/plots/乙"]
    assert named(district, "丙", "丁", "无") == {}
    write(district, plots=[{"plot_code": code, "geometry": None} for code in ("甲", "旧")])
    assert named(district) == {}


def test_little_land_is_told_in_square_metres_and_many_others_are_counted(workspace: Workspace) -> None:
    # 条 lies over the first 2 cm of 一: 3 m2, which are 0.004 亩; 底 under all of the others
    plots = [
        {"plot_code": "条", "geometry": box(-9.98, 10)},
        {"plot_code": "一", "geometry": box(0, 10)},
        {"plot_code": "二", "geometry": box(20, 20)},
        {"plot_code": "三", "geometry": box(50, 30)},
        {"plot_code": "底", "geometry": box(0, 100)},
    ]
    write(workspace, plots=plots)
    found = named(workspace)
    # 3 m2 with 一, and the same land with 底: 3 / 1.0005 = 3.00
    assert found["/plots/条"].startswith("与“一”重叠 3.00 平方米、与“底”重叠 3.00 平方米；")
    # A hectare has four decimals: 3 m2 are told in it.
    assert named(workspace, "条", unit="ha")["/plots/条"].startswith("与“一”重叠 0.0003 公顷、")
    # 30, 20 and 10 m of 150 m are 4500, 3000 and 1500 m2; 条 is the fourth
    assert found["/plots/底"].startswith(
        "与“三”重叠 6.75 亩、与“二”重叠 4.50 亩、与“一”重叠 2.25 亩，共与 4 宗重叠；"
    )


def test_what_is_a_neighbour_is_a_number_of_the_rule_book(district: Workspace) -> None:
    number = {
        "number_id": "overlap_tolerance_m2", "valid_from_on": "2026-01-01", "document_no": "示例〔2026〕1号",
        "reason": "示例", "entered_by": "示例科",
    }  # fmt: skip
    assert len(plots_over_plots(district, as_of(district), np.arange(51)).first) == 2
    write(district, policy_values=[{**number, "value": "0.5"}])
    assert len(plots_over_plots(district, as_of(district), np.arange(51)).first) == 3
    assert [*named(district)] == ["/plots/甲", "/plots/乙", "/plots/丙", "/plots/丁", *NAMED[2:]]
    write(district, policy_values=[{**number, "value": "2000"}])
    assert [*named(district)] == NAMED[2:]
    before_any = AsOf(district.store.revision(), date(2019, 1, 1), is_now=False)
    known = {fault.code for fault in record_faults(district, "plots", before_any, np.arange(len(PLOTS)))}
    assert "plots_overlap" not in known


def test_one_plot_says_the_same_before_anybody_asked_about_all_and_after(district: Workspace) -> None:
    state = as_of(district)

    def alone() -> dict[str, str]:
        faults = [fault for code in CODES for fault in plot_record_faults(district, state, code, 15e3)]
        found = [one for fault in faults if fault.code == "plots_overlap" for one in fault.findings]
        return {one.address: one.message for one in found}

    before = alone()
    assert district.cache.peek(("newest_plot_overlaps", 1.0), None) is None  # nothing was computed for it
    assert before == named(district)
    plots_over_plots(district, state, np.arange(51))
    assert district.cache.peek(("newest_plot_overlaps", 1.0), None) is not None
    assert alone() == before


def test_a_page_of_a_past_day_leaves_what_todays_pages_go_on_from(
    district: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = as_of(district)
    write_plots(district, {"plot_code": "甲", "geometry": box(900, 100)})
    now, every = as_of(district), np.arange(51)
    assert len(plots_over_plots(district, now, every).first) == 1  # 旧 and 新
    counted: list[int] = []
    whole = plot_overlaps.shared_ground
    monkeypatch.setattr(plot_overlaps, "_LARGEST_SHARE_UPDATED", 0.0)  # nothing is brought up
    monkeypatch.setattr(plot_overlaps, "shared_ground", lambda *of: counted.append(1) or whole(*of))
    one = np.arange(1)
    for _ in range(3):
        assert len(plots_over_plots(district, past, one).first) == 1  # 甲 and 乙, looked at by themselves
        assert len(plots_over_plots(district, now, one).first) == 0
    assert counted == []
    for _ in range(3):
        assert len(plots_over_plots(district, past, every).first) == 2
        assert len(plots_over_plots(district, now, every).first) == 1
    assert counted == [1]


CODES = [str(plot["plot_code"]) for plot in PLOTS]


def ground(workspace: Workspace, state: AsOf | None = None) -> dict[tuple[str, str], float]:
    """Return the land that plots share, by their codes."""
    state = state or as_of(workspace)
    found = plots_over_plots(workspace, state, np.arange(1_000))
    codes = workspace.store.read("plots", revision=state.revision)["plot_code"].array
    pairs = zip(codes[found.first], codes[found.second], found.area_m2.tolist(), strict=True)
    return {(one, other): area for one, other, area in pairs}


def anew(workspace: Workspace, state: AsOf | None = None) -> dict[tuple[str, str], float]:
    fresh = Workspace(
        workspace.settings, workspace.layers, workspace.scheme, workspace.shipped_policy, workspace.store
    )
    return ground(fresh, state)


def test_after_edits_the_same_as_anew(district: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    first, start = as_of(district), ground(district)
    assert [*start] == [("甲", "乙"), ("旧", "新")]
    looked_through: list[int] = []
    real = plot_overlaps.shared_ground
    monkeypatch.setattr(
        plot_overlaps,
        "shared_ground",
        lambda shapes, m2: looked_through.append(len(shapes)) or real(shapes, m2),
    )
    # 甲 keeps its place, only a number changes.
    write_plots(district, {"plot_code": "甲", "area_reg_m2": 9e3})
    assert ground(district) == start
    # 甲 moves off 乙 onto 丁: 289.995 to 389.995, of which 380 on are 甲's.
    write_plots(district, {"plot_code": "甲", "geometry": box(380, 100)})
    moved = ground(district)
    assert [*moved] == [("甲", "丁"), ("旧", "新")]
    assert moved["甲", "丁"] == pytest.approx(9.995 * 150 / SCALE, abs=0.1)
    # 新 is withdrawn, 丁 loses its shape.
    write_plots(district, {"plot_code": "丁", "geometry": None})
    write_plots(district, {"plot_code": "甲", "geometry": box(380, 100)}, removed=("新",))
    assert ground(district) == {}
    # 补 is new, beyond all others by its code or not, and lies over 乙 and 丙: 150 to 190 and 190 to 250.
    write_plots(district, {"plot_code": "补", "geometry": box(150, 100)})
    after = ground(district)
    assert {frozenset(pair) for pair in after} == {frozenset("乙补"), frozenset("丙补")}
    assert sorted(after.values()) == pytest.approx([6_000 / SCALE, 9_000 / SCALE], abs=0.5)
    assert looked_through == []  # all of it without looking at the other plots again
    assert after == anew(district)
    # The register as it was, asked about in between.
    assert ground(district, first) == start
    assert ground(district) == after
    # Where most of the plots change, all are looked at anew.
    looked_through.clear()
    write_plots(district, *({**plot, "geometry": box(k * 100, 100)} for k, plot in enumerate(PLOTS)))
    now = ground(district)
    assert looked_through == [7 + 1]
    assert {frozenset(pair) for pair in now} == {frozenset("乙补"), frozenset("丙补")}
    assert now == anew(district)
