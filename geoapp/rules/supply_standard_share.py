"""SD10: less of the newly supplied land is standard land (标准地) than it must be."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below


def has_low_share(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the share of the area supplied this year is strictly below the least."""
    return is_below(facts["standard_land_share"], numbers["supply_standard_share"])


RULE = Rule(
    id="SD10",
    zh="标准地供应占比不足",
    thresholds=("supply_standard_share",),
    needs={"standard_land_share": "当年标准地占比"},
    formula=has_low_share,
    sentence="当年新供工业用地中标准地占 {measured}，低于 {threshold}。",
    purpose=Purpose.SECOND_DEVELOPMENT,
    subject=Subject.DISTRICT,
    basis="当年标准地供地面积 ÷ 新供工业用地面积 < 要求占比",
)
