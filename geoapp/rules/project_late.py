"""SD11: a project is late against its plan."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_above


def is_late(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the step that is longest overdue is so by more than the days."""
    return facts["is_running"] & is_above(facts["days_late"], numbers["project_red_days"])


RULE = Rule(
    id="SD11",
    zh="项目进度逾期",
    thresholds=("project_red_days",),
    needs={"days_late": "计划日期", "is_running": "项目阶段"},
    formula=is_late,
    sentence="计划开工、竣工或投产已逾期 {measured}，超过 {threshold}。",
    purpose=Purpose.SECOND_DEVELOPMENT,
    subject=Subject.PROJECT,
    basis="未终止的项目，已到计划开工、竣工、投产日期而没有实际日期，逾期天数 > 红灯界线",
)
