"""Which rule's answer would turn first: distance is |measured - threshold| / threshold."""

from datetime import date

import pandas as pd
import pytest

from geoapp.rules.judgement import find_rules, rules_in_force
from geoapp.rules.nearest_flip import nearest_flips
from geoapp.services.workspace import load_policy

FACTS = {
    "far": "float64", "industry_code": "str", "building_coefficient": "float64", "tax_wan_per_mu": "float64",
    "is_above_scale": "boolean", "grade": "str", "halted_months": "float64", "is_halted": "boolean",
}  # fmt: skip
DAY = date(2026, 3, 1)
RULES = [rule for rule in find_rules() if rule.id in ("LE01", "LE02", "LE03", "LE04", "LE05", "LE09")]


def nearest(day: date = DAY, **facts: object) -> pd.Series:
    frame = pd.DataFrame({name: pd.Series([facts.get(name)], dtype=dtype) for name, dtype in FACTS.items()})
    return nearest_flips(frame, RULES, rules_in_force(RULES, load_policy(), day)).iloc[0]


@pytest.mark.parametrize(
    ("facts", "rule_id", "distance", "is_hit"),
    [
        # 0.98 of 1.0 is 2 % below, a coefficient of 33 % is 10 % above 30 %
        ({"far": 0.98, "industry_code": "34", "building_coefficient": 0.33}, "LE04", 0.02, True),
        # exactly 1.0 does not hit; anything less would
        ({"far": 1.0, "industry_code": "34", "building_coefficient": 0.33}, "LE04", 0.0, False),
        # ferrous metals are exempt: no plot ratio would make the rule hit
        ({"far": 0.98, "industry_code": "3110", "building_coefficient": 0.36}, "LE05", 0.2, False),
        ({"far": 0.98, "building_coefficient": 0.36}, "LE05", 0.2, False),
        ({"tax_wan_per_mu": 4.0, "is_above_scale": True}, "LE01", 0.2, True),
        ({"tax_wan_per_mu": 3.3, "is_above_scale": False}, "LE02", 0.1, False),
    ],
)
def test_the_nearest(facts: dict, rule_id: str, distance: float, is_hit: bool) -> None:
    found = nearest(**facts)
    assert found["rule_id"] == rule_id
    assert found["distance"] == pytest.approx(distance)
    assert found["is_hit"] == is_hit


@pytest.mark.parametrize(
    ("facts", "side"),
    [
        # 1.0 itself is not low: reaching it is enough not to be hit, but not to be hit
        ({"far": 0.98, "industry_code": "34"}, "at"),
        ({"far": 1.2, "industry_code": "34"}, "below"),
        ({"far": 1.0, "industry_code": "34"}, "below"),
        # 12 months of halt are long: reaching them is enough to be hit, and to escape it takes fewer
        ({"halted_months": 11.0, "is_halted": True}, "at"),
        ({"halted_months": 13.0, "is_halted": True}, "below"),
    ],
)
def test_reaching_the_threshold_is_told_from_passing_it(facts: dict, side: str) -> None:
    assert nearest(**facts)["side"] == side


def test_a_limit_that_may_be_reached_is_passed_above() -> None:
    """Support floor area of 15 % is allowed, more is not: from 10 % one has to go above."""
    rules = [rule for rule in find_rules() if rule.id == "SP3"]
    names = {name: [None] for name in rules[0].needs}
    facts = pd.DataFrame(names).assign(
        support_gfa_share=0.10, is_existing=False, is_in_control_line=False, grade="C", site_area_mu=10.0
    )
    facts = facts.astype({"is_existing": "boolean", "is_in_control_line": "boolean", "grade": "str"})
    found = nearest_flips(facts, rules, rules_in_force(rules, load_policy(), DAY)).iloc[0]
    assert (found["rule_id"], found["side"]) == ("SP3", "above")


@pytest.mark.parametrize(
    ("facts", "day"), [({"grade": "D"}, DAY), ({}, DAY), ({"far": 0.98}, date(2000, 1, 1))]
)
def test_none_where_nothing_measured_can_turn(facts: dict, day: date) -> None:
    found = nearest(day, **facts)
    assert pd.isna(found["rule_id"])
    assert pd.isna(found["distance"])
