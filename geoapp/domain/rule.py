"""What a rule is: a question to a plot, supply, project, transaction or line, answered yes, no or unknown."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pandas as pd

from geoapp.domain.policy import CERTAINTY_WORDS
from geoapp.units import number_text


class Verdict(StrEnum):
    """A rule's answer. What is missing makes it unknown, never no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Purpose(StrEnum):
    """What a rule is there for. Only those of low efficiency raise the suspicion that a plot is low-efficiency land."""

    LOW_EFFICIENCY = "low_efficiency"
    IDLE = "idle"
    INTENSITY = "intensity"
    SUPPORT = "support"
    LINE = "line"
    SUPPLY = "supply"
    SECOND_DEVELOPMENT = "second_development"
    ADMISSION = "admission"
    PRICE = "price"
    MICRO_PARK = "micro_park"


PURPOSE_WORDS = {
    Purpose.LOW_EFFICIENCY: "低效用地认定",
    Purpose.IDLE: "闲置土地认定",
    Purpose.INTENSITY: "建设用地控制指标",
    Purpose.SUPPORT: "配套设施占比",
    Purpose.LINE: "工业控制线管控",
    Purpose.SUPPLY: "新增供地与标准地",
    Purpose.SECOND_DEVELOPMENT: "二次开发核查",
    Purpose.ADMISSION: "二级市场准入审查",
    Purpose.PRICE: "二级市场价格核对",
    Purpose.MICRO_PARK: "小微企业园认定条件",
}
"""In the order of the rule book."""


class Subject(StrEnum):
    """What a rule is asked about."""

    PLOT = "plot"
    SUPPLY = "supply"
    PROJECT = "project"
    TRANSACTION = "transaction"
    MICRO_PARK = "micro_park"
    CONTROL_LINE = "control_line"
    DISTRICT = "district"


SUBJECT_WORDS = {
    Subject.PLOT: ("地块", "宗"),
    Subject.SUPPLY: ("供地", "宗"),
    Subject.PROJECT: ("项目", "个"),
    Subject.TRANSACTION: ("交易", "笔"),
    Subject.MICRO_PARK: ("小微园", "个"),
    Subject.CONTROL_LINE: ("控制线", "条"),
    Subject.DISTRICT: ("全区", "个"),
}
"""What it is called and how it is counted."""


class Effect(StrEnum):
    """What a yes means: something is wrong, or something is allowed."""

    FINDING = "finding"
    ENTITLEMENT = "entitlement"


EFFECT_WORDS = {
    Effect.FINDING: {Verdict.YES: "命中", Verdict.NO: "未命中", Verdict.UNKNOWN: "资料不全"},
    Effect.ENTITLEMENT: {Verdict.YES: "适用", Verdict.NO: "不适用", Verdict.UNKNOWN: "资料不全"},
}

