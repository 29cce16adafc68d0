"""Columns that rest on numbers of the rule book: classes of plot ratio and of term, quadrants, quartiles, largest."""

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from geoapp.verification.source import Source
from geoapp.verification.statistics import Column, Facts, PlainColumn, Seen, Value, land_if, site_area, summed

ENDLESS = math.inf
_HALF_IS_HALF = 1 - 1e-12
_QUARTILES = {
    "far_lower_quartile": ("容积率下四分位", 0.25),
    "far_median": ("容积率中位数", 0.5),
    "far_upper_quartile": ("容积率上四分位", 0.75),
}
_QUADRANTS = {
    (False, False): ("low_far_low_tax", "低容积低税收"),
    (False, True): ("low_far_high_tax", "低容积高税收"),
    (True, False): ("high_far_low_tax", "高容积低税收"),
    (True, True): ("high_far_high_tax", "高容积高税收"),
}
POTENTIAL = "potential_gfa_m2"
Class = object
Classify = Callable[[Facts], Class | None]


def dated_columns(source: Source) -> dict[str, PlainColumn]:
    """Return the columns whose numbers hold on the day."""
    columns = {name: PlainColumn(zh, "plain", _quantile(part)) for name, (zh, part) in _QUARTILES.items()}
    if source.has_number("concentration_plot_count"):
        count = int(source.number("concentration_plot_count"))
        columns["largest_plots_share"] = PlainColumn(f"最大{count}宗占比", "percent", _largest(count))
    if source.has_number("far_class_breaks"):
        breaks = [float(limit) for limit in source.number("far_class_breaks")]
        columns |= _classes(
            "far", "容积率", breaks, [_decimal(limit) for limit in breaks], lambda facts: facts.plot.far
        )
    if source.has_number("quadrant_far") and source.has_number("quadrant_tax_wan_per_mu"):
        columns |= _quadrants(
            float(source.number("quadrant_far")), float(source.number("quadrant_tax_wan_per_mu"))
        )
    if source.has_number("term_class_breaks"):
        columns |= _terms(source, [float(limit) for limit in source.number("term_class_breaks")])
    if source.has_number("far_target_default"):
        columns |= _potential(float(source.number("far_target_default")))
    return columns


def _decimal(limit: float) -> str:
    return f"{limit:.1f}" if round(limit, 1) == limit else f"{limit:g}"


def _area_in(classify: Classify, wanted: Class) -> Column:
    """Return the land in a class; unknown where a row has plots but none whose class and area are known."""

    def column(seen: Seen) -> Value:
        known = [
            (found, area * share)
            for facts, share in seen.parts
            if (area := site_area(facts)) is not None and (found := classify(facts)) is not None
        ]
        if seen.parts and not known:
            return None
        return math.fsum(size for found, size in known if found == wanted)

    return column


def _area_unknown(classify: Classify) -> Column:
    """Return the land whose class is not known."""

    def column(seen: Seen) -> Value:
        sizes = [(0.0 if classify(f) is not None else site_area(f), share) for f, share in seen.parts]
        known = [size * share for size, share in sizes if size is not None]
        return None if sizes and not known else math.fsum(known)

    return column


def _position(breaks: Sequence[float], value: float | None) -> int | None:
    """Return the class of a value: one on a limit belongs to the class above."""
    return None if value is None else sum(value >= limit for limit in breaks)


def _classes(
    prefix: str, zh: str, breaks: Sequence[float], texts: Sequence[str], read: Callable[[Facts], float | None],
    unit: str = "",
) -> dict[str, PlainColumn]:  # fmt: skip
    def classify(facts: Facts) -> Class | None:
        value = read(facts)
        return ENDLESS if value == ENDLESS else _position(breaks, value)

    names = [text.replace(".", "_").replace("-", "minus_") for text in texts]
    found = [
        (f"below_{names[0]}", f"{zh}{texts[0]}{unit}以下"),
        *(
            (f"{low}_to_{high}", f"{zh}{a}–{b}{unit}")
            for (low, high), (a, b) in zip(pairwise(names), pairwise(texts), strict=True)
        ),
        (f"from_{names[-1]}", f"{zh}{texts[-1]}{unit}及以上"),
    ]
    columns = {
        f"{prefix}_{name}_area_m2": PlainColumn(words, "land", _area_in(classify, number))
        for number, (name, words) in enumerate(found)
    }
    unknown = f"{zh}年限未知" if unit else f"{zh}未知"
    columns[f"{prefix}_unknown_area_m2"] = PlainColumn(unknown, "land", _area_unknown(classify))
    if unit:
        endless = PlainColumn("划拨无年限", "land", _area_in(classify, ENDLESS))
        columns[f"{prefix}_endless_area_m2"] = endless
    return columns


