"""LE08: a major hazard of safety, environment or fire is open."""

import pandas as pd

from geoapp.domain.rule import Numbers, Rule, has_any_of
from geoapp.rules.problem_words import PROBLEM_WORDS


def has_major_hazard(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether a problem of one of the kinds is open on the plot."""
    return has_any_of(facts["problem_kinds"], numbers["low_hazard_kinds"])


RULE = Rule(
    id="LE08",
    zh="安全环保消防重大隐患",
    thresholds=("low_hazard_kinds",),
    needs={"problem_kinds": "问题隐患"},
    formula=has_major_hazard,
    sentence="有未销号的问题：{measured}（列入条件：{threshold}）。",
    basis="有未销号的安全生产、环保或消防重大隐患",
    is_supplementary=True,
    words=PROBLEM_WORDS,
)
