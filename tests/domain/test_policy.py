import tomllib
from datetime import date
from typing import Any

import pytest

from geoapp.domain.policy import Policy, PolicyNumber, join_policies, parse_policy
from geoapp.domain.policy_table import parse_table
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


FILE = """[tax_floor]
zh = "亩均税收下限"
unit = "wan_per_mu"
source = "行动方案"
certainty = "plan"
values = [
    { valid_from = 2021-01-01, value = 4.0 },
    # { valid_from = 2022-01-01, value = 4.5 },
    { valid_from = 2023-01-01, value = 5.0 },
]
"""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('unit = "wan_per_mu"', 'unitt = "wan_per_mu"', r"tax.toml 第 3 行的 \[tax_floor\]：不认识的键“unitt”"),
        ('unit = "wan_per_mu"', 'unit = " "', r"第 3 行的 \[tax_floor\]：键“unit”是空的。每个数都要有名称、单位和出处"),
        ('source = "行动方案"\n', "", r"第 1 行的 \[tax_floor\]：缺少键“source”"),
        ('"plan"', '"sure"', "第 5 行.*键“certainty”应为"),
        ("2023-01-01, value = 5.0", "2023-01-01, valu = 5.0", r"第 9 行的 \[tax_floor\] 的 values：不认识的键“valu”"),
        ("2023-01-01", "2021-01-01", "第 9 行.*有效期重叠： 2021-01-01 起与 2021-01-01 起。同一天只能有一个值"),
        ("2021-01-01,", "2021-01-01, valid_to = 2023-01-01,", "起至 2023-01-01 与 2023-01-01 起"),
        ("2021-01-01,", "2021-01-01, valid_to = 2020-01-01,", "第 7 行.*失效日早于生效日"),
        ("2023-01-01,", '"2023-01-01",', "第 9 行.*“valid_from”应为日期（不加引号）"),
        (", value = 5.0", "", "的 values：每项都要写 valid_from 和 value"),
        ("{ valid_from = 2023-01-01, value = 5.0 }", "7", "的 values：每项都要写 valid_from 和 value"),
        (FILE[FILE.index("values") :], "values = 3", "第 6 行.*键“values”应为列表"),
        (FILE[FILE.index("values") :], "values = []", "第 6 行.*“open”（没有规定）的数值 values 应为空"),
        ('"plan"', '"open"', "第 6 行.*“open”（没有规定）的数值 values 应为空"),
        (FILE, "tax_floor = 5", r"tax.toml 的 \[tax_floor\]：应为一节"),
    ],
)  # fmt: skip
def test_a_refusal_names_file_and_line(old: str, new: str, complaint: str) -> None:
    assert old in FILE
    text = FILE.replace(old, new)
    with pytest.raises(SetupError, match=complaint):
        parse_policy(tomllib.loads(text), "tax.toml", text)


def test_a_value_ends_with_its_last_day() -> None:
    values = [{"valid_from": date(2021, 1, 1), "valid_to": date(2021, 6, 30), "value": 4.0}]
    number = parse_policy(definition(values=values), "tax.toml")["tax_floor"]
    assert number.is_in_force(date(2021, 6, 30))
    with pytest.raises(
        NotFoundError, match="在 2021-07-01 已经失效，最早自 2021-01-01 起有效到 2021-06-30 为止"
    ):
        number.on(date(2021, 7, 1))


def test_a_number_that_no_document_gives_is_never_in_force() -> None:
    number = parse_policy(definition(certainty="open", values=[]), "tax.toml")["tax_floor"]
    assert number.first_day is None
    with pytest.raises(NotFoundError, match="“亩均税收下限”没有规定，要由单位填写"):
        number.on(date(2030, 1, 1))


def test_one_number_in_two_files_is_refused() -> None:
    numbers = parse_policy(definition(), "a.toml")
    with pytest.raises(SetupError, match=r"\[tax_floor\] 在 a.toml 和 b.toml 里各有一份"):
        join_policies({"a.toml": numbers, "b.toml": numbers})


TABLE = """valid_from,industry_code,industry_zh,far_min,coef_min
2008-01-31,34,通用设备,0.7,
2026-01-01,34,通用设备,0.9,0.4
"""


def by_table(**changes: Any) -> PolicyNumber:
    item = {
        "zh": "下限",
        "unit": "far",
        "source": "表",
        "certainty": "sourced",
        "table": "t.csv",
        "column": "far_min",
    }
    return parse_policy({"n": item | changes}, "n.toml", tables={"t.csv": parse_table(TABLE, "t.csv")})["n"]


def test_a_table_gives_the_values_of_each_day() -> None:
    number = by_table()
    assert number.on(date(2025, 12, 31)) == {"34": 0.7}
    assert number.on(date(2026, 1, 1)) == {"34": 0.9}
    assert by_table(column="coef_min").first_day == date(2026, 1, 1)  # blank before


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"table": "x.csv"}, "没有数据表“x.csv”"),
        ({"column": "far_max"}, "t.csv 没有列“far_max”"),
        ({"values": []}, "“values”和“table”只能有一个"),
    ],
)
def test_a_table_that_is_not_there_is_named(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SetupError, match=complaint):
        by_table(**changes)


def test_a_table_without_column_is_refused() -> None:
    item = {"zh": "下限", "unit": "far", "source": "表", "certainty": "sourced", "table": "t.csv"}
    with pytest.raises(SetupError, match="缺少键“column”"):
        parse_policy({"n": item}, "n.toml")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("valid_from,", "day,", "t.csv 第 1 行：缺少列“valid_from”"),
        ("2026-01-01", "2026/1/1", "t.csv 第 3 行：valid_from“2026/1/1”不是日期"),
        ("2026-01-01", "2008-01-31", "t.csv 第 3 行：行业“34”在 2008-01-31 已有一行"),
        ("0.9", "无", "t.csv 第 3 行的列“far_min”：“无”不是数"),
        ("0.9", "nan", "t.csv 第 3 行的列“far_min”：“nan”不是数"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(old: str, new: str, complaint: str) -> None:
    with pytest.raises(SetupError, match=complaint):
        parse_table(TABLE.replace(old, new), "t.csv")


def test_an_empty_table_has_no_columns() -> None:
    with pytest.raises(SetupError, match="第 1 行：缺少列"):
        parse_table("", "t.csv")
