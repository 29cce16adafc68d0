"""AD9: a part is divided off before it has been held long enough."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below
from geoapp.rules.admission import KIND_WORDS, RULES, is_asked


def is_held_too_short(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the years held are strictly below what must be."""
    is_short = is_below(facts["held_years"], numbers["admission_division_years"])
    return is_asked(facts, numbers, "AD9") & is_short


RULE = Rule(
    id="AD9",
    zh="分割转让持有年限不足",
    thresholds=("admission_division_years", RULES),
    needs={"held_years": "持有整年数", "kind": "交易类型"},
    formula=is_held_too_short,
    sentence="持有 {measured}，不满 {threshold}。",
    purpose=Purpose.ADMISSION,
    subject=Subject.TRANSACTION,
    basis="适用的交易，从持有起始日到签订日（没有签的到当日）的整年数 < 应持有年限",
    words=KIND_WORDS,
)
