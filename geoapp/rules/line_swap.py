"""R-LINE-5: more land was granted inside the lines by swap than retired outside."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below


def is_overdrawn(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the balance, retired outside less granted inside, is strictly below the least."""
    return is_below(facts["swap_balance_mu"], numbers["line_swap_balance_mu"])


RULE = Rule(
    id="R-LINE-5",
    zh="线外置换线内超支",
    thresholds=("line_swap_balance_mu",),
    needs={"swap_balance_mu": "置换结余", "swap_retired_mu": "线外减少", "swap_granted_mu": "线内新增"},
    formula=is_overdrawn,
    sentence="线外减少 {swap_retired_mu}，线内置换新增 {swap_granted_mu}，结余 {measured}，低于 {threshold}。",
    purpose=Purpose.LINE,
    subject=Subject.DISTRICT,
    basis="线外复垦减量面积 − 线内置换供地面积 < 0",
)
