"""Limits between the classes of a number: equal counts, natural breaks, or given ones."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

METHODS = {"quantile": "分位数", "natural": "自然断点", "policy": "规定界线"}
"""Ways of dividing, with their Chinese words."""
FEWEST_CLASSES, MOST_CLASSES = 3, 9
NATURAL_SAMPLE = 5_000
"""Natural breaks take time with the square of the number of values; of more, evenly spaced ranks stand for all."""
_MOST_DECIMALS = 12

Floats = NDArray[np.float64]


def class_breaks(values: Floats, method: str, count: int) -> list[float]:
    """Return the limits between classes, lowest first; a value on a limit belongs to the class above.

    Parameters
    ----------
    values : array of float
        In any unit; NaN and infinity are left out.
    method : {"quantile", "natural"}
        quantile: classes of equal counts, as far as equal values allow. natural: Fisher-Jenks, the classes with the
        least squared deviation from their means; of more than 5,000 values a sample of evenly spaced ranks, the
        lowest and the highest among them, so that the same values always give the same classes.
    count : int
        Classes wanted. Where there are fewer distinct values there is one class for each.

    Returns
    -------
    list of float, strictly increasing, at most count - 1, above the lowest value; empty without two distinct values
        Each is the roundest number that divides the values in the same way.

    Notes
    -----
    Source: Fisher, On grouping for maximum homogeneity (1958), as implemented by mapclassify.

    Examples
    --------
    >>> class_breaks(np.array([1.0, 2, 3, 4, 5, 6]), "quantile", 3)
    [3.0, 5.0]
    >>> class_breaks(np.array([1.0, 2, 3, 11, 12, 31, 33]), "natural", 3)
    [10.0, 30.0]
    """
    ordered = np.sort(values[np.isfinite(values)])
    distinct = np.unique(ordered)
    if len(distinct) <= count:
        firsts = distinct[1:]
    elif method == "quantile":
        ranks = [-(-step * len(ordered) // count) for step in range(1, count)]
        firsts = np.unique(ordered[ranks])
    else:
        distinct, firsts = _natural_firsts(ordered, count)
    places = np.searchsorted(distinct, firsts)
    return [_roundest(distinct[place - 1], distinct[place]) for place in places if place > 0]


def _natural_firsts(ordered: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the distinct values looked at and the lowest of each class but the first."""
    if len(ordered) > NATURAL_SAMPLE:
        ordered = ordered[np.linspace(0, len(ordered) - 1, NATURAL_SAMPLE).round().astype(np.int64)]
    distinct = np.unique(ordered)
    if len(distinct) <= count:
        return distinct, distinct[1:]
    # Imported where it is used: with all that it brings along it takes seconds.
    from mapclassify import FisherJenks

    highest = np.unique(FisherJenks(ordered, count).bins)
    above = np.searchsorted(distinct, highest, side="right")
    return distinct, distinct[above[above < len(distinct)]]


def warm_up() -> None:
    """Load and compile what natural breaks need, so that the first who asks for them does not wait."""
    class_breaks(np.arange(8.0), "natural", 3)


def _roundest(low: float, high: float) -> float:
    """Return the number with the fewest digits that is above *low* and not above *high*."""
    magnitude = int(np.floor(np.log10(max(abs(low), abs(high)))))
    for decimals in range(-magnitude, _MOST_DECIMALS):
        candidate = float(np.floor(np.round(high * 10.0**decimals, 6)) / 10.0**decimals)
        if low < candidate <= high:
            return candidate
    return float(high)


def class_index(values: Floats, breaks: Sequence[float]) -> NDArray[np.uint8]:
    """Return each value's class: 0 below the first limit, one more from each limit on; unknown is the last of all.

    Parameters
    ----------
    values : array of float
        NaN and infinity are unknown.
    breaks : sequence of float
        Strictly increasing, fewer than 255.

    Examples
    --------
    >>> class_index(np.array([0.5, 1.0, np.nan]), [1.0]).tolist()
    [0, 1, 2]
    """
    found = np.searchsorted(np.asarray(breaks, dtype=np.float64), values, side="right")
    index: NDArray[np.uint8] = np.where(np.isfinite(values), found, len(breaks) + 1).astype(np.uint8)
    return index


def class_codes(breaks: Sequence[float]) -> list[str]:
    """Return what names each known class, lowest first.

    Examples
    --------
    >>> class_codes([3.0, 5.0])
    ['<3', '3-5', '>=5']
    """
    texts = break_texts(breaks)
    if not texts:
        return ["all"]
    return [f"<{texts[0]}", *(f"{low}-{high}" for low, high in pairwise(texts)), f">={texts[-1]}"]


def class_words(breaks: Sequence[float]) -> list[str]:
    """Return each known class in Chinese, lowest first.

    Examples
    --------
    >>> class_words([3.0, 5.5])
    ['3.0 以下', '3.0–5.5', '5.5 及以上']
    """
    texts = break_texts(breaks)
    if not texts:
        return ["全部已知"]
    return [f"{texts[0]} 以下", *(f"{low}–{high}" for low, high in pairwise(texts)), f"{texts[-1]} 及以上"]


def break_texts(breaks: Sequence[float]) -> list[str]:
    """Return limits as they are read, all with the same decimals: as few as are true to a hundredth of a class.

    Examples
    --------
    >>> break_texts([1234.5678, 2345.6789])
    ['1,235', '2,346']
    >>> break_texts([0.6, 1.0, 1.25])
    ['0.60', '1.00', '1.25']
    """
    gaps = [high - low for low, high in pairwise(breaks)]
    tolerance = min(gaps, default=max(map(abs, breaks), default=0.0)) / 100
    enough = (
        d for d in range(_MOST_DECIMALS) if all(abs(round(limit, d) - limit) <= tolerance for limit in breaks)
    )
    decimals = next(enough, _MOST_DECIMALS)
    return [f"{limit:,.{decimals}f}" for limit in breaks]
