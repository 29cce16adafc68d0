"""How land spreads over classes, values and plots, per row of a zone table."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from geoapp.analysis.zoning import sum_known

Floats = NDArray[np.float64]

UNKNOWN_CLASS = -1
_ROUNDING = 1e-12
"""Of a sum, so that exactly half is not missed by the last bit."""
_MOST_SORTED = 10_000
"""Values of a row up to which they are simply sorted."""
_BIN_COUNT = 1_024


def class_positions(values: Floats | pd.Series, breaks: Sequence[float]) -> NDArray[np.intp]:
    """Return the class of each value: 0 below the first break; a value on a break belongs to the class above.

    Examples
    --------
    >>> class_positions(np.array([0.5, 0.6, 9.0, np.nan]), [0.6, 1.0]).tolist()
    [0, 1, 2, -1]
    """
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(np.isnan(numbers), UNKNOWN_CLASS, np.searchsorted(breaks, numbers, side="right"))


def class_names(texts: Sequence[str]) -> list[str]:
    """Return names for the classes between breaks that are given as text, lowest first.

    Examples
    --------
    >>> class_names(["0.6", "1.0"])
    ['below_0_6', '0_6_to_1_0', 'from_1_0']
    """
    plain = [text.replace(".", "_").replace("-", "minus_") for text in texts]
    return [f"below_{plain[0]}", *(f"{low}_to_{high}" for low, high in pairwise(plain)), f"from_{plain[-1]}"]


def class_words(texts: Sequence[str], unit: str = "") -> list[str]:
    """Return the classes between breaks in Chinese, lowest first.

    Examples
    --------
    >>> class_words(["1", "5"], "年")
    ['1年以下', '1–5年', '5年及以上']
    """
    between = [f"{low}–{high}{unit}" for low, high in pairwise(texts)]
    return [f"{texts[0]}{unit}以下", *between, f"{texts[-1]}{unit}及以上"]


def sums_by_class(
    weights: sparse.csr_array,
    positions: NDArray[np.intp],
    class_count: int,
    sizes: Floats | pd.Series,
) -> list[Floats]:
    """Return each row's weighted sum of size in each class, and last of what has no known class.

    Parameters
    ----------
    weights : rows x plots
        See `ZoneWeights`.
    positions : array of int, one per plot
        See `class_positions`.
    class_count : int
    sizes : array or Series of n plots
        Such as site area; NaN where unknown.

    Returns
    -------
    list of class_count + 1 arrays of float, one number per row
        A class is NaN where a row has plots but none with known class and size: not zero. Together they are the sum
        of all known sizes.
    """
    size = np.asarray(sizes, dtype=np.float64)
    row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    column = np.where(positions == UNKNOWN_CLASS, class_count, positions)[weights.indices]
    held = weights.data * np.nan_to_num(size)[weights.indices]
    cells = np.bincount(row * (class_count + 1) + column, held, weights.shape[0] * (class_count + 1))
    sums = cells.reshape(-1, class_count + 1)
    is_known = (positions != UNKNOWN_CLASS) & ~np.isnan(size)
    has_known = (weights @ is_known.astype(np.float64)) > 0
    is_empty = (weights @ np.ones(len(size))) == 0
    classes = [np.where(has_known | is_empty, sums[:, column], np.nan) for column in range(class_count)]
    return [*classes, sum_known(weights, np.where(positions == UNKNOWN_CLASS, size, 0.0))]


def weighted_quantiles(
    weights: sparse.csr_array,
    values: Floats | pd.Series,
    sizes: Floats | pd.Series,
    shares: Sequence[float],
) -> Floats:
    """Return for each row the values at which given shares of its size are reached.

    Parameters
    ----------
    weights : rows x plots
        See `ZoneWeights`.
    values : array or Series of n plots
        NaN where unknown.
    sizes : array or Series of n plots
        What a plot weighs in full, such as site area; plots whose size is unknown or not above zero are left out.
    shares : sequence of float from 0 to 1

    Returns
    -------
    array of float, shares x rows
        The smallest value such that plots with it or less hold at least the share of the row's size, so always a value
        that some plot has. NaN where a row has no plot with both.

    Examples
    --------
    >>> weights = sparse.csr_array([[1.0, 1.0, 1.0]])
    >>> far, site_area_m2 = np.array([0.5, 2.0, 1.0]), np.array([100.0, 700.0, 200.0])
    >>> weighted_quantiles(weights, far, site_area_m2, [0.25, 0.5]).tolist()
    [[1.0], [2.0]]
    """
    numbers, size = np.asarray(values, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    is_usable = ~np.isnan(numbers) & (size > 0)
    goals = np.asarray(shares, dtype=np.float64) * (1 - _ROUNDING)
    quantiles = np.full((len(goals), weights.shape[0]), np.nan)
    for row, (start, end) in enumerate(pairwise(weights.indptr)):  # rows differ in length
        plots, parts = weights.indices[start:end], weights.data[start:end]
        kept = is_usable[plots] & (parts > 0)
        if kept.any():
            own, held = numbers[plots[kept]], parts[kept] * size[plots[kept]]
            find = _quantiles_by_bins if len(own) > _MOST_SORTED else _quantiles_by_order
            quantiles[:, row] = find(own, held, goals)
    return quantiles


def _quantiles_by_order(values: Floats, held: Floats, goals: Floats) -> Floats:
    order = np.argsort(values, kind="stable")
    reached = held[order].cumsum()
    quantiles: Floats = values[order[np.searchsorted(reached, goals * reached[-1])]]
    return quantiles


def _quantiles_by_bins(values: Floats, held: Floats, goals: Floats) -> Floats:
    """Return the same, sorting only the values around each goal: a whole city's take as long as all else."""
    low, high = values.min(), values.max()
    if low == high:
        return np.full(len(goals), low)
    bins = ((values - low) * (_BIN_COUNT / (high - low))).astype(np.int64)  # the highest value has its own
    reached = np.bincount(bins, held, _BIN_COUNT + 1).cumsum()
    quantiles = np.empty(len(goals))
    for number, goal in enumerate(goals * reached[-1]):
        at = int(np.searchsorted(reached, goal))
        is_here = bins == at
        before = reached[at - 1] if at else 0.0
        quantiles[number] = _value_at(values[is_here], held[is_here], goal - before)
    return quantiles


