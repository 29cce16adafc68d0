"""MP6: too few of the enterprises in a micro-enterprise park are small or micro ones."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below


def has_few_small(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the share of small and micro enterprises is strictly below the line."""
    return is_below(facts["small_micro_share"], numbers["micro_park_small_share"])


RULE = Rule(
    id="MP6",
    zh="小微企业占比不足",
    thresholds=("micro_park_small_share",),
    needs={"small_micro_share": "小微企业占比"},
    formula=has_few_small,
    sentence="小微企业占 {measured}，不到 {threshold}。",
    purpose=Purpose.MICRO_PARK,
    subject=Subject.MICRO_PARK,
    basis="小微企业数 ÷ 入驻企业数 < 下限",
)
