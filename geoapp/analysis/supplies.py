"""Land supply: how far each contract has got, and what a year's or a line's supplies come to."""

from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import ratio
from geoapp.analysis.months import months_since

STANDARD_ITEMS = (
    "agreed_invest_wan_per_mu", "agreed_far", "agreed_energy", "agreed_emission", "agreed_tax_wan_per_mu",
)  # fmt: skip
"""The five indicators of standard land (标准地)."""


def supply_progress(supplies: pd.DataFrame, day: date) -> pd.DataFrame:
    """Return of each supply how late and how far it is.

    Parameters
    ----------
    supplies : DataFrame, one row per supply
        agreed_start_on, started_on, stopped_since_on, completed_on, review_on (datetime); due_area_m2,
        developed_area_m2 (m2); invest_total_wan, invest_done_wan (万元); the STANDARD_ITEMS.
    day : date

    Returns
    -------
    DataFrame on the supplies' index
        is_started, is_stopped, is_completed, is_review_due (boolean; a date that is blank or to come is not yet, but a
        day of review that is blank is unknown); start_delay_months, stopped_months (whole months, NaN where unknown);
        developed_share, invested_share (NaN where either part is missing or nothing is due); standard_item_count.
    """
    now = pd.Timestamp(day)
    agreed = pd.DataFrame({name: supplies[name] for name in STANDARD_ITEMS})
    return pd.DataFrame(
        {
            "is_started": (supplies["started_on"] <= now).astype("boolean"),
            "start_delay_months": months_since(supplies["agreed_start_on"], day),
            "is_stopped": (supplies["stopped_since_on"] <= now).astype("boolean"),
            "stopped_months": months_since(supplies["stopped_since_on"], day),
            "developed_share": ratio(supplies["developed_area_m2"], supplies["due_area_m2"]),
            "invested_share": ratio(supplies["invest_done_wan"], supplies["invest_total_wan"]),
            "is_completed": (supplies["completed_on"] <= now).astype("boolean"),
            "is_review_due": (supplies["review_on"] <= now)
            .astype("boolean")
            .mask(supplies["review_on"].isna()),
            "standard_item_count": agreed.notna().sum(axis=1).astype("float64"),
        }
    )


def share_of_area(area_m2: pd.Series, counted: pd.Series) -> float:
    """Return which share of an area is counted; NaN where there is none, or an area or the answer is missing.

    Examples
    --------
    >>> share_of_area(pd.Series([1e4, 3e4]), pd.Series([True, False], dtype="boolean"))
    0.25
    """
    if area_m2.isna().any() or counted.isna().any() or not area_m2.sum() > 0:
        return np.nan
    return float(area_m2[counted.astype(bool)].sum() / area_m2.sum())


def mean_far(agreed_far: pd.Series, area_m2: pd.Series) -> float:
    """Return the plot ratio of several supplies taken together; NaN where there are none or anything is missing.

    Examples
    --------
    >>> mean_far(pd.Series([2.0, 1.0]), pd.Series([1e4, 3e4])), mean_far(pd.Series([None]), pd.Series([1e4]))
    (1.25, nan)
    """
    if agreed_far.isna().any() or area_m2.isna().any() or not area_m2.sum() > 0:
        return np.nan
    return float((agreed_far * area_m2).sum() / area_m2.sum())


def reserved_share(supplies: pd.DataFrame, kinds: Collection[str], since: date, until: date) -> float:
    """Return which share of the land supplied in a period is reserved for some kinds.

    Parameters
    ----------
    supplies : DataFrame
        kind, area_m2, supplied_on.
    kinds : collection of str
    since, until : date
        Both included.
    """
    is_new = supplies["supplied_on"].between(pd.Timestamp(since), pd.Timestamp(until))
    new = supplies[is_new]
    is_reserved = new["kind"].isin(list(kinds)).astype("boolean").mask(new["kind"].isna())
    return share_of_area(new["area_m2"], is_reserved)
