"""R-LINE-1: industrial land inside a control line is planned for another use without what would allow it."""

import pandas as pd

from geoapp.analysis.line_use import is_allowed_change
from geoapp.domain.rule import Numbers, Purpose, Rule
from geoapp.rules.ground_words import GROUND_WORDS


def is_planned_otherwise(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the plot is inside a line and its planned use not industrial, while the line forbids it.

    A ground that allows it counts with its document; a ground whose document is missing leaves the answer open.
    """
    is_allowed = is_allowed_change(
        facts["use_change_ground"], facts["use_change_document"], numbers["line_change_grounds"]
    )
    answer = facts["is_in_control_line"] & ~facts["is_planned_industrial"] & ~is_allowed
    return answer if numbers["line_keeps_industry"] else answer & False


RULE = Rule(
    id="R-LINE-1",
    zh="控制线内工业用地规划改作他用",
    thresholds=("line_keeps_industry", "line_change_grounds"),
    needs={
        "planned_use": "规划用途",
        "is_planned_industrial": "规划用途是否工业",
        "is_in_control_line": "是否在控制线内",
        "use_change_ground": "改变用途理由",
        "use_change_document": "改变用途批准文号",
    },
    formula=is_planned_otherwise,
    sentence="在控制线内，规划用途为“{measured}”，不是工业用途，改变用途理由：{use_change_ground}；"
    "只有{line_change_grounds}并有批准文号的可以，且总量要平衡。",
    purpose=Purpose.LINE,
    basis="在控制线内，规划用途不是工业用途，又没有允许的理由；有理由没有批准文号的，资料不全；有文号的不算，但须占补平衡（R-LINE-1B）",
    words={**GROUND_WORDS, "due": "须占补平衡"},
    tells={"makeup_duty": "总量"},
)
