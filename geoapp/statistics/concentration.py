"""Concentration of land (用地集中度): what the largest plots hold of it."""

from functools import partial

import pandas as pd

from geoapp.analysis.distribution import largest_share
from geoapp.domain.rule import Numbers
from geoapp.domain.statistic import DatedStatistic, Floats, Statistic, StatisticColumn, ZoneWeights

_COUNT = "concentration_plot_count"


def share_of_largest(facts: pd.DataFrame, weights: ZoneWeights, *, count: int) -> dict[str, Floats]:
    """Return the share of each row's land that its largest plots hold, each with the part that lies in the row."""
    return {"largest_plots_share": largest_share(weights.areas, facts["site_area_m2"], count)}


def _on(numbers: Numbers) -> Statistic:
    count = int(numbers[_COUNT])
    return Statistic(
        id=STATISTIC.id, zh=STATISTIC.zh, en="Concentration", order=25, needs=("site_area_m2",),
        compute=partial(share_of_largest, count=count), is_default=False,
        columns=(
            StatisticColumn(
                name="largest_plots_share", zh=f"最大{count}宗占比", en=f"Share of the {count} largest plots",
                unit="percent",
                formula=f"最大的 {count} 宗地的用地面积 ÷ 全部用地面积，都乘归属比例（裁切时大小按区内部分排）；"
                "只含用地面积已知的宗地",
            ),
        ),
    )  # fmt: skip


STATISTIC = DatedStatistic(id="concentration", zh="用地集中度", thresholds=(_COUNT,), on=_on)
