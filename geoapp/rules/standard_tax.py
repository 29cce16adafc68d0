"""SL3: the day of review has come, and tax per mu is below what the contract says."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below


def misses_tax(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether tax over agreed tax is strictly below the share to be reached on the day of review."""
    return facts["is_review_due"] & is_below(facts["tax_reached_share"], numbers["standard_tax_share"])


RULE = Rule(
    id="SL3",
    zh="达产亩均税收未达约定",
    thresholds=("standard_tax_share",),
    needs={
        "tax_reached_share": "亩均税收达成率",
        "is_review_due": "达产复核日期",
        "tax_wan_per_mu": "亩均税收",
        "agreed_tax_wan_per_mu": "约定亩均税收",
    },
    formula=misses_tax,
    sentence=(
        "已到达产复核日期，亩均税收 {tax_wan_per_mu}，约定 {agreed_tax_wan_per_mu}，"
        "达成 {measured}，低于 {threshold}。"
    ),
    purpose=Purpose.SUPPLY,
    subject=Subject.SUPPLY,
    basis="已到达产复核日期，且实际亩均税收 ÷ 约定亩均税收 < 应达成率",
    units={"tax_wan_per_mu": "wan_per_mu", "agreed_tax_wan_per_mu": "wan_per_mu"},
)
