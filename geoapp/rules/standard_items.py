"""SL1: standard land (标准地) whose contract does not set all the indicators."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below


def lacks_items(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether standard land was agreed with fewer indicators than there must be."""
    return facts["is_standard_land"] & is_below(facts["standard_item_count"], numbers["standard_item_count"])


RULE = Rule(
    id="SL1",
    zh="标准地约定指标不齐",
    thresholds=("standard_item_count",),
    needs={"standard_item_count": "约定指标数", "is_standard_land": "是否标准地"},
    formula=lacks_items,
    sentence="标准地只约定了 {measured}指标，少于 {threshold}（投资强度、容积率、单位能耗、单位排放、亩均税收）。",
    purpose=Purpose.SUPPLY,
    subject=Subject.SUPPLY,
    tells={"supplied_on": "供地日期"},
    decided_on="supplied_on",
    basis="是标准地，且五项指标中有约定值的项数 < 五；按供地当日的界线，条款施行以前的供地不适用",
)
