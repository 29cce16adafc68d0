"""R-LINE-7P: the plot ratio of all newly supplied industrial land of the year is low on average."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below


def has_low_mean(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the area-weighted mean is strictly below the line."""
    return is_below(facts["supply_mean_far"], numbers["supply_mean_far"])


RULE = Rule(
    id="R-LINE-7P",
    zh="新供工业用地平均容积率低",
    thresholds=("supply_mean_far",),
    needs={"supply_mean_far": "当年新供地平均容积率"},
    formula=has_low_mean,
    sentence="当年新供工业用地平均容积率 {measured}，低于 {threshold}。",
    purpose=Purpose.SUPPLY,
    subject=Subject.DISTRICT,
    basis="当年各宗（约定容积率 × 面积）之和 ÷ 面积之和 < 全省平均下限",
)
