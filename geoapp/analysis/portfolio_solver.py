"""Mixed-integer programmes with thousands of yes-or-no columns and a dozen rows, solved exactly by HiGHS.

Such a programme is hard only around a few columns: its linear relaxation has at most as many broken columns as rows,
and a column whose reduced cost is larger than the distance between the relaxation and a solution that is known can be
fixed for good. So a core of columns gives a solution first, the reduced costs fix the others, and what is left is
solved to the end. Nothing is lost: a fixed column is in no better solution.

Source: E. Balas, E. Zemel, An algorithm for large zero-one knapsack problems, Operations Research 28 (1980).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

Floats = NDArray[np.float64]
CORES = (150, 1000)
"""Columns of the first attempts; what no core solves is solved whole."""
_CORE_SHARE = 0.3
"""Of the time: for all attempts together."""
_TOLERANCE = 1e-9
"""Relative: what a row may miss its limit by, and what counts as no difference."""
_LEAST_S = 0.2
_MOST_REPAIRS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """Minimise cost @ x where lows <= rows @ x <= highs, every x being 0 or 1."""

    cost: Floats
    rows: Floats
    """(row, column)."""
    lows: Floats
    highs: Floats

    def with_row(self, row: Floats, low: float, high: float) -> "Programme":
        """Return it with one row more."""
        return replace(
            self,
            rows=np.vstack([self.rows, row]),
            lows=np.append(self.lows, low),
            highs=np.append(self.highs, high),
        )

    def is_kept(self, x: Floats) -> bool:
        """Return whether a solution keeps every row, more strictly than the solver asks."""
        activity = self.rows @ x
        slack = _TOLERANCE * np.maximum(1.0, np.abs(self.rows) @ np.abs(x))
        return bool(np.all(activity >= self.lows - slack) and np.all(activity <= self.highs + slack))


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What the solver found."""

    x: Floats | None
    """None where there is no solution, or none was found in time."""
    value: float
    """cost @ x; infinite without one."""
    bound: float
    """No solution is below; infinite where there is none at all."""
    is_infeasible: bool = False
    """Proved: there is none."""

    @property
    def gap(self) -> float:
        """By how much of its value the solution may be above the best; 0 where it is proved."""
        if self.x is None:
            return np.inf
        distance = max(0.0, self.value - self.bound)
        return (
            0.0
            if distance <= _TOLERANCE * max(1.0, abs(self.value))
            else distance / max(abs(self.value), _TOLERANCE)
        )


_NO_SOLUTION = Solution(x=None, value=np.inf, bound=np.inf, is_infeasible=True)


