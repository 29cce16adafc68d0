"""LE12: the holder lets most of the plot to others."""

import pandas as pd

from geoapp.domain.rule import Numbers, Rule, is_at_least


def is_leased_out(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether tenants hold at least the share of the plot."""
    return is_at_least(facts["leased_out_share"], numbers["low_leased_share"])


RULE = Rule(
    id="LE12",
    zh="出租比例高",
    thresholds=("low_leased_share",),
    needs={"leased_out_share": "出租面积占比"},
    formula=is_leased_out,
    sentence="出租面积占用地面积 {measured}，达到 {threshold}。",
    basis="各承租企业占用面积之和 ÷ 用地面积 ≥ 出租占比界线",
    is_supplementary=True,
)
