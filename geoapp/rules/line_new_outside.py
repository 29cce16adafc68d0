"""R-LINE-2: new industrial land outside the control lines without one of the reasons that allow it."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_among
from geoapp.rules.supply_words import SUPPLY_WORDS


def is_new_outside(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether land was supplied outside the lines for a kind that needs no such place."""
    return ~facts["is_in_control_line"] & ~is_among(facts["kind"], numbers["line_outside_kinds"])


RULE = Rule(
    id="R-LINE-2",
    zh="控制线外新增工业用地",
    thresholds=("line_outside_kinds",),
    needs={"kind": "供地类别", "is_in_control_line": "是否在控制线内"},
    formula=is_new_outside,
    sentence="在控制线外新供地，类别为{measured}；线外只允许{threshold}项目。",
    purpose=Purpose.LINE,
    subject=Subject.SUPPLY,
    tells={"supplied_on": "供地日期"},
    decided_on="supplied_on",
    basis="供地在控制线外，且类别不是特殊选址或资源依托；按供地当日的界线，条款施行以前的供地不适用",
    words=SUPPLY_WORDS,
)
