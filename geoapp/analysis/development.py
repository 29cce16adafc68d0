"""Which plots may be developed a second time, which of them are held back, and how much floor area that would add."""

from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_, or_

import numpy as np
import pandas as pd

from geoapp.units import m2_to_mu

WITHOUT_TERM = "allocated"
"""Allocated land (划拨) has no end of term by law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentRules:
    """The thresholds of one day, from `policy/development.toml`."""

    industrial_codes: frozenset[str]
    industrial_words: tuple[str, ...]
    """Of a planned use that is written out."""
    min_area_mu: float
    min_term_years: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentSummary:
    """Sums over some plots. Areas of land in 亩, of floors in m2, not rounded; None where nothing is known of any."""

    plot_count: int
    site_area_mu: float | None
    gfa_m2: float | None
    """Counted floor area of the plots where it is known."""
    far: float | None
    """Floor area over site area of the plots that have both."""
    far_coverage: float | None
    """Share of the known site area that these plots have."""
    developable_count: int
    developable_mu: float
    """Including the constrained part."""
    constrained_count: int
    constrained_mu: float
    potential_gfa_m2: float | None
    unknown_site_area_count: int
    unknown_gfa_count: int
    unknown_developable_count: int
    unknown_developable_mu: float
    unknown_constrained_count: int
    """Developable plots that no flag hits, while one of them cannot be told."""
    unknown_constrained_mu: float
    unknown_potential_count: int
    """Developable plots without floor area: they are not in the potential."""


def development(plots: pd.DataFrame, rules: DevelopmentRules, day: date) -> pd.DataFrame:
    """Return for each plot whether it may be developed a second time and whether that is constrained.

    Developable: industrial land, nothing of it recognised as revitalised yet, at least the least area, valid geometry.
    Constrained: outside the control line, height limited, less than the least term left, or planned for another use.

    Parameters
    ----------
    plots : DataFrame, one row per plot
        landuse_code, planned_use (code or words), right_type (text); recognised_m2, site_area_m2 (m2);
        has_valid_geometry (bool); is_in_control_line (boolean); height_limit_m (m); term_end_on (datetime).
    rules : DevelopmentRules
    day : date
        From which the remaining term counts; a term that ends on the day min_term_years later is long enough.

    Returns
    -------
    DataFrame on the plots' index: developable, constrained (boolean, missing where unknown)
        A plot fails as soon as one known test fails, and is flagged as soon as one known flag is up; otherwise one
        missing fact makes it unknown. A height limit left blank is none; every other blank is unknown. constrained is
        missing on plots that are not developable.

    Notes
    -----
    Red lines of ecology and farmland and land reserved by statute are not in any register and not tested.
    """
    developable = _all(developable_tests(plots, rules))
    constrained = _any(constraint_flags(plots, rules, day))
    return pd.DataFrame(
        {"developable": developable, "constrained": constrained.mask(~developable.fillna(value=False))}
    )


def developable_tests(plots: pd.DataFrame, rules: DevelopmentRules) -> pd.DataFrame:
    """Return what a plot must satisfy to be developable, one column each (boolean, missing where unknown).

    Parameters
    ----------
    plots, rules
        As given to `development`.

    Returns
    -------
    DataFrame on the plots' index: is_industrial, is_not_recognised, is_large_enough, has_valid_geometry
    """
    area_mu = m2_to_mu(plots["site_area_m2"])
    industrial = _codes(plots["landuse_code"]).isin(rules.industrial_codes)
    return pd.DataFrame(
        {
            "is_industrial": _is_known(plots["landuse_code"], industrial),
            "is_not_recognised": (plots["recognised_m2"].fillna(0.0) <= 0).astype("boolean"),
            "is_large_enough": _is_known(plots["site_area_m2"], area_mu >= rules.min_area_mu),
            "has_valid_geometry": plots["has_valid_geometry"].astype("boolean"),
        }
    )


def constraint_flags(plots: pd.DataFrame, rules: DevelopmentRules, day: date) -> pd.DataFrame:
    """Return what holds a plot back, one column each (boolean, missing where unknown).

    Parameters
    ----------
    plots, rules, day
        As given to `development`.

    Returns
    -------
    DataFrame on the plots' index: is_outside_line, is_height_limited, is_term_short, is_planned_otherwise
    """
    return pd.DataFrame(
        {
            "is_outside_line": ~plots["is_in_control_line"].astype("boolean"),
            "is_height_limited": plots["height_limit_m"].notna().astype("boolean"),
            "is_term_short": _is_term_short(plots, rules, day),
            "is_planned_otherwise": ~is_planned_industrial(plots["planned_use"], rules),
        }
    )


def _all(tests: pd.DataFrame) -> pd.Series:
    return reduce(and_, (tests[name] for name in tests))  # boolean dtype: False & missing is False


def _any(flags: pd.DataFrame) -> pd.Series:
    return reduce(or_, (flags[name] for name in flags))


def _is_known(fact: pd.Series, answer: pd.Series) -> pd.Series:
    return answer.astype("boolean").mask(fact.isna())


def _codes(values: pd.Series) -> pd.Series:
    return values.astype("str").str.strip().str.upper()


def _is_term_short(plots: pd.DataFrame, rules: DevelopmentRules, day: date) -> pd.Series:
    limit = pd.Timestamp(day) + pd.DateOffset(years=rules.min_term_years)
    is_short = _is_known(plots["term_end_on"], plots["term_end_on"] < limit)
    return is_short.mask((plots["right_type"] == WITHOUT_TERM).fillna(value=False).astype(bool), other=False)


def is_planned_industrial(planned_use: pd.Series, rules: DevelopmentRules) -> pd.Series:
    """Return whether a planned use, a code or words, is industrial ("boolean"; missing where it is)."""
    codes = _codes(planned_use)
    has_word = [codes.str.contains(word, regex=False) for word in rules.industrial_words]
    return _is_known(planned_use, reduce(or_, has_word, codes.isin(rules.industrial_codes)))


def potential_gfa_m2(plots: pd.DataFrame, far_target: float | pd.Series) -> pd.Series:
    """Return the floor area (m2) that each plot could still take up to a target plot ratio, never below zero.

    Parameters
    ----------
    plots : DataFrame
        site_area_m2 and gfa_counted_m2 (m2); missing where either is.
    far_target : float or Series on the plots' index

    Examples
    --------
    >>> plots = pd.DataFrame({"site_area_m2": [1e4, 1e4, 1e4], "gfa_counted_m2": [8e3, 3e4, None]})
    >>> potential_gfa_m2(plots, 2.0).tolist()
    [12000.0, 0.0, nan]
    """
    return (far_target * plots["site_area_m2"] - plots["gfa_counted_m2"]).clip(lower=0.0)


def summarise(plots: pd.DataFrame, verdicts: pd.DataFrame, far_target: float | None) -> DevelopmentSummary:
    """Return the sums over plots.

    Parameters
    ----------
    plots : DataFrame
        site_area_m2, gfa_counted_m2 (m2).
    verdicts : DataFrame
        What `development` says of them, in the same order.
    far_target : float, optional
        The plot ratio up to which floor area could be added; without one there is no potential.

    Returns
    -------
    DevelopmentSummary
    """
    site, gfa = plots["site_area_m2"], plots["gfa_counted_m2"]
    has_both = site.notna() & gfa.notna()
    developable = verdicts["developable"].fillna(value=False).astype(bool)
    constrained = verdicts["constrained"].fillna(value=False).astype(bool)
    is_open = verdicts["developable"].isna()
    is_flag_open = developable & verdicts["constrained"].isna()
    added = None if far_target is None else potential_gfa_m2(plots[developable], far_target)
    both_m2 = float(site[has_both].sum())
    return DevelopmentSummary(
        plot_count=len(plots),
        site_area_mu=_known_sum(m2_to_mu(site)),
        gfa_m2=_known_sum(gfa),
        far=float(gfa[has_both].sum()) / both_m2 if both_m2 else None,
        far_coverage=both_m2 / float(site.sum()) if both_m2 else None,
        developable_count=int(developable.sum()),
        developable_mu=float(m2_to_mu(site[developable]).sum()),
        constrained_count=int(constrained.sum()),
        constrained_mu=float(m2_to_mu(site[constrained]).sum()),
        potential_gfa_m2=None if added is None else _known_sum(added),
        unknown_site_area_count=int(site.isna().sum()),
        unknown_gfa_count=int(gfa.isna().sum()),
        unknown_developable_count=int(is_open.sum()),
        unknown_developable_mu=float(m2_to_mu(site[is_open]).sum()),
        unknown_constrained_count=int(is_flag_open.sum()),
        unknown_constrained_mu=float(m2_to_mu(site[is_flag_open]).sum()),
        unknown_potential_count=int((developable & gfa.isna()).sum()),
    )


def _known_sum(values: pd.Series) -> float | None:
    """Return the sum of what is known; zero for no plots, None where there are plots and nothing is known."""
    return (
        None if len(values) and values.isna().all() else float(np.nansum(values.to_numpy(dtype=np.float64)))
    )
