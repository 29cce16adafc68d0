"""LE09: every enterprise on the plot has been halted for long."""

import pandas as pd

from geoapp.domain.rule import Numbers, Rule, is_at_least


def is_long_halted(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether nobody on the plot is at work, and has not been for at least the months."""
    return facts["is_halted"] & is_at_least(facts["halted_months"], numbers["low_halted_months"])


RULE = Rule(
    id="LE09",
    zh="长期停产",
    # The statuses decide when the facts are made: an enterprise that moved away is not at work either.
    thresholds=("low_halted_months", "low_halted_statuses"),
    needs={"halted_months": "停产起始日期", "is_halted": "企业是否全部停产"},
    formula=is_long_halted,
    sentence="地块上的企业全部停产，已 {measured}，达到 {threshold}。",
    basis="地块上的企业全部停产（迁出、注销同），且最晚停产的也已满月数界线",
    is_supplementary=True,
    words={"halted": "停产", "relocated": "迁出", "deregistered": "注销"},
)
