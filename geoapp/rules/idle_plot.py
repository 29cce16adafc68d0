"""LE10: the plot is idle land by statute."""

import pandas as pd

from geoapp.domain.rule import Numbers, Rule, has_any_of

IDLE_WORDS = {
    "ID1": "满一年未动工（ID1）",
    "ID2": "满两年未动工（ID2）",
    "ID3": "已动工而中止建设满一年（ID3）",
}
"""The rules of idle land that a supply of the plot may meet."""


def is_idle(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether a supply of the plot meets one of the statutory rules; the government's delays do not count."""
    return has_any_of(facts["idle_kinds"], numbers["low_idle_kinds"])


RULE = Rule(
    id="LE10",
    zh="法定闲置土地",
    thresholds=("low_idle_kinds",),
    needs={"idle_kinds": "供地合同的动工开发情况"},
    formula=is_idle,
    sentence="属于闲置土地：{measured}。",
    basis="地块的供地合同符合闲置土地认定规则 ID1、ID2 或 ID3（政府原因的除外）",
    is_supplementary=True,
    words=IDLE_WORDS,
)
