"""Months and quarters: how they are written, where they begin and end."""

from datetime import date

import pytest

from geoapp.domain.reporting_period import MONTH, QUARTER, Period, parse_period, period_of, time_progress
from geoapp.errors import UsageError


@pytest.mark.parametrize(
    ("text", "zh", "first", "last", "before"),
    [
        ("2025-Q1", "2025年第一季度", date(2025, 1, 1), date(2025, 3, 31), "2024-Q4"),
        ("2025-Q4", "2025年第四季度", date(2025, 10, 1), date(2025, 12, 31), "2025-Q3"),
        ("2024-02", "2024年2月", date(2024, 2, 1), date(2024, 2, 29), "2024-01"),
        ("2025-01", "2025年1月", date(2025, 1, 1), date(2025, 1, 31), "2024-12"),
    ],
)
def test_period_is_its_days(text: str, zh: str, first: date, last: date, before: str) -> None:
    found = parse_period(text)
    assert (found.text, found.zh, found.first, found.last, found.before.text) == (
        text,
        zh,
        first,
        last,
        before,
    )


@pytest.mark.parametrize("text", ["2025", "2025-Q5", "2025-13", "2025-1", "25-Q1", "0001-Q1", "x" * 60, ""])
def test_other_writing_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="2025-Q1"):
        parse_period(text)


def test_a_day_lies_in_its_month_and_quarter() -> None:
    assert period_of(date(2025, 9, 30), QUARTER) == Period(2025, 3, QUARTER)
    assert period_of(date(2025, 10, 1), MONTH) == Period(2025, 10, MONTH)


def test_time_progress_knows_leap_years() -> None:
    assert time_progress(date(2025, 1, 1)) == 1 / 365
    assert time_progress(date(2024, 6, 30)) == 182 / 366
