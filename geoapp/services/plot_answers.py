"""What the rules say of plots one by one: asked about a block at once, and kept for the cards opened next."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.domain.record_rows import RecordRows
from geoapp.domain.rule import Subject
from geoapp.rules.judgement import find_rules, rules_for, rules_in_order, verdicts
from geoapp.services.as_of import AsOf
from geoapp.services.held_records import rows_of
from geoapp.services.plot_facts import facts_holding
from geoapp.services.rule_facts import LINE_REGISTERS, facts_version, plot_rule_facts
from geoapp.services.workspace import Workspace

_BLOCK = 4096
"""Plots, in the register's order, that the rules are asked about together."""


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the rules say of a block of plots, and from what."""

    basis: tuple[Hashable, ...]
    """Whatever else than the plots' facts and own records it depends on."""
    fids: NDArray[np.int64]
    """The versions of the plots' own records."""
    facts: pd.DataFrame
    """Only what the rules need and tell."""
    answers: pd.DataFrame
    fact_rows: RecordRows
    answer_rows: RecordRows


def plot_answers(workspace: Workspace, plot_code: str, state: AsOf) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return one plot's row of `rule_facts` and of the rules' verdicts.

    The rules are asked about a block of plots at once, which takes hardly longer than about one: the answers are there
    when the next card is opened. After an edit they hold for the plots whose facts are what they were.
    """
    facts = facts_holding(workspace, plot_code, revision=state.revision, day=state.day)
    row = int(facts.index.get_loc(plot_code))
    block, place = divmod(row, _BLOCK)
    found: _Answers | None = workspace.cache.peek(_block_key(workspace, state, block), None)
    if found is None:
        newest: _Answers | None = workspace.cache.peek(_newest_key(workspace, block), None)
        if newest is not None and _holds(workspace, state, newest, place, facts, row):
            found = newest
    if found is None:
        found = _block_answers(workspace, state, block)
    return found.fact_rows.record(place), found.answer_rows.record(place)


def answer_all(workspace: Workspace, state: AsOf) -> Iterator[None]:
    """Ask the rules about every plot, block by block, so that the answers are there when cards are opened."""
    for block in range(-(-len(workspace.store.read("plots", revision=state.revision)) // _BLOCK)):
        _block_answers(workspace, state, block)
        yield


def _block_key(workspace: Workspace, state: AsOf, block: int) -> tuple[Hashable, ...]:
    return "plot_answers", facts_version(workspace, Subject.PLOT, state), state.day, block


def _block_answers(workspace: Workspace, state: AsOf, block: int) -> _Answers:
    key, before = _block_key(workspace, state, block), _newest_key(workspace, block)
    found = workspace.cache.get(key, lambda: _asked(workspace, state, block))
    workspace.cache.keep_newest(
        ("newest_plot_answers", block), key, key=key, before=before, is_past=not state.is_now
    )
    return found


def _newest_key(workspace: Workspace, block: int) -> Hashable:
    """Return under which key the answers given last about a block are kept."""
    return workspace.cache.peek(("newest_plot_answers", block), ("plot_answers",))


def _holds(
    workspace: Workspace, state: AsOf, known: _Answers, place: int, facts: pd.DataFrame, row: int
) -> bool:
    """Return whether answers given before are those about a plot now: nothing that they were made from differs."""
    if place >= len(known.fids) or known.basis != _basis(workspace, state):
        return False
    fids = workspace.store.read("plots", revision=state.revision).index
    if facts.index[row] != known.facts.index[place] or fids[row] != known.fids[place]:
        return False
    names = [name for name in known.fact_rows.frame.columns if name in facts]
    before, now = (
        known.fact_rows.record(place, names),
        rows_of(workspace, "plot_facts", facts).record(row, names),
    )
    return all(_is_same(before[name], now[name]) for name in names)


def _is_same(before: Any, now: Any) -> bool:
    if pd.isna(before) or pd.isna(now):
        return bool(pd.isna(before) and pd.isna(now))
    return bool(before == now)


def _basis(workspace: Workspace, state: AsOf) -> tuple[Hashable, ...]:
    return *workspace.register_revisions(LINE_REGISTERS, state.revision), state.day


def _asked(workspace: Workspace, state: AsOf, block: int) -> _Answers:
    plots = workspace.store.read("plots", revision=state.revision)
    rows = np.arange(block * _BLOCK, min((block + 1) * _BLOCK, len(plots)))
    rules = rules_in_order(rules_for(find_rules()))
    facts = plot_rule_facts(workspace, state, rows)
    answers = verdicts(facts, rules, workspace.policy_at(state.revision), state.day)
    facts = facts[
        list(dict.fromkeys(name for rule in rules for name in (*rule.needs, *rule.tells, rule.measured)))
    ]
    return _Answers(
        basis=_basis(workspace, state),
        fids=plots.index.to_numpy()[rows],
        facts=facts,
        answers=answers,
        fact_rows=RecordRows(facts),
        answer_rows=RecordRows(answers),
    )
