"""Each plot by itself: site area, counted floor area, plot ratio, tax, grade, low efficiency; one after the other."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geoapp.verification.answers import Answer, among, below, every, opposite
from geoapp.verification.evidence import noted_answers, noted_rules
from geoapp.verification.performance import PlotPerformance, plot_performances
from geoapp.verification.plain_rule import PlainRule, asked
from geoapp.verification.source import Row, Shape, Source, plane_shape
from geoapp.verification.supplies import own_answers, quotient

M2_PER_MU = 2000 / 3
_LISTED = {"suspected", "checking", "recognised", "published", "treating"}
_CLEARED = {"closed", "removed"}


@dataclass(slots=True, kw_only=True)
class Plot:
    """One plot; areas in m2, tax in 万元, None is unknown."""

    code: str
    shape: Shape
    row: Row
    site_area_m2: float | None
    gfa_m2: float | None
    footprint_m2: float | None
    coefficient: float | None
    performance: PlotPerformance
    actual_gfa_m2: float | None
    """As built, whatever counts."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """What the rules of low efficiency say that are asked."""
    rules: tuple[str, ...] = ()
    """Rules of low efficiency that hit."""
    by_rule: str = ""
    low_efficiency: str = ""

    @property
    def far(self) -> float | None:
        """Return the plot ratio."""
        return quotient(self.gfa_m2, self.site_area_m2)

    @property
    def is_built(self) -> bool:
        """Return whether something is known to stand on it."""
        return (self.actual_gfa_m2 or 0.0) > 0 or (self.footprint_m2 or 0.0) > 0

    @property
    def tax_wan_per_mu(self) -> float | None:
        """Return the tax per 亩."""
        area = self.site_area_m2
        return quotient(self.performance.tax_wan, None if area is None else area / M2_PER_MU)


def plain_plots(source: Source) -> list[Plot]:
    """Return all plots in the register's order."""
    if "plain plots" not in source.kept:
        source.kept["plain plots"] = _plots(source)
    found: list[Plot] = source.kept["plain plots"]
    return found


def site_area_m2(source: Source, row: Row) -> float | None:
    """Return which area is the plot's: the first in the setting's order that is known and above zero."""
    for basis in source.settings.site_area_order:
        area = area_by(source, row, basis)
        if area is not None and area > 0:
            return area
    return None


def area_by(source: Source, row: Row, basis: str) -> float | None:
    """Return one of a plot's three areas: registered, ellipsoid or plane."""
    if basis == "registered":
        registered: float | None = row["area_reg_m2"]
        return registered
    if basis == "ellipsoid":
        return source.measured_m2(row["geometry"])
    shape = plane_shape(row["geometry"], source.settings.working_crs)
    # The other way than on the ellipsoid, so that what lies between the two moves as well.
    return None if shape is None else float(shape.area) - source.nudge_m2


def _plots(source: Source) -> list[Plot]:
    standing: dict[str, list[Row]] = defaultdict(list)
    for building in source.rows("buildings"):
        if building["plot_code"] is not None:
            standing[building["plot_code"]].append(building)
    areas = {row["plot_code"]: site_area_m2(source, row) for row in source.rows("plots")}
    performances = plot_performances(source, areas)
    plots = [
        _plot(source, row, standing.get(row["plot_code"], []), areas, performances)
        for row in source.rows("plots")
    ]
    has_list = any(plot.row["low_efficiency_status"] is not None for plot in plots)
    measured = asked(source, MEASURED_RULES)
    noted = noted_answers(source, areas, {plot.code for plot in plots if plot.is_built})
    own, own_noted = own_answers(source, "low_efficiency"), own_answers(source, "noted")
    for plot in plots:
        said = {rule: MEASURED_RULES[rule].ask(source, plot) for rule in measured} | own
        plot.answers = said | noted[plot.code] | own_noted
        plot.rules = tuple(sorted(rule for rule, answer in plot.answers.items() if answer is True))
        plot.by_rule = "yes" if plot.rules else "unknown" if None in said.values() else "no"
        plot.low_efficiency = _judged(plot, has_list=has_list)
    return plots


