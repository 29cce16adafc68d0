"""Site area (用地面积)."""

import pandas as pd

from geoapp.analysis.zoning import sum_known
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights


def sum_site_area(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return the site area of each row over the plots where it is known."""
    return {"site_area_m2": sum_known(weights.areas, facts["site_area_m2"])}


STATISTIC = Statistic(
    id="site_area", zh="用地面积", en="Site area", order=20, needs=("site_area_m2",), compute=sum_site_area,
    columns=(
        StatisticColumn(
            name="site_area_m2", zh="用地面积", en="Site area", unit="mu",
            formula="Σ 用地面积×归属比例；先求和后换算，1 亩＝10000/15 平方米",
        ),
    ),
)  # fmt: skip
