"""Vacancy (空置率), weighted by land, with the share of land whose vacancy is known."""

import pandas as pd

from geoapp.analysis.zoning import known_share, ratio_known
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights


def zone_vacancy(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return vacant land over land of the plots whose vacancy is known, and the share of land that they have."""
    vacant_m2 = facts["vacancy_percent"] / 100 * facts["site_area_m2"]
    return {
        "vacancy_share": ratio_known(weights.areas, vacant_m2, facts["site_area_m2"]),
        "known_vacancy_share": known_share(weights.areas, facts["vacancy_percent"], facts["site_area_m2"]),
    }


STATISTIC = Statistic(
    id="vacancy", zh="空置", en="Vacancy", order=116, needs=("vacancy_percent", "site_area_m2"), compute=zone_vacancy,
    is_default=False,
    columns=(
        StatisticColumn(
            name="vacancy_share", zh="空置率", en="Vacancy", unit="percent",
            formula="Σ 空置率×用地面积×归属比例 ÷ Σ 用地面积×归属比例，只含空置率已知且用地面积大于零的宗地",
        ),
        StatisticColumn(
            name="known_vacancy_share", zh="空置率已知率", en="Share of land with known vacancy", unit="percent",
            formula="空置率已知的宗地的用地面积 ÷ 全部宗地的用地面积（用地面积已知且大于零）",
        ),
    ),
)  # fmt: skip
