"""LE11: the enterprise defaults on its performance agreement."""

import pandas as pd

from geoapp.domain.rule import Numbers, Rule, has_any_of
from geoapp.rules.problem_words import PROBLEM_WORDS


def has_default(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether a problem of one of the kinds is open on the plot."""
    return has_any_of(facts["problem_kinds"], numbers["low_default_kinds"])


RULE = Rule(
    id="LE11",
    zh="履约违约",
    thresholds=("low_default_kinds",),
    needs={"problem_kinds": "问题隐患"},
    formula=has_default,
    sentence="有未销号的问题：{measured}（列入条件：{threshold}）。",
    basis="履约监管协议（合同）有未销号的违约记录",
    is_supplementary=True,
    words=PROBLEM_WORDS,
)
