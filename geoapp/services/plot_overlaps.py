"""Plots that lie over one another: found once per state of the register, and after an edit for what it touched."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoapp.analysis.shared_ground import SharedGround, shared_ground, shared_ground_of
from geoapp.domain.frame_update import FRESH, are_in_place, known_rows
from geoapp.services.as_of import AsOf
from geoapp.services.workspace import Workspace

Rows = NDArray[np.int64]

_FEW = 50
"""Plots that are looked at by themselves as long as nobody asked about all."""
_LARGEST_SHARE_UPDATED = 0.2
"""Of the plots changed since the pairs found last; where more are, all are looked at anew."""


def plots_over_plots(workspace: Workspace, state: AsOf, rows: Rows) -> SharedGround:
    """Return the pairs of plots that share land of which one at least is among some plots.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
        The register as it was, the day whose tolerance holds.
    rows : array of int
        Positions in the register of plots.

    Raises
    ------
    NotFoundError
        The rule book has no tolerance for the day.
    """
    least_m2 = float(workspace.policy_at(state.revision).value("overlap_tolerance_m2", state.day))
    if len(rows) <= _FEW and not _is_at_hand(workspace, state.revision, least_m2):
        shapes = workspace.store.read("plots", revision=state.revision)["geometry"].to_numpy()
        return shared_ground_of(shapes, shapely.bounds(shapes), rows, least_m2)
    return _all_pairs(workspace, state.revision, least_m2).among(rows)


def _is_at_hand(workspace: Workspace, revision: int, least_m2: float) -> bool:
    """Return whether all pairs are known, or come of the newest ones at little cost."""
    if workspace.cache.peek(_key(workspace, revision, least_m2), None) is not None:
        return True
    return _is_newest(workspace, revision) and workspace.cache.peek(_newest_key(least_m2), None) is not None


def _is_newest(workspace: Workspace, revision: int) -> bool:
    store = workspace.store
    return store.register_revision("plots", revision=revision) == store.register_revision("plots")


@dataclass(frozen=True, slots=True)
class _Newest:
    """The pairs found last, and the versions of the plots they are of."""

    fids: pd.Index
    boxes: NDArray[np.float64]
    pairs: SharedGround
    key: tuple[Hashable, ...]
    """Under which they are kept."""

    @property
    def nbytes(self) -> int:
        """Without the fids, which are the register's own, and the pairs, which count where they are kept."""
        return int(self.boxes.nbytes)


def _newest_key(least_m2: float) -> tuple[Hashable, ...]:
    return "newest_plot_overlaps", least_m2


def _key(workspace: Workspace, revision: int, least_m2: float) -> tuple[Hashable, ...]:
    return "plot_overlaps", workspace.store.register_revision("plots", revision=revision), least_m2


def _all_pairs(workspace: Workspace, revision: int, least_m2: float) -> SharedGround:
    key = _key(workspace, revision, least_m2)

    def make() -> SharedGround:
        plots = workspace.store.read("plots", revision=revision)
        newest: _Newest | None = workspace.cache.peek(_newest_key(least_m2), None)
        found = None if newest is None else _updated(newest, plots, key, least_m2)
        if found is None:
            shapes = plots["geometry"].to_numpy()
            found = _Newest(plots.index, shapely.bounds(shapes), shared_ground(shapes, least_m2), key)
        workspace.cache.keep_newest(
            _newest_key(least_m2),
            found,
            key=key,
            before=None if newest is None else newest.key,
            is_past=not _is_newest(workspace, revision),
        )
        return found.pairs

    return workspace.cache.get(key, make)


def _updated(
    newest: _Newest, plots: pd.DataFrame, key: tuple[Hashable, ...], least_m2: float
) -> _Newest | None:
    """Return the pairs brought up from those found last; None where too much has changed since."""
    old_rows = known_rows(newest.fids.to_numpy(), plots.index.to_numpy())
    fresh = np.flatnonzero(old_rows == FRESH)
    if len(fresh) > _LARGEST_SHARE_UPDATED * len(plots):
        return None
    shapes = plots["geometry"].to_numpy()
    boxes = _boxes(newest, old_rows, fresh, shapes)
    kept, added = _still(newest, old_rows), shared_ground_of(shapes, boxes, fresh, least_m2)
    first = np.concatenate([kept.first, added.first])
    second = np.concatenate([kept.second, added.second])
    order = np.lexsort((second, first))
    area_m2 = np.concatenate([kept.area_m2, added.area_m2])[order]
    return _Newest(plots.index, boxes, SharedGround(first[order], second[order], area_m2), key)


def _boxes(newest: _Newest, old_rows: Rows, fresh: Rows, shapes: NDArray) -> NDArray[np.float64]:
    in_place, bounds = are_in_place(old_rows, len(newest.boxes)), shapely.bounds(shapes[fresh])
    if in_place and np.array_equal(newest.boxes[fresh], bounds, equal_nan=True):
        return newest.boxes
    boxes = newest.boxes.copy() if in_place else newest.boxes[old_rows]
    boxes[fresh] = bounds
    return boxes


def _still(newest: _Newest, old_rows: Rows) -> SharedGround:
    """Return the pairs of plots that did not change, by where they are now."""
    pairs, count = newest.pairs, len(newest.boxes)
    if are_in_place(old_rows, count):
        return pairs.where((old_rows[pairs.first] != FRESH) & (old_rows[pairs.second] != FRESH))
    rows = np.full(count + 1, FRESH)  # the last is for what is new
    rows[old_rows] = np.arange(len(old_rows))
    one, other = rows[:-1][pairs.first], rows[:-1][pairs.second]
    moved = SharedGround(np.minimum(one, other), np.maximum(one, other), pairs.area_m2)
    return moved.where(moved.first != FRESH)
