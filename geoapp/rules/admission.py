"""What the rules of admission share: which kinds of transactions each is asked about."""

import pandas as pd

from geoapp.domain.rule import Numbers, is_among

RULES = "admission_rules"
"""The policy number with the rules that each kind of transaction is asked."""
KIND_WORDS = {
    "transfer": "转让", "lease": "出租", "mortgage": "抵押", "division": "分割", "equity": "股权变更",
    "judicial": "司法处置",
}  # fmt: skip


def is_asked(facts: pd.DataFrame, numbers: Numbers, rule_id: str) -> pd.Series:
    """Return whether a rule is asked about each transaction, by its kind; missing where that is."""
    kinds = [kind for kind, ids in numbers[RULES].items() if rule_id in ids]
    return is_among(facts["kind"], kinds)
