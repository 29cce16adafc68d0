"""TR2: the price is far from the appraisal."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_above, is_among
from geoapp.rules.admission import KIND_WORDS


def is_far_from_appraisal(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the price is off the appraisal by strictly more than the share."""
    is_priced = is_among(facts["kind"], numbers["transaction_price_kinds"])
    return is_priced & is_above(facts["appraisal_off_share"], numbers["transaction_appraisal_share"])


RULE = Rule(
    id="TR2",
    zh="交易金额偏离评估价",
    thresholds=("transaction_appraisal_share", "transaction_price_kinds"),
    needs={"appraisal_off_share": "与评估价相差", "kind": "交易类型"},
    formula=is_far_from_appraisal,
    sentence="交易金额 {price_wan} 万元，评估价 {appraisal_wan} 万元，相差 {measured}，超过 {threshold}。",
    purpose=Purpose.PRICE,
    subject=Subject.TRANSACTION,
    basis="核对价格的交易，|交易金额 ÷ 评估价 − 1| > 界线",
    units={"price_wan": "number", "appraisal_wan": "number"},
    words=KIND_WORDS,
    tells={"price_wan": "交易金额(万元)", "appraisal_wan": "评估价(万元)"},
)
