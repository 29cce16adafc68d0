"""The evaluation of plots: what several enterprises on one make together, and whose grade it carries."""

import pandas as pd

from geoapp.analysis.evaluation_land import plot_shares
from geoapp.analysis.intensity import ratio, sum_by_plot
from geoapp.domain.evaluation import GRADES
from geoapp.units import m2_to_mu


def plot_results(
    lines: pd.DataFrame, figures: pd.DataFrame, results: pd.DataFrame, site_area_m2: pd.Series
) -> pd.DataFrame:
    """Return tax and value added per 亩 and the grade of each plot in a year.

    Parameters
    ----------
    lines : DataFrame
        Who had what land where; see `evaluation_land.land_lines`.
    figures : DataFrame by uscc
        tax_wan, value_added_wan (万元).
    results : DataFrame by uscc
        grade; see `evaluation.evaluate`.
    site_area_m2 : Series by plot_code

    Returns
    -------
    DataFrame by plot_code, the plots with an enterprise: site_area_m2, enterprise_count, unknown_count (of the
    enterprises whose figures or share are not known: then the sums are unknown too), tax_wan_per_mu and
    value_added_wan_per_mu (the enterprises' shared-out sums over the plot's 亩, never a mean of ratios), grade and uscc
    of its main enterprise: the owner with most land, or the tenant where no owner is there
    """
    share = plot_shares(lines)
    plots = pd.Index(lines["plot_code"].unique(), name="plot_code").sort_values()
    sums = {}
    for name in ("tax_wan", "value_added_wan"):
        amount = lines["uscc"].map(figures[name]).astype("float64") * share
        sums[f"{name}_per_mu"] = ratio(
            sum_by_plot(amount, lines["plot_code"], plots), m2_to_mu(site_area_m2.reindex(plots))
        )
    tax = lines["uscc"].map(figures["tax_wan"]).astype("float64") * share
    groups = lines.assign(is_unknown=tax.isna()).groupby("plot_code")
    main = main_enterprises(lines)
    return pd.DataFrame(
        {
            "site_area_m2": site_area_m2.reindex(plots),
            "enterprise_count": groups["uscc"].nunique().reindex(plots),
            "unknown_count": groups["is_unknown"].sum().reindex(plots),
            **sums,
            "uscc": main.reindex(plots),
            "grade": main.map(results["grade"]).reindex(plots).fillna(""),
        },
        index=plots,
    )


def main_enterprises(lines: pd.DataFrame) -> pd.Series:
    """Return whose grade each plot carries: the owner's with most land, else the tenant's with most land."""
    ranked = lines.assign(is_tenant=lines["role"] != "owner").sort_values(
        ["is_tenant", "land_m2", "uscc"], ascending=[True, False, True], na_position="last"
    )
    return ranked.groupby("plot_code")["uscc"].first()


def follow_owners(
    lines: pd.DataFrame, results: pd.DataFrame, land_mu: pd.Series, *, below_mu: float, own_grade_on: pd.Index
) -> pd.Series:
    """Return whose grade small tenants carry: the owner's of the plot on which they use most land.

    Parameters
    ----------
    lines : DataFrame
        See `evaluation_land.land_lines`.
    results : DataFrame by uscc
        list, grade.
    land_mu : Series by uscc
    below_mu : float
        Tenants with less land than this follow; 0 lets none.
    own_grade_on : Index of plot_code
        Plots whose tenants keep their own grade: those in micro parks.

    Returns
    -------
    Series of uscc on the index of *results*, "" for those who follow nobody
    """
    owns = set(lines.loc[lines["role"] == "owner", "uscc"])
    codes = results.index
    is_small = (land_mu.reindex(codes) < below_mu) & (results["list"] != "above_scale") & ~codes.isin(owns)
    largest = lines.sort_values(["land_m2", "plot_code"], ascending=[False, True], na_position="last")
    plot = largest.drop_duplicates("uscc").set_index("uscc")["plot_code"].reindex(codes)
    owner = plot.map(main_enterprises(lines[lines["role"] == "owner"]))
    has_grade = owner.map(results["grade"]).isin(GRADES)
    return owner.where(is_small & has_grade & ~plot.isin(own_grade_on), "")
