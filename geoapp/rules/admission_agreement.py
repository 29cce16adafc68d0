"""AD4: whoever is to get the land has signed no performance agreement."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject
from geoapp.rules.admission import KIND_WORDS, RULES, is_asked


def lacks_agreement(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether there is no agreement in force with the transferee, while there must be."""
    has = facts["has_agreement"]
    return is_asked(facts, numbers, "AD4") & (~has if numbers["admission_agreement"] else has & False)


RULE = Rule(
    id="AD4",
    zh="受让方没有履约监管协议",
    thresholds=("admission_agreement", RULES),
    needs={"has_agreement": "是否有履约监管协议", "kind": "交易类型"},
    formula=lacks_agreement,
    sentence="受让方没有在监管的履约协议。",
    purpose=Purpose.ADMISSION,
    subject=Subject.TRANSACTION,
    basis="适用的交易，没有登记协议编号，或协议已终止、对方不是受让方；编号不在协议台账的为资料不全",
    words=KIND_WORDS,
)
