"""Sums of large groups for those who may not see what is summed up: the one place that decides which are told.

A sum tells of nobody where enough plots and enterprises are in it, and in whatever can be made of all that is told.
Only one table can be watched over so: the towns, by clipped area, all plots, as of now. Its rows and its total are told
as far as `analysis.disclosure` allows. Every other table of statistics has that total or nothing: two divisions, two
filters or two revisions that differ by one plot would tell of it.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from geoapp.analysis.disclosure import Contributions, open_rows
from geoapp.analysis.overlay import Membership
from geoapp.analysis.performance import occupancy_shares
from geoapp.analysis.zoning import zone_weights
from geoapp.domain.statistic import GroupSum, Statistic
from geoapp.domain.zone_table import OUTSIDE_KEY, TOTAL_KEY
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import plot_facts, today
from geoapp.services.plot_links import REGISTERS
from geoapp.services.statistic_facts import statistic_facts
from geoapp.services.workspace import Workspace
from geoapp.services.zone_membership import zone_membership
from geoapp.services.zone_source import find_zones
from geoapp.statistics import compute_statistics, find_statistics

ZONES, MEMBERSHIP = "towns", "clip"
"""The table whose rows may be told."""
_LEAST = "told_group_least"

Withheld = Mapping[str, frozenset[str]]
"""By column, the keys of the rows that are not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTable:
    """The figures of a table with what may be told of the sums of hidden values."""

    rows: pd.DataFrame
    withheld: Withheld
    findings: tuple[str, ...]
    """What a reader must know, in Chinese."""


def with_group_figures(
    workspace: Workspace,
    rows: pd.DataFrame,
    statistics: Sequence[Statistic],
    state: AsOf,
    *,
    table: tuple[str, str],
    is_filtered: bool,
) -> GroupTable:
    """Return a table's figures with those sums of hidden values that may be told.

    Parameters
    ----------
    workspace : Workspace
        As somebody sees it.
    rows : DataFrame
        As `ZoneTable.rows`, made without hidden values. Not changed.
    statistics : sequence of Statistic
        Those of the table.
    state : AsOf
        What the table is of. Only of the newest state under today's rules is anything told.
    table : (str, str)
        Zones and membership.
    is_filtered : bool
        Whether some plots are left out.
    """
    whole = workspace.behind
    sums = [] if whole is None else _hidden_sums(workspace, whole, statistics)
    if whole is None or not sums:
        return GroupTable(rows=rows, withheld={}, findings=())
    number = whole.store.revision()
    is_now = (state.revision, state.day) == (number, today())
    told = rows.copy()
    columns = [column.name for statistic, _ in sums for column in statistic.columns]
    told[columns] = np.nan
    is_open = pd.DataFrame(False, index=rows.index, columns=columns)
    if is_now and not is_filtered:
        keys = rows.index if table == (ZONES, MEMBERSHIP) else rows.index[rows.index == TOTAL_KEY]
        for statistic, group_sum in sums:
            figures, is_told = _told(workspace, whole, statistic, group_sum, state)
            told.loc[keys, figures.columns] = figures.where(is_told).loc[keys]
            is_open.loc[keys, figures.columns] = is_told.loc[keys]
    withheld = {name: frozenset(is_open.index[~is_open[name]]) for name in columns}
    words = "、".join(statistic.zh for statistic, _ in sums)
    least = int(whole.policy_at(number).value(_LEAST, state.day))
    return GroupTable(rows=told, withheld=withheld, findings=(_finding(words, least),))


def told_total(workspace: Workspace, statistic_id: str, column: str, state: AsOf) -> float | None:
    """Return a sum of hidden values over all plots where the table of statistics tells it; None elsewhere.

    Parameters
    ----------
    workspace : Workspace
        As somebody sees it.
    statistic_id, column : str
        The statistic, and which of its columns.
    state : AsOf
        Only of the newest state under today's rules is anything told.
    """
    whole = workspace.behind
    if whole is None or (state.revision, state.day) != (whole.store.revision(), today()):
        return None
    policy = whole.policy_at(state.revision)
    wanted = [found for found in find_statistics(policy, state.day) if found.id == statistic_id]
    for statistic, group_sum in _hidden_sums(workspace, whole, wanted):
        figures, is_told = _told(workspace, whole, statistic, group_sum, state)
        total = float(figures[column][TOTAL_KEY])
        if is_told[column][TOTAL_KEY] and not math.isnan(total):
            return total
    return None


