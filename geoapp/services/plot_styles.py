"""Ways of colouring plots by what other registers say of them, and by the years left of the right to use them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoapp.domain.admission import WAITING
from geoapp.domain.layer import Code
from geoapp.services.agreements import (
    AGREEMENTS,
    BREACHED,
    ITEMS,
    MET,
    MISSED,
    STATES,
    UNKNOWN,
    WATCHED,
    agreement_states,
)
from geoapp.services.as_of import AsOf
from geoapp.services.transaction_facts import TRANSACTIONS
from geoapp.services.workspace import Workspace
from geoapp.statistics.land_terms import TERM_BREAKS, term_names, term_positions, term_words

PALE_COLOR = "#e9ecef"
TERM_COLORS = ("#7a1f00", "#c2552d", "#f0bd7f", "#f6e9c8", "#a9d3d9", "#4495b9")
"""From ended to long; brown to blue keeps its order for the colour-blind."""
AGREEMENT_LOOKS: Mapping[str, tuple[str, str]] = {
    BREACHED: ("#5c0f0a", "cross"), MISSED: ("#b3261e", "diagonal"), UNKNOWN: ("#f0c000", "dots"), MET: ("#1b7f4d", ""),
    WATCHED: ("#5fb3bf", ""),
}  # fmt: skip
"""Colour and pattern by how an agreement stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotClasses:
    """One way of colouring plots."""

    zh: str
    codes: tuple[Code, ...]
    """The known classes, then the unknown one, the empty value; its words say what missing means."""
    classes: pd.Series
    """Class of each plot on the facts' index, missing where unknown."""


def plot_classes(workspace: Workspace, facts: pd.DataFrame, state: AsOf, name: str) -> PlotClasses:
    """Return one of STYLES worked out.

    Parameters
    ----------
    workspace : Workspace
    facts : DataFrame indexed by plot code
        `plot_facts` of the state.
    state : AsOf
    name : str
        One of STYLES.
    """
    return STYLES[name].make(workspace, facts, state)


def style_versions(workspace: Workspace, style: str, state: AsOf) -> tuple[int, ...]:
    """Return the revisions of the registers that a style reads beside those of the plots' facts."""
    return workspace.register_revisions(STYLES[style].registers, state.revision) if style in STYLES else ()


def _by_transaction(field: str, zh: str) -> Callable[[Workspace, pd.DataFrame, AsOf], PlotClasses]:
    def make(workspace: Workspace, facts: pd.DataFrame, state: AsOf) -> PlotClasses:
        stored = pd.DataFrame(workspace.store.read(TRANSACTIONS, revision=state.revision))
        newest = stored.assign(
            review=stored["review"].fillna(WAITING),
            on=stored["signed_on"].fillna(stored["applied_on"]),
        ).sort_values(["on", "transaction_code"], na_position="first")
        values = newest.drop_duplicates("plot_code", keep="last").set_index("plot_code")[field]
        codes = workspace.layer(TRANSACTIONS).field(field).codes
        none = Code(value="", zh="没有交易", color=PALE_COLOR)
        return PlotClasses(zh=zh, codes=(*codes, none), classes=values.reindex(facts.index))

    return make


def _by_agreement(workspace: Workspace, facts: pd.DataFrame, state: AsOf) -> PlotClasses:
    """Return how the agreements in force on each plot stand; of several the worst."""
    heads = pd.DataFrame(workspace.store.read(AGREEMENTS, revision=state.revision))
    states = heads["agreement_code"].map(agreement_states(workspace, state))
    rank = states.map({name: place for place, name in enumerate(STATES)})
    worst = rank.groupby(heads["plot_code"]).min().dropna().map(dict(enumerate(STATES)))
    looks = ((name, zh, *AGREEMENT_LOOKS[name]) for name, zh in STATES.items())
    codes = [Code(value=name, zh=zh, color=color, pattern=pattern) for name, zh, color, pattern in looks]
    none = Code(value="", zh="没有在监管的协议", color=PALE_COLOR)
    classes = worst.reindex(facts.index).astype("str")
    return PlotClasses(zh="履约协议", codes=(*codes, none), classes=classes)


def _by_term(workspace: Workspace, facts: pd.DataFrame, state: AsOf) -> PlotClasses:
    breaks = [float(limit) for limit in workspace.policy_at(state.revision).value(TERM_BREAKS, state.day)]
    names, words = term_names(breaks), term_words(breaks)
    last = len(TERM_COLORS) - 1
    known = [
        Code(value=name, zh=zh, color=TERM_COLORS[round(place * last / len(breaks))])
        for place, (name, zh) in enumerate(zip(names[:-2], words[:-2], strict=True))
    ]
    endless = Code(value=names[-2], zh=words[-2], color="#ffffff", pattern="dots")
    unknown = Code(value="", zh=words[-1], color="#d3d7db", pattern="diagonal")
    texts = np.array([*names[:-1], ""], dtype=object)
    values = pd.Series(texts[term_positions(facts["term_left_years"], breaks)], index=facts.index)
    return PlotClasses(zh="使用权剩余年限", codes=(*known, endless, unknown), classes=values)


@dataclass(frozen=True, slots=True)
class _Style:
    make: Callable[[Workspace, pd.DataFrame, AsOf], PlotClasses]
    registers: tuple[str, ...] = ()


STYLES: Mapping[str, _Style] = {
    "land_term": _Style(_by_term),
    "agreement": _Style(_by_agreement, (AGREEMENTS, ITEMS)),
    "transaction_kind": _Style(_by_transaction("kind", "最近交易类型"), (TRANSACTIONS,)),
    "transaction_review": _Style(_by_transaction("review", "最近交易的准入审查"), (TRANSACTIONS,)),
}
"""By name, in the panel's order."""
