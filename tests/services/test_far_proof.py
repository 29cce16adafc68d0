"""The proof sheet of a plot: cases in plain words, the small district by hand, wrong input, older days."""

import dataclasses
import json
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from geoapp.domain.change import RegisterChange
from geoapp.domain.far_proof import PlotProof
from geoapp.domain.revision import RevisionKind
from geoapp.errors import GoneError, NotFoundError
from geoapp.reports.far_proof import proof_record
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.far_proof import far_proof
from geoapp.services.plot_facts import plot_facts
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from tests.small_district import BUILDINGS, PLOTS, box, write

CASES = tomllib.loads(Path(__file__).with_name("far_proof.toml").read_text(encoding="utf-8"))["case"]
DAY = date(2026, 3, 1)


def now(workspace: Workspace, day: date = DAY) -> AsOf:
    return AsOf(workspace.store.revision(), day, is_now=True)


def sheet(workspace: Workspace, plot_code: str = "DK-A") -> PlotProof:
    return far_proof(workspace, plot_code, as_of=now(workspace))


def expected_of(value: Any) -> Any:
    """Return what a case expects: numbers to within rounding, 未知 as None."""
    if isinstance(value, list):
        return [expected_of(item) for item in value]
    if value == "未知":
        return None
    return value if isinstance(value, str | bool) else pytest.approx(value, rel=1e-6)


def figures(proof: PlotProof) -> dict[str, Any]:
    ratios = {step.id: step.value for step in proof.ratios}
    areas = {step.basis: step for step in proof.areas}
    return {
        "counted": [step.counted_m2 for step in proof.buildings],
        "buildings_counted_m2": proof.buildings_counted_m2,
        "gfa_counted_m2": proof.gfa_counted_m2,
        **ratios,
        "is_lower_bound": proof.is_lower_bound,
        "source": next((step.source for step in proof.floor_areas if step.is_used), ""),
        "floor_fars": [step.far for step in proof.floor_areas],
        "basis": next((step.basis for step in proof.areas if step.is_used), ""),
        "plane_difference_m2": areas["plane"].difference_m2,
        "plane_difference_share": areas["plane"].difference_share,
        "registered_difference_m2": areas["registered"].difference_m2,
        "registered_difference_share": areas["registered"].difference_share,
        "support": [step.share for step in proof.support.shares],
        "caps": [step.cap_share for step in proof.support.shares],
        "above": [step.is_above_cap for step in proof.support.shares],
        "findings": [finding.code for finding in proof.findings],
    }


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any], empty_installation: Settings) -> None:
    workspace = open_workspace(dataclasses.replace(empty_installation, **case.get("settings", {})))
    plot = {"plot_code": "例", "geometry": box(0), **case["plot"]}
    buildings = [
        {"building_code": f"{number}号", "plot_code": "例", "geometry": box(10 + 20 * number, 10), **building}
        for number, building in enumerate(case.get("buildings", []), start=1)
    ]
    line = box(-10, 300) if case.get("in_control_line") else box(9_000)
    lines = [{"line_code": "L1", "kind": "KX1", "geometry": line}]
    write(workspace, plots=[plot], control_lines=lines, **({"buildings": buildings} if buildings else {}))
    proof = sheet(workspace, "例")
    found = figures(proof)
    for name, value in case["expected"].items():
        assert found[name] == expected_of(value), name
    said = [step.formula for step in (*proof.buildings, *proof.ratios)]
    assert [words for words in case.get("expected_formulas", []) if words not in said] == []


def test_the_sheet_opens_the_figure_that_everything_else_shows(district: Workspace) -> None:
    proof, facts = sheet(district), plot_facts(district, day=DAY).loc["DK-A"]
    assert (proof.far, proof.gfa_counted_m2, proof.site_area_m2) == (0.8, 24_000.0, 30_000.0)
    assert proof.far == facts["far"]
    assert [(b.name, b.storeys, b.storey_height_m, b.storey_factor) for b in proof.buildings] == [
        ("一号车间", 2, 4.0, 1.0), ("二号车间", 1, 9.0, 2.0),
    ]  # fmt: skip
    assert [step.far for step in proof.floor_areas] == [0.8, None, pytest.approx(18_500 / 30_000)]
    assert (proof.revision, proof.day, proof.is_demo, proof.findings) == (1, DAY, True, ())


