"""From enterprises to plots: who occupies what, and whose tax and grade a plot carries.

A plot's tax is the sum over its enterprises, never a mean of ratios. An enterprise on several plots is shared out by
the area it occupies on each. Whatever is missing makes the plot's figure unknown, never zero.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import sum_by_plot
from geoapp.domain.evaluation import REPORTED


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


def settle_grades(latest: pd.DataFrame, results: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Return the records with the grade that counts: of the year's result where one gives it, else as reported.

    Parameters
    ----------
    latest : DataFrame by uscc
        year, grade as reported; see `latest_performance`.
    results : DataFrame
        year, uscc, source, grade: results of evaluations, one per year, enterprise and source.
    order : sequence of str
        Sources of results and "reported", the first that gives a grade for the year of the record counts.

    Returns
    -------
    DataFrame like *latest*, with the grade that counts and grade_source (str, missing without a grade)
    """
    grade = pd.Series(np.nan, index=latest.index, dtype=latest["grade"].dtype)
    source: pd.Series = pd.Series(np.nan, index=latest.index, dtype="str")
    years = pd.MultiIndex.from_arrays([latest.index, latest["year"]])
    for name in order:
        found = latest["grade"]
        if name != REPORTED:
            own = results[(results["source"] == name).to_numpy(dtype=bool)]
            if own.empty:
                continue
            found = own.set_index(["uscc", "year"])["grade"].reindex(years).set_axis(latest.index)
        is_first = grade.isna() & found.notna()
        grade, source = grade.mask(is_first, found), source.mask(is_first, name)
    return latest.assign(grade=grade, grade_source=source)


def plot_performance(
    shares: pd.DataFrame, latest: pd.DataFrame, enterprises: pd.DataFrame, plots: pd.Index
) -> pd.DataFrame:
    """Return tax, value added, grade and enterprise of each plot.

    Parameters
    ----------
    shares : DataFrame
        See `occupancy_shares`.
    latest : DataFrame by uscc
        tax_wan, value_added_wan (万元), year, grade, grade_source; see `latest_performance` and `settle_grades`.
    enterprises : DataFrame by uscc
        industry_code, is_above_scale.
    plots : Index of plot_code

    Returns
    -------
    DataFrame by plot_code: tax_wan, value_added_wan (万元; unknown as soon as one enterprise's is), performance_year,
    grade, grade_source, is_above_scale, industry_code

    Notes
    -----
    Grade, year, scale and industry are those of the owner, or of the tenant with the largest area where no owner
    occupies the plot; where that enterprise lacks one, the next gives it. Small tenants follow the owner.
    """
    everyone = shares.merge(
        latest[["tax_wan", "value_added_wan", "year", "grade", "grade_source"]],
        how="left",
        left_on="uscc",
        right_index=True,
    )
    everyone = everyone.merge(
        enterprises[["industry_code", "is_above_scale"]], how="left", left_on="uscc", right_index=True
    )
    sums = {
        name: sum_by_plot(everyone[name] * everyone["share"], everyone["plot_code"], plots)
        for name in ("tax_wan", "value_added_wan")
    }
    ranked = everyone.sort_values(["is_tenant", "area_m2", "uscc"], ascending=[True, False, True])
    columns = ["year", "grade", "grade_source", "is_above_scale", "industry_code"]
    main = ranked.groupby("plot_code")[columns].first().reindex(plots)
    return main.rename(columns={"year": "performance_year"}).assign(**sums)
