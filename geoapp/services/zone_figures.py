"""The numbers of a zone table; after an edit only those of the rows that it touched are computed anew."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray
from scipy import sparse

from geoapp.domain.frame_update import share_values
from geoapp.domain.statistic import Statistic, ZoneWeights
from geoapp.services.cache import Cache
from geoapp.statistics import compute_statistics

_LARGEST_SHARE_UPDATED = 0.5
"""Of a table's rows; where more are touched, all are computed anew."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Newest:
    """The figures computed last for some question, and what from."""

    facts: pd.DataFrame
    weights: ZoneWeights
    figures: pd.DataFrame


def zone_figures(
    cache: Cache,
    question: tuple[Hashable, ...],
    facts: pd.DataFrame,
    weights: ZoneWeights,
    statistics: Sequence[Statistic],
) -> pd.DataFrame:
    """Return what `compute_statistics` does, bit for bit.

    A row's numbers depend on the plots that weigh in it, in their order, and on nothing else: where these and their
    facts are those of the last time, so are the numbers. The total's are always computed from all plots.

    Parameters
    ----------
    cache : Cache
        Where the figures computed last are kept.
    question : tuple
        What decides about the statistics and their numbers besides facts and weights.
    facts, weights, statistics
        See `compute_statistics`; the facts indexed by plot.
    """
    key = ("newest_figures", *question)
    newest: _Newest | None = cache.peek(key, None)
    figures = _brought_up(newest, facts, weights, statistics) if newest else None
    if figures is None:
        figures = compute_statistics(facts, weights, statistics)
    cache.put(key, _Newest(facts, weights, figures))
    return figures


def _brought_up(
    newest: _Newest, facts: pd.DataFrame, weights: ZoneWeights, statistics: Sequence[Statistic]
) -> pd.DataFrame | None:
    """Return the figures from those computed last; None where other plots are counted or too many rows touched."""
    known = newest.facts
    if list(known.columns) != list(facts.columns) or not known.index.equals(facts.index):
        return None
    is_touched = changed_rows(newest.weights.areas, weights.areas)
    is_touched |= changed_rows(newest.weights.counts, weights.counts)
    plots = _changed_plots(known, facts)
    is_touched |= (weights.areas @ plots > 0) | (weights.counts @ plots > 0)
    if not is_touched.any():
        return newest.figures
    total = len(is_touched) - 1
    is_touched[total] = False
    rows = np.flatnonzero(is_touched)
    if len(rows) > _LARGEST_SHARE_UPDATED * len(is_touched):
        return None
    figures = newest.figures.to_numpy().copy()
    own_facts, own_weights = _of_rows(facts, weights, rows)
    figures[rows] = compute_statistics(own_facts, own_weights, statistics).to_numpy()
    whole = ZoneWeights(areas=weights.areas[[total]], counts=weights.counts[[total]])
    figures[total] = compute_statistics(facts, whole, statistics).to_numpy()[0]
    return pd.DataFrame(figures, index=newest.figures.index, columns=newest.figures.columns)


def changed_rows(old: sparse.csr_array, new: sparse.csr_array) -> Mask:
    """Return which rows of a sparse matrix differ from those of an older one of the same shape."""

    def differs(row: int) -> bool:
        before, now = slice(*old.indptr[row : row + 2]), slice(*new.indptr[row : row + 2])
        return not (
            np.array_equal(old.indices[before], new.indices[now])
            and np.array_equal(old.data[before], new.data[now])
        )

    if old is new:
        return np.zeros(new.shape[0], dtype=bool)
    if old.shape != new.shape:
        return np.ones(new.shape[0], dtype=bool)
    return np.array([differs(row) for row in range(new.shape[0])], dtype=bool)


def _changed_plots(old: pd.DataFrame, new: pd.DataFrame) -> NDArray[np.float64]:
    """Return 1 for the plots any of whose facts differs, 0 for the others."""
    is_changed = np.zeros(len(new), dtype=bool)
    for name in new.columns:
        before, now = old[name].array, new[name].array
        if not share_values(before, now):
            is_changed |= ~_are_same(before, now)
    return is_changed.astype(np.float64)


def _are_same(before: ExtensionArray, now: ExtensionArray) -> Mask:
    if before.dtype != now.dtype:
        return np.zeros(len(now), dtype=bool)
    are_equal = pd.Series(before == now, dtype="boolean").fillna(value=False).to_numpy(dtype=bool)
    same: Mask = are_equal | (np.asarray(before.isna()) & np.asarray(now.isna()))
    return same


def _of_rows(
    facts: pd.DataFrame, weights: ZoneWeights, rows: NDArray[np.int64]
) -> tuple[pd.DataFrame, ZoneWeights]:
    """Return some rows of the weights and only the plots that weigh in them, in their order."""
    areas, counts = weights.areas[rows], weights.counts[rows]
    plots = np.union1d(areas.indices, counts.indices)

    def narrowed(matrix: sparse.csr_array) -> sparse.csr_array:
        places = np.searchsorted(plots, matrix.indices)
        return sparse.csr_array((matrix.data, places, matrix.indptr), shape=(len(rows), len(plots)))

    return facts.iloc[plots], ZoneWeights(areas=narrowed(areas), counts=narrowed(counts))
