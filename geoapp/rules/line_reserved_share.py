"""R-LINE-3: too little of the new space inside a control line is kept for micro-enterprise parks and relocation."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_below
from geoapp.rules.supply_words import SUPPLY_WORDS


def has_little_reserved(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the reserved share of the land supplied inside the line is strictly below the least."""
    return is_below(facts["reserved_share"], numbers["line_reserved_share"])


RULE = Rule(
    id="R-LINE-3",
    zh="控制线内新增空间预留不足",
    thresholds=("line_reserved_share", "line_reserved_kinds"),
    needs={"reserved_share": "预留占比"},
    formula=has_little_reserved,
    sentence="新增空间中小微企业园和搬迁安置占 {measured}，低于 {threshold}。",
    purpose=Purpose.LINE,
    subject=Subject.CONTROL_LINE,
    basis="线内新供地中小微企业园、搬迁安置用地之和 ÷ 线内新供地 < 预留界线（从条款生效之日起算）",
    words=SUPPLY_WORDS,
)
