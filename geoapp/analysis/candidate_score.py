"""Scores of plots for a second development: a weighted mean of terms from 0 to 1, with what is unknown left open.

A missing term is left out and the rest weighs more; what the score would be if it were at its worst or best is the
interval. Whether a plot stays among the first whatever the weights within a margin is its stability.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ALWAYS, SOMETIMES, NEVER = "always", "sometimes", "never"
_ELEMENTS_AT_ONCE = 500_000
"""Scores held in memory at a time."""
_PLOTS_AT_ONCE = 25_000
_SLACK = 1e-12
"""Equal scores may differ by rounding."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the score is made of, three frames of the same rows (plots) and columns (terms), from 0 to 1."""

    value: pd.DataFrame
    """NaN where unknown."""
    least: pd.DataFrame
    """The least it can be, given what is known: 0 where nothing is."""
    most: pd.DataFrame
    """The most it can be: 1 where nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """How weights are drawn that are not certain."""

    count: int
    spread: float
    """Each weight is drawn evenly between 1 - spread and 1 + spread times its own, independently (0 to below 1)."""
    seed: int
    """The same seed draws the same weights."""

    def factors(self, term_count: int) -> Floats:
        """Return the factors, a row per draw and a column per term."""
        generator = np.random.default_rng(self.seed)
        factors: Floats = generator.uniform(1.0 - self.spread, 1.0 + self.spread, (self.count, term_count))
        return factors


def terms_of(value: pd.DataFrame, *, open_above: Mapping[str, pd.Series] | None = None) -> Terms:
    """Return terms with their bounds.

    Parameters
    ----------
    value : DataFrame of plots by terms
        From 0 to 1, NaN where unknown.
    open_above : dict of Series by term, optional
        By how much a term that is known in part may be larger than its value.
    """
    most = value.copy()
    for name, margin in (open_above or {}).items():
        most[name] = (most[name] + margin).clip(upper=1.0)
    return Terms(value, value.fillna(0.0), most.fillna(1.0))


def scores(terms: Terms, weights: Mapping[str, float]) -> pd.DataFrame:
    """Return what each plot scores.

    Parameters
    ----------
    terms : Terms
    weights : dict of float by term
        Not negative, not all zero; their sum does not matter.

    Returns
    -------
    DataFrame on the plots' index
        score, least, most (0 to 100): with the known terms alone, and with the unknown ones at worst and at best;
        completeness (0 to 1): which part of the weight is known. score is NaN where nothing weighted is known.
    """
    weight = _weight_array(terms.value, weights)
    known = terms.value.notna().to_numpy(np.float64) @ weight
    total = weight.sum()
    sums = terms.least.to_numpy(np.float64) @ weight
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(known > 0, terms.value.fillna(0.0).to_numpy(np.float64) @ weight / known, np.nan)
    scored: pd.DataFrame = pd.DataFrame(
        {
            "score": 100.0 * score,
            "least": 100.0 * sums / total,
            "most": 100.0 * (terms.most.to_numpy(np.float64) @ weight) / total,
            "completeness": known / total,
        },
        index=terms.value.index,
    )
    return scored


def contributions(terms: Terms, weights: Mapping[str, float]) -> pd.DataFrame:
    """Return how many points each term gives to each plot's score; they sum to it, NaN where the term is unknown."""
    weight = _weight_array(terms.value, weights)
    known = terms.value.notna().to_numpy(np.float64) @ weight
    shares = weight / np.where(known > 0, known, np.nan)[:, None]
    points: pd.DataFrame = 100.0 * terms.value * shares
    return points


def rank_order(score: pd.Series) -> NDArray[np.intp]:
    """Return positions by falling score, equal ones in the order of their index, unknown ones last.

    Examples
    --------
    >>> rank_order(pd.Series([1.0, None, 3.0, 3.0], index=["A", "B", "D", "C"])).tolist()
    [3, 2, 0, 1]
    """
    falling = -score.to_numpy(np.float64)
    order: NDArray[np.intp] = np.lexsort((np.asarray(score.index.astype("str"), dtype=object), falling))
    return order


