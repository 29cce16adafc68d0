"""ID4: idle, but the government caused the delay: another list, other measures."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_at_least


def is_government_idle(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether start or work are late by the months, through the government."""
    months = numbers["idle_not_started_months"]
    is_late = ~facts["is_started"] & is_at_least(facts["start_delay_months"], months)
    has_stopped = facts["is_stopped"] & is_at_least(facts["stopped_months"], numbers["idle_stopped_months"])
    return facts["is_government_delay"] & (is_late | has_stopped)


RULE = Rule(
    id="ID4",
    zh="政府原因造成的闲置",
    thresholds=("idle_not_started_months", "idle_stopped_months"),
    needs={
        "start_delay_months": "约定动工日期",
        "is_started": "是否动工",
        "is_stopped": "是否中止建设",
        "stopped_months": "中止建设日期",
        "is_government_delay": "是否政府原因",
    },
    formula=is_government_idle,
    sentence="因政府原因未动工或中止建设满 {threshold}，不征缴闲置费，可延期、调整用途、有偿收回或置换。",
    purpose=Purpose.IDLE,
    subject=Subject.SUPPLY,
    basis="政府原因，且未动工或中止建设满月数界线",
)
