"""SD11B: a project's dates contradict each other."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_above


def is_out_of_order(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether a later step is dated before an earlier one by more than the days allowed."""
    return is_above(facts["days_out_of_order"], numbers["project_order_days"])


RULE = Rule(
    id="SD11B",
    zh="项目日期先后矛盾",
    thresholds=("project_order_days",),
    needs={"days_out_of_order": "实际日期"},
    formula=is_out_of_order,
    sentence="实际开工、竣工、投产日期先后颠倒，相差 {measured}。",
    purpose=Purpose.SECOND_DEVELOPMENT,
    subject=Subject.PROJECT,
    basis="实际开工 ≤ 实际竣工 ≤ 实际投产不成立",
)
