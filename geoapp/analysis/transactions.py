"""Second-market transactions: what of them is held against the rules."""

from datetime import date

import pandas as pd

from geoapp.analysis.intensity import ratio

_YUAN_PER_WAN = 10_000.0
_MONTHS_PER_YEAR = 12


def computed_unit_price(price_wan: pd.Series, area_m2: pd.Series) -> pd.Series:
    """Return the price over the area in yuan per m2; NaN where either is missing or there is no area.

    Examples
    --------
    >>> computed_unit_price(pd.Series([600.0, 600.0]), pd.Series([10_000.0, None])).tolist()
    [600.0, nan]
    """
    return ratio(price_wan * _YUAN_PER_WAN, area_m2)


def off_share(value: pd.Series, reference: pd.Series) -> pd.Series:
    """Return by what share a value is off its reference, either way; NaN where either is missing or the latter 0.

    Examples
    --------
    >>> off_share(pd.Series([80.0, 110.0]), pd.Series([100.0, 100.0])).round(3).tolist()
    [0.2, 0.1]
    """
    return (ratio(value, reference) - 1).abs()


def whole_years_between(start: pd.Series, end: pd.Series, day: date) -> pd.Series:
    """Return the whole years from each start to its end, to *day* where that is missing.

    Parameters
    ----------
    start, end : Series of datetime
    day : date

    Returns
    -------
    Series of float on the same index
        NaN where the start is missing; negative where it lies behind the end.

    Examples
    --------
    >>> starts = pd.to_datetime(pd.Series(["2020-06-01", "2020-06-01", None]))
    >>> ends = pd.to_datetime(pd.Series(["2025-05-31", None, None]))
    >>> whole_years_between(starts, ends, date(2026, 6, 1)).tolist()
    [4.0, 6.0, nan]
    """
    last = end.fillna(pd.Timestamp(day))
    months = (last.dt.year - start.dt.year) * _MONTHS_PER_YEAR + last.dt.month - start.dt.month
    is_short = (start.dt.day > last.dt.day) & ~last.dt.is_month_end
    years: pd.Series = ((months - is_short) // _MONTHS_PER_YEAR).astype("float64").where(start.notna())
    return years
