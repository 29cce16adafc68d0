"""One module per statistic, each with STATISTIC; a new one is a new file here and its cases under tests/statistics."""

import importlib
import pkgutil
from collections.abc import Sequence

import pandas as pd

from geoapp.domain.statistic import Statistic, StatisticColumn, ZoneWeights


def find_statistics() -> list[Statistic]:
    """Return the statistics of all modules here, from the left of the table to the right."""
    names = [name for _, name, _ in pkgutil.iter_modules(__path__)]
    statistics: list[Statistic] = [importlib.import_module(f"{__name__}.{name}").STATISTIC for name in names]
    return sorted(statistics, key=lambda statistic: (statistic.order, statistic.id))


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
    numbers = {
        name: values for statistic in chosen for name, values in statistic.compute(facts, weights).items()
    }
    ordered = [column.name for column in statistic_columns(chosen)]
    return pd.DataFrame(
        {name: numbers[name] for name in ordered}, index=range(weights.row_count), dtype=float
    )
