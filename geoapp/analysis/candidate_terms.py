"""The terms of the candidates' score, each from 0 (says nothing for a second development) to 1 (says all for it)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from geoapp.analysis.candidate_score import Terms, terms_of
from geoapp.units import m2_to_mu

TERMS = (
    "far_gap", "tax_gap", "inside_line", "low_efficiency", "size", "owner_will", "building_age",
)  # fmt: skip
TERM_DECIMALS = 6
"""Kept of a term: what is sent to a page is what the score is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermScales:
    """What counts as all of each term; the numbers of one day from `policy/candidates.toml`."""

    tax_target_wan_per_mu: float
    full_hit_count: int
    full_area_mu: float
    full_age_years: float
    will: Mapping[str, float]
    """By plots.redevelopment_will."""


def far_target(zone_far_min: pd.Series, plan_far_max: pd.Series, default: float | None) -> pd.Series:
    """Return the plot ratio to reach: the control zone's least for new projects or the plan's, within the detail plan.

    Parameters
    ----------
    zone_far_min : Series of float
        Of the control zone that each plot lies in; NaN where it has none.
    plan_far_max : Series of float
        Of the detail plan; NaN where it sets none.
    default : float, optional
        None before the plan.

    Examples
    --------
    >>> far_target(pd.Series([2.5, None, None]), pd.Series([None, None, 1.2]), 2.0).tolist()
    [2.5, 2.0, 1.2]
    """
    wanted = zone_far_min.astype("float64")
    if default is not None:
        wanted = wanted.fillna(default)
    limit = plan_far_max.where(plan_far_max > 0)
    return wanted.mask(limit < wanted, limit)


def candidate_terms(plots: pd.DataFrame, scales: TermScales, day: date) -> Terms:
    """Return the terms of each plot.

    Parameters
    ----------
    plots : DataFrame, one row per plot
        far, far_target; tax_wan_per_mu (万元/亩); is_in_control_line (boolean); low_efficiency_hit_count,
        low_efficiency_unknown_count (rules that hit, and that cannot be told); site_area_m2; redevelopment_will (text);
        built_year.
    scales : TermScales
    day : date
        Whose year buildings are as old as.

    Returns
    -------
    Terms
        far_gap and tax_gap: what is missing to the target, as a part of it. low_efficiency: rules that hit over the
        number that counts as all; a rule that cannot be told may hit, so it widens the interval. size and
        building_age: over what counts as all.
    """
    value, open_above = term_values(plots, scales, day)
    return terms_of(value, open_above=open_above)


def term_values(
    plots: pd.DataFrame, scales: TermScales, day: date
) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Return what `terms_of` makes the terms of: their values, and by how much those known in part may be larger.

    Parameters
    ----------
    plots, scales, day
        As given to `candidate_terms`.
    """
    hits = plots["low_efficiency_hit_count"] / scales.full_hit_count
    columns = {
        "far_gap": gap(plots["far"], plots["far_target"]),
        "tax_gap": gap(plots["tax_wan_per_mu"], scales.tax_target_wan_per_mu),
        "inside_line": plots["is_in_control_line"],
        "low_efficiency": hits.clip(0.0, 1.0),
        "size": (m2_to_mu(plots["site_area_m2"]) / scales.full_area_mu).clip(0.0, 1.0),
        "owner_will": plots["redevelopment_will"].map(scales.will),
        "building_age": ((day.year - plots["built_year"]) / scales.full_age_years).clip(0.0, 1.0),
    }
    numbers = {name: columns[name].astype("Float64").astype("float64").array for name in TERMS}
    open_hits = plots["low_efficiency_unknown_count"] / scales.full_hit_count
    return pd.DataFrame(numbers, index=plots.index), {"low_efficiency": open_hits.astype("float64")}


def gap(measured: pd.Series, target: pd.Series | float) -> pd.Series:
    """Return what is missing to the target as a part of it, 0 to 1."""
    return ((target - measured) / target).clip(0.0, 1.0)
