"""The arithmetic of targets, by the hand-worked cases of target.toml."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.domain.target import (
    LightLimits,
    based,
    done_share,
    light,
    missing,
    pace_needed,
    path_start,
    planned_value,
    projected,
    standing,
)
from geoapp.domain.target_ledger import Projection, Scope
from geoapp.domain.target_set import Milestone
from geoapp.domain.target_unit import TARGET_UNITS, unit_shown

CASES = tomllib.loads(Path(__file__).with_name("target.toml").read_text(encoding="utf-8"))
LIMITS = LightLimits(green=1.0, yellow=0.9)
BASE_ON = date(2020, 12, 31)


def cases(name: str) -> Any:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["zh"]) for case in CASES[name]])


@cases("planned")
def test_planned_value(case: dict) -> None:
    base = Milestone(BASE_ON, case["base"]) if "base" in case else None
    targets = [Milestone(day, value) for day, value in case["targets"]]
    found = planned_value(base, targets, case["day"], is_stepped=case.get("is_stepped", False))
    assert found == (pytest.approx(case["expected"], abs=1e-4) if "expected" in case else None)


@cases("light")
def test_light(case: dict) -> None:
    direction, tolerance = case.get("direction", "at_least"), case.get("tolerance", 0.0)
    found = light(case.get("actual"), case.get("planned"), LIMITS, direction, tolerance)
    assert found == case["expected"]


@cases("standing")
def test_standing(case: dict) -> None:
    found = standing(
        Milestone(*case["target"]),
        day=case["day"],
        actual=case.get("actual"),
        planned=case["planned"],
        limits=LIMITS,
    )
    for name in ("is_passed", "planned", "gap", "share", "share_of_plan", "pace_needed", "light"):
        expected = case["expected"].get(name)
        is_number = isinstance(expected, int | float) and not isinstance(expected, bool)
        assert getattr(found, name) == (pytest.approx(expected, rel=1e-5) if is_number else expected), name


@cases("based")
def test_based(case: dict) -> None:
    assert based(case["rule"], case["actual"], case.get("at_base"), case.get("stated")) == case.get(
        "expected"
    )


def test_based_on_nothing_known_is_unknown() -> None:
    assert [based(rule, None, 1.0, 1.0) for rule in ("register", "plan", "excluded")] == [None] * 3


@cases("start")
def test_path_start(case: dict) -> None:
    found = path_start(case["kind"], case["rule"], case.get("at_base"), case.get("stated"))
    assert found == case.get("expected")


def test_unknown_stays_unknown() -> None:
    assert missing(None, 3.0, "at_least") is None
    assert missing(3.0, None, "at_most") is None
    assert done_share(None, 3.0, "at_least") is None
    assert done_share(3.0, None, "at_least") is None
    assert pace_needed(None, BASE_ON, date(2025, 12, 31)) is None
    assert projected(None, [], BASE_ON, date(2025, 12, 31)) is None


def test_projection_counts_what_comes_after_today_and_by_the_day() -> None:
    additions = [
        (date(2026, 6, 30), 7.0),  # today: it should have come
        (date(2026, 7, 1), 10.0),
        (date(2027, 12, 31), 20.0),
        (date(2028, 1, 1), 40.0),
        (None, 80.0),
    ]
    assert projected(100.0, additions, date(2026, 6, 30), date(2027, 12, 31)) == 130.0


@given(
    st.floats(0, 1e6),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=4),
    st.dates(date(2020, 12, 31), date(2031, 1, 1)),
)
def test_path_stays_between_its_corners(base: float, values: list[float], day: date) -> None:
    targets = [Milestone(date(2022 + 2 * number, 12, 31), value) for number, value in enumerate(values)]
    found = planned_value(Milestone(BASE_ON, base), targets, day)
    assert found is not None
    assert min(base, *values) - 1e-6 <= found <= max(base, *values) + 1e-6


def test_units_keep_what_is_written() -> None:
    for unit in TARGET_UNITS.values():
        assert unit.from_base(unit.to_base(18.5)) == pytest.approx(18.5, rel=1e-12)
        assert unit.half_digit == pytest.approx(unit.to_base(0.5 * 10**-unit.decimals))
    assert TARGET_UNITS["mu"].from_base(2_000_000.0) == 3_000.0
    assert [unit_shown(unit, "m2") for unit in ("mu", "wan_m2", "percent")] == ["m2", "wan_m2", "percent"]


def test_scope_says_itself_as_an_address_does() -> None:
    assert (Scope().text, Scope("park", "P01", "某园").text) == ("", "park:P01")


def test_projection_is_plain() -> None:
    found = Projection(until=date(2027, 12, 31), value=None, added=0.0, overdue=0.0, undated=1.0, later=0.0)
    assert found.value is None
