"""Figures of lists: how codes, words and missing values become numbers, and what is kept of a list."""

import pytest

from geoapp.domain.listed import EVALUATION_PLOTS, MICRO_PARKS, TRANSACTIONS, ListFigure

BAND = next(figure for figure in MICRO_PARKS.figures if figure.name == "band")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, None),
        (float("nan"), None),
        ("", None),
        ("—", None),
        ("是", 1.0),
        ("否", 0.0),
        (True, 1.0),
        ("2.5", 2.5),
    ],
)
def test_values_as_numbers(value: object, number: float | None) -> None:
    assert ListFigure(name="x").number(value) == number


def test_codes_and_their_words_are_the_same_number() -> None:
    assert BAND.number("B") == BAND.number("B 档") == 1.0
    with pytest.raises(ValueError, match="“优”不认识"):
        BAND.number("优")
    grade = EVALUATION_PLOTS.figures[-1]
    assert (grade.number(None), grade.number("A")) == (0.0, 1.0)  # no grade is one of the grades


def test_of_a_list_only_figures_are_kept() -> None:
    row = {figure.name: 1.0 for figure in TRANSACTIONS.figures}
    record = {
        "transactions": [{"transaction_code": "J1", "transferor": "某人", **row}],
        "total": 1,
        "reviews": {"waiting": 1},
        "day": "2026-03-01",
    }
    kept = TRANSACTIONS.kept(record)
    assert "transferor" not in kept["transactions"][0]
    assert set(kept) == {"transactions", "total", "reviews"}
    assert TRANSACTIONS.rows(kept) == TRANSACTIONS.rows(record)
    assert TRANSACTIONS.rows(kept)["(review) waiting"] == {"count": 1.0}
