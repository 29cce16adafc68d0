"""SP1: the raised caps for support facilities apply."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoapp.analysis.support import support_conditions
from geoapp.domain.evaluation import GRADE_SOURCES
from geoapp.domain.rule import Effect, Numbers, Purpose, Rule, is_above, is_among, is_at_least


def may_raise(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether an existing project is in a control line, or outside of good grade and large enough."""
    is_good = is_among(facts["grade"], numbers["support_raised_grades"])
    is_large = is_at_least(facts["site_area_mu"], numbers["support_raised_area_mu"])
    return facts["is_existing"] & (facts["is_in_control_line"] | (is_good & is_large))


def is_over_cap(
    facts: pd.DataFrame, share: pd.Series, numbers: Numbers, *, base: str, raised: str
) -> pd.Series:
    """Return whether a share is above the cap; whether the raised one applies only matters between the two.

    Parameters
    ----------
    facts : DataFrame
    share : Series on its index
    numbers : mapping
    base, raised : str
        Ids of the two caps.
    """
    return is_above(share, numbers[raised]) | (is_above(share, numbers[base]) & ~may_raise(facts, numbers))


def cap_of(facts: Mapping[Any, Any], share: Any, numbers: Numbers, *, base: str, raised: str) -> Any:
    """Return the cap that one plot's share is held against; None where it is not known which applies.

    Parameters
    ----------
    facts : mapping
        Of one plot.
    share : float
        What is held against it: above the raised cap it is that one, whatever applies.
    numbers : mapping
    base, raised : str
        Ids of the two caps.
    """
    conditions = support_conditions(
        is_existing=known(facts["is_existing"]),
        is_inside=known(facts["is_in_control_line"]),
        grade=known(facts["grade"]),
        area_mu=known(facts["site_area_mu"]),
        grades=numbers["support_raised_grades"],
        least_area_mu=numbers["support_raised_area_mu"],
    )
    if conditions.is_raised is None:
        return numbers[raised] if not pd.isna(share) and share > numbers[raised] else None
    return numbers[raised if conditions.is_raised else base]


def known(value: Any) -> Any:
    """Return a fact, None where it is missing."""
    return None if pd.isna(value) else value


RULE = Rule(
    id="SP1",
    zh="可提高配套设施占比",
    thresholds=(
        "support_land_cap_raised",
        "support_gfa_cap_raised",
        "support_raised_grades",
        "support_raised_area_mu",
    ),
    needs={
        "is_in_control_line": "是否在控制线内",
        "is_existing": "是否存量项目",
        "grade": "亩均评价等级",
        "site_area_mu": "用地面积",
    },
    formula=may_raise,
    sentence=(
        "配套用地占比上限可到 {support_land_cap_raised}、建筑面积占比可到 {support_gfa_cap_raised}"
        "（控制线内 {measured}，等级 {grade}，来源 {grade_source}，{site_area_mu}）。"
    ),
    purpose=Purpose.SUPPORT,
    effect=Effect.ENTITLEMENT,
    basis="存量项目，且在控制线内；或在线外、亩均评价 A、B 类、用地 50 亩及以上",
    units={"site_area_mu": "mu"},
    tells={"grade_source": "等级来源"},
    words=GRADE_SOURCES,
)
