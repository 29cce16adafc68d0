"""Prices over areas, what is off a reference, and whole years, worked out by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from geoapp.analysis.transactions import computed_unit_price, off_share, whole_years_between


def test_price_over_area() -> None:
    # 600 万元 over 1 ha: 6,000,000 / 10,000 = 600 yuan per m2
    prices = computed_unit_price(pd.Series([600.0, 600.0, None]), pd.Series([10_000.0, 0.0, 1.0]))
    assert np.array_equal(prices, [600.0, np.nan, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("value", "reference", "off"), [(80.0, 100.0, 0.2), (120.0, 100.0, 0.2), (100.0, 100.0, 0.0)]
)
def test_off_either_way(value: float, reference: float, off: float) -> None:
    assert off_share(pd.Series([value]), pd.Series([reference])).tolist() == pytest.approx([off])


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        ("2020-06-01", "2025-06-01", 5.0),
        ("2020-06-01", "2025-05-31", 4.0),
        ("2020-02-29", "2025-02-28", 5.0),
        ("2020-06-01", None, 6.0),
        ("2027-06-01", "2026-06-01", -1.0),
    ],
)
def test_whole_years(start: str, end: str | None, years: float) -> None:
    found = whole_years_between(
        pd.to_datetime(pd.Series([start])), pd.to_datetime(pd.Series([end])), date(2026, 6, 1)
    )
    assert found.tolist() == [years]


def test_years_since_an_unknown_day() -> None:
    nothing = pd.to_datetime(pd.Series([None]))
    assert whole_years_between(nothing, nothing, date(2026, 6, 1)).isna().all()
    empty = pd.Series([], dtype="datetime64[s]")
    assert whole_years_between(empty, empty, date(2026, 6, 1)).empty
