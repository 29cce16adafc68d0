"""Limits between classes, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.analysis.class_breaks import (
    break_texts,
    class_breaks,
    class_codes,
    class_index,
    class_words,
    warm_up,
)

NAN = float("nan")


def values(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float64)


@pytest.mark.parametrize(
    ("numbers", "count", "expected"),
    [
        # Ranks 2 and 4 of six: two values in each class; 3 and 5 are the roundest numbers that divide so.
        ((1, 2, 3, 4, 5, 6), 3, [3.0, 5.0]),
        # Ranks ceil(7/3)=3 and ceil(14/3)=5: classes of 3, 2 and 2 values.
        ((10, 20, 30, 40, 50, 60, 70), 3, [40.0, 60.0]),
        # All the equal values go to the class above: 1 2 | 3 3 3 3 | none left for a third.
        ((1, 2, 3, 3, 3, 3, 0.5), 3, [3.0]),
        # Ranks 2 and 4 of 0 0 0 5 7 9 are 0 and 7; the lowest value is no limit: nothing would lie below it.
        ((0, 0, 0, 9, 5, 7), 3, [7.0]),
        # As many classes as distinct values, 0.5 and 2.
        ((0.5, 2, 2, 0.5), 5, [2.0]),
        ((4, 4, 4), 3, []),
        ((), 3, []),
        ((NAN, NAN), 4, []),
        ((NAN, 1, float("inf"), 2), 4, [2.0]),
        # Between 11.97 and 12.04 the roundest is 12, below zero as above.
        ((11.9, 11.97, 12.04, 12.5), 2, [12.0]),
        ((-12.5, -12.04, -11.97, -11.9), 2, [-12.0]),
        # No number of twelve decimals lies between two so close: the upper one itself.
        ((1, 1 + 2**-45), 2, [1 + 2**-45]),
    ],
)
def test_quantile_limits(numbers: tuple[float, ...], count: int, expected: list[float]) -> None:
    assert class_breaks(values(*numbers), "quantile", count) == expected


def test_natural_limits_lie_in_the_gaps() -> None:
    # Three heaps, 1-3, 11-12, 31-33: any other cut puts a gap of eight or more inside a class.
    assert class_breaks(values(1, 2, 3, 11, 12, 31, 33), "natural", 3) == [10.0, 30.0]


def test_natural_limits_minimise_squared_deviation() -> None:
    # 0 0 0 8 | 10 10 against 0 0 0 | 8 10 10: sums of squares 48 against 2.67, so the cut is below 8.
    assert class_breaks(values(0, 0, 0, 8, 10, 10), "natural", 2) == [8.0]


def test_many_values_are_sampled_the_same_way_each_time() -> None:
    warm_up()
    numbers = np.random.default_rng(7).lognormal(2, 1, 500_000)
    limits = class_breaks(numbers, "natural", 9)
    assert len(limits) == 8
    assert limits == class_breaks(np.random.default_rng(1).permutation(numbers), "natural", 9)


def test_sample_with_too_few_distinct_values_gives_one_class_each() -> None:
    # 9,998 zeros, 1 and 2: the sample of 5,000 ranks holds the first and the last, and so 0 and 2 at least.
    numbers = np.concatenate([np.zeros(9_998), [1.0, 2.0]])
    assert class_breaks(numbers, "natural", 2) == [2.0]


@given(
    st.lists(st.floats(-1e9, 1e9, allow_nan=False) | st.just(NAN), max_size=40),
    st.sampled_from(["quantile", "natural"]),
    st.integers(3, 9),
)
def test_every_class_has_a_member_and_order_does_not_matter(
    numbers: list[float], method: str, count: int
) -> None:
    array = np.array(numbers, dtype=np.float64)
    limits = class_breaks(array, method, count)
    known = array[np.isfinite(array)]
    assert limits == sorted(set(limits))
    assert len(limits) < count
    assert limits == class_breaks(array[::-1], method, count)
    found = class_index(array, limits)
    assert ((found == len(limits) + 1) == ~np.isfinite(array)).all()
    if len(known):
        assert set(class_index(known, limits).tolist()) == set(range(len(limits) + 1))


def test_a_value_on_a_limit_belongs_to_the_class_above() -> None:
    assert class_index(values(2.99, 3, 5, NAN), [3.0, 5.0]).tolist() == [0, 1, 2, 3]


def test_codes_and_words_of_one_class() -> None:
    assert class_codes([]) == ["all"]
    assert class_words([]) == ["全部已知"]


@pytest.mark.parametrize(
    ("limits", "texts"),
    [
        ([], []),
        ([0.0], ["0"]),
        ([2.5], ["2.5"]),
        ([0.6, 1.0, 1.25], ["0.60", "1.00", "1.25"]),
        ([3.0, 5.0, 15.0], ["3", "5", "15"]),
        ([1000.0, 20000.0], ["1,000", "20,000"]),
        ([0.123456, 0.123556], ["0.123456", "0.123556"]),
        ([1.0, 1.0 + 1e-15], ["1.000000000000"] * 2),  # below what twelve decimals can say
    ],
)
def test_texts_of_limits(limits: list[float], texts: list[str]) -> None:
    assert break_texts(limits) == texts
