"""The rules of a year's evaluation per 亩, read from the rule book; and weights as an address says them."""

import calendar
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from geoapp.domain.evaluation import (
    ITEMS,
    LISTS,
    VETO_EFFECTS,
    EvaluationRules,
    GradeRules,
    ScoreRules,
)
from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.policy import Policy
from geoapp.errors import SetupError, UsageError
from geoapp.services.far_proof_inputs import proof_number
from geoapp.units import limit_text

FLOORS = {
    "above_scale": "low_tax_above_scale",
    "below_scale_large": "low_tax_below_scale",
    "below_scale_small": "low_tax_below_scale",
    "tenant": "low_tax_below_scale",
}
"""The rule book's lines for low tax per 亩, by list."""
_COMMON = (
    "evaluation_base_multiple", "evaluation_item_cap", "evaluation_item_floor", "evaluation_missing_as_average",
    "evaluation_score_decimals", "evaluation_grade_shares", "evaluation_outright_in_quota", "evaluation_veto_effects",
    "evaluation_exempt_years", "evaluation_no_exemption", "evaluation_tax_floor_effect", "evaluation_small_land_mu",
    "evaluation_tenants_first", "evaluation_land_order", "evaluation_owner_area", "evaluation_land_by_days",
    "evaluation_land_tolerance", "evaluation_follow_owner_mu", "evaluation_follow_in_micro_parks",
    "evaluation_rules_months",
)  # fmt: skip
_MOST_WEIGHT = 1000.0
_YES = {True: "是", False: "否"}


def rules_day(policy: Policy, year: int, day: date) -> date:
    """Return the day whose rules a year is evaluated by: at the latest so many months after the year's end.

    Parameters
    ----------
    policy : Policy
        evaluation_rules_months.
    year : int
    day : date
        The day asked for; an earlier one than the last holds.
    """
    months = int(policy.value("evaluation_rules_months", day))
    last_year, last_month = year + (11 + months) // 12, (11 + months) % 12 + 1
    last = date(last_year, last_month, calendar.monthrange(last_year, last_month)[1])
    return min(day, last)


def evaluation_rules(policy: Policy, day: date) -> EvaluationRules:
    """Return the rules in force on a day.

    Raises
    ------
    NotFoundError
        A number does not hold yet on the day.
    SetupError
        A number of the rule book cannot be used; names it.
    """
    value = {name: policy.value(name, day) for name in _COMMON}
    decimals, shares = value["evaluation_score_decimals"], _shares(value["evaluation_grade_shares"])
    score, grade = {}, {}
    for code in LISTS:
        score[code] = ScoreRules(
            weights=_weights(policy, f"evaluation_weights_{code}", day),
            given_bases=_items(policy, f"evaluation_bases_{code}", day),
            base_multiple=float(value["evaluation_base_multiple"]),
            cap=float(value["evaluation_item_cap"]) or None,
            floor=float(value["evaluation_item_floor"]),
            averaged=tuple(
                _known_items("evaluation_missing_as_average", value["evaluation_missing_as_average"])
            ),
        )
        grade[code] = GradeRules(
            shares=shares,
            score_decimals=int(decimals),
            outright_in_quota=bool(value["evaluation_outright_in_quota"]),
        )
    effects = {str(code): str(effect) for code, effect in value["evaluation_veto_effects"].items()}
    for effect in (*effects.values(), *filter(None, [value["evaluation_tax_floor_effect"]])):
        _require(effect in VETO_EFFECTS, "evaluation_veto_effects", f"后果“{effect}”应为 D 或 no_AB")
    return EvaluationRules(
        score=score,
        grade=grade,
        veto_effects=effects,
        exempt_years={str(code): float(years) for code, years in value["evaluation_exempt_years"].items()},
        no_exemption=tuple(value["evaluation_no_exemption"]),
        tax_floors={
            code: float(policy.value(name, day))
            for code, name in FLOORS.items()
            if policy.number(name).is_in_force(day)
        },
        tax_floor_effect=str(value["evaluation_tax_floor_effect"]),
        small_land_mu=float(value["evaluation_small_land_mu"]),
        tenants_first=bool(value["evaluation_tenants_first"]),
    )


def _weights(policy: Policy, number_id: str, day: date) -> Mapping[str, float]:
    weights = _items(policy, number_id, day)
    _require(all(weight >= 0 for weight in weights.values()), number_id, "分值不能为负")
    _require(sum(weights.values()) > 0, number_id, "分值合计为零，打不了分")
    return {name: weight for name, weight in weights.items() if weight > 0}


