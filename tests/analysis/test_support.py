import itertools

import pytest

from geoapp.analysis.support import (
    SupportConditions,
    all_of,
    allotted_land_m2,
    any_of,
    share_of,
    support_conditions,
)

ANSWERS = (True, False, None)


def conditions(**changed: bool | None) -> SupportConditions:
    answers = {"is_existing": True, "is_inside": False, "has_grade": False, "is_large": False}
    return SupportConditions(**(answers | changed))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"is_inside": True}, True),
        ({"is_inside": True, "is_existing": False}, False),
        ({"is_inside": True, "is_existing": None}, None),
        ({"has_grade": True, "is_large": True}, True),
        ({"has_grade": True}, False),
        ({"is_large": True}, False),
        ({"is_large": True, "has_grade": None}, None),
        ({"is_inside": None}, None),
        ({"is_inside": None, "has_grade": True, "is_large": True}, True),
    ],
)
def test_raised_caps_are_for_existing_projects_inside_or_good_and_large(
    changed: dict[str, bool | None], expected: bool | None
) -> None:
    assert conditions(**changed).is_raised is expected


@pytest.mark.parametrize(("area_mu", "is_large"), [(49.99, False), (50.0, True), (None, None)])
def test_fifty_mu_are_enough(area_mu: float | None, is_large: bool | None) -> None:
    found = support_conditions(
        is_existing=True, is_inside=False, grade="B", area_mu=area_mu, grades=["A", "B"], least_area_mu=50.0
    )
    assert (found.has_grade, found.is_large) == (True, is_large)


@pytest.mark.parametrize(("grade", "expected"), [("A", True), ("C", False), (None, None)])
def test_a_grade_that_is_not_known_is_open(grade: str | None, expected: bool | None) -> None:
    found = support_conditions(
        is_existing=True, is_inside=False, grade=grade, area_mu=60.0, grades=["A", "B"], least_area_mu=50.0
    )
    assert found.has_grade is expected


def test_and_and_or_of_three_values_are_each_others_mirror() -> None:
    mirrored = {True: False, False: True, None: None}
    for one, other in itertools.product(ANSWERS, ANSWERS):
        assert mirrored[all_of(one, other)] is any_of(mirrored[one], mirrored[other])


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(700.0, 1e4, 0.07), (700.0, 0.0, None), (700.0, -1.0, None), (None, 1.0, None)],
)
def test_share_is_unknown_over_nothing(part: float | None, whole: float, expected: float | None) -> None:
    assert share_of(part, whole) == expected


def test_land_in_shared_buildings_is_allotted_by_floor_area() -> None:
    assert allotted_land_m2(0.1, 30_000.0) == 3_000.0  # a tenth of the floors: a tenth of the site
    assert allotted_land_m2(None, 30_000.0) is None
    assert allotted_land_m2(0.1, None) is None
