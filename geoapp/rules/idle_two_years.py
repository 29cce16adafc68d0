"""ID2: two years after the agreed start, construction has not begun: the land may be taken back."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_at_least


def is_idle_two_years(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the start is late by at least two years and not through the government."""
    is_late = is_at_least(facts["start_delay_months"], numbers["idle_take_back_months"])
    return ~facts["is_started"] & is_late & ~facts["is_government_delay"]


RULE = Rule(
    id="ID2",
    zh="满两年未动工",
    thresholds=("idle_take_back_months",),
    needs={
        "start_delay_months": "约定动工日期",
        "is_started": "是否动工",
        "is_government_delay": "是否政府原因",
    },
    formula=is_idle_two_years,
    sentence="超过约定动工日期 {measured} 未动工，满 {threshold}，可无偿收回。",
    purpose=Purpose.IDLE,
    subject=Subject.SUPPLY,
    basis="未动工，且超过约定动工日期的月数 ≥ 两年界线，非政府原因",
)
