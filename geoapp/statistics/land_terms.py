"""Land by the years left of the right to use it (使用权剩余年限)."""

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.analysis.distribution import class_names, class_positions, class_words, sums_by_class
from geoapp.domain.rule import Numbers
from geoapp.domain.statistic import DatedStatistic, Floats, Statistic, StatisticColumn, ZoneWeights

TERM_BREAKS = "term_class_breaks"
"""The policy number with the limits between classes."""


def sum_by_term(facts: pd.DataFrame, weights: ZoneWeights, *, breaks: list[float]) -> dict[str, Floats]:
    """Return the site area in each class of years left, without an end, and of those that are not known."""
    positions = term_positions(facts["term_left_years"], breaks)
    sums = sums_by_class(weights.areas, positions, len(breaks) + 2, facts["site_area_m2"])
    return {f"term_{name}_area_m2": numbers for name, numbers in zip(term_names(breaks), sums, strict=True)}


def term_positions(left_years: pd.Series, breaks: list[float]) -> NDArray[np.intp]:
    """Return the class of each term: 0 below the first break, last but one without an end, -1 unknown.

    Examples
    --------
    >>> term_positions(pd.Series([-0.5, 0.0, 7.0, float("inf"), None]), [0.0, 5.0]).tolist()
    [0, 1, 2, 3, -1]
    """
    left = left_years.to_numpy(dtype=np.float64)
    return np.where(np.isposinf(left), len(breaks) + 1, class_positions(left, breaks))


def _texts(breaks: list[float]) -> list[str]:
    return [f"{limit:g}" for limit in breaks]


def term_names(breaks: list[float]) -> list[str]:
    """Return names for the classes, shortest term first; then without an end, then unknown."""
    return [*class_names(_texts(breaks)), "endless", "unknown"]


def term_words(breaks: list[float]) -> list[str]:
    """Return the classes in Chinese, in the same order."""
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
        for name, word in zip(term_names(breaks), term_words(breaks), strict=True)
    )  # fmt: skip


def _on(numbers: Numbers) -> Statistic:
    breaks = [float(limit) for limit in numbers[TERM_BREAKS]]
    return Statistic(
        id=STATISTIC.id, zh=STATISTIC.zh, en="Land terms", order=118, needs=("term_left_years", "site_area_m2"),
        compute=partial(sum_by_term, breaks=breaks), columns=_columns(breaks), is_default=False,
    )  # fmt: skip


STATISTIC = DatedStatistic(id="land_terms", zh="剩余年限", thresholds=(TERM_BREAKS,), on=_on)
