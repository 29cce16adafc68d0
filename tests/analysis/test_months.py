from datetime import date

import pandas as pd
import pytest

from geoapp.analysis.months import days_since, months_since


@pytest.mark.parametrize(
    ("start", "day", "months"),
    [
        ("2025-03-01", date(2026, 3, 1), 12),
        ("2025-03-02", date(2026, 3, 1), 11),  # the day before the anniversary
        ("2026-01-31", date(2026, 2, 28), 1),  # the last day of a shorter month
        ("2026-01-31", date(2026, 2, 27), 0),
        ("2024-02-29", date(2025, 2, 28), 12),
        ("2026-05-01", date(2026, 3, 1), -2),
    ],
)
def test_months_count_by_the_calendar(start: str, day: date, months: int) -> None:
    assert months_since(pd.to_datetime(pd.Series([start])), day).tolist() == [months]


def test_no_dates_give_nothing() -> None:
    none = pd.Series([], dtype="datetime64[ns]")
    assert months_since(none, date(2026, 1, 1)).tolist() == days_since(none, date(2026, 1, 1)).tolist() == []


def test_a_missing_date_is_unknown() -> None:
    assert months_since(pd.to_datetime(pd.Series([None])), date(2026, 1, 1)).isna().all()
