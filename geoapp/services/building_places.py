"""Whether buildings stand on their plots: worked out once per state of both, and after an edit for what it touched."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoapp.analysis.overlay import valid_shapes
from geoapp.domain.frame_update import FRESH, known_rows
from geoapp.services.held_records import rows_of
from geoapp.services.workspace import Workspace

_REGISTERS = ("buildings", "plots")
_NEWEST = ("newest_building_places",)
_LARGEST_SHARE_UPDATED = 0.2
"""Of the plots changed since the shares computed last; where more are, all are computed anew."""


def outside_share(shapes: NDArray, grounds: NDArray) -> NDArray[np.float64]:
    """Return which share of each outline lies outside the ground beside it; nan where either has no area.

    A share of areas in degrees: over the length of a building a degree is as long as the next one.
    """
    shapes, grounds = valid_shapes(shapes), valid_shapes(grounds)
    whole = shapely.area(shapes)
    share = np.where((whole > 0) & (shapely.area(grounds) > 0), 0.0, np.nan)
    is_out = (share == 0) & ~shapely.covered_by(shapes, grounds)
    inside = shapely.area(shapely.intersection(shapes[is_out], grounds[is_out]))
    share[is_out] = 1 - inside / whole[is_out]
    return share


def buildings_outside(workspace: Workspace, revision: int) -> NDArray[np.float64]:
    """Return which share of each building's outline lies outside its plot, see `outside_share`.

    Parameters
    ----------
    workspace : Workspace
    revision : int

    Returns
    -------
    array in the order of the register of buildings
        Shared by all who ask: never change it. nan where the building, its plot, or the outline of either is not known.
    """
    versions = tuple(workspace.store.register_revision(name, revision=revision) for name in _REGISTERS)
    key = ("building_places", *versions)

    def make() -> NDArray[np.float64]:
        buildings = workspace.store.read("buildings", revision=revision)
        plots = workspace.store.read("plots", revision=revision)
        newest: _Newest | None = workspace.cache.peek(_NEWEST, None)
        share = None if newest is None else _updated(workspace, newest, buildings, plots)
        if share is None:
            share = _shares(buildings, plots)
        workspace.cache.keep_newest(
            _NEWEST,
            _Newest(buildings.index, plots.index, plots["plot_code"], share, key),
            key=key,
            before=None if newest is None else newest.key,
            is_past=versions != tuple(map(workspace.store.register_revision, _REGISTERS)),
        )
        return share

    return workspace.cache.get(key, make)


@dataclass(frozen=True, slots=True)
class _Newest:
    """The shares computed last, and the versions of the records they are of."""

    building_fids: pd.Index
    plot_fids: pd.Index
    plot_codes: pd.Series
    share: NDArray[np.float64]
    key: tuple[Hashable, ...]
    """Under which they are kept."""

    @property
    def nbytes(self) -> int:
        """Without what is the registers' own."""
        return int(self.share.nbytes)


def _updated(
    workspace: Workspace, newest: _Newest, buildings: pd.DataFrame, plots: pd.DataFrame
) -> NDArray[np.float64] | None:
    """Return the shares brought up from those computed last; None where too much has changed since."""
    here = known_rows(newest.plot_fids.to_numpy(), plots.index.to_numpy())
    before = known_rows(plots.index.to_numpy(), newest.plot_fids.to_numpy())
    changed = {*plots["plot_code"].array[here == FRESH], *newest.plot_codes.array[before == FRESH]}
    if len(changed) > _LARGEST_SHARE_UPDATED * len(plots):
        return None
    old_row = known_rows(newest.building_fids.to_numpy(), buildings.index.to_numpy())
    is_touched = old_row == FRESH
    held = rows_of(workspace, "buildings", buildings)
    for code in changed:
        is_touched[held.find("plot_code", code)] = True
    share = np.concatenate([newest.share, [np.nan]])[old_row]  # FRESH is the last
    share[is_touched] = _shares(buildings[is_touched], plots)
    return share


def _shares(buildings: pd.DataFrame, plots: pd.DataFrame) -> NDArray[np.float64]:
    if buildings.empty or plots.empty:
        return np.full(len(buildings), np.nan)
    codes = buildings["plot_code"]
    owners = plots.loc[plots["plot_code"].isin(codes.unique()), ["plot_code", "geometry"]]
    grounds = owners.set_index("plot_code")["geometry"].reindex(codes)
    return outside_share(buildings["geometry"].to_numpy(), grounds.to_numpy())
