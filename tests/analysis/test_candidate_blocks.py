"""Plots that lie together: who is in which block, and what a block comes to as a whole."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from geoapp.analysis.candidate_blocks import block_numbers, block_terms
from geoapp.analysis.candidate_score import terms_of
from geoapp.analysis.candidate_terms import TERMS
from tests.analysis.test_candidate_terms import SCALES


def squares(*west_m: float) -> np.ndarray:
    return np.array([shapely.box(west, 0, west + 10, 10) for west in west_m])


def test_a_chain_is_one_block() -> None:
    # 0-10, then 5 m of road, 15-25, then 5 m, 30-40; the last one is 20 m away
    assert block_numbers(squares(0, 15, 30, 60), 5.0).tolist() == [0, 0, 0, 1]
    assert block_numbers(squares(0, 15, 30, 60), 4.9).tolist() == [0, 1, 2, 3]
    assert block_numbers(squares(0, 10, 20.5), 0.0).tolist() == [0, 0, 1]


def test_plots_without_a_shape_stand_alone() -> None:
    shapes = np.array(
        [shapely.box(0, 0, 10, 10), None, shapely.Polygon(), shapely.box(12, 0, 22, 10)], dtype=object
    )
    assert block_numbers(shapes, 5.0).tolist() == [0, 1, 2, 0]
    assert block_numbers(np.array([], dtype=object), 5.0).tolist() == []


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=25, unique=True))
def test_blocks_are_those_of_single_linkage(corners: list[tuple[int, int]]) -> None:
    shapes = np.array([shapely.box(x, y, x + 3, y + 3) for x, y in corners])
    first, second = np.triu_indices(len(shapes), k=1)
    distance = shapely.distance(shapes[first], shapes[second])
    wanted = fcluster(linkage(distance, "single"), 4.0, "distance")
    found = block_numbers(shapes, 4.0)
    assert (found[:, None] == found).tolist() == (wanted[:, None] == wanted).tolist()


def test_a_block_is_counted_as_a_whole() -> None:
    plots = pd.DataFrame(
        {
            "site_area_m2": [20_000.0, 10_000.0, 10_000.0],
            "gfa_counted_m2": [30_000.0, 0.0, np.nan],
            "potential_gfa_m2": [10_000.0, 20_000.0, np.nan],
            "far_target": [2.0, 2.0, 2.0],
            "tax_wan": [300.0, 150.0, 75.0],
        },
        index=["A", "B", "C"],
    )
    value = pd.DataFrame(
        {
            "far_gap": [0.25, 1.0, np.nan], "tax_gap": [0.8, 0.8, 0.9], "inside_line": [1.0, 0.0, 0.0],
            "low_efficiency": [0.25, 0.5, 0.5], "size": [0.6, 0.3, 0.3], "owner_will": [np.nan, 1.0, np.nan],
            "building_age": [np.nan, np.nan, np.nan],
        },
        index=plots.index,
    )[list(TERMS)]  # fmt: skip
    blocks, terms = block_terms(plots, terms_of(value), pd.Series(0, index=plots.index), SCALES)
    found = blocks.loc[0].to_dict()
    # 30,000 m2 of floor on the 30,000 m2 where it is known; 525 万元 on 60 亩
    assert found == {
        "plot_count": 3, "site_area_m2": 40_000, "potential_gfa_m2": 30_000, "far": 1.0, "tax_wan_per_mu": 8.75,
    }  # fmt: skip
    known = terms.value.loc[0].to_dict()
    assert known.pop("building_age") != known["size"]
    assert known == pytest.approx(
        {
            "far_gap": 0.5, "tax_gap": 41.25 / 50, "inside_line": 0.5, "low_efficiency": 0.375, "size": 1.0,
            "owner_will": 1.0,
        }
    )  # fmt: skip
    # floor area is known on 3/4 of the land, the will on 1/4
    assert terms.least.loc[0, ["far_gap", "owner_will", "building_age"]].tolist() == pytest.approx(
        [0.375, 0.25, 0]
    )
    assert terms.most.loc[0, ["far_gap", "owner_will", "building_age"]].tolist() == pytest.approx(
        [0.625, 1.0, 1.0]
    )


def test_a_block_of_which_nothing_is_known_has_no_ratios() -> None:
    plots = pd.DataFrame(
        dict.fromkeys(
            ("site_area_m2", "gfa_counted_m2", "potential_gfa_m2", "far_target", "tax_wan"), [np.nan] * 2
        )
    )
    value = pd.DataFrame(np.nan, index=plots.index, columns=list(TERMS))
    blocks, terms = block_terms(plots, terms_of(value), pd.Series(0, index=plots.index), SCALES)
    assert blocks[["far", "tax_wan_per_mu", "site_area_m2"]].isna().all(axis=None)
    assert terms.value.isna().all(axis=None)
    assert (terms.least.loc[0, "far_gap"], terms.most.loc[0, "far_gap"]) == (0, 1)
