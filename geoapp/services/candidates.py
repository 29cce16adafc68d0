"""Candidates for a second development in order, each with what speaks for it, what holds it back and how sure it is."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.analysis.candidate_blocks import block_numbers, block_terms
from geoapp.analysis.candidate_score import Draws, Terms, contributions, rank_order, scores, stability
from geoapp.analysis.plane import to_plane
from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.policy import Policy
from geoapp.domain.rule import Purpose, Rule, value_text
from geoapp.errors import UsageError
from geoapp.rules.judgement import find_rules, rules_for, rules_in_force
from geoapp.rules.nearest_flip import nearest_flips
from geoapp.services.as_of import AsOf
from geoapp.services.candidate_plots import (
    CANDIDATE,
    EXCLUDED,
    FLAGS,
    OPEN,
    TESTS,
    CandidatePool,
    candidate_pool,
    pool_version,
    term_scales,
)
from geoapp.services.candidate_weights import WeightSet, find_weights
from geoapp.services.heap import return_memory
from geoapp.services.number_words import worded_number
from geoapp.services.plot_facts import plot_facts
from geoapp.services.records import Rows, canonical_filter, filter_mask
from geoapp.services.rule_facts import plot_rule_facts
from geoapp.services.workspace import Workspace
from geoapp.units import number_text

STABILITY_WORDS = {"always": "总在前列", "sometimes": "有时在前列", "never": "不在前列"}
MOST_TOP = 100_000
SCORE_DECIMALS = 6
"""Scores that differ less share a rank, so that page, file and command line rank alike."""


@dataclass(frozen=True, kw_only=True)
class CandidateList:
    """The candidates of a state under some weights, best first; their frames are made when asked for."""

    state: AsOf
    weights: WeightSet
    filter_text: str
    top_count: int
    pool: CandidatePool
    rows: Rows
    """Places of the candidates in the pool, best first."""
    figures: pd.DataFrame
    """Of the candidates in their order: rank (ties share one), score, least, most (0 to 100), completeness (0 to 1),
    share (of the draws among the first), stability."""
    excluded: Mapping[str, int]
    """Plots that are none, by the first reason; in words."""
    open: pd.DataFrame
    """Plots of which that cannot be told: plot_code, name, missing (Chinese)."""
    open_rows: Rows
    """Their places in the pool."""
    notes: tuple[str, ...]
    is_demo: bool

    def cut(self, places: slice | Rows) -> "CandidateList":
        """Return the list with some of the candidates only, by their places in it."""
        return replace(self, rows=self.rows[places], figures=self.figures.iloc[places])

    def first(self, count: int) -> "CandidateList":
        """Return the list with the first candidates only."""
        return self.cut(slice(count))

    def place_of(self, plot_code: str) -> int | None:
        """Return a candidate's place in the list, None where the plot is not in it."""
        row = self.pool.plots.index.get_indexer([plot_code])[0]
        places = np.flatnonzero(self.rows == row)
        return int(places[0]) if len(places) else None

    @cached_property
    def codes(self) -> pd.Index:
        """The candidates' plot codes, best first."""
        codes: pd.Index = self.pool.plots.index[self.rows]
        return codes

    @cached_property
    def candidates(self) -> gpd.GeoDataFrame:
        """By plot_code, best first: the pool's columns and the figures."""
        figures = {str(name): self.figures[name].array for name in self.figures}
        return self.pool.plots.iloc[self.rows].assign(**figures)

    @cached_property
    def terms(self) -> Terms:
        """Of the candidates, in their order."""
        return self.pool.terms(self.rows)

    @cached_property
    def points(self) -> pd.DataFrame:
        """How many points each term gives; sums to the score."""
        return contributions(self.terms, self.weights.weights)


