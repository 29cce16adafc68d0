"""SP3: support facilities take more floor area than the cap that applies to the plot."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule
from geoapp.rules.support_raised import cap_of, is_over_cap

BASE, RAISED = "support_gfa_cap", "support_gfa_cap_raised"


def is_above_cap(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the share is above the cap that applies."""
    return is_over_cap(facts, facts["support_gfa_share"], numbers, base=BASE, raised=RAISED)


def cap(facts: Mapping[Any, Any], numbers: Numbers) -> Any:
    """Return the cap that applies to one plot; None where that is not known."""
    return cap_of(facts, facts["support_gfa_share"], numbers, base=BASE, raised=RAISED)


RULE = Rule(
    id="SP3",
    zh="配套建筑面积超过上限",
    thresholds=(BASE, RAISED, "support_raised_grades", "support_raised_area_mu"),
    needs={
        "support_gfa_share": "配套建筑面积占比",
        "is_existing": "是否存量项目",
        "is_in_control_line": "是否在控制线内",
        "grade": "亩均评价等级",
        "site_area_mu": "用地面积",
    },
    formula=is_above_cap,
    sentence="配套建筑面积占比 {measured}，超过 {threshold}。",
    purpose=Purpose.SUPPORT,
    basis="配套建筑面积占比 > 适用的上限（可提高占比的用提高后的上限）",
    units={"site_area_mu": "mu"},
    threshold_of=cap,
)
