"""Runs `candidate_score.toml`, for officials to read, and what must hold for any plots and weights."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoapp.analysis.candidate_score import (
    Draws,
    Terms,
    contributions,
    rank_order,
    scores,
    stability,
    terms_of,
)

CASES = tomllib.loads(Path(__file__).with_suffix(".toml").with_stem("candidate_score").read_text("utf-8"))[
    "case"
]
DRAWS = Draws(count=200, spread=0.2, seed=7)
UNIT = st.one_of(st.just(np.nan), st.floats(0, 1, width=16))


def terms_of_case(case: dict[str, Any]) -> Terms:
    value = pd.DataFrame(case["terms"], columns=list(case["weights"]), dtype="float64")
    value.index = pd.Index([f"P{row}" for row in range(len(value))])
    margins = {
        name: pd.Series(given, index=value.index) for name, given in case.get("open_above", {}).items()
    }
    return terms_of(value, open_above=margins)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    terms = terms_of_case(case)
    found = scores(terms, case["weights"])
    for name in ("score", "least", "most", "completeness"):
        wanted = [np.nan if value == "unknown" else value for value in case[name]]
        assert found[name].tolist() == pytest.approx(wanted, nan_ok=True)
    points = contributions(terms, case["weights"]).sum(axis=1, min_count=1)
    assert points.tolist() == pytest.approx(found["score"].tolist(), nan_ok=True)
    assert rank_order(found["score"]).tolist() == case.get("order", list(range(len(found))))
    if "stability" in case:
        drawn = stability(terms.value, case["weights"], case["top"], DRAWS)
        assert drawn["stability"].tolist() == case["stability"]


def values(rows: int, columns: int = 3) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float64, (rows, columns), elements=UNIT)


@settings(max_examples=60)
@given(
    st.integers(2, 30).flatmap(values),
    st.lists(st.integers(1, 60), min_size=3, max_size=3),
    st.integers(1, 10),
)
def test_the_plots_drawn_for_are_those_that_count(
    found: np.ndarray, weights: list[int], top_count: int
) -> None:
    """Leaving out plots that can never be among the first changes nothing: asked one draw at a time, all plots."""
    frame = pd.DataFrame(found, columns=["a", "b", "c"])
    named = dict(zip("abc", map(float, weights), strict=True))
    drawn = stability(frame, named, top_count, DRAWS)
    wanted = np.zeros(len(frame))
    is_known = ~np.isnan(found)
    has_any = is_known.any(axis=1)
    for factors in DRAWS.factors(3):
        weight = factors * np.array(weights, dtype=float)
        with np.errstate(invalid="ignore", divide="ignore"):
            score = (np.nan_to_num(found) @ weight) / (is_known @ weight)
        first = np.sort(score[has_any])[::-1][:top_count]
        if len(first):
            wanted += has_any & (score >= first[-1] - 1e-12)
    assert drawn["share"].to_numpy() == pytest.approx(wanted / DRAWS.count)


@settings(max_examples=60)
@given(values(6), st.lists(st.integers(0, 60), min_size=3, max_size=3).filter(any))
def test_a_score_lies_in_its_interval_and_order_does_not_matter(
    found: np.ndarray, weights: list[int]
) -> None:
    frame = pd.DataFrame(found, columns=["a", "b", "c"], index=[f"P{row}" for row in range(6)])
    named = dict(zip("abc", map(float, weights), strict=True))
    scored = scores(terms_of(frame), named)
    known = scored[scored["score"].notna()]
    assert (known["least"] <= known["score"] + 1e-9).all()
    assert (known["score"] <= known["most"] + 1e-9).all()
    assert (known["most"] - known["least"]).to_numpy() == pytest.approx(
        100 * (1 - known["completeness"]).to_numpy(), abs=1e-9
    )
    backwards = scores(terms_of(frame[::-1]), named)[::-1]
    pd.testing.assert_frame_equal(scored, backwards)
    best = scored["score"].to_numpy()[rank_order(scored["score"])]
    assert (np.diff(best[~np.isnan(best)]) <= 0).all()
    assert not np.isnan(best[: len(known)]).any()


def test_stability_of_more_plots_than_are_looked_at_together() -> None:
    # The same ten plots 5,001 times over: each copy is as surely among the first 5,001 x 3 as its plot among three.
    generator = np.random.default_rng(3)
    value = generator.random((10, 3))
    value[2, 1] = value[7, 0] = np.nan
    weights = {"a": 5.0, "b": 3.0, "c": 2.5}
    one = stability(pd.DataFrame(value, columns=list(weights)), weights, 3, DRAWS)
    many = stability(pd.DataFrame(np.tile(value, (5_001, 1)), columns=list(weights)), weights, 15_003, DRAWS)
    assert set(one["stability"]) == {"always", "sometimes", "never"}
    assert many["share"].tolist() == one["share"].tolist() * 5_001
    assert many["stability"].tolist() == one["stability"].tolist() * 5_001
