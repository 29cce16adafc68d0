"""LE05: too little of the site is built on or used as yard."""

import pandas as pd

from geoapp.domain.rule import Numbers, Rule, is_below


def has_low_coefficient(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the building coefficient is strictly below the line."""
    return is_below(facts["building_coefficient"], numbers["low_building_coefficient"])


RULE = Rule(
    id="LE05",
    zh="建筑系数低",
    thresholds=("low_building_coefficient",),
    needs={"building_coefficient": "建筑系数"},
    formula=has_low_coefficient,
    sentence="建筑系数 {measured}，低于 {threshold}。",
    basis="建筑系数 < 低效线",
)
