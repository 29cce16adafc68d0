"""Choosing plots: the best that keeps all limits, the next best, or which limits stand in the way and how far."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from geoapp.analysis.portfolio_model import Flags, Model, Pool, choice_of, model_of, pool_of
from geoapp.analysis.portfolio_solver import Clock, Solution, excluded, solve
from geoapp.domain.portfolio import Choice, Limits, Portfolio, Question, Relaxation

_RELAXED_GAP = 1e-4
_FIRST_FOUND = 1.0
"""A gap that the first solution satisfies: only whether there is one is asked."""
_SHARE_OF_RELAXATION = 0.1
"""Of the time, for each limit looked at."""


def choose(candidates: pd.DataFrame, question: Question) -> Portfolio:
    """Return the best choice of plots with its alternatives; where there is none, what to relax.

    Parameters
    ----------
    candidates : DataFrame, indexed by plot_code
        See `portfolio_model.pool_of`.
    question : Question

    Returns
    -------
    Portfolio
        `choice.gap` is 0 where it is proved to be the best; otherwise it may be off by that much at most.

    Examples
    --------
    >>> plots = pd.DataFrame(
    ...     {"area_m2": [4e4, 3e4, 3e4], "added_gfa_m2": 1e4, "cost_wan": 100.0, "ready_year": 2027, "score": 50.0,
    ...      "town_code": ["T1", "T1", "T2"], "is_inside_line": True}, index=["A", "B", "C"])
    >>> choose(plots, Question(limits=Limits(area_m2=7e4, projects=2, towns=0))).choice.codes
    ('A', 'C')
    """
    clock = Clock(question.seconds)
    pool = pool_of(candidates, question)
    found = _best_choice(pool, question, [], question.seconds)
    nothing = Portfolio(
        choice=None,
        is_infeasible=found.is_infeasible,
        candidate_count=len(candidates),
        usable_count=int(pool.usable(question.limits).sum()),
        left_out=pool.left_out,
    )
    if found.x is None:
        relaxations = _relaxations(pool, question) if found.is_infeasible else ()
        return replace(nothing, relaxations=relaxations, seconds=clock.used)
    choices = [found, *_alternatives(pool, found, question)]
    model = model_of(pool, question.limits, question.objective)
    first, *others = (choice_of(pool, model, each.x, each.gap) for each in choices if each.x is not None)
    return replace(nothing, choice=first, alternatives=tuple(others), seconds=clock.used)


def _best_choice(pool: Pool, question: Question, seen: Sequence[Flags], seconds: float) -> Solution:
    """Return the best solution that differs from those seen; of the fewest projects the one with the highest score."""
    limits = question.limits
    found = _best(model_of(pool, limits, question.objective), seen, question, seconds, question.gap)
    if found.x is None or question.objective != "projects":
        return found
    as_few = replace(limits, projects=int(np.round(found.value)))
    scored = _best(model_of(pool, as_few, "score"), seen, question, seconds, question.gap)
    return found if scored.x is None else replace(found, x=scored.x)


def _best(model: Model, seen: Sequence[Flags], question: Question, seconds: float, gap: float) -> Solution:
    """Return the best solution; of nothing to choose from the empty one, where that keeps the limits."""
    programme = excluded(model.programme, seen, question.differ)
    if len(programme.cost):
        return solve(programme, seconds=seconds, gap=gap)
    x = np.zeros(0)
    if programme.is_kept(x):
        return Solution(x=x, value=0.0, bound=0.0)
    return Solution(x=None, value=np.inf, bound=np.inf, is_infeasible=True)


def _alternatives(pool: Pool, first: Solution, question: Question) -> list[Solution]:
    """Return the next-best choices: each leaves out some plots of every choice before it."""
    seen, found = [_chosen(first)], list[Solution]()
    for _ in range(question.alternatives if seen[0].any() else 0):
        following = _best_choice(pool, question, seen, question.seconds / question.alternatives)
        if following.x is None:
            break
        seen.append(_chosen(following))
        found.append(following)
    return found


def _chosen(solution: Solution) -> Flags:
    return np.asarray(solution.x) > 0.5


def _relaxations(pool: Pool, question: Question) -> tuple[Relaxation, ...]:
    """Return all smallest sets of limits whose relaxing makes a choice possible; those found before time is over."""
    clock, asked = Clock(question.seconds), question.limits.asked
    for size in range(1, len(asked) + 1):
        tried = (_relax(pool, question, names) for names in combinations(asked, size) if not clock.is_over)
        found = tuple(relaxation for relaxation in tried if relaxation is not None)
        if found:
            return found
    return ()


def _relax(pool: Pool, question: Question, names: tuple[str, ...]) -> Relaxation | None:
    """Return how far some limits must give way, one after the other; None where that is not enough."""
    limits = _free(question.limits, names)
    if _first(pool, limits, question) is None:
        return None
    reached: dict[str, float] = {}
    choice = None
    for number, name in enumerate(names):
        found = _RELAXED[name](pool, _free(limits, names[number:]), question)
        if found is None:
            return None
        reached[name], choice = found
        limits = _with(limits, name, reached[name])
    return None if choice is None else Relaxation(reached=reached, choice=choice)


_FIELDS = {
    "area": "area_m2", "gfa": "gfa_m2", "projects": "projects", "budget": "budget_wan", "year": "year",
    "outside": "outside", "towns": "towns",
}  # fmt: skip
_WHOLE = ("projects", "year", "outside", "towns")


def _free(limits: Limits, names: tuple[str, ...]) -> Limits:
    return replace(limits, **{_FIELDS[name]: None for name in names})


def _with(limits: Limits, name: str, value: float) -> Limits:
    changes: dict[str, Any] = {_FIELDS[name]: int(value) if name in _WHOLE else value}
    return replace(limits, **changes)


def _first(pool: Pool, limits: Limits, question: Question) -> Choice | None:
    """Return any choice that keeps limits."""
    return _optimum(pool, limits, "projects", question, _FIRST_FOUND)


def _optimum(
    pool: Pool, limits: Limits, objective: str, question: Question, gap: float = _RELAXED_GAP
) -> Choice | None:
    model = model_of(pool, limits, objective)
    found = _best(model, (), question, question.seconds * _SHARE_OF_RELAXATION, gap)
    return None if found.x is None else choice_of(pool, model, found.x, found.gap)


_Reached = tuple[float, Choice]
_GOALS = ("area", "gfa")


def _by(
    objective: str, value: Callable[[Choice], float]
) -> Callable[[Pool, Limits, Question], _Reached | None]:
    """Return what looks for the least that a limit must give way."""

    def reach(pool: Pool, limits: Limits, question: Question) -> _Reached | None:
        choice = _optimum(pool, limits, objective, question)
        is_nothing = choice is None or (objective in _GOALS and value(choice) <= 0)  # giving up is no way out
        return None if choice is None or is_nothing else (value(choice), choice)

    return reach


def _by_year(pool: Pool, limits: Limits, question: Question) -> _Reached | None:
    """Return the first year in which the goals can be reached."""
    years = np.unique(pool.year[pool.is_open & ~np.isnan(pool.year)]).tolist()
    tried = ((year, _first(pool, _with(limits, "year", year), question)) for year in years)
    return next(((year, choice) for year, choice in tried if choice is not None), None)


_RELAXED: Mapping[str, Callable[[Pool, Limits, Question], _Reached | None]] = {
    "area": _by("area", lambda choice: choice.area_m2),
    "gfa": _by("gfa", lambda choice: choice.gfa_m2),
    "projects": _by("projects", lambda choice: float(choice.project_count)),
    "budget": _by("cost", lambda choice: choice.cost_wan or 0.0),
    "year": _by_year,
    "outside": _by("outside", lambda choice: float(choice.outside_count)),
    "towns": _by("towns", lambda choice: float(len(choice.missing_towns))),
}
