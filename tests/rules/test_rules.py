"""Every rule against its cases in <module>.toml, and what the rules together mean for a plot."""

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.domain.policy import DatedValue, Policy
from geoapp.domain.policy_revision import revised_policy
from geoapp.domain.rule import Purpose, Rule, Subject, Verdict
from geoapp.rules.judgement import (
    explain,
    find_rules,
    low_efficiency,
    low_efficiency_by_rule,
    reasons,
    rules_for,
    rules_in_force,
    unfounded_rules,
    verdicts,
)
from geoapp.services.workspace import load_policy

POLICY = load_policy()
TODAY = date(2026, 11, 23)
RULES = {rule.formula.__module__.rsplit(".", 1)[1]: rule for rule in find_rules()}
CASES = [
    pytest.param(RULES[path.stem], case, id=f"{path.stem}-{case['zh']}")
    for path in sorted(Path(__file__).parent.glob("*.toml"))
    for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
]
TEXTS = {
    "grade", "grade_source", "industry_code", "problem_kinds", "idle_kinds", "planned_use", "kind", "mode",
    "support_surplus_use", "low_efficiency_state", "low_efficiency_by_rule", "low_efficiency_status", "land_nature",
    "origin", "use_change_ground", "use_change_document", "makeup_duty",
}  # fmt: skip


def dtype_of(name: str) -> str:
    if name.startswith(("is_", "has_")):
        return "boolean"
    if name.endswith("_on"):
        return "datetime64[ns]"
    return "str" if name in TEXTS else "float64"


def facts_of(*plots: dict) -> pd.DataFrame:
    needed = {name: dtype_of(name) for rule in find_rules() for name in (*rule.needs, *rule.tells)}
    return pd.DataFrame(list(plots), columns=list(needed)).astype(needed)


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_rule_answers_as_an_official_would(rule: Rule, case: dict) -> None:
    day, facts, policy = case.get("day", TODAY), facts_of(case["facts"]), policy_of(case)
    answers = verdicts(facts, [rule], policy, day)
    if case["verdict"] == "not in force":
        assert list(answers.columns) == []
        return
    verdict = low_efficiency_by_rule(answers)[0]
    assert verdict == case["verdict"]
    if "sentence" in case:
        assert explain(rule, facts.iloc[0], policy, day, Verdict(verdict)).sentence == case["sentence"]


def policy_of(case: dict) -> Policy:
    """Return the rule book with the numbers that the office entered in a case, from 2026 on."""
    origin = dict.fromkeys(("document_no", "reason", "entered_by"), "示例")
    records = [
        {"number_id": name, "valid_from_on": date(2026, 1, 1), "value": value, **origin}
        for name, value in case.get("numbers", {}).items()
    ]
    policy, refused = revised_policy(POLICY, records)
    assert refused == ()
    return policy


@pytest.mark.parametrize("module", sorted(RULES))
def test_every_rule_has_a_case_of_each_kind(module: str) -> None:
    """Hit, miss, missing, and before the rule's first day."""
    cases = tomllib.loads(Path(__file__).with_name(f"{module}.toml").read_text(encoding="utf-8"))["case"]
    assert {case["verdict"] for case in cases} == {"yes", "no", "unknown", "not in force"}


def test_a_supply_keeps_the_number_of_its_day() -> None:
    """The least ratio is raised to 2.5 in 2026: land supplied in 2025 for 2.2 stays right, in 2026 it would not be."""
    held = POLICY.number("supply_far").values  # noqa: PD011 - no frame
    raised = (*held, DatedValue(valid_from=date(2026, 1, 1), value=2.5))
    policy = Policy({**POLICY.numbers, "supply_far": replace(POLICY.number("supply_far"), values=raised)})
    facts = facts_of(
        {"agreed_far": 2.2, "supplied_on": "2025-12-31"}, {"agreed_far": 2.2, "supplied_on": "2026-01-01"},
        {"agreed_far": 1.9, "supplied_on": "2025-12-31"},
    )  # fmt: skip
    rule = RULES["supply_far"]
    assert verdicts(facts, [rule], policy, TODAY)["R-LINE-7"].tolist() == [False, True, True]
    old = explain(rule, facts.iloc[2], policy, TODAY, Verdict.YES)
    assert (old.sentence, old.day) == ("约定容积率下限 1.90，低于 2.00。", date(2025, 12, 31))
    before = explain(rule, facts_of({"supplied_on": "2020-01-01"}).iloc[0], policy, TODAY, Verdict.NO)
    assert (before.threshold_zh, before.day) == ("不适用", TODAY)


def test_rules_come_in_the_order_of_their_ids() -> None:
    ids = [rule.id for rule in find_rules()]
    assert ids == sorted(set(ids))
    assert set(ids) >= {f"LE{number:02d}" for number in range(1, 13)}
    assert set(ids) >= {f"R-LINE-{number}" for number in range(1, 9)}