def _plot(
    source: Source,
    row: Row,
    buildings: list[Row],
    areas: dict[str, float | None],
    performances: dict[str, PlotPerformance],
) -> Plot:
    code = row["plot_code"]
    known = {
        "buildings": _sum_if_all_known([counted_floor(source, building) for building in buildings]),
        "gfa_far_m2": row["gfa_far_m2"],
        "gfa_actual_m2": row["gfa_actual_m2"],
    }
    chosen = [known[name] for name in source.settings.floor_area_order if known[name] is not None]
    footprint = _sum_if_all_known([building["footprint_m2"] for building in buildings])
    if footprint is None:
        footprint = row["footprint_m2"]
    built = _sum_if_all_known([building["gfa_m2"] for building in buildings])
    yard = row["structure_yard_m2"]
    covered = None if footprint is None or yard is None else footprint + yard
    return Plot(
        code=code,
        shape=row["geometry"],
        row=row,
        site_area_m2=areas[code],
        gfa_m2=chosen[0] if chosen else None,
        footprint_m2=footprint,
        coefficient=quotient(covered, areas[code]),
        performance=performances[code],
        actual_gfa_m2=row["gfa_actual_m2"] if row["gfa_actual_m2"] is not None else built,
    )


def _sum_if_all_known(values: list[float | None]) -> float | None:
    """Return the sum; unknown where one of the values is, and where there are none."""
    known = [value for value in values if value is not None]
    return sum(known) if values and len(known) == len(values) else None


def counted_floor(source: Source, building: Row) -> float | None:
    """Return a building's floor area that counts: storeys that are too high count more than once, basements less."""
    floor, basement = building["gfa_m2"], building["basement_gfa_m2"]
    if basement is None and not (building["basement_storeys"] or 0) > 0:
        basement = 0.0
    if floor is None or basement is None:
        return None
    factor, height = 1.0, building["storey_height_m"]
    for above_m, step in sorted(source.number("storey_height_factors")):
        if height is not None and height > above_m:
            factor = step
    return float(max(floor - basement, 0.0) * factor + basement * source.number("basement_factor"))


def _has_low_grade(source: Source, plot: Plot) -> Answer:
    return among(plot.performance.grade, source.number("low_grade"))


def _has_low_tax_above(source: Source, plot: Plot) -> Answer:
    is_low = below(plot.tax_wan_per_mu, source.number("low_tax_above_scale"))
    return every(plot.performance.is_above_scale, is_low)


def _has_low_tax_below(source: Source, plot: Plot) -> Answer:
    is_low = below(plot.tax_wan_per_mu, source.number("low_tax_below_scale"))
    return every(opposite(plot.performance.is_above_scale), is_low)


def _has_low_far(source: Source, plot: Plot) -> Answer:
    is_exempt = among(division_of(plot.performance.industry_code), source.number("low_far_exempt_industries"))
    return every(below(plot.far, source.number("low_far")), opposite(is_exempt))


def division_of(industry: Any) -> str | None:
    """Return the first two digits in a row of an industry's code."""
    text = industry or ""
    for start in range(len(text) - 1):
        if text[start : start + 2].isdecimal():
            return str(text[start : start + 2])
    return None


def _has_low_cover(source: Source, plot: Plot) -> Answer:
    return below(plot.coefficient, source.number("low_building_coefficient"))


MEASURED_RULES = {
    "LE01": PlainRule(("low_tax_above_scale",), _has_low_tax_above),
    "LE02": PlainRule(("low_tax_below_scale",), _has_low_tax_below),
    "LE03": PlainRule(("low_grade",), _has_low_grade),
    "LE04": PlainRule(("low_far", "low_far_exempt_industries"), _has_low_far),
    "LE05": PlainRule(("low_building_coefficient",), _has_low_cover),
}


def low_efficiency_rules(source: Source) -> list[str]:
    """Return which rules of low efficiency are asked on the day."""
    return [*asked(source, MEASURED_RULES), *noted_rules(source)]


def _judged(plot: Plot, *, has_list: bool) -> str:
    status = plot.row["low_efficiency_status"]
    if not has_list:
        return plot.by_rule
    if status in _LISTED:
        return "yes"
    if status in _CLEARED:
        return "no"
    return "no" if plot.by_rule == "no" else "unknown"
