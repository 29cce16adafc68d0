"""From records to figures: every expected value is worked out by hand beside it."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.analysis.targets import (
    MEMBER_COLUMNS,
    Figure,
    figure,
    first_counted,
    members_frame,
    of_scope,
    scope_mask,
    shared_out,
    year_ends,
)

DAY = date(2024, 12, 31)


def members(**columns: list) -> pd.DataFrame:
    return members_frame(columns, len(next(iter(columns.values()))))


def test_frame_has_all_columns_and_blank_texts() -> None:
    made = members_frame({"key": pd.Series(["A", None], index=[7, 9]), "on": [DAY, None]}, 2)
    assert list(made) == list(MEMBER_COLUMNS)
    assert made["key"].tolist() == ["A", ""]
    assert made["on"].isna().tolist() == [False, True]
    assert members_frame({}, 0).empty


def test_records_count_in_the_district_their_town_and_their_park() -> None:
    made = members(amount=[1.0, 2.0, 4.0], town_code=["T1", "T2", ""], park_code=["P1", None, "P1"])
    assert figure(made, "sum", where=scope_mask(made, "district", "全区")).value == 7.0
    assert figure(made, "sum", where=scope_mask(made, "town", "T1")).value == 1.0
    assert figure(made, "sum", where=scope_mask(made, "park", "P1")).value == 5.0
    assert figure(made, "sum", where=scope_mask(made, "town", "")).value == 4.0


def test_an_entered_value_counts_in_its_own_scope_only() -> None:
    made = members(
        amount=[407.0, 50.0], on=[DAY, DAY], scope_kind=["district", "town"], scope_code=["全区", "T1"]
    )
    assert of_scope(made, "district", "全区")["amount"].tolist() == [407.0]
    assert of_scope(made, "town", "T1")["amount"].tolist() == [50.0]
    assert of_scope(made, "town", "T2").empty


def test_sum_leaves_out_what_has_a_reason_or_comes_later_and_counts_what_is_unknown() -> None:
    made = members(
        amount=[10.0, -4.0, 100.0, 1000.0, None, 1.0],
        on=[date(2021, 1, 1), DAY, date(2025, 1, 1), DAY, DAY, None],
        reason=["", "", "", "重复", "", ""],
    )
    assert figure(made, "sum", DAY) == Figure(7.0, 4, 1, DAY)  # 10 - 4 + 1, one unknown
    assert figure(made, "sum").value == 107.0


def test_sum_of_nothing_is_zero_and_a_ratio_of_nothing_unknown() -> None:
    made = members(amount=[1.0], weight=[0.0])
    nothing = np.array([False])
    assert figure(made, "sum", where=nothing) == Figure(0.0)
    assert figure(made, "ratio", where=nothing) == Figure(None)
    assert figure(made, "ratio") == Figure(None, 0, 1)  # no land
    assert figure(made, "growth") == Figure(None, 0, 1)
    assert figure(made, "latest") == Figure(None)  # no day


def test_ratio_is_sum_over_sum_of_those_known() -> None:
    made = members(amount=[90.0, 50.0, 7.0, None], weight=[45.0, 43.5, None, 10.0])
    assert figure(made, "ratio") == Figure(140.0 / 88.5, 2, 2)


def test_growth_compares_the_same_enterprises() -> None:
    made = members(
        amount=[110.0, 60.0, 99.0], weight=[5.0, 5.0, 1.0], amount_before=[100.0, 50.0, None],
        weight_before=[5.0, 5.0, None],
    )  # fmt: skip
    # (170 / 10) / (150 / 10) - 1
    assert figure(made, "growth").value == pytest.approx(17 / 15 - 1)
    assert figure(made, "growth").unknown_count == 1


def test_growth_from_nothing_is_unknown() -> None:
    made = members(amount=[1.0], weight=[1.0], amount_before=[0.0], weight_before=[1.0])
    assert figure(made, "growth").value is None


def test_latest_is_the_last_one_entered_up_to_the_day_while_it_holds() -> None:
    made = members(
        amount=[151.0, 248.0, 306.0, None],
        on=[date(2020, 12, 31), date(2022, 12, 31), date(2023, 12, 31), DAY],
    )
    assert figure(made, "latest", DAY) == Figure(306.0, 1, 0, date(2023, 12, 31))
    assert figure(made, "latest", date(2023, 6, 30), valid_days=366).value == 248.0
    # 2023-12-31 is 366 days before 2024-12-31: no longer that day's
    assert figure(made, "latest", DAY, valid_days=366).value is None
    assert figure(made, "latest", DAY, valid_days=367).value == 306.0


def test_something_counts_once_and_goes_when_all_of_it_is_taken_back() -> None:
    entries = pd.DataFrame(
        {
            "uscc": ["E", "E", "F", "E", "E", "F"],
            "on": pd.to_datetime(
                ["2021-01-01", "2021-06-01", "2021-06-01", "2022-01-01", "2023-01-01", "2022-01-01"]
            ),
            "amount": [5.0, 3.0, 2.0, -5.0, -3.0, 1.0],
        }
    )
    turns = first_counted(entries, "uscc")
    assert list(zip(turns["uscc"], turns["on"].dt.year, turns["amount"], strict=True)) == [
        ("E", 2021, 1.0),
        ("F", 2021, 1.0),
        ("E", 2023, -1.0),
    ]


def test_a_plots_area_is_shared_out_to_its_projects_in_order() -> None:
    limits = pd.Series([6.0, 9.0, np.nan, 3.0], index=["A", "A", "B", "C"])
    totals = pd.Series({"A": 10.0, "B": 5.0, "C": np.nan})
    assert shared_out(limits, totals).tolist() == [6.0, 4.0, 5.0, 0.0]


def test_year_ends_are_those_before_the_last_day() -> None:
    assert year_ends(date(2020, 12, 31), date(2022, 6, 30)) == [date(2020, 12, 31), date(2021, 12, 31)]
    assert year_ends(date(2021, 3, 1), date(2021, 12, 31)) == []


@given(
    st.lists(st.tuples(st.sampled_from(["T1", "T2", ""]), st.integers(-1000, 1000)), max_size=30),
    st.randoms(),
)
def test_parts_and_rest_are_the_whole_in_any_order(rows: list[tuple[str, int]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    whole = members_frame(
        {"town_code": [t for t, _ in rows], "amount": [float(a) for _, a in rows]}, len(rows)
    )
    other = members_frame(
        {"town_code": [t for t, _ in shuffled], "amount": [float(a) for _, a in shuffled]}, len(rows)
    )
    parts = [figure(other, "sum", where=scope_mask(other, "town", code)).value for code in ("T1", "T2", "")]
    assert sum(part for part in parts if part is not None) == figure(whole, "sum").value