def test_reasons_name_value_threshold_and_clause() -> None:
    facts = facts_of({"grade": "D", "far": 0.8, "industry_code": "34"}, {"grade": "A"})
    rules = find_rules()
    found = reasons(facts, verdicts(facts, rules, POLICY, TODAY), rules, POLICY, TODAY)
    assert [hit.rule_id for hit in found[0]] == ["LE03", "LE04"]
    assert found[1] == []
    hit = found[0][1]
    assert (hit.measured, hit.threshold, hit.unit, hit.verdict) == (0.8, 1.0, "far", Verdict.YES)
    assert "容积率低于1.0" in hit.clause
    assert hit.day == TODAY


def test_rules_not_in_force_give_no_reasons() -> None:
    facts, rules, day = facts_of({"grade": "D"}), find_rules(), date(2000, 1, 1)
    answers = verdicts(facts, rules, POLICY, day)
    assert answers.shape == (1, 0)
    assert reasons(facts, answers, rules, POLICY, day)[0] == []
    assert low_efficiency_by_rule(answers).tolist() == ["no"]


def test_only_rules_of_low_efficiency_raise_the_suspicion() -> None:
    asked = rules_for(find_rules(), purpose=Purpose.LOW_EFFICIENCY)
    ids = [rule.id for rule in asked]
    assert ids[:12] == [f"LE{number:02d}" for number in range(1, 13)]
    assert {rule_id[:2] for rule_id in ids} == {"LE"}
    assert {rule.subject for rule in asked} == {Subject.PLOT}
    needed = {rule.id for rule in asked if not rule.is_supplementary}
    assert needed & set(ids[:12]) == {"LE01", "LE02", "LE03", "LE04", "LE05"}


def test_every_subject_is_asked_something() -> None:
    assert all(rules_for(find_rules(), subject=subject) for subject in Subject)


def test_supplementary_rules_may_hit_but_not_make_unknown() -> None:
    answers = pd.DataFrame({"a": [False, False, pd.NA], "more": [pd.NA, True, pd.NA]}, dtype="boolean")
    assert low_efficiency_by_rule(answers, ["more"]).tolist() == ["no", "yes", "unknown"]
    assert low_efficiency_by_rule(answers).tolist() == ["unknown", "yes", "unknown"]


def test_a_rule_of_whose_fact_nothing_is_kept_is_unfounded() -> None:
    rules = [rule for rule in find_rules() if rule.id in ("LE03", "LE06", "LE08")]
    facts = facts_of({"vacancy_share": 0.9}, {"grade": None, "vacancy_share": 0.1})
    answers = verdicts(facts, rules, POLICY, TODAY)
    # LE06 answers about the second plot, so that it is asked; the first only lacks the day
    assert unfounded_rules(facts, answers, rules) == {"LE03": ("亩均评价等级",), "LE08": ("问题隐患",)}
    assert unfounded_rules(facts_of(), verdicts(facts_of(), rules, POLICY, TODAY), rules) == {}


def test_a_rule_switched_off_is_not_asked() -> None:
    record = {"number_id": "rules_disabled", "valid_from_on": date(2026, 5, 1), "value": "LE04、LE05"}
    policy, _ = revised_policy(POLICY, [record | {"document_no": "x", "reason": "x", "entered_by": "x"}])
    rules = [rule for rule in find_rules() if rule.id in ("LE03", "LE04")]
    assert list(rules_in_force(rules, policy, date(2026, 4, 30))) == ["LE03", "LE04"]
    assert list(rules_in_force(rules, policy, date(2026, 5, 1))) == ["LE03"]


def test_a_rule_book_without_switches_asks_every_rule() -> None:
    numbers = {name: number for name, number in POLICY.numbers.items() if name != "rules_disabled"}
    rules = [rule for rule in find_rules() if rule.id == "LE03"]
    assert list(rules_in_force(rules, Policy(numbers), TODAY)) == ["LE03"]


def test_a_limit_that_nobody_set_asks_once_the_office_sets_it() -> None:
    (rule,) = (rule for rule in find_rules() if rule.id == "LE12")
    record = {"number_id": "low_leased_share", "valid_from_on": date(2026, 1, 1), "value": "50%"}
    policy, _ = revised_policy(POLICY, [record | {"document_no": "x", "reason": "x", "entered_by": "x"}])
    facts = facts_of({"leased_out_share": 0.5}, {"leased_out_share": 0.49}, {})
    answers = verdicts(facts, [rule], policy, TODAY)
    assert answers["LE12"].tolist() == [True, False, pd.NA]
    assert explain(rule, facts.iloc[0], policy, TODAY, Verdict.YES).sentence == (
        "出租面积占用地面积 50.00%，达到 50.00%。"
    )
    assert explain(rule, facts.iloc[0], policy, TODAY, Verdict.YES).source == "x（本单位修订）"


