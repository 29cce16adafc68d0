"""Building coefficient (建筑系数): buildings, structures and stockyards over the site."""

import pandas as pd

from geoapp.analysis.zoning import ratio_known
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights


def zone_coefficient(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return covered land over site area, of the plots where both are known and the site is above zero."""
    covered_m2 = facts["building_coefficient"] * facts["site_area_m2"]
    return {"building_coefficient_share": ratio_known(weights.areas, covered_m2, facts["site_area_m2"])}


STATISTIC = Statistic(
    id="building_coefficient", zh="建筑系数", en="Building coefficient", order=70, is_default=False,
    needs=("building_coefficient", "site_area_m2"), compute=zone_coefficient,
    source="国土资发〔2008〕24号 附件：建筑系数",
    columns=(
        StatisticColumn(
            name="building_coefficient_share", zh="建筑系数", en="Building coefficient", unit="percent",
            formula="Σ（建筑物占地＋构筑物占地＋堆场用地）÷ Σ 用地面积，只含两者都已知且用地面积大于零的宗地",
        ),
    ),
)  # fmt: skip
