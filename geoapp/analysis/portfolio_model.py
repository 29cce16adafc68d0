"""Candidates and limits as a mixed-integer programme, and a solution as a choice of plots."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.analysis.portfolio_solver import Programme
from geoapp.domain.portfolio import Choice, Limits, Question

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The candidates of a question as arrays, one value per candidate; unknown amounts reach nothing."""

    codes: NDArray[np.object_]
    area_m2: Floats
    gfa_m2: Floats
    cost_wan: Floats
    """NaN where unknown."""
    score: Floats
    year: Floats
    town: NDArray[np.int64]
    """Position in `towns`, -1 where unknown."""
    towns: tuple[str, ...]
    """All that have a candidate."""
    is_outside: Flags
    is_open: Flags
    """May be chosen at all: what the limits ask about it is known, and nobody excluded it."""
    unknown: Mapping[str, Flags]
    left_out: Mapping[str, int]

    def usable(self, limits: Limits) -> Flags:
        """Return which candidates may be chosen under limits."""
        usable = self.is_open.copy()
        if limits.year is not None:
            usable &= ~(self.year > limits.year)
        if limits.outside == 0:
            usable &= ~self.is_outside
        return usable


def pool_of(candidates: pd.DataFrame, question: Question) -> Pool:
    """Return the candidates as arrays, and why some cannot be chosen.

    Parameters
    ----------
    candidates : DataFrame, indexed by plot_code
        area_m2, added_gfa_m2 (m2), cost_wan (万元), ready_year, score (0 to 100), NaN where unknown; town_code (text,
        missing where unknown), is_inside_line (boolean).
    question : Question

    Returns
    -------
    Pool
        Unknown area or floor area counts as nothing, so that what is reached is reached for sure; unknown cost, year
        or place leaves a candidate out where a limit or the objective asks for it.
    """
    limits = question.limits
    cost, year = candidates["cost_wan"].to_numpy(float), candidates["ready_year"].to_numpy(float)
    inside = candidates["is_inside_line"].astype("boolean")
    is_outside = (~inside).fillna(value=False).to_numpy(bool)
    needs_cost = limits.budget_wan is not None or question.objective == "cost"
    none = np.zeros(len(candidates), bool)
    reasons = {
        "excluded": candidates.index.isin(question.excluded),
        "uncosted": np.isnan(cost) if needs_cost else none,
        "undated": np.isnan(year) if limits.year is not None else none,
        "unplaced": inside.isna().to_numpy(bool) if limits.outside is not None else none,
    }
    barred = {
        "late": year > limits.year if limits.year is not None else none,
        "outside": is_outside if limits.outside == 0 else none,
    }
    town_codes = candidates["town_code"]
    towns = tuple(sorted(town_codes.dropna().unique()))
    return Pool(
        codes=candidates.index.to_numpy(dtype=object),
        area_m2=np.nan_to_num(candidates["area_m2"].to_numpy(float)),
        gfa_m2=np.nan_to_num(candidates["added_gfa_m2"].to_numpy(float)),
        cost_wan=cost,
        score=np.nan_to_num(candidates["score"].to_numpy(float)),
        year=year,
        town=pd.Categorical(town_codes, categories=list(towns)).codes.astype(np.int64),
        towns=towns,
        is_outside=is_outside,
        is_open=~np.logical_or.reduce([none, *reasons.values()]),
        unknown={
            name: candidates[name].isna().to_numpy(bool)
            for name in ("area_m2", "added_gfa_m2", "cost_wan", "score", "town_code")
        },
        left_out=_first_reasons(reasons | barred, none),
    )


