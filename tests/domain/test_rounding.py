"""Rounding half up, and files whose columns agree to the last digit."""

import numpy as np
import pandas as pd
import pytest

from geoapp.domain.rounding import half_up, rounded, rounded_columns
from geoapp.units import m2_to_mu


@pytest.mark.parametrize(
    ("area_m2", "area_mu"),
    [
        (21_653.10, 32.4797),  # 32.47965: numpy makes 32.4796 of it
        (29_044.70, 43.5671),  # 43.56705
        (10.00, 0.0150),
        (19_219.90, 28.8299),  # 28.82985
        (19_219.89, 28.8298),  # 28.829835
        (-21_653.10, -32.4797),
        (180_022.52, 270.0338),  # 270.03378
    ],
)
def test_a_five_at_the_end_goes_up(area_m2: float, area_mu: float) -> None:
    assert half_up(m2_to_mu(np.array([area_m2])), 4).tolist() == [area_mu]


def test_every_area_in_cents_is_rounded_as_by_hand() -> None:
    """15 000 areas of whole cents: n cents are 15 n millionths of a 亩, and 100 of those one ten-thousandth."""
    cents = np.arange(2_000_000, 2_015_000)
    by_hand = (15 * cents + 50) // 100 / 10_000
    assert half_up(m2_to_mu(cents / 100), 4).tolist() == by_hand.tolist()


def test_what_is_no_number_stays() -> None:
    assert np.isnan(half_up(np.array([np.nan]), 2)).all()
    assert half_up(np.array([np.inf, -np.inf, 0.0]), 2).tolist() == [np.inf, -np.inf, 0.0]


def test_columns_keep_index_name_and_whole_numbers() -> None:
    column = rounded(pd.Series([0.125, None], index=["a", "b"], name="far"), 2)
    assert (column.name, column["a"], bool(np.isnan(column["b"]))) == ("far", 0.13, True)
    ranks = pd.Series([1, None], dtype="Int64")
    assert rounded(ranks, 0) is ranks
    assert rounded(column, None) is column
    rows = pd.DataFrame({"far": [0.125], "rank": [1]})
    assert rounded_columns(rows, {"far": 2, "rank": 0}).to_dict("list") == {"far": [0.13], "rank": [1]}
    assert rows["far"].tolist() == [0.125]  # the rows given are not changed
