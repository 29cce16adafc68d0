"""From enterprises to plots: who occupies what, and whose tax and grade a plot carries.

A plot's tax is the sum over its enterprises, never a mean of ratios. An enterprise on several plots is shared out by
the area it occupies on each. Whatever is missing makes the plot's figure unknown, never zero.
"""

from datetime import date

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import sum_by_plot


def occupancy_shares(occupancies: pd.DataFrame, plots: pd.DataFrame, day: date) -> pd.DataFrame:
    """Return who occupies which plot on a day, and what share of the enterprise that is.

    Parameters
    ----------
    occupancies : DataFrame
        plot_code, uscc, role (owner, tenant), area_m2 (m2), from_on, to_on (days included; missing is open).
    plots : DataFrame by plot_code
        uscc, site_area_m2 (m2). A plot without any occupancy on the day is taken to be used by its own uscc; an owner
        whose area is missing occupies the whole site.
    day : date

    Returns
    -------
    DataFrame, one row per plot and enterprise: plot_code, uscc, is_tenant, area_m2, share (0 to 1; NaN where an
    enterprise is on several plots and one of its areas is missing)
    """
    now = pd.Timestamp(day)
    is_current = ~(occupancies["from_on"] > now) & ~(occupancies["to_on"] < now)
    current = occupancies.loc[is_current, ["plot_code", "uscc", "role", "area_m2"]]
    alone = plots[plots["uscc"].notna() & ~plots.index.isin(current["plot_code"])]
    owners = pd.DataFrame({"plot_code": alone.index, "uscc": alone["uscc"].to_numpy(), "role": "owner"})
    rows = pd.concat([current, owners.assign(area_m2=np.nan)], ignore_index=True)
    is_tenant = rows["role"] != "owner"
    whole_site = rows["plot_code"].map(plots["site_area_m2"])
    area = rows["area_m2"].where(is_tenant | rows["area_m2"].notna(), whole_site)
    pairs = rows.assign(area_m2=area, is_tenant=is_tenant).groupby(["plot_code", "uscc"], as_index=False)
    shares = pairs.agg(
        is_tenant=("is_tenant", "all"),
        area_m2=("area_m2", "sum"),
        known=("area_m2", "count"),
        rows=("role", "size"),
    )
    shares["area_m2"] = shares["area_m2"].where(shares["known"] == shares["rows"])
    return shares.assign(share=_share_of_enterprise(shares)).drop(columns=["known", "rows"])


def _share_of_enterprise(pairs: pd.DataFrame) -> pd.Series:
    areas = pairs.groupby("uscc")["area_m2"]
    count, known = areas.transform("size"), areas.transform("count")
    share = pairs["area_m2"] / areas.transform("sum")
    return share.where(known == count).mask(count == 1, 1.0)


def latest_performance(performance: pd.DataFrame, day: date) -> pd.DataFrame:
    """Return each enterprise's record of its latest year, not after the day's, indexed by uscc.

    Parameters
    ----------
    performance : DataFrame
        uscc, year and figures.
    """
    so_far = performance[performance["year"] <= day.year].sort_values("year", kind="stable")
    return so_far.drop_duplicates("uscc", keep="last").set_index("uscc")


def plot_performance(
    shares: pd.DataFrame, latest: pd.DataFrame, enterprises: pd.DataFrame, plots: pd.Index
) -> pd.DataFrame:
    """Return tax, value added, grade and enterprise of each plot.

    Parameters
    ----------
    shares : DataFrame
        See `occupancy_shares`.
    latest : DataFrame by uscc
        tax_wan, value_added_wan (万元), year, grade; see `latest_performance`.
    enterprises : DataFrame by uscc
        industry_code, is_above_scale.
    plots : Index of plot_code

    Returns
    -------
    DataFrame by plot_code: tax_wan, value_added_wan (万元; unknown as soon as one enterprise's is), performance_year,
    grade, is_above_scale, industry_code

    Notes
    -----
    Grade, year, scale and industry are those of the owner, or of the tenant with the largest area where no owner
    occupies the plot; where that enterprise lacks one, the next gives it. Small tenants follow the owner.
    """
    everyone = shares.merge(
        latest[["tax_wan", "value_added_wan", "year", "grade"]], how="left", left_on="uscc", right_index=True
    )
    everyone = everyone.merge(
        enterprises[["industry_code", "is_above_scale"]], how="left", left_on="uscc", right_index=True
    )
    sums = {
        name: sum_by_plot(everyone[name] * everyone["share"], everyone["plot_code"], plots)
        for name in ("tax_wan", "value_added_wan")
    }
    ranked = everyone.sort_values(["is_tenant", "area_m2", "uscc"], ascending=[True, False, True])
    columns = ["year", "grade", "is_above_scale", "industry_code"]
    main = ranked.groupby("plot_code")[columns].first().reindex(plots)
    return main.rename(columns={"year": "performance_year"}).assign(**sums)
