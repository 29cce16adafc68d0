"""MP1: a micro-enterprise park without a clear boundary."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject


def lacks_boundary(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether no boundary is recorded, while there must be one."""
    has = facts["has_boundary"]
    return ~has if numbers["micro_park_boundary"] else has & False


RULE = Rule(
    id="MP1",
    zh="没有明确的四至边界",
    thresholds=("micro_park_boundary",),
    needs={"has_boundary": "是否有图形边界"},
    formula=lacks_boundary,
    sentence="台账里没有这个园的图形边界。",
    purpose=Purpose.MICRO_PARK,
    subject=Subject.MICRO_PARK,
    basis="小微企业园没有图形",
)
