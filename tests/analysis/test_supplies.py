"""How far land supplies have got, and what several come to."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from geoapp.analysis.supplies import mean_far, reserved_share, share_of_area, supply_progress

DAY = date(2026, 3, 1)
DATES = ("agreed_start_on", "started_on", "stopped_since_on", "completed_on", "review_on")
NUMBERS = (
    "due_area_m2", "developed_area_m2", "invest_total_wan", "invest_done_wan", "agreed_far", "agreed_energy",
    "agreed_emission", "agreed_invest_wan_per_mu", "agreed_tax_wan_per_mu",
)  # fmt: skip


def supplies_of(*rows: dict) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=[*DATES, *NUMBERS])
    dates = {name: pd.to_datetime(frame[name]) for name in DATES}
    return frame.assign(**dates).astype(dict.fromkeys(NUMBERS, "float64"))


def test_progress_of_a_supply_that_waits() -> None:
    found = supply_progress(supplies_of({"agreed_start_on": "2025-02-01", "agreed_far": 2.0}), DAY).iloc[0]
    assert (found["start_delay_months"], found["standard_item_count"]) == (13, 1)
    assert found[["is_started", "is_stopped", "is_completed"]].tolist() == [False, False, False]
    assert pd.isna(found["is_review_due"])  # nobody wrote down when
    assert np.isnan(found["developed_share"])


def test_progress_of_a_supply_that_stopped() -> None:
    row = {
        "started_on": "2024-01-01", "stopped_since_on": "2025-03-01", "completed_on": "2026-03-02",
        "review_on": "2026-03-01", "due_area_m2": 9_000.0, "developed_area_m2": 3_000.0,
        "invest_total_wan": 0.0, "invest_done_wan": 5.0,
    }  # fmt: skip
    found = supply_progress(supplies_of(row), DAY).iloc[0]
    assert found[["is_started", "is_stopped", "is_completed", "is_review_due"]].tolist() == [
        True,
        True,
        False,
        True,
    ]
    assert found["stopped_months"] == 12
    assert found["developed_share"] == pytest.approx(1 / 3)
    assert np.isnan(found["invested_share"])  # nothing was to be invested


def test_shares_of_area_are_unknown_where_anything_is_missing() -> None:
    yes = pd.Series([True, True], dtype="boolean")
    assert share_of_area(pd.Series([1.0, 1.0]), yes) == 1.0
    assert np.isnan(share_of_area(pd.Series([1.0, np.nan]), yes))
    assert np.isnan(share_of_area(pd.Series([1.0, 1.0]), pd.Series([True, None], dtype="boolean")))
    assert np.isnan(share_of_area(pd.Series([], dtype="float64"), pd.Series([], dtype="boolean")))


def test_mean_plot_ratio_is_weighted_by_area() -> None:
    # (2.0 x 30000 + 1.0 x 10000) / 40000
    assert mean_far(pd.Series([2.0, 1.0]), pd.Series([3e4, 1e4])) == 1.75
    assert np.isnan(mean_far(pd.Series([2.0, 1.0]), pd.Series([3e4, np.nan])))
    assert np.isnan(mean_far(pd.Series([], dtype="float64"), pd.Series([], dtype="float64")))


def test_reserved_share_counts_only_the_period() -> None:
    supplies = pd.DataFrame(
        {
            "kind": pd.Series(["micro_park", "industrial", "micro_park"], dtype="str"),
            "area_m2": [1e4, 3e4, 9e4],
            "supplied_on": pd.to_datetime(["2025-01-01", "2026-03-01", "2024-12-31"]),
        }
    )
    assert reserved_share(supplies, ["micro_park"], date(2025, 1, 1), DAY) == 0.25
    assert np.isnan(reserved_share(supplies.assign(kind=None), ["micro_park"], date(2025, 1, 1), DAY))
