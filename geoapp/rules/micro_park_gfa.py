"""MP4: a micro-enterprise park with too little floor area, which differs for new and rebuilt ones."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below

_LINE = "micro_park_least_gfa_m2"


def has_little_floor_area(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the floor area is strictly below the line of the park's origin."""
    return is_below(facts["gfa_m2"], facts["origin"].map(numbers[_LINE]).astype("float64"))


def _line_of(park: Mapping[Any, Any], numbers: Numbers) -> float | None:
    found: float | None = numbers[_LINE].get(park["origin"])
    return found


RULE = Rule(
    id="MP4",
    zh="建筑面积不足",
    thresholds=(_LINE,),
    needs={"gfa_m2": "建筑面积", "origin": "建设方式"},
    formula=has_little_floor_area,
    sentence="{origin}，建筑面积 {measured}，不到 {threshold}。",
    purpose=Purpose.MICRO_PARK,
    subject=Subject.MICRO_PARK,
    basis="建筑面积 < 下限，新建和改建各有下限",
    words={"new": "新建", "rebuilt": "改建提升"},
    threshold_of=_line_of,
)
