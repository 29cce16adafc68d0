"""The difference between two states of the plots: which changed and how, and what that comes to per zone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from geoapp.domain.statistic import ZoneWeights

AREA_TOLERANCE_M2 = 0.005
"""Half of the last digit shown: a smaller difference is the rounding of coordinates, not land."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonedPlots:
    """The plots of one day, and where they lie."""

    plots: pd.DataFrame
    """By plot_code: is_counted (bool: satisfies the filter), site_area_m2 (NaN unknown), and the classes as texts, ""
    where there is none."""
    zones: pd.Index
    """Keys of the weights' rows: the zones, outside, total."""
    weights: ZoneWeights
    """Of all plots, in their order."""


def compare_plots(
    before: pd.DataFrame, after: pd.DataFrame, *, redrawn: pd.Index, classes: Mapping[str, str]
) -> pd.DataFrame:
    """Return how plots differ between two days.

    Parameters
    ----------
    before, after : DataFrame by plot_code
        See `ZonedPlots.plots`.
    redrawn : Index of plot codes
        Plots whose registered area or shape was changed in the register: only of these can the area have changed. What
        else differs in it is the noise of computing.
    classes : mapping of kind by column
        Such as {"far_class": "far_class"}.

    Returns
    -------
    DataFrame, one row per plot and kind, by plot_code, then in the order new, gone, entered, left, area, classes
        plot_code, kind, before, after (values of the class, "" elsewhere), before_m2, after_m2 (site area of either
        day, NaN where unknown or not there), difference_m2 (what it adds to the counted area: m2; NaN where unknown and
        for classes). Plots that neither day counts are left out.

    Examples
    --------
    >>> before = pd.DataFrame({"is_counted": True, "site_area_m2": [900.0, 50.0], "grade": ["B", "C"]}, ["A", "B"])
    >>> after = pd.DataFrame({"is_counted": [True], "site_area_m2": [900.0], "grade": ["A"]}, ["A"])
    >>> changes = compare_plots(before, after, redrawn=pd.Index([]), classes={"grade": "grade"})
    >>> changes[["plot_code", "kind", "before", "after", "difference_m2"]].values.tolist()
    [['A', 'grade', 'B', 'A', nan], ['B', 'gone', '', '', -50.0]]
    """
    codes = before.index.union(after.index)
    old, new = before.reindex(codes), after.reindex(codes)
    was, is_ = _flags(old), _flags(new)
    existed, exists = codes.isin(before.index), codes.isin(after.index)
    areas = (old["site_area_m2"].to_numpy(np.float64), new["site_area_m2"].to_numpy(np.float64))
    on_both = was & is_
    found = [
        _rows(codes, ~existed & is_, "new", areas, areas[1]),
        _rows(codes, was & ~exists, "gone", areas, -areas[0]),
        _rows(codes, existed & ~was & is_, "entered", areas, areas[1]),
        _rows(codes, was & exists & ~is_, "left", areas, -areas[0]),
        _rows(codes, on_both & codes.isin(redrawn) & _differ(*areas), "area", areas, areas[1] - areas[0]),
    ]
    is_listed = existed & exists & (was | is_)
    nothing = np.full(len(codes), np.nan)
    for column, kind in classes.items():
        first, second = old[column], new[column]
        is_other = is_listed & (first != second).to_numpy(bool)
        rows = _rows(codes, is_other, kind, areas, nothing)
        found.append(rows.assign(before=first[is_other].to_numpy(), after=second[is_other].to_numpy()))
    changes = pd.concat(found, ignore_index=True)
    return changes.sort_values("plot_code", kind="stable", ignore_index=True)


def _flags(plots: pd.DataFrame) -> Flags:
    return plots["is_counted"].eq(other=True).to_numpy(bool)


def _differ(old: NDArray[np.float64], new: NDArray[np.float64]) -> Flags:
    is_known = (~np.isnan(old), ~np.isnan(new))
    by_size: Flags = np.abs(np.nan_to_num(new) - np.nan_to_num(old)) > AREA_TOLERANCE_M2
    is_other: Flags = (is_known[0] != is_known[1]) | (is_known[0] & by_size)
    return is_other


def _rows(
    codes: pd.Index,
    is_chosen: Flags,
    kind: str,
    areas_m2: tuple[NDArray[np.float64], NDArray[np.float64]],
    difference_m2: NDArray[np.float64],
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "plot_code": codes[is_chosen],
            "kind": kind,
            "before": "",
            "after": "",
            "before_m2": areas_m2[0][is_chosen],
            "after_m2": areas_m2[1][is_chosen],
            "difference_m2": difference_m2[is_chosen],
        }
    )


