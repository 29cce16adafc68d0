"""R-LINE-6: planned for another use, but not within five years: a good enterprise may still rebuild."""

import pandas as pd

from geoapp.domain.evaluation import GRADE_SOURCES
from geoapp.domain.rule import Effect, Numbers, Purpose, Rule, is_above, is_among


def may_rebuild(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the changed use is more than the years away and the grade good enough."""
    is_far_off = is_above(facts["plan_years_left"], numbers["line_exception_years"])
    is_good = is_among(facts["grade"], numbers["line_exception_grades"])
    return ~facts["is_planned_industrial"] & is_far_off & is_good


RULE = Rule(
    id="R-LINE-6",
    zh="规划已调整五年内不实施的可技改扩建",
    thresholds=("line_exception_years", "line_exception_grades"),
    needs={
        "plan_years_left": "规划用途计划实施日期",
        "is_planned_industrial": "规划用途是否工业",
        "grade": "亩均评价等级",
    },
    formula=may_rebuild,
    sentence=(
        "规划用途已调整，距计划实施还有 {measured}，超过 {threshold}；"
        "亩均评价 {grade} 类（{grade_source}），可实施技改、新建扩建。"
    ),
    tells={"grade_source": "等级来源"},
    words=GRADE_SOURCES,
    purpose=Purpose.LINE,
    effect=Effect.ENTITLEMENT,
    basis="规划用途已调整为非工业，计划实施日期在五年以后，且亩均评价 B 类及以上",
)
