"""The evaluation per 亩 (亩均效益综合评价) of a year: lists, scores, ranks and grades of all enterprises."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoapp.analysis.evaluation_grade import grade_list
from geoapp.analysis.evaluation_score import Scores, adjusted, score_list
from geoapp.analysis.intensity import ratio
from geoapp.domain.evaluation import EXEMPT, LISTS, NO_AB, OUTRIGHT_D, EvaluationRules

GRADED, EXEMPTED, INCOMPLETE, UNLISTED = "graded", "exempt", "incomplete", "unlisted"
"""How an enterprise stands: it has a grade, is not evaluated, lacks a figure, or no list is known for it."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The evaluation of a year."""

    results: pd.DataFrame
    """See `evaluate`."""
    scores: Mapping[str, Scores]
    """By list; lists without an enterprise are left out."""


def choose_lists(enterprises: pd.DataFrame, rules: EvaluationRules) -> pd.DataFrame:
    """Return the list of each enterprise: the recorded one, else what scale and land make of it.

    Parameters
    ----------
    enterprises : DataFrame by uscc
        recorded_list (code or missing), is_above_scale, is_owner (has land of its own; missing where no land is
        known at all), land_m2.
    rules : EvaluationRules
        small_land_mu, tenants_first.

    Returns
    -------
    DataFrame by uscc
        computed_list and list ("" where unknown).
    """
    above = enterprises["is_above_scale"].astype("float64")
    owner = enterprises["is_owner"].astype("float64")
    land_mu = enterprises["land_m2"] * 15 / 10_000
    is_tenant = owner == 0
    cases = [
        is_tenant & (rules.tenants_first | (above == 0)),
        above == 1,
        above.isna() | owner.isna() | land_mu.isna(),
        land_mu >= rules.small_land_mu,
    ]
    names = ["tenant", "above_scale", "", "below_scale_large"]
    computed = pd.Series(np.select(cases, names, "below_scale_small"), index=enterprises.index, dtype="str")
    recorded = enterprises["recorded_list"]
    return pd.DataFrame(
        {"computed_list": computed, "list": recorded.where(recorded.isin(list(LISTS)), computed)}
    )


def evaluate(figures: pd.DataFrame, rules: EvaluationRules) -> Evaluation:
    """Return scores, ranks and grades of all enterprises of a year.

    Parameters
    ----------
    figures : DataFrame by uscc, one row per enterprise
        list (one of LISTS or ""), is_above_scale (decides which tax floor a tenant has), the figures of
        the items (tax_wan, value_added_wan, revenue_wan, rd_wan in 万元,
        energy_tce, emission_t, staff, power_kwh), land_mu, bonus, malus (points), veto ("", D, no_AB), is_exempt.
    rules : EvaluationRules

    Returns
    -------
    Evaluation
        results by uscc, in the order of *figures*: list, state, tax_wan_per_mu, tax_floor_wan_per_mu, points (their
        sum), bonus, malus, score, veto (with what the tax floor does), is_below_floor, rank, grade ("" where there is
        none, T for exempt), tie, is_tie_across. Nobody is left out.
    """
    tax_per_mu = ratio(figures["tax_wan"], figures["land_mu"])
    is_large_tenant = (figures["list"] == "tenant") & (figures["is_above_scale"].astype("float64") == 1)
    floor = figures["list"].mask(is_large_tenant, "above_scale").map(rules.tax_floors).astype("float64")
    is_below = tax_per_mu < floor
    veto = figures["veto"].mask(is_below & (figures["veto"] != OUTRIGHT_D), rules.tax_floor_effect)
    veto = veto.mask((veto == "") & (figures["veto"] == NO_AB), NO_AB)
    common = figures[["list", "bonus", "malus", "is_exempt"]].assign(
        tax_wan_per_mu=tax_per_mu, tax_floor_wan_per_mu=floor, veto=veto, is_below_floor=is_below
    )
    parts, scores = [], {}
    for code in LISTS:
        members = common[common["list"] == code]
        if len(members):
            scores[code] = score_list(figures.loc[members.index], ~members["is_exempt"], rules.score[code])
            parts.append(_graded(members, scores[code], rules, code))
    unlisted = common[~common["list"].isin(list(LISTS))]
    parts.append(unlisted.assign(state=UNLISTED, points=np.nan, score=np.nan, rank=np.nan, grade="", tie="",
                                 is_tie_across=False))  # fmt: skip
    results = pd.concat(parts).reindex(figures.index)
    is_exempt = results["is_exempt"]
    results = results.assign(
        state=results["state"].mask(is_exempt, EXEMPTED), grade=results["grade"].mask(is_exempt, EXEMPT)
    )
    return Evaluation(results.drop(columns="is_exempt"), scores)


def _graded(members: pd.DataFrame, scores: Scores, rules: EvaluationRules, code: str) -> pd.DataFrame:
    score = adjusted(scores.total, members["bonus"], members["malus"])
    takes_part = ~members["is_exempt"]
    chosen = members[takes_part]
    graded = grade_list(
        score[takes_part], chosen["tax_wan_per_mu"], chosen["veto"], rules.grade[code]
    ).reindex(members.index)
    has_grade = graded["grade"].fillna("") != ""
    return members.assign(
        state=np.where(has_grade, GRADED, INCOMPLETE),
        points=scores.total,
        score=score,
        rank=graded["rank"],
        grade=graded["grade"].fillna(""),
        tie=graded["tie"].fillna(""),
        is_tie_across=graded["is_tie_across"].eq(True),
    )
