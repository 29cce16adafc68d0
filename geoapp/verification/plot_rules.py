"""What the rules about plots say beside those of low efficiency, one plot after the other."""

from dataclasses import dataclass

from geoapp.verification.answers import Answer, above, among, below, either, every, opposite, reaches
from geoapp.verification.classes import years_between
from geoapp.verification.development import in_lines
from geoapp.verification.line_use import is_planned_for_industry, may_change
from geoapp.verification.plain_rule import Answers, PlainRule, ask_all
from geoapp.verification.plots import M2_PER_MU, Plot, division_of, low_efficiency_rules, plain_plots
from geoapp.verification.source import Source
from geoapp.verification.supplies import quotient

_RAISED = ("support_raised_grades", "support_raised_area_mu")


@dataclass(frozen=True, slots=True)
class _Site:
    """A plot, and whether it lies inside a control line."""

    plot: Plot
    inside: Answer


def plot_rule_answers(source: Source) -> dict[str, Answers]:
    """Return what every rule about plots that is asked says of each plot."""
    plots = plain_plots(source)
    inside = in_lines(source, [line.value for line in source.scheme.lines])
    sites = [(plot.code, _Site(plot, inside.get(plot.code))) for plot in plots]
    low = {rule: {plot.code: plot.answers[rule] for plot in plots} for rule in low_efficiency_rules(source)}
    return low | ask_all(source, PLOT_RULES, sites)


def _has_low_industry_far(source: Source, site: _Site) -> Answer:
    least = source.number("industry_far_min")
    division = division_of(site.plot.performance.industry_code)
    if division is None:
        return None
    return division in least and below(site.plot.far, least[division])


def _may_raise(source: Source, site: _Site) -> Answer:
    floor, area = site.plot.actual_gfa_m2, site.plot.site_area_m2
    area_mu = None if area is None else area / M2_PER_MU
    is_good = among(site.plot.performance.grade, source.number("support_raised_grades"))
    is_large = reaches(area_mu, source.number("support_raised_area_mu"))
    return every(None if floor is None else floor > 0, either(site.inside, every(is_good, is_large)))


def _is_over_cap(source: Source, site: _Site, share: float | None, cap: str) -> Answer:
    return either(
        above(share, source.number(f"{cap}_raised")),
        every(above(share, source.number(cap)), opposite(_may_raise(source, site))),
    )


def _has_much_support_land(source: Source, site: _Site) -> Answer:
    share = quotient(site.plot.row["support_land_m2"], site.plot.site_area_m2)
    return _is_over_cap(source, site, share, "support_land_cap")


def _has_much_support_floor(source: Source, site: _Site) -> Answer:
    share = quotient(site.plot.row["support_gfa_m2"], site.plot.actual_gfa_m2)
    return _is_over_cap(source, site, share, "support_gfa_cap")


def _has_other_surplus(source: Source, site: _Site) -> Answer:
    row = site.plot.row
    land = above(quotient(row["support_land_m2"], site.plot.site_area_m2), source.number("support_land_cap"))
    floor = above(quotient(row["support_gfa_m2"], site.plot.actual_gfa_m2), source.number("support_gfa_cap"))
    is_as_laid_down = among(row["support_surplus_use"], source.number("support_surplus_uses"))
    return every(either(land, floor), opposite(is_as_laid_down))


def _is_planned_otherwise(source: Source, site: _Site) -> Answer:
    if not source.number("line_keeps_industry"):
        return False
    row = site.plot.row
    return every(
        site.inside, opposite(is_planned_for_industry(source, row)), opposite(may_change(source, row))
    )


def _comes_first(source: Source, site: _Site) -> Answer:
    plot = site.plot
    is_suspected = plot.low_efficiency == "unknown" and plot.by_rule == "yes"
    state = "review" if is_suspected else None if plot.low_efficiency == "unknown" else plot.low_efficiency
    return every(site.inside, among(state, source.number("line_priority_states")))


def _may_rebuild(source: Source, site: _Site) -> Answer:
    begins = site.plot.row["plan_implement_on"]
    left = None if begins is None else years_between(source.day, begins)
    return every(
        opposite(is_planned_for_industry(source, site.plot.row)),
        above(left, source.number("line_exception_years")),
        among(site.plot.performance.grade, source.number("line_exception_grades")),
    )


def _is_cleared_but_low(source: Source, site: _Site) -> Answer:
    says = {"yes": True, "no": False, "unknown": None}[site.plot.by_rule]
    return every(site.plot.row["low_efficiency_status"] in source.number("cleared_statuses"), says)


PLOT_RULES = {
    "IN1": PlainRule(("industry_far_min",), _has_low_industry_far),
    "SP1": PlainRule(("support_land_cap_raised", "support_gfa_cap_raised", *_RAISED), _may_raise),
    "SP2": PlainRule(("support_land_cap", "support_land_cap_raised", *_RAISED), _has_much_support_land),
    "SP3": PlainRule(("support_gfa_cap", "support_gfa_cap_raised", *_RAISED), _has_much_support_floor),
    "SP4": PlainRule(("support_surplus_uses", "support_land_cap", "support_gfa_cap"), _has_other_surplus),
    "R-LINE-1": PlainRule(("line_keeps_industry", "line_change_grounds"), _is_planned_otherwise),
    "R-LINE-4": PlainRule(("line_priority_states",), _comes_first),
    "R-LINE-6": PlainRule(("line_exception_years", "line_exception_grades"), _may_rebuild),
    "SD3": PlainRule(("cleared_statuses",), _is_cleared_but_low),
}
