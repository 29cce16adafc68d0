"""The rule book over the small district: who is hit, who cannot be told, and since when a number holds."""

import re
from datetime import date

import pandas as pd
import pytest

from geoapp.domain.rule import Purpose, Subject, Verdict
from geoapp.errors import NotFoundError
from geoapp.rules.judgement import find_rules
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.plot_facts import plot_facts
from geoapp.services.rule_book import (
    find_rule,
    rule_book,
    rule_entry,
    rule_findings,
    rule_verdicts,
    subject_reasons,
)
from geoapp.services.rule_facts import rule_facts
from geoapp.services.rule_tables import number_record
from geoapp.services.workspace import Workspace
from tests.small_district import write

DAY = date(2026, 3, 1)
LATE_PROJECT = {
    "project_code": "X1", "stage": "P03", "mode": "M01", "start_plan_on": "2026-01-01", "far_after": 1.5,
}  # fmt: skip
SUPPLIES = [
    {"supply_code": "G1", "name": "甲供地", "plot_code": "DK-A", "kind": "industrial", "supplied_on": "2024-01-10",
     "area_m2": 30_000.0, "is_standard_land": True, "is_swap": True, "agreed_far": 2.0, "agreed_tax_wan_per_mu": 4.0,
     "started_on": "2024-06-01", "agreed_start_on": "2024-05-01", "completed_on": "2025-06-30",
     "review_on": "2026-01-01", "is_government_delay": False},
    {"supply_code": "G2", "plot_code": "DK/C", "kind": "industrial", "supplied_on": "2026-02-01", "area_m2": 10_000.0,
     "is_standard_land": False, "agreed_far": 1.2, "agreed_start_on": "2025-02-28", "is_government_delay": False},
    {"supply_code": "G3", "plot_code": "gone", "supplied_on": "2026-02-01", "area_m2": 30_000.0,
     "is_standard_land": True},
    {"supply_code": "G4", "plot_code": "DK-B", "supplied_on": "2026-03-02", "is_standard_land": False},
]  # fmt: skip


def now(workspace: Workspace) -> AsOf:
    return AsOf(workspace.store.revision(), DAY, is_now=True)


@pytest.fixture
def supplied(district: Workspace) -> Workspace:
    write(district, land_supplies=SUPPLIES)
    return district


def counts(workspace: Workspace, rule_id: str) -> tuple[int, int, int]:
    entry = rule_entry(workspace, now(workspace), rule_id)
    return entry.yes_count, entry.unknown_count, entry.no_count


def test_the_book_holds_every_rule_once_by_purpose(district: Workspace) -> None:
    book = rule_book(district, now(district))
    assert [purpose for purpose, _, _ in book.groups] == list(Purpose)
    ids = [entry.rule.id for _, _, entries in book.groups for entry in entries]
    assert len(ids) == len(set(ids)) == len(book.entries)
    assert [rule_id for rule_id in ids if rule_id.startswith("SD")] == ["SD3", "SD5", "SD10", "SD11", "SD11B"]
    assert book.findings == ()


def test_low_efficiency_counts_are_the_plots_facts(district: Workspace) -> None:
    hits = plot_facts(district, day=DAY)["low_efficiency_hits"]
    # DK-A: LE01, LE03, LE04; DK-B: LE01, LE03; DK/C: nothing known
    for rule_id in ("LE01", "LE02", "LE03", "LE04", "LE05"):
        assert counts(district, rule_id)[0] == sum(hit.rule_id == rule_id for plot in hits for hit in plot)
    assert counts(district, "LE04") == (1, 1, 1)


def test_verdicts_of_all_plots_are_one_column_per_rule(district: Workspace) -> None:
    answers = rule_verdicts(district, now(district))
    assert answers.index.tolist() == ["DK-A", "DK-B", "DK/C"]
    assert (answers.dtypes == "boolean").all()
    assert answers["LE04"].tolist() == [True, False, pd.NA]
    assert rule_verdicts(district, now(district)) is answers


def test_what_the_office_does_not_keep_is_said(district: Workspace) -> None:
    assert rule_entry(district, now(district), "LE08").missing == ("问题隐患",)
    assert rule_entry(district, now(district), "LE06").missing == ("空置率", "空置起始日期")
    assert rule_entry(district, now(district), "LE04").missing == ()
    assert rule_entry(district, now(district), "R-LINE-5").missing == ("置换结余", "线内新增")


def test_a_rule_that_does_not_hold_says_why(district: Workspace) -> None:
    assert (
        rule_entry(district, now(district), "LE12").why_not
        == "“列为低效的出租面积占比”没有规定，要由单位填写。"
    )
    early = AsOf(district.store.revision(), date(2025, 4, 24), is_now=False)
    entry = rule_entry(district, early, "LE04")
    assert (entry.is_in_force, entry.subject_count) == (False, 0)
    assert entry.why_not == "“低效用地容积率线”在 2025-04-24 尚未生效，最早自 2025-04-25 起有效。"
    assert rule_findings(district, early, "LE04") == []


