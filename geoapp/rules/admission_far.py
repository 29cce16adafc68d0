"""AD6: the plot ratio that is agreed is below what admission asks."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below
from geoapp.rules.admission import KIND_WORDS, RULES, is_asked


def agrees_low_far(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the agreed plot ratio is strictly below the line."""
    is_low = is_below(facts["agreed_far"], numbers["admission_far"])
    return is_asked(facts, numbers, "AD6") & is_low


RULE = Rule(
    id="AD6",
    zh="约定容积率低于准入要求",
    thresholds=("admission_far", RULES),
    needs={"agreed_far": "约定容积率", "kind": "交易类型"},
    formula=agrees_low_far,
    sentence="约定容积率 {measured}，低于 {threshold}。",
    purpose=Purpose.ADMISSION,
    subject=Subject.TRANSACTION,
    basis="适用的交易，约定容积率 < 准入下限；交易没有写的看履约协议最近一年的约定",
    words=KIND_WORDS,
)
