"""The checks of a what-if in Chinese: what was measured, against what, and where the limit stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from geoapp.analysis.whatif_checks import Answers
from geoapp.domain.policy import Policy
from geoapp.domain.rule import Verdict
from geoapp.domain.whatif import Check
from geoapp.services.far_proof_inputs import known
from geoapp.units import number_text

VERDICTS = {Verdict.YES: "符合", Verdict.NO: "不符合", Verdict.UNKNOWN: "资料不全"}
_ENDLESS = float("inf")
_AMOUNTS = {
    "share": ("z.1%", ""), "far": ("z.2f", ""), "m": ("z.1f", " 米"), "m2": ("z,.0f", " 平方米"),
    "year": ("z.1f", " 年"), "wan_per_mu": ("z,.2f", " 万元/亩"),
}  # fmt: skip
"""By unit: how a number is written, and the word behind it."""
"""Years left on allocated land; no number that a file or JSON could hold."""
_PLOT_SOURCE = "地块台账的规划条件"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckWords:
    """How one check speaks."""

    zh: str
    measured_zh: str
    limit_zh: str
    unit: str
    number: str = ""
    """The rule book's number whose clause is shown; empty where the limit is the plot's own."""
    sentences: Mapping[bool, str] | None = None
    """Instead of measured and limit, where the answer is no number."""


CHECKS: Mapping[str, CheckWords] = {
    "far_max": CheckWords(
        zh="规划容积率上限", measured_zh="改造后容积率", limit_zh="规划容积率上限", unit="far"
    ),
    "far_min": CheckWords(
        zh="规划容积率下限", measured_zh="改造后容积率", limit_zh="规划容积率下限", unit="far"
    ),
    "far_new": CheckWords(
        zh="新建容积率", measured_zh="改造后容积率", limit_zh="新建工业项目不低于", unit="far",
        number="far_target_default",
    ),
    "far_industry": CheckWords(
        zh="行业容积率下限", measured_zh="改造后容积率", limit_zh="本行业不低于", unit="far",
        number="industry_far_min",
    ),
    "height": CheckWords(zh="限高", measured_zh="按平均层数估算的高度", limit_zh="限高", unit="m"),
    "coefficient": CheckWords(
        zh="建筑系数", measured_zh="改造后建筑系数", limit_zh="不低于", unit="share",
        number="low_building_coefficient",
    ),
    "support_floor": CheckWords(
        zh="配套建筑面积占比", measured_zh="改造后配套建筑面积占比", limit_zh="上限", unit="share",
        number="support_gfa_cap",
    ),
    "support_land": CheckWords(
        zh="配套用地占比", measured_zh="改造后配套用地占比", limit_zh="上限", unit="share",
        number="support_land_cap",
    ),
    "term": CheckWords(
        zh="剩余使用年限", measured_zh="剩余使用年限", limit_zh="新建、加建不低于", unit="year",
        number="development_min_term_years",
    ),
    "line": CheckWords(
        zh="控制线", measured_zh="是否在控制线内", limit_zh="", unit="", number="whatif_use_change_modes",
        sentences={True: "地块在控制线外", False: "地块在控制线内，原则上不得这样改造"},
    ),
    "tax": CheckWords(
        zh="亩均税收达标", measured_zh="最近一年亩均税收", limit_zh="认定前不低于", unit="wan_per_mu",
        number="low_tax_above_scale",
    ),
    "micro_park": CheckWords(
        zh="小微园规模", measured_zh="改造后建筑面积", limit_zh="不小于", unit="m2",
        number="micro_park_min_gfa_m2",
    ),
    "recognised": CheckWords(
        zh="已认定盘活", measured_zh="已认定的面积", limit_zh="用地面积", unit="m2",
        sentences={True: "部分已认定，只计余下的", False: "已全部认定盘活，不再计入盘活面积"},
    ),
}  # fmt: skip
_RAISED = {"support_floor": "support_gfa_cap_raised", "support_land": "support_land_cap_raised"}


def check_lines(
    found: Mapping[str, Answers], plot_code: str, policy: Policy, day: date, *, is_outside_only: bool
) -> tuple[Check, ...]:
    """Return the checks that a plot is asked, in words."""
    asked = [(name, answers) for name, answers in found.items() if bool(answers.applies[plot_code])]
    return tuple(_line(name, answers, plot_code, policy, day, is_outside_only) for name, answers in asked)


def _line(
    name: str, answers: Answers, plot_code: str, policy: Policy, day: date, is_outside_only: bool
) -> Check:
    words = CHECKS[name]
    answer, measured, limit = (
        series[plot_code] for series in (answers.passes, answers.measured, answers.limit)
    )
    measured, limit = known(measured), known(limit)
    verdict = Verdict.UNKNOWN if pd.isna(answer) else Verdict.YES if answer else Verdict.NO
    source, clause = _source(name, limit, policy, day, is_outside_only)
    missing = _missing(words, measured, limit) if verdict == Verdict.UNKNOWN else ()
    return Check(
        id=name, zh=words.zh, verdict=verdict, measured=None if measured == _ENDLESS else measured, limit=limit,
        unit=words.unit, words=_sentence(words, verdict, measured, limit, missing), missing=missing, source=source,
        clause=clause,
    )  # fmt: skip


def _missing(words: CheckWords, measured: float | None, limit: float | None) -> tuple[str, ...]:
    if words.sentences is not None or (measured is not None and limit is not None):
        return (_OPEN.get(words.zh, words.measured_zh),)
    names = ((measured, words.measured_zh), (limit, _LIMIT_FACTS.get(words.zh, words.limit_zh)))
    return tuple(zh for value, zh in names if value is None)


_OPEN = {
    "配套建筑面积占比": "是否在控制线内或亩均评价等级（决定上限能否提高）",
    "配套用地占比": "是否在控制线内或亩均评价等级（决定上限能否提高）",
    "限高": "构筑物及堆场面积（不知道建筑能占多少地）",
    "控制线": "控制线或地块图形",
}
"""What is open where measured and limit are both known."""
_LIMIT_FACTS = {"亩均税收达标": "企业是否规上", "行业容积率下限": "行业代码"}


def _sentence(
    words: CheckWords, verdict: Verdict, measured: float | None, limit: float | None, missing: tuple[str, ...]
) -> str:
    if verdict == Verdict.UNKNOWN:
        return f"缺少{'、'.join(missing)}，不能判断"
    if words.sentences is not None:
        return words.sentences[verdict == Verdict.YES]
    values = (
        f"{words.measured_zh} {amount(measured, words.unit)}，{words.limit_zh} {amount(limit, words.unit)}"
    )
    return f"{values}：{VERDICTS[verdict]}"


def amount(value: float | None, unit: str) -> str:
    """Return a value with its unit as officials write it; never -0.

    Examples
    --------
    >>> amount(0.155, "share"), amount(2.0, "far"), amount(24.0, "m"), amount(float("inf"), "year")
    ('15.5%', '2.00', '24.0 米', '无期限')
    """
    if value is None:
        return "—"
    if value == _ENDLESS:
        return "无期限"
    pattern, word = _AMOUNTS[unit]
    return number_text(value, pattern) + word


def _source(
    name: str, limit: float | None, policy: Policy, day: date, is_outside_only: bool
) -> tuple[str, str]:
    """Return where the limit stands: the raised cap's own clause where that one applies."""
    number_id = CHECKS[name].number
    if name == "line" and is_outside_only:
        number_id = "whatif_outside_only_modes"
    if name in _RAISED and _is_value(policy, _RAISED[name], limit, day):
        number_id = _RAISED[name]
    if name == "tax" and _is_value(policy, "low_tax_below_scale", limit, day):
        number_id = "low_tax_below_scale"
    if not number_id:
        return _PLOT_SOURCE, ""
    number = policy.number(number_id)
    return number.source, number.clause


def _is_value(policy: Policy, number_id: str, value: float | None, day: date) -> bool:
    number = policy.number(number_id)
    held: Any = number.on(day) if number.is_in_force(day) else None
    return held is not None and value == held
