"""LE02: an enterprise below scale whose tax per mu is low."""

import pandas as pd

from geoapp.domain.rule import Numbers, Rule, is_below


def has_low_tax(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the plot's main enterprise is below scale and its tax per mu strictly below the line."""
    return ~facts["is_above_scale"] & is_below(facts["tax_wan_per_mu"], numbers["low_tax_below_scale"])


RULE = Rule(
    id="LE02",
    zh="规下企业亩均税收低",
    thresholds=("low_tax_below_scale",),
    needs={"tax_wan_per_mu": "亩均税收", "is_above_scale": "是否规上"},
    formula=has_low_tax,
    sentence="规下企业，亩均税收 {measured}，低于 {threshold}。",
    basis="规下企业，且亩均税收 < 低效线",
)
