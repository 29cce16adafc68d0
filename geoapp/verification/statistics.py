"""The columns of a zone table computed plainly, one row and one plot after the other; math.fsum never rounds."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from geoapp.verification.development import Verdict
from geoapp.verification.plots import M2_PER_MU, Plot
from geoapp.verification.revitalised import Revitalised

Value = float | None
NOT_JUDGED = Verdict(None, None)
_GRADES = ("a", "b", "c", "d", "t")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the columns read of one plot."""

    plot: Plot
    revitalised: Revitalised
    verdict: Verdict = NOT_JUDGED


@dataclass(frozen=True, slots=True)
class Seen:
    """One row of the table: the plots that lie in it with their share, and those counted in it."""

    parts: Sequence[tuple[Facts, float]]
    counted: Sequence[Facts]


Column = Callable[[Seen], Value]


@dataclass(frozen=True, slots=True)
class PlainColumn:
    """One column of the published table."""

    zh: str
    kind: str
    """count, land, floor, percent or plain: how the numbers are published."""
    compute: Column


def _total(values: Iterable[tuple[Value, float]]) -> Value:
    """Return a weighted sum: 0 of nothing, None where nothing is known."""
    found = list(values)
    known = [value * weight for value, weight in found if value is not None]
    return None if found and not known else math.fsum(known)


def summed(read: Callable[[Facts], Value]) -> Column:
    """Return what adds up a value of each plot by the share of it that lies in the row."""
    return lambda seen: _total((read(facts), share) for facts, share in seen.parts)


def _count(read: Callable[[Facts], bool | None]) -> Column:
    def column(seen: Seen) -> Value:
        return _total((None if (answer := read(f)) is None else float(answer), 1.0) for f in seen.counted)

    return column


def _number_of(read: Callable[[Facts], bool]) -> Column:
    return lambda seen: float(sum(read(facts) for facts in seen.counted))


def _ratio(above: Callable[[Facts], Value], below: Callable[[Facts], Value]) -> Column:
    def column(seen: Seen) -> Value:
        pairs = [(above(facts), below(facts), share) for facts, share in seen.parts]
        usable = [
            (a * share, b * share) for a, b, share in pairs if a is not None and b is not None and b > 0
        ]
        whole = math.fsum(b for _, b in usable)
        return math.fsum(a for a, _ in usable) / whole if whole > 0 else None

    return column


def _known(read: Callable[[Facts], Value]) -> Column:
    """Return the share of land whose value is known."""

    def column(seen: Seen) -> Value:
        sizes = [
            (read(f) is not None, (site_area(f) or 0.0) * share)
            for f, share in seen.parts
            if (site_area(f) or 0.0) > 0
        ]
        whole = math.fsum(size for _, size in sizes)
        return math.fsum(size for is_known, size in sizes if is_known) / whole if whole > 0 else None

    return column


def site_area(facts: Facts) -> Value:
    """Return the land of a plot."""
    return facts.plot.site_area_m2


def _area_mu(facts: Facts) -> Value:
    return None if site_area(facts) is None else (site_area(facts) or 0.0) / M2_PER_MU


def _is_low(facts: Facts) -> bool | None:
    return {"yes": True, "no": False}.get(facts.plot.low_efficiency)


def land_if(is_so: Callable[[Facts], bool | None]) -> Callable[[Facts], Value]:
    """Return the site area where something is so, 0 where not, None where that or the area is unknown."""

    def read(facts: Facts) -> Value:
        answer = is_so(facts)
        return None if answer is None else site_area(facts) if answer else 0.0

    return read


def _above_scale(read: Callable[[Facts], Value]) -> Callable[[Facts], Value]:
    return lambda facts: read(facts) if facts.plot.performance.is_above_scale is True else None


def _tax(facts: Facts) -> Value:
    return facts.plot.performance.tax_wan


def _value_added(facts: Facts) -> Value:
    return facts.plot.performance.value_added_wan


def _gfa(facts: Facts) -> Value:
    return facts.plot.gfa_m2


def _vacancy(facts: Facts) -> Value:
    percent: Value = facts.plot.row["vacancy_percent"]
    return percent


def _times_site_area(read: Callable[[Facts], Value], by: float = 1.0) -> Callable[[Facts], Value]:
    def product(facts: Facts) -> Value:
        value, area = read(facts), site_area(facts)
        return None if value is None or area is None else value / by * area

    return product


