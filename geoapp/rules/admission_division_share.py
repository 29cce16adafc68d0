"""AD8: too much of a plot's floor area is divided off."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_above
from geoapp.rules.admission import KIND_WORDS, RULES, is_asked


def divides_too_much(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the share of the floor area is strictly above the cap."""
    is_much = is_above(facts["divided_share"], numbers["admission_division_share"])
    return is_asked(facts, numbers, "AD8") & is_much


RULE = Rule(
    id="AD8",
    zh="分割转让比例超过上限",
    thresholds=("admission_division_share", RULES),
    needs={"divided_share": "分割建筑面积占比", "kind": "交易类型"},
    formula=divides_too_much,
    sentence="分割转让占地块建筑面积 {measured}，超过 {threshold}。",
    purpose=Purpose.ADMISSION,
    subject=Subject.TRANSACTION,
    basis="适用的交易，交易建筑面积 ÷ 地块建筑面积 > 上限",
    words=KIND_WORDS,
)
