"""R-LINE-1: industrial land inside a control line is planned for another use."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule


def is_planned_otherwise(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the plot is inside a line and its planned use not industrial, while the line forbids it."""
    answer = facts["is_in_control_line"] & ~facts["is_planned_industrial"]
    return answer if numbers["line_keeps_industry"] else answer & False


RULE = Rule(
    id="R-LINE-1",
    zh="控制线内工业用地规划改作他用",
    thresholds=("line_keeps_industry",),
    needs={
        "planned_use": "规划用途",
        "is_planned_industrial": "规划用途是否工业",
        "is_in_control_line": "是否在控制线内",
    },
    formula=is_planned_otherwise,
    sentence="在控制线内，规划用途为“{measured}”，不是工业用途；规划调整、重大基础设施、法定保留用地除外，且总量要平衡。",
    purpose=Purpose.LINE,
    basis="在控制线内，且规划用途不是工业用途",
)
