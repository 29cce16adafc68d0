"""Low-efficiency land (低效用地): plots and area, with those that cannot be judged beside them."""

import numpy as np
import pandas as pd

from geoapp.analysis.zoning import sum_known
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights


def sum_low_efficiency(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return count and area of low-efficiency plots; a plot that cannot be judged is never counted as "not low"."""
    verdict = facts["low_efficiency"]
    is_low = np.select([verdict == "yes", verdict == "no"], [1.0, 0.0], np.nan)
    site_area_m2 = np.asarray(facts["site_area_m2"], dtype=np.float64)
    area_m2 = np.where(is_low == 0, 0.0, site_area_m2 * is_low)
    return {
        "low_efficiency_count": sum_known(weights.counts, is_low),
        "low_efficiency_area_m2": sum_known(weights.areas, area_m2),
        "low_efficiency_unknown_count": weights.counts @ np.isnan(is_low).astype(np.float64),
    }


STATISTIC = Statistic(
    id="low_efficiency", zh="低效用地", en="Low-efficiency land", order=80,
    needs=("low_efficiency", "site_area_m2"), compute=sum_low_efficiency,
    columns=(
        StatisticColumn(
            name="low_efficiency_count", zh="低效宗数", en="Low-efficiency plots", unit="count",
            formula="列入低效清单的宗数；完全没有清单时为命中任一认定规则的宗数；不能判定的不算作“不低效”，另列",
        ),
        StatisticColumn(
            name="low_efficiency_area_m2", zh="低效面积", en="Low-efficiency land", unit="mu",
            formula="Σ 低效宗地的用地面积×归属比例",
        ),
        StatisticColumn(
            name="low_efficiency_unknown_count", zh="未判定宗数", en="Plots not judged", unit="count",
            formula="命中认定规则但不在清单上（待核查），或资料不足、无法判定的宗数",
        ),
    ),
)  # fmt: skip
