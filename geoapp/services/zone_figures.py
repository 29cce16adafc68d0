"""The numbers of a zone table; after an edit only those of the rows that it touched are computed anew."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
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
    facts are those of the last time, so are the numbers. A statistic that needs a fact that changed is computed anew
    for the rows of the plots in question and for the total, in one go over all plots; any other only for the rows in
    which plots weigh otherwise than before.

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
    changed = {name: mask for name in facts.columns if (mask := _changed(known[name], facts[name])).any()}
    is_reweighed = changed_rows(newest.weights.areas, weights.areas)
    is_reweighed |= changed_rows(newest.weights.counts, weights.counts)
    total = len(is_reweighed) - 1
    # Every plot weighs 1 in the total, whatever its zone: only facts change it.
    is_reweighed[total] = False
    is_touched = is_reweighed | _rows_of(weights, list(changed.values()))
    if not is_touched.any():
        return newest.figures
    if is_touched.sum() > _LARGEST_SHARE_UPDATED * len(is_touched):
        return None
    is_touched[total] = True
    figures, columns = newest.figures.to_numpy().copy(), newest.figures.columns

    def renew(
        rows: NDArray[np.int64], facts: pd.DataFrame, weights: ZoneWeights, some: list[Statistic]
    ) -> None:
        if len(rows) and some:
            numbers = compute_statistics(facts, weights, some)
            figures[np.ix_(rows, columns.get_indexer(numbers.columns))] = numbers.to_numpy()

    open_ = [statistic for statistic in statistics if not changed.keys().isdisjoint(statistic.needs)]
    rows = np.flatnonzero(is_touched)
    renew(rows, facts, ZoneWeights(areas=weights.areas[rows], counts=weights.counts[rows]), open_)
    rows = np.flatnonzero(is_reweighed)
    renew(
        rows,
        *_of_rows(facts, weights, rows),
        [statistic for statistic in statistics if statistic not in open_],
    )
    return pd.DataFrame(figures, index=newest.figures.index, columns=columns)


def _rows_of(weights: ZoneWeights, plots: Sequence[Mask]) -> Mask:
    """Return the rows in which any of some plots weighs."""
    if not plots:
        return np.zeros(weights.row_count, dtype=bool)
    wanted = np.logical_or.reduce(plots).astype(np.float64)
    touched: Mask = (weights.areas @ wanted > 0) | (weights.counts @ wanted > 0)
    return touched


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
    if np.array_equal(old.indptr, new.indptr):
        places = np.flatnonzero((old.indices != new.indices) | (old.data != new.data))
        is_changed = np.zeros(new.shape[0], dtype=bool)
        is_changed[np.searchsorted(new.indptr, places, side="right") - 1] = True
        return is_changed
    return np.array([differs(row) for row in range(new.shape[0])], dtype=bool)


def _changed(old: pd.Series, new: pd.Series) -> Mask:
    """Return of which plots a fact differs."""
    before, now = old.array, new.array
    if share_values(before, now):
        return np.zeros(len(now), dtype=bool)
    if before.dtype != now.dtype:
        return np.ones(len(now), dtype=bool)
    are_equal = pd.Series(before == now, dtype="boolean").fillna(value=False).to_numpy(dtype=bool)
    changed: Mask = ~are_equal & ~(np.asarray(before.isna()) & np.asarray(now.isna()))
    return changed


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
