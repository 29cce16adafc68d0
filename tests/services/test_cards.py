from datetime import date

import pytest

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.domain.rule import Verdict
from geoapp.errors import GoneError, NotFoundError
from geoapp.services.plot_card import PlotCard, plot_card
from geoapp.services.record_card import RecordCard, record_card
from geoapp.services.workspace import Workspace
from tests.small_district import EVIL, write

DAY = date(2026, 3, 1)


@pytest.fixture
def card(district: Workspace) -> PlotCard:
    return plot_card(district, "DK-A", day=DAY)


def texts(card: RecordCard) -> dict[str, str]:
    return {line.name: line.text for line in card.lines}


def test_key_numbers_are_the_facts(card: PlotCard) -> None:
    assert (card.title, card.facts["far"], card.facts["site_area_m2"]) == ("示例地块甲", 0.8, 30_000)
    assert (card.status, card.stage, card.gfa_basis) == ("认定", "开工", "按建筑物逐栋计算")
    assert card.grade.startswith("D")
    assert (card.provenance.file, card.provenance.row, card.provenance.is_demo) == ("plots.zip", 7, True)
    assert (card.provenance.revision, card.data_revision) == (1, 1)
    assert card.provenance.data_at is not None


def test_areas_name_the_one_that_counts(card: PlotCard, district: Workspace) -> None:
    assert [(a.label, a.is_site_area) for a in card.areas] == [
        ("登记面积", True), ("椭球面积", False), ("投影平面面积", False),
    ]  # fmt: skip
    assert not card.is_area_difference_large  # |30000 - 29984| / 30000 = 0.05 %
    assert plot_card(district, "DK-B", day=DAY).is_area_difference_large  # 3.4 %
    assert not plot_card(district, "DK/C", day=DAY).is_area_difference_large


def test_buildings_add_up_to_the_counted_area(card: PlotCard) -> None:
    assert [(b.name, b.storey_factor, b.counted_m2) for b in card.buildings] == [
        ("一号车间", 1.0, 12_000), ("二号车间", 2.0, 12_000),
    ]  # fmt: skip
    assert sum(b.counted_m2 for b in card.buildings) == card.facts["gfa_counted_m2"]


def test_enterprises_come_owner_first_with_three_years(card: PlotCard) -> None:
    owner, tenant = card.enterprises
    assert (owner.name, owner.role, tenant.name, tenant.role) == ("示例企业甲", "自有", "示例企业乙", "租用")
    assert [year.year for year in owner.years] == [2025, 2024, 2023]


def test_a_plot_without_occupancy_shows_its_own_enterprise(district: Workspace) -> None:
    write(district, plots=[{"plot_code": "DK/C", "uscc": "E9"}])
    (enterprise,) = plot_card(district, "DK/C", day=DAY).enterprises
    assert (enterprise.name, enterprise.role, enterprise.years) == ("E9", "权利人", ())


def test_projects_and_recognitions_are_in_words(card: PlotCard) -> None:
    assert [(p.name, p.mode, p.stage, p.area_m2) for p in card.projects] == [
        ("甲厂拆建", "拆除重建", "开工", 10_000), ("停了的项目", "", "终止/暂停", 30_000),
    ]  # fmt: skip
    assert [(r.event, r.area_m2) for r in card.recognitions] == [("竣工验收/规划核实", 4_000), ("", 30_000)]
    assert [r.ledger_code for r in card.recognitions] == ["JX_TL", "ZRZY_CL"]


def test_a_project_that_is_not_there_keeps_its_code(district: Workspace) -> None:
    (project,) = plot_card(district, "DK/C", day=DAY).projects
    assert (project.name, project.stage) == ("X9", "")
    assert project.area_m2 == pytest.approx(15_000, rel=1e-3)  # its own shape: 100 m x 150 m


def test_reasons_say_measured_threshold_and_clause_hits_first(card: PlotCard) -> None:
    assert [(r.rule_id, r.verdict) for r in card.reasons] == [
        ("LE01", Verdict.YES), ("LE03", Verdict.YES), ("LE04", Verdict.YES),
        ("LE06", Verdict.UNKNOWN), ("LE07", Verdict.UNKNOWN), ("LE08", Verdict.UNKNOWN), ("LE09", Verdict.UNKNOWN),
        ("LE10", Verdict.UNKNOWN), ("LE11", Verdict.UNKNOWN), ("LE02", Verdict.NO), ("LE05", Verdict.NO),
    ]  # fmt: skip
    assert [hit.rule_id for hit in card.hits] == ["LE01", "LE03", "LE04"]
    assert card.hits[2].sentence == "容积率 0.80，低于 1.00，且行业不属于例外。"


def test_unknown_reasons_say_what_is_missing(district: Workspace) -> None:
    reasons = plot_card(district, "DK/C", day=DAY).reasons
    assert {reason.verdict for reason in reasons} == {Verdict.UNKNOWN}
    assert "缺少容积率、行业代码" in next(r.sentence for r in reasons if r.rule_id == "LE04")


def test_a_register_that_was_never_kept_is_said_to_be_missing(card: PlotCard, district: Workspace) -> None:
    hazard = next(reason for reason in card.reasons if reason.rule_id == "LE08")
    assert hazard.sentence == "安全环保消防重大隐患：资料未建（问题隐患），没有判断。"
    assert hazard.is_unfounded
    write(
        district,
        plot_problems=[{"problem_code": "W", "plot_code": "DK-B", "kind": "fire", "found_on": "2025-01-01"}],
    )
    kept = next(r for r in plot_card(district, "DK-A", day=DAY).reasons if r.rule_id == "LE08")
    assert (kept.verdict, kept.is_unfounded) == (Verdict.NO, False)
    hit = next(r for r in plot_card(district, "DK-B", day=DAY).reasons if r.rule_id == "LE08")
    assert hit.verdict is Verdict.YES


