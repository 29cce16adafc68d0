"""AD1: the land price of what is to be transferred has not been fully paid."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject
from geoapp.rules.admission import KIND_WORDS, RULES, is_asked


def is_unpaid(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the price is not paid, while it must be."""
    answer = ~facts["is_price_paid"] if numbers["admission_price_paid"] else facts["is_price_paid"] & False
    return is_asked(facts, numbers, "AD1") & answer


RULE = Rule(
    id="AD1",
    zh="土地价款没有缴清",
    thresholds=("admission_price_paid", RULES),
    needs={"is_price_paid": "土地价款是否缴清", "kind": "交易类型"},
    formula=is_unpaid,
    sentence="土地价款没有缴清，不能{kind}。",
    purpose=Purpose.ADMISSION,
    subject=Subject.TRANSACTION,
    basis="适用的交易，土地价款没有缴清",
    words=KIND_WORDS,
)
