import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from geoapp.analysis.zoning import known_share, ratio_known, sum_known

WEIGHTS = sparse.csr_array([[1.0, 0.25, 0.0], [0.0, 0.75, 0.0], [0.0, 0.0, 0.0]])
NAN = float("nan")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([100, 40, 7], [110, 30, 0]),  # 100 + 40/4; 40*3/4; no plots: nothing
        ([100, NAN, 7], [100, NAN, 0]),  # the second row's only plot is unknown: not zero
        ([0, 0, 0], [0, 0, 0]),
        ([-20, 40, 0], [-10, 30, 0]),  # a revocation is negative
    ],
)
def test_sum_known(values: list, expected: list) -> None:
    np.testing.assert_equal(sum_known(WEIGHTS, pd.Series(values, dtype=float)), expected)


@pytest.mark.parametrize(
    ("gfa", "site", "expected"),
    [
        ([100, 40, 0], [50, 40, 1], [110 / 60, 1, NAN]),  # (100 + 40/4) / (50 + 40/4); 40/40; no plots
        ([100, NAN, 0], [50, 40, 1], [2, NAN, NAN]),  # the unknown plot is in neither sum
        ([100, 40, 0], [50, NAN, 1], [2, NAN, NAN]),
        ([100, 40, 0], [50, 0, 1], [2, NAN, NAN]),  # no division by a site of nothing
        ([0, 40, 0], [50, 40, 1], [10 / 60, 1, NAN]),  # a known zero counts
    ],
)
def test_ratio_known(gfa: list, site: list, expected: list) -> None:
    np.testing.assert_allclose(ratio_known(WEIGHTS, np.array(gfa, float), np.array(site, float)), expected)


@pytest.mark.parametrize(
    ("gfa", "site", "expected"),
    [
        ([1, 1, 1], [50, 40, 1], [1, 1, NAN]),
        ([1, NAN, 1], [50, 40, 1], [50 / 60, 0, NAN]),
        ([1, 1, 1], [50, NAN, 1], [1, NAN, NAN]),
        ([NAN, 1, 1], [0, 40, 1], [1, 1, NAN]),
    ],
)
def test_known_share(gfa: list, site: list, expected: list) -> None:
    np.testing.assert_allclose(known_share(WEIGHTS, np.array(gfa, float), np.array(site, float)), expected)
