"""AD7: a part to be divided off cannot stand alone."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject
from geoapp.rules.admission import KIND_WORDS, RULES, is_asked


def cannot_stand_alone(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the part cannot be used alone, while it must be."""
    alone = facts["is_independent"]
    return is_asked(facts, numbers, "AD7") & (~alone if numbers["admission_independent"] else alone & False)


RULE = Rule(
    id="AD7",
    zh="分割单元不能独立使用",
    thresholds=("admission_independent", RULES),
    needs={"is_independent": "能否独立使用", "kind": "交易类型"},
    formula=cannot_stand_alone,
    sentence="分割单元不能独立登记、独立使用。",
    purpose=Purpose.ADMISSION,
    subject=Subject.TRANSACTION,
    basis="适用的交易，分割单元不能独立使用",
    words=KIND_WORDS,
)
