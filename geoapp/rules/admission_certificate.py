"""AD2: no certificate is held of what is to be traded."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject
from geoapp.rules.admission import KIND_WORDS, RULES, is_asked


def lacks_certificate(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether no certificate is held, while one must be."""
    held = facts["is_certificate_held"]
    return is_asked(facts, numbers, "AD2") & (~held if numbers["admission_certificate"] else held & False)


RULE = Rule(
    id="AD2",
    zh="没有取得不动产权证",
    thresholds=("admission_certificate", RULES),
    needs={"is_certificate_held": "是否取得不动产权证", "kind": "交易类型"},
    formula=lacks_certificate,
    sentence="没有取得不动产权证，不能{kind}。",
    purpose=Purpose.ADMISSION,
    subject=Subject.TRANSACTION,
    basis="适用的交易，没有取得不动产权证",
    words=KIND_WORDS,
)
