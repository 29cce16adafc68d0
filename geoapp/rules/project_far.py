"""SD5: a project that builds anew plans too low a plot ratio."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_among, is_below


def has_low_project_far(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the mode builds anew and the plot ratio afterwards is strictly below the line."""
    return is_among(facts["mode"], numbers["new_build_modes"]) & is_below(
        facts["far_after"], numbers["supply_far"]
    )


RULE = Rule(
    id="SD5",
    zh="新建项目容积率低",
    thresholds=("supply_far", "new_build_modes"),
    needs={"far_after": "改造后容积率", "mode": "改造模式"},
    formula=has_low_project_far,
    sentence="新建项目改造后容积率 {measured}，低于 {threshold}。",
    purpose=Purpose.SECOND_DEVELOPMENT,
    subject=Subject.PROJECT,
    basis="改造模式属于新建，且改造后容积率 < 新建下限；已开工的按开工当日的界线，条款施行以前开工的不适用",
    tells={"begun_on": "实际开工日期"},
    decided_on="begun_on",
    words={"M01": "拆除重建"},
)
