"""Number of plots (宗数)."""

import numpy as np
import pandas as pd

from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights


def count_plots(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return how many plots are counted in each row; every plot in exactly one, so that they add up."""
    return {"plot_count": weights.counts @ np.ones(len(facts))}


STATISTIC = Statistic(
    id="plot_count", zh="宗数", en="Plots", order=10, needs=(), compute=count_plots,
    columns=(
        StatisticColumn(
            name="plot_count", zh="宗数", en="Plots", unit="count",
            formula="每宗地只计入一个分区：按裁切面积和最大占比时为占比最大的分区，按形心时为形心所在分区",
        ),
    ),
)  # fmt: skip