def _first_reasons(reasons: Mapping[str, Flags], none: Flags) -> dict[str, int]:
    """Return how many candidates each reason leaves out, each candidate under its first."""
    taken, counts = none.copy(), {}
    for name, flags in reasons.items():
        counts[name] = int((flags & ~taken).sum())
        taken |= flags
    return {name: count for name, count in counts.items() if count}


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A programme over the usable candidates; towns that may stay without a project have a column each behind them."""

    programme: Programme
    rows: NDArray[np.intp]
    """Positions of the candidates in the pool, one per column."""


def model_of(pool: Pool, limits: Limits, objective: str) -> Model:
    """Return the programme whose best solution is the best choice.

    Parameters
    ----------
    pool : Pool
    limits : Limits
    objective : str
        projects (fewest), cost (least), score (highest sum), area or gfa (most), outside (fewest
        outside the line) or towns (fewest without a project).
    """
    rows = np.flatnonzero(pool.usable(limits))
    has_slack = limits.towns != 0
    slack_count = len(pool.towns) if has_slack and (limits.towns is not None or objective == "towns") else 0
    costs = np.concatenate([_costs(pool, rows, objective), np.full(slack_count, float(objective == "towns"))])
    lines = [*_amounts(pool, rows, limits), *_town_rows(pool, rows, limits, slack_count)]
    columns = len(rows) + slack_count
    matrix = np.zeros((len(lines), columns))
    for number, (values, _, _) in enumerate(lines):
        matrix[number, : len(values)] = values
    programme = Programme(
        cost=costs,
        rows=matrix,
        lows=np.array([low for _, low, _ in lines], dtype=float),
        highs=np.array([high for _, _, high in lines], dtype=float),
    )
    return Model(programme=programme, rows=rows)


_Line = tuple[Floats, float, float]


def _amounts(pool: Pool, rows: NDArray[np.intp], limits: Limits) -> list[_Line]:
    ones = np.ones(len(rows))
    lines: list[_Line] = []
    if limits.area_m2 is not None:
        lines.append((pool.area_m2[rows], limits.area_m2, np.inf))
    if limits.gfa_m2 is not None:
        lines.append((pool.gfa_m2[rows], limits.gfa_m2, np.inf))
    if limits.projects is not None:
        lines.append((ones, -np.inf, float(limits.projects)))
    if limits.budget_wan is not None:
        lines.append((pool.cost_wan[rows], -np.inf, limits.budget_wan))
    if limits.outside:
        lines.append((pool.is_outside[rows].astype(float), -np.inf, float(limits.outside)))
    return lines


def _town_rows(pool: Pool, rows: NDArray[np.intp], limits: Limits, slack_count: int) -> list[_Line]:
    """Return one row per town, with its own column that stands for its absence where that is allowed."""
    if limits.towns is None and not slack_count:
        return []
    lines: list[_Line] = []
    for number in range(len(pool.towns)):
        row = np.zeros(len(rows) + slack_count)
        row[: len(rows)] = pool.town[rows] == number
        if slack_count:
            row[len(rows) + number] = 1.0
        lines.append((row, 1.0, np.inf))
    if slack_count and limits.towns is not None:
        absent = np.concatenate([np.zeros(len(rows)), np.ones(slack_count)])
        lines.append((absent, -np.inf, float(limits.towns)))
    return lines


def _costs(pool: Pool, rows: NDArray[np.intp], objective: str) -> Floats:
    """Return what each candidate adds to what is minimised."""
    costs: Mapping[str, Floats] = {
        "projects": np.ones(len(rows)),
        "cost": pool.cost_wan[rows],
        "score": -pool.score[rows],
        "area": -pool.area_m2[rows],
        "gfa": -pool.gfa_m2[rows],
        "outside": pool.is_outside[rows].astype(float),
        "towns": np.zeros(len(rows)),
    }
    return costs[objective]


def choice_of(pool: Pool, model: Model, x: Floats, gap: float) -> Choice:
    """Return the plots that a solution takes, with their sums."""
    rows = model.rows[x[: len(model.rows)] > 0.5]
    cost = pool.cost_wan[rows]
    towns = set(pool.town[rows].tolist()) - {-1}
    years = pool.year[rows][~np.isnan(pool.year[rows])]
    unknown = {name: int(flags[rows].sum()) for name, flags in pool.unknown.items()}
    return Choice(
        codes=tuple(pool.codes[rows]),
        area_m2=float(pool.area_m2[rows].sum()),
        gfa_m2=float(pool.gfa_m2[rows].sum()),
        cost_wan=None if np.isnan(cost).any() else float(cost.sum()),
        score=float(pool.score[rows].sum()),
        outside_count=int(pool.is_outside[rows].sum()),
        town_count=len(towns),
        missing_towns=tuple(code for number, code in enumerate(pool.towns) if number not in towns),
        latest_year=int(years.max()) if len(years) else None,
        unknown={name: count for name, count in unknown.items() if count},
        gap=gap,
    )
