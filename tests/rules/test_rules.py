"""Every rule against its cases in <module>.toml, and what the rules together mean for a plot."""

import tomllib
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.domain.rule import Rule, Verdict
from geoapp.rules.judgement import (
    explain,
    find_rules,
    low_efficiency,
    low_efficiency_by_rule,
    reasons,
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
DTYPES = {"is_above_scale": "boolean", "grade": "str", "industry_code": "str"}
"""Of the facts that are no plain numbers."""


def facts_of(*plots: dict) -> pd.DataFrame:
    needed = {name: DTYPES.get(name, "float64") for rule in find_rules() for name in rule.needs}
    return pd.DataFrame(list(plots), columns=list(needed)).astype(needed)


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_rule_answers_as_an_official_would(rule: Rule, case: dict) -> None:
    day, facts = case.get("day", TODAY), facts_of(case["facts"])
    answers = verdicts(facts, [rule], POLICY, day)
    if case["verdict"] == "not in force":
        assert list(answers.columns) == []
        return
    verdict = low_efficiency_by_rule(answers)[0]
    assert verdict == case["verdict"]
    if "sentence" in case:
        assert explain(rule, facts.iloc[0], POLICY, day, Verdict(verdict)).sentence == case["sentence"]


def test_rules_come_in_the_order_of_their_ids() -> None:
    ids = [rule.id for rule in find_rules()]
    assert ids == sorted(set(ids))
    assert set(ids) >= {"LE01", "LE02", "LE03", "LE04", "LE05"}


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
