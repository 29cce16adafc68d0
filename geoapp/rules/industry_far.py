"""IN1: the plot ratio is below the least that its industry must reach."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, division_of, industry_division, is_below

TABLE = "industry_far_min"


def has_low_industry_far(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the plot ratio is strictly below the table's; an industry that it does not list has no least."""
    division = industry_division(facts["industry_code"])
    least = division.map(numbers[TABLE]).astype("float64")
    is_listed = division.isin(list(numbers[TABLE])).astype("boolean").mask(division.isna())
    return is_below(facts["far"], least.fillna(0.0)).mask(division.isna()) & is_listed


def least_far(facts: Mapping[Any, Any], numbers: Numbers) -> Any:
    """Return the least plot ratio of one plot's industry; None where industry or least are not known."""
    code = facts["industry_code"]
    return None if pd.isna(code) else numbers[TABLE].get(division_of(code))


RULE = Rule(
    id="IN1",
    zh="容积率低于行业下限",
    thresholds=(TABLE,),
    needs={"far": "容积率", "industry_code": "行业代码"},
    formula=has_low_industry_far,
    sentence="容积率 {measured}，低于本行业（{industry_code}）的下限 {threshold}。",
    purpose=Purpose.INTENSITY,
    basis="容积率 < 控制指标表里本行业大类（国民经济行业分类 2017）的下限；表里没有的行业不适用",
    threshold_of=least_far,
)
