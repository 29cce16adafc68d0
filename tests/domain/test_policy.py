from datetime import date
from typing import Any

import pytest

from geoapp.domain.policy import Policy, parse_policy
from geoapp.errors import NotFoundError, SetupError


def definition(**changes: Any) -> dict[str, dict[str, Any]]:
    values = [
        {"valid_from": date(2023, 1, 1), "value": 5.0},
        {"valid_from": date(2021, 1, 1), "value": 4.0},
    ]
    number = {
        "zh": "亩均税收下限",
        "unit": "wan_per_mu",
        "source": "行动方案",
        "certainty": "plan",
        "values": values,
    }
    return {"tax_floor": number | changes}


@pytest.mark.parametrize(
    ("day", "value"),
    [(date(2021, 1, 1), 4.0), (date(2022, 12, 31), 4.0), (date(2023, 1, 1), 5.0), (date(2030, 1, 1), 5.0)],
)
def test_value_is_the_one_in_force_on_the_day(day: date, value: float) -> None:
    assert Policy(parse_policy(definition(), "tax.toml")).value("tax_floor", day) == value


def test_number_is_not_in_force_before_its_first_day() -> None:
    number = Policy(parse_policy(definition(), "tax.toml")).number("tax_floor")
    with pytest.raises(NotFoundError, match="“亩均税收下限”在 2020-12-31 尚未生效，最早自 2021-01-01 起有效"):
        number.on(date(2020, 12, 31))


@pytest.mark.parametrize(("day", "is_in_force"), [(date(2020, 12, 31), False), (date(2021, 1, 1), True)])
def test_number_is_in_force_from_its_first_day(day: date, is_in_force: bool) -> None:
    assert parse_policy(definition(), "tax.toml")["tax_floor"].is_in_force(day) is is_in_force


def test_unknown_number_is_a_gap_in_the_rule_book() -> None:
    with pytest.raises(SetupError, match="规则库缺少数值“x”"):
        Policy({}).number("x")


def test_clause_is_kept_and_may_be_left_out() -> None:
    assert parse_policy(definition(clause="第三条"), "tax.toml")["tax_floor"].clause == "第三条"
    assert parse_policy(definition(), "tax.toml")["tax_floor"].clause == ""


@pytest.mark.parametrize("name", ["zh", "unit", "source", "certainty", "values"])
def test_parse_policy_refuses_a_missing_key(name: str) -> None:
    content = definition()
    del content["tax_floor"][name]
    with pytest.raises(SetupError, match=rf"tax.toml 的 \[tax_floor\]：缺少键“{name}”"):
        parse_policy(content, "tax.toml")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"unitt": "m2"}, r"tax.toml 的 \[tax_floor\]：不认识的键“unitt”"),
        ({"certainty": "sure"}, "键“certainty”应为 plan"),
        ({"values": [{"valid_from": date(2021, 1, 1), "valu": 1}]}, "的 values：不认识的键“valu”"),
    ],
)
def test_parse_policy_refuses_what_does_not_fit(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SetupError, match=complaint):
        parse_policy(definition(**changes), "tax.toml")
