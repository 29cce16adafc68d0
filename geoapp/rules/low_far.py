"""LE04: the plot ratio is low, and the industry is not one that needs open land."""

import pandas as pd

from geoapp.domain.rule import Numbers, Rule, industry_division, is_among, is_below


def has_low_far(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the plot ratio is strictly below the line and the industry not exempt (by its two digits)."""
    division = industry_division(facts["industry_code"])
    is_exempt = is_among(division, numbers["low_far_exempt_industries"])
    return is_below(facts["far"], numbers["low_far"]) & ~is_exempt


RULE = Rule(
    id="LE04",
    zh="容积率低",
    thresholds=("low_far", "low_far_exempt_industries"),
    needs={"far": "容积率", "industry_code": "行业代码"},
    formula=has_low_far,
    sentence="容积率 {measured}，低于 {threshold}，且行业不属于例外。",
    basis="容积率 < 低效线，且行业大类不在例外之列",
)
