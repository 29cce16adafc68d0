"""What the choice of plots for a second development rests on: which plots come into question, and their terms."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from geoapp.analysis.candidate_score import Terms, terms_of
from geoapp.analysis.candidate_terms import TermScales, far_target, term_values
from geoapp.analysis.development import constraint_flags, developable_tests, potential_gfa_m2
from geoapp.analysis.outlines import are_valid
from geoapp.domain.policy import Policy
from geoapp.domain.rule import Purpose
from geoapp.rules.judgement import find_rules, rules_for
from geoapp.services.as_of import AsOf
from geoapp.services.heap import return_memory
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_location import CONTROL_ZONE_KIND, IN_CONTROL_LINE
from geoapp.services.plot_selection import default_far_target, development_rules
from geoapp.services.records import record_columns, records_version
from geoapp.services.rule_book import rule_verdicts
from geoapp.services.workspace import Workspace
from geoapp.services.zone_membership import zone_membership
from geoapp.services.zone_source import find_zones

RESTRICTED = "restricted_areas"
CANDIDATE, EXCLUDED, OPEN = "candidate", "excluded", "open"
TESTS = {
    "is_industrial": ("不是工业用地", "地类代码"),
    "is_not_recognised": ("已认定盘活", ""),
    "is_large_enough": ("用地面积小于 {min_area_mu:g} 亩", "用地面积"),
    "has_valid_geometry": ("图形无效或没有图形", ""),
    "is_free": ("在不得再开发的限制区内", ""),
}
"""What a candidate must satisfy: why it is none, and which fact is missing."""
FLAGS = {
    "is_outside_line": ("控制线外", "控制线"),
    "is_height_limited": ("限高", ""),
    "is_heritage": ("历史文化保护区", ""),
    "is_term_short": ("剩余年限不足 {min_term_years:g} 年", "使用权终止日期"),
    "is_encumbered": ("抵押或查封", "权利限制"),
    "is_planned_otherwise": ("规划改作他用", "规划用途"),
}
"""What a candidate is told to have; the second word is the fact without which it cannot be told."""
_OWN = (
    "planned_use", "right_type", "height_limit_m", "term_end_on", "plan_far_max", "built_year", "redevelopment_will",
    "encumbrance",
)  # fmt: skip
_SHOWN = (
    "name", "town_code", "park_code", "right_holder", "uscc", "industry_code", "grade", "grade_source", "site_area_m2",
    "far", "gfa_counted_m2", "tax_wan", "tax_wan_per_mu", "recognised_m2", "low_efficiency", "low_efficiency_status",
    "low_efficiency_hits", "landuse_code", "is_demo",
)  # fmt: skip
_WILL = {"willing": 1.0, "unwilling": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatePool:
    """All plots of a state, which of them are candidates, and what their scores are made of."""

    plots: gpd.GeoDataFrame
    """By plot_code: facts, far_target, potential_gfa_m2, state (candidate, excluded, open), the columns of FLAGS
    (boolean, missing where unknown), low_efficiency_hit_count, low_efficiency_unknown_count."""
    tests: pd.DataFrame
    """The columns of TESTS (boolean), on the same index."""
    term_values: pd.DataFrame
    open_above: Mapping[str, pd.Series]
    """What the terms of all plots are made of, see `terms_of`."""
    words: Mapping[str, float]
    """Numbers that the words of TESTS and FLAGS show."""
    notes: tuple[str, ...]
    """What was not tested, in Chinese."""

    def terms(self, rows: NDArray[np.intp]) -> Terms:
        """Return the terms of some plots, by their places; made each time, since they take three times their values."""
        above = {name: margin.iloc[rows] for name, margin in self.open_above.items()}
        return terms_of(self.term_values.iloc[rows], open_above=above)

    def reason(self, name: str) -> str:
        """Return in words why a plot fails a test or what a flag says."""
        return (TESTS.get(name) or FLAGS[name])[0].format(**self.words)


def candidate_pool(workspace: Workspace, state: AsOf) -> CandidatePool:
    """Return all plots of a state as the choice of candidates sees them; shared by all who ask.

    Raises
    ------
    NotFoundError
        A number of the rule book does not hold yet on the day.
    """
    key = ("candidate_pool", *pool_version(workspace, state))
    return workspace.cache.get(key, lambda: _pool(workspace, state))


def pool_version(workspace: Workspace, state: AsOf) -> tuple[Hashable, ...]:
    """Return what the choice of candidates depends on: equal versions are equal pools."""
    restricted = workspace.register_revisions((RESTRICTED,), state.revision)
    return records_version(workspace, "plots", state), restricted, state.day


def term_scales(policy: Policy, day: date) -> TermScales:
    """Return what counts as all of each term on a day."""
    return TermScales(
        tax_target_wan_per_mu=policy.value("candidate_tax_target", day),
        full_hit_count=policy.value("candidate_full_hit_count", day),
        full_area_mu=policy.value("candidate_full_area_mu", day),
        full_age_years=policy.value("candidate_full_age_years", day),
        will=_WILL | {"open": policy.value("candidate_will_open", day)},
    )


def _pool(workspace: Workspace, state: AsOf) -> CandidatePool:
    said = rule_verdicts(workspace, state)  # first: what it takes is gone before the rest is made
    return_memory()
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    own = record_columns(workspace, "plots", [*_OWN, IN_CONTROL_LINE, CONTROL_ZONE_KIND], state)
    own = own.rename(columns={IN_CONTROL_LINE: "is_in_control_line"})
    columns = {name: facts[name].array for name in (*_SHOWN, "geometry")}
    columns |= {str(name): column.array for name, column in own.items()}
    plots = gpd.GeoDataFrame(columns, index=facts.index, copy=False)  # shares what others keep
    plots["has_valid_geometry"] = are_valid(facts.geometry.to_numpy())
    low = rules_for(find_rules(), purpose=Purpose.LOW_EFFICIENCY)
    asked = [rule.id for rule in low if rule.id in said]
    needed = [rule.id for rule in low if rule.id in said and not rule.is_supplementary]
    plots["low_efficiency_hit_count"] = _count(
        said[name].array.to_numpy(bool, na_value=False) for name in asked
    )
    plots["low_efficiency_unknown_count"] = _count(said[name].array.isna() for name in needed)
    plots["far_target"] = _far_target(workspace, plots, state)
    plots["potential_gfa_m2"] = potential_gfa_m2(plots, plots["far_target"])
    rules = development_rules(workspace.policy_at(state.revision), state.day)
    inside, notes = _in_restricted(workspace, facts.geometry, state)
    tests = developable_tests(plots, rules).assign(
        is_free=~_in_any(inside, workspace, "candidate_excluding_areas", state)
    )
    flags = constraint_flags(plots, rules, state.day)
    flags["is_height_limited"] |= _of_kind(inside, "height_control")
    flags["is_heritage"] = _of_kind(inside, "heritage")
    flags["is_encumbered"], more = _is_encumbered(plots["encumbrance"], workspace, state)
    plots["state"] = _states(tests)
    for name in FLAGS:
        plots[name] = flags[name]
    scales = term_scales(workspace.policy_at(state.revision), state.day)
    values, open_above = term_values(plots, scales, state.day)
    return CandidatePool(
        plots=plots,
        tests=tests[list(TESTS)],
        term_values=values,
        open_above=open_above,
        words={"min_area_mu": rules.min_area_mu, "min_term_years": rules.min_term_years},
        notes=(*notes, *more),
    )


def _count(answers: Iterable[NDArray[np.bool_]]) -> NDArray[np.float64] | float:
    """Return in how many of some answers each plot is."""
    return sum((answer.astype(np.float64) for answer in answers), start=0.0)


def _states(tests: pd.DataFrame) -> ExtensionArray:
    """Return what each plot is: none as soon as it fails a test, open where one cannot be told."""
    passes = reduce(and_, (tests[name] for name in tests)).array  # "boolean": False and missing is False
    words = np.array([EXCLUDED, CANDIDATE, OPEN], dtype=object)
    return pd.array(words[np.where(passes.isna(), 2, passes.to_numpy(np.int8, na_value=0))], dtype="str")


def _far_target(workspace: Workspace, plots: pd.DataFrame, state: AsOf) -> pd.Series:
    least = {kind: rules.get("far_min_new") for kind, rules in workspace.scheme.zone_rules.items()}
    of_zone = plots[CONTROL_ZONE_KIND].map(least).astype("float64")
    return far_target(
        of_zone, plots["plan_far_max"], default_far_target(workspace.policy_at(state.revision), state.day)
    )


def _in_restricted(
    workspace: Workspace, plots: gpd.GeoSeries, state: AsOf
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return in which kinds of restricted areas each plot lies (bool), and what to say where none is registered."""
    areas = workspace.store.read(RESTRICTED, revision=state.revision)
    codes = workspace.layer(RESTRICTED).field("kind").code_labels
    inside = pd.DataFrame(data=False, index=plots.index, columns=list(codes))
    known = set(areas["kind"].dropna())
    missing = [words for kind, words in codes.items() if kind not in known]
    notes = (f"“限制区”台账里没有{'、'.join(missing)}，这些没有核对。",) if missing else ()
    if areas.empty or plots.empty:
        return inside, notes
    division = find_zones(workspace, RESTRICTED, revision=state.revision, day=state.day)
    shares = zone_membership(workspace, plots, division, "clip", state.revision).areas
    least = workspace.policy_at(state.revision).value("candidate_area_tolerance_share", state.day)
    kinds = areas.set_index("area_code")["kind"].reindex(division.geometry.index)
    for kind in known & set(codes):
        share = np.asarray(shares[:, np.flatnonzero(kinds == kind)].sum(axis=1)).ravel()
        inside[kind] = share > least
    return inside, notes


def _of_kind(inside: pd.DataFrame, kind: str) -> pd.Series:
    return inside[kind].astype("boolean")


def _in_any(inside: pd.DataFrame, workspace: Workspace, number_id: str, state: AsOf) -> pd.Series:
    kinds = [
        kind for kind in workspace.policy_at(state.revision).value(number_id, state.day) if kind in inside
    ]
    return inside[kinds].any(axis=1).astype("boolean")


def _is_encumbered(
    encumbrance: pd.Series, workspace: Workspace, state: AsOf
) -> tuple[pd.Series, tuple[str, ...]]:
    """Return which plots are encumbered; where the office does not keep it at all, that is said once."""
    if encumbrance.isna().all() and len(encumbrance):
        nothing = pd.Series(data=False, index=encumbrance.index, dtype="boolean")
        return nothing, ("地块台账的“权利限制”都没有填，抵押、查封没有核对。",)
    named = workspace.policy_at(state.revision).value("candidate_flagging_encumbrances", state.day)
    return encumbrance.isin(named).astype("boolean").mask(encumbrance.isna()), ()
