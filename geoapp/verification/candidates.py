"""Candidates for a second development one by one: which plots come into question, and what each scores."""

import math
from collections.abc import Mapping

from geoapp.verification.computed_fields import state_values
from geoapp.verification.development import development_verdicts, in_lines
from geoapp.verification.figure import Value
from geoapp.verification.plots import M2_PER_MU, Plot, plain_plots
from geoapp.verification.source import Source
from geoapp.verification.zones import all_rows

TERMS = ("far_gap", "tax_gap", "inside_line", "low_efficiency", "size", "owner_will", "building_age")
_ZONE_KIND = "control_zone_kind"
_RESTRICTED = "restricted_areas"


def low_efficiency_candidates(source: Source) -> dict[str, Plot]:
    """Return the candidates that are listed as low-efficiency land, or found so by the rules."""
    key = "low-efficiency candidates"
    if key not in source.kept:
        verdicts, barred = development_verdicts(source), barred_plots(source)
        source.kept[key] = {
            plot.code: plot
            for plot in plain_plots(source)
            if verdicts[plot.code].developable is True
            and plot.code not in barred
            and plot.low_efficiency == "yes"
        }
    found: dict[str, Plot] = source.kept[key]
    return found


def barred_plots(source: Source) -> set[str]:
    """Return the plots that lie in areas of a kind where nothing may be built, by more than an error of their edges."""
    kinds = {row["area_code"]: row["kind"] for row in source.rows(_RESTRICTED)}
    barring, least = (
        source.number("candidate_excluding_areas"),
        source.number("candidate_area_tolerance_share"),
    )
    shares: dict[tuple[str, str], float] = {}
    rows = all_rows(source, _RESTRICTED, "clip") if kinds else []
    for row in rows:
        kind = kinds.get(row.key)
        for code, share in row.area_share.items() if kind in barring else ():
            shares[code, str(kind)] = shares.get((code, str(kind)), 0.0) + share
    return {code for (code, _), share in shares.items() if share > least}


def candidate_scores(source: Source) -> dict[str, Value]:
    """Return what every plot scores by the rule book's weights, 0 to 100; None where nothing weighted is known."""
    key = "candidate scores"
    if key not in source.kept:
        inside = in_lines(source, [line.value for line in source.scheme.lines])
        targets, weights = far_targets(source), official_weights(source)
        source.kept[key] = {
            plot.code: score_of(
                candidate_terms(source, plot, targets[plot.code], inside.get(plot.code)), weights
            )
            for plot in plain_plots(source)
        }
    found: dict[str, Value] = source.kept[key]
    return found


def far_targets(source: Source) -> dict[str, Value]:
    """Return the plot ratio that each plot should reach: its control zone's or the plan's, within the detail plan."""
    kinds = state_values(source, [_ZONE_KIND])[_ZONE_KIND]
    default = float(source.number("far_target_default")) if source.has_number("far_target_default") else None
    found: dict[str, Value] = {}
    for plot in plain_plots(source):
        least = source.scheme.zone_rules.get(str(kinds.get(plot.code)), {}).get("far_min_new")
        wanted, cap = default if least is None else float(least), plot.row["plan_far_max"]
        is_capped = wanted is not None and cap is not None and 0 < cap < wanted
        found[plot.code] = cap if is_capped else wanted
    return found


def candidate_terms(
    source: Source, plot: Plot, far_target: Value, is_inside: bool | None
) -> Mapping[str, Value]:
    """Return what the score of a plot is made of, from 0 to 1, in the order of TERMS."""
    will = {"willing": 1.0, "unwilling": 0.0, "open": float(source.number("candidate_will_open"))}
    area, built = plot.site_area_m2, plot.row["built_year"]
    return {
        "far_gap": _gap(plot.far, far_target),
        "tax_gap": _gap(plot.tax_wan_per_mu, float(source.number("candidate_tax_target"))),
        "inside_line": None if is_inside is None else float(is_inside),
        "low_efficiency": _part(len(plot.rules), source.number("candidate_full_hit_count")),
        "size": _part(None if area is None else area / M2_PER_MU, source.number("candidate_full_area_mu")),
        "owner_will": will.get(plot.row["redevelopment_will"]),
        "building_age": _part(
            None if built is None else source.day.year - built, source.number("candidate_full_age_years")
        ),
    }


def _gap(measured: Value, target: Value) -> Value:
    """Return what is missing to a target as a part of it."""
    return None if measured is None or target is None else _held((target - measured) / target)


def _part(value: Value, whole: float) -> Value:
    return None if value is None else _held(value / whole)


def _held(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def official_weights(source: Source) -> dict[str, float]:
    """Return the rule book's weights by term."""
    return {term: float(source.number(f"candidate_weight_{term}")) for term in TERMS}


def score_of(terms: Mapping[str, Value], weights: Mapping[str, float]) -> Value:
    """Return the weighted mean of the terms that are known, 0 to 100; None where nothing weighted is."""
    known = [(value, weights[term]) for term, value in terms.items() if value is not None]
    total = math.fsum(weight for _, weight in known)
    return 100 * math.fsum(value * weight for value, weight in known) / total if total > 0 else None
