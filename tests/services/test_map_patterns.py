"""Patterns that tell the classes of a legend apart in grey print."""

import pytest

from geoapp.services.map_patterns import distinct_patterns, ink, lightness_of, paper_lightness


def patterns(*classes: tuple[str, float]) -> list[str]:
    """Return the patterns of known classes (own pattern, lightness) and of an unknown one between them."""
    own, lightness = zip(*classes, strict=True)
    return distinct_patterns(own, lightness, [False] * len(classes))


def test_classes_far_apart_stay_plain() -> None:
    assert patterns(("", 90.0), ("", 60.0), ("", 30.0)) == ["", "", ""]


def test_the_second_of_two_like_greys_takes_a_pattern() -> None:
    # 90 - 85 = 5 is too little, 85 - 77.5 = 7.5 would do, but 90 - 77.5 is what counts: the plain one is at 90.
    assert patterns(("", 90.0), ("", 85.0), ("", 77.5)) == ["", "dots", ""]


def test_a_step_equal_to_the_least_is_enough() -> None:
    assert patterns(("", 90.0), ("", 82.5)) == ["", ""]
    assert patterns(("", 90.0), ("", 82.6)) == ["", "dots"]


def test_given_patterns_stay_and_are_counted_first() -> None:
    assert patterns(("", 50.0), ("", 52.0), ("dots", 51.0)) == ["", "horizontal", "dots"]


@pytest.mark.parametrize(("own", "expected"), [("diagonal", "cross"), ("", "")])
def test_the_unknown_class_keeps_its_look_where_it_can(own: str, expected: str) -> None:
    # The known diagonal of 90 is too near to 93; plain is still free, and the known class after it gives way.
    found = distinct_patterns(["diagonal", "", own], [90.0, 94.0, 93.0], [False, False, True])
    assert found == ["diagonal", "" if own else "dots", expected]


def test_more_like_greys_than_patterns_take_the_farthest() -> None:
    # Six patterns for 60 to 65; of them, 60 is the farthest from 66.
    assert patterns(*(("", 60.0 + i) for i in range(7)))[-1] == ""


def test_no_class_has_no_pattern() -> None:
    assert distinct_patterns([], [], []) == []


def test_ink_is_light_on_dark_only() -> None:
    assert ink("#000000", 1.0, "#123456") == "#ffffff"
    assert ink("#000000", 0.1, "#123456") == "#123456"  # hardly anything of the black is left on paper


def test_lightness_of_black_white_and_the_faintest_grey() -> None:
    assert [round(lightness_of(color), 1) for color in ("#000000", "#ffffff", "#010101")] == [0.0, 100.0, 0.3]
    # Half of black on white is the grey 128, of L* 53.6.
    assert paper_lightness("#000000", 0.5) == pytest.approx(53.6, abs=0.05)