@dataclass(slots=True)
class Clock:
    """The time that one question may take."""

    seconds: float
    started: float = field(default_factory=time.perf_counter)

    @property
    def used(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    @property
    def is_over(self) -> bool:
        """Whether the time has passed."""
        return self.used >= self.seconds

    @property
    def left(self) -> float:
        """Seconds to go, never less than a moment."""
        return max(_LEAST_S, self.seconds - self.used)


def solve(programme: Programme, *, seconds: float, gap: float, cores: tuple[int, ...] = CORES) -> Solution:
    """Return the best solution, or the best found in time with its gap.

    Parameters
    ----------
    programme : Programme
    seconds : float
        Time limit; a moment more is taken where there is no solution yet.
    gap : float
        Relative distance from the best at which to stop, 0 for none.
    cores : tuple of int
        Columns of the first attempts.

    Returns
    -------
    Solution
        It keeps every row to nine digits: one that the tolerance of HiGHS let through is cut off, and another sought.
    """
    clock = Clock(seconds)
    bound = -np.inf
    for _ in range(_MOST_REPAIRS):
        found = _solve(programme, clock, gap, cores)
        bound = max(bound, found.bound)
        if found.x is None or programme.is_kept(found.x):
            return replace(found, bound=max(bound, found.bound))
        programme = _without(programme, found.x)
    return Solution(x=None, value=np.inf, bound=bound)


def _without(programme: Programme, x: Floats) -> Programme:
    """Return the programme without one solution: at least one column must differ."""
    signs = np.where(x > 0.5, -1.0, 1.0)
    return programme.with_row(signs, 1.0 - float(np.sum(signs < 0)), np.inf)


def _solve(programme: Programme, clock: Clock, gap: float, cores: tuple[int, ...]) -> Solution:
    relaxed = _relax(programme)
    if relaxed is None:
        return _NO_SOLUTION
    value, x, reduced = relaxed
    known = Solution(x=None, value=np.inf, bound=-np.inf)
    for size in (size for size in cores if size < len(x)):
        known = _restricted(programme, x, _core(x, reduced, size), _attempt_s(clock, cores), gap)
        if known.x is not None:
            break
    if known.x is not None:
        known = replace(known, bound=min(value, known.value))
        if known.gap <= gap:
            return known
    is_free = _free_columns(x, reduced, known.value - value)
    found = _restricted(programme, x, is_free, clock.left, gap)
    if known.x is None:
        return found
    if found.x is None or found.value >= known.value:
        # What is fixed is in no better solution, so the bound of the rest holds up to the one that is known.
        return replace(known, bound=max(value, min(known.value, found.bound)))
    return replace(found, bound=max(value, min(found.value, found.bound)))


def _attempt_s(clock: Clock, cores: tuple[int, ...]) -> float:
    return min(clock.left, max(_LEAST_S, _CORE_SHARE * clock.seconds / len(cores)))


def _core(x: Floats, reduced: Floats, size: int) -> NDArray[np.bool_]:
    """Return the columns that are the least decided; the others stay as the relaxation has them."""
    is_free: NDArray[np.bool_] = np.abs(x - np.round(x)) > _TOLERANCE
    is_free[np.argsort(np.abs(reduced), kind="stable")[:size]] = True
    return is_free


def _free_columns(x: Floats, reduced: Floats, distance: float) -> NDArray[np.bool_]:
    """Return the columns that a better solution may have otherwise than the relaxation."""
    is_whole = np.abs(x - np.round(x)) <= _TOLERANCE
    is_fixed: NDArray[np.bool_] = is_whole & (np.abs(reduced) > distance * (1 + 1e-6) + 1e-9)
    return ~is_fixed


def _relax(programme: Programme) -> tuple[float, Floats, Floats] | None:
    """Return value, solution and reduced costs of the linear relaxation; None where it has no solution."""
    has_low, has_high = np.isfinite(programme.lows), np.isfinite(programme.highs)
    scale = _row_scale(programme.rows)
    rows = programme.rows / scale[:, None]
    below = np.vstack([-rows[has_low], rows[has_high]])
    limits = np.concatenate([-(programme.lows / scale)[has_low], (programme.highs / scale)[has_high]])
    answer = linprog(programme.cost, A_ub=below, b_ub=limits, bounds=(0, 1), method="highs")
    if answer.x is None:
        return None
    return (
        float(answer.fun),
        np.asarray(answer.x),
        np.asarray(answer.lower.marginals + answer.upper.marginals),
    )


def _row_scale(rows: Floats) -> Floats:
    """Return the largest number of each row, so that square metres and counts weigh alike."""
    largest: Floats = np.abs(rows).max(axis=1, initial=0.0)
    return np.where(largest > 0, largest, 1.0)


def _restricted(
    programme: Programme, x: Floats, is_free: NDArray[np.bool_], seconds: float, gap: float
) -> Solution:
    """Return the best solution with all columns but the free ones as they are."""
    fixed = np.round(x) * ~is_free
    taken = programme.rows @ fixed
    scale = _row_scale(programme.rows[:, is_free])
    answer = milp(
        programme.cost[is_free],
        integrality=np.ones(int(is_free.sum())),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(
            programme.rows[:, is_free] / scale[:, None],
            (programme.lows - taken) / scale,
            (programme.highs - taken) / scale,
        ),
        options={"time_limit": seconds, "mip_rel_gap": gap},
    )
    offset = float(programme.cost @ fixed)
    if answer.x is None:
        return _NO_SOLUTION if answer.status == _INFEASIBLE else Solution(x=None, value=np.inf, bound=-np.inf)
    found = fixed.copy()
    found[is_free] = np.round(answer.x)
    bound = offset + (float(answer.fun) if answer.mip_dual_bound is None else float(answer.mip_dual_bound))
    return Solution(x=found, value=float(programme.cost @ found), bound=bound)


_INFEASIBLE = 2


def excluded(programme: Programme, chosen: Sequence[NDArray[np.bool_]], differ: int) -> Programme:
    """Return the programme without some choices and all that keep more than all but *differ* of their columns.

    Parameters
    ----------
    programme : Programme
    chosen : sequence of bool arrays, one value per column
    differ : int
        How many of a choice's columns another one has to leave out, at least; at most all of them.
    """
    for choice in chosen:
        count = int(choice.sum())
        programme = programme.with_row(choice.astype("float64"), -np.inf, count - min(differ, count))
    return programme
