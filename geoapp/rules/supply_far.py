"""R-LINE-7: the plot ratio agreed for newly supplied industrial land is low."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below


def has_low_supply_far(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the agreed least plot ratio is strictly below the line."""
    return is_below(facts["agreed_far"], numbers["supply_far"])


RULE = Rule(
    id="R-LINE-7",
    zh="新供工业用地容积率低",
    thresholds=("supply_far",),
    needs={"agreed_far": "约定容积率"},
    formula=has_low_supply_far,
    sentence="约定容积率下限 {measured}，低于 {threshold}。",
    purpose=Purpose.SUPPLY,
    subject=Subject.SUPPLY,
    tells={"supplied_on": "供地日期"},
    decided_on="supplied_on",
    basis="供地合同约定的容积率下限 < 新供地下限；按供地当日的界线，条款施行以前的供地不适用",
)
