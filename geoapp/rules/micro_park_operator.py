"""MP2: a micro-enterprise park without a body that runs it."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject


def lacks_operator(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether there is no operator, while there must be one."""
    has = facts["has_operator"]
    return ~has if numbers["micro_park_operator"] else has & False


RULE = Rule(
    id="MP2",
    zh="没有运营管理机构",
    thresholds=("micro_park_operator",),
    needs={"has_operator": "是否有运营管理机构"},
    formula=lacks_operator,
    sentence="没有运营管理机构。",
    purpose=Purpose.MICRO_PARK,
    subject=Subject.MICRO_PARK,
    basis="运营单位写明“无”；空白为资料不全",
)