def zone_changes(
    changes: pd.DataFrame,
    before: ZonedPlots,
    after: ZonedPlots,
    *,
    kinds: Sequence[str],
    redrawn: pd.Index,
    are_zones_same: bool,
) -> pd.DataFrame:
    """Return what changes come to in each zone.

    The difference is summed from the plots that changed, so a zone where nothing did has exactly none. It reconciles:
    difference = new - gone + entered - left + area + moved, the last being plots that came from or went to another
    zone since they or the zones were redrawn.

    Parameters
    ----------
    changes : DataFrame
        See `compare_plots`, and perhaps rows of other kinds.
    before, after : ZonedPlots
        Their last zone is the total, the one before it the outside.
    kinds : sequence of str
        Which kinds get columns.
    redrawn : Index of plot codes
        See `compare_plots`.
    are_zones_same : bool
        Whether both days have the very same zones; then only plots redrawn can have moved.

    Returns
    -------
    DataFrame by zone key, zones of either day in order, outside, total
        before_count, before_m2, after_count, after_m2, difference_count, difference_m2, moved_count, moved_m2, and
        per kind <kind>_count and <kind>_m2 (m2: what it adds to the area for area, else the site area of the plots).
        Unknown areas are left out of the sums.
    """
    keys = _all_zones(before.zones, after.zones)
    codes = before.plots.index.union(after.plots.index)
    sides = [_Aligned.of(state, keys, codes) for state in (before, after)]
    old, new = sides
    figures = {
        "before_count": old.counts @ old.is_counted,
        "before_m2": old.areas @ old.counted_m2,
        "after_count": new.counts @ new.is_counted,
        "after_m2": new.areas @ new.counted_m2,
    }
    difference = _difference(old, new, codes, redrawn=redrawn, are_zones_same=are_zones_same)
    figures["difference_count"] = figures["after_count"] - figures["before_count"]
    figures["difference_m2"] = difference.sum(axis=1)
    explained_count, explained_m2 = np.zeros(len(keys)), np.zeros(len(keys))
    for kind in kinds:
        is_kind = codes.isin(changes.loc[changes["kind"] == kind, "plot_code"])
        side = old if kind in ("gone", "left") else new
        figures[f"{kind}_count"] = side.counts @ is_kind.astype(np.float64)
        figures[f"{kind}_m2"] = side.areas @ np.where(is_kind, side.area_m2, 0.0)
        sign = {"new": 1, "entered": 1, "gone": -1, "left": -1}.get(kind, 0)
        explained_count += sign * figures[f"{kind}_count"]
        if kind == "area":
            figures["area_m2"] = difference @ is_kind.astype(np.float64)
        explained_m2 += difference @ is_kind.astype(np.float64) if sign or kind == "area" else 0.0
    figures["moved_count"] = figures["difference_count"] - explained_count
    moved = figures["difference_m2"] - explained_m2
    figures["moved_m2"] = np.where(np.abs(moved) > AREA_TOLERANCE_M2, moved, 0.0)
    table = pd.DataFrame(figures, index=keys)
    whole = [name for name in table if str(name).endswith("_count")]
    return table.round(dict.fromkeys(whole, 0)).astype(dict.fromkeys(whole, "int64"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aligned:
    """One day's plots and zones in the order of both days'."""

    areas: sparse.csr_array
    counts: sparse.csr_array
    is_counted: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    """0 where unknown or not there."""

    @property
    def counted_m2(self) -> NDArray[np.float64]:
        return self.area_m2 * self.is_counted

    @classmethod
    def of(cls, state: ZonedPlots, keys: pd.Index, codes: pd.Index) -> "_Aligned":
        rows, columns = keys.get_indexer(state.zones), codes.get_indexer(state.plots.index)
        plots = state.plots.reindex(codes)
        return cls(
            areas=_placed(state.weights.areas, rows, columns, (len(keys), len(codes))),
            counts=_placed(state.weights.counts, rows, columns, (len(keys), len(codes))),
            is_counted=_flags(plots).astype(np.float64),
            area_m2=np.nan_to_num(plots["site_area_m2"].to_numpy(np.float64)),
        )


def _placed(
    weights: sparse.csr_array, rows: NDArray, columns: NDArray, shape: tuple[int, int]
) -> sparse.csr_array:
    found = weights.tocoo()
    return sparse.csr_array((found.data, (rows[found.row], columns[found.col])), shape=shape)


def _all_zones(before: pd.Index, after: pd.Index) -> pd.Index:
    """Return the zones of the later day, then those that are no more, then outside and total."""
    zones = after[:-2].append(before[:-2].difference(after[:-2]))
    return zones.append(after[-2:])


def _difference(
    old: _Aligned, new: _Aligned, codes: pd.Index, *, redrawn: pd.Index, are_zones_same: bool
) -> sparse.csr_array:
    """Return zones x plots: what each plot adds to each zone's area, without the noise of computing."""
    is_same = ~codes.isin(redrawn) & (old.area_m2 > 0) & (new.area_m2 > 0)
    later_m2 = np.where(is_same, old.area_m2, new.area_m2) * new.is_counted
    difference = new.areas @ sparse.diags_array(later_m2) - old.areas @ sparse.diags_array(old.counted_m2)
    is_still = is_same & (old.is_counted == new.is_counted) & are_zones_same
    difference = sparse.csr_array(difference @ sparse.diags_array(np.where(is_still, 0.0, 1.0)))
    difference.data[np.abs(difference.data) <= AREA_TOLERANCE_M2] = 0.0
    return difference
