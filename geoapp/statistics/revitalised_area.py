"""Revitalised area (盘活面积): recognised, in progress, planned."""

import pandas as pd

from geoapp.analysis.zoning import sum_known
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights

_COLUMNS = {
    "revitalised_recognised_m2": "recognised_m2",
    "revitalised_doing_m2": "doing_m2",
    "revitalised_planned_m2": "planned_m2",
}


def sum_revitalised_area(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return recognised, doing and planned area; only the first enters the cumulative figure."""
    return {name: sum_known(weights.areas, facts[fact]) for name, fact in _COLUMNS.items()}


STATISTIC = Statistic(
    id="revitalised_area", zh="盘活面积", en="Revitalised area", order=90, needs=tuple(_COLUMNS.values()),
    compute=sum_revitalised_area,
    columns=(
        StatisticColumn(
            name="revitalised_recognised_m2", zh="已认定盘活", en="Revitalised, recognised", unit="mu",
            formula="Σ 已认定盘活面积×归属比例；撤销以负数冲减，同一宗地不重复计算",
        ),
        StatisticColumn(
            name="revitalised_doing_m2", zh="推进中盘活", en="Revitalisation in progress", unit="mu",
            formula="Σ 已取得施工许可、尚未认定的盘活面积×归属比例",
        ),
        StatisticColumn(
            name="revitalised_planned_m2", zh="计划盘活", en="Revitalisation planned", unit="mu",
            formula="Σ 已列入计划、尚未取得施工许可的盘活面积×归属比例",
        ),
    ),
)  # fmt: skip
