"""Whole months and days between dates, by the calendar."""

from datetime import date

import pandas as pd


def months_since(start: pd.Series, day: date) -> pd.Series:
    """Return the whole months from each date to a day: twelve on the anniversary, eleven the day before.

    Parameters
    ----------
    start : Series of datetime
    day : date

    Returns
    -------
    Series of float on the same index; negative where the date is still to come, NaN where it is missing
        From the last day of a month a month has passed on the last day of the next, even where that one is shorter.

    Examples
    --------
    >>> starts = pd.to_datetime(pd.Series(["2025-03-01", "2025-03-02", "2024-02-29", "2026-04-01", None]))
    >>> months_since(starts, date(2026, 3, 1)).tolist()
    [12.0, 11.0, 24.0, -1.0, nan]
    """
    now = pd.Timestamp(day)
    months = (now.year - start.dt.year) * 12 + (now.month - start.dt.month)
    is_short = (start.dt.day > now.day) & (not now.is_month_end)
    whole: pd.Series = (months - is_short).astype("float64").where(start.notna())
    return whole


def days_since(start: pd.Series, day: date) -> pd.Series:
    """Return the days from each date to a day; negative where it is still to come, NaN where missing.

    Examples
    --------
    >>> days_since(pd.to_datetime(pd.Series(["2026-02-28", None])), date(2026, 3, 1)).tolist()
    [1.0, nan]
    """
    days: pd.Series = (pd.Timestamp(day) - start).dt.days.astype("float64")
    return days
