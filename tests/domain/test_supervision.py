"""Ranks, lights and sums of a supervision report."""

from dataclasses import replace

import pytest

from geoapp.domain.supervision import (
    LAND,
    TOTAL,
    UNIT,
    ProjectShare,
    SupervisionRow,
    Tally,
    WarningRule,
    added,
    is_at_bottom,
    ranks,
    shown_share,
    warning,
)
from geoapp.domain.target_ledger import Scope

RULE = WarningRule(bottom_count=3, red_share=1.0, yellow_share=1.1)


def test_equal_shares_have_one_place_and_the_next_is_skipped() -> None:
    assert ranks([0.9, 0.5, 0.5, 0.1]) == [1, 2, 2, 4]
    assert ranks([None, None]) == [None, None]
    assert ranks([]) == []


def test_shares_that_look_equal_are_equal() -> None:
    # 66.6666 % and 66.6700 % both show as 66.67 %.
    assert ranks([0.666666, 0.6667, 0.66664]) == [1, 1, 3]
    assert shown_share(0.666666) == 0.6667
    assert shown_share(None) is None


def test_bottom_three_are_those_with_fewer_than_three_behind_them() -> None:
    shares = [0.9, 0.8, 0.7, 0.6, 0.5, None]
    assert [is_at_bottom(shares, place, 3) for place in range(6)] == [False, False, True, True, True, False]
    # All three that share the last but two places are told.
    tied = [0.9, 0.6, 0.6, 0.6, 0.5]
    assert [is_at_bottom(tied, place, 3) for place in range(5)] == [False, True, True, True, True]


def test_bottom_is_nobody_where_no_more_are_ranked() -> None:
    assert not any(is_at_bottom([0.9, 0.8, 0.1], place, 3) for place in range(3))


@pytest.mark.parametrize(
    ("share", "is_bottom", "expected"),
    [
        (0.4, True, ("red", "后三名、低于时间进度")),
        (0.6, True, ("red", "后三名")),
        (0.49999, False, ("yellow", "接近时间进度")),  # shown as 50.00 %
        (0.4999, False, ("red", "低于时间进度")),
        (0.5499, False, ("yellow", "接近时间进度")),
        (0.55, False, ("green", "")),
        (None, True, ("", "")),
    ],
)
def test_light_by_place_and_time(share: float | None, is_bottom: bool, expected: tuple[str, str]) -> None:
    assert warning(share, 0.5, RULE, is_bottom=is_bottom) == expected


def test_more_than_nine_are_told_in_figures() -> None:
    rule = WarningRule(bottom_count=12, red_share=1.0, yellow_share=1.1)
    assert warning(0.9, 0.5, rule, is_bottom=True) == ("red", "后12名")


def test_sum_leaves_out_what_is_not_known_and_its_share_what_nobody_was_asked_for() -> None:
    parts = [
        Tally(target=100.0, period=10.0, done=50.0),
        Tally(target=None, period=None, done=30.0),
        Tally(target=100.0, period=5.0, done=None),
    ]
    found = added(parts)
    assert (found.target, found.period, found.done, found.done_without_task) == (200.0, 15.0, 80.0, 30.0)
    assert found.share == 0.25
    assert added([]) == Tally(target=None, period=None, done=None)
    assert added([]).share is None


def test_share_of_projects_is_unknown_without_projects() -> None:
    assert ProjectShare(1, 4).share == 0.25
    assert ProjectShare(0, 0).share is None


def test_row_says_its_key_and_the_places_it_won() -> None:
    tally, none = Tally(target=1.0, period=0.0, done=0.5), ProjectShare(0, 0)
    row = SupervisionRow(
        scope=Scope("town", "T1", "一号镇"), kind=UNIT, tallies={LAND: tally}, started=none, completed=none, rank=3,
        rank_before=5,
    )  # fmt: skip
    assert (row.key, row.land, row.places_won) == ("town:T1", tally, 2)
    assert replace(row, kind=TOTAL, rank_before=None).key == "total"
    assert replace(row, rank_before=None).places_won is None
