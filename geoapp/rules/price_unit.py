"""TR1: the unit price that is recorded is not the price over the area."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_above, is_among
from geoapp.rules.admission import KIND_WORDS


def differs_from_price(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the recorded unit price is off by strictly more than the tolerance."""
    is_priced = is_among(facts["kind"], numbers["transaction_price_kinds"])
    return is_priced & is_above(facts["unit_price_off_share"], numbers["transaction_unit_price_share"])


RULE = Rule(
    id="TR1",
    zh="单价与金额、面积对不上",
    thresholds=("transaction_unit_price_share", "transaction_price_kinds"),
    needs={"unit_price_off_share": "单价相差", "kind": "交易类型"},
    formula=differs_from_price,
    sentence="登记单价 {unit_price} 元/平方米，金额 ÷ 面积为 {computed_unit_price} 元/平方米，相差 {measured}。",
    purpose=Purpose.PRICE,
    subject=Subject.TRANSACTION,
    basis="核对价格的交易，|登记单价 ÷（交易金额 ÷ 土地面积）− 1| > 容差",
    units={"unit_price": "number", "computed_unit_price": "number"},
    words=KIND_WORDS,
    tells={"unit_price": "登记单价(元/平方米)", "computed_unit_price": "计算单价(元/平方米)"},
)
