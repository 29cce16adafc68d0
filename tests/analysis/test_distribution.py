import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from geoapp.analysis.distribution import (
    class_names,
    class_positions,
    class_words,
    largest_share,
    sums_by_class,
    weighted_quantiles,
)

NAN = float("nan")
HALVES = sparse.csr_array([[1.0, 0.5, 0.0, 0.0], [0.0, 0.5, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0], [1.0] * 4])
NUMBERS = st.one_of(st.just(NAN), st.floats(0, 1e6))


def test_a_value_on_a_break_is_in_the_class_above() -> None:
    assert class_positions(np.array([-1, 0, 0.9, 1, 7, np.inf, NAN]), [0, 1]).tolist() == [
        0,
        1,
        1,
        2,
        2,
        2,
        -1,
    ]


def test_classes_have_names_and_words() -> None:
    assert class_names(["-1", "0.5"]) == ["below_minus_1", "minus_1_to_0_5", "from_0_5"]
    assert class_words(["0.6", "1.0"]) == ["0.6以下", "0.6–1.0", "1.0及以上"]
    assert class_words(["2"], "年") == ["2年以下", "2年及以上"]


def test_sums_by_class_part_the_land_and_keep_the_unknown_apart() -> None:
    sums = sums_by_class(HALVES, np.array([0, 1, 0, -1]), 2, np.array([10.0, 20.0, NAN, 5.0]))
    # first row 10 and 20/2; second 20/2, the plot without area in no sum; third has no plots; the total has all
    np.testing.assert_array_equal(sums, [[10, 0, 0, 10], [10, 10, 0, 20], [0, 0, 0, 5]])


def test_a_class_is_unknown_where_no_plot_has_class_and_size() -> None:
    only_unknown = sums_by_class(sparse.csr_array([[1.0]]), np.array([-1]), 1, np.array([7.0]))
    np.testing.assert_array_equal(only_unknown, [[NAN], [7]])
    without_size = sums_by_class(sparse.csr_array([[1.0]]), np.array([0]), 1, np.array([NAN]))
    np.testing.assert_array_equal(without_size, [[NAN], [0]])


def test_quantiles_weigh_by_size_and_share() -> None:
    values, sizes = np.array([2.0, 0.5, 1.0, NAN]), np.array([10.0, 20.0, 30.0, 99.0])
    quantiles = weighted_quantiles(HALVES, values, sizes, [0.5, 0.75])
    # first row 0.5: 10, 2.0: 10; second 0.5: 10, 1.0: 30; total 0.5: 20, 1.0: 30, 2.0: 10
    np.testing.assert_array_equal(quantiles, [[0.5, 1.0, NAN, 1.0], [2.0, 1.0, NAN, 1.0]])


def test_largest_share_takes_the_largest_parts_in_each_row() -> None:
    shares = largest_share(HALVES, np.array([10.0, 40.0, 10.0, NAN]), 1)
    np.testing.assert_allclose(shares, [2 / 3, 2 / 3, NAN, 2 / 3])
    np.testing.assert_allclose(
        largest_share(HALVES, np.array([10.0, 40.0, 10.0, 60.0]), 3), [1, 1, NAN, 11 / 12]
    )


def test_no_plots() -> None:
    none = sparse.csr_array((2, 0))
    assert [part.tolist() for part in sums_by_class(none, np.zeros(0, dtype=np.intp), 1, np.zeros(0))] == [
        [0, 0],
        [0, 0],
    ]
    assert np.isnan(weighted_quantiles(none, np.zeros(0), np.zeros(0), [0.5])).all()
    assert np.isnan(largest_share(none, np.zeros(0), 10)).all()


@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.floats(0, 1)), min_size=1, max_size=30))
def test_rows_add_up_to_the_total_and_classes_to_the_land(plots: list[tuple[float, float, float]]) -> None:
    values, sizes, share = map(np.array, zip(*plots, strict=True))
    weights = sparse.csr_array(np.array([share, 1 - share, np.ones(len(plots))]))
    sums = np.nan_to_num(sums_by_class(weights, class_positions(values, [1.0, 100.0]), 3, sizes))
    np.testing.assert_allclose(sums[:, 0] + sums[:, 1], sums[:, 2], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(sums[:, 2].sum(), np.nansum(sizes), rtol=1e-9)


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(1, 9)), min_size=1, max_size=30), st.randoms())
def test_quantiles_are_values_that_occur_and_do_not_hang_on_the_order(
    plots: list[tuple[float, float]], random: object
) -> None:
    def quantiles(rows: list[tuple[float, float]]) -> list[float]:
        values, sizes = map(np.array, zip(*rows, strict=True))
        return weighted_quantiles(sparse.csr_array(np.ones((1, len(rows)))), values, sizes, [0, 0.5, 1])[
            :, 0
        ].tolist()

    lowest, middle, highest = quantiles(plots)
    assert (lowest, highest) == (min(far for far, _ in plots), max(far for far, _ in plots))
    assert sum(size for far, size in plots if far <= middle) >= sum(size for _, size in plots) / 2 * (
        1 - 1e-9
    )
    shuffled = list(plots)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert quantiles(shuffled)[0::2] == [lowest, highest]


@pytest.mark.parametrize("count", [1, 2, 50])
def test_largest_share_is_one_where_there_is_no_more(count: int) -> None:
    assert largest_share(sparse.csr_array([[1.0]]), np.array([3.0]), count).tolist() == [1.0]


def test_quantiles_of_many_plots_are_those_of_the_sorted_ones() -> None:
    rng = np.random.default_rng(20_261_126)
    values = np.append(np.round(rng.gamma(2.0, 0.6, 30_000), 3), 900.0)  # one far out: nearly all in one bin
    sizes = rng.uniform(100.0, 90_000.0, len(values))
    shares = [0.001, 0.25, 0.5, 0.75, 1.0]
    found = weighted_quantiles(sparse.csr_array(np.ones((1, len(values)))), values, sizes, shares)[:, 0]

    order = np.argsort(values, kind="stable")
    held = sizes[order].cumsum() / sizes.sum()
    assert found.tolist() == [values[order[np.searchsorted(held, share - 1e-12)]] for share in shares]


def test_quantiles_of_many_equal_plots_are_their_value() -> None:
    values, weights = np.full(20_000, 1.5), sparse.csr_array(np.ones((1, 20_000)))
    assert weighted_quantiles(weights, values, np.ones(20_000), [0.25, 0.75]).tolist() == [[1.5], [1.5]]
