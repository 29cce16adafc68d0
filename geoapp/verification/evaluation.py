"""The evaluation per 亩 of a year, enterprise by enterprise: land, lists, points, scores, ranks and grades."""

import math
from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

import shapely

from geoapp.domain.evaluation import ITEMS, LISTS
from geoapp.errors import UsageError
from geoapp.verification.enterprise_land import Land, Line, by_land, land_by_enterprise, land_lines
from geoapp.verification.evaluation_marks import HELD_BACK, OUTRIGHT, Marks, Number, marks_of_year
from geoapp.verification.plots import M2_PER_MU, site_area_m2
from geoapp.verification.source import Row, Source
from geoapp.verification.supplies import quotient

GRADES = ("A", "B", "C", "D")
EXEMPT, NO_GRADE = "T", ""
_UNKNOWN_LAND = Land(owned=None, leased_in=None, leased_out=None, used=None)
_FLOORS = {code: "low_tax_above_scale" if code == "above_scale" else "low_tax_below_scale" for code in LISTS}


@dataclass(slots=True, kw_only=True)
class Firm:
    """One enterprise; None is unknown."""

    uscc: str
    row: Row
    """Its figures of the year; empty where nothing was reported."""
    is_above_scale: bool | None
    is_owner: bool | None
    land: Land
    land_m2: float | None
    """The area that the evaluation uses."""
    marks: Marks
    listed: str = ""
    veto: str = ""
    """With what low tax does."""
    values: dict[str, float | None] = field(default_factory=dict)
    points: dict[str, float | None] = field(default_factory=dict)
    score: float | None = None
    rank: int | None = None
    own_grade: str = NO_GRADE
    grade: str = NO_GRADE
    is_following: bool = False

    def figure(self, name: str) -> float | None:
        """Return a numerator or denominator of an item."""
        if name == "land_mu":
            return None if self.land_m2 is None else self.land_m2 / M2_PER_MU
        found: float | None = self.row.get(name)
        return found

    @property
    def tax_wan_per_mu(self) -> float | None:
        """Return the tax per 亩."""
        return quotient(self.figure("tax_wan"), self.figure("land_mu"))


@dataclass(frozen=True, slots=True)
class YearResult:
    """A year's evaluation."""

    firms: Sequence[Firm]
    bases: Mapping[str, Mapping[str, tuple[float | None, int]]]
    """By list and item: the base value, and of how many enterprises it was made."""
    weights: Mapping[str, Mapping[str, float]]
    """By list: the points of the items that it uses."""
    lines: Sequence[Line]
    """Who had what land on which plot."""


def plain_evaluation(
    source: Source, year: int, code: str = "", weights: Mapping[str, float] | None = None
) -> YearResult:
    """Return the evaluation of a year.

    Parameters
    ----------
    source : Source
    year : int
    code : str
        With other weights than the rule book's: the list that they are for, which is evaluated alone.
    weights : mapping, optional
        Points by item.
    """
    on = _rules_day(source, year)

    def number(name: str) -> Any:
        return source.policy.value(name, on)

    lines = _lines(source, year, number)
    firms = _firms(source, year, lines, number)
    for firm in firms:
        firm.listed = _list_of(firm, number)
        firm.veto = _veto(source, firm, on, number)
    if weights is not None:
        firms = [firm for firm in firms if firm.listed == code]
    bases, points = {}, {}
    for listed in LISTS:
        members = [firm for firm in firms if firm.listed == listed]
        chosen = number(f"evaluation_weights_{listed}")
        if weights is not None and listed == code:
            chosen = weights
        points[listed] = {name: weight for name, weight in chosen.items() if weight > 0}
        bases[listed] = _score(members, chosen, number(f"evaluation_bases_{listed}"), number)
        _grade([firm for firm in members if not firm.marks.is_exempt], number)
    for firm in firms:
        firm.own_grade = EXEMPT if firm.marks.is_exempt else firm.own_grade
        firm.grade = firm.own_grade
    _follow(source, firms, lines, number)
    return YearResult(firms, bases, points, lines)


def _rules_day(source: Source, year: int) -> date:
    """Return the day whose rules hold: so many months after the year's end, if that has passed."""
    months = int(source.number("evaluation_rules_months"))
    last_year, last_month = year + (11 + months) // 12, (11 + months) % 12 + 1
    return min(source.day, date(last_year, last_month, monthrange(last_year, last_month)[1]))


