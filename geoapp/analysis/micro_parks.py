"""Micro-enterprise parks: how much is let, and the yearly bands (绩效评价分档)."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import ratio

TRANSITION = "transition"
"""The park is too young to be evaluated."""
_EXACT = 1e-9
"""A share of a whole number that is whole but for the machine's arithmetic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRules:
    """The rule book's numbers of one day."""

    a_share: float
    b_share: float
    d_share: float
    outright_star: int
    """Parks with this many stars or more are A, outside the quota."""
    transition_years: int
    """Years from the one of opening that are not evaluated."""


def occupancy_share(leased_m2: pd.Series, leasable_m2: pd.Series) -> pd.Series:
    """Return how much of what can be let is let (出租率); NaN where either area is missing or there is none.

    Parameters
    ----------
    leased_m2, leasable_m2 : Series of float (m2)
        Let, and still to let.

    Examples
    --------
    >>> occupancy_share(pd.Series([8e3, 0.0, 8e3]), pd.Series([2e3, 0.0, None])).tolist()
    [0.8, nan, nan]
    """
    return ratio(leased_m2, leased_m2 + leasable_m2)


def bands(parks: pd.DataFrame, rules: BandRules, year: int) -> pd.Series:
    """Return the band of each park in a year.

    Too young is TRANSITION; not meeting the criteria of recognition is D, whatever the stars; then the stars are A
    outright. Of all others with a score, the ranked ones, the best floor(a_share n) are A, the next floor(b_share n) B,
    the last ceil(d_share n) D, the rest C. Equal scores share the better band of the top, and the worse of the bottom.

    Parameters
    ----------
    parks : DataFrame, one row per park
        score (float), star_level (float), opened_on (datetime; missing is old enough), is_failing (boolean, missing
        where the criteria cannot be judged, which fails nobody).
    rules : BandRules
    year : int

    Returns
    -------
    Series of text on the same index; missing where there is no score to rank by
    """
    opened = parks["opened_on"].dt.year.to_numpy(dtype=np.float64, na_value=np.nan)
    is_young = year < opened + rules.transition_years
    is_failing = parks["is_failing"].fillna(value=False).to_numpy(bool)
    is_star = (parks["star_level"] >= rules.outright_star).fillna(value=False).to_numpy(bool)
    others = pd.Series(np.where(is_young | is_failing | is_star, np.nan, parks["score"]), index=parks.index)
    found = _ranked(others.astype("float64"), rules)
    for is_hit, band in ((is_star, "A"), (is_failing, "D"), (is_young, TRANSITION)):
        found = found.mask(is_hit, band)
    return found


def _ranked(score: pd.Series, rules: BandRules) -> pd.Series:
    count = int(score.notna().sum())
    best, worst = score.rank(ascending=False, method="min"), score.rank(method="min")
    a_count = math.floor(rules.a_share * count + _EXACT)
    ab_count = a_count + math.floor(rules.b_share * count + _EXACT)
    d_count = math.ceil(rules.d_share * count - _EXACT)
    found = np.select([best <= a_count, best <= ab_count, worst <= d_count, score.notna()], list("ABDC"), "")
    return pd.Series(found, index=score.index, dtype="str").where(score.notna())
