"""Scores of one list: value over base, held between floor and cap, times weight.

Source: 浙政发〔2018〕5号; 台州黄岩 2022 evaluation formula.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoapp.domain.evaluation import (
    ITEMS,
    WHY_BASE,
    WHY_DENOMINATOR,
    WHY_NUMERATOR,
    WHY_ZERO,
    ScoreRules,
)


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of one list. Frames have one row per enterprise and one column per item of the list."""

    bases: pd.DataFrame
    """By item: value, numerator and denominator (sums over the enterprises that count), count, is_given."""
    value: pd.DataFrame
    ratios: pd.DataFrame
    """Value over base, before floor and cap."""
    points: pd.DataFrame
    is_averaged: pd.DataFrame
    """The points are the list's average, since the value is missing."""
    why: pd.DataFrame
    """Why there is no value or no base (WHY_...), "" where there is."""
    total: pd.Series
    """Sum of the points; NaN as soon as one item has none."""


def score_list(figures: pd.DataFrame, counts: pd.Series, rules: ScoreRules) -> Scores:
    """Return the scores of the enterprises of one list.

    Parameters
    ----------
    figures : DataFrame by uscc
        The numerators and denominators of the items, land_mu among them; NaN where unknown.
    counts : Series of bool on the same index
        Whose figures make the base values: not those exempt from the evaluation.
    rules : ScoreRules

    Returns
    -------
    Scores
    """
    items = list(rules.weights)
    values, why = item_values(figures, items)
    bases = base_values(figures, values, counts, rules)
    base = bases["value"].reindex(items)
    ratios = values / base
    why = why.mask((why == "") & base.isna(), WHY_BASE)
    held = ratios.clip(lower=rules.floor, upper=rules.cap)
    points = held * pd.Series(rules.weights, dtype=float)
    average = points[counts].mean()
    is_averaged = points.isna() & points.columns.isin(rules.averaged) & average.notna()
    points = points.fillna(average.where(points.columns.isin(rules.averaged)))
    return Scores(bases, values, ratios, points, is_averaged, why, points.sum(axis=1, skipna=False))


def item_values(figures: pd.DataFrame, items: Iterable[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the value of each item in its unit, and why there is none where there is none.

    A denominator of zero or less leaves the value unknown: it is named, never a division by zero.
    """
    values, why = {}, {}
    for name in items:
        item = ITEMS[name]
        numerator = figures[item.numerator].astype("float64")
        denominator = figures[item.denominator].astype("float64") / item.denominator_per
        is_zero = denominator <= 0
        values[name] = numerator / denominator.mask(is_zero)
        cases = [numerator.isna(), denominator.isna(), is_zero]
        found = np.select(cases, [WHY_NUMERATOR, WHY_DENOMINATOR, WHY_ZERO], "")
        why[name] = pd.Series(found, index=figures.index, dtype="str")
    return pd.DataFrame(values, index=figures.index), pd.DataFrame(why, index=figures.index)


def base_values(
    figures: pd.DataFrame, values: pd.DataFrame, counts: pd.Series, rules: ScoreRules
) -> pd.DataFrame:
    """Return the base value of each item: given, or the list's sum over sum times the rules' multiple.

    The sum over sum is the mean weighted by the denominator, by land for what is per 亩. Only enterprises with both
    figures count. A base that is not above zero is unknown, since nothing can be set against it.

    Returns
    -------
    DataFrame by item: value, numerator, denominator (both NaN where given), count, is_given
    """
    rows = {}
    for name in rules.weights:
        item = ITEMS[name]
        known = figures[values[name].notna() & counts]
        numerator = float(known[item.numerator].astype("float64").sum())
        denominator = float(known[item.denominator].astype("float64").sum()) / item.denominator_per
        mean = numerator / denominator * rules.base_multiple if denominator > 0 else np.nan
        given = rules.given_bases.get(name)
        value = mean if given is None else given
        rows[name] = {
            "value": value if value > 0 else np.nan,
            "numerator": numerator,
            "denominator": denominator,
            "count": len(known),
            "is_given": given is not None,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def adjusted(total: pd.Series, bonus: pd.Series, malus: pd.Series) -> pd.Series:
    """Return the score: points plus bonus less malus, never below zero; NaN where the points are unknown."""
    return (total + bonus - malus).clip(lower=0.0)


def weights_changed(weights: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Return whether two sets of weights differ."""
    return {k: v for k, v in weights.items() if v} != {k: v for k, v in other.items() if v}
