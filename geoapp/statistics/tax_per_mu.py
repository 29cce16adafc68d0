"""Tax per 亩 (亩均税收) of zones: sum over sum, with the share of land whose tax is known."""

import numpy as np
import pandas as pd

from geoapp.analysis.zoning import known_share, ratio_known
from geoapp.domain.statistic import Floats, GroupSum, Statistic, StatisticColumn, ZoneWeights
from geoapp.units import m2_to_mu


def zone_tax_per_mu(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return tax over land of all plots and of those above scale, where both are known, and the share of land known."""
    site_area_mu = m2_to_mu(facts["site_area_m2"])
    is_above_scale = facts["is_above_scale"].astype("float64").to_numpy() == 1
    tax_above_scale_wan = np.where(is_above_scale, facts["tax_wan"], np.nan)
    return {
        "zone_tax_wan_per_mu": ratio_known(weights.areas, facts["tax_wan"], site_area_mu),
        "zone_tax_above_scale_wan_per_mu": ratio_known(weights.areas, tax_above_scale_wan, site_area_mu),
        "known_tax_share": known_share(weights.areas, facts["tax_wan"], facts["site_area_m2"]),
    }


_FORMULA = (
    "Σ 评价税收×归属比例 ÷ Σ 用地面积×归属比例，只含两者都已知且用地面积大于零的{plots}；不是各宗亩均的平均"
)

STATISTIC = Statistic(
    id="tax_per_mu", zh="亩均税收", en="Tax per mu", order=112, compute=zone_tax_per_mu, is_default=False,
    needs=("tax_wan", "site_area_m2", "is_above_scale"), source="浙政发〔2018〕5号：亩均税收",
    group_sum=GroupSum(
        value="tax_wan", part="is_above_scale", part_columns=("zone_tax_above_scale_wan_per_mu",)
    ),
    columns=(
        StatisticColumn(
            name="zone_tax_wan_per_mu", zh="亩均税收", en="Tax per mu", unit="wan_per_mu",
            formula=_FORMULA.format(plots="宗地"),
        ),
        StatisticColumn(
            name="zone_tax_above_scale_wan_per_mu", zh="规上亩均税收", en="Tax per mu, above scale", unit="wan_per_mu",
            formula=_FORMULA.format(plots="规上企业（权利人，没有的取最大的承租企业）的宗地"),
        ),
        StatisticColumn(
            name="known_tax_share", zh="税收已知率", en="Share of land with known tax", unit="percent",
            formula="评价税收已知的宗地的用地面积 ÷ 全部宗地的用地面积（用地面积已知且大于零）",
        ),
    ),
)  # fmt: skip