def test_three_areas_stand_side_by_side(district: Workspace) -> None:
    registered, ellipsoid, plane = sheet(district).areas
    assert (registered.rank, ellipsoid.rank, plane.rank) == (1, 2, None)  # plane is not in the default order
    assert (registered.is_used, registered.difference_m2) == (True, None)
    assert ellipsoid.difference_m2 == pytest.approx(-15.53, abs=0.01)
    assert ellipsoid.difference_share == pytest.approx(-15.53 / 30_000, abs=1e-6)
    assert plane.area_m2 == pytest.approx(30_000, abs=1e-3)
    assert "EPSG:4549" in plane.label
    assert not any(step.is_large for step in (registered, ellipsoid, plane))


def test_numbers_carry_clause_source_certainty_and_day(district: Workspace) -> None:
    numbers = {number.id: number for number in sheet(district).numbers}
    factor = numbers["storey_height_factors"]
    assert factor.value_zh == "层高大于 8 米的乘 2"
    assert "超过8米" in factor.clause
    assert "24号" in factor.source
    assert (factor.certainty_zh, factor.valid_from) == ("有出处", date(2008, 1, 31))
    assert numbers["support_land_cap_raised"].value_zh == "15%"


def test_before_the_plan_the_raised_caps_do_not_hold(district: Workspace) -> None:
    proof = far_proof(district, "DK-A", as_of=AsOf(1, date(2022, 8, 21), is_now=False))
    assert [step.cap_share for step in proof.support.shares] == [0.07, None]
    assert (proof.support.is_raised, proof.support.conditions) == (False, ())
    numbers = {number.id: number for number in proof.numbers}
    raised = numbers["support_gfa_cap_raised"]
    assert (raised.value_zh, raised.valid_from) == ("当日没有规定", None)


def test_without_control_lines_the_caps_are_open(workspace: Workspace) -> None:
    write(workspace, plots=[{**PLOTS[0], "uscc": None}], buildings=BUILDINGS)
    support = sheet(workspace).support
    assert support.is_raised is None  # 45 亩 are below 50, but whether it lies inside is not known
    assert [step.cap_share for step in support.shares] == [0.07, 0.15]
    assert support.conditions[1].answer is None


def test_every_sheet_of_the_demo_adds_up(demo_workspace: Workspace) -> None:
    state = as_of(demo_workspace)
    facts = plot_facts(demo_workspace, revision=state.revision, day=state.day)
    for plot_code in facts.index[::15]:
        proof = far_proof(demo_workspace, plot_code, as_of=state)
        used = [step.gfa_m2 for step in proof.floor_areas if step.is_used]
        assert used == ([] if proof.gfa_counted_m2 is None else [proof.gfa_counted_m2])
        if proof.floor_areas[0].is_used:
            assert sum(step.counted_m2 or 0.0 for step in proof.buildings) == pytest.approx(used[0])
        assert "NaN" not in json.dumps(proof_record(proof))


BAD_BUILDINGS = [
    ({"gfa_m2": None}, "floor_area_missing", "没有填建筑面积"),
    ({"gfa_m2": -6_000.0}, "area_negative", "是负数（−6,000.00 平方米），不计"),
    ({"gfa_m2": 0.0}, "floor_area_zero", "是零"),
    ({"storey_height_m": None}, "height_unknown", "1 层，没有填层高"),
    ({"storey_height_m": None, "storeys": None}, "height_unknown", "没有填层高"),
    ({"storey_height_m": 0.0}, "height_not_positive", "层高 0 米不合理"),
    ({"storey_height_m": -9.0}, "height_not_positive", "层高 −9 米不合理"),
    ({"basement_storeys": 1}, "basement_missing", "没有填地下建筑面积"),
    ({"basement_gfa_m2": -1.0}, "area_negative", "地下建筑面积是负数"),
    ({"basement_gfa_m2": 7_000.0}, "basement_too_large", "地下建筑面积大于建筑面积"),
    ({"footprint_m2": -1.0}, "area_negative", "建筑占地面积是负数"),
    # 60 m wide, 10 m of it beyond the plot's eastern edge at 200 m: 16.7 %
    ({"geometry": box(150, 60, 100)}, "building_outside", "轮廓有 16.7% 在地块之外，超过 5%"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "code", "words"), BAD_BUILDINGS)
