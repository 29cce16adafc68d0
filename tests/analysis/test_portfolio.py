"""Portfolio: choices, alternatives and ways out by hand, in `portfolio.toml`, and against trying everything."""

import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from geoapp.analysis.portfolio import choose
from geoapp.domain.portfolio import Limits, Question

CASES = tomllib.loads(Path(__file__).with_name("portfolio.toml").read_text(encoding="utf-8"))["case"]
COLUMNS = ("area_m2", "added_gfa_m2", "cost_wan", "ready_year", "score", "town_code", "is_inside_line")
NAMES = {"area": "area_m2", "gfa": "gfa_m2", "budget": "budget_wan"}
SECONDS = 60.0


def candidates_of(plots: dict[str, list[Any]]) -> pd.DataFrame:
    rows = [[None if value == "?" else value for value in row] for row in plots.values()]
    frame = pd.DataFrame(rows, index=list(plots), columns=list(COLUMNS))
    texts = {"town_code": "str", "is_inside_line": "boolean"}
    return frame.astype({name: texts.get(name, "float64") for name in COLUMNS})


def question_of(case: dict[str, Any]) -> Question:
    limits = Limits(**{NAMES.get(name, name): value for name, value in case["limits"].items()})
    return Question(
        limits=limits,
        objective=case.get("objective", "projects"),
        excluded=tuple(case.get("excluded", ())),
        seconds=SECONDS,
    )


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    found = choose(candidates_of(case["plots"]), question_of(case))
    if "relax" in case:
        assert found.choice is None
        assert found.is_infeasible
        assert [dict(way.reached) for way in found.relaxations] == case["relax"]
    else:
        assert found.choice is not None
        assert list(found.choice.codes) == case["chosen"]
        assert found.choice.gap == 0
    for number, expected in enumerate(case.get("next", [])):
        assert list(found.alternatives[number].codes) == expected
    assert found.left_out == case.get("left", {})


def test_sums_and_what_is_unknown_of_a_choice() -> None:
    plots = candidates_of({"甲": [30, "?", 2, 2027, 5, "东", False], "乙": [20, 7, "?", "?", 6, "?", True]})
    found = choose(plots, Question(limits=Limits(area_m2=50.0), seconds=SECONDS)).choice
    assert found is not None
    assert (found.area_m2, found.gfa_m2, found.cost_wan, found.score) == (50.0, 7.0, None, 11.0)
    assert (found.project_count, found.outside_count, found.town_count, found.latest_year) == (2, 1, 1, 2027)
    assert found.unknown == {"added_gfa_m2": 1, "cost_wan": 1, "town_code": 1}


def test_alternatives_leave_out_as_many_plots_as_asked() -> None:
    plots = candidates_of({name: [10, 10, 1, 2027, 50, "东", True] for name in "甲乙丙丁戊己庚"})
    question = Question(limits=Limits(area_m2=30.0), differ=2, alternatives=2, seconds=SECONDS)
    found = choose(plots, question)
    assert found.choice is not None
    chosen = [set(found.choice.codes), *(set(other.codes) for other in found.alternatives)]
    assert len(chosen) == 3
    for one, other in combinations(chosen, 2):
        assert len(one - other) >= 2


def test_no_alternatives_are_sought_where_none_are_wanted() -> None:
    plots = candidates_of({name: [10, 10, 1, 2027, 50, "东", True] for name in "甲乙丙"})
    question = Question(limits=Limits(area_m2=10.0), alternatives=0, seconds=SECONDS)
    assert choose(plots, question).alternatives == ()


def best_by_trying(plots: pd.DataFrame, limits: Limits) -> float:
    """The least cost of any set that keeps the limits; infinite where none does."""
    best = np.inf
    towns = set(plots["town_code"])
    for size in range(len(plots) + 1):
        for rows in combinations(range(len(plots)), size):
            some = plots.iloc[list(rows)]
            kept = (
                some["area_m2"].sum() >= (limits.area_m2 or 0)
                and some["added_gfa_m2"].sum() >= (limits.gfa_m2 or 0)
                and size <= (limits.projects or 99)
                and (limits.towns is None or set(some["town_code"]) == towns)
                and (limits.outside is None or bool(some["is_inside_line"].all()))
            )
            best = min(best, float(some["cost_wan"].sum())) if kept else best
    return best


@given(st.data())
@settings(max_examples=25)
def test_cost_is_that_of_trying_everything(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 6))
    whole = st.integers(1, 20)
    plots = candidates_of(
        {
            f"P{number}": [
                data.draw(whole), data.draw(whole), data.draw(whole), 2027, 50, data.draw(st.sampled_from("东西")),
                data.draw(st.booleans()),
            ]
            for number in range(count)
        }
    )  # fmt: skip
    limits = Limits(
        area_m2=float(data.draw(st.integers(1, 60))),
        gfa_m2=data.draw(st.one_of(st.none(), st.floats(1, 60).map(round).map(float))),
        projects=data.draw(st.one_of(st.none(), st.integers(1, 5))),
        outside=data.draw(st.sampled_from([None, 0])),
        towns=data.draw(st.sampled_from([None, 0])),
    )
    found = choose(plots, Question(limits=limits, objective="cost", alternatives=0, seconds=SECONDS))
    expected = best_by_trying(plots, limits)
    assert (np.inf if found.choice is None else found.choice.cost_wan) == expected
    if found.choice is None:
        assert (
            found.relaxations or limits.area_m2
        )  # what cannot be reached at all has no way out but the goals


def test_goals_and_limits_are_told_apart() -> None:
    assert not Limits(projects=3, budget_wan=1.0, year=2027, outside=0).has_goal
    assert all(goal.has_goal for goal in (Limits(area_m2=1.0), Limits(gfa_m2=1.0), Limits(towns=0)))
    assert Limits(towns=0, area_m2=1.0, projects=3).asked == ("area", "projects", "towns")


def test_search_for_ways_out_ends_when_time_is_over() -> None:
    plots = candidates_of({"甲": [30, 10, 1, 2027, 90, "东", True]})
    found = choose(plots, Question(limits=Limits(area_m2=50.0), seconds=0.0))
    assert found.is_infeasible
    assert found.relaxations == ()
