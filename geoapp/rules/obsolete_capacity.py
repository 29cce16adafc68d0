"""LE07: something produced, or produced with, is on the list of what is to be phased out."""

import pandas as pd

from geoapp.domain.rule import Numbers, Rule, has_any_of
from geoapp.rules.problem_words import PROBLEM_WORDS


def has_obsolete_capacity(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether a problem of one of the kinds is open on the plot."""
    return has_any_of(facts["problem_kinds"], numbers["low_obsolete_kinds"])


RULE = Rule(
    id="LE07",
    zh="淘汰类或落后产能",
    thresholds=("low_obsolete_kinds",),
    needs={"problem_kinds": "问题隐患"},
    formula=has_obsolete_capacity,
    sentence="有未销号的问题：{measured}（列入条件：{threshold}）。",
    basis="有未销号的淘汰类、落后产能记录",
    is_supplementary=True,
    words=PROBLEM_WORDS,
)
