"""LE03: the yearly evaluation per mu gave the lowest grade."""

import pandas as pd

from geoapp.domain.evaluation import GRADE_SOURCES
from geoapp.domain.rule import Numbers, Rule, is_among


def has_low_grade(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the plot's grade is one of the low ones."""
    return is_among(facts["grade"], numbers["low_grade"])


RULE = Rule(
    id="LE03",
    zh="亩均评价等级低",
    thresholds=("low_grade",),
    needs={"grade": "亩均评价等级"},
    formula=has_low_grade,
    sentence="亩均效益综合评价为 {measured} 类（{grade_source}；低效等级：{threshold}）。",
    tells={"grade_source": "等级来源"},
    words=GRADE_SOURCES,
    basis="亩均效益综合评价等级属于低效等级",
)
