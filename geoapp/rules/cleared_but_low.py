"""SD3: taken off the list as up to standard, yet a rule still finds the plot low."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, is_among


def is_cleared_but_low(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the bureau closed the case while the rules of low efficiency still hit."""
    is_cleared = is_among(facts["low_efficiency_status"].fillna(""), numbers["cleared_statuses"])
    return is_cleared & is_among(facts["low_efficiency_by_rule"], ["yes"]).mask(
        facts["low_efficiency_by_rule"] == "unknown"
    )


RULE = Rule(
    id="SD3",
    zh="已销号仍命中低效规则",
    thresholds=("cleared_statuses",),
    needs={"low_efficiency_by_rule": "低效规则的结论", "low_efficiency_status": "低效认定状态"},
    formula=is_cleared_but_low,
    sentence="已销号，但仍命中低效规则，请核对是否达标。",
    purpose=Purpose.SECOND_DEVELOPMENT,
    basis="低效认定状态为销号，且低效规则（LE）至少命中一条",
    words={
        "suspected": "疑似",
        "checking": "核查中",
        "recognised": "认定",
        "published": "公示",
        "treating": "整治中",
        "closed": "销号",
        "removed": "剔除",
        "yes": "命中",
        "no": "未命中",
        "unknown": "资料不全",
    },
)
