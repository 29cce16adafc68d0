"""Land that enterprises occupied in a year: owned, leased in, leased out, by plot, with what does not fit.

An area counts for the days of the year it was occupied. Whatever is missing makes a sum unknown, never zero.
"""

from datetime import date

import numpy as np
import pandas as pd

OCCUPIED, OWNED = "occupied", "owned"
"""What an owner's recorded area is: what it uses itself, or all it owns, with what it has leased out."""
RECORDED, WHOLE_SITE, HOLDER = "recorded", "whole_site", "holder"
"""Where a line's area comes from: the occupancy, the site for an owner alone without area, the plot's holder."""
AREAS = ("owned_m2", "leased_in_m2", "leased_out_m2", "land_m2")


def year_share(from_on: pd.Series, to_on: pd.Series, year: int, *, by_days: bool = True) -> pd.Series:
    """Return the share of a year (0 to 1) that periods cover; a missing end is open, both ends are included.

    Parameters
    ----------
    from_on, to_on : Series of datetime
    year : int
    by_days : bool
        Else a period counts wholly if it holds the year's last day, and not otherwise.

    Examples
    --------
    >>> days = pd.Series(["2025-07-01", None], dtype="datetime64[s]")
    >>> year_share(days, pd.Series([None, "2025-06-30"], dtype="datetime64[s]"), 2025).round(4).tolist()
    [0.5041, 0.4959]
    """
    last = pd.Timestamp(date(year, 12, 31))
    first = pd.Timestamp(date(year, 1, 1)) if by_days else last
    start = from_on.where(from_on > first, first)
    end = to_on.where(to_on < last, last)
    days = ((end - start).dt.days + 1).astype("float64")
    share: pd.Series = days.clip(lower=0.0) / ((last - first).days + 1)
    return share


def land_lines(
    occupancies: pd.DataFrame,
    plots: pd.DataFrame,
    year: int,
    *,
    owner_area: str = OCCUPIED,
    by_days: bool = True,
) -> pd.DataFrame:
    """Return what land each enterprise had on each plot in a year.

    Parameters
    ----------
    occupancies : DataFrame
        plot_code, uscc, role (owner, tenant), area_m2 (m2), from_on, to_on.
    plots : DataFrame by plot_code
        uscc (its holder) and site_area_m2. A plot on which no owner is recorded in the year is its
        holder's, unless the holder is recorded there as a tenant.
    year : int
    owner_area : {"occupied", "owned"}
        What an owner's recorded area is.
    by_days : bool
        See `year_share`.

    Returns
    -------
    DataFrame, one row per plot, enterprise and role
        plot_code, uscc, role, area_m2 (as recorded), from_on, to_on, share (of the year), basis; and for the year
        in m2 owned_m2, leased_in_m2, leased_out_m2, land_m2 = owned + leased in - leased out (NaN where a part is
        missing).

    Notes
    -----
    What tenants use is leased out by the plot's owners in proportion to their areas: registers do not say whose it is.
    An owner alone on its plot without an area has the whole site.
    """
    share = year_share(occupancies["from_on"], occupancies["to_on"], year, by_days=by_days)
    names = ["plot_code", "uscc", "role", "area_m2", "from_on", "to_on"]
    current = occupancies.loc[share > 0, names].assign(share=share[share > 0], basis=RECORDED)
    holders = _holders(current, plots)
    holders = holders.assign(share=1.0, basis=HOLDER).reindex(columns=current.columns)
    holders = holders.astype({name: current[name].dtype for name in ("area_m2", "from_on", "to_on")})
    lines = pd.concat([current, holders], ignore_index=True)
    return lines.assign(**_areas(lines, plots["site_area_m2"], owner_area))


def _holders(current: pd.DataFrame, plots: pd.DataFrame) -> pd.DataFrame:
    """Return the holders of plots on which no owner is recorded, nor the holder itself, as owners of the whole."""
    has_owner = plots.index.isin(current.loc[current["role"] == "owner", "plot_code"])
    there = pd.MultiIndex.from_frame(current[["plot_code", "uscc"]])
    is_there = pd.MultiIndex.from_arrays([plots.index, plots["uscc"]]).isin(there)
    alone = plots[plots["uscc"].notna() & ~has_owner & ~is_there]
    return pd.DataFrame({"plot_code": alone.index, "uscc": alone["uscc"].to_numpy(), "role": "owner"})


