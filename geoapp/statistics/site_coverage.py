"""Site coverage (建筑密度)."""

import pandas as pd

from geoapp.analysis.zoning import ratio_known
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights


def zone_coverage(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return buildings' footprint over site area, of the plots where both are known and the site is above zero."""
    return {"site_coverage_share": ratio_known(weights.areas, facts["footprint_m2"], facts["site_area_m2"])}


STATISTIC = Statistic(
    id="site_coverage", zh="建筑密度", en="Site coverage", order=60, needs=("footprint_m2", "site_area_m2"),
    compute=zone_coverage,
    columns=(
        StatisticColumn(
            name="site_coverage_share", zh="建筑密度", en="Site coverage", unit="percent",
            formula="Σ 建筑基底面积 ÷ Σ 用地面积，只含两者都已知且用地面积大于零的宗地",
        ),
    ),
)  # fmt: skip
