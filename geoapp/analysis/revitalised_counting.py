"""Counting the recognitions of one ledger so that no square metre counts twice, and saying why each one counts less.

No binding standard of recognition was found; the rules are ours and are written out in `docs/user-manual.md`:

1. A record counts from its date, from the start of the period on, on a plot that is on the register or became one.
2. On one plot recognised areas add up, but never above the plot's; parts with shapes count as the union of the shapes.
3. A plot that was split or merged is counted on the plots made from it, in proportion to their areas.
4. Land in two recognised plots that lie over one another counts once, for the plot that came first.
5. A revocation is a negative record and takes away what had been counted.
6. New floor area adds up, unless one project is recognised for more land of a plot than there is.

The total of a ledger at a day is the same whatever the order of its records, and every figure is the sum of postings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from geoapp.analysis.revitalised_lineage import generations, with_descendants
from geoapp.analysis.revitalised_overlap import Key, Once, SharedLand, on_grid

AREAS = ("area_m2", "new_gfa_gross_m2", "new_gfa_net_m2")
COUNTED = ("counted_m2", "counted_gfa_gross_m2", "counted_gfa_net_m2")
DECIMALS_M2 = 2
"""Of the areas in registers: a plot may be recognised for its measured area as it is written there."""
WHOLE_REASONS = ("no_date", "future", "before_period", "unknown_plot", "no_area")
"""Why a record does not count at all, in the order in which it is asked."""
PART_REASONS = (
    "above_part", "above_plot", "same_plot", "predecessor", "parts_overlap", "plots_overlap", "revoked_uncounted",
)  # fmt: skip
"""Why a record counts less than it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """The plots that recognitions are about."""

    area_m2: pd.Series
    """By code of each plot on the register; NaN where unknown, and then without limit."""
    heirs: pd.DataFrame
    """See `revitalised_lineage.heirs`."""
    gone_area_m2: pd.Series
    """By code, of plots that are no longer on the register, where it is known."""
    part_area_m2: pd.Series
    """By project_code and plot_code, of the parts of plots whose shape is known."""
    parts_shared: Sequence[SharedLand] = ()
    """Land in several parts of one plot; keys are (project_code, plot_code)."""
    plots_shared: Sequence[SharedLand] = ()
    """Land in several plots of the register."""


@dataclass(frozen=True, slots=True)
class Counting:
    """The outcome of `count_recognitions`."""

    records: pd.DataFrame
    """On the records' index: status ("" or one of WHOLE_REASONS), counted_m2, counted_gfa_gross_m2,
    counted_gfa_net_m2, and for each of PART_REASONS the area that counts less for it (m2)."""
    postings: pd.DataFrame
    """What each record adds to or takes from each plot on the register: record (index), plot_code, COUNTED (m2), and
    claimed_m2, what of the record is about that plot."""


def count_recognitions(
    records: pd.DataFrame, land: Land, *, day: date, period_start: date | None = None
) -> Counting:
    """Return what the recognitions of one ledger count for.

    Parameters
    ----------
    records : DataFrame, one row per recognition, unique index
        recognition_code, project_code, plot_code (text), recognised_on (datetime64), area_m2, new_gfa_gross_m2,
        new_gfa_net_m2 (m2; negative where revoked, NaN where not given).
    land : Land
    day : date
        Later records do not count yet.
    period_start : date, optional
        Earlier records do not count.

    Returns
    -------
    Counting
        counted_m2 of a record is by how much the ledger's total changed with it, so the total at an earlier day is
        the sum over the records up to it. Areas are multiples of GRID_M2 and sum without rounding.
    """
    status = _status(records, land, day, period_start)
    ordered = records[status == ""].sort_values(["recognised_on", "recognition_code"], kind="stable")
    claims = _claims(ordered)
    losses = pd.DataFrame(0.0, index=records.index, columns=list(PART_REASONS))
    claims = _count_parts(claims, land, losses)
    claims = _on_current_plots(claims, land, losses)
    claims = _limit(claims, claims["plot_code"].map(land.area_m2), losses, "above_plot", "same_plot")
    claims = _count_shared(claims, land.plots_shared, "plot_code", land.area_m2, losses, "plots_overlap")
    postings = _postings(claims, _count_floor(claims, land.area_m2))
    counted = postings.groupby("record")[list(COUNTED)].sum().reindex(records.index, fill_value=0.0)
    return Counting(pd.concat([status.rename("status"), counted, losses], axis=1), postings)