def test_a_wrong_building_is_named_with_its_address(
    workspace: Workspace, changed: dict[str, Any], code: str, words: str
) -> None:
    write(workspace, plots=[PLOTS[0]], buildings=[BUILDINGS[0], {**BUILDINGS[1], **changed}])
    proof = sheet(workspace)
    assert [(f.code, f.title, f.address) for f in proof.findings] == [
        (code, "二号车间", "/records/buildings/B2")
    ]
    assert words in proof.findings[0].message
    assert len(proof.buildings) == 2
    assert "NaN" not in json.dumps(proof_record(proof))


def test_a_building_a_little_over_the_edge_is_not_named(workspace: Workspace) -> None:
    # 2 m of 60 m outside: 3.3 %, below 5 %
    write(workspace, plots=[PLOTS[0]], buildings=[{**BUILDINGS[0], "geometry": box(142, 60, 100)}])
    proof = sheet(workspace)
    assert proof.findings == ()
    assert proof.buildings[0].outside_share == pytest.approx(2 / 60, abs=1e-6)


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"area_reg_m2": None}, ["area_missing"]),
        ({"area_reg_m2": 0.0}, ["area_not_positive"]),
        ({"area_reg_m2": -5.0}, ["area_not_positive"]),
        ({"geometry": None}, ["no_outline"]),
        ({"geometry": None, "area_reg_m2": None}, ["area_missing", "no_outline", "site_area_unknown"]),
        ({"structure_yard_m2": -1.0}, ["area_negative"]),
        ({"support_land_m2": 30_001.0}, ["support_too_large"]),
        ({"support_gfa_m2": 18_501.0}, ["support_too_large"]),
    ],
)
def test_a_wrong_plot_is_named_with_its_address(
    workspace: Workspace, changed: dict[str, Any], codes: list[str]
) -> None:
    write(workspace, plots=[PLOTS[2], {**PLOTS[0], **changed}], buildings=BUILDINGS)
    proof = sheet(workspace)
    assert [finding.code for finding in proof.findings] == codes
    assert {(finding.title, finding.address) for finding in proof.findings} == {("示例地块甲", "/plots/DK-A")}
    assert "NaN" not in json.dumps(proof_record(proof))


@pytest.mark.parametrize(("belongs_to", "words"), [(None, "没有填所属地块"), ("DK-B", "登记在地块“DK-B”")])
def test_a_building_on_the_plot_that_belongs_elsewhere_is_named(
    workspace: Workspace, belongs_to: str | None, words: str
) -> None:
    stranger = {**BUILDINGS[1], "plot_code": belongs_to}
    write(workspace, plots=PLOTS[:2], buildings=[BUILDINGS[0], stranger])
    (finding,) = sheet(workspace).findings
    assert (finding.code, finding.address) == ("building_not_counted", "/records/buildings/B2")
    assert words in finding.message


def test_an_older_day_shows_the_registers_of_then(district: Workspace) -> None:
    write(district, buildings=[{**BUILDINGS[1], "gfa_m2": 9_000.0}])
    # 12,000 + 9,000 x 2 = 30,000 over 30,000
    assert sheet(district).far == 1.0
    older = far_proof(district, "DK-A", as_of=AsOf(1, DAY, is_now=False))
    assert (older.far, older.revision, older.buildings[1].gfa_m2) == (0.8, 1, 6_000.0)


def test_a_plot_that_is_not_there_says_since_when(district: Workspace) -> None:
    with pytest.raises(NotFoundError, match="DK-X"):
        sheet(district, "DK-X")
    with pytest.raises(NotFoundError, match="第 0 次修订）还没有地块“DK-A”"):
        far_proof(district, "DK-A", as_of=AsOf(0, DAY, is_now=False))
    change = RegisterChange(removed=[("DK-A",)])
    district.store.write({"plots": change}, kind=RevisionKind.IMPORT, user="tester", reason="示例")
    with pytest.raises(GoneError, match="第 2 次修订）已从台账移除"):
        sheet(district)
    assert far_proof(district, "DK-A", as_of=AsOf(1, DAY, is_now=False)).far == 0.8


