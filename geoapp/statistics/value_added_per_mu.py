"""Value added per 亩 (亩均增加值) of zones: sum over sum, with the share of land whose value added is known."""

import numpy as np
import pandas as pd

from geoapp.analysis.zoning import known_share, ratio_known
from geoapp.domain.statistic import Floats, GroupSum, Statistic, StatisticColumn, ZoneWeights
from geoapp.units import m2_to_mu


def zone_value_added_per_mu(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return value added over land of all plots and of those above scale, and the share of land known."""
    site_area_mu = m2_to_mu(facts["site_area_m2"])
    is_above_scale = facts["is_above_scale"].astype("float64").to_numpy() == 1
    above_scale_wan = np.where(is_above_scale, facts["value_added_wan"], np.nan)
    return {
        "zone_value_added_wan_per_mu": ratio_known(weights.areas, facts["value_added_wan"], site_area_mu),
        "zone_value_added_above_scale_wan_per_mu": ratio_known(weights.areas, above_scale_wan, site_area_mu),
        "known_value_added_share": known_share(
            weights.areas, facts["value_added_wan"], facts["site_area_m2"]
        ),
    }


_FORMULA = (
    "Σ 工业增加值×归属比例 ÷ Σ 用地面积×归属比例，只含两者都已知且用地面积大于零的{plots}；不是各宗亩均的平均"
)

STATISTIC = Statistic(
    id="value_added_per_mu", zh="亩均增加值", en="Value added per mu", order=114, compute=zone_value_added_per_mu,
    needs=("value_added_wan", "site_area_m2", "is_above_scale"), source="浙政发〔2018〕5号：亩均增加值",
    is_default=False,
    group_sum=GroupSum(
        value="value_added_wan", part="is_above_scale", part_columns=("zone_value_added_above_scale_wan_per_mu",)
    ),
    columns=(
        StatisticColumn(
            name="zone_value_added_wan_per_mu", zh="亩均增加值", en="Value added per mu", unit="wan_per_mu",
            formula=_FORMULA.format(plots="宗地"),
        ),
        StatisticColumn(
            name="zone_value_added_above_scale_wan_per_mu", zh="规上亩均增加值", en="Value added per mu, above scale",
            unit="wan_per_mu", formula=_FORMULA.format(plots="规上企业（权利人，没有的取最大的承租企业）的宗地"),
        ),
        StatisticColumn(
            name="known_value_added_share", zh="增加值已知率", en="Share of land with known value added",
            unit="percent", formula="工业增加值已知的宗地的用地面积 ÷ 全部宗地的用地面积（用地面积已知且大于零）",
        ),
    ),
)  # fmt: skip
