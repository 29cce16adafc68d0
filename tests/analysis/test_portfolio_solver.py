"""The solver: the same answers with its core and without, limits kept to the last digit, time limits told."""

import itertools

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import Bounds, LinearConstraint, milp

from geoapp.analysis.portfolio_solver import Clock, Programme, excluded, solve


def programme(cost: list[float], rows: list[list[float]], lows: list[float], highs: list[float]) -> Programme:
    return Programme(
        cost=np.array(cost), rows=np.array(rows), lows=np.array(lows), highs=np.array(highs),
    )  # fmt: skip


def knapsack(count: int, seed: int) -> Programme:
    rng = np.random.default_rng(seed)
    area, floor = rng.lognormal(10, 0.8, count), rng.lognormal(9, 0.8, count)
    town = rng.integers(0, 4, count)
    rows = [area, floor, *((town == number).astype(float) for number in range(4))]
    cost = floor * 0.25 + rng.uniform(100, 900, count)
    return Programme(
        cost=cost, rows=np.array(rows), lows=np.array([area.sum() * 0.05, floor.sum() * 0.05, 1, 1, 1, 1]),
        highs=np.full(6, np.inf),
    )  # fmt: skip


def test_core_and_fixed_columns_lose_nothing() -> None:
    asked = knapsack(80, 1)
    peer = milp(
        asked.cost, integrality=np.ones(80), bounds=Bounds(0, 1),
        constraints=LinearConstraint(asked.rows, asked.lows, asked.highs), options={"mip_rel_gap": 1e-3},
    )  # fmt: skip
    found = solve(asked, seconds=60.0, gap=1e-3, cores=(20,))
    assert found.value == pytest.approx(peer.fun, rel=2e-3)
    assert found.gap <= 1e-3
    assert found.bound <= found.value * (1 + 1e-9)


def test_a_core_too_small_gives_way_to_a_larger_one() -> None:
    # The relaxation takes a and a third of b; only c and d together make 4
    asked = programme([1.0, 1.01, 1.0, 1.02], [[3.0, 3.0, 2.0, 2.0]], [4.0], [4.0])
    found = solve(asked, seconds=10.0, gap=0.0, cores=(1, 2, 3))
    assert found.x is not None
    assert found.x.tolist() == [0.0, 0.0, 1.0, 1.0]


def test_what_a_core_finds_gives_way_to_what_is_cheaper() -> None:
    # The relaxation takes a and a seventh of c; with a kept c makes 11 for 7, c alone makes 7 of the 5 for 6
    asked = programme([1.0, 9.0, 6.0], [[4.0, 7.0, 7.0]], [5.0], [np.inf])
    found = solve(asked, seconds=10.0, gap=0.0, cores=(1,))
    assert found.x is not None
    assert found.x.tolist() == [0.0, 0.0, 1.0]
    assert found.gap == 0


whole = st.integers(1, 9)


@settings(max_examples=60)
@given(
    columns=st.lists(st.tuples(whole, whole, whole), min_size=3, max_size=8),
    goal=st.integers(1, 40),
    most=st.integers(1, 5),
    cores=st.sampled_from([(1,), (1, 2), (3,), ()]),
)
def test_any_core_gives_what_trying_everything_gives(
    columns: list[tuple[int, int, int]], goal: int, most: int, cores: tuple[int, ...]
) -> None:
    cost, area, floor = (np.array(values, float) for values in zip(*columns, strict=True))
    ones = np.ones(len(columns))
    asked = programme(
        cost.tolist(), [area.tolist(), floor.tolist(), ones.tolist()], [goal, goal / 2, -np.inf],
        [np.inf, np.inf, most],
    )  # fmt: skip
    every = (np.array(x, float) for x in itertools.product([0, 1], repeat=len(columns)))
    best = min((float(cost @ x) for x in every if asked.is_kept(x)), default=np.inf)
    found = solve(asked, seconds=30.0, gap=0.0, cores=cores)
    assert found.value == best
    assert found.gap == (np.inf if best == np.inf else 0.0)
    assert found.is_infeasible == (best == np.inf)


def test_what_the_relaxation_has_is_enough_where_it_is_whole() -> None:
    found = solve(programme([1.0, 2.0], [[1.0, 1.0]], [1.0], [np.inf]), seconds=10.0, gap=0.0)
    assert found.x is not None
    assert found.x.tolist() == [1.0, 0.0]
    assert found.gap == 0


def test_no_solution_is_proved() -> None:
    found = solve(programme([1.0], [[1.0]], [2.0], [np.inf]), seconds=10.0, gap=0.0)
    assert found.is_infeasible
    assert found.x is None
    assert found.gap == np.inf


def test_no_whole_solution_is_proved_too() -> None:
    # Half of each keeps the row, neither of them whole does
    found = solve(programme([1.0, 1.0], [[2.0, 2.0]], [1.0], [1.0]), seconds=10.0, gap=0.0)
    assert found.is_infeasible


def test_goal_missed_by_a_hair_is_missed() -> None:
    # HiGHS would take 1 - 5e-8 for 1
    short = 1.0 - 5e-8
    found = solve(programme([1.0, 5.0], [[short, 1.0]], [1.0], [np.inf]), seconds=10.0, gap=0.0)
    assert found.x is not None
    assert found.x.tolist() == [0.0, 1.0]
    assert solve(programme([1.0], [[short]], [1.0], [np.inf]), seconds=10.0, gap=0.0).is_infeasible


def test_too_many_hairs_are_given_up() -> None:
    short = 1.0 - 5e-8
    asked = programme([1.0] * 40, [[short] * 40, [1.0] * 40], [1.0, -np.inf], [np.inf, 1.0])
    found = solve(asked, seconds=20.0, gap=0.0)
    assert found.x is None
    assert not found.is_infeasible


def test_time_that_is_over_leaves_a_gap_or_nothing_but_no_wrong_answer() -> None:
    asked = knapsack(3_000, 7)
    asked = asked.with_row(np.ones(3_000), -np.inf, 45.0)
    found = solve(asked, seconds=0.0, gap=0.0)
    assert not found.is_infeasible
    if found.x is not None:
        assert asked.is_kept(found.x)
        assert found.bound <= found.value


def test_clock_never_runs_out_wholly() -> None:
    assert Clock(0.0).left > 0
    assert Clock(100.0).left > 99


def test_excluded_choices_and_their_like_stay_out() -> None:
    asked = programme([1.0, 1.0, 1.5], [[1.0, 1.0, 1.0]], [1.0], [np.inf])
    first = np.array([True, False, False])
    found = solve(excluded(asked, [first, np.array([False, True, False])], 1), seconds=10.0, gap=0.0)
    assert found.x is not None
    assert found.x.tolist() == [0.0, 0.0, 1.0]


def test_a_gap_that_is_allowed_ends_the_search_at_the_core() -> None:
    found = solve(knapsack(60, 1), seconds=30.0, gap=0.5, cores=(20,))
    assert found.x is not None
    assert 0 <= found.gap <= 0.5