def _lines(source: Source, year: int, number: Number) -> list[Line]:
    sites = {row["plot_code"]: site_area_m2(source, row) for row in source.rows("plots")}
    return land_lines(
        source, year, sites, owns_all=number("evaluation_owner_area") == "owned",
        by_days=number("evaluation_land_by_days"),
    )  # fmt: skip


def _firms(source: Source, year: int, lines: Sequence[Line], number: Number) -> list[Firm]:
    rows = {row["uscc"]: row for row in source.rows("performance") if row["year"] == year}
    if not rows:
        raise UsageError(f"指纹里的 {year} 年没有亩均评价数据，不能核对。")
    registered = {row["uscc"]: row for row in source.rows("enterprises")}
    lands = land_by_enterprise(lines)
    owners = {line.uscc for line in lines if line.is_owner}
    codes = sorted({*rows, *lands})
    marks = marks_of_year(source, year, codes, number)
    order = number("evaluation_land_order")
    firms = []
    for uscc in codes:
        row, land = rows.get(uscc, {}), lands.get(uscc, _UNKNOWN_LAND)
        areas = {"occupancies": land.used, "reported": row.get("land_area_m2")}
        known = [areas[name] for name in order if areas[name] is not None]
        firms.append(
            Firm(
                uscc=uscc, row=row, is_above_scale=registered.get(uscc, {}).get("is_above_scale"), land=land,
                is_owner=uscc in owners if uscc in lands else None, land_m2=known[0] if known else None,
                marks=marks.get(uscc, Marks()),
            )
        )  # fmt: skip
    return firms


def _list_of(firm: Firm, number: Number) -> str:
    recorded = firm.row.get("list")
    if recorded in LISTS:
        return str(recorded)
    if firm.is_owner is False and (number("evaluation_tenants_first") or firm.is_above_scale is False):
        return "tenant"
    if firm.is_above_scale:
        return "above_scale"
    if None in (firm.is_above_scale, firm.is_owner) or firm.land_m2 is None:
        return ""
    is_large = firm.land_m2 * 15 / 10_000 >= number("evaluation_small_land_mu")
    return "below_scale_large" if is_large else "below_scale_small"


def _veto(source: Source, firm: Firm, on: date, number: Number) -> str:
    """Return the stronger of what the bureau and low tax say; the lowest grade stays whatever the tax."""
    if firm.marks.veto == OUTRIGHT or not firm.listed:
        return firm.marks.veto
    as_large = firm.listed == "tenant" and firm.is_above_scale
    floor = source.policy.number(_FLOORS["above_scale" if as_large else firm.listed])
    tax = firm.tax_wan_per_mu
    is_low = tax is not None and floor.is_in_force(on) and tax < floor.on(on)
    return (number("evaluation_tax_floor_effect") if is_low else "") or firm.marks.veto


def _score(
    members: Sequence[Firm], weights: Mapping[str, float], given: Mapping[str, float], number: Number
) -> dict[str, tuple[float | None, int]]:
    """Give the members of a list values, points and a score; return the base values."""
    bases = {}
    for name, weight in weights.items():
        if weight <= 0:
            continue
        bases[name] = _base(members, name, given, number)
        _give_points(members, name, weight, bases[name][0], number)
    for firm in members:
        known = [points for points in firm.points.values() if points is not None]
        if len(known) == len(firm.points):
            firm.score = max(0.0, math.fsum(known) + firm.marks.bonus - firm.marks.malus)
    return bases


def _base(
    members: Sequence[Firm], name: str, given: Mapping[str, float], number: Number
) -> tuple[float | None, int]:
    item = ITEMS[name]
    known = []
    for firm in members:
        over, under = firm.figure(item.numerator), firm.figure(item.denominator)
        firm.values[name] = quotient(over, None if under is None else under / item.denominator_per)
        if firm.values[name] is not None and over is not None and under is not None:
            known += [] if firm.marks.is_exempt else [(over, under)]
    sums = math.fsum(over for over, _ in known), math.fsum(under for _, under in known)
    mean = quotient(sums[0], sums[1] / item.denominator_per)
    base = None if mean is None else mean * number("evaluation_base_multiple")
    base = given.get(name, base)
    return (base if base is not None and base > 0 else None), len(known)