def _has_grade(letter: str) -> Callable[[Facts], bool | None]:
    def answer(facts: Facts) -> bool | None:
        grade = facts.plot.performance.grade
        return None if grade is None or grade.lower() not in _GRADES else grade == letter.upper()

    return answer


def _no_grade(facts: Facts) -> bool:
    return (facts.plot.performance.grade or "").lower() not in _GRADES


COLUMNS: Mapping[str, PlainColumn] = {
    "plot_count": PlainColumn("宗数", "count", lambda seen: float(len(seen.counted))),
    "site_area_m2": PlainColumn("用地面积", "land", summed(site_area)),
    "gfa_counted_m2": PlainColumn("计容建筑面积", "floor", summed(_gfa)),
    "far": PlainColumn("容积率", "plain", _ratio(_gfa, site_area)),
    "known_gfa_share": PlainColumn("建筑面积已知率", "percent", _known(_gfa)),
    "site_coverage_share": PlainColumn(
        "建筑密度", "percent", _ratio(lambda facts: facts.plot.footprint_m2, site_area)
    ),
    "building_coefficient_share": PlainColumn(
        "建筑系数", "percent", _ratio(_times_site_area(lambda facts: facts.plot.coefficient), site_area)
    ),
    "low_efficiency_count": PlainColumn("低效宗数", "count", _count(_is_low)),
    "low_efficiency_area_m2": PlainColumn("低效面积", "land", summed(land_if(_is_low))),
    "low_efficiency_unknown_count": PlainColumn(
        "未判定宗数", "count", _number_of(lambda facts: _is_low(facts) is None)
    ),
    "low_efficiency_density_share": PlainColumn("低效密度", "percent", _ratio(land_if(_is_low), site_area)),
    "low_efficiency_judged_share": PlainColumn(
        "低效判定率", "percent", _known(lambda facts: None if _is_low(facts) is None else 1.0)
    ),
    "revitalised_recognised_m2": PlainColumn(
        "已认定盘活", "land", summed(lambda facts: facts.revitalised.recognised)
    ),
    "revitalised_doing_m2": PlainColumn("推进中盘活", "land", summed(lambda facts: facts.revitalised.doing)),
    "revitalised_planned_m2": PlainColumn(
        "计划盘活", "land", summed(lambda facts: facts.revitalised.planned)
    ),
    "new_gfa_gross_m2": PlainColumn("新增建筑面积", "floor", summed(lambda facts: facts.revitalised.gross)),
    "new_gfa_net_m2": PlainColumn("净增建筑面积", "floor", summed(lambda facts: facts.revitalised.net)),
    "zone_tax_wan_per_mu": PlainColumn("亩均税收", "plain", _ratio(_tax, _area_mu)),
    "zone_tax_above_scale_wan_per_mu": PlainColumn(
        "规上亩均税收", "plain", _ratio(_above_scale(_tax), _area_mu)
    ),
    "known_tax_share": PlainColumn("税收已知率", "percent", _known(_tax)),
    "zone_value_added_wan_per_mu": PlainColumn("亩均增加值", "plain", _ratio(_value_added, _area_mu)),
    "zone_value_added_above_scale_wan_per_mu": PlainColumn(
        "规上亩均增加值", "plain", _ratio(_above_scale(_value_added), _area_mu)
    ),
    "known_value_added_share": PlainColumn("增加值已知率", "percent", _known(_value_added)),
    "vacancy_share": PlainColumn("空置率", "percent", _ratio(_times_site_area(_vacancy, 100.0), site_area)),
    "known_vacancy_share": PlainColumn("空置率已知率", "percent", _known(_vacancy)),
    **{
        f"grade_{letter}_count": PlainColumn(f"{letter.upper()} 类宗数", "count", _count(_has_grade(letter)))
        for letter in _GRADES
    },
    **{
        f"grade_{letter}_area_m2": PlainColumn(
            f"{letter.upper()} 类面积", "land", summed(land_if(_has_grade(letter)))
        )
        for letter in _GRADES
    },
    "grade_unknown_count": PlainColumn("未评价宗数", "count", _number_of(_no_grade)),
    "grade_unknown_area_m2": PlainColumn("未评价面积", "land", summed(land_if(_no_grade))),
}
"""By the name of the published column; what is not here is published but not computed a second time."""