def test_findings_say_why_hits_first(district: Workspace) -> None:
    found = rule_findings(district, now(district), "LE04", None)
    assert [(f.key, f.hit.verdict) for f in found] == [
        ("DK-A", Verdict.YES), ("DK/C", Verdict.UNKNOWN), ("DK-B", Verdict.NO),
    ]  # fmt: skip
    assert (found[0].name, found[1].name) == ("示例地块甲", "")
    assert found[0].hit.sentence == "容积率 0.80，低于 1.00，且行业不属于例外。"
    assert rule_findings(district, now(district), "LE04", Verdict.UNKNOWN) == found[1:2]


def test_an_unknown_rule_names_those_there_are(district: Workspace) -> None:
    with pytest.raises(NotFoundError, match=r"没有规则“LE99”；有：AD1、.*ID1、.*LE12"):
        rule_entry(district, now(district), "LE99")


def test_a_number_changed_by_the_office_keeps_old_days(district: Workspace) -> None:
    write(
        district,
        policy_values=[
            {"number_id": "low_far", "valid_from_on": "2026-01-01", "value": "0.5", "document_no": "文1",
             "reason": "本地标准", "entered_by": "分局"},
            {"number_id": "nothing", "valid_from_on": "2026-01-01", "value": "1", "document_no": "文1",
             "reason": "试", "entered_by": "分局"},
        ],
    )  # fmt: skip
    assert counts(district, "LE04") == (0, 1, 2)  # 0.8 is not below 0.5
    before = AsOf(district.store.revision(), date(2025, 12, 31), is_now=False)
    assert rule_entry(district, before, "LE04").yes_count == 1
    assert [hit.rule_id for hit in plot_facts(district, day=DAY).loc["DK-A", "low_efficiency_hits"]] == [
        "LE01",
        "LE03",
    ]
    assert rule_book(district, now(district)).findings == (
        "nothing 自 2026-01-01 的值“1”没有用上：规则库没有这个数值。",
    )


def test_an_earlier_revision_knows_the_numbers_of_then(district: Workspace) -> None:
    revision = district.store.revision()
    change = {"number_id": "low_far", "valid_from_on": "2025-05-01", "value": "0.5", "document_no": "文1",
              "reason": "更正", "entered_by": "分局"}  # fmt: skip
    write(district, policy_values=[change])
    assert rule_entry(district, now(district), "LE04").yes_count == 0
    assert rule_entry(district, AsOf(revision, DAY, is_now=False), "LE04").yes_count == 1
    assert district.policy_at(revision).value("low_far", DAY) == 1.0
    assert district.policy.value("low_far", DAY) == 0.5


def test_a_rule_switched_off_says_so(district: Workspace) -> None:
    off = {"number_id": "rules_disabled", "valid_from_on": "2026-01-01", "value": "LE05", "document_no": "文1",
           "reason": "另有规定", "entered_by": "分局"}  # fmt: skip
    write(district, policy_values=[off])
    assert rule_entry(district, now(district), "LE05").why_not == "本单位已停用（规则开关 rules_disabled）。"


def test_supplies_are_judged_with_their_plots(supplied: Workspace) -> None:
    facts = rule_facts(supplied, Subject.SUPPLY, now(supplied))
    assert facts.index.tolist() == ["G1", "G2", "G3"]  # G4 comes a day later
    assert facts["is_in_control_line"].tolist() == [True, False, pd.NA]
    assert facts.loc["G1", "tax_reached_share"] == pytest.approx(0.5)  # 2.0 of 4.0
    said = rule_verdicts(supplied, now(supplied), Subject.SUPPLY)
    assert said["R-LINE-2"].tolist() == [False, True, pd.NA]
    assert said["R-LINE-7"].tolist() == [False, True, pd.NA]
    assert said["R-LINE-8"].tolist() == [False, True, False]
    assert said["SL2"].tolist() == [True, False, False]  # 0.8 of 2.0; the others are not completed
    assert said["SL3"].tolist() == [True, pd.NA, pd.NA]
    assert said["ID1"].tolist() == [False, True, pd.NA]


def test_a_plot_is_idle_land_by_its_supply(supplied: Workspace) -> None:
    # DK/C is late since 2025-02-28; DK-B has no supply and no building known, but a floor area; DK-A was begun
    assert rule_verdicts(supplied, now(supplied))["LE10"].tolist() == [False, False, True]
    assert plot_facts(supplied, day=DAY).loc["DK/C", "low_efficiency_by_rule"] == "yes"


