"""R-LINE-7V: the plot ratio agreed for land of multi-storey industry is low."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below


def has_low_vertical_far(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the land is for multi-storey industry and the agreed least plot ratio strictly below its line."""
    return facts["is_vertical"] & is_below(facts["agreed_far"], numbers["vertical_supply_far"])


RULE = Rule(
    id="R-LINE-7V",
    zh="工业上楼项目容积率低",
    thresholds=("vertical_supply_far",),
    needs={"agreed_far": "约定容积率", "is_vertical": "是否工业上楼"},
    formula=has_low_vertical_far,
    sentence="工业上楼项目，约定容积率下限 {measured}，低于 {threshold}。",
    purpose=Purpose.SUPPLY,
    subject=Subject.SUPPLY,
    tells={"supplied_on": "供地日期"},
    decided_on="supplied_on",
    basis="按工业上楼供地，且供地合同约定的容积率下限 < 工业上楼下限；按供地当日的界线，条款施行以前的供地不适用",
)
