"""What the plots that a portfolio chose give, cost and take, plot by plot, and whether they keep what was asked.

That no better choice exists is not shown again: the solver proved it, and says how far it may be off.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from geoapp.domain.project import STOPPED
from geoapp.errors import UsageError
from geoapp.verification.candidates import candidate_scores, far_targets, low_efficiency_candidates
from geoapp.verification.development import in_lines
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.plots import M2_PER_MU, Plot, plain_plots
from geoapp.verification.redevelopment import (
    TOTAL,
    Plan,
    has_mode,
    outcome,
    storey_factor,
    storey_height_m,
)
from geoapp.verification.source import MEASURED_M2, Source
from geoapp.verification.supplies import quotient

Values = dict[str, Value]


def portfolio_figures(
    source: Source, codes: Sequence[str], mode: str, far: float | None
) -> dict[str, dict[str, Figure]]:
    """Return the figures of the plots chosen, and what they come to under TOTAL."""
    return with_slack(source, lambda state: _figures(state, codes, mode, far))


def _figures(source: Source, codes: Sequence[str], mode: str, far: float | None) -> dict[str, Values]:
    plots = {plot.code: plot for plot in plain_plots(source)}
    unknown = [code for code in codes if code not in plots]
    if unknown:
        raise UsageError(f"地块“{unknown[0][:40]}”当时不在台账里，不能核对。")
    inside = in_lines(source, [line.value for line in source.scheme.lines])
    years, targets = _planned_years(source), _targets(source, [plots[code] for code in codes], mode, far)
    usual, scores = source.number("portfolio_years").get(mode), candidate_scores(source)
    rows: dict[str, Values] = {}
    for code in codes:
        found = outcome(source, plots[code], Plan(mode=mode, far=targets[code]))
        year = years.get(code, None if usual is None else source.day.year + usual)
        rows[code] = {
            "area_m2": found["land_counted_m2"],
            "added_gfa_m2": found["gross_m2"],
            "net_gfa_m2": found["net_m2"],
            "far": found["far_before"],
            "far_after": found["far_after"],
            "cost_wan": _cost(source, found, mode),
            "ready_year": year,
            "is_inside_line": None if inside.get(code) is None else float(bool(inside[code])),
            "score": scores[code],
        }
    return {
        **rows,
        TOTAL: {**_together(rows, plots), "candidate_count": float(len(low_efficiency_candidates(source)))},
    }


def _together(rows: Mapping[str, Values], plots: Mapping[str, Plot]) -> Values:
    costs = [row["cost_wan"] for row in rows.values()]
    known = [cost for cost in costs if cost is not None]
    years = [year for row in rows.values() if (year := row["ready_year"]) is not None]
    towns = {plots[code].row["town_code"] for code in rows} - {None}
    return {
        "area_m2": math.fsum(row["area_m2"] or 0.0 for row in rows.values()),
        "gfa_m2": math.fsum(row["added_gfa_m2"] or 0.0 for row in rows.values()),
        "cost_wan": math.fsum(known) if len(known) == len(costs) else None,
        "score": math.fsum(row["score"] or 0.0 for row in rows.values()),
        "project_count": float(len(rows)),
        "outside_count": float(sum(row["is_inside_line"] == 0.0 for row in rows.values())),
        "town_count": float(len(towns)),
        "latest_year": max(years, default=None),
    }


def _targets(source: Source, plots: Sequence[Plot], mode: str, far: float | None) -> dict[str, float | None]:
    """Return the plot ratio wanted: the control zone's or the plan's, held down by the plan's cap and the height."""
    if not has_mode(source, "whatif_building_modes", mode):
        return dict.fromkeys((plot.code for plot in plots), None)
    usual, plan = far_targets(source), Plan(mode=mode)
    height = storey_height_m(source, plan)
    found = {}
    for plot in plots:
        limit_m, share = plot.row["height_limit_m"], quotient(plot.footprint_m2, plot.site_area_m2)
        storeys = None if limit_m is None else math.floor(limit_m / height)
        by_height = (
            None if storeys is None or share is None else storeys * storey_factor(source, height) * share
        )
        wanted = usual[plot.code]
        asked = wanted if far is None or wanted is None else far
        limits = [limit for limit in (asked, plot.row["plan_far_max"], by_height) if limit is not None]
        found[plot.code] = None if asked is None else min(limits)
    return found


