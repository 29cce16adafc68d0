"""Figures of lists: how codes, words and missing values become numbers, and what is kept of a list."""

import pytest

from geoapp.domain.listed import AGREEMENTS, EVALUATION_PLOTS, MICRO_PARKS, TRANSACTIONS, ListFigure

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


def test_of_agreements_items_are_kept_without_their_notes() -> None:
    item = {
        "indicator": "far", "year": 2025, "agreed_value": 2.0, "actual_value": 1.5, "shortfall_share": 0.25,
        "is_missed": True, "is_unknown": False, "note": "某人说的",
    }  # fmt: skip
    record = {
        "agreements": [{"agreement_code": "XY1", "party_b": "某企业", "items": [item]}],
        "counts": {"all": 1, "missed": 1},
    }
    kept = AGREEMENTS.kept(record)
    assert set(kept["agreements"][0]) == {"agreement_code", "items"}
    assert "note" not in kept["agreements"][0]["items"][0]
    assert AGREEMENTS.rows(kept) == AGREEMENTS.rows(record)
    assert list(AGREEMENTS.rows(kept)["XY1|far|2025"].values()) == [2.0, 1.5, 0.25, 1.0, 0.0]


def test_what_a_file_says_of_an_item_is_its_flags() -> None:
    missed, unknown = AGREEMENTS.figures[-2:]
    told = {
        word: (missed.number(word), unknown.number(word)) for word in ("未达约定", "没有填实际值", "达到约定")
    }
    assert told == {"未达约定": (1.0, 0.0), "没有填实际值": (0.0, 1.0), "达到约定": (0.0, 0.0)}
    assert (missed.number(None), unknown.number(None)) == (
        0.0,
        0.0,
    )  # of a year that is not judged nothing is said
    assert AGREEMENTS.key_headings == ("协议编号", "指标", "考核年份")
