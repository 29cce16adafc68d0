"""ID1: a year after the agreed start, construction has not begun."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_at_least


def is_idle_one_year(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the start is late by at least a year, less than two, and not through the government."""
    late = facts["start_delay_months"]
    is_one_year = is_at_least(late, numbers["idle_not_started_months"])
    is_two_years = is_at_least(late, numbers["idle_take_back_months"])
    return ~facts["is_started"] & is_one_year & ~is_two_years & ~facts["is_government_delay"]


RULE = Rule(
    id="ID1",
    zh="满一年未动工",
    thresholds=("idle_not_started_months", "idle_take_back_months", "idle_fee_share"),
    needs={
        "start_delay_months": "约定动工日期",
        "is_started": "是否动工",
        "is_government_delay": "是否政府原因",
    },
    formula=is_idle_one_year,
    sentence="超过约定动工日期 {measured} 未动工，满 {threshold}；按价款的 {idle_fee_share} 征缴土地闲置费。",
    purpose=Purpose.IDLE,
    subject=Subject.SUPPLY,
    basis="未动工，且超过约定动工日期的月数 ≥ 一年界线、< 两年界线，非政府原因",
)
