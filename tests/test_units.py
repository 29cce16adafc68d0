import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.domain.layer import Field
from geoapp.domain.record_gaps import RecordGap
from geoapp.domain.rule import value_text
from geoapp.domain.target_unit import gap_zh
from geoapp.errors import UsageError
from geoapp.services.record_card import field_text
from geoapp.services.whatif_words import amount
from geoapp.units import (
    AREA_UNIT_LABELS,
    M2_PER_UNIT,
    SHOWN_UNITS,
    area_text,
    area_words,
    from_m2,
    m2_to_mu,
    number_text,
    shown_unit,
    to_m2,
)


@pytest.mark.parametrize(
    ("value", "unit", "m2"),
    [
        (1.0, "m2", 1.0),
        (1.0, "ha", 10_000.0),
        (3.0, "mu", 2_000.0),  # 3 * 10000 / 15
        (1.0, "ft2", 0.09290304),  # 0.3048 squared
        (1.0, "usft2", 0.0929034116),  # (1200 / 3937) squared
    ],
)
def test_to_m2_of_each_unit(value: float, unit: str, m2: float) -> None:
    assert to_m2(value, unit) == pytest.approx(m2, rel=1e-9)


def test_m2_to_mu_is_exact_for_a_hectare() -> None:
    assert m2_to_mu(10_000.0) == 15.0


def test_units_work_on_arrays() -> None:
    assert from_m2(np.array([10_000.0, 5_000.0]), "ha").tolist() == [1.0, 0.5]


@given(st.floats(0, 1e9), st.sampled_from(sorted(M2_PER_UNIT)))
def test_there_and_back_is_the_same_area(value: float, unit: str) -> None:
    assert from_m2(to_m2(value, unit), unit) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("value", "pattern", "text"),
    [
        (0.125, ".2f", "0.13"),  # format() goes to the even digit: 0.12
        (1.005, ".2f", "1.01"),  # 1.00499999999999989 as a float
        (-126.5, ",.0f", "-127"),
        (0.375, ".0%", "38%"),
        (0.124999, ".2f", "0.12"),
        (3.0, ".0f", "3"),
    ],
)
def test_a_five_at_the_end_goes_up(value: float, pattern: str, text: str) -> None:
    assert number_text(value, pattern) == text


def test_area_in_cents_is_written_as_by_hand() -> None:
    """10 m2 are 0.015 亩, 25 170 m2 are 37.755 亩: each a five at the end."""
    assert [area_text(m2) for m2 in (10.0, 25_170.0, 9.99)] == ["0.02", "37.76", "0.01"]


def test_unknown_unit_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="面积单位“acre”不认识；可用：m2、ft2、usft2、ha、mu"):
        to_m2(1.0, "acre")


def test_every_unit_has_a_label() -> None:
    assert set(AREA_UNIT_LABELS) == set(M2_PER_UNIT)


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("mu", "43.20 亩"),  # 28 800 m2 * 15 / 10 000
        ("ha", "2.8800 公顷"),
        ("m2", "28,800.00 平方米"),
    ],
)
def test_area_is_written_in_the_unit_chosen(unit: str, words: str) -> None:
    assert area_words(28_800.0, unit) == words


@pytest.mark.parametrize("unit", SHOWN_UNITS)
@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_unknown_area_is_a_dash_without_unit(unit: str, unknown: float | None) -> None:
    assert area_words(unknown, unit) == "—"
    assert area_text(unknown, unit, is_change=True) == "—"


def test_change_has_its_sign_unless_it_rounds_to_nothing() -> None:
    assert area_text(2_000.0, is_change=True) == "+3.00"
    assert area_text(-2_000.0, "ha", is_change=True) == "−0.2000"
    assert area_text(-3.0, is_change=True) == "0.00"  # 0.0045 亩
    assert area_text(0.0, "m2", is_change=True) == "0.00"


def test_unit_shown_is_one_of_three() -> None:
    assert shown_unit("") == "mu"
    with pytest.raises(UsageError, match="面积单位“ft2”不认识；可用：mu（亩）、ha（公顷）、m2（平方米）。"):
        shown_unit("ft2")


def test_whatever_tells_a_number_rounds_a_five_at_the_end_up() -> None:
    """The words of a rule, of a what-if, of a record's card and of a gap stand beside tables that do."""
    area = Field(name="gfa_m2", dtype="number", unit="m2", zh="建筑面积", en="Floor area")
    assert field_text(area, 1_234.125) == "1,234.13 平方米"
    assert (value_text(1.125, "far"), value_text(0.00125, "share", 1)) == ("1.13", "0.1%")
    assert (value_text(0.0625, "share", 1), amount(1.125, "far"), amount(2.5, "m2")) == (
        "6.3%",
        "1.13",
        "3 平方米",
    )
    gap = RecordGap(name="far", zh="容积率", count=1, total=16, keys=())
    assert gap.words == "容积率 1（6.3%）"


@pytest.mark.parametrize(
    ("gap", "decimals", "words"),
    [(0.5, 0, "1"), (-0.125, 2, "超 0.13"), (0.125, 2, "0.13"), (0.4999, 0, "无"), (-0.0, 2, "无")],
)
def test_gap_that_shows_as_a_number_is_not_called_none(gap: float, decimals: int, words: str) -> None:
    assert gap_zh(gap, decimals) == words
