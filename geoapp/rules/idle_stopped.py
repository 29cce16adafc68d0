"""ID3: begun, stopped for a year, and little of it developed or invested."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_at_least, is_below


def is_idle_stopped(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether work stopped for the months with too little developed or invested, not through the government."""
    is_little = is_below(facts["developed_share"], numbers["idle_developed_share"]) | is_below(
        facts["invested_share"], numbers["idle_invested_share"]
    )
    is_long = facts["is_stopped"] & is_at_least(facts["stopped_months"], numbers["idle_stopped_months"])
    return facts["is_started"] & is_long & is_little & ~facts["is_government_delay"]


RULE = Rule(
    id="ID3",
    zh="已动工而中止建设满一年",
    thresholds=("idle_stopped_months", "idle_developed_share", "idle_invested_share"),
    needs={
        "stopped_months": "中止建设日期",
        "is_stopped": "是否中止建设",
        "is_started": "是否动工",
        "developed_share": "已开发面积占比",
        "invested_share": "已投资额占比",
        "is_government_delay": "是否政府原因",
    },
    formula=is_idle_stopped,
    sentence=(
        "已动工，中止建设 {measured}，满 {threshold}；已开发面积占 {developed_share}（界线 {idle_developed_share}），"
        "已投资额占 {invested_share}（界线 {idle_invested_share}）。"
    ),
    purpose=Purpose.IDLE,
    subject=Subject.SUPPLY,
    basis="已动工，中止建设满月数界线，且已开发面积占应动工总面积 < 三分之一，或已投资额占总投资额 < 25%，非政府原因",
    units={"developed_share": "share", "invested_share": "share"},
)
