"""Which sums may be told: by hand, and by whoever tries every combination of them."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from geoapp.analysis.disclosure import Contributions, open_rows

LEAST = 3
Plot = tuple[int, bool, str]
"""Row, whether it is of the part, its enterprises' letters; without any its value is not known."""


def contributions(plots: Sequence[Plot], row_count: int, least: int = LEAST) -> Contributions:
    areas = np.zeros((row_count, len(plots)))
    letters = sorted({letter for _, _, firms in plots for letter in firms})
    enterprises = np.array([[letter in firms for letter in letters] for _, _, firms in plots], dtype=float)
    for number, (row, _, _) in enumerate(plots):
        areas[row, number] = 1.0
    return Contributions(
        areas=sparse.csr_array(areas),
        counts=sparse.csr_array(areas),
        enterprises=sparse.csr_array(enterprises.reshape(len(plots), len(letters))),
        is_known=np.array([bool(firms) for _, _, firms in plots], dtype=bool),
        is_part=np.array([is_part for _, is_part, _ in plots], dtype=bool),
        least=least,
    )


def rows_of(*sizes: int | tuple[int, int]) -> list[Plot]:
    """Return rows of plots with an enterprise each: so many of the part, so many of the rest."""
    firms = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    pairs = [(size, 0) if isinstance(size, int) else size for size in sizes]
    return [
        (row, is_part, next(firms))
        for row, pair in enumerate(pairs)
        for is_part, size in zip((True, False), pair, strict=True)
        for _ in range(size)
    ]


@pytest.mark.parametrize(
    ("plots", "row_count", "told"),
    [
        (rows_of(3, 4), 2, "++ +"),
        (rows_of(3, 0), 2, "++ +"),  # nothing to tell of the second
        (rows_of(2, 0), 2, "-- -"),
        (rows_of(5, 2, 4), 3, "+-- +"),  # total - 5 - 4 would be the 2: the next smallest goes too
        (rows_of(5, 2, 1), 3, "+-- +"),  # 2 + 1 together are enough
        (rows_of(2, 5), 2, "-- +"),
        (rows_of(1, 1), 2, "-- -"),
        ([(0, True, "A")] * 5 + rows_of(0, 3), 2, "-- +"),  # five plots of one enterprise
        ([(0, True, "ABCDE"), *rows_of(0, 4)], 2, "-- +"),  # five enterprises on one plot
        ([(0, True, "AB"), (0, True, "BC"), (0, True, "C")], 1, "+ +"),
        ([(0, True, "A"), (0, True, "B"), (0, True, "")], 1, "- -"),  # one is not known
        ([], 1, "+ +"),
    ],
)  # fmt: skip
def test_row_is_told_when_it_and_what_is_left_are_large(plots: list[Plot], row_count: int, told: str) -> None:
    found, _ = open_rows(contributions(plots, row_count))
    assert "".join("+" if is_told else "-" for is_told in found) == told.replace(" ", "")


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ([(3, 3), (4, 0), (0, 5)], "+++ +"),
        ([(2, 4), (4, 0)], "-+ -"),  # of the first the 2 are too few, and no other row has part and rest
        (
            [(2, 4), (3, 3), (4, 4)],
            "--+ +",
        ),  # one more is kept back: of it part or rest stays in any difference
        ([(4, 2), (3, 3)], "-- +"),  # the rest is too few: row less part
        ([(2, 2), (1, 4), (4, 0), (9, 9)], "--+- +"),
        ([(2, 0), (1, 3), (9, 9)], "--+ +"),  # kept back with their rows; together 3 and 3
    ],
)
def test_part_is_told_when_it_and_the_rest_are_large(sizes: list[tuple[int, int]], told: str) -> None:
    _, found = open_rows(contributions(rows_of(*sizes), len(sizes)))
    assert "".join("+" if is_told else "-" for is_told in found) == told.replace(" ", "")


def test_rows_that_overlap_are_not_told_but_the_total_is() -> None:
    rows, parts = open_rows(contributions(rows_of((4, 4), (5, 5)), 2), are_rows_apart=False)
    assert rows.tolist() == parts.tolist() == [False, False, True]


def test_row_with_a_sliver_only_is_not_told() -> None:
    """A plot that reaches into a row without being counted there is not enough for it, though not nothing."""
    plots = rows_of(4, 0)
    whole = contributions(plots, 2)
    areas = whole.areas.toarray()
    areas[:, 0] = (0.9, 0.1)
    reaching = Contributions(
        areas=sparse.csr_array(areas),
        counts=whole.counts,
        enterprises=whole.enterprises,
        is_known=whole.is_known,
        is_part=whole.is_part,
        least=LEAST,
    )
    assert open_rows(reaching)[0].tolist() == [False, False, True]


def sums_told(given: Contributions) -> NDArray[np.float64]:
    """Return what is told as weights of the plots: one line per sum."""
    rows, parts = open_rows(given)
    all_rows = np.vstack([given.areas.toarray(), np.ones(len(given.is_known))]) * given.is_known
    return np.vstack([all_rows[rows], (all_rows * given.is_part)[parts]])


def tells_of(sums: NDArray[np.float64], plots: NDArray[np.bool_]) -> bool:
    """Return whether a combination of the sums is made of some plots alone: the others' weights can be made 0."""
    without = sums * ~plots
    return bool(np.linalg.matrix_rank(without) < np.linalg.matrix_rank(sums))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.booleans(), st.text("ABCDEFG", max_size=2)), min_size=1, max_size=12
    ),
    st.integers(2, 3),
)
def test_no_combination_of_what_is_told_is_of_fewer(plots: list[Plot], least: int) -> None:
    given_ = contributions(plots, 4, least)
    sums = sums_told(given_)
    few_plots = [
        np.isin(np.arange(len(plots)), chosen)
        for chosen in combinations(range(len(plots)), min(least - 1, len(plots)))
    ]
    few_enterprises = [
        np.array([bool(firms) and set(firms) <= set(chosen) for _, _, firms in plots])
        for chosen in combinations("ABCDEFG", least - 1)
    ]
    assert not any(tells_of(sums, few) for few in [*few_plots, *few_enterprises])
