from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.analysis.land_term import term_left_years

DAY = date(2026, 3, 1)
DATES = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def left(end: str | date | None, day: date = DAY, right: str | None = "granted") -> float:
    ends = pd.to_datetime(pd.Series([end])).astype("datetime64[s]")
    return float(term_left_years(ends, pd.Series([right], dtype="str"), day).iloc[0])


@pytest.mark.parametrize(
    ("end", "years"),
    [
        ("2026-03-01", 0),  # the last day itself: not over yet
        ("2027-03-01", 1),
        ("2031-03-01", 5),  # two leap days lie between: still exactly five
        ("2031-02-28", 4 + 364 / 365),
        ("2026-02-28", -1 / 365),
        ("2025-03-01", -1),
        ("2028-02-29", 1 + 365 / 366),
    ],
)
def test_years_are_counted_by_the_calendar(end: str, years: float) -> None:
    assert left(end) == pytest.approx(years, abs=1e-12)


def test_a_leap_day_s_anniversary_is_the_last_of_february() -> None:
    day = date(2024, 2, 29)
    assert left("2029-02-28", day) == 5
    assert left("2028-02-29", day) == 4
    assert left("2028-02-28", day) == pytest.approx(3 + 365 / 366, abs=1e-12)
    assert left("2024-02-28", day) == pytest.approx(-1 / 366, abs=1e-12)  # ended yesterday


def test_allocated_land_has_no_end_and_a_missing_date_is_unknown() -> None:
    assert left(None, right="allocated") == np.inf
    assert left("2030-01-01", right="allocated") == np.inf
    assert np.isnan(left(None))
    assert left("2031-03-01", right=None) == 5


def test_no_plots() -> None:
    ends = pd.Series([], dtype="datetime64[s]")
    assert term_left_years(ends, pd.Series([], dtype="str"), DAY).empty


@given(DATES, DATES, DATES)
def test_a_later_end_never_has_less_left(first: date, second: date, day: date) -> None:
    earlier, later = sorted((first, second))
    assert left(earlier, day) <= left(later, day)
    assert (left(earlier, day) >= 0) == (earlier >= day)