def counted_by_plot(counting: Counting, records: pd.DataFrame, plots: pd.Index) -> pd.DataFrame:
    """Return what counts on each plot: recognised_m2, new_gfa_gross_m2, new_gfa_net_m2 (m2).

    Parameters
    ----------
    counting : Counting
    records : DataFrame
        As they were counted.
    plots : Index of plot_code

    Returns
    -------
    DataFrame by plot_code
        0 on a plot without records; NaN where it has records but none of them says how much. The sums are those of
        the ledger.
    """
    names = dict(zip(COUNTED, ("recognised_m2", "new_gfa_gross_m2", "new_gfa_net_m2"), strict=True))
    sums = counting.postings.groupby("plot_code")[list(COUNTED)].sum().rename(columns=names)
    totals = sums.reindex(plots, fill_value=0.0)
    without_area = records.loc[counting.records["status"] == "no_area", "plot_code"]
    totals["recognised_m2"] = totals["recognised_m2"].mask(plots.isin(without_area) & ~plots.isin(sums.index))
    floor = ["new_gfa_gross_m2", "new_gfa_net_m2"]
    is_given = records[floor].notna().reindex(counting.postings["record"]).set_axis(counting.postings.index)
    is_known = is_given.groupby(counting.postings["plot_code"]).any()
    unknown = is_known.index[~is_known.all(axis=1)]
    totals.loc[unknown, floor] = totals.loc[unknown, floor].where(is_known.loc[unknown])
    return totals


def _status(records: pd.DataFrame, land: Land, day: date, period_start: date | None) -> pd.Series:
    on = records["recognised_on"]
    known = with_descendants(land.area_m2.index, land.heirs)
    is_early = np.zeros(len(records), bool) if period_start is None else on < pd.Timestamp(period_start)
    tests = {
        "no_date": on.isna(),
        "future": on > pd.Timestamp(day),
        "before_period": is_early,
        "unknown_plot": ~records["plot_code"].isin(known),
        "no_area": records["area_m2"].isna(),
    }
    return pd.Series(np.select(list(tests.values()), list(tests), ""), index=records.index, dtype="str")


def _claims(ordered: pd.DataFrame) -> pd.DataFrame:
    """Return one row per record in the order of counting: what it claims, and what of it still counts."""
    numbers = {name: on_grid(ordered[name].fillna(0.0).to_numpy(np.float64)) for name in AREAS}
    return pd.DataFrame(
        {
            "rank": np.arange(len(ordered)),
            "record": ordered.index,
            "project_code": ordered["project_code"].fillna("").to_numpy(),
            "plot_code": ordered["plot_code"].to_numpy(),
            "is_carried": False,
            "claimed_m2": numbers["area_m2"],
            "counted_m2": numbers["area_m2"],
            "gross_m2": numbers["new_gfa_gross_m2"],
            "net_m2": numbers["new_gfa_net_m2"],
        }
    )


def _running(amounts: pd.Series, keys: pd.Series, limit: pd.Series) -> pd.Series:
    """Return by how much each amount changes its key's sum, held between nothing and the limit."""
    sums = amounts.groupby(keys, sort=False).cumsum().clip(0.0, limit.fillna(np.inf))
    return sums - sums.groupby(keys, sort=False).shift(fill_value=0.0)


def _limit(
    claims: pd.DataFrame,
    limit_m2: pd.Series,
    losses: pd.DataFrame,
    above: str,
    again: str,
    by: str = "plot_code",
) -> pd.DataFrame:
    """Hold what counts on each plot to its area; what is lost is above the area or counted already."""
    limit = pd.Series(on_grid(limit_m2.to_numpy(np.float64).round(DECIMALS_M2)), index=claims.index)
    key = pd.Series(pd.factorize(claims[by])[0], index=claims.index)  # numbers group quicker than codes
    counted = _running(claims["counted_m2"], key, limit)
    lost = claims["counted_m2"] - counted
    is_revoked = claims["claimed_m2"] < 0
    beyond = (claims["counted_m2"] - limit).clip(lower=0.0).fillna(0.0).clip(upper=lost.clip(lower=0.0))
    had_carried = claims["is_carried"].groupby(key, sort=False).cummax()
    rest = lost - beyond.mask(is_revoked, 0.0)
    _lose(losses, claims, beyond.mask(is_revoked, 0.0), above)
    _lose(losses, claims, rest.where(is_revoked, 0.0), "revoked_uncounted")
    _lose(losses, claims, rest.mask(is_revoked | had_carried, 0.0), again)
    _lose(losses, claims, rest.where(~is_revoked & had_carried, 0.0), "predecessor")
    return claims.assign(counted_m2=counted)


