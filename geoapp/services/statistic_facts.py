"""Which statistics a table has, and the facts about plots that they read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from geoapp.analysis.development import development
from geoapp.domain.frame_update import FRESH, brought_up, known_rows, share_values
from geoapp.domain.policy import Policy
from geoapp.domain.statistic import Statistic
from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_selection import Rows, development_plots, development_rules
from geoapp.services.records import records_version
from geoapp.services.workspace import Workspace
from geoapp.statistics import find_statistics, statistic_words

ALWAYS_NEEDED = ("site_area_m2", "site_area_basis", "has_unknown_height", "is_demo")
"""Facts that the notes beside every table are made from."""
_VERDICTS = ("developable", "constrained")
_LINES = ("control_lines",)
_FROM_OTHER_RECORDS = ["recognised_m2", "site_area_m2"]
"""What `development` reads that can change while the plot's own record and the control lines do not."""
_LARGEST_SHARE_BROUGHT_UP = 0.2
"""Of the plots touched since the verdicts made last; where more are, all are made anew."""


def choose_statistics(
    policy: Policy, day: date, chosen: Sequence[str] | None = None
) -> tuple[list[Statistic], str, tuple[str, ...]]:
    """Return the statistics of a table from the left to the right.

    Parameters
    ----------
    policy : Policy
    day : date
        Whose numbers hold.
    chosen : sequence of str, optional
        Their ids; all if left out.

    Returns
    -------
    list of Statistic
    str
        Which these are, in Chinese.
    tuple of str
        Findings: which are left out since their numbers do not hold yet.

    Raises
    ------
    UsageError
        No such statistic; names those there are.
    """
    words = statistic_words()
    wanted = dict.fromkeys(words if chosen is None else chosen)
    for name in wanted:
        if name not in words:
            raise UsageError(f"没有指标“{name[:40]}”；可用：{'、'.join(words)}。")
    found = [statistic for statistic in find_statistics(policy, day) if statistic.id in wanted]
    names = {statistic.id: statistic.zh for statistic in found}
    early = tuple(
        f"指标“{words[name]}”所用的数在 {day.isoformat()} 尚未生效，没有列出。"
        for name in wanted
        if name not in names
    )
    if chosen is None:
        return found, f"全部 {len(found)} 项", early
    return found, f"所选 {len(found)} 项：{'、'.join(names.values()) or '无'}", early


def needed_facts(statistics: Sequence[Statistic]) -> list[str]:
    """Return the facts that a table of these statistics is made from, each once."""
    return list(
        dict.fromkeys([*ALWAYS_NEEDED, *(name for statistic in statistics for name in statistic.needs)])
    )


def statistic_facts(
    workspace: Workspace, names: Sequence[str], state: AsOf, rows: Rows | None = None
) -> pd.DataFrame:
    """Return some facts about plots.

    Parameters
    ----------
    workspace : Workspace
    names : sequence of str
        Columns of `plot_facts`, and developable and constrained: 1 where `development` says so, 0 where not, NaN where
        unknown. These two cost an overlay with the control lines, so they are only made when asked for.
    state : AsOf
    rows : array of int, optional
        Positions of the plots wanted; all if left out.

    Returns
    -------
    DataFrame by plot_code, in the register's order, with the columns named, texts as categories
        Shares what it can with the facts: never change it.
    """
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    columns = {name: _coded(workspace, facts, name) for name in names if name not in _VERDICTS}
    own = pd.DataFrame(columns, index=facts.index, copy=False)
    if rows is not None:
        own = own.iloc[rows]
    asked = [name for name in names if name in _VERDICTS]
    if not asked:
        return own
    verdicts = _judged(workspace, state, rows) if rows is not None else _verdicts(workspace, state)
    columns = {name: own[name].array for name in columns}
    columns |= {name: verdicts[name].array for name in asked}
    return pd.DataFrame(columns, index=own.index, copy=False)


def _coded(workspace: Workspace, facts: pd.DataFrame, name: str) -> ExtensionArray:
    """Return a fact as it is, texts as categories: statistics compare them many times over."""
    values: ExtensionArray = facts[name].array
    if not isinstance(values.dtype, pd.StringDtype):
        return values
    key = ("newest_codes", name)
    known: tuple[ExtensionArray, pd.Categorical] | None = workspace.cache.peek(key, None)
    if known is not None and share_values(known[0], values):
        return known[1]
    codes = pd.Categorical(values)
    workspace.cache.put(key, (values, codes))
    return codes


@dataclass(frozen=True, slots=True)
class _Newest:
    """The verdicts made last about all plots under some control lines, and what else they depend on."""

    fids: pd.Index
    """The versions of the plots' own records."""
    facts: pd.DataFrame
    """What other records may change."""
    verdicts: pd.DataFrame


def _verdicts(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return the verdicts on all plots; after an edit only on those that it touched anew."""
    newest_key = ("newest_development", workspace.register_revisions(_LINES, state.revision), state.day)

    def make() -> pd.DataFrame:
        fids = workspace.store.read("plots", revision=state.revision).index
        facts = plot_facts(workspace, revision=state.revision, day=state.day)
        own = pd.DataFrame(facts[_FROM_OTHER_RECORDS])
        newest: _Newest | None = workspace.cache.peek(newest_key, None)
        made = _brought_up(workspace, state, newest, fids, own) if newest and len(newest.fids) else None
        if made is None:
            made = _judged(workspace, state, None)
        workspace.cache.put(newest_key, _Newest(fids, own, made))
        return made

    return workspace.cache.get(("development", records_version(workspace, "plots", state)), make)


def _brought_up(
    workspace: Workspace, state: AsOf, newest: _Newest, fids: pd.Index, facts: pd.DataFrame
) -> pd.DataFrame | None:
    """Return the verdicts from those made last; None where too many plots were touched since."""
    rows = known_rows(newest.fids.to_numpy(), fids.to_numpy())
    is_touched = rows == FRESH
    for name in _FROM_OTHER_RECORDS:
        before, now = newest.facts[name].to_numpy()[rows], facts[name].to_numpy()
        is_touched |= (before != now) & ~(np.isnan(before) & np.isnan(now))
    if is_touched.sum() > _LARGEST_SHARE_BROUGHT_UP * len(fids):
        return None
    rows[is_touched] = FRESH
    return brought_up(newest.verdicts, rows, _judged(workspace, state, np.flatnonzero(is_touched)))


def _judged(workspace: Workspace, state: AsOf, rows: Rows | None) -> pd.DataFrame:
    plots = development_plots(workspace, state, rows)
    verdicts = development(
        plots, development_rules(workspace.policy_at(state.revision), state.day), state.day
    )
    return verdicts[list(_VERDICTS)].astype("float64")
