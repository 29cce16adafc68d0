"""Fields of plots that no register holds, computed plainly: what a filter may ask for and what classes a plot is in."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from geoapp.domain.project import STAGES, STOPPED
from geoapp.verification.development import in_lines
from geoapp.verification.plots import Plot, area_by, plain_plots
from geoapp.verification.revitalised import Revitalised, revitalised_plots
from geoapp.verification.source import Source
from geoapp.verification.zones import all_rows

Values = Mapping[str, Any]
"""By plot code; a plot that is not among them is unknown."""
_DAYS_PER_YEAR = 365.25
_DECIMALS_M2 = 6
CONTROL_ZONES = "control_zones"


def mu(area_m2: float | None) -> float | None:
    """Return square metres in 亩: 2,000 of them are 3."""
    return None if area_m2 is None else area_m2 * 3 / 2000


def status_of(plot: Plot) -> str | None:
    """Return the class of low efficiency: yes, no, review where only the bureau's word is missing, None unknown."""
    if plot.low_efficiency == "unknown":
        return "review" if plot.by_rule == "yes" else None
    return plot.low_efficiency


def far_class_of(source: Source, plot: Plot) -> str | None:
    """Return the class of a plot ratio in words of its limits: <0.6, 0.6-1.0, >=2.0; on a limit the class above."""
    if plot.far is None:
        return None
    breaks = [float(limit) for limit in source.number("far_class_breaks")]
    texts = [f"{limit:.1f}" if round(limit, 1) == limit else f"{limit:g}" for limit in breaks]
    number = sum(plot.far >= limit for limit in breaks)
    if number in (0, len(breaks)):
        return f"<{texts[0]}" if number == 0 else f">={texts[-1]}"
    return f"{texts[number - 1]}-{texts[number]}"


def furthest_stages(source: Source) -> dict[str, str]:
    """Return by plot the stage of its most advanced running project; a stopped one only if there is no other."""
    ranks = {STOPPED: 0} | {stage: rank for rank, stage in enumerate(STAGES, start=1)}
    stage_of = {row["project_code"]: row["stage"] for row in source.rows("projects")}
    found: dict[str, str] = {}
    for row in source.rows("project_plots"):
        stage = stage_of.get(row["project_code"])
        if stage in ranks and ranks[stage] >= ranks.get(found.get(row["plot_code"], ""), 0):
            found[row["plot_code"]] = stage
    return found


def _of_plot(read: Callable[[Source, Plot], Any]) -> Callable[[Source], Values]:
    return lambda source: {plot.code: read(source, plot) for plot in plain_plots(source)}


def _of_ledger(read: Callable[[Revitalised], float | None], *, is_land: bool) -> Callable[[Source], Values]:
    def values(source: Source) -> Values:
        found = revitalised_plots(source, source.number("default_ledger"))
        # Ledgers count on a grid of 0.25 mm2: what is less is the last bits of a sum.
        amounts = {code: read(plot) for code, plot in found.items()}
        known = {code: None if m2 is None else round(m2, _DECIMALS_M2) for code, m2 in amounts.items()}
        return {code: mu(m2) for code, m2 in known.items()} if is_land else known

    return values


def _basis(source: Source, plot: Plot) -> str | None:
    order = source.settings.site_area_order
    return next((basis for basis in order if (area_by(source, plot.row, basis) or 0.0) > 0), None)


def _actual_floor(source: Source) -> Values:
    sums: dict[str, float | None] = {}
    for row in source.rows("buildings"):
        before, floor = sums.get(row["plot_code"], 0.0), row["gfa_m2"]
        sums[row["plot_code"]] = None if before is None or floor is None else before + floor
    own = {plot.code: plot.row["gfa_actual_m2"] for plot in plain_plots(source)}
    return {code: sums.get(code) if floor is None else floor for code, floor in own.items()}


def _age(source: Source, plot: Plot) -> float | None:
    year = plot.row["built_year"]
    return None if year is None else float(source.day.year - year)


def _years_left(source: Source, plot: Plot) -> float | None:
    end = plot.row["term_end_on"]
    return None if end is None else (end - source.day).days / _DAYS_PER_YEAR


def _is_inside(source: Source) -> Values:
    return in_lines(source, [line.value for line in source.scheme.lines])


def _position(source: Source) -> Values:
    words = {True: "inside", False: "outside"}
    return {code: words[answer] for code, answer in _is_inside(source).items() if answer is not None}


def _zone(source: Source) -> Values:
    rows = all_rows(source, CONTROL_ZONES, "clip")[:-2]
    return {code: row.key for row in rows for code in row.counted}


def _zone_kind(source: Source) -> Values:
    kinds = {row["zone_code"]: row["kind"] for row in source.rows(CONTROL_ZONES)}
    return {code: kinds.get(zone) for code, zone in _zone(source).items()}


BY_STATE: Mapping[str, tuple[str, Callable[[Source], Values]]] = {
    "site_area_basis": ("string", _of_plot(_basis)),
    "area_ellipsoid_m2": ("number", _of_plot(lambda source, plot: source.measured_m2(plot.shape))),
    "gfa_actual_m2": ("number", _actual_floor),
    "far_class": ("string", _of_plot(far_class_of)),
    "project_stage": ("string", furthest_stages),
    "recognised_mu": ("number", _of_ledger(lambda found: found.recognised, is_land=True)),
    "doing_mu": ("number", _of_ledger(lambda found: found.doing, is_land=True)),
    "planned_mu": ("number", _of_ledger(lambda found: found.planned, is_land=True)),
    "new_gfa_gross_m2": ("number", _of_ledger(lambda found: found.gross, is_land=False)),
    "new_gfa_net_m2": ("number", _of_ledger(lambda found: found.net, is_land=False)),
    "building_age_years": ("number", _of_plot(_age)),
    "remaining_term_years": ("number", _of_plot(_years_left)),
    "in_control_line": ("boolean", _is_inside),
    "line_position": ("string", _position),
    "control_zone": ("string", _zone),
    "control_zone_kind": ("string", _zone_kind),
}
"""Fields that need more than the plot: their type and what computes them for all plots."""


def line_fields(source: Source) -> dict[str, str]:
    """Return the fields that say whether a plot is inside the lines of a kind, with that kind."""
    return {f"in_{line.value.lower()}": line.value for line in source.scheme.lines}


def state_values(source: Source, names: Iterable[str]) -> dict[str, Values]:
    """Return the values of those fields among some that need more than the plot."""
    lines = line_fields(source)
    found: dict[str, Values] = {}
    for name in names:
        if name in BY_STATE:
            found[name] = BY_STATE[name][1](source)
        elif name in lines:
            found[name] = in_lines(source, [lines[name]])
    return found
