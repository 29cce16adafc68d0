"""MP5: too few enterprises have settled in a micro-enterprise park."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below


def has_few_enterprises(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether there are strictly fewer enterprises than the line."""
    return is_below(facts["enterprise_count"], numbers["micro_park_least_enterprises"])


RULE = Rule(
    id="MP5",
    zh="入驻企业不足",
    thresholds=("micro_park_least_enterprises",),
    needs={"enterprise_count": "入驻企业数"},
    formula=has_few_enterprises,
    sentence="入驻企业 {measured}，不到 {threshold}。",
    purpose=Purpose.MICRO_PARK,
    subject=Subject.MICRO_PARK,
    basis="入驻企业数 < 下限",
)