def _give_points(
    members: Sequence[Firm], name: str, weight: float, base: float | None, number: Number
) -> None:
    most, least = number("evaluation_item_cap") or math.inf, number("evaluation_item_floor")
    for firm in members:
        ratio = quotient(firm.values[name], base)
        firm.points[name] = None if ratio is None else min(max(ratio, least), most) * weight
    known = [
        points for firm in members if not firm.marks.is_exempt and (points := firm.points[name]) is not None
    ]
    if known and name in number("evaluation_missing_as_average"):
        average = math.fsum(known) / len(known)
        for firm in members:
            firm.points[name] = average if firm.points[name] is None else firm.points[name]


def _grade(members: Sequence[Firm], number: Number) -> None:
    """Rank the members of a list that take part, and give grades by quota; a veto comes before that."""
    decimals = int(number("evaluation_score_decimals"))
    keys = {}
    for firm in members:
        firm.own_grade = "D" if firm.veto == OUTRIGHT else NO_GRADE
        if firm.score is not None:
            tax = firm.tax_wan_per_mu
            keys[firm.uscc] = -round(firm.score, decimals), math.inf if tax is None else -tax
    order = sorted((firm for firm in members if firm.uscc in keys), key=lambda f: (*keys[f.uscc], f.uscc))
    for position, firm in enumerate(order):
        before = order[position - 1]
        is_equal = position > 0 and keys[before.uscc] == keys[firm.uscc]
        firm.rank = before.rank if is_equal else position + 1
    outright = sum(firm.veto == OUTRIGHT for firm in members) if number("evaluation_outright_in_quota") else 0
    _deal([firm for firm in order if firm.veto != OUTRIGHT], outright, number("evaluation_grade_shares"))


def _deal(order: Sequence[Firm], outright: int, shares: Mapping[str, float]) -> None:
    """Give the grades by quota, best first; the outright ones take places of the last grade."""
    count = len(order) + outright
    exact = {grade: Fraction(str(float(share))) * count for grade, share in shares.items()}
    best, good = math.floor(exact["A"]), math.floor(exact["B"])
    last = max(0, min(math.ceil(exact["D"]), count - best - good) - outright)
    for firm in order:
        firm.own_grade = "C"
    free = [firm for firm in order if firm.veto != HELD_BACK]
    for firm in free[: best + good]:
        firm.own_grade = "B"
    for firm in free[:best]:
        firm.own_grade = "A"
    rest = [firm for firm in order if firm.own_grade == "C"]
    for firm in rest[len(rest) - min(last, len(rest)) :]:
        firm.own_grade = "D"


def _follow(source: Source, firms: Sequence[Firm], lines: Sequence[Line], number: Number) -> None:
    """Let small tenants carry the grade of the owner of the plot on which they use most land."""
    below_mu = float(number("evaluation_follow_owner_mu"))
    if below_mu <= 0:
        return
    of_plot: dict[str, list[Line]] = defaultdict(list)
    of_uscc: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        of_uscc[line.uscc].append(line)
        of_plot[line.plot_code] += [line] if line.is_owner else []
    apart = set() if number("evaluation_follow_in_micro_parks") else _plots_in_micro_parks(source)
    of_firm = {firm.uscc: firm for firm in firms}
    for firm in firms:
        land_mu = firm.figure("land_mu")
        own = of_uscc[firm.uscc]
        is_small = land_mu is not None and land_mu < below_mu and firm.listed != "above_scale"
        if not own or not is_small or any(line.is_owner for line in own):
            continue
        plot = min(own, key=lambda line: (*by_land(line)[:2], line.plot_code)).plot_code
        first = min(of_plot[plot], key=by_land, default=None)
        owner = None if first is None else of_firm.get(first.uscc)
        if owner is not None and owner.own_grade in GRADES and plot not in apart:
            firm.grade, firm.is_following = owner.own_grade, True


def _plots_in_micro_parks(source: Source) -> Collection[str]:
    parks = [row["geometry"] for row in source.rows("micro_parks") if row["geometry"] is not None]
    return {
        row["plot_code"]
        for row in source.rows("plots")
        if row["geometry"] is not None
        and any(shapely.within(shapely.point_on_surface(row["geometry"]), park) for park in parks)
    }