def _lose(losses: pd.DataFrame, claims: pd.DataFrame, lost_m2: pd.Series, reason: str) -> None:
    sums = lost_m2.groupby(claims["record"]).sum()
    losses.loc[sums.index, reason] += sums


def _count_parts(claims: pd.DataFrame, land: Land, losses: pd.DataFrame) -> pd.DataFrame:
    """Count recognised parts with shapes: each up to its area, land in several of them once."""
    keys = pd.MultiIndex.from_frame(claims[["project_code", "plot_code"]])
    is_part = keys.isin(land.part_area_m2.index)
    if not is_part.any():
        return claims
    parts = claims[is_part].assign(part=pd.Series(keys.to_flat_index(), index=claims.index)[is_part])
    limit = pd.Series(land.part_area_m2.reindex(keys[is_part]).to_numpy(), index=parts.index)
    parts = _limit(parts, limit, losses, "above_part", "same_plot", by="part")
    parts = _count_shared(parts, land.parts_shared, "part", land.part_area_m2, losses, "parts_overlap")
    together = pd.concat([claims[~is_part], parts.drop(columns="part")])
    return together.sort_values("rank", kind="stable").reset_index(drop=True)


def _count_shared(
    claims: pd.DataFrame,
    shared: Sequence[SharedLand],
    by: str,
    limit_m2: pd.Series,
    losses: pd.DataFrame,
    reason: str,
) -> pd.DataFrame:
    """Count land that several keys share once; a change that falls to another key becomes a row of its own."""
    involved = {key for piece in shared for key in piece.keys}
    rows = claims[claims[by].isin(involved)]
    if rows.empty:
        return claims
    once = Once(shared, limit_m2[limit_m2.index.isin(list(involved))].to_dict())
    counted = claims["counted_m2"].copy()
    extra: list[tuple[int, Key, float]] = []
    for place, key, amount in zip(rows.index, rows[by], rows["counted_m2"].tolist(), strict=True):
        changes = once.add(key, amount)
        counted.loc[place] = changes.pop(key)
        extra += [(place, other, change) for other, change in changes.items() if change]
    moved = claims.loc[[place for place, _, _ in extra]].assign(
        counted_m2=[change for _, _, change in extra], claimed_m2=0.0, gross_m2=0.0, net_m2=0.0
    )
    moved[by] = pd.Series([other for _, other, _ in extra], index=moved.index, dtype=claims[by].dtype)
    lost = (claims["counted_m2"] - counted).groupby(claims["record"]).sum()
    lost = lost.sub(moved.groupby("record")["counted_m2"].sum(), fill_value=0.0)
    is_revoked = (claims.groupby("record")["claimed_m2"].sum() < 0).reindex(lost.index)
    losses.loc[lost.index, reason] += lost.mask(is_revoked, 0.0)
    losses.loc[lost.index, "revoked_uncounted"] += lost.where(is_revoked, 0.0)
    together = pd.concat([claims.assign(counted_m2=counted), moved])
    return together.sort_values("rank", kind="stable").reset_index(drop=True)


def _on_current_plots(claims: pd.DataFrame, land: Land, losses: pd.DataFrame) -> pd.DataFrame:
    """Hand what was recognised on plots that were split or merged down to the plots made from them.

    The oldest first, so that a plot in between is held to its area for what it inherited and its own records together.
    """
    steps = generations(land.heirs)
    steps = steps[steps.index.isin(land.heirs["predecessor"])]
    for _, plots in steps.groupby(steps):
        is_open = claims["plot_code"].isin(plots.index)
        if is_open.any():
            claims = pd.concat([claims[~is_open], _passed_on(claims[is_open], land, losses)])
            claims = claims.sort_values("rank", kind="stable").reset_index(drop=True)
    return claims


