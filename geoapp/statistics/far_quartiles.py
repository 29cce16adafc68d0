"""Quartiles of the plot ratio (容积率四分位), by land: a kiosk must not weigh as much as a steelworks."""

import pandas as pd

from geoapp.analysis.distribution import weighted_quantiles
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights

_QUARTILES = {
    "far_lower_quartile": (0.25, "容积率下四分位", "Plot ratio, lower quartile", "四分之一"),
    "far_median": (0.5, "容积率中位数", "Plot ratio, median", "一半"),
    "far_upper_quartile": (0.75, "容积率上四分位", "Plot ratio, upper quartile", "四分之三"),
}


def far_quartiles(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return the plot ratios that a quarter, half and three quarters of each row's land do not exceed."""
    shares = [share for share, *_ in _QUARTILES.values()]
    quartiles = weighted_quantiles(weights.areas, facts["far"], facts["site_area_m2"], shares)
    return dict(zip(_QUARTILES, quartiles, strict=True))


STATISTIC = Statistic(
    id="far_quartiles", zh="容积率四分位", en="Plot ratio quartiles", order=54, needs=("far", "site_area_m2"),
    compute=far_quartiles, is_default=False,
    columns=tuple(
        StatisticColumn(
            name=name, zh=zh, en=en, unit="ratio",
            formula=f"按用地面积（×归属比例）加权：至少{part}的用地所在宗地的容积率不高于此数；只含容积率已知的宗地",
        )
        for name, (_, zh, en, part) in _QUARTILES.items()
    ),
)  # fmt: skip
