"""Counted floor area (计容建筑面积)."""

import pandas as pd

from geoapp.analysis.zoning import sum_known
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights


def sum_floor_area(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return the floor area counted for the plot ratio in each row, over the plots where it is known."""
    return {"gfa_counted_m2": sum_known(weights.areas, facts["gfa_counted_m2"])}


STATISTIC = Statistic(
    id="floor_area", zh="计容建筑面积", en="Counted floor area", order=30, needs=("gfa_counted_m2",),
    compute=sum_floor_area, source="国土资发〔2008〕24号 附件：容积率",
    columns=(
        StatisticColumn(
            name="gfa_counted_m2", zh="计容建筑面积", en="Counted floor area", unit="m2",
            formula="Σ 计容建筑面积×归属比例，只含已知的宗地；层高超限的楼层加倍计（界线与倍数见规则库）",
        ),
    ),
)  # fmt: skip
