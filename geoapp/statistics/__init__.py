"""One module per statistic, each with STATISTIC; a new one is a new file here and its cases under tests/statistics."""

import importlib
import pkgutil
from collections.abc import Sequence
from datetime import date

import pandas as pd

from geoapp.domain.policy import Policy
from geoapp.domain.statistic import DatedStatistic, Statistic, StatisticColumn, ZoneWeights


def find_statistics(policy: Policy | None = None, day: date | None = None) -> list[Statistic]:
    """Return the statistics of all modules here, from the left of the table to the right.

    Parameters
    ----------
    policy : Policy, optional
        The rule book. Statistics whose numbers do not hold yet on the day are left out; without a rule book and a day
        all that need one are.
    day : date, optional
    """
    found = [_on_day(statistic, policy, day) for statistic in _modules()]
    return sorted(
        (statistic for statistic in found if statistic is not None), key=lambda found: (found.order, found.id)
    )


def statistic_words() -> dict[str, str]:
    """Return the Chinese names of all statistics by id, whether or not their numbers hold on some day."""
    return {statistic.id: statistic.zh for statistic in _modules()}


def _modules() -> list[Statistic | DatedStatistic]:
    names = [name for _, name, _ in pkgutil.iter_modules(__path__)]
    return [importlib.import_module(f"{__name__}.{name}").STATISTIC for name in names]


def _on_day(
    statistic: Statistic | DatedStatistic, policy: Policy | None, day: date | None
) -> Statistic | None:
    if isinstance(statistic, Statistic):
        return statistic
    if policy is None or day is None:
        return None
    numbers = {name: policy.number(name) for name in statistic.thresholds}
    if not all(number.is_in_force(day) for number in numbers.values()):
        return None
    return statistic.on({name: number.on(day) for name, number in numbers.items()})


def statistic_columns(statistics: Sequence[Statistic]) -> list[StatisticColumn]:
    """Return the columns of a table of these statistics, in order."""
    return [column for statistic in statistics for column in statistic.columns]


def compute_statistics(
    facts: pd.DataFrame, weights: ZoneWeights, statistics: Sequence[Statistic] | None = None
) -> pd.DataFrame:
    """Return the numbers of a zone table.

    Parameters
    ----------
    facts : DataFrame, one row per plot
        Columns that the statistics need (areas in m2, NaN where unknown). Not changed.
    weights : ZoneWeights
        Of the same plots in the same order.
    statistics : sequence of Statistic, optional
        All of them if left out.

    Returns
    -------
    DataFrame of float, one row per row of the weights (zones, outside, total), one column per StatisticColumn
        In m2 and shares from 0 to 1; NaN where not known.

    Raises
    ------
    KeyError
        The facts lack a column.
    """
    chosen = find_statistics() if statistics is None else statistics
    # Plots are told apart by their place alone: an index of codes would be hashed by every turn into an array.
    placed = facts.reset_index(drop=True)
    numbers = {
        name: values for statistic in chosen for name, values in statistic.compute(placed, weights).items()
    }
    ordered = [column.name for column in statistic_columns(chosen)]
    return pd.DataFrame(
        {name: numbers[name] for name in ordered}, index=range(weights.row_count), dtype=float
    )