@pytest.mark.parametrize(("rule_id", "number_id", "facts"), [
    ("R-LINE-1", "line_keeps_industry", {
        "is_in_control_line": True, "is_planned_industrial": False, "use_change_ground": "", "use_change_document": "",
    }),
    ("R-LINE-8", "supply_standard_share", {"is_standard_land": False}),
])  # fmt: skip
def test_a_demand_that_the_office_relaxes_is_no_longer_missed(
    rule_id: str, number_id: str, facts: dict
) -> None:
    (rule,) = (rule for rule in find_rules() if rule.id == rule_id)
    number = POLICY.number(number_id)
    relaxed = replace(
        number, values=(DatedValue(valid_from=date(2026, 1, 1), value=0 if rule_id == "R-LINE-8" else False),)
    )
    frame = facts_of(facts)
    assert verdicts(frame, [rule], POLICY, TODAY)[rule_id].tolist() == [True]
    policy = Policy({**POLICY.numbers, number_id: relaxed})
    assert verdicts(frame, [rule], policy, TODAY)[rule_id].tolist() == [False]


def test_any_rule_that_hits_outweighs_what_is_unknown() -> None:
    answers = pd.DataFrame(
        {"a": [True, False, False], "b": [pd.NA, pd.NA, False]}, dtype="boolean", index=["x", "y", "z"]
    )
    assert low_efficiency_by_rule(answers).to_dict() == {"x": "yes", "y": "unknown", "z": "no"}


@pytest.mark.parametrize(
    ("status", "by_rule", "expected"),
    [
        ("suspected", "no", "yes"),
        ("checking", "unknown", "yes"),
        ("recognised", "no", "yes"),
        ("published", "no", "yes"),
        ("treating", "no", "yes"),
        ("closed", "yes", "no"),
        ("removed", "unknown", "no"),
        (None, "no", "no"),
        (None, "yes", "unknown"),  # a suspicion that the bureau has not decided on
        (None, "unknown", "unknown"),
    ],
)
def test_the_bureaus_list_goes_before_the_rules(status: str | None, by_rule: str, expected: str) -> None:
    statuses = pd.Series([status, "recognised"], dtype="str")
    assert low_efficiency(statuses, pd.Series([by_rule, "no"], dtype="str"))[0] == expected


def test_rules_decide_where_no_list_was_kept() -> None:
    statuses = pd.Series([None, None, None], dtype="str")
    by_rule = pd.Series(["yes", "no", "unknown"], dtype="str")
    assert low_efficiency(statuses, by_rule).tolist() == ["yes", "no", "unknown"]


def test_no_plots_give_no_answers() -> None:
    facts, rules = facts_of(), find_rules()
    answers = verdicts(facts, rules, POLICY, TODAY)
    assert len(low_efficiency(pd.Series([], dtype="str"), low_efficiency_by_rule(answers))) == 0
    assert len(reasons(facts, answers, rules, POLICY, TODAY)) == 0


@given(st.permutations(range(4)))
def test_order_of_plots_does_not_matter(order: list[int]) -> None:
    facts = facts_of({"grade": "D"}, {"far": 0.5, "industry_code": "34"}, {"is_above_scale": True}, {})
    rules = find_rules()
    straight = low_efficiency_by_rule(verdicts(facts, rules, POLICY, TODAY))
    mixed = low_efficiency_by_rule(verdicts(facts.iloc[order], rules, POLICY, TODAY))
    assert mixed.sort_index().tolist() == straight.tolist()


def test_every_rule_names_what_it_lacks() -> None:
    known = {"low_efficiency_status": "closed"}  # without a status a case cannot have been closed
    facts = facts_of(known)
    rules = find_rules()
    answers = verdicts(facts, rules, POLICY, TODAY)
    for rule in rules:
        if rule.id in answers:
            assert answers[rule.id].isna().all(), rule.id
            hit = explain(rule, facts.iloc[0], POLICY, TODAY, Verdict.UNKNOWN)
            assert hit.missing == tuple(words for name, words in rule.needs.items() if name not in known)
            assert all(words in hit.sentence for words in hit.missing)


def test_a_hit_tells_value_and_threshold_in_words() -> None:
    facts = facts_of({"problem_kinds": "fire、default", "far": 0.8, "industry_code": "3441"})
    said = {
        rule.id: explain(rule, facts.iloc[0], POLICY, TODAY, Verdict.YES)
        for rule in find_rules()
        if rule.id in ("LE08", "LE04", "IN1")
    }
    assert (said["LE08"].measured_zh, said["LE08"].threshold_zh) == (
        "消防重大隐患、履约违约", "安全生产重大隐患、环保重大问题、消防重大隐患",
    )  # fmt: skip
    assert (said["LE04"].measured_zh, said["LE04"].threshold_zh) == ("0.80", "1.00")
    assert (said["IN1"].measured_zh, said["IN1"].threshold_zh) == ("0.80", "0.70")
