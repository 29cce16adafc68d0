"""Land by the years left of the right to use it (使用权剩余年限)."""

from functools import partial

import numpy as np
import pandas as pd

from geoapp.analysis.distribution import class_names, class_positions, class_words, sums_by_class
from geoapp.domain.rule import Numbers
from geoapp.domain.statistic import DatedStatistic, Floats, Statistic, StatisticColumn, ZoneWeights

_BREAKS = "term_class_breaks"


def sum_by_term(facts: pd.DataFrame, weights: ZoneWeights, *, breaks: list[float]) -> dict[str, Floats]:
    """Return the site area in each class of years left, without an end, and of those that are not known."""
    left_years = facts["term_left_years"].to_numpy(dtype=np.float64)
    endless = len(breaks) + 1
    positions = np.where(np.isposinf(left_years), endless, class_positions(left_years, breaks))
    sums = sums_by_class(weights.areas, positions, endless + 1, facts["site_area_m2"])
    return {f"term_{name}_area_m2": numbers for name, numbers in zip(_names(breaks), sums, strict=True)}


def _texts(breaks: list[float]) -> list[str]:
    return [f"{limit:g}" for limit in breaks]


def _names(breaks: list[float]) -> list[str]:
    return [*class_names(_texts(breaks)), "endless", "unknown"]


def _words(breaks: list[float]) -> list[str]:
    words = [f"剩余{word}" for word in class_words(_texts(breaks), "年")]
    if breaks[0] == 0:
        words[0] = "已到期"
    return [*words, "划拨无年限", "剩余年限未知"]


def _columns(breaks: list[float]) -> tuple[StatisticColumn, ...]:
    return tuple(
        StatisticColumn(
            name=f"term_{name}_area_m2", zh=word, en=f"Land, years left: {name.replace('_', ' ')}", unit="mu",
            formula=f"Σ {word}的宗地的用地面积×归属比例；到终止日期的整年数按公历算，正好在界线上的归上一级",
        )
        for name, word in zip(_names(breaks), _words(breaks), strict=True)
    )  # fmt: skip


def _on(numbers: Numbers) -> Statistic:
    breaks = [float(limit) for limit in numbers[_BREAKS]]
    return Statistic(
        id=STATISTIC.id, zh=STATISTIC.zh, en="Land terms", order=118, needs=("term_left_years", "site_area_m2"),
        compute=partial(sum_by_term, breaks=breaks), columns=_columns(breaks), is_default=False,
    )  # fmt: skip


STATISTIC = DatedStatistic(id="land_terms", zh="剩余年限", thresholds=(_BREAKS,), on=_on)