def _cost(source: Source, found: Values, mode: str) -> Value:
    """Return building, demolition and land (万元); None where an amount is unknown, or no rate is known."""
    rate = source.number("redevelopment_land_wan_per_mu").get(mode)
    build, gone, site = found["gross_m2"], found["demolished_m2"], found["site_area_m2"]
    if rate is None or build is None or gone is None or site is None:
        return None
    demolition = gone * source.number("redevelopment_demolish_wan_per_m2")
    building = build * source.number("redevelopment_build_wan_per_m2")
    return float(building + demolition + site / M2_PER_MU * rate)


def _planned_years(source: Source) -> dict[str, Value]:
    """Return the year in which running projects plan to complete each plot, never one that is over."""
    projects = {
        row["project_code"]: row for row in source.rows("projects") if row["stage"] not in (None, STOPPED)
    }
    found: dict[str, Value] = {}
    for member in source.rows("project_plots"):
        project = projects.get(member["project_code"], {})
        planned = project.get("complete_plan_on") or project.get("commission_plan_on")
        if planned is not None:
            year = float(max(planned.year, source.day.year))
            found[member["plot_code"]] = min(year, found.get(member["plot_code"]) or year)
    return found


def towns_left_out(source: Source, codes: Sequence[str]) -> list[str]:
    """Return the towns with a candidate, but without a plot among some."""
    found = {code: plot.row["town_code"] for code, plot in low_efficiency_candidates(source).items()}
    return sorted(set(found.values()) - {None} - {found.get(code) for code in codes})


def not_candidates(source: Source, codes: Sequence[str]) -> list[str]:
    """Return those of some plots that are no candidates, whatever the last digits of measured areas."""
    sources = [source, *(source.nudged(sign * MEASURED_M2) for sign in (-1, 1))]
    known = {code for each in sources for code in low_efficiency_candidates(each)}
    return [code for code in codes if code not in known]


def is_better(objective: str, totals: Mapping[str, Value], than: Mapping[str, Value]) -> bool:
    """Return whether a choice would be better than another by an objective: projects, cost or score."""
    name, sign = {"cost": ("cost_wan", -1), "score": ("score", 1)}.get(objective, ("project_count", -1))
    one, other = totals[name], than[name]
    return one is not None and other is not None and sign * (one - other) > _BESIDE * max(1.0, abs(other))


def broken_limits(totals: Mapping[str, Value], asked: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return what was asked and is not kept: in words, what was asked, and what the plots come to.

    Parameters
    ----------
    totals : mapping
        Of the second path.
    asked : mapping of str
        Parameters of the address.
    """
    area, gfa, cost = totals["area_m2"] or 0.0, totals["gfa_m2"] or 0.0, totals["cost_wan"]
    year = totals["latest_year"]
    tests: Mapping[str, tuple[str, Value, Callable[[float], bool]]] = {
        "area": ("盘活面积目标（亩）", area / M2_PER_MU, lambda limit: area / M2_PER_MU >= limit - _BESIDE),
        "gfa": ("新增建筑面积目标（平方米）", gfa, lambda limit: gfa >= limit - _BESIDE),
        "projects": (
            "项目数上限", totals["project_count"], lambda limit: (totals["project_count"] or 0.0) <= limit,
        ),
        "budget": (
            "预算上限（万元）", cost, lambda limit: cost is not None and cost <= limit + _BESIDE,
        ),
        "year": ("完成年份", year, lambda limit: year is None or year <= limit),
        "inside": ("控制线外的项目数", totals["outside_count"], lambda limit: totals["outside_count"] == 0.0),
    }  # fmt: skip
    broken = []
    for name, (zh, value, is_kept) in tests.items():
        text = asked.get(name, "")
        if text and text != "0" and not is_kept(float(text)):
            broken.append((zh, text, "未知" if value is None else f"{value:,.10g}"))
    return broken


_BESIDE = 1e-3
"""In the limit's unit: how exactly a solver keeps it."""
