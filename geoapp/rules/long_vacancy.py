"""LE06: much of the plot has stood empty for long."""

import pandas as pd

from geoapp.domain.rule import Numbers, Rule, is_at_least


def is_long_vacant(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the vacant share reaches the line and has done so for at least the months."""
    is_vacant = is_at_least(facts["vacancy_share"], numbers["low_vacancy"])
    return is_vacant & is_at_least(facts["vacant_months"], numbers["low_vacancy_months"])


RULE = Rule(
    id="LE06",
    zh="长期空置",
    thresholds=("low_vacancy", "low_vacancy_months"),
    needs={"vacancy_share": "空置率", "vacant_months": "空置起始日期"},
    formula=is_long_vacant,
    sentence="空置率 {measured}，达到 {threshold}，已持续 {vacant_months}（界线 {low_vacancy_months}）。",
    basis="空置率 ≥ 空置率界线，且连续空置月数 ≥ 月数界线",
    is_supplementary=True,
    units={"vacant_months": "month"},
)
