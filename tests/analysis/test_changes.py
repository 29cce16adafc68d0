"""What changed between two states of the plots: listed once, summed per zone, reconciled, without noise."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from geoapp.analysis.changes import ZonedPlots, compare_plots, zone_changes
from geoapp.domain.statistic import ZoneWeights

NAN = float("nan")
CLASSES = {"grade": "grade"}
KINDS = ("new", "gone", "entered", "left", "area", "grade")


def plots(**rows: tuple[bool, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["is_counted", "site_area_m2", "grade"])
    return frame.astype({"is_counted": bool, "site_area_m2": float, "grade": object})


def compare(before: pd.DataFrame, after: pd.DataFrame, redrawn: str = "") -> list[list[object]]:
    found = compare_plots(before, after, redrawn=pd.Index(list(redrawn)), classes=CLASSES)
    return (
        found[["plot_code", "kind", "before", "after", "difference_m2"]]
        .astype(object)
        .fillna("?")
        .to_numpy()
        .tolist()
    )


def test_every_kind_of_change_is_listed_once() -> None:
    before = plots(
        A=(True, 100, "B"), B=(True, 50, "C"), C=(True, 70, "C"), D=(False, 30, "A"), E=(True, 20, "A")
    )
    after = plots(
        A=(True, 100, "A"), C=(True, 75, "C"), D=(True, 30, "B"), E=(False, 25, "A"), F=(True, 10, "")
    )
    assert compare(before, after, redrawn="CE") == [
        ["A", "grade", "B", "A", "?"],
        ["B", "gone", "", "", -50.0],
        ["C", "area", "", "", 5.0],
        ["D", "entered", "", "", 30.0],
        ["D", "grade", "A", "B", "?"],
        ["E", "left", "", "", -20.0],  # its area then: that is what the sum loses
        ["F", "new", "", "", 10.0],
    ]


def test_plots_outside_the_filter_on_both_days_are_left_out() -> None:
    assert (
        compare(plots(A=(False, 1, "A"), B=(False, 2, "")), plots(A=(False, 9, "B"), C=(False, 3, ""))) == []
    )


@pytest.mark.parametrize(("area", "is_listed"), [(100.004, False), (100.006, True), (NAN, True)])
def test_area_changes_from_half_the_last_digit_on(area: float, is_listed: bool) -> None:
    found = compare(plots(A=(True, 100, "")), plots(A=(True, area, "")), redrawn="A")
    assert [row[1] for row in found] == (["area"] if is_listed else [])


def test_area_of_a_plot_that_was_not_redrawn_is_noise() -> None:
    assert compare(plots(A=(True, 100, "")), plots(A=(True, 100.1, ""))) == []


def test_area_unknown_on_both_days_is_no_change() -> None:
    assert compare(plots(A=(True, NAN, "")), plots(A=(True, NAN, "")), redrawn="A") == []


def zoned(frame: pd.DataFrame, zones: str, shares: list[list[float]]) -> ZonedPlots:
    """Plots in zones by shares (zones x plots); counted in the zone of the largest."""
    areas = np.array(shares, dtype=float).reshape(len(zones), len(frame))
    largest = (areas == areas.max(axis=0)) & (areas > 0) if len(zones) else areas
    total = np.ones((1, len(frame)))
    outside = 1 - areas.sum(axis=0, keepdims=True)
    weights = ZoneWeights(
        areas=sparse.csr_array(np.vstack([areas, outside, total])),
        counts=sparse.csr_array(
            np.vstack([largest, ~largest.any(axis=0, keepdims=True), total]).astype(float)
        ),
    )
    return ZonedPlots(plots=frame, zones=pd.Index([*zones, "(outside)", "(total)"]), weights=weights)


def summed(before: ZonedPlots, after: ZonedPlots, redrawn: str = "", *, same: bool = True) -> pd.DataFrame:
    index = pd.Index(list(redrawn))
    found = compare_plots(before.plots, after.plots, redrawn=index, classes=CLASSES)
    return zone_changes(found, before, after, kinds=KINDS, redrawn=index, are_zones_same=same)


def test_sums_reconcile_in_every_zone() -> None:
    before = zoned(
        plots(A=(True, 100, "B"), B=(True, 50, "C"), C=(True, 70, "C"), D=(False, 30, ""), E=(True, 20, "")),
        "XY",
        [[0.6, 1, 0, 0, 0], [0.4, 0, 1, 1, 1]],
    )
    after = zoned(
        plots(A=(True, 100, "A"), C=(True, 75, "C"), D=(True, 30, ""), E=(False, 20, ""), F=(True, NAN, "")),
        "XY",
        [[0.6, 0, 0, 0, 1], [0.4, 1, 1, 1, 0]],
    )
    table = summed(before, after, redrawn="C")
    x, y, total = table.loc["X"], table.loc["Y"], table.loc["(total)"]
    assert (x.before_count, x.before_m2, x.after_count, x.after_m2) == (2, 110.0, 2, 60.0)  # 60 + 50; 60 + ?
    assert (x.gone_count, x.gone_m2, x.new_count, x.new_m2, x.difference_m2) == (1, 50.0, 1, 0.0, -50.0)
    assert (y.area_count, y.area_m2, y.entered_m2, y.left_m2, y.difference_m2) == (1, 5.0, 30.0, 20.0, 15.0)
    assert (x.grade_count, x.grade_m2, y.grade_count, y.grade_m2) == (
        1,
        60.0,
        0,
        40.0,
    )  # counted where most of it is
    assert (total.difference_count, total.difference_m2) == (0, -35.0)
    for row in table.to_dict("records"):
        parts = (
            row["new_m2"]
            - row["gone_m2"]
            + row["entered_m2"]
            - row["left_m2"]
            + row["area_m2"]
            + row["moved_m2"]
        )
        assert row["difference_m2"] == pytest.approx(parts)
        assert row["after_m2"] - row["before_m2"] == pytest.approx(row["difference_m2"])


def test_a_zone_whose_plots_did_not_change_has_exactly_no_difference() -> None:
    frame = plots(A=(True, 0.1, ""), B=(True, 0.2, ""), C=(True, 0.3, ""))
    noisy = frame.assign(site_area_m2=frame["site_area_m2"] + 1e-4)
    shares = [[1 / 3, 0.7, 0.1]]
    table = summed(zoned(frame, "X", shares), zoned(noisy, "X", [[1 / 3 + 1e-12, 0.7, 0.1]]))
    assert (table["difference_m2"] == 0).all()
    assert (table["moved_m2"] == 0).all()


def test_a_plot_moved_to_another_zone_is_no_gain_of_the_whole() -> None:
    frame = plots(A=(True, 100, ""))
    table = summed(zoned(frame, "XY", [[1], [0]]), zoned(frame, "XY", [[0.25], [0.75]]), same=False)
    assert table["moved_m2"].tolist() == [-75.0, 75.0, 0.0, 0.0]
    assert table["moved_count"].tolist() == [-1, 1, 0, 0]
    assert table["difference_m2"].tolist() == [-75.0, 75.0, 0.0, 0.0]


def test_zones_of_either_day_have_a_row() -> None:
    frame = plots(A=(True, 100, ""))
    table = summed(zoned(frame, "XZ", [[0], [1]]), zoned(frame, "XY", [[0], [1]]), same=False)
    assert table.index.tolist() == ["X", "Y", "Z", "(outside)", "(total)"]
    assert table["difference_m2"].tolist() == [0.0, 100.0, -100.0, 0.0, 0.0]


def test_without_plots_all_is_nothing() -> None:
    table = summed(zoned(plots(), "X", [[]]), zoned(plots(), "X", [[]]))
    assert (table == 0).all(axis=None)


ROWS = st.dictionaries(
    st.sampled_from("ABCDE"),
    st.tuples(st.booleans(), st.floats(0, 1e6) | st.just(NAN), st.sampled_from(["", "A", "B"])),
)


@given(ROWS, ROWS)
def test_totals_reconcile_whatever_changed(first: dict, second: dict) -> None:
    before, after = plots(**first), plots(**second)
    shares = [[1.0] * len(frame) for frame in (before, after)]
    table = summed(zoned(before, "X", [shares[0]]), zoned(after, "X", [shares[1]]), redrawn="ABCDE")
    total = table.loc["(total)"]
    assert total.after_m2 - total.before_m2 == pytest.approx(total.difference_m2, abs=0.1)
    assert (
        total.difference_count == total.new_count - total.gone_count + total.entered_count - total.left_count
    )
    assert total.moved_m2 == 0
