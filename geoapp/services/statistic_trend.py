"""One figure of the zone table over the years: as it stood at the end of each, and now."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from geoapp.domain.fingerprint import Origin, take_fingerprint
from geoapp.domain.statistic import COLUMN_UNITS, StatisticColumn
from geoapp.domain.zone_table import ZoneTable
from geoapp.errors import NotFoundError, UsageError
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.statistic_facts import choose_statistics
from geoapp.services.workspace import Workspace
from geoapp.services.zone_source import ZoneFile
from geoapp.services.zone_statistics import zone_statistics
from geoapp.statistics import find_statistics

MOST_YEARS = 10
_DATED = {"recognitions": "recognised_on", "performance": "year"}
"""Registers whose records say themselves of which day or year they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticTrend:
    """One column of the zone table at the ends of years."""

    column: StatisticColumn
    days: tuple[date, ...]
    """The ends of the years, then the day asked for."""
    is_dated_only: tuple[bool, ...]
    """Whether no registers were kept on the day yet: then those of the day asked for stand in, as far as dated."""
    too_early: tuple[str, ...]
    """By day: why there are no figures, in Chinese: a number of the rule book did not hold yet; empty as a rule."""
    names: Mapping[str, str]
    """Zones, outside and total, by key, in the table's order."""
    figures: Mapping[str, tuple[float, ...]]
    """By zone key, one per day, in the unit it is computed in; NaN where unknown or not defined yet."""
    origin: Origin | None = None
    """The state it was computed from and where to open it again."""

    @property
    def note(self) -> str:
        """What a reader must know, in Chinese; empty where every day has registers and rules of its own."""
        return "".join(filter(None, (self._dated_note, self._early_note)))

    @property
    def _early_note(self) -> str:
        early = {day.year: words for day, words in zip(self.days, self.too_early, strict=True) if words}
        if not early:
            return ""
        span = f"{min(early)}" if len(early) == 1 else f"{min(early)}—{max(early)}"
        return f"{span} 年末没有数：{early[max(early)]}"

    @property
    def _dated_note(self) -> str:
        years = [str(day.year) for day, is_so in zip(self.days, self.is_dated_only, strict=True) if is_so]
        if not years:
            return ""
        span = years[0] if len(years) == 1 else f"{years[0]}—{years[-1]}"
        return (
            f"{span} 年末还没有台账修订，按所选日期的台账推算："
            "只有带日期的记录（盘活认定、亩均效益、入驻关系）随年份变化，地块和建筑照现状计。"
        )


def statistic_trend(
    workspace: Workspace,
    figure: str,
    *,
    zones: str | ZoneFile = "towns",
    membership: str = "clip",
    filter_text: str = "",
    at: str | None = None,
) -> StatisticTrend:
    """Return a figure of the zone table at the end of each year that the dated records know of, and on a day.

    Parameters
    ----------
    workspace : Workspace
    figure : str
        Name of a column as computed or as shown: site_area_m2, site_area_mu.
    zones, membership, filter_text
        See `zone_statistics`.
    at : str, optional
        YYYY-MM-DD: the last day; today if left out.

    Raises
    ------
    UsageError
        No such figure, or one of the choices cannot be used.
    NotFoundError
        No such zones.
    """
    state = as_of(workspace, at)
    statistic, column = _owner(workspace, figure, state)
    states = [*_year_ends(workspace, state), (state, False)]

    def table(one: AsOf) -> ZoneTable:
        return zone_statistics(
            workspace, zones=zones, membership=membership, filter_text=filter_text, statistics=[statistic],
            revision=one.revision, day=one.day,
        )  # fmt: skip

    last = table(state)
    newest = last.rows
    found = [_before(table, one) for one, _ in states[:-1]] + [(newest, "")]
    columns = [
        rows[column.name].reindex(newest.index)
        if column.name in rows
        else pd.Series(float("nan"), newest.index)
        for rows, _ in found
    ]
    return StatisticTrend(
        column=column,
        days=tuple(one.day for one, _ in states),
        is_dated_only=tuple(is_dated_only for _, is_dated_only in states),
        too_early=tuple(why for _, why in found),
        names={str(key): str(name) for key, name in newest["name"].items()},
        figures={str(key): tuple(float(values.loc[key]) for values in columns) for key in newest.index},
        origin=_origin(last, column),
    )


def _origin(table: ZoneTable, column: StatisticColumn) -> Origin | None:
    if table.origin is None:
        return None
    query = tuple(pair for pair in table.origin.query if pair[0] != "show")
    return replace(table.origin, path="/statistics/trend.json", query=(("figure", column.name), *query))


def _before(table: Callable[[AsOf], ZoneTable], state: AsOf) -> tuple[pd.DataFrame, str]:
    """Return the rows of a day gone by, or none and why: a rule that did not hold yet, zones not there yet."""
    try:
        return table(state).rows, ""
    except NotFoundError as error:
        return pd.DataFrame(), error.args[0]


def _owner(workspace: Workspace, figure: str, state: AsOf) -> tuple[str, StatisticColumn]:
    for statistic in find_statistics(workspace.policy_at(state.revision), state.day):
        for column in statistic.columns:
            if figure in (column.name, column.shown_name):
                return statistic.id, column
    found, _, _ = choose_statistics(workspace.policy_at(state.revision), state.day)
    known = "、".join(column.name for statistic in found for column in statistic.columns)
    raise UsageError(f"没有指标“{figure[:60]}”；可用：{known}。")


def _year_ends(workspace: Workspace, last: AsOf) -> list[tuple[AsOf, bool]]:
    """Return the states at the ends of the years before a day, and whether registers of the day stand in for them."""
    years: list[int] = []
    for register, name in _DATED.items():
        dated = workspace.store.read(register, revision=last.revision)[name].dropna()
        years += [int(year) for year in (dated.dt.year if name.endswith("_on") else dated)]
    first = max(min(years, default=last.day.year), last.day.year - MOST_YEARS)
    found = []
    for year in range(first, last.day.year):
        state = as_of(workspace, date(year, 12, 31).isoformat())
        is_dated_only = state.revision == 0
        found.append(
            (AsOf(last.revision, state.day, is_now=False) if is_dated_only else state, is_dated_only)
        )
    return found


def trend_record(trend: StatisticTrend, unit: str) -> dict[str, Any]:
    """Return a trend as plain values for JSON: numbers in the unit shown, None for unknown.

    Parameters
    ----------
    trend : StatisticTrend
    unit : {"mu", "ha", "m2"}
        For land; floor area stays in m2.
    """
    column = replace(trend.column, unit=unit) if trend.column.unit == "mu" else trend.column
    record: dict[str, Any] = {
        "figure": column.shown_name,
        "label": column.label,
        "unit": column.unit,
        "unit_zh": COLUMN_UNITS[column.unit].zh,
        "decimals": column.decimals,
        "days": [day.isoformat() for day in trend.days],
        "zones": [
            {
                "zone": key,
                "name": name,
                "values": [
                    None if math.isnan(value) else value
                    for value in column.to_shown(np.array(trend.figures[key])).tolist()
                ],
            }
            for key, name in trend.names.items()
        ],
        "note": trend.note,
    }
    if trend.origin is None:
        return record
    rows = ((zone["name"], zone["values"]) for zone in record["zones"])
    found = take_fingerprint(trend.origin, unit, rows)
    return record | {"fingerprint": found.text, "address": found.address}
