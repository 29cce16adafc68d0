"""How long the right to use a plot still runs."""

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.analysis.development import WITHOUT_TERM

_LEAP_DAY = (2, 29)
_LAST_OF_FEBRUARY = (3, 0)
"""The day before the first of March: where the anniversary of a leap day falls in any year."""


def term_left_years(term_end_on: pd.Series, right_type: pd.Series, day: date) -> pd.Series:
    """Return the years from a day to the end of the right, by the calendar.

    Parameters
    ----------
    term_end_on : Series of datetime
        Last day of the right; missing where unknown.
    right_type : Series of text
        "allocated" has no end by law, whatever date stands there.
    day : date

    Returns
    -------
    Series of float on the same index
        Whole years up to the last anniversary of the day, plus the part of the year begun; negative where the right has
        ended, infinite where it has no end, NaN where unknown. A right that ends on the same date five years later has
        exactly 5 left.

    Examples
    --------
    >>> ends = pd.to_datetime(pd.Series(["2031-03-01", "2026-02-28", None, None]))
    >>> rights = pd.Series(["granted", "granted", "allocated", None], dtype="str")
    >>> term_left_years(ends, rights, date(2026, 3, 1)).round(3).tolist()
    [5.0, -0.003, inf, nan]
    """
    left = np.full(len(term_end_on), np.nan)
    is_known = term_end_on.notna().to_numpy()
    left[is_known] = _years_between(day, term_end_on.to_numpy()[is_known].astype("datetime64[D]"))
    is_endless = (right_type == WITHOUT_TERM).fillna(value=False).to_numpy(dtype=bool)
    return pd.Series(np.where(is_endless, np.inf, left), index=term_end_on.index)


def _years_between(day: date, ends: NDArray[np.datetime64]) -> NDArray[np.float64]:
    month, day_of_month = _LAST_OF_FEBRUARY if (day.month, day.day) == _LEAP_DAY else (day.month, day.day)

    def anniversary(years: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
        return (years.astype("datetime64[M]") + (month - 1)).astype("datetime64[D]") + (day_of_month - 1)

    years = ends.astype("datetime64[Y]")
    years = years - (anniversary(years) > ends).astype("timedelta64[Y]")
    last, following = anniversary(years), anniversary(years + np.timedelta64(1, "Y"))
    begun = (ends - last) / (following - last)
    whole: NDArray[np.float64] = (years - np.datetime64(day.replace(month=1, day=1), "Y")).astype(np.float64)
    return whole + begun
