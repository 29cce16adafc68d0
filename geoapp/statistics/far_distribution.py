"""Land by class of plot ratio (容积率分布)."""

from functools import partial

import pandas as pd

from geoapp.analysis.distribution import class_names, class_positions, class_words, sums_by_class
from geoapp.analysis.intensity import far_break_text
from geoapp.domain.rule import Numbers
from geoapp.domain.statistic import DatedStatistic, Floats, Statistic, StatisticColumn, ZoneWeights

_BREAKS = "far_class_breaks"


def sum_by_far(facts: pd.DataFrame, weights: ZoneWeights, *, breaks: list[float]) -> dict[str, Floats]:
    """Return the site area in each class of plot ratio, and of the plots whose plot ratio is not known."""
    positions = class_positions(facts["far"], breaks)
    sums = sums_by_class(weights.areas, positions, len(breaks) + 1, facts["site_area_m2"])
    return {f"far_{name}_area_m2": numbers for name, numbers in zip(_names(breaks), sums, strict=True)}


def _names(breaks: list[float]) -> list[str]:
    return [*class_names([far_break_text(limit) for limit in breaks]), "unknown"]


def _columns(breaks: list[float]) -> tuple[StatisticColumn, ...]:
    words = [*class_words([far_break_text(limit) for limit in breaks]), "未知"]
    return tuple(
        StatisticColumn(
            name=f"far_{name}_area_m2", zh=f"容积率{word}", en=f"Land, plot ratio {name.replace('_', ' ')}", unit="mu",
            formula=f"Σ 容积率{word}的宗地的用地面积×归属比例；正好在界线上的归上一级",
        )
        for name, word in zip(_names(breaks), words, strict=True)
    )  # fmt: skip


def _on(numbers: Numbers) -> Statistic:
    breaks = list(numbers[_BREAKS])
    return Statistic(
        id=STATISTIC.id, zh=STATISTIC.zh, en="Plot ratio classes", order=52, needs=("far", "site_area_m2"),
        compute=partial(sum_by_far, breaks=breaks), columns=_columns(breaks), is_default=False,
    )  # fmt: skip


STATISTIC = DatedStatistic(id="far_distribution", zh="容积率分布", thresholds=(_BREAKS,), on=_on)
