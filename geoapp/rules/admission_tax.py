"""AD5: the tax per mu that is agreed is below what admission asks."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below
from geoapp.rules.admission import KIND_WORDS, RULES, is_asked


def agrees_low_tax(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the agreed tax per mu is strictly below the line."""
    is_low = is_below(facts["agreed_tax_wan_per_mu"], numbers["admission_tax_wan_per_mu"])
    return is_asked(facts, numbers, "AD5") & is_low


RULE = Rule(
    id="AD5",
    zh="约定亩均税收低于准入要求",
    thresholds=("admission_tax_wan_per_mu", RULES),
    needs={"agreed_tax_wan_per_mu": "约定亩均税收", "kind": "交易类型"},
    formula=agrees_low_tax,
    sentence="约定亩均税收 {measured}，低于 {threshold}。",
    purpose=Purpose.ADMISSION,
    subject=Subject.TRANSACTION,
    basis="适用的交易，约定亩均税收 < 准入下限；交易没有写的看履约协议最近一年的约定",
    words=KIND_WORDS,
)