def stability(
    value: pd.DataFrame, weights: Mapping[str, float], top_count: int, draws: Draws
) -> pd.DataFrame:
    """Return how surely each plot is among the first when the weights are not certain.

    Parameters
    ----------
    value : DataFrame of plots by terms
        As `terms_of` takes it.
    weights : dict of float by term
    top_count : int
        How many plots are "the first"; plots that tie with the last of them are among them.
    draws : Draws

    Returns
    -------
    DataFrame on the plots' index
        share: in which part of the draws the plot is among the first; stability: always, sometimes, never.

    Notes
    -----
    Only plots that can be among the first at all are drawn for: what a plot can score at most under any weights within
    the spread must reach what the plot on the last place scores at least.
    """
    index, weight = value.index, _weight_array(value, weights)
    given = _given(value.to_numpy(np.float64, copy=True), weight)
    del value  # half a million plots' values take 30 MB, and no other name may hold them
    is_scored = np.asarray(given.is_known[:, given.weight > 0].any(axis=1))
    share = np.zeros(len(given))
    share[is_scored] = _shares(given.rows(is_scored), top_count, draws)
    # One object for all plots of a kind, where numpy's own texts would be one each.
    kinds = np.array([NEVER, SOMETIMES, ALWAYS], dtype=object)
    words = kinds[(share > 0.0).astype(np.int8) + (share >= 1.0)]
    return pd.DataFrame({"share": share, "stability": pd.array(words, dtype="str")}, index=index)


@dataclass(frozen=True, slots=True)
class _Given:
    """Terms as arrays: unknown ones are 0 and not known."""

    filled: Floats
    is_known: NDArray[np.bool_]
    weight: Floats

    def rows(self, wanted: NDArray[np.bool_]) -> "_Given":
        if wanted.all():
            return self
        return _Given(self.filled[wanted], self.is_known[wanted], self.weight)

    def __len__(self) -> int:
        return len(self.filled)


def _given(value: Floats, weight: Floats) -> _Given:
    """Return terms whose values may be written over."""
    is_known = ~np.isnan(value)
    value[~is_known] = 0.0
    return _Given(value, is_known, weight)


def _shares(given: _Given, top_count: int, draws: Draws) -> Floats:
    if len(given) <= top_count:
        return np.ones(len(given))
    least = _extreme(given, 1.0 + draws.spread, 1.0 - draws.spread)
    most = _extreme(given, 1.0 - draws.spread, 1.0 + draws.spread)
    bound = _last_of_first(least, top_count) - _SLACK
    can_be = most >= bound
    share = np.zeros(len(given))
    share[can_be] = _drawn_shares(given.rows(can_be), top_count, draws, bound - _SLACK)
    return share


def _drawn_shares(given: _Given, top_count: int, draws: Draws, bound: float) -> Floats:
    """Return the shares of plots of which, under any weights, at least *top_count* score no less than *bound*."""
    drawn = (draws.factors(len(given.weight)) * given.weight).T
    # What is known decides about the sum of weights, and there are few kinds of that.
    packed = np.packbits(given.is_known, axis=1)
    codes = packed @ (256 ** np.arange(packed.shape[1]))
    _, first_of_kind, kind = np.unique(codes, return_index=True, return_inverse=True)
    kinds = given.is_known[first_of_kind].astype(np.float64)
    count = np.zeros(len(given), np.int64)
    step = max(1, _ELEMENTS_AT_ONCE // len(given))
    for first in range(0, draws.count, step):
        piece = drawn[:, first : first + step]
        score = given.filled @ piece
        score /= (kinds @ piece)[kind]
        for one in score.T:
            count += one >= _last_of_first(one[one >= bound], top_count) - _SLACK
    share: Floats = count / draws.count
    return share


def _last_of_first(score: Floats, top_count: int) -> float:
    """Return the score of the last plot among the first."""
    place = len(score) - top_count
    return float(np.partition(score, place)[place])


def _extreme(given: _Given, below: float, above: float) -> Floats:
    """Return the extreme of each weighted mean: terms above it weigh *above* times their weight, others *below* times.

    The extreme of a ratio of two linear functions over a box lies at a corner, and each step of this (Dinkelbach 1967)
    leads to a better corner until there is none.
    """
    mean = _weighted_means(given, None, below, above)
    while True:
        better = _weighted_means(given, mean, below, above)
        if np.allclose(better, mean, rtol=0.0, atol=_SLACK / 10):
            return better
        mean = better


def _weighted_means(given: _Given, mean: Floats | None, below: float, above: float) -> Floats:
    """Return the weighted mean of each plot's terms, those beyond *mean* scaled by *above*, others by *below*."""
    found = np.empty(len(given))
    for first in range(0, len(given), _PLOTS_AT_ONCE):
        rows = slice(first, first + _PLOTS_AT_ONCE)
        filled = given.filled[rows]
        weights = np.where(given.is_known[rows], given.weight, 0.0)
        if mean is not None:
            weights = weights * np.where(filled > mean[rows, None], above, below)
        found[rows] = (filled * weights).sum(axis=1) / weights.sum(axis=1)
    return found


def _weight_array(value: pd.DataFrame, weights: Mapping[str, float]) -> Floats:
    return np.array([weights[str(name)] for name in value], dtype=np.float64)
