"""Plot ratio (容积率)."""

import pandas as pd

from geoapp.analysis.zoning import ratio_known
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights


def zone_far(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return counted floor area over site area, of the plots where both are known and the site is above zero."""
    return {"far": ratio_known(weights.areas, facts["gfa_counted_m2"], facts["site_area_m2"])}


STATISTIC = Statistic(
    id="plot_ratio", zh="容积率", en="Plot ratio", order=40, needs=("gfa_counted_m2", "site_area_m2"),
    compute=zone_far, source="国土资发〔2008〕24号 附件：容积率",
    columns=(
        StatisticColumn(
            name="far", zh="容积率", en="Plot ratio (FAR)", unit="ratio",
            formula="Σ 计容建筑面积 ÷ Σ 用地面积，只含两者都已知且用地面积大于零的宗地；不是各宗容积率的平均",
        ),
    ),
)  # fmt: skip