def test_other_rules_are_checks_and_no_reasons(card: PlotCard) -> None:
    # DK-A lies inside the line, carries buildings and is listed: raised caps, first in line
    assert [(c.rule_id, c.verdict_zh) for c in card.checks if c.verdict is Verdict.YES] == [
        ("R-LINE-4", "适用"), ("SP1", "适用"),
    ]  # fmt: skip
    industry = next(c for c in card.checks if c.rule_id == "IN1")
    assert (industry.verdict_zh, industry.threshold, industry.certainty_zh) == ("未命中", 0.7, "有出处")


def test_membership_tells_the_share_inside(card: PlotCard, district: Workspace) -> None:
    assert [(z.register, z.name, z.kind) for z in card.zones] == [
        ("control_zones", "示例产业园", "战略产业园"), ("control_lines", "示例控制线", "工业集聚区控制线"),
        ("towns", "慈城镇", "镇"),
    ]  # fmt: skip
    assert [z.inside_share for z in card.zones] == pytest.approx([0.5, 1.0, 1.0], abs=1e-6)
    assert card.is_in_control_line
    outside = plot_card(district, "DK/C", day=DAY)
    assert (outside.is_in_control_line, outside.outside_label) == (False, "控制线外")


def test_a_plot_without_shape_lies_nowhere(district: Workspace) -> None:
    write(district, plots=[{"plot_code": "DK-D", "geometry": None}])
    bare = plot_card(district, "DK-D", day=DAY)
    assert (bare.zones, bare.bounds, bare.title) == ((), None, "DK-D")


def test_a_plot_never_there_and_one_withdrawn_are_told_apart(district: Workspace) -> None:
    with pytest.raises(NotFoundError, match="DK-Z"):
        plot_card(district, "DK-Z")
    district.store.write({"plots": RegisterChange(removed=[("DK-A",)])}, kind=RevisionKind.EDIT, user="t")
    with pytest.raises(GoneError, match="DK-A"):
        plot_card(district, "DK-A")


def test_a_record_is_shown_in_words_and_units(district: Workspace) -> None:
    card = record_card(district, "recognitions", "R1")
    shown = texts(card)
    assert card.title == "R1"
    assert shown["area_m2"] == "4,000.00 平方米（6.00 亩）"  # 4000 x 0.0015
    assert (shown["ledger"], shown["recognised_on"]) == ("经信·腾笼换鸟", "2024-05-01")
    assert shown["plot_code"] == "示例地块甲（DK-A）"
    links = {line.name: line.link for line in card.lines}
    assert (links["plot_code"], links["project_code"]) == ("/plots/DK-A", "/records/projects/X1")


def test_restricted_fields_are_on_no_card(district: Workspace) -> None:
    park = record_card(district, "micro_parks", "W1")
    assert not {"contact", "phone"} & set(texts(park))
    assert "不该出现的人" not in str(park)
    assert park.bounds is not None
    assert "tax_wan" not in texts(record_card(district, "performance", "E1/2025"))


def test_compound_keys_and_years_are_read(district: Workspace) -> None:
    assert texts(record_card(district, "performance", "E1/2025"))["year"] == "2025 年"
    assert record_card(district, "occupancies", "DK-A/E1/owner").title == "地块 DK-A · E1 · 自有"
    assert texts(record_card(district, "enterprises", "E1"))["is_above_scale"] == "是"
    assert texts(record_card(district, "enterprises", "E3"))["industry_code"] == "—"


def test_projects_and_enterprises_name_their_plots(district: Workspace) -> None:
    plots = record_card(district, "enterprises", "E1").plots
    assert [(p.label, p.text, p.link) for p in plots] == [
        ("DK-A", "示例地块甲", "/plots/DK-A"), ("DK-B", EVIL, "/plots/DK-B"),
    ]  # fmt: skip
    assert [p.label for p in record_card(district, "projects", "X1").plots] == ["DK-A"]
    assert record_card(district, "towns", "330205103").plots == ()


def test_a_plot_that_is_not_there_has_no_link(district: Workspace) -> None:
    write(district, occupancies=[{"plot_code": "没有", "uscc": "E3", "role": "tenant"}])
    assert [(p.text, p.link) for p in record_card(district, "enterprises", "E3").plots] == [
        ("示例地块甲", "/plots/DK-A"), ("没有", ""),
    ]  # fmt: skip


def test_floor_area_is_not_told_in_mu(district: Workspace) -> None:
    assert texts(record_card(district, "recognitions", "R1"))["new_gfa_gross_m2"] == "5,000.00 平方米"


def test_a_reference_to_nothing_stays_a_code(district: Workspace) -> None:
    write(district, recognitions=[{"recognition_code": "R7", "plot_code": "没有", "ledger": "JX_TL"}])
    (line,) = [ln for ln in record_card(district, "recognitions", "R7").lines if ln.name == "plot_code"]
    assert (line.text, line.link) == ("没有", "")


@pytest.mark.parametrize(
    ("register", "key"),
    [("performance", "E1/zwei"), ("performance", "E1"), ("enterprises", "E77"), ("nothing", "x")],
)
def test_records_that_cannot_be_are_not_found(district: Workspace, register: str, key: str) -> None:
    with pytest.raises(NotFoundError):
        record_card(district, register, key)


def test_markup_in_a_name_is_only_text(district: Workspace) -> None:
    assert plot_card(district, "DK-B", day=DAY).title == EVIL
