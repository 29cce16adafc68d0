"""Runs `revitalised_counting.toml`, for officials to read and add to, and what must hold for any ledger."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.analysis.revitalised_counting import (
    PART_REASONS,
    count_recognitions,
    counted_by_plot,
)
from tests.analysis.ledger_cases import DAY, land_of, records_of

CASES = tomllib.loads(
    Path(__file__).with_suffix(".toml").with_stem("revitalised_counting").read_text("utf-8")
)["case"]
SLACK_M2 = 0.05
"""Of shapes drawn in the plane and measured on the ellipsoid."""


def land_of_case(case: dict[str, Any]) -> Any:
    names = ("at", "made_from", "gone", "parts")
    return land_of(case["plots"], **{name: case[name] for name in names if name in case})


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    land, records = land_of_case(case), records_of(case["records"])
    before = records.copy()
    counting = count_recognitions(
        records, land, day=case.get("day", DAY), period_start=case.get("period_start")
    )
    pd.testing.assert_frame_equal(records, before)
    for (_, found), wanted in zip(counting.records.iterrows(), case["records"], strict=True):
        assert found["status"] == wanted.get("status", "")
        assert found["counted_m2"] == pytest.approx(wanted["counted"], abs=SLACK_M2)
        for name in ("gross", "net"):
            wanted_floor = wanted.get(f"counted_{name}", 0)
            assert found[f"counted_gfa_{name}_m2"] == pytest.approx(wanted_floor, abs=SLACK_M2)
        for reason in PART_REASONS:
            assert found[reason] == pytest.approx(wanted.get("why", {}).get(reason, 0), abs=SLACK_M2)
    assert counting.records["counted_m2"].sum() == pytest.approx(case["total"], abs=SLACK_M2)
    by_plot = counted_by_plot(counting, records, land.area_m2.index)
    for plot, area in case.get("by_plot", {}).items():
        assert by_plot.loc[plot, "recognised_m2"] == pytest.approx(area, abs=SLACK_M2)
    for plot, area in case.get("by_plot_gross", {}).items():
        assert by_plot.loc[plot, "new_gfa_gross_m2"] == pytest.approx(area, abs=SLACK_M2)
    assert by_plot["recognised_m2"].sum() == counting.records["counted_m2"].sum()


def test_no_records_count_nothing() -> None:
    records, land = records_of([]), land_of({"甲": 1e4})
    counting = count_recognitions(records, land, day=DAY)
    assert (len(counting.records), len(counting.postings)) == (0, 0)
    by_plot = counted_by_plot(counting, records, land.area_m2.index)
    assert by_plot.loc["甲"].tolist() == [0, 0, 0]


def test_a_plot_all_of_whose_records_lack_an_area_is_unknown() -> None:
    records = records_of(
        [
            {"on": date(2022, 1, 1), "plot": "甲"},
            {"on": date(2022, 1, 1), "plot": "乙"},
            {"on": date(2022, 1, 1), "plot": "乙", "area": 100.0, "gross": 50.0},
        ]
    )
    land = land_of({"甲": 1e4, "乙": 1e4})
    by_plot = counted_by_plot(count_recognitions(records, land, day=DAY), records, land.area_m2.index)
    assert np.isnan(by_plot.loc["甲", "recognised_m2"])
    assert by_plot.loc["乙", ["recognised_m2", "new_gfa_gross_m2"]].tolist() == [100, 50]
    assert np.isnan(by_plot.loc["乙", "new_gfa_net_m2"])


def test_a_split_plot_without_records_hands_nothing_down() -> None:
    records = records_of([{"on": date(2022, 1, 1), "plot": "甲", "area": 100.0}])
    land = land_of({"甲": 1e4, "子": 3e3}, made_from={"子": "老地"}, gone={"老地": 5e3})
    counting = count_recognitions(records, land, day=DAY)
    assert counting.records["counted_m2"].tolist() == [100]
    by_plot = counted_by_plot(counting, records, land.area_m2.index)
    assert by_plot.loc[["甲", "子"], "recognised_m2"].tolist() == [100, 0]


# Four plots over one another (甲 and 乙 share 80-100 m, with 丁 even three at once), two parts that overlap, one plot
# that is gone and became two.
AREAS = {"甲": 10_000.0, "乙": 8_000.0, "丙": 6_000.0, "丁": 6_000.0, "子": 3_000.0, "丑": 2_000.0}
WORLD = land_of(
    AREAS,
    at={
        "甲": (0, 100),
        "乙": (80, 160),
        "丙": (140, 200),
        "丁": (90, 150),
        "子": (300, 330),
        "丑": (330, 350),
    },
    made_from={"子": "老地", "丑": "老地"},
    gone={"老地": 5_000.0},
    parts=[
        {"project": "项目一", "plot": "甲", "at": (0, 40)},
        {"project": "项目二", "plot": "甲", "at": (30, 60)},
    ],
)
UNION_M2 = 20_000.0 + 5_000.0
RECORD = st.fixed_dictionaries(
    {
        "on": st.dates(date(2021, 1, 1), date(2025, 12, 31)),
        "plot": st.sampled_from([*AREAS, "老地"]),
        "project": st.sampled_from(["项目一", "项目二", None]),
        "area": st.integers(-12_000_00, 12_000_00).map(lambda cents: cents / 100),
        "gross": st.integers(-5_000, 9_000).map(float),
        "net": st.integers(0, 5_000).map(float),
    }
)
LEDGERS = st.lists(RECORD, max_size=12)
FEW = settings(max_examples=8)
"""Counting a small ledger takes a tenth of a second."""


@given(LEDGERS)
@FEW
def test_no_land_counts_twice_and_every_figure_is_the_same_sum(rows: list[dict[str, Any]]) -> None:
    records = records_of(rows)
    counting = count_recognitions(records, WORLD, day=DAY)
    by_plot = counted_by_plot(counting, records, WORLD.area_m2.index)
    assert (by_plot["recognised_m2"] >= 0).all()
    assert (by_plot["recognised_m2"] <= WORLD.area_m2).all()
    found, total = counting.records, by_plot["recognised_m2"].sum()
    assert total <= UNION_M2 + 1
    assert total == found["counted_m2"].sum()
    assert by_plot["new_gfa_gross_m2"].sum() == found["counted_gfa_gross_m2"].sum()
    left = records["area_m2"] - found[list(PART_REASONS)].sum(axis=1)
    assert left.to_numpy() == pytest.approx(found["counted_m2"].to_numpy(), abs=1e-5)
    is_revoked = records["area_m2"] < 0
    assert (found.loc[is_revoked, "counted_m2"] <= 0).all()
    assert (found.loc[~is_revoked, "counted_m2"] >= 0).all()


@given(LEDGERS, st.randoms(use_true_random=False), st.dates(date(2021, 1, 1), date(2025, 12, 31)))
@FEW
def test_order_does_not_matter_and_earlier_totals_stay(
    rows: list[dict[str, Any]], random: Any, day: date
) -> None:
    records = records_of(rows)
    mixed = records.sample(frac=1, random_state=random.randrange(1000))
    found = count_recognitions(records, WORLD, day=DAY).records
    again = count_recognitions(mixed, WORLD, day=DAY).records
    pd.testing.assert_frame_equal(again.sort_index(), found)
    # Other dates move land from one plot to another, never the total.
    dated = records.assign(recognised_on=mixed["recognised_on"].to_numpy())
    total = count_recognitions(dated, WORLD, day=DAY).records["counted_m2"].sum()
    assert total == pytest.approx(found["counted_m2"].sum(), abs=1e-4)
    then = count_recognitions(records, WORLD, day=day).records["counted_m2"]
    assert found.loc[records["recognised_on"] <= pd.Timestamp(day), "counted_m2"].sum() == then.sum()


@given(LEDGERS, st.integers(1, 99))
@FEW
def test_splitting_and_merging_plots_leave_the_total(rows: list[dict[str, Any]], percent: int) -> None:
    records = records_of([row | {"plot": "乙" if row["net"] > 2_500 else "甲"} for row in rows])
    before = count_recognitions(records, land_of({"甲": 1e4, "乙": 5e3}), day=DAY).records
    halves = {"甲一": 100.0 * percent, "甲二": 100.0 * (100 - percent)}
    split = land_of(halves | {"乙": 5e3}, made_from=dict.fromkeys(halves, "甲"), gone={"甲": 1e4})
    after = count_recognitions(records, split, day=DAY).records
    assert after["counted_m2"].to_numpy() == pytest.approx(before["counted_m2"].to_numpy(), abs=1e-4)
    merged = land_of({"丙": 15e3}, made_from={"丙": "甲；乙"}, gone={"甲": 1e4, "乙": 5e3})
    together = count_recognitions(records, merged, day=DAY).records
    assert together["counted_m2"].tolist() == before["counted_m2"].tolist()
