"""Occupancy and yearly bands of micro-enterprise parks, worked out by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geoapp.analysis.micro_parks import BandRules, bands, occupancy_share

RULES = BandRules(a_share=0.2, b_share=0.3, d_share=0.05, outright_star=4, transition_years=3)


def parks(scores: list[float | None], **columns: list[object]) -> pd.DataFrame:
    count = len(scores)
    known = {
        "score": pd.Series(scores, dtype="float64"),
        "star_level": pd.Series(columns.get("star_level", [None] * count), dtype="float64"),
        "opened_on": pd.to_datetime(pd.Series(columns.get("opened_on", [None] * count))),
        "is_failing": pd.Series(columns.get("is_failing", [False] * count), dtype="boolean"),
    }
    return pd.DataFrame(known)


def test_let_over_let_and_to_let() -> None:
    shares = occupancy_share(pd.Series([7_000.0, 0.0, None]), pd.Series([3_000.0, 0.0, 1.0]))
    assert np.array_equal(shares, [0.7, np.nan, np.nan], equal_nan=True)


def test_eleven_ranked_parks() -> None:
    # floor(2.2) = 2 A, floor(3.3) = 3 B, ceil(0.55) = 1 D, 5 C
    found = bands(parks([float(score) for score in range(90, 79, -1)]), RULES, 2025)
    assert "".join(found) == "AABBBCCCCCD"


def test_shares_that_come_out_whole_are_whole() -> None:
    # 10 * 0.3 is 3 and 20 * 0.05 is 1, whatever the machine's arithmetic says
    assert "".join(bands(parks([float(n) for n in range(20, 0, -1)]), RULES, 2025)).count("D") == 1
    assert "".join(bands(parks([float(n) for n in range(10, 0, -1)]), RULES, 2025)) == "AABBBCCCCD"


def test_stars_do_not_use_the_quota() -> None:
    # Five of ten are starred: of the other five floor(1) = 1 A, floor(1.5) = 1 B, 2 C, ceil(0.25) = 1 D.
    frame = parks([50.0] * 5 + [90.0, 80.0, 70.0, 60.0, 55.0], star_level=[4, 5, 4, 4, 4, 3, None, 1, 2, 3])
    assert "".join(bands(frame, RULES, 2025)) == "AAAAA" + "ABCCD"


def test_young_parks_are_not_evaluated_and_failing_ones_are_d_whatever_their_stars() -> None:
    frame = parks(
        [99.0, 99.0, 99.0, None],
        star_level=[5, 5, None, 5],
        opened_on=["2023-07-01", "2022-12-31", None, None],
        is_failing=[False, True, None, False],
    )
    # Opened in 2023: 2023, 2024, 2025 are skipped. The third is the only one ranked: ceil(0.05) = 1 D.
    assert bands(frame, RULES, 2025).tolist() == ["transition", "D", "D", "A"]
    assert bands(frame, RULES, 2026).tolist()[0] == "A"
    assert bands(frame, replace(RULES, outright_star=6), 2026).tolist()[3:] == [np.nan]


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ([90.0, 90.0, 80.0, 70.0, 60.0], "AACCD"),  # one A, shared; the next is third, past one A and one B
        ([90.0, 80.0, 70.0, 60.0, 60.0], "ABCDD"),
        ([70.0] * 5, "AAAAA"),
    ],
)
def test_equal_scores_share_a_band(scores: list[float], found: str) -> None:
    assert "".join(bands(parks(scores), RULES, 2025)) == found


def test_no_parks() -> None:
    assert bands(parks([]), RULES, 2025).empty