def _items(policy: Policy, number_id: str, day: date) -> dict[str, float]:
    content = policy.value(number_id, day)
    _known_items(number_id, content)
    return {str(name): float(value) for name, value in content.items()}


def _known_items(number_id: str, names: Any) -> Any:
    for name in names:
        _require(name in ITEMS, number_id, f"不认识的指标“{name}”；可用：{'、'.join(ITEMS)}")
    return names


def _shares(content: Mapping[str, float]) -> dict[str, float]:
    number_id = "evaluation_grade_shares"
    _require(set(content) == {"A", "B", "D"}, number_id, "应为 A、B、D 三档的比例，C 为其余")
    shares = {grade: float(share) for grade, share in content.items()}
    _require(
        min(shares.values()) >= 0 and sum(shares.values()) <= 1, number_id, "比例应不小于 0，合计不大于 1"
    )
    return shares


def _require(condition: bool, number_id: str, complaint: str) -> None:
    if not condition:
        raise SetupError(f"规则库 evaluation.toml 的 [{number_id}]：{complaint}。")


def parse_weights(text: str) -> dict[str, float]:
    """Return the weights that an address gives: "tax_per_mu:40,value_added_per_mu:10".

    Raises
    ------
    UsageError
        An unknown indicator, one twice, no number, or all of them zero; says what is right.

    Examples
    --------
    >>> parse_weights("tax_per_mu:40,rd_share:0")
    {'tax_per_mu': 40.0}
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.strip().partition(":")
        if name not in ITEMS:
            raise UsageError(f"分值里有不认识的指标“{name[:40]}”；可用：{'、'.join(ITEMS)}。")
        if name in weights:
            raise UsageError(f"分值里“{ITEMS[name].zh}”出现了两次。请只写一次。")
        weights[name] = _weight(number, ITEMS[name].zh)
    if sum(weights.values()) <= 0:
        raise UsageError("各项分值合计为零，打不了分。请至少给一项大于零的分值。")
    return {name: weight for name, weight in weights.items() if weight > 0}


def _weight(text: str, zh: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 <= weight <= _MOST_WEIGHT:
        raise UsageError(f"“{zh}”的分值“{text[:20]}”应为 0 到 {_MOST_WEIGHT:g} 的数，如 tax_per_mu:40。")
    return weight


def weights_text(weights: Mapping[str, float]) -> str:
    """Return weights as an address says them; read back by `parse_weights`."""
    return ",".join(f"{name}:{weight:g}" for name, weight in weights.items())


def with_weights(rules: EvaluationRules, code: str, weights: Mapping[str, float]) -> EvaluationRules:
    """Return the rules with other weights for one list; the rules given stay as they are."""
    return replace(rules, score={**rules.score, code: replace(rules.score[code], weights=dict(weights))})


def rule_numbers(policy: Policy, day: date, code: str) -> tuple[ProofNumber, ...]:
    """Return the numbers of the rule book that a list is evaluated by, in words, with clause and source."""
    names = (f"evaluation_weights_{code}", f"evaluation_bases_{code}", *_COMMON, FLOORS[code])
    return tuple(proof_number(policy, name, day, _words) for name in names)


def _words(value: Any, unit: str) -> str:
    units = {"mu": " 亩", "month": " 个月", "factor": " 倍", "wan_per_mu": " 万元/亩"}
    match value:
        case bool():
            return _YES[value]
        case dict():
            pairs = (f"{_name(name)} {_plain(part, unit)}" for name, part in value.items())
            return "；".join(pairs) or "没有规定"
        case list():
            return "、".join(map(_name, value)) or "没有"
        case str():
            return VETO_EFFECTS.get(value, _CODE_WORDS.get(value, value)) or "只提示"
        case _:
            return _plain(value, unit) + units.get(unit, "")


def _plain(value: Any, unit: str) -> str:
    if isinstance(value, str):
        return VETO_EFFECTS.get(value, value)
    return limit_text(value) if unit == "share" else f"{value:g}"


_CODE_WORDS = {
    "occupied": "自己用的", "owned": "全部自有", "occupancies": "用地关系", "reported": "填报",
    "major_accident": "重大安全事故", "environment": "环保重大违法", "obsolete": "淘汰类产能", "dishonest": "严重失信",
    "illegal_land": "违法用地", "overdue": "约定期未投产", "new_firm": "新办企业", "new_land": "新供地",
}  # fmt: skip


def _name(code: Any) -> str:
    name = str(code)
    return ITEMS[name].zh if name in ITEMS else _CODE_WORDS.get(name, name)
