"""What the evaluation per 亩 (亩均效益综合评价) is made of: lists, items, grades and the rules of a year."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LISTS = {
    "above_scale": "规上",
    "below_scale_large": "规下3亩及以上",
    "below_scale_small": "规下3亩以下",
    "tenant": "租赁企业",
}
"""By the code of the performance register, in the order of pages."""
GRADES = ("A", "B", "C", "D")
EXEMPT = "T"
"""Not evaluated."""
OURS, OFFICIAL, REPORTED = "ours", "official", "reported"
GRADE_SOURCES = {OURS: "本系统固化的结果", OFFICIAL: "官方公布的结果", REPORTED: "亩均评价台账填报"}
"""Where a grade of a year may come from: the codes of the results register, and the performance register."""
GRADE_NUMBERS = {"": 0.0, "A": 1.0, "B": 2.0, "C": 3.0, "D": 4.0, EXEMPT: 5.0}
"""Grades as the fingerprint takes them."""
DIFFERENCE_WORDS = {
    "": "", "not_there": "对方没有这家企业", "not_here": "本系统没有这家企业当年的数据", "list": "名单不同",
    "exemption": "只有一方列为不参评", "missing": "只有一方有档次，另一方资料不全", "veto": "本系统有否决情形",
    "score": "得分不同", "limit": "得分相同，档次界线不同（名额、否决或并列的取舍）",
}  # fmt: skip
"""Why two results grade an enterprise differently."""
FIRM_FIGURES = (
    "rank", "score", "grade", "land_m2", "owned_m2", "leased_in_m2", "leased_out_m2", "bonus", "malus",
)  # fmt: skip
"""Of an enterprise, in the order in which the fingerprint takes them."""
OUTRIGHT_D, NO_AB = "D", "no_AB"
VETO_EFFECTS = {OUTRIGHT_D: "直接列入D类", NO_AB: "不得评为A、B类"}
WHY_NUMERATOR, WHY_DENOMINATOR, WHY_ZERO, WHY_BASE = "numerator", "denominator", "zero", "base"
"""Why an item has no value or no points: which part is missing, a division by nothing, no base value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationItem:
    """One indicator of the evaluation: a ratio of two figures of the performance register."""

    id: str
    zh: str
    numerator: str
    """Column of the figures."""
    denominator: str
    numerator_zh: str
    denominator_zh: str
    unit_zh: str
    denominator_per: float = 1.0
    """How much of the denominator makes one of the unit shown: 10000 kWh are one 万千瓦时."""
    decimals: int = 2


ITEMS = {
    item.id: item
    for item in (
        EvaluationItem(
            id="tax_per_mu", zh="亩均税收", numerator="tax_wan", denominator="land_mu",
            numerator_zh="评价税收", denominator_zh="用地面积", unit_zh="万元/亩",
        ),
        EvaluationItem(
            id="value_added_per_mu", zh="亩均增加值", numerator="value_added_wan", denominator="land_mu",
            numerator_zh="工业增加值", denominator_zh="用地面积", unit_zh="万元/亩",
        ),
        EvaluationItem(
            id="value_added_per_energy", zh="单位能耗增加值", numerator="value_added_wan", denominator="energy_tce",
            numerator_zh="工业增加值", denominator_zh="综合能耗", unit_zh="万元/吨标准煤", decimals=3,
        ),
        EvaluationItem(
            id="value_added_per_emission", zh="单位排放增加值", numerator="value_added_wan",
            denominator="emission_t", numerator_zh="工业增加值", denominator_zh="主要污染物排放量", unit_zh="万元/吨",
        ),
        EvaluationItem(
            id="value_added_per_staff", zh="全员劳动生产率", numerator="value_added_wan", denominator="staff",
            numerator_zh="工业增加值", denominator_zh="年平均职工人数", unit_zh="万元/人",
        ),
        EvaluationItem(
            id="rd_share", zh="研发经费占营业收入", numerator="rd_wan", denominator="revenue_wan",
            numerator_zh="研发经费支出", denominator_zh="营业收入", unit_zh="%", denominator_per=100.0,
        ),
        EvaluationItem(
            id="tax_per_power", zh="单位电耗税收", numerator="tax_wan", denominator="power_kwh",
            numerator_zh="评价税收", denominator_zh="用电量", unit_zh="万元/万千瓦时", denominator_per=10_000.0,
            decimals=4,
        ),
        EvaluationItem(
            id="revenue_per_mu", zh="亩均营业收入", numerator="revenue_wan", denominator="land_mu",
            numerator_zh="营业收入", denominator_zh="用地面积", unit_zh="万元/亩",
        ),
    )
}  # fmt: skip
"""The six items of enterprises above scale, and the two that lists below scale may use besides, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRules:
    """How the scores of one list come about."""

    weights: Mapping[str, float]
    """Points by item."""
    given_bases: Mapping[str, float] = field(default_factory=dict)
    """Base values that a document gives, in the item's unit; the others are computed."""
    base_multiple: float = 1.0
    """Of the mean, for those computed."""
    cap: float | None = 1.5
    """Most of its weight that an item may give; None is no cap."""
    floor: float | None = 0.0
    """Least of its weight, so that a negative figure takes nothing away; None is no floor."""
    averaged: tuple[str, ...] = ()
    """Items whose missing figure gives the average points of the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeRules:
    """How scores of one list become grades."""

    shares: Mapping[str, float]
    """Of A, B and D (0 to 1); C is the rest. Counts are rounded down for A and B and up for D."""
    score_decimals: int = 2
    """Scores that are equal when rounded so are a tie."""
    outright_in_quota: bool = False
    """Whether enterprises that a veto puts into D take places of the D quota."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRules:
    """The rules of a year."""

    score: Mapping[str, ScoreRules]
    """By list."""
    grade: Mapping[str, GradeRules]
    veto_effects: Mapping[str, str]
    """Effect of a veto by its code: D, or no_AB."""
    exempt_years: Mapping[str, float]
    """How long an exemption holds from its first day, by its code; others hold as long as they stand there."""
    no_exemption: tuple[str, ...]
    """Veto codes with which no exemption holds."""
    tax_floors: Mapping[str, float]
    """Tax per 亩 (万元/亩) below which a list's enterprise is flagged."""
    tax_floor_effect: str
    """What that does to the grade: "", D or no_AB."""
    small_land_mu: float
    """From which land on a firm below scale is in the list of the larger ones."""
    tenants_first: bool
    """Whether a firm above scale without land of its own is in the list of tenants."""
