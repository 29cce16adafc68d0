"""R-LINE-8: newly supplied industrial land that is not standard land (标准地)."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject


def is_not_standard(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the supply is not standard land, while all of it must be."""
    answer = ~facts["is_standard_land"]
    return answer if numbers["supply_standard_share"] >= 1 else answer & False


RULE = Rule(
    id="R-LINE-8",
    zh="新供工业用地不是标准地",
    thresholds=("supply_standard_share",),
    needs={"is_standard_land": "是否标准地"},
    formula=is_not_standard,
    sentence="没有按标准地出让；要求 {threshold} 按标准地供应。",
    purpose=Purpose.SUPPLY,
    subject=Subject.SUPPLY,
    tells={"supplied_on": "供地日期"},
    decided_on="supplied_on",
    basis="要求全部按标准地供应时，供地不是标准地；按供地当日的界线，条款施行以前的供地不适用",
)
