"""Numbers that the office changes: what may be typed, and what holds on which day afterwards."""

from datetime import date
from typing import Any

import pytest

from geoapp.domain.policy import DatedValue, Policy, PolicyNumber
from geoapp.domain.policy_revision import is_editable, revised_policy, text_of_value, value_from_text


def number(value: Any = 5.0, unit: str = "wan_per_mu", number_id: str = "floor") -> PolicyNumber:
    values = () if value is None else (DatedValue(valid_from=date(2022, 8, 22), value=value),)
    return PolicyNumber(
        id=number_id, zh="下限", unit=unit, source="方案", clause="", certainty="plan" if values else "open",
        values=values,
    )  # fmt: skip


def record(value: str, day: date = date(2026, 1, 1), number_id: str = "floor") -> dict[str, Any]:
    texts = {"document_no": "示例〔2026〕1号", "reason": "试行", "entered_by": "分局"}
    return {"number_id": number_id, "valid_from_on": day, "value": value, **texts}


@pytest.mark.parametrize(
    ("typed", "old", "unit", "value"),
    [
        ("6", 5.0, "wan_per_mu", 6.0),
        (" 1,200.5 ", 5.0, "wan_per_mu", 1200.5),
        ("40%", 0.3, "share", 0.4),
        ("40％", 0.3, "share", 0.4),
        ("0.4", 0.3, "share", 0.4),
        ("18", 12, "month", 18),
        ("-2", 1.0, "score", -2.0),
        ("C、D", ["D"], "code", ["C", "D"]),
        ("C, D;E", ["D"], "code", ["C", "D", "E"]),
        ("无", ["D"], "code", []),
        ("否", True, "yes_no", False),
        ("true", False, "yes_no", True),
        ("50%", None, "share", 0.5),
        ("A", None, "code", ["A"]),
    ],
)
def test_a_value_is_read_as_the_number_is(typed: str, old: Any, unit: str, value: Any) -> None:
    assert value_from_text(typed, number(old, unit)) == value


@pytest.mark.parametrize(
    ("typed", "old", "unit", "complaint"),
    [
        ("五", 5.0, "wan_per_mu", "“五”不是数。请填数，如 5.0"),
        ("", 0.3, "share", "不是数。请填数，如 50% 或 0.5"),
        ("nan", 5.0, "far", "不是数"),
        ("1.5", 0.3, "share", "“1.5”不在 0 到 100% 之间"),
        ("-1", 5.0, "far", "“-1”小于零"),
        ("12.5", 12, "month", "“12.5”应为整数"),
        ("也许", True, "yes_no", "“也许”应为“是”或“否”"),
        ("1", [[8.0, 2.0]], "m,factor", "是一张表或一个词，不能在这里改"),
        ("1", {"34": 0.7}, "far", "是一张表或一个词"),
        ("x", "JX_TL", "ledger", "是一张表或一个词"),
    ],
)
def test_what_cannot_be_a_value_is_said(typed: str, old: Any, unit: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        value_from_text(typed, number(old, unit))


def test_tables_and_single_words_are_not_edited_on_the_page() -> None:
    assert [is_editable(number(value, "code")) for value in (5.0, ["D"], True, None)] == [True] * 4
    assert [is_editable(number(value)) for value in ([[8.0, 2.0]], {"34": 0.7}, "JX_TL")] == [False] * 3


@pytest.mark.parametrize("value", [5.0, 12, ["C", "D"], [], True, False])
def test_a_value_written_down_is_read_back(value: Any) -> None:
    assert value_from_text(text_of_value(value), number(value, "code")) == value


def test_a_word_is_written_as_it_is() -> None:
    assert text_of_value("JX_TL") == "JX_TL"


def test_the_offices_value_holds_from_its_day_and_old_days_keep_theirs() -> None:
    policy, findings = revised_policy(Policy({"floor": number()}), [record("6.5")])
    assert findings == ()
    assert [policy.value("floor", day) for day in (date(2025, 12, 31), date(2026, 1, 1))] == [5.0, 6.5]
    held = policy.number("floor").held(date(2026, 1, 1))
    assert held is not None
    assert (held.is_revised, held.document_no, held.reason, held.entered_by) == (
        True,
        "示例〔2026〕1号",
        "试行",
        "分局",
    )


def test_the_offices_value_goes_before_ours_on_the_same_day() -> None:
    policy, _ = revised_policy(Policy({"floor": number()}), [record("4", date(2022, 8, 22))])
    assert policy.value("floor", date(2023, 1, 1)) == 4.0
    assert len(policy.number("floor").values) == 1


def test_a_number_without_value_comes_into_force_with_the_offices() -> None:
    policy, _ = revised_policy(Policy({"floor": number(None, "share")}), [record("80%")])
    assert not policy.number("floor").is_in_force(date(2025, 12, 31))
    assert policy.value("floor", date(2026, 1, 1)) == 0.8


def test_what_cannot_be_used_is_said_and_left_out() -> None:
    records = [record("很多"), record("6", number_id="gone")]
    policy, findings = revised_policy(Policy({"floor": number()}), records)
    assert policy.value("floor", date(2026, 1, 1)) == 5.0
    assert findings == (
        "floor 自 2026-01-01 的值“很多”没有用上：“很多”不是数。请填数，如 5.0。",
        "gone 自 2026-01-01 的值“6”没有用上：规则库没有这个数值。",
    )
