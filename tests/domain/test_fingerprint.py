"""Fingerprints: written as one line, read back, and what they notice."""

from dataclasses import replace
from datetime import date

import pytest

from geoapp.domain.fingerprint import Origin, is_untouched, parse_fingerprint, take_fingerprint
from geoapp.errors import UsageError

ORIGIN = Origin(
    path="/statistics", query=(("zones", "control_line:KX1"), ("filter", "name = '甲 厂|1' AND far < 1")),
    installation="5f0c", revision=37, made_at="2026-03-01T02:11:09.120+00:00", day=date(2026, 3, 1), basis="9b1e",
)  # fmt: skip
ROWS = [("甲", [1.0, 0.1, None]), ("合计", [1.0, float("nan"), -0.0])]


@pytest.mark.parametrize("unit", ["mu", "ha"])
def test_what_is_written_is_read_back(unit: str) -> None:
    fingerprint = take_fingerprint(ORIGIN, unit, ROWS)
    text = f"指纹：{fingerprint.text}。"
    assert parse_fingerprint(text) == fingerprint
    assert is_untouched(parse_fingerprint(text), ROWS)


def test_address_names_revision_and_day_and_only_another_unit() -> None:
    assert ORIGIN.address().endswith("&at=2026-03-01%4037")
    assert "unit" not in ORIGIN.address()
    assert "&unit=ha&at=" in take_fingerprint(ORIGIN, "ha", []).address
    assert take_fingerprint(ORIGIN, "mu", []).parameter("filter").startswith("name = '甲 厂|1'")
    assert take_fingerprint(ORIGIN, "mu", []).parameter("membership", "clip") == "clip"


@pytest.mark.parametrize(
    "rows",
    [
        [("甲", [1.0, 0.1000001, None]), ROWS[1]],
        [("乙", [1.0, 0.1, None]), ROWS[1]],
        [("甲", [1.0, 0.1, 0.0]), ROWS[1]],
        ROWS[::-1],
        ROWS[:1],
    ],
    ids=["number", "name", "unknown", "order", "row"],
)
def test_a_change_of_the_figures_is_noticed(rows: list[tuple[str, list[float | None]]]) -> None:
    assert not is_untouched(take_fingerprint(ORIGIN, "mu", ROWS), rows)


def test_a_change_of_the_state_is_noticed() -> None:
    fingerprint = take_fingerprint(ORIGIN, "mu", ROWS)
    for changes in (
        {"revision": 38},
        {"query": ()},
        {"installation": "x"},
        {"basis": "x"},
        {"day": date(2026, 3, 2)},
    ):
        assert not is_untouched(replace(fingerprint, origin=replace(ORIGIN, **changes)), ROWS)


def test_the_digits_that_a_workbook_drops_do_not_count() -> None:
    written = 0.1 + 0.2  # 0.30000000000000004, of which a workbook keeps 0.3
    assert take_fingerprint(ORIGIN, "mu", [("甲", [written])]) == take_fingerprint(
        ORIGIN, "mu", [("甲", [0.3])]
    )


@pytest.mark.parametrize(
    "text", ["", "校验=00", "/statistics?x=1 安装=a 修订=1@t 规则日=2026-13-01 口径=b 校验=c"]
)
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="指纹"):
        parse_fingerprint(text)
