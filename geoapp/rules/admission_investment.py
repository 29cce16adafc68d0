"""AD3: too little of the investment is completed, and the transfer is not by advance notice."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below
from geoapp.rules.admission import KIND_WORDS, RULES, is_asked


def is_uninvested(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the share completed is strictly below the line and the transfer no advance notice."""
    is_short = is_below(facts["invested_share"], numbers["admission_invested_share"])
    return is_asked(facts, numbers, "AD3") & is_short & ~facts["is_advance_notice"]


RULE = Rule(
    id="AD3",
    zh="完成投资不到规定比例",
    thresholds=("admission_invested_share", RULES),
    needs={"invested_share": "完成投资占比", "kind": "交易类型", "is_advance_notice": "是否预告登记转让"},
    formula=is_uninvested,
    sentence="完成投资 {measured}，不到 {threshold}，只能办预告登记转让。",
    purpose=Purpose.ADMISSION,
    subject=Subject.TRANSACTION,
    basis="适用的交易，已完成投资 ÷ 开发投资总额 < 界线，且不是预告登记转让",
    words=KIND_WORDS,
)
