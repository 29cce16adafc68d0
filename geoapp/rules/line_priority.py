"""R-LINE-4: low-efficiency land inside a control line comes first."""

import pandas as pd

from geoapp.domain.rule import Effect, Numbers, Purpose, Rule, is_among


def comes_first(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the plot is inside a line and low-efficiency land, or suspected to be."""
    is_low = is_among(facts["low_efficiency_state"], numbers["line_priority_states"])
    return facts["is_in_control_line"] & is_low


RULE = Rule(
    id="R-LINE-4",
    zh="控制线内低效用地优先改造",
    thresholds=("line_priority_states",),
    needs={"low_efficiency_state": "低效状态", "is_in_control_line": "是否在控制线内"},
    formula=comes_first,
    sentence="在控制线内，低效状态为{measured}，优先纳入改造提升。",
    purpose=Purpose.LINE,
    effect=Effect.ENTITLEMENT,
    basis="在控制线内，且是低效用地（或待核查）",
    words={"yes": "低效", "review": "待核查", "no": "未见低效"},
)
