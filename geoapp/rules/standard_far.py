"""SL2: completed, but the plot ratio is below what the contract says."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_above


def misses_far(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether a completed supply's plot ratio falls short of the agreed one by more than is allowed."""
    shortfall = facts["agreed_far"] - facts["far"]
    is_short = is_above(shortfall, numbers["standard_far_tolerance"])
    return facts["is_completed"] & is_short


def agreed_far(facts: Mapping[Any, Any], _numbers: Numbers) -> Any:
    """Return what the contract of one supply says."""
    return facts["agreed_far"]


RULE = Rule(
    id="SL2",
    zh="竣工容积率未达约定",
    thresholds=("standard_far_tolerance",),
    needs={"far": "容积率", "agreed_far": "约定容积率", "is_completed": "是否竣工"},
    formula=misses_far,
    sentence="已竣工，容积率 {measured}，未达到约定的 {threshold}。",
    purpose=Purpose.SUPPLY,
    subject=Subject.SUPPLY,
    threshold_of=agreed_far,
    basis="已竣工，且容积率低于合同约定的下限（差额超过允许偏差）",
)
