"""Limits held against plots as they would be: yes, no, or missing where a fact is not known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoapp.domain.rule import industry_division
from geoapp.units import m2_to_mu

_TOLERANCE = 1e-9
"""A ratio that is a target divided and multiplied again must not break it by the last digit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The numbers of one day, and what the mode is; None where no number holds yet."""

    far_new_min: float | None
    far_industry_min: Mapping[str, float]
    """By division of industry (two digits); empty where no table holds."""
    coefficient_min: float
    term_min_years: float
    support_floor_cap: float | None
    support_land_cap: float | None
    support_floor_cap_raised: float | None
    support_land_cap_raised: float | None
    raised_grades: frozenset[str] = frozenset()
    raised_area_mu: float = np.inf
    tax_above_scale: float | None
    tax_below_scale: float | None
    micro_park_min_gfa_m2: float | None
    is_tax_checked: bool
    is_outside_only: bool
    is_use_changed: bool
    is_cleared: bool


@dataclass(frozen=True, slots=True)
class Answers:
    """One check over all plots, on the plots' index."""

    passes: pd.Series
    """"boolean": kept, broken, missing."""
    measured: pd.Series
    limit: pd.Series
    applies: pd.Series
    """bool; the others are not asked."""


def check_all(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> dict[str, Answers]:
    """Return every check that any plot is asked, by id, in the order of pages.

    Parameters
    ----------
    plots : DataFrame, indexed by plot_code
        plan_far_min, plan_far_max (ratio), height_limit_m (m; NaN: none), site_area_m2, kept_counted_m2,
        gfa_counted_m2 (m2), is_inside (boolean), grade (text), term_left_years, tax_wan_per_mu, is_above_scale
        (boolean), recognised_m2 (m2), industry_code (text).
    after : DataFrame
        What `outcome` says of them.
    limits : Limits

    Returns
    -------
    dict of Answers
    """
    checks: Mapping[str, Callable[[pd.DataFrame, pd.DataFrame, Limits], Answers]] = {
        "far_max": _far_max,
        "far_min": _far_min,
        "far_new": _far_new,
        "far_industry": _far_industry,
        "height": _height,
        "coefficient": _coefficient,
        "support_floor": _support_floor,
        "support_land": _support_land,
        "term": _term,
        "line": _line,
        "tax": _tax,
        "micro_park": _micro_park,
        "recognised": _recognised,
    }
    found = {name: check(plots, after, limits) for name, check in checks.items()}
    return {name: answers for name, answers in found.items() if answers.applies.any()}


def is_raised(plots: pd.DataFrame, limits: Limits) -> pd.Series:
    """Return whether the raised caps of support facilities apply, "boolean".

    As `analysis.support.support_conditions`: an existing project, inside the line, or of good grade and large enough.
    """
    is_existing = _known(plots["gfa_counted_m2"], plots["gfa_counted_m2"] > 0)
    grade = plots["grade"].astype("object")
    has_grade = _known(grade, grade.isin(list(limits.raised_grades)))
    area_mu = m2_to_mu(plots["site_area_m2"])
    is_large = _known(area_mu, area_mu >= limits.raised_area_mu - _TOLERANCE)
    return is_existing & (plots["is_inside"].astype("boolean") | (has_grade & is_large))


def _known(fact: pd.Series, answer: pd.Series) -> pd.Series:
    return answer.astype("boolean").mask(fact.isna())


def _constant(plots: pd.DataFrame, value: float | None) -> pd.Series:
    return pd.Series(np.nan if value is None else value, index=plots.index, dtype="float64")


def _everywhere(plots: pd.DataFrame, *, applies: bool = True) -> pd.Series:
    return pd.Series(data=applies, index=plots.index)


def _at_most(measured: pd.Series, limit: pd.Series) -> pd.Series:
    answer = (measured <= limit + _TOLERANCE).astype("boolean")
    return answer.mask(measured.isna() | limit.isna())


def _at_least(measured: pd.Series, limit: pd.Series) -> pd.Series:
    answer = (measured >= limit - _TOLERANCE).astype("boolean")
    return answer.mask(measured.isna() | limit.isna())


def _far_max(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    measured, limit = after["far_after"], plots["plan_far_max"]
    return Answers(
        _at_most(measured, limit), measured, limit, _everywhere(plots, applies=not limits.is_cleared)
    )


def _far_min(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    measured, limit = after["far_after"], plots["plan_far_min"]
    return Answers(
        _at_least(measured, limit), measured, limit, _everywhere(plots, applies=not limits.is_cleared)
    )


def _far_new(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    """Hold new industry against the plan's plot ratio: where nothing old stays and something is built."""
    measured, limit = after["far_after"], _constant(plots, limits.far_new_min)
    applies = (plots["kept_counted_m2"] == 0) & (after["gross_m2"] > 0) & limit.notna()
    return Answers(_at_least(measured, limit), measured, limit, applies)


def _far_industry(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    """Hold the ratio against the least of the plot's industry; one that the table does not list has none."""
    division = industry_division(plots["industry_code"])
    measured, limit = after["far_after"], division.map(dict(limits.far_industry_min)).astype("float64")
    is_asked = bool(limits.far_industry_min) and not (limits.is_cleared or limits.is_use_changed)
    return Answers(_at_least(measured, limit), measured, limit, (limit.notna() | division.isna()) & is_asked)


def _height(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    """Hold the height against the limit; a footprint known only at most can break it, but not keep it."""
    measured, limit = after["height_after_m"], plots["height_limit_m"]
    passes = _at_most(measured, limit)
    passes = passes.mask((after["is_footprint_upper"] & passes).fillna(value=False).astype(bool))
    return Answers(
        passes, measured, limit, limit.notna() & (after["gross_m2"] != 0) & (not limits.is_cleared)
    )


def _coefficient(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    measured, limit = after["coefficient_after"], _constant(plots, limits.coefficient_min)
    return Answers(
        _at_least(measured, limit), measured, limit, _everywhere(plots, applies=not limits.is_cleared)
    )


def _support(
    plots: pd.DataFrame, measured: pd.Series, limits: Limits, cap: float | None, raised_cap: float | None
) -> Answers:
    """Where it is open which cap applies, only what is above both breaks and only what is below both keeps."""
    general = _constant(plots, cap)
    higher = general if raised_cap is None else _constant(plots, raised_cap)
    raised = is_raised(plots, limits)
    keeps_general, keeps_raised = _at_most(measured, general), _at_most(measured, higher)
    passes = (keeps_general & ~raised) | (keeps_raised & raised)
    is_same = keeps_general == keeps_raised
    passes = passes.mask((raised.isna() & is_same).fillna(value=False).astype(bool), keeps_general)
    limit = general.mask(raised.fillna(value=False).astype(bool), higher)
    return Answers(passes, measured, limit, _everywhere(plots, applies=not limits.is_cleared))


def _support_floor(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    caps = limits.support_floor_cap, limits.support_floor_cap_raised
    return _support(plots, after["support_share_after"], limits, *caps)


def _support_land(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    caps = limits.support_land_cap, limits.support_land_cap_raised
    return _support(plots, after["support_land_share_after"], limits, *caps)


def _term(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    """Ask for years that new buildings can stand in; allocated land has no end."""
    measured, limit = plots["term_left_years"], _constant(plots, limits.term_min_years)
    return Answers(_at_least(measured, limit), measured, limit, after["gross_m2"] != 0)


def _line(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    """Hold what only happens outside, or changes the use, against the control line."""
    del after
    nothing = _constant(plots, None)
    applies = limits.is_outside_only or limits.is_use_changed
    return Answers(
        ~plots["is_inside"].astype("boolean"), nothing, nothing, _everywhere(plots, applies=applies)
    )


def _tax(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    del after
    is_above = plots["is_above_scale"].astype("boolean")
    above, below = _constant(plots, limits.tax_above_scale), _constant(plots, limits.tax_below_scale)
    limit = above.where(is_above.fillna(value=False).astype(bool), below).mask(is_above.isna())
    measured = plots["tax_wan_per_mu"]
    applies = limits.is_tax_checked and limits.tax_above_scale is not None
    return Answers(_at_least(measured, limit), measured, limit, _everywhere(plots, applies=applies))


def _micro_park(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    measured, limit = after["gfa_actual_after_m2"], _constant(plots, limits.micro_park_min_gfa_m2)
    applies = limits.micro_park_min_gfa_m2 is not None
    return Answers(_at_least(measured, limit), measured, limit, _everywhere(plots, applies=applies))


def _recognised(plots: pd.DataFrame, after: pd.DataFrame, limits: Limits) -> Answers:
    """Ask whether some land is left to count, where some of it counts already."""
    del limits
    measured = plots["recognised_m2"]
    passes = (after["land_counted_m2"] > 0).astype("boolean").mask(after["land_counted_m2"].isna())
    return Answers(passes, measured, plots["site_area_m2"], (measured > 0).fillna(value=False).astype(bool))
