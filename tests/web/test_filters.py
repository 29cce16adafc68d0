"""Numbers as pages show them."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from geoapp.web import filters


def test_area_mu_is_three_two_thousandths_of_square_metres() -> None:
    # 30 000 m2 * 15 / 10 000 = 45 亩
    assert filters.area_mu(30_000.0) == "45.00"


def test_area_ha_has_four_decimals() -> None:
    assert filters.area_ha(28_800.0) == "2.8800"


@pytest.mark.parametrize(
    "function",
    [
        filters.area_mu,
        filters.area_m2,
        filters.area_ha,
        filters.far,
        filters.percent,
        filters.share_exact,
        filters.difference_m2,
    ],
)
@pytest.mark.parametrize("unknown", [None, float("nan"), pd.NA])
def test_unknown_is_a_dash_never_zero(function, unknown) -> None:
    assert function(unknown) == "—"


def test_zero_is_zero() -> None:
    assert filters.area_mu(0.0) == "0.00"
    assert filters.far(0.0) == "0.00"


def test_percent_has_one_decimal() -> None:
    assert filters.percent(0.3049) == "30.5%"
    assert filters.share_exact(0.00052) == "0.05%"


def test_a_difference_too_small_to_show_has_no_sign() -> None:
    assert filters.difference_m2(-0.004) == "0.00"
    assert filters.difference_m2(-15.53) == "−15.53"
    assert filters.share_exact(-0.00001) == "0.00%"


def test_large_numbers_have_separators() -> None:
    assert filters.number(1_234_567.891, 1) == "1,234,567.9"
    assert filters.wan(12_000) == "12,000.00"
    assert filters.area_m2(1_000) == "1,000.00"


def test_day_is_iso() -> None:
    assert filters.day(date(2026, 11, 3)) == "2026-11-03"
    assert filters.day(pd.Timestamp("2026-11-03")) == "2026-11-03"
    assert filters.day(pd.NaT) == "—"


def test_moment_is_of_the_offices_clock() -> None:
    noted = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    assert filters.moment(noted) == noted.astimezone().strftime("%Y-%m-%d %H:%M")
    assert filters.moment(None) == "—"
