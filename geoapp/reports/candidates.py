"""Candidates as plain values, for `geoapp candidates --json` and the addresses that end in .json."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoapp.analysis.candidate_score import Terms
from geoapp.domain.frame import plain_values, row_records
from geoapp.domain.rule import RuleHit

POINT_DECIMALS = 6


def reason_record(hit: RuleHit) -> dict[str, Any]:
    """Return a rule's hit as plain values: what was measured, against what, by which clause, as of which day."""
    return {
        "rule": hit.rule_id, "name": hit.zh, "measured": hit.measured, "threshold": hit.threshold, "unit": hit.unit,
        "clause": hit.clause, "source": hit.source, "day": hit.day.isoformat(), "sentence": hit.sentence,
    }  # fmt: skip


def candidate_records(
    plots: pd.DataFrame, points: pd.DataFrame, flags: pd.Series, flip_sentences: pd.Series
) -> list[dict[str, Any]]:
    """Return one object per candidate, in the order given.

    Parameters
    ----------
    plots : DataFrame by plot_code
        As `CandidateList.candidates`.
    points : DataFrame on the same index
        How many points each term gives.
    flags, flip_sentences : Series of str on the same index

    Returns
    -------
    list of dict
        Areas in m2, scores 0 to 100, shares 0 to 1, null where unknown.
    """
    names = {
        "rank": "rank", "name": "name", "town_code": "town_code", "score": "score", "completeness": "completeness",
        "stability": "stability", "share": "top_share", "site_area_m2": "site_area_m2", "far": "far",
        "far_target": "far_target", "potential_gfa_m2": "potential_gfa_m2", "tax_wan_per_mu": "tax_wan_per_mu",
        "low_efficiency": "low_efficiency",
    }  # fmt: skip
    columns = {new: plain_values(plots[old]) for old, new in names.items()}
    least, most = plain_values(plots["least"]), plain_values(plots["most"])
    terms = {str(term): plain_values(points[term].round(POINT_DECIMALS)) for term in points}
    records = []
    for row, code in enumerate(plots.index):
        records.append(
            {
                "plot": str(code),
                **{name: values[row] for name, values in columns.items()},
                "rank": int(columns["rank"][row]),
                "interval": [least[row], most[row]],
                "points": {term: values[row] for term, values in terms.items()},
                "reasons": [reason_record(hit) for hit in plots["low_efficiency_hits"].iloc[row]],
                "flags": [word for word in flags.iloc[row].split("；") if word],
                "nearest_flip": flip_sentences.iloc[row] or None,
            }
        )
    return records


def pool_record(
    plots: pd.DataFrame, terms: Terms, flags: pd.Series, town_names: Mapping[str, str]
) -> dict[str, Any]:
    """Return what a page needs to rank candidates itself, column by column: shorter than an object each.

    Parameters
    ----------
    plots : DataFrame by plot_code
        The first of `CandidateList.candidates`.
    terms : Terms
        Of all candidates, in the same order.
    flags : Series of str
    town_names : mapping by code
    """
    count = len(plots)
    columns = {
        "name": "name", "area_m2": "site_area_m2", "far": "far", "far_target": "far_target",
        "potential_gfa_m2": "potential_gfa_m2", "tax_wan_per_mu": "tax_wan_per_mu",
    }  # fmt: skip
    open_above = (terms.most - terms.value).iloc[:count]["low_efficiency"]
    return {
        "code": [str(code) for code in plots.index],
        **{new: plain_values(plots[old]) for new, old in columns.items()},
        "town": [town_names.get(code, code) for code in plain_values(plots["town_code"])],
        "rules": [[hit.rule_id for hit in hits] for hits in plots["low_efficiency_hits"]],
        "flags": flags.tolist(),
        "stability": plots["stability"].tolist(),
        "values": [plain_values(terms.value[term].iloc[:count]) for term in terms.value],
        "open_low_efficiency": plain_values(open_above.round(POINT_DECIMALS)),
        "rule_names": {hit.rule_id: hit.zh for hits in plots["low_efficiency_hits"] for hit in hits},
    }


def block_records(blocks: pd.DataFrame, town_names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one object per block, best first: areas in m2, scores 0 to 100, null where unknown."""
    names = (
        "rank", "score", "least", "most", "completeness", "plot_count", "site_area_m2", "potential_gfa_m2", "far",
        "tax_wan_per_mu", "plot_codes",
    )  # fmt: skip
    columns = {name: plain_values(blocks[name]) for name in names}
    columns["town"] = [town_names.get(code, code) for code in plain_values(blocks["town_code"])]
    return row_records(columns)
