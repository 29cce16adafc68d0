"""New floor area (新增建筑面积), gross and net."""

import pandas as pd

from geoapp.analysis.zoning import sum_known
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights


def sum_new_floor_area(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return the floor area added, gross and after taking off what was pulled down."""
    return {name: sum_known(weights.areas, facts[name]) for name in ("new_gfa_gross_m2", "new_gfa_net_m2")}


STATISTIC = Statistic(
    id="new_floor_area", zh="新增建筑面积", en="New floor area", order=100, is_default=False,
    needs=("new_gfa_gross_m2", "new_gfa_net_m2"), compute=sum_new_floor_area,
    columns=(
        StatisticColumn(
            name="new_gfa_gross_m2", zh="新增建筑面积", en="New floor area, gross", unit="m2",
            formula="Σ 已认定的新建、加层的建筑面积（毛增量）×归属比例",
        ),
        StatisticColumn(
            name="new_gfa_net_m2", zh="净增建筑面积", en="New floor area, net", unit="m2",
            formula="Σ 已认定的改造后减改造前的建筑面积（净增量）×归属比例",
        ),
    ),
)  # fmt: skip