def _quadrants(far_limit: float, tax_limit: float) -> dict[str, PlainColumn]:
    def classify(facts: Facts) -> Class | None:
        far, tax = facts.plot.far, facts.plot.tax_wan_per_mu
        return None if far is None or tax is None else (far >= far_limit, tax >= tax_limit)

    columns = {
        f"quadrant_{name}_area_m2": PlainColumn(zh, "land", _area_in(classify, quadrant))
        for quadrant, (name, zh) in _QUADRANTS.items()
    }
    return columns | {"quadrant_unknown_area_m2": PlainColumn("象限未知", "land", _area_unknown(classify))}


def _terms(source: Source, breaks: Sequence[float]) -> dict[str, PlainColumn]:
    def left(facts: Facts) -> float | None:
        if facts.plot.row["right_type"] == "allocated":
            return ENDLESS
        end = facts.plot.row["term_end_on"]
        return None if end is None else years_between(source.day, end)

    columns = _classes("term", "剩余", breaks, [f"{limit:g}" for limit in breaks], left, "年")
    first = f"term_below_{breaks[0]:g}_area_m2"
    if breaks[0] == 0:
        columns[first] = PlainColumn("已到期", "land", columns[first].compute)
    return columns


@cache
def years_between(day: date, end: date) -> float:
    """Return the years from a day to another: whole ones up to the last anniversary, and the part of the next.

    Examples
    --------
    >>> years_between(date(2026, 3, 1), date(2031, 3, 1)), round(years_between(date(2026, 3, 1), date(2026, 2, 28)), 3)
    (5.0, -0.003)
    >>> leap_day = date(2024, 2, 29)
    >>> years_between(leap_day, date(2028, 2, 29)), round(years_between(leap_day, date(2024, 2, 28)), 3)
    (4.0, -0.003)
    """

    def anniversary(year: int) -> date:
        is_leap_day = (day.month, day.day) == (2, 29)
        return date(year, 3, 1) - timedelta(days=1) if is_leap_day else day.replace(year=year)

    last = end.year if anniversary(end.year) <= end else end.year - 1
    begun = (end - anniversary(last)).days / (anniversary(last + 1) - anniversary(last)).days
    return last - day.year + begun


def _quantile(part: float) -> Column:
    """Return the plot ratio that plots with a part of the land do not exceed; one that some plot has."""

    def column(seen: Seen) -> Value:
        held = sorted(
            (far, area * share)
            for facts, share in seen.parts
            if (far := facts.plot.far) is not None and (area := site_area(facts)) is not None
        )
        goal = math.fsum(size for _, size in held) * part * _HALF_IS_HALF
        reached = 0.0
        for far, size in held:
            reached += size
            if reached >= goal:
                return far
        return None

    return column


def _largest(count: int) -> Column:
    """Return the share of the land that the largest plots hold, each with the part that lies in the row."""

    def column(seen: Seen) -> Value:
        sizes = sorted(((site_area(facts) or 0.0) * share for facts, share in seen.parts), reverse=True)
        total = math.fsum(sizes)
        return math.fsum(sizes[:count]) / total if total > 0 else None

    return column


def _potential(far_target: float) -> dict[str, PlainColumn]:
    def developable(facts: Facts) -> bool | None:
        return facts.verdict.developable

    def held_back(facts: Facts) -> bool | None:
        return False if facts.verdict.developable is False else facts.verdict.constrained

    def open_land(facts: Facts) -> Value:
        return 0.0 if facts.verdict.developable is not None else site_area(facts)

    def added(facts: Facts) -> Value:
        area, floor = site_area(facts), facts.plot.gfa_m2
        if facts.verdict.developable is not True:
            return 0.0 if facts.verdict.developable is False else None
        return None if area is None or floor is None else max(0.0, far_target * area - floor)

    return {
        "developable_area_m2": PlainColumn("可二次开发", "land", summed(land_if(developable))),
        "developable_constrained_area_m2": PlainColumn("其中受限", "land", summed(land_if(held_back))),
        "developable_unknown_area_m2": PlainColumn("开发未判定", "land", summed(open_land)),
        POTENTIAL: PlainColumn("潜力建筑面积", "floor", summed(added)),
    }
