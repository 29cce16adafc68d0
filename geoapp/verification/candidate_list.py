"""The list of candidates for a second development: scores under some weights, ranks, intervals, how sure they are."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from geoapp.domain.listed import TOTAL
from geoapp.errors import UsageError
from geoapp.verification.candidates import (
    TERMS,
    barred_plots,
    candidate_terms,
    far_targets,
    official_weights,
    score_of,
)
from geoapp.verification.development import development_verdicts, in_lines
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.filters import taken_in
from geoapp.verification.plots import MEASURED_RULES, Plot, plain_plots
from geoapp.verification.source import Source

_SAME = 1e-12
_SCORE_DECIMALS = 6
"""Scores that differ by less share a rank."""
Values = dict[str, Value]
Terms = Mapping[str, Value]


def candidate_list_figures(
    source: Source, asked: Mapping[str, str], listed: int | None
) -> dict[str, dict[str, Figure]]:
    """Return the figures of the candidates asked for, best first, and how many there are.

    Parameters
    ----------
    source : Source
    asked : mapping
        Of the list's address: weights, filter, top.
    listed : int, optional
        How many of them, from the first, the list holds; all if left out.
    """
    return with_slack(source, lambda state: _figures(state, asked, listed))


def _figures(source: Source, asked: Mapping[str, str], listed: int | None) -> dict[str, Values]:
    weights = _weights(source, asked.get("weights", ""))
    wanted = taken_in(source, plain_plots(source), asked.get("filter", ""))
    verdicts, barred = development_verdicts(source), barred_plots(source)
    counts = {"candidate": 0.0, "excluded": 0.0, "open": 0.0}
    candidates = []
    for plot in wanted:
        answer = False if plot.code in barred else verdicts[plot.code].developable
        counts["candidate" if answer else "excluded" if answer is False else "open"] += 1
        candidates += [plot] if answer else []
    rows = _rows(source, candidates, weights, _top_count(source, asked.get("top", "")))
    count = len(rows) if listed is None else min(listed, len(rows))
    shown = dict(list(rows.items())[:count])
    return {**shown, TOTAL: {**counts, "listed": float(count)}}


def _weights(source: Source, text: str) -> dict[str, float]:
    if not text:
        return official_weights(source)
    try:
        given = [float(part) for part in text.split(",")]
    except ValueError:
        given = []
    if len(given) != len(TERMS):
        raise UsageError(f"指纹里的权重“{text[:60]}”不是 {len(TERMS)} 个数。")
    return dict(zip(TERMS, given, strict=True))


def _top_count(source: Source, text: str) -> int:
    if text and not text.isdecimal():
        raise UsageError(f"指纹里的名次“{text[:20]}”不是数。")
    return int(text or source.number("candidate_top_count"))


def _rows(
    source: Source, plots: Sequence[Plot], weights: Mapping[str, float], top_count: int
) -> dict[str, Values]:
    inside = in_lines(source, [line.value for line in source.scheme.lines])
    targets = far_targets(source)
    terms = {
        plot.code: candidate_terms(source, plot, targets[plot.code], inside.get(plot.code)) for plot in plots
    }
    scores = {code: score_of(found, weights) for code, found in terms.items()}
    ranks, shares = (
        _ranks({code: _rounded(score) for code, score in scores.items()}),
        _top_shares(source, list(terms.values()), weights, top_count),
    )
    found = {
        plot.code: {
            "rank": ranks[plot.code],
            "score": scores[plot.code],
            "top_share": share,
            **_interval(source, plot, terms[plot.code], weights),
            **_facts(plot, targets[plot.code]),
            **_points(terms[plot.code], weights),
        }
        for plot, share in zip(plots, shares, strict=True)
    }
    best = sorted(found, key=lambda code: (ranks[code], code))
    return {code: found[code] for code in best}


def _rounded(score: Value) -> Value:
    return None if score is None else round(score, _SCORE_DECIMALS)


def _ranks(scores: Mapping[str, Value]) -> dict[str, float]:
    """Return the place of each: one more than there are better ones; those without a score share the last."""
    falling = sorted((score for score in scores.values() if score is not None), reverse=True)
    places: dict[float, float] = {}
    for place, score in enumerate(falling, start=1):
        places.setdefault(score, float(place))
    return {code: len(falling) + 1.0 if score is None else places[score] for code, score in scores.items()}


def _interval(source: Source, plot: Plot, terms: Terms, weights: Mapping[str, float]) -> Values:
    """Return the score with what is unknown at its worst and at its best, and what part of the weight is known."""
    total = math.fsum(weights.values())
    open_count = sum(plot.answers.get(rule, False) is None for rule in _needed(source))
    most = {term: 1.0 if value is None else value for term, value in terms.items()}
    most["low_efficiency"] = min(
        1.0, most["low_efficiency"] + open_count / float(source.number("candidate_full_hit_count"))
    )
    known = math.fsum(weights[term] for term, value in terms.items() if value is not None)
    return {
        "least": 100 * math.fsum((value or 0.0) * weights[term] for term, value in terms.items()) / total,
        "most": 100 * math.fsum(value * weights[term] for term, value in most.items()) / total,
        "completeness": known / total,
    }


def _needed(source: Source) -> list[str]:
    """Return the rules of low efficiency whose silence leaves a plot's open; an office's own ones are among them."""
    own = [rule.id for rule in source.own_rules if rule.counts_as == "low_efficiency"]
    return [*MEASURED_RULES, *own]


def _facts(plot: Plot, far_target: Value) -> Values:
    area, floor = plot.site_area_m2, plot.gfa_m2
    is_known = None not in (far_target, area, floor)
    return {
        "site_area_m2": area,
        "far": plot.far,
        "far_target": far_target,
        "potential_gfa_m2": max(0.0, far_target * area - floor) if is_known else None,  # type: ignore[operator]
        "tax_wan_per_mu": plot.tax_wan_per_mu,
    }


def _points(terms: Terms, weights: Mapping[str, float]) -> Values:
    known = math.fsum(weights[term] for term, value in terms.items() if value is not None)
    return {
        f"points_{term}": None if value is None or known <= 0 else 100 * value * weights[term] / known
        for term, value in terms.items()
    }


def _top_shares(
    source: Source, terms: Sequence[Terms], weights: Mapping[str, float], top_count: int
) -> list[float]:
    """Return in which part of the draws of uncertain weights each plot is among the first, one draw after the other."""
    weight = np.array([weights[term] for term in TERMS])
    known = np.array([[found[term] is not None for term in TERMS] for found in terms], float).reshape(-1, 7)
    value = np.array([[found[term] or 0.0 for term in TERMS] for found in terms], float).reshape(-1, 7)
    scored = np.flatnonzero(known @ weight > 0)
    shares = np.zeros(len(terms))
    if len(scored) <= top_count:
        shares[scored] = 1.0
        return [float(share) for share in shares]
    spread, count = (
        float(source.number("candidate_weight_spread")),
        int(source.number("candidate_draw_count")),
    )
    generator = np.random.default_rng(source.number("candidate_draw_seed"))
    for factors in generator.uniform(1.0 - spread, 1.0 + spread, (count, len(TERMS))):
        score = value[scored] @ (factors * weight) / (known[scored] @ (factors * weight))
        shares[scored] += score >= np.sort(score)[-top_count] - _SAME
    return [float(share) for share in shares / count]