def test_a_day_to_come_is_said_to_be_now(district: Workspace) -> None:
    tomorrow = as_of(district).day + timedelta(days=1)
    assert "还没有到" in far_proof(district, "DK-A", as_of=as_of(district, tomorrow.isoformat())).note


def test_record_is_plain_data(district: Workspace) -> None:
    record = proof_record(sheet(district))
    own = {field.name for field in dataclasses.fields(PlotProof)} - {"origin"}
    assert set(record) == own | {"fingerprint", "page"}
    assert json.loads(json.dumps(record, allow_nan=False)) == record


BAD_FORMULAS = [
    ({"gfa_m2": -100.0}, "建筑面积 −100.00 是负数，不计", 0.0),
    (
        {"gfa_m2": -100.0, "basement_gfa_m2": 50.0},
        "建筑面积 −100.00 是负数，不计；地下 50.00 × 0 = 0.00",
        0.0,
    ),
    (
        {"gfa_m2": 100.0, "basement_gfa_m2": 150.0},
        "地下 150.00 大于建筑面积 100.00，地上不计；地下 150.00 × 0 = 0.00",
        0.0,
    ),
    # One storey of 9 m counts twice: (100 + 50) × 2.
    ({"gfa_m2": 100.0, "basement_gfa_m2": -50.0}, "(100.00 − (−50.00)) × 2 + (−50.00) × 0 = 300.00", 300.0),
    ({"gfa_m2": None}, "— × 2 = —", None),
]


@pytest.mark.parametrize(("changed", "formula", "counted_m2"), BAD_FORMULAS)
def test_a_negative_floor_area_is_said_not_to_count(
    workspace: Workspace, changed: dict[str, Any], formula: str, counted_m2: float | None
) -> None:
    write(workspace, plots=[PLOTS[0]], buildings=[{**BUILDINGS[1], **changed}])
    (building,) = sheet(workspace).buildings
    assert building.formula == formula
    assert building.counted_m2 == counted_m2


def test_a_negative_floor_area_with_a_basement_below_it_still_counts(workspace: Workspace) -> None:
    # −100 − (−150) = 50 m2 above ground, by two: said as it is.
    changed = {"gfa_m2": -100.0, "basement_gfa_m2": -150.0}
    write(workspace, plots=[PLOTS[0]], buildings=[{**BUILDINGS[1], **changed}])
    proof = sheet(workspace)
    assert proof.buildings[0].counted_m2 == 100.0
    assert (
        proof.findings[0].message
        == "建筑面积是负数（−100.00 平方米），与地下建筑面积相减后仍有计入。请改正。"
    )


def test_negative_areas_of_a_plot_are_written_as_the_rest_of_the_page(workspace: Workspace) -> None:
    negative = {"gfa_far_m2": -150.0, "gfa_actual_m2": -50.0, "footprint_m2": -300.0, "structure_yard_m2": -30.0,
                "support_gfa_m2": -2.0}  # fmt: skip
    write(workspace, plots=[{**PLOTS[0], **negative}])
    proof = sheet(workspace)
    formulas = {step.id: step.formula for step in proof.ratios}
    assert formulas == {  # of 30,000 m2: −150 are −0.005, −300 are 1 %, −330 are 1.1 %
        "far": "−150.00 ÷ 30,000.00 = −0.01",
        "site_coverage": "−300.00 ÷ 30,000.00 = −1.0%",
        "building_coefficient": "(−300.00 + (−30.00)) ÷ 30,000.00 = −1.1%",
    }
    assert proof.support.shares[1].formula == "−2.00 ÷ (−50.00)：除数是负数，不计"
    messages = [finding.message for finding in proof.findings]
    assert messages[0] == (
        "计容建筑面积是负数（−150.00 平方米），采用的就是它，容积率因此是负数。请在地块台账里改正。"
    )
    assert "配套设施建筑面积大于总建筑面积" not in "".join(
        messages
    )  # of less than nothing everything is more
    assert not any("-" in words for words in [*formulas.values(), *messages])
