"""How much of the land has a known floor area (建筑面积已知率): printed beside every plot ratio."""

import pandas as pd

from geoapp.analysis.zoning import known_share
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights


def share_with_floor_area(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return the share of each row's site area that belongs to plots with a known counted floor area."""
    return {"known_gfa_share": known_share(weights.areas, facts["gfa_counted_m2"], facts["site_area_m2"])}


STATISTIC = Statistic(
    id="known_floor_area", zh="建筑面积已知率", en="Known floor area", order=50,
    needs=("gfa_counted_m2", "site_area_m2"), compute=share_with_floor_area,
    columns=(
        StatisticColumn(
            name="known_gfa_share", zh="建筑面积已知率", en="Share of land with known floor area", unit="percent",
            formula="计容建筑面积已知的宗地的用地面积 ÷ 全部宗地的用地面积（用地面积已知且大于零）",
        ),
    ),
)  # fmt: skip