def test_lines_and_district_add_up_supplies(supplied: Workspace) -> None:
    state = now(supplied)
    district = rule_facts(supplied, Subject.DISTRICT, state).iloc[0]
    # this year: G2 10000 (not standard) and G3 30000 (standard), the latter without agreed plot ratio
    assert district["standard_land_share"] == 0.75
    assert pd.isna(district["supply_mean_far"])
    assert (district["swap_retired_mu"], district["swap_granted_mu"], district["swap_balance_mu"]) == (
        0,
        45,
        -45,
    )
    assert counts(supplied, "R-LINE-5") == (1, 0, 0)
    # G3's plot is not in the register, so that nobody knows what lies inside
    assert rule_facts(supplied, Subject.CONTROL_LINE, state)["reserved_share"].isna().all()


def test_reserved_land_counts_inside_the_line_from_the_clauses_day(district: Workspace) -> None:
    supplies = [
        {
            "supply_code": "G1",
            "plot_code": "DK-A",
            "kind": "industrial",
            "supplied_on": "2025-02-01",
            "area_m2": 27_000.0,
        },
        {
            "supply_code": "G2",
            "plot_code": "DK-A",
            "kind": "micro_park",
            "supplied_on": "2025-03-01",
            "area_m2": 3_000.0,
        },
        {
            "supply_code": "G3",
            "plot_code": "DK-A",
            "kind": "micro_park",
            "supplied_on": "2024-12-31",
            "area_m2": 9_000.0,
        },
        {
            "supply_code": "G4",
            "plot_code": "DK/C",
            "kind": "micro_park",
            "supplied_on": "2025-03-01",
            "area_m2": 9_000.0,
        },
    ]
    write(district, land_supplies=supplies)
    facts = rule_facts(district, Subject.CONTROL_LINE, now(district))
    assert facts.loc["KX1", "reserved_share"] == pytest.approx(0.1)
    assert pd.isna(facts.loc["KX2", "reserved_share"])  # nothing was supplied there
    assert counts(district, "R-LINE-3") == (0, 1, 1)


def test_without_lines_nobody_knows_what_was_retired(workspace: Workspace) -> None:
    write(workspace, plots=[{"plot_code": "P", "geometry": None}])
    assert rule_facts(workspace, Subject.DISTRICT, now(workspace))["swap_retired_mu"].isna().all()


def test_an_empty_installation_has_a_book_that_says_so(workspace: Workspace) -> None:
    book = rule_book(workspace, as_of(workspace))
    assert {entry.yes_count for entry in book.entries} == {0}
    assert next(entry for entry in book.entries if entry.rule.id == "LE04").subject_count == 0


def test_reasons_of_one_subject_come_hits_first(supplied: Workspace) -> None:
    found = subject_reasons(supplied, now(supplied), Subject.SUPPLY, "G2")
    verdicts = [hit.verdict for hit in found]
    order = [Verdict.YES, Verdict.UNKNOWN, Verdict.NO]
    assert verdicts == sorted(verdicts, key=order.index)
    assert {hit.rule_id for hit in found if hit.verdict is Verdict.YES} >= {
        "R-LINE-2",
        "R-LINE-7",
        "R-LINE-8",
        "ID1",
    }


def test_one_plots_reasons_are_those_of_all(supplied: Workspace) -> None:
    said = rule_verdicts(supplied, now(supplied))
    for plot_code in said.index:
        one = {
            hit.rule_id: hit.verdict
            for hit in subject_reasons(supplied, now(supplied), Subject.PLOT, plot_code)
        }
        words = {True: Verdict.YES, False: Verdict.NO}
        assert one == {
            rule_id: Verdict.UNKNOWN if pd.isna(answer) else words[bool(answer)]
            for rule_id, answer in said.loc[plot_code].items()
        }


def test_projects_are_late_and_build_low(district: Workspace) -> None:
    write(district, projects=[LATE_PROJECT])
    assert counts(district, "SD11") == (1, 1, 1)  # X2 has no plan, X3 is stopped
    assert counts(district, "SD5") == (1, 1, 1)  # X2 is taken into reserve, X3 has no mode


def test_subjects_have_their_own_words() -> None:
    assert find_rule("SD5").subject is Subject.PROJECT


def test_no_answer_of_a_rule_shows_a_code_of_the_program(demo_workspace: Workspace) -> None:
    """Over the demo district: words of three letters and more would be codes of the program."""
    state = as_of(demo_workspace)
    shown = {
        (rule.id, word)
        for rule in find_rules()
        for found in rule_findings(demo_workspace, state, rule.id, None)
        for text in (found.hit.sentence, found.hit.measured_zh, found.hit.threshold_zh)
        for word in re.findall(r"[A-Za-z_]{3,}", text)
    }
    assert shown == set()
    numbers = {
        (entry.rule.id, word)
        for entry in rule_book(demo_workspace, state).entries
        for number in entry.numbers
        for word in re.findall(
            r"[a-z_]{4,}", number_record(number, state.day, dict(entry.rule.words))["value_zh"]
        )
    }
    assert {one for one in numbers if one[0].startswith("R-LINE")} == set()