def _areas(lines: pd.DataFrame, site_area_m2: pd.Series, owner_area: str) -> dict[str, pd.Series]:
    is_owner = lines["role"] == "owner"
    site = lines["plot_code"].map(site_area_m2).astype("float64")
    owners_here = is_owner.groupby(lines["plot_code"]).transform("sum")
    takes_site = is_owner & lines["area_m2"].isna() & (owners_here == 1)
    area = lines["area_m2"].mask(takes_site, site) * lines["share"]
    leased = _sum_known(area.where(~is_owner, 0.0), lines["plot_code"])
    owners = _sum_known(area.where(is_owner, 0.0), lines["plot_code"])
    part = (area / owners.where(owners > 0)).where(owners_here > 1, 1.0)
    leased_out = (leased * part).where(is_owner, 0.0)
    uses_all = is_owner & (takes_site | (owner_area == OWNED))
    owned = (area + leased_out).mask(uses_all, area).where(is_owner, 0.0)
    return {
        "basis": lines["basis"].mask(takes_site & (lines["basis"] == RECORDED), WHOLE_SITE),
        "owned_m2": owned,
        "leased_in_m2": area.where(~is_owner, 0.0),
        "leased_out_m2": leased_out,
        "land_m2": area.mask(uses_all, owned - leased_out),
    }


def _sum_known(values: pd.Series, groups: pd.Series) -> pd.Series:
    """Return the group's sum on each row, NaN as soon as one value is."""
    grouped = values.groupby(groups)
    return grouped.transform("sum").where(grouped.transform("count") == grouped.transform("size"))


def land_of_enterprises(lines: pd.DataFrame) -> pd.DataFrame:
    """Return each enterprise's land in a year, indexed by uscc.

    Parameters
    ----------
    lines : DataFrame
        See `land_lines`.

    Returns
    -------
    DataFrame by uscc: owned_m2, leased_in_m2, leased_out_m2, land_m2 (NaN as soon as one line's is), plot_count,
    is_owner (whether it has land of its own)
    """
    groups = lines.groupby("uscc")
    sums = groups[list(AREAS)].sum()
    known = groups[list(AREAS)].count().eq(groups.size(), axis=0)
    return sums.where(known).assign(
        plot_count=groups["plot_code"].nunique(),
        is_owner=lines["role"].eq("owner").groupby(lines["uscc"]).any(),
    )


def plot_shares(lines: pd.DataFrame) -> pd.Series:
    """Return on each line what share (0 to 1) of its enterprise's land it is; 1 on an only plot, whatever its area.

    NaN where the enterprise is on several plots and one of its areas is missing, or all of them are zero.
    """
    total = _sum_known(lines["land_m2"], lines["uscc"])
    count = lines.groupby("uscc")["plot_code"].transform("size")
    return (lines["land_m2"] / total.where(total > 0)).mask(count == 1, 1.0)


def crowded_plots(lines: pd.DataFrame, site_area_m2: pd.Series, tolerance: float) -> pd.DataFrame:
    """Return the plots on which more land is recorded than they have.

    Parameters
    ----------
    lines : DataFrame
        See `land_lines`.
    site_area_m2 : Series by plot_code
    tolerance : float
        Share of the site that may be exceeded without a word.

    Returns
    -------
    DataFrame by plot_code: kind ("owners": the owners' areas alone are more than the site; "occupants": only together
    with what tenants use), recorded_m2, site_area_m2, enterprises (uscc joined by "、")
    """
    area = lines["area_m2"] * lines["share"]
    is_owner = lines["role"] == "owner"
    owners = area.where(is_owner, 0.0).groupby(lines["plot_code"]).sum()
    users = lines["land_m2"].groupby(lines["plot_code"]).sum()
    site = site_area_m2.reindex(owners.index).astype("float64")
    limit = site * (1 + tolerance)
    kind = np.select([owners > limit, users > limit], ["owners", "occupants"], "")
    recorded = owners.where(kind == "owners", users)
    found = pd.DataFrame({"kind": kind, "recorded_m2": recorded, "site_area_m2": site})
    found = found[found["kind"] != ""]
    there = lines[lines["plot_code"].isin(found.index)]
    names = there["uscc"].groupby(there["plot_code"]).agg(lambda codes: "、".join(dict.fromkeys(codes)))
    return found.assign(enterprises=names.reindex(found.index))