def _passed_on(old: pd.DataFrame, land: Land, losses: pd.DataFrame) -> pd.DataFrame:
    is_gone = ~old["plot_code"].isin(land.area_m2.index)
    gone = old[is_gone]
    gone = _limit(gone, gone["plot_code"].map(land.gone_area_m2), losses, "above_plot", "same_plot")
    stays, goes = _beyond_own_area(old[~is_gone], land.area_m2)
    return pd.concat([stays, _to_heirs(pd.concat([gone, goes]), land.heirs)])


def _beyond_own_area(claims: pd.DataFrame, area_m2: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what stays with a plot that is still on the register though others were made from it, and the rest.

    A record of more than the plot has today was made before it was divided.
    """
    own = on_grid(claims["plot_code"].map(area_m2).fillna(np.inf).to_numpy(np.float64))
    amount = claims["claimed_m2"].to_numpy()
    share = np.divide(
        np.minimum(np.abs(amount), own), np.abs(amount), out=np.ones(len(amount)), where=amount != 0
    )
    stays = _scaled(claims, share)
    columns = ["claimed_m2", "counted_m2", "gross_m2", "net_m2"]
    goes = claims.assign(**{name: claims[name] - stays[name] for name in columns})
    return stays, goes[share < 1]


def _scaled(claims: pd.DataFrame, share: np.ndarray) -> pd.DataFrame:
    columns = ["claimed_m2", "counted_m2", "gross_m2", "net_m2"]
    return claims.assign(**{name: on_grid(claims[name].to_numpy() * share) for name in columns})


def _to_heirs(claims: pd.DataFrame, heirs: pd.DataFrame) -> pd.DataFrame:
    """Return the claims on the plots made from theirs; the last one takes what rounding leaves over."""
    old = claims.reset_index(drop=True).reset_index(names="claim")
    rows = old.merge(heirs, left_on="plot_code", right_on="predecessor", how="left")
    is_last = ~rows.duplicated("claim", keep="last")
    passed = _scaled(rows, rows["share"].to_numpy())
    for name in ("claimed_m2", "counted_m2", "gross_m2", "net_m2"):
        others = passed[name].mask(is_last, 0.0).groupby(rows["claim"]).sum()
        passed[name] = passed[name].mask(is_last, rows[name] - rows["claim"].map(others))
    passed = passed.assign(plot_code=rows["successor"], is_carried=True)
    return passed.drop(columns=["claim", "predecessor", "successor", "share"])


def _count_floor(claims: pd.DataFrame, area_m2: pd.Series) -> pd.DataFrame:
    """Return by how much each claim changes the new floor area that counts.

    A project that is recognised for more land of a plot than the plot has, is recognised twice for some of it: its
    floor area counts in the same proportion. A project all of whose land was revoked has none.
    """
    key = claims.groupby(["project_code", "plot_code"], sort=False).ngroup()

    def by_project(values: pd.Series) -> Any:
        return values.groupby(key, sort=False)

    land = by_project(claims["claimed_m2"]).cumsum()
    largest = by_project(claims["claimed_m2"]).cummax()
    limit = np.maximum(claims["plot_code"].map(area_m2).fillna(np.inf), largest)
    share = (limit / land.where(land > 0)).clip(upper=1.0).fillna(1.0)
    is_taken_back = (land <= 0) & (by_project(claims["claimed_m2"]).cummin() < 0)
    floor = {}
    for name in ("gross_m2", "net_m2"):
        sums = by_project(claims[name]).cumsum().clip(lower=0.0) * share.mask(is_taken_back, 0.0)
        sums = pd.Series(on_grid(sums.to_numpy()), index=claims.index)
        floor[name] = sums - by_project(sums).shift(fill_value=0.0)
    return pd.DataFrame(floor)


def _postings(claims: pd.DataFrame, floor: pd.DataFrame) -> pd.DataFrame:
    columns: Mapping[str, pd.Series] = {
        "record": claims["record"],
        "plot_code": claims["plot_code"],
        "claimed_m2": claims["claimed_m2"],
        "counted_m2": claims["counted_m2"],
        "counted_gfa_gross_m2": floor["gross_m2"],
        "counted_gfa_net_m2": floor["net_m2"],
    }
    return pd.DataFrame(columns).reset_index(drop=True)
