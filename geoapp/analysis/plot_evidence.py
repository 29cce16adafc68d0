"""What is known of single plots beyond their figures: vacancy, halted enterprises, problems, leases, idle contracts."""

from collections.abc import Collection
from datetime import date

import pandas as pd

from geoapp.analysis.intensity import ratio, sum_by_plot
from geoapp.analysis.months import months_since
from geoapp.domain.rule import CODE_JOINT


def vacancy(plots: pd.DataFrame, day: date) -> pd.DataFrame:
    """Return how much of each plot stands empty and for how many months.

    Parameters
    ----------
    plots : DataFrame
        vacancy_percent (0 to 100), vacant_since_on (datetime).
    day : date

    Returns
    -------
    DataFrame on the plots' index: vacancy_share (0 to 1), vacant_months (whole months), NaN where not known
    """
    return pd.DataFrame(
        {
            "vacancy_share": plots["vacancy_percent"] / 100,
            "vacant_months": months_since(plots["vacant_since_on"], day),
        }
    )


def halted(
    shares: pd.DataFrame, enterprises: pd.DataFrame, statuses: Collection[str], plots: pd.Index, day: date
) -> pd.DataFrame:
    """Return whether nobody on a plot is at work, and for how many months nobody has been.

    Parameters
    ----------
    shares : DataFrame
        plot_code, uscc: who occupies what on the day, see `occupancy_shares`.
    enterprises : DataFrame by uscc
        status, status_on (datetime).
    statuses : collection of str
        Those that mean not at work.
    plots : Index of plot_code
    day : date

    Returns
    -------
    DataFrame by plot_code: is_halted (boolean), halted_months (float)
        One enterprise known to be at work makes it no; otherwise one of unknown status makes it unknown, as does a plot
        without any enterprise. The months count from the last that stopped.
    """
    of_share = enterprises[["status", "status_on"]].reindex(shares["uscc"]).set_axis(shares.index)
    status, since = of_share["status"], months_since(of_share["status_on"], day)
    rows = pd.DataFrame(
        {
            "at_work": status.notna() & ~status.isin(list(statuses)),
            "unknown": status.isna(),
            "undated": since.isna(),
            "months": since,
        }
    )
    groups = rows.groupby(shares["plot_code"].to_numpy())
    flags = groups[["at_work", "unknown", "undated"]].any().reindex(plots).astype("boolean")
    is_open = (flags["unknown"] & ~flags["at_work"]).fillna(value=True)
    answer = (~flags["at_work"]).mask(is_open)
    is_dated = (answer & ~flags["undated"]).fillna(value=False).astype(bool)
    return pd.DataFrame(
        {"is_halted": answer, "halted_months": groups["months"].min().reindex(plots).where(is_dated)}
    )


def problem_kinds(problems: pd.DataFrame, shares: pd.DataFrame, plots: pd.Index, day: date) -> pd.Series:
    """Return the kinds of the problems that are open on each plot on a day, joined by 、.

    Parameters
    ----------
    problems : DataFrame
        plot_code, uscc, kind, found_on, resolved_on (missing is open). One of an enterprise only counts on every plot
        that it occupies.
    shares : DataFrame
        plot_code, uscc; see `occupancy_shares`.
    plots : Index of plot_code
    day : date

    Returns
    -------
    Series of text by plot_code
        Empty where nothing is open; missing everywhere while the register holds nothing at all.
    """
    if problems.empty:
        return pd.Series(pd.NA, index=plots, dtype="str")
    now = pd.Timestamp(day)
    is_open = (problems["found_on"] <= now) & ~(problems["resolved_on"] <= now)
    current = problems.loc[is_open, ["plot_code", "uscc", "kind"]]
    own = current.dropna(subset="plot_code")[["plot_code", "kind"]]
    of_enterprise = current[current["plot_code"].isna()][["uscc", "kind"]].dropna()
    shared = of_enterprise.merge(shares[["plot_code", "uscc"]], on="uscc")[["plot_code", "kind"]]
    everything = pd.concat([own, shared]).drop_duplicates().sort_values(["plot_code", "kind"])
    kinds = everything.groupby("plot_code")["kind"].agg(CODE_JOINT.join)
    return kinds.reindex(plots).fillna("").astype("str")


def leased_out_share(shares: pd.DataFrame, site_area_m2: pd.Series) -> pd.Series:
    """Return which share of each plot tenants hold.

    Parameters
    ----------
    shares : DataFrame
        plot_code, is_tenant, area_m2; see `occupancy_shares`.
    site_area_m2 : Series by plot_code

    Returns
    -------
    Series of float by plot_code
        0 where only the owner is on it; NaN where nobody is known to be, or a tenant's area is missing.
    """
    leased = shares["area_m2"].where(shares["is_tenant"], 0.0)
    return ratio(sum_by_plot(leased, shares["plot_code"], site_area_m2.index), site_area_m2)


def idle_kinds(idle: pd.DataFrame, plot_code: pd.Series, has_building: pd.Series) -> pd.Series:
    """Return which rules of idle land the supplies of each plot meet, joined by 、.

    Parameters
    ----------
    idle : DataFrame of "boolean", one row per supply, one column per rule
    plot_code : Series
        Of each supply.
    has_building : Series of "boolean" by plot_code

    Returns
    -------
    Series of text by plot_code
        Empty where none is met. Missing where a supply cannot be judged and none of the others is idle; and on plots
        without a supply, unless something is built there: land that is built on has been begun.
    """
    if idle.empty:
        return pd.Series("", index=has_building.index, dtype="str").where(has_building.fillna(value=False))
    met = pd.DataFrame({name: idle[name].fillna(value=False).astype(bool) for name in idle}, index=idle.index)
    found = pd.Series("", index=idle.index, dtype="object")
    for name in met:
        found = found.where(~met[name], found + f"{CODE_JOINT}{name}")
    rows = pd.DataFrame(
        {"plot_code": plot_code, "kinds": found, "unknown": idle.isna().any(axis=1) & ~met.any(axis=1)}
    ).dropna(subset="plot_code")
    of_plot = rows.groupby("plot_code").agg(kinds=("kinds", "".join), unknown=("unknown", "any"))
    of_plot = of_plot.reindex(has_building.index)
    kinds = of_plot["kinds"].str.removeprefix(CODE_JOINT)
    kinds = kinds.mask(kinds.eq("") & of_plot["unknown"].eq(other=True))
    has_none = of_plot["kinds"].isna() & has_building.fillna(value=False).astype(bool)
    return kinds.mask(has_none, "").astype("str")
