"""Density of low-efficiency land (低效用地密度): 亩 of it on 100 亩 of industrial land."""

import numpy as np
import pandas as pd

from geoapp.analysis.zoning import known_share, ratio_known
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights


def low_efficiency_density(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return low-efficiency land over the land that has been judged, and the share of land that has been."""
    verdict = facts["low_efficiency"]
    is_low = np.select([verdict == "yes", verdict == "no"], [1.0, 0.0], np.nan)
    site_area_m2 = np.asarray(facts["site_area_m2"], dtype=np.float64)
    return {
        "low_efficiency_density_share": ratio_known(weights.areas, is_low * site_area_m2, site_area_m2),
        "low_efficiency_judged_share": known_share(weights.areas, is_low, site_area_m2),
    }


STATISTIC = Statistic(
    id="low_efficiency_density", zh="低效密度", en="Density of low-efficiency land", order=82, is_default=False,
    needs=("low_efficiency", "site_area_m2"), compute=low_efficiency_density,
    columns=(
        StatisticColumn(
            name="low_efficiency_density_share", zh="低效密度", en="Low-efficiency land per 100 mu", unit="percent",
            formula="低效用地 ÷ 已判定的工业用地，即每百亩里的低效亩数；未判定的宗地不进分子也不进分母",
        ),
        StatisticColumn(
            name="low_efficiency_judged_share", zh="低效判定率", en="Share of land judged", unit="percent",
            formula="已判定低效与否的宗地的用地面积 ÷ 全部宗地的用地面积（用地面积已知且大于零）",
        ),
    ),
)  # fmt: skip