def candidate_list(
    workspace: Workspace,
    state: AsOf,
    *,
    weights: str | None = None,
    filter_text: str = "",
    top_count: int | None = None,
) -> CandidateList:
    """Return the candidates in order.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    weights : str, optional
        See `find_weights`.
    filter_text : str
        CQL2-Text over plots; others are not looked at, and ranks are among those looked at.
    top_count : int, optional
        How many are "the first" for stability; the rule book's if left out.

    Raises
    ------
    UsageError, NotFoundError
        Weights or filter cannot be used, top_count is not positive, or the rule book does not hold yet on the day.
    """
    chosen = find_weights(workspace, state, weights)
    top_count = _top_count(workspace, state, top_count)
    pool = candidate_pool(workspace, state)
    wanted = canonical_filter(workspace, "plots", filter_text)
    key = (
        "candidate_ranking", pool_version(workspace, state), tuple(chosen.weights.items()), wanted, top_count,
    )  # fmt: skip

    def make() -> _Ranking:
        is_wanted = np.ones(len(pool.plots), bool)
        if wanted:
            is_wanted = filter_mask(workspace, "plots", filter_text, state)
        return_memory()
        return _ranking(pool, is_wanted, chosen.weights, top_count, draws(workspace, state))

    found = workspace.cache.get(key, make)
    _keep_few(workspace, key)
    return CandidateList(
        state=state, weights=chosen, filter_text=filter_text, top_count=top_count, pool=pool, rows=found.rows,
        figures=found.figures, excluded=found.excluded, open=found.open, open_rows=found.open_rows,
        notes=(*filter(None, [state.note]), *pool.notes), is_demo=found.is_demo,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranking:
    """What is kept of a list: see `CandidateList`."""

    rows: Rows
    figures: pd.DataFrame
    excluded: Mapping[str, int]
    open: pd.DataFrame
    open_rows: Rows
    is_demo: bool


def _ranking(
    pool: CandidatePool,
    is_wanted: NDArray[np.bool_],
    weights: Mapping[str, float],
    top_count: int,
    drawn: Draws,
) -> _Ranking:
    state = pool.plots["state"]
    place = np.flatnonzero(is_wanted & (state == CANDIDATE).to_numpy())
    pieces = [place[first : first + _PLOTS_AT_ONCE] for first in range(0, max(len(place), 1), _PLOTS_AT_ONCE)]
    scored = pd.concat([scores(pool.terms(piece), weights) for piece in pieces])
    compared = scored["score"].round(SCORE_DECIMALS)
    scored["rank"] = compared.rank(method="min", ascending=False, na_option="bottom")
    scored = scored.join(stability(pool.term_values.iloc[place], weights, top_count, drawn))
    order = rank_order(compared)
    is_demo = pool.plots["is_demo"].array.to_numpy(bool, na_value=False)
    open_rows = np.flatnonzero(is_wanted & (state == OPEN).to_numpy())
    return _Ranking(
        rows=place[order].astype(np.int32),
        figures=scored.iloc[order].reset_index(drop=True),
        excluded=_excluded(pool, is_wanted & (state == EXCLUDED).to_numpy()),
        open=_open(pool, open_rows),
        open_rows=open_rows.astype(np.int32),
        is_demo=bool(is_demo[is_wanted].any()),
    )


_PLOTS_AT_ONCE = 25_000
"""Scored at a time: what so many are scored by takes some 5 MB, half a million at once 110 MB."""
_RECENT = ("recent_candidate_rankings",)
_MOST_KEPT = 3
"""Rankings: of half a million plots each takes 30 MB, and every move of a slider asks for another."""


def _keep_few(workspace: Workspace, key: tuple[Hashable, ...]) -> None:
    """Note which ranking was asked for last, and forget those asked for long before."""
    recent: tuple[tuple[Hashable, ...], ...] = workspace.cache.peek(_RECENT, ())
    if recent[:1] == (key,):
        return
    others = [other for other in recent if other != key]
    workspace.cache.put(_RECENT, (key, *others[: _MOST_KEPT - 1]))
    for old in others[_MOST_KEPT - 1 :]:
        workspace.cache.drop(old)


def draws(workspace: Workspace, state: AsOf) -> Draws:
    """Return how uncertain weights are drawn, from the rule book."""
    policy = workspace.policy_at(state.revision)
    return Draws(
        count=policy.value("candidate_draw_count", state.day),
        spread=policy.value("candidate_weight_spread", state.day),
        seed=policy.value("candidate_draw_seed", state.day),
    )


def flag_words(pool: CandidatePool, plots: pd.DataFrame) -> pd.Series:
    """Return what each plot is flagged for, and what cannot be told, in Chinese; empty where nothing."""
    texts: list[list[str]] = [[] for _ in range(len(plots))]
    for name, (_, fact) in FLAGS.items():
        words = (pool.reason(name), f"{fact}不明" if fact else "")
        rows = (plots[name].fillna(value=False), plots[name].isna())
        for word, hit in zip(words, rows, strict=True):
            for row in np.flatnonzero(hit.to_numpy(bool)) if word else ():
                texts[row].append(word)
    return pd.Series(map("；".join, texts), index=plots.index, dtype="str")


def flips(workspace: Workspace, found: CandidateList, codes: Sequence[str]) -> pd.DataFrame:
    """Return which rule's answer would turn first for some plots; see `nearest_flips`, and "sentence" in Chinese."""
    state = found.state
    rows = plot_facts(workspace, revision=state.revision, day=state.day).index.get_indexer(list(codes))
    facts = plot_rule_facts(workspace, state, rows)
    rules = rules_for(find_rules(), purpose=Purpose.LOW_EFFICIENCY)
    by_id = {rule.id: rule for rule in rules}
    policy = workspace.policy_at(state.revision)
    nearest = nearest_flips(facts, rules, rules_in_force(rules, policy, state.day))
    sentences = [
        _flip_sentence(policy, by_id[row["rule_id"]], row) if isinstance(row["rule_id"], str) else ""
        for row in nearest.to_dict("records")
    ]
    return nearest.assign(sentence=pd.Series(sentences, index=nearest.index, dtype="str"))


def candidate_blocks(workspace: Workspace, found: CandidateList, gap_m: float | None = None) -> pd.DataFrame:
    """Return the candidates that lie together as wholes, best first.

    Parameters
    ----------
    workspace : Workspace
    found : CandidateList
    gap_m : float, optional
        Plots no further apart are together; the rule book's if left out.

    Returns
    -------
    DataFrame, one row per block of at least two plots, with rank, score, least, most, completeness, plot_count,
        site_area_m2, potential_gfa_m2, far, tax_wan_per_mu, plot_codes (list, best first), town_code (of the largest
        area)

    Raises
    ------
    UsageError
        The gap is negative or above 1,000 m.
    """
    gap_m = _gap(workspace, found.state, gap_m)
    plots = found.candidates
    plane = to_plane(plots.geometry, CRS.from_epsg(workspace.settings.working_crs))
    block = pd.Series(block_numbers(plane.to_numpy(), gap_m), index=plots.index)
    block = block[block.duplicated(keep=False)]
    rows = plots.index.get_indexer(block.index)
    members = plots.iloc[rows]
    scales = term_scales(workspace.policy_at(found.state.revision), found.state.day)
    blocks, terms = block_terms(members, _taken(found.terms, rows), block, scales)
    scored = scores(terms, found.weights.weights)
    largest = members.sort_values("site_area_m2", ascending=False, kind="stable")
    blocks = blocks.join(scored).assign(
        plot_codes=pd.Series(block.index, index=block.index).groupby(block).agg(list),
        town_code=largest["town_code"].groupby(block.reindex(largest.index)).first(),
    )
    blocks["rank"] = blocks["score"].rank(method="min", ascending=False, na_option="bottom")
    return blocks.iloc[np.lexsort((blocks.index, -blocks["score"]))].reset_index(drop=True)


def candidate_summary_words(found: CandidateList) -> str:
    """Return in Chinese how many plots are candidates, why others are none, and of how many that cannot be told."""
    counts = candidate_summary(found)
    why = "、".join(f"{words} {count} 宗" for words, count in found.excluded.items())
    return (
        f"候选 {counts[CANDIDATE]} 宗；排除 {counts[EXCLUDED]} 宗{f'（{why}）' if why else ''}；"
        f"缺资料、不能判定 {counts[OPEN]} 宗。"
    )


def candidate_summary(found: CandidateList) -> dict[str, int]:
    """Return how many plots are candidates, excluded and open."""
    return {
        CANDIDATE: len(found.rows),
        EXCLUDED: sum(found.excluded.values()),
        OPEN: len(found.open),
    }


def _taken(terms: Terms, rows: Any) -> Terms:
    return Terms(terms.value.iloc[rows], terms.least.iloc[rows], terms.most.iloc[rows])


def _top_count(workspace: Workspace, state: AsOf, top_count: int | None) -> int:
    if top_count is None:
        return int(workspace.policy_at(state.revision).value("candidate_top_count", state.day))
    if not 1 <= top_count <= MOST_TOP:
        raise UsageError(f"“前几名”应为 1 到 {MOST_TOP:,} 之间的整数，这里是 {top_count}。")
    return top_count


def _gap(workspace: Workspace, state: AsOf, gap_m: float | None) -> float:
    widest = 1000.0
    gap = (
        workspace.policy_at(state.revision).value("candidate_block_gap_m", state.day)
        if gap_m is None
        else gap_m
    )
    if not 0 <= gap <= widest:
        raise UsageError(f"连片的间距应为 0 到 {widest:g} 米，这里是 {gap:g}。")
    return float(gap)


def _excluded(pool: CandidatePool, is_excluded: NDArray[np.bool_]) -> dict[str, int]:
    """Return how many plots fail, by the first test they fail."""
    remaining = is_excluded.copy()
    counts = {}
    for name in TESTS:
        fails = remaining & ~pool.tests[name].array.to_numpy(bool, na_value=True)
        counts[pool.reason(name)] = int(fails.sum())
        remaining &= ~fails
    return {words: count for words, count in counts.items() if count}


def _open(pool: CandidatePool, rows: NDArray[np.intp]) -> pd.DataFrame:
    plots = pool.plots[["name"]].iloc[rows]
    lacks = np.stack([pool.tests[name].array.isna()[rows] for name in TESTS], axis=1)
    kinds, kind = np.unique(lacks, axis=0, return_inverse=True)  # a text for each kind, not for each plot
    facts = [fact for _, fact in TESTS.values()]
    words = [
        "、".join(fact for fact, is_lacking in zip(facts, one, strict=True) if is_lacking) for one in kinds
    ]
    missing = np.array(words, dtype=object)[kind]
    return pd.DataFrame(
        {
            "plot_code": plots.index,
            "name": plots["name"].to_numpy(),
            "missing": pd.Series(missing, dtype="str"),
        }
    )


_REACHED = {"at": "到", "below": "降到低于", "above": "升到高于"}
"""Where a rule's answer turns: reaching the threshold is not always enough."""


def _flip_sentence(policy: Policy, rule: Rule, row: Mapping[Any, Any]) -> str:
    unit = policy.number(rule.thresholds[0]).unit
    measured, threshold = value_text(row["measured"], unit), value_text(row["threshold"], unit)
    turned = "不再命中" if row["is_hit"] else "命中"
    return (
        f"{rule.needs[rule.measured]}由 {measured} {_REACHED[row['side']]} {threshold}"
        f"（差 {number_text(row['distance'], '.1%')}）即{turned} {rule.id} {rule.zh}。"
    )


def candidate_numbers(workspace: Workspace, state: AsOf) -> tuple[ProofNumber, ...]:
    """Return the rule book's numbers that the list rests on, with source and certainty."""
    names = [name for name in workspace.policy_at(state.revision).numbers if name.startswith("candidate_")]
    return tuple(
        worded_number(workspace.layers, workspace.policy_at(state.revision), name, state.day)
        for name in (*names, "far_target_default", "development_min_area_mu", "development_min_term_years")
    )