def _value_at(values: Floats, held: Floats, goal: float) -> float:
    order = np.argsort(values, kind="stable")
    place = np.searchsorted(held[order].cumsum(), goal)
    return float(values[order[min(int(place), len(order) - 1)]])


def largest_share(weights: sparse.csr_array, sizes: Floats | pd.Series, count: int) -> Floats:
    """Return the share of each row's size that its largest parts hold.

    Parameters
    ----------
    weights : rows x plots
        See `ZoneWeights`. A plot cut by a zone counts there with the part that lies in it.
    sizes : array or Series of n plots
        Such as site area; NaN where unknown, which is left out.
    count : int
        How many parts.

    Returns
    -------
    array of float from 0 to 1, one per row; 1 where there are no more parts than *count*, NaN where nothing is known

    Examples
    --------
    >>> weights = sparse.csr_array([[1.0, 1.0, 0.5]])
    >>> largest_share(weights, np.array([100.0, 300.0, 200.0]), 1).tolist()
    [0.6]
    """
    size = np.nan_to_num(np.asarray(sizes, dtype=np.float64))
    rows = sparse.csr_array(weights)
    held = rows.data * size[rows.indices]
    shares = np.full(rows.shape[0], np.nan)
    for row, (start, end) in enumerate(pairwise(rows.indptr)):  # rows differ in length
        parts = held[start:end]
        total = parts.sum()
        if total > 0:
            smaller = max(0, len(parts) - count)
            shares[row] = np.partition(parts, min(smaller, len(parts) - 1))[smaller:].sum() / total
    return shares
