"""R-LINE-1B: more land inside the lines was given another use, on grounds that allow it, than was brought in for it."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below
from geoapp.rules.ground_words import GROUND_WORDS


def is_short(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the balance, brought in less changed, is strictly below the least."""
    return is_below(facts["makeup_balance_mu"], numbers["line_makeup_balance_mu"])


RULE = Rule(
    id="R-LINE-1B",
    zh="控制线内改用途占补不足",
    thresholds=("line_makeup_balance_mu", "line_change_grounds"),
    needs={"makeup_balance_mu": "占补结余", "makeup_changed_mu": "线内改出", "makeup_brought_mu": "补入"},
    formula=is_short,
    sentence="控制线内改作他用 {makeup_changed_mu}，补入 {makeup_brought_mu}，结余 {measured}，低于 {threshold}。",
    purpose=Purpose.LINE,
    subject=Subject.DISTRICT,
    words=GROUND_WORDS,
    basis="补入面积 − 控制线内按允许的理由改作他用的面积 < 0",
)
