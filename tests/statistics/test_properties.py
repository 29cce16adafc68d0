"""What holds for every statistic, whatever the plots: rows add up, order does not matter, missing is never zero."""

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from geoapp.analysis.overlay import Membership
from geoapp.analysis.zoning import zone_weights
from geoapp.domain.statistic import ZoneWeights
from geoapp.services.workspace import load_policy
from geoapp.statistics import compute_statistics, find_statistics

STATISTICS = find_statistics(load_policy(), date(2026, 3, 1))
FACTS = sorted({name for statistic in STATISTICS for name in statistic.needs})
ADDITIVE = [
    column.name
    for statistic in STATISTICS
    for column in statistic.columns
    if column.unit in ("mu", "m2", "count")
]
CHOICES = {
    "grade": ["A", "B", "C", "D", "T", None],
    "low_efficiency": ["yes", "no", "unknown"],
    "developable": [0.0, 1.0, None],
    "constrained": [0.0, 1.0, None],
    "is_above_scale": [0.0, 1.0, None],
    "term_left_years": [-3.0, 0.5, 5.0, 33.0, np.inf, None],
}
TEXTS = ("grade", "low_efficiency")
PLACES = {"share": [0.0, 0.25, 1.0], "zone": [0, 1]}
SOME_PLOTS = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 12))
"""What the plots are drawn from, and how many."""


def plots_of(seed: int, count: int) -> list[dict]:
    """Return plots with some facts missing and some zero."""
    draw = np.random.default_rng(seed)
    numbers = [None, 0.0, *(10.0 ** draw.uniform(0, 5, 4)).tolist()]

    def plot() -> dict:
        fact = {name: draw.choice(np.array(CHOICES.get(name, numbers), dtype=object)) for name in FACTS}
        return fact | {name: draw.choice(values) for name, values in PLACES.items()}

    return [plot() for _ in range(count)]


def frame_of(plots: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series([plot[name] for plot in plots], dtype="str" if name in TEXTS else "float64")
            for name in FACTS
        }
    )


def weights_of(plots: list[dict]) -> ZoneWeights:
    shares = np.zeros((len(plots), 2))
    for row, plot in enumerate(plots):
        shares[row, plot["zone"]] = plot["share"]
    counts = (shares > 0).astype(float)
    return zone_weights(
        Membership(
            method="clip", areas=sparse.csr_array(shares), counts=sparse.csr_array(counts),
            outside_share=1 - shares.sum(axis=1), outside_count=1 - counts.sum(axis=1),
            has_area=np.ones(len(plots), dtype=bool), overlap_share=np.zeros(len(plots)),
        )
    )  # fmt: skip


def table_of(plots: list[dict]) -> pd.DataFrame:
    return compute_statistics(frame_of(plots), weights_of(plots), STATISTICS)


@settings(max_examples=30)
@given(SOME_PLOTS)
def test_rows_and_outside_add_up_to_the_register(drawn: tuple[int, int]) -> None:
    table = table_of(plots_of(*drawn))[ADDITIVE].fillna(0.0)
    np.testing.assert_allclose(table.iloc[:3].sum(), table.iloc[3], rtol=1e-9, atol=1e-6)


@settings(max_examples=30)
@given(SOME_PLOTS)
def test_the_order_of_the_plots_does_not_matter(drawn: tuple[int, int]) -> None:
    plots = plots_of(*drawn)
    np.testing.assert_allclose(table_of(plots), table_of(plots[::-1]), rtol=1e-9, atol=1e-6)


@settings(max_examples=5)
@given(st.integers(1, 5))
def test_plots_of_which_nothing_is_known_give_no_number_but_their_count(count: int) -> None:
    nothing = dict.fromkeys(FACTS) | {"low_efficiency": "unknown", "share": 1.0, "zone": 0}
    table = table_of([nothing] * count)
    told = {name: value for name, value in table.iloc[0].items() if not np.isnan(value)}
    assert told == {
        "plot_count": count,
        "grade_unknown_count": count,
        "low_efficiency_unknown_count": count,
    }