_DIVISION = re.compile(r"\d{2}")
Numbers = Mapping[str, Any]
"""Policy numbers in force, by id."""
Formula = Callable[[pd.DataFrame, Numbers], pd.Series]
ThresholdOf = Callable[[Mapping[Any, Any], Numbers], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `formula` asks all its subjects at once; the rest says in words what it found."""

    id: str
    zh: str
    thresholds: tuple[str, ...]
    """Ids of the policy numbers it uses; the first is the one that reasons show and whose clause they cite."""
    needs: Mapping[str, str]
    """Columns of the subject's facts it reads, with their Chinese words; the first is the one measured."""
    formula: Formula
    """(facts, numbers) -> "boolean" Series on the facts' index: true, false or missing where unknown."""
    sentence: str
    """The reason in Chinese with {measured} and {threshold}; needs and thresholds may also stand in it by name."""
    purpose: Purpose = Purpose.LOW_EFFICIENCY
    subject: Subject = Subject.PLOT
    effect: Effect = Effect.FINDING
    basis: str = ""
    """The formula in Chinese, without numbers."""
    is_supplementary: bool = False
    """Its facts are noted case by case: that it cannot answer does not make a plot's low efficiency unknown."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Units of needs that are not in that of the first threshold."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What codes in needs and thresholds mean."""
    tells: Mapping[str, str] = field(default_factory=dict)
    """More columns of the facts that its sentence may name, with their Chinese words; it answers without them."""
    decided_on: str = ""
    """Column of the facts, one of `tells`, with the day on which a subject was decided: it is held against the numbers
    of that day, so that what was approved under an older rule stays right. Empty: against those of the day asked."""
    threshold_of: ThresholdOf | None = None
    """(facts of one subject, numbers) -> its threshold, None where unknown; where not all have the same."""

    @property
    def measured(self) -> str:
        """The column that is held against the threshold."""
        return next(iter(self.needs))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHit:
    """A rule's answer about one subject, with what an official needs to check it."""

    rule_id: str
    zh: str
    verdict: Verdict
    measured: Any
    threshold: Any
    unit: str
    source: str
    clause: str
    certainty: str
    day: date
    """The day whose thresholds were used."""
    missing: tuple[str, ...]
    """Chinese words of the facts that were missing."""
    sentence: str
    purpose: Purpose = Purpose.LOW_EFFICIENCY
    effect: Effect = Effect.FINDING
    is_supplementary: bool = False
    """See `Rule.is_supplementary`."""
    is_unfounded: bool = False
    """The office keeps no record at all of a fact that is missing (资料未建)."""
    measured_unit: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    """What codes in measured and threshold mean."""
    is_bound: bool = True
    """Whether the rule held when the subject was decided, see `Rule.decided_on`; otherwise there is no threshold."""

    @property
    def measured_zh(self) -> str:
        """The measured value as an official writes it, with its unit; 不明 where it is missing."""
        unit = self.measured_unit or self.unit
        return measured_text(self.measured, unit, self.threshold, self.unit, self.words)

    @property
    def threshold_zh(self) -> str:
        """The threshold as an official writes it, with its unit; 不明 where it is not known which applies."""
        return "不适用" if not self.is_bound else value_text(self.threshold, self.unit, words=self.words)

    @property
    def certainty_zh(self) -> str:
        """How sure the threshold is, in Chinese."""
        return CERTAINTY_WORDS[self.certainty]

    @property
    def verdict_zh(self) -> str:
        """The answer in Chinese."""
        return EFFECT_WORDS[self.effect][self.verdict]


def is_below(values: pd.Series, limit: Any) -> pd.Series:
    """Return whether each value is strictly below the limit (one, or one per value); missing where either is.

    Examples
    --------
    >>> is_below(pd.Series([0.9, 1.0, None]), 1.0).tolist()
    [True, False, <NA>]
    """
    return _compared(values < limit, values, limit)


def is_above(values: pd.Series, limit: Any) -> pd.Series:
    """Return whether each value is strictly above the limit (one, or one per value); missing where either is.

    Examples
    --------
    >>> is_above(pd.Series([0.2, 0.15, None]), 0.15).tolist()
    [True, False, <NA>]
    """
    return _compared(values > limit, values, limit)


def is_at_least(values: pd.Series, limit: Any) -> pd.Series:
    """Return whether each value is the limit or above it; missing where the value is.

    Examples
    --------
    >>> is_at_least(pd.Series([12.0, 11.9, None]), 12).tolist()
    [True, False, <NA>]
    """
    return _compared(values >= limit, values, limit)


def _compared(answer: pd.Series, values: pd.Series, limit: Any) -> pd.Series:
    is_unknown = values.isna() | limit.isna() if isinstance(limit, pd.Series) else values.isna()
    return answer.astype("boolean").mask(is_unknown)


def is_among(values: pd.Series, listed: Collection[str]) -> pd.Series:
    """Return whether each value is one of those listed; missing where the value is.

    Examples
    --------
    >>> is_among(pd.Series(["D", "A", None], dtype="str"), ["D"]).tolist()
    [True, False, <NA>]
    """
    return values.isin(list(listed)).astype("boolean").mask(values.isna())


def industry_division(codes: pd.Series) -> pd.Series:
    """Return the two digits of an industry's division (大类), with or without the section's letter before them.

    Examples
    --------
    >>> industry_division(pd.Series(["3441", "C3240", None], dtype="str")).tolist()
    ['34', '32', nan]
    """
    return codes.map({code: division_of(code) for code in codes.dropna().unique()}).astype("str")


def division_of(code: str) -> str | None:
    """Return the division of one industry code; None where it has no two digits.

    Examples
    --------
    >>> division_of("C3240"), division_of("C")
    ('32', None)
    """
    found = _DIVISION.search(code)
    return found[0] if found else None


CODE_JOINT = "、"


def has_any_of(values: pd.Series, listed: Collection[str]) -> pd.Series:
    """Return whether any of several codes joined by 、 is one of those listed; missing where the value is.

    Examples
    --------
    >>> has_any_of(pd.Series(["safety、default", "default", "", None], dtype="str"), ["safety", "fire"]).tolist()
    [True, False, False, <NA>]
    """
    known = values.dropna().unique()
    hits = [value for value in known if not set(value.split(CODE_JOINT)).isdisjoint(listed)]
    return is_among(values, hits)


UNIT_WORDS = {
    "wan_per_mu": " 万元/亩", "month": " 个月", "year": " 年", "day": " 天",
    "mu": " 亩", "m2": " 平方米", "count": " 项", "enterprise": " 家",
}  # fmt: skip
"""Behind numbers; a share is written as a percentage, a plot ratio without anything."""
_WHOLE_UNITS = ("month", "year", "day", "count", "enterprise")


def value_text(
    value: Any, unit: str, decimals: int = 2, words: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return a measured value or threshold as an official writes it, with its unit.

    Examples
    --------
    >>> value_text(3.456, "wan_per_mu"), value_text(0.285, "share"), value_text(["C", "D"], "code")
    ('3.46 万元/亩', '28.50%', 'C、D')
    >>> value_text(None, "far"), value_text(True, "far"), value_text(12.0, "month")
    ('不明', '是', '12 个月')
    >>> value_text({"34": 0.7}, "far")
    '按行业，1 个'
    >>> value_text("safety、fire", "code", words={"safety": "安全", "fire": "消防"})
    '安全、消防'
    >>> value_text(date(2026, 3, 1), "day")
    '2026-03-01'
    """
    if isinstance(value, Mapping):
        return f"按行业，{len(value)} 个"
    if isinstance(value, list | tuple):
        return CODE_JOINT.join(words.get(str(code), str(code)) for code in value)
    if pd.isna(value):
        return "不明"
    if isinstance(value, str):
        return CODE_JOINT.join(words.get(code, code) for code in value.split(CODE_JOINT))
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    if pd.api.types.is_bool(value):
        return "是" if value else "否"
    if unit == "share":
        return number_text(value, f".{decimals}%")
    return _number_text(value, unit, decimals) + UNIT_WORDS.get(unit, "")


def fact_text(value: Any, unit: str, words: Mapping[str, str]) -> str:
    """Return a fact as an official writes it; 无 for the empty text, which says that there is none."""
    return "无" if isinstance(value, str) and not value else value_text(value, unit, words=words)


def measured_text(
    measured: Any, unit: str, threshold: Any, threshold_unit: str, words: Mapping[str, str]
) -> str:
    """Return a measured value with enough decimals that it does not look equal to the threshold it misses.

    Examples
    --------
    >>> measured_text(4.9999, "wan_per_mu", 5.0, "wan_per_mu", {}), measured_text("", "code", ["fire"], "code", {})
    ('4.999900 万元/亩', '无')
    """
    text = fact_text(measured, unit, words)
    is_close = isinstance(measured, float) and text == value_text(threshold, threshold_unit)
    return value_text(measured, unit, 6, words) if is_close and measured != threshold else text


def _number_text(value: float, unit: str, decimals: int) -> str:
    is_whole = unit in _WHOLE_UNITS and float(value).is_integer()
    return number_text(value, f".{0 if is_whole else decimals}f")