def _hidden_sums(
    workspace: Workspace, whole: Workspace, statistics: Sequence[Statistic]
) -> list[tuple[Statistic, GroupSum]]:
    """Return the statistics of which nothing but what they sum up is hidden; a town's own people see more: none."""
    if workspace.sight.town_code:
        return []
    hidden = {name for layer in whole.layers.values() for name in workspace.sight.hidden(layer)}
    return [
        (statistic, statistic.group_sum)
        for statistic in statistics
        if statistic.group_sum and hidden.intersection(statistic.needs) == {statistic.group_sum.value}
    ]


def _finding(words: str, least: int) -> str:
    return (
        f"{words}由不公开的数值合计而成，只给出不少于 {least} 家企业、{least} 宗地块的合计，不足 {least} 家的不公开；"
        "为防止用合计减各行反推，可能连同另外的分区、规上的一栏一并不公开。各行只按镇街、裁切面积、全部地块、现在的数据给出；"
        "换了分区或归属方式只给合计，有筛选或看以前的日期时都不公开。"
    )


def _told(
    workspace: Workspace, whole: Workspace, statistic: Statistic, group_sum: GroupSum, state: AsOf
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a statistic's figures of the towns, outside and in total, and which of them may be told."""

    def make() -> tuple[pd.DataFrame, pd.DataFrame]:
        return _judged(whole, statistic, group_sum, state)

    key: tuple[Hashable, ...] = (
        "group_figures", statistic.id, whole.register_revisions((*REGISTERS, ZONES), state.revision), state.day,
    )  # fmt: skip
    return workspace.cache.get(key, make)


def _judged(
    whole: Workspace, statistic: Statistic, group_sum: GroupSum, state: AsOf
) -> tuple[pd.DataFrame, pd.DataFrame]:
    division = find_zones(whole, ZONES, revision=state.revision, day=state.day)
    plots = plot_facts(whole, revision=state.revision, day=state.day)
    shares = zone_membership(whole, plots.geometry, division, MEMBERSHIP, state.revision)
    facts = statistic_facts(whole, statistic.needs, state)
    index = pd.Index([*division.geometry.index, OUTSIDE_KEY, TOTAL_KEY], name="zone")
    figures = compute_statistics(facts, zone_weights(shares), [statistic]).set_axis(index, axis=0)
    given = _contributions(whole, plots, shares, group_sum, state)
    is_told, is_part_told = open_rows(given, are_rows_apart=not shares.overlapping_count)
    told = {name: is_part_told if name in group_sum.part_columns else is_told for name in figures.columns}
    return figures, pd.DataFrame(told, index=index)


def _contributions(
    whole: Workspace, plots: pd.DataFrame, shares: Membership, group_sum: GroupSum, state: AsOf
) -> Contributions:
    weights = zone_weights(shares)
    is_known = plots[group_sum.value].notna() & (plots["site_area_m2"] > 0)
    return Contributions(
        areas=weights.areas[:-1],
        counts=weights.counts[:-1],
        enterprises=_enterprises(whole, plots, state),
        is_known=is_known.to_numpy(dtype=bool),
        is_part=(plots[group_sum.part].astype("float64") == 1).to_numpy(dtype=bool),
        least=int(whole.policy_at(state.revision).value(_LEAST, state.day)),
    )


def _enterprises(whole: Workspace, plots: pd.DataFrame, state: AsOf) -> sparse.csr_array:
    """Return which enterprise is on which plot, as the plots' sums have them."""
    occupancies = whole.store.read("occupancies", revision=state.revision)
    pairs = occupancy_shares(occupancies, plots[["uscc", "site_area_m2"]], state.day)
    codes, found = pd.factorize(pairs["uscc"])
    rows = plots.index.get_indexer(pd.Index(pairs["plot_code"]))
    is_here = (rows >= 0) & (codes >= 0)
    shape = (len(plots), len(found))
    return sparse.csr_array((np.ones(is_here.sum()), (rows[is_here], codes[is_here])), shape=shape)
