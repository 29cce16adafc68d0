"""One target opened: its trend, its records, what is under way, and the same figure for every town and park."""

from dataclasses import replace
from urllib.parse import urlencode

import pandas as pd

from geoapp.analysis.targets import of_scope
from geoapp.domain.fingerprint import Origin
from geoapp.domain.target_ledger import PlanPoint, Scope, TargetDetail, TargetLedger, TargetRow
from geoapp.domain.target_set import PARK, TOWN, Indicator, Milestone, TargetSet
from geoapp.services.as_of import AsOf
from geoapp.services.target_values import SCOPE_REGISTERS, Actuals, Sources
from geoapp.services.targets import (
    TargetSeries,
    ledger_of,
    pipeline_members,
    scopes,
    target_row,
    trend_days,
)
from geoapp.services.workspace import Workspace

LONGEST_FILTER = 6000
"""Characters of a filter that still fit into an address everywhere."""


def target_detail(
    workspace: Workspace, target_set: TargetSet, indicator: Indicator, state: AsOf, scope: Scope
) -> TargetDetail:
    """Return one target opened.

    Parameters
    ----------
    workspace : Workspace
    target_set : TargetSet
    indicator : Indicator
        One of the set's.
    state : AsOf
    scope : Scope

    Raises
    ------
    NotFoundError
        A number of the rule book does not hold yet on the day.
    """
    key = ("target_detail", target_set, indicator, state.revision, state.day, state.is_now, scope)
    return workspace.cache.get(key, lambda: _detail(Sources(workspace, state), target_set, indicator, scope))


def _detail(sources: Sources, target_set: TargetSet, indicator: Indicator, scope: Scope) -> TargetDetail:
    workspace, state = sources.workspace, sources.state
    actuals = Actuals(sources, indicator)
    series = TargetSeries(workspace, target_set, indicator, actuals, scope)
    members = of_scope(actuals.members(state.day).frame, scope.kind, scope.code)
    entered = of_scope(actuals.entered().frame, scope.kind, scope.code)
    pipeline = pipeline_members(sources, indicator, scope)
    row = target_row(sources, target_set, indicator, scope)
    source = actuals.source
    ledger = ledger_of(workspace, replace(target_set, indicators=(indicator,)), state, scope, (row,))
    return TargetDetail(
        ledger=replace(ledger, origin=opened_origin(ledger, indicator)),
        row=row,
        trend=tuple(series.at(day) for day in trend_days(target_set, state)),
        plan=_plan(series, row, target_set),
        forecast=_forecast(row, pipeline, state),
        members=members.sort_values("on", kind="stable", ignore_index=True),
        entered=entered,
        pipeline=pipeline,
        towns=_parts(sources, target_set, indicator, scope, TOWN),
        parks=_parts(sources, target_set, indicator, scope, PARK),
        amount_zh=source.amount_zh if source else "填报数",
        weight_zh=source.weight_zh if source else "",
        hides_amount=bool(source and source.hides_amount),
        map_address=_map_address(members, actuals, indicator, scope, state),
    )


def opened_origin(ledger: TargetLedger, indicator: Indicator) -> Origin | None:
    """Return where the figures of one opened target come from: as the ledger's, at the target's own address."""
    origin = ledger.origin
    return None if origin is None else replace(origin, path=f"{origin.path}/{indicator.id}")


def _plan(series: TargetSeries, row: TargetRow, target_set: TargetSet) -> tuple[PlanPoint, ...]:
    if not row.standings or row.indicator.is_shared:
        return ()
    targets: list[Milestone] = [found.target for found in row.standings]
    start = [] if series.start is None else [PlanPoint(target_set.base_on, series.start)]
    return (*start, *(PlanPoint(target.day, target.value) for target in targets))


def _forecast(row: TargetRow, pipeline: pd.DataFrame, state: AsOf) -> tuple[PlanPoint, ...]:
    """Return the actual and what each dated project adds to it, up to the projection's day."""
    if row.projection is None or row.actual.value is None:
        return ()
    until = row.projection.until
    is_ahead = (pipeline["on"] > pd.Timestamp(state.day)) & (pipeline["on"] <= pd.Timestamp(until))
    by_day = pipeline[is_ahead].groupby("on")["amount"].sum().cumsum()
    days = pd.DatetimeIndex(by_day.index).date
    steps = (PlanPoint(on, row.actual.value + float(sum_)) for on, sum_ in zip(days, by_day, strict=True))
    return (PlanPoint(state.day, row.actual.value), *steps, PlanPoint(until, row.projection.value))


def _parts(
    sources: Sources, target_set: TargetSet, indicator: Indicator, scope: Scope, kind: str
) -> tuple[TargetRow, ...]:
    """Return the indicator of every town or park, and of what lies in none of them where it has records."""
    if scope.text:
        return ()
    workspace, state = sources.workspace, sources.state
    parts = scopes(workspace, state, kind)
    members = Actuals(sources, indicator).members(state.day).frame
    codes = members.loc[members["reason"] == "", f"{kind}_code"]
    zh = workspace.layer(SCOPE_REGISTERS[kind]).zh
    for code in sorted(set(codes) - {part.code for part in parts}):
        parts.append(Scope(kind, code, f"没有登记的{zh} {code}" if code else f"不在任何{zh}"))
    return tuple(target_row(sources, target_set, indicator, part) for part in parts)


def _map_address(
    members: pd.DataFrame, actuals: Actuals, indicator: Indicator, scope: Scope, state: AsOf
) -> str:
    counted = members.loc[(members["reason"] == "") & (members["plot_code"] != ""), "plot_code"]
    codes = sorted(counted.unique())
    if not codes:
        return ""
    texts = (code.replace("'", "''") for code in codes)
    words = "plot_code IN ({})".format(", ".join(f"'{text}'" for text in texts))
    if len(words) > LONGEST_FILTER:
        words = _broad_filter(actuals, indicator, scope)
    query = {"filter": words} | ({} if state.is_now else {"at": state.day.isoformat()})
    return f"/?{urlencode(query)}" if words else ""


def _broad_filter(actuals: Actuals, indicator: Indicator, scope: Scope) -> str:
    """Return a filter by what the members have in common, empty where that would take in others."""
    source = actuals.source
    if source is None or not source.map_filter:
        return ""
    place = f"{scope.kind}_code = '{scope.code}'" if scope.text else ""
    own = f"({indicator.plots})" if indicator.plots else ""
    return " AND ".join(filter(None, (source.map_filter, own, place)))
