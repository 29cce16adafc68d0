"""Regions, circles, buffers and neighbours on squares of a metre grid."""

import math

import numpy as np
import pytest
import shapely

from geoapp.analysis.proximity import buffered, in_circle, in_region, nearest, reach_box

SQUARES = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(40, 0, 50, 10), None])


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        # A region of x 0 to 10: the second square touches its edge, and its centre at 15 lies outside.
        ("intersects", [True, True, False, False]),
        ("within", [True, False, False, False]),
        ("centroid", [True, False, False, False]),
    ],
)
def test_region(predicate: str, expected: list[bool]) -> None:
    assert in_region(SQUARES, shapely.box(0, 0, 10, 10), predicate).tolist() == expected


def test_centroid_on_the_edge_is_in() -> None:
    assert in_region(SQUARES[:1], shapely.box(5, 0, 10, 10), "centroid").tolist() == [True]


@pytest.mark.parametrize(
    ("radius_m", "predicate", "expected"),
    [
        # From (5, 5): the corners of the first square are sqrt(50) = 7.07 away, the second's near edge 5, centre 10.
        (5.0, "intersects", [True, True, False, False]),
        (4.99, "intersects", [True, False, False, False]),
        (7.07, "within", [False, False, False, False]),
        (7.08, "within", [True, False, False, False]),
        (10.0, "centroid", [True, True, False, False]),
        (9.99, "centroid", [True, False, False, False]),
    ],
)
def test_circle(radius_m: float, predicate: str, expected: list[bool]) -> None:
    assert in_circle(SQUARES, shapely.Point(5, 5), radius_m, predicate).tolist() == expected


def test_buffer_of_a_square_has_the_area_of_its_rounded_surroundings() -> None:
    # 10 x 10 and four strips of 10 x 2 and a circle of radius 2: 100 + 80 + 4 pi = 192.566.
    assert buffered(shapely.box(0, 0, 10, 10), 2).area == pytest.approx(100 + 80 + 4 * math.pi, rel=1e-4)


def test_reach_box_near_the_pole_stays_finite() -> None:
    assert np.isfinite(reach_box(np.array([0.0, 90.0, 0.0, 90.0]), 1e6).bounds).all()


def neighbours(distances: list[float], count: int) -> tuple[list[int], list[float]]:
    known = np.array(distances)
    rows, found = nearest(
        count,
        len(known),
        lambda reach: np.flatnonzero(known <= reach * 1.4),  # a box holds more than the circle in it
        lambda rows: known[rows],
    )
    return rows.tolist(), found.tolist()


def test_nearest_looks_farther_until_it_is_sure() -> None:
    # 300 m is in the first box (350 m) but beyond the first reach of 250 m.
    assert neighbours([300.0, 10.0, 9_000.0], 2) == ([1, 0], [10.0, 300.0])
    assert neighbours([300.0, 10.0, 9_000.0], 3) == ([1, 0, 2], [10.0, 300.0, 9_000.0])


def test_nearest_of_fewer_than_wanted_and_of_equals() -> None:
    assert neighbours([5.0, 0.0, 5.0], 10) == ([1, 0, 2], [0.0, 5.0, 5.0])
    assert neighbours([], 3) == ([], [])
