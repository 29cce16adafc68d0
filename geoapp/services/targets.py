"""The target ledger: every target with base, milestones, actual, gap, pace, light and what the pipeline will add."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pandas as pd

from geoapp.analysis.targets import members_frame, of_scope, year_ends
from geoapp.domain.policy import Policy
from geoapp.domain.target import (
    LightLimits,
    Standing,
    based,
    path_start,
    planned_value,
    projected,
    standing,
)
from geoapp.domain.target_ledger import Point, Projection, Scope, TargetLedger, TargetRow
from geoapp.domain.target_set import Indicator, Milestone, ScopeTarget, TargetSet
from geoapp.domain.target_unit import TARGET_UNITS
from geoapp.errors import NotFoundError, UsageError
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.fingerprints import figures_origin, plan_numbers
from geoapp.services.plot_facts import plot_facts
from geoapp.services.record_card import record_name
from geoapp.services.revitalisation import ledger_words, revitalisation_ledger
from geoapp.services.revitalisation_findings import ledger_findings
from geoapp.services.target_actuals import ACTUALS
from geoapp.services.target_members import wanted_plots
from geoapp.services.target_sets import target_sets
from geoapp.services.target_values import SCOPE_REGISTERS, Actuals, Sources
from geoapp.services.workspace import Workspace

REGISTERS = tuple(
    dict.fromkeys([*(name for actual in ACTUALS.values() for name in actual.registers), "indicator_values"])
)
"""What the ledger is made from."""
_NOT_DIVIDED = "方案没有分解到{zh}的目标"
_SHARED = "上级的总量目标，没有分解到本区，不算差距和进度"


def target_ledger(workspace: Workspace, target_set: TargetSet, state: AsOf, scope: Scope) -> TargetLedger:
    """Return where all targets of a set stand.

    Parameters
    ----------
    workspace : Workspace
    target_set : TargetSet
    state : AsOf
        The registers as they were; the day on which things stand, whose numbers hold.
    scope : Scope

    Raises
    ------
    NotFoundError
        A number of the rule book does not hold yet on the day.
    """
    key = ("target_ledger", target_set, state.revision, state.day, scope)
    return workspace.cache.get(key, lambda: _ledger(Sources(workspace, state), target_set, scope))


def _ledger(sources: Sources, target_set: TargetSet, scope: Scope) -> TargetLedger:
    workspace, state = sources.workspace, sources.state
    rows = tuple(target_row(sources, target_set, item, scope) for item in target_set.indicators)
    return ledger_of(workspace, target_set, state, scope, rows)


def ledger_of(
    workspace: Workspace, target_set: TargetSet, state: AsOf, scope: Scope, rows: tuple[TargetRow, ...]
) -> TargetLedger:
    """Return rows as a ledger, with what must be printed beside them."""
    return TargetLedger(
        target_set=target_set, scope=scope, rows=rows, day=state.day, revision=state.revision,
        data_on=data_day(workspace, state.revision, REGISTERS, state.day), note=state.note,
        is_demo=_is_demo(workspace, state),
        findings=(
            *(f"{row.indicator.zh}：{note}" for row in rows for note in _findings(row)),
            *_recognition_findings(workspace, rows, scope, state),
            *_unplaced_values(workspace, state),
        ),
        origin=figures_origin(
            workspace, f"/targets/{target_set.id}", {"scope": scope.text}, state.revision, state.day,
            plan=plan_numbers(target_set),
        ),
    )  # fmt: skip


def target_row(sources: Sources, target_set: TargetSet, indicator: Indicator, scope: Scope) -> TargetRow:
    """Return where one target stands in one scope; see `target_ledger`."""
    workspace, state = sources.workspace, sources.state
    actuals = Actuals(sources, indicator)
    series = TargetSeries(workspace, target_set, indicator, actuals, scope)
    part = series.part
    targets, bodies = (part.targets, part.bodies) if part else (indicator.targets, indicator.bodies)
    has_target = part is not None or not scope.text
    standings, results = series.standings(targets) if has_target else ((), ())
    projection, no_projection = project_pipeline(sources, indicator, scope, series, targets[-1].day)
    source = actuals.source
    return TargetRow(
        indicator=indicator, scope=scope, bodies=bodies or indicator.bodies, base=series.start,
        base_how=series.base_how, base_rule=series.rule, actual=series.at(state.day), standings=standings,
        results=results, projection=projection, no_projection=no_projection,
        missing_target="" if has_target and not indicator.is_shared
        else _SHARED if indicator.is_shared else _NOT_DIVIDED.format(zh=scope.zh),
        formula=source.formula if source else "由责任单位填报，附来源和截止日",
        notes=(*series.notes(), *(actuals.members(state.day).notes if source else ())),
    )  # fmt: skip


class TargetSeries:
    """An indicator's actuals in one scope as the rule for the base has them, and the path they are held against."""

    def __init__(
        self,
        workspace: Workspace,
        target_set: TargetSet,
        indicator: Indicator,
        actuals: Actuals,
        scope: Scope,
    ) -> None:
        self.indicator, self.actuals, self.scope = indicator, actuals, scope
        self.base_on = target_set.base_on
        self.part: ScopeTarget | None = (
            target_set.scope_target(indicator.id, scope.kind, scope.code) if scope.text else None
        )
        policy = workspace.policy_at(actuals.revision)
        self.rule = _base_rule(policy, indicator, actuals.day) if indicator.kind == "total" else ""
        stated = self.part.base if self.part else (None if scope.text else indicator.base)
        self._stated, self._at_base = stated, actuals.at(self.base_on, scope)
        self.start = path_start(indicator.kind, self.rule, self._at_base.value, stated)
        green, yellow = (
            float(policy.value(f"target_light_{light}", actuals.day)) for light in ("green", "yellow")
        )
        self._limits = LightLimits(green, yellow)

    @property
    def base_how(self) -> str:
        """Where the start of the path comes from."""
        if self.start is None:
            return ""
        if self.rule == "excluded":
            return "excluded"
        return "plan" if self._stated is not None else "register"

    def at(self, day: date) -> Point:
        """Return the actual of a day."""
        raw = self.actuals.at(day, self.scope)
        if not self.rule or raw.value is None:
            return raw
        value = based(self.rule, raw.value, self._at_base.value, self._stated)
        reason = "" if value is not None else f"不知道基期 {self.base_on.isoformat()} 的数，不能扣除基数"
        return Point(raw.day, value, raw.how, raw.basis_on, reason, raw.member_count, raw.unknown_count)

    def planned(self, targets: Sequence[Milestone], day: date) -> float | None:
        """Return what is to be reached on a day."""
        if self.indicator.is_shared:
            return None
        base = None if self.start is None else Milestone(self.base_on, self.start)
        return planned_value(base, targets, day, is_stepped=self.indicator.kind == "yearly")

    def standings(self, targets: Sequence[Milestone]) -> tuple[tuple[Standing, ...], tuple[Point, ...]]:
        """Return how far each target is, and the actuals that rests on."""
        day = self.actuals.day
        results = tuple(self.at(min(target.day, day)) for target in targets)
        found = tuple(
            self._standing(target, day, result.value, self.planned(targets, day))
            for target, result in zip(targets, results, strict=True)
        )
        return found, results

    def _standing(
        self, target: Milestone, day: date, actual: float | None, planned: float | None
    ) -> Standing:
        tolerance = TARGET_UNITS[self.indicator.unit].half_digit
        found = standing(
            target, day=day, actual=actual, planned=planned, limits=self._limits,
            direction=self.indicator.direction, tolerance=tolerance,
        )  # fmt: skip
        if self.indicator.is_shared:  # a part of somebody else's target
            return replace(
                found, planned=None, gap=None, share_of_plan=None, pace_needed=None, light="unknown"
            )
        return replace(found, pace_needed=None) if self.indicator.kind == "yearly" else found

    def notes(self) -> tuple[str, ...]:
        """Return what a reader of the actual must know about its base."""
        stated, held = self._stated, self._at_base.value
        if self.rule != "register" or self.actuals.source is None or stated is None or held is None:
            return ()
        unit = TARGET_UNITS[self.indicator.unit]
        ours, plans = (f"{unit.from_base(value):,.{unit.decimals}f}" for value in (held, stated))
        if ours == plans:
            return ()
        return (
            f"台账截至 {self.base_on.isoformat()} 为 {ours} {unit.zh}，与方案基数 {plans} {unit.zh}不一致。",
        )


def _base_rule(policy: Policy, indicator: Indicator, day: date) -> str:
    if indicator.base_rule:
        return indicator.base_rule
    return "register" if policy.value("include_base", day) else "excluded"


def project_pipeline(
    sources: Sources, indicator: Indicator, scope: Scope, series: TargetSeries, until: date
) -> tuple[Projection | None, str]:
    """Return what the projects under way will add until a day, or why nothing can be said.

    Where the day has passed, what they will add within a year is told.
    """
    workspace, state = sources.workspace, sources.state
    source = series.actuals.source
    if source is None:
        return None, "填报的指标，不由项目台账推算"
    if source.pipeline is None:
        return None, "比率、增速和星级不由项目推算"
    if indicator.ledger not in ("", workspace.policy_at(state.revision).value("default_ledger", state.day)):
        return None, "在建项目没有说明将认定到哪个台账，不推算"
    rows = pipeline_members(sources, indicator, scope)
    end = until if until > state.day else date(state.day.year + 1, 12, 31)
    additions = [
        (None if pd.isna(on) else on.date(), float(amount))
        for on, amount in zip(rows["on"], rows["amount"], strict=True)
        if not pd.isna(amount)
    ]
    dated = [(on, amount) for on, amount in additions if on is not None]
    actual = series.at(state.day).value
    return (
        Projection(
            until=end,
            value=projected(actual, additions, state.day, end),
            added=sum(amount for on, amount in dated if state.day < on <= end),
            overdue=sum(amount for on, amount in dated if on <= state.day),
            undated=sum(amount for on, amount in additions if on is None),
            later=sum(amount for on, amount in dated if on > end),
        ),
        "",
    )


def pipeline_members(sources: Sources, indicator: Indicator, scope: Scope) -> pd.DataFrame:
    """Return what is under way in a scope, by planned day; no rows where projects do not make the indicator."""
    rows = sources.once(("pipeline", indicator), lambda: _pipeline(sources, indicator))
    found = of_scope(rows, scope.kind, scope.code)
    return found.sort_values("on", kind="stable", na_position="last", ignore_index=True)


def _pipeline(sources: Sources, indicator: Indicator) -> pd.DataFrame:
    workspace, state = sources.workspace, sources.state
    source = ACTUALS.get(indicator.actual)
    if source is None or source.pipeline is None:
        return members_frame({}, 0)
    rows = source.pipeline(workspace, state, indicator)
    if not indicator.plots:
        return rows
    return rows[rows["plot_code"].isin(wanted_plots(workspace, state, indicator).index)]


def trend_days(target_set: TargetSet, state: AsOf) -> list[date]:
    """Return the days of a trend: the ends of the years since the base, and the ledger's day."""
    return [*year_ends(target_set.base_on, state.day), state.day]


def scopes(workspace: Workspace, state: AsOf, kind: str) -> list[Scope]:
    """Return the towns or the parks, in the register's order."""
    register = SCOPE_REGISTERS[kind]
    layer = workspace.layer(register)
    frame = workspace.store.read(register, revision=state.revision)
    names = frame[layer.label_field].fillna(frame[layer.key[0]])
    return [Scope(kind, code, name) for code, name in zip(frame[layer.key[0]], names, strict=True)]


def find_scope(workspace: Workspace, text: str) -> Scope:
    """Return the scope that an address names: empty for the district, town:330205103, park:P01.

    Raises
    ------
    UsageError
        Another word before the colon.
    NotFoundError
        No such town or park.
    """
    if not text:
        return Scope()
    kind, _, code = text.partition(":")
    if kind not in SCOPE_REGISTERS or not code:
        raise UsageError(f"范围“{text[:40]}”不认识，应为 town:镇街代码 或 park:园区编号；全区留空。")
    name = record_name(workspace, SCOPE_REGISTERS[kind], code)
    if name is None:
        raise NotFoundError(f"没有{workspace.layer(SCOPE_REGISTERS[kind]).zh}“{code[:40]}”。请核对编号。")
    return Scope(kind, code, name)


def _findings(row: TargetRow) -> tuple[str, ...]:
    unknown = row.actual.unknown_count
    gaps = (
        (f"{unknown} 条记录缺少计算所需的数，没有计入。",) if unknown and row.actual.value is not None else ()
    )
    about_base = tuple(note for note in row.notes if "不一致" in note)
    return (*about_base, *gaps)


def _recognition_findings(
    workspace: Workspace, rows: tuple[TargetRow, ...], scope: Scope, state: AsOf
) -> tuple[str, ...]:
    """Return how many recognitions behind the figures need a look, by ledger; the ledger's page names each."""
    used = dict.fromkeys(
        row.indicator.ledger or str(workspace.policy_at(state.revision).value("default_ledger", state.day))
        for row in rows
        if row.indicator.actual in ACTUALS and ACTUALS[row.indicator.actual].history == "records"
    )
    sites = plot_facts(workspace, revision=state.revision, day=state.day)["site_area_m2"] if used else None
    return tuple(filter(None, (_recognition_line(workspace, code, scope, state, sites) for code in used)))


def _recognition_line(
    workspace: Workspace, code: str, scope: Scope, state: AsOf, sites: pd.Series | None
) -> str:
    if sites is None or code not in ledger_words(workspace):
        return ""
    entries = revitalisation_ledger(workspace, code, state).entries
    if scope.text:
        entries = entries[entries[f"{scope.kind}_code"] == scope.code]
    found = ledger_findings(workspace, entries, state.revision, state.day, sites, is_whole=not scope.text)
    kinds = "；".join(f"{zh} {count} 项" for zh, count in Counter(one.zh for one in found).items())
    name = ledger_words(workspace)[code]
    return f"盘活台账（{name}）的认定有 {len(found)} 项需要核对：{kinds}。逐条见“盘活”页。" if found else ""


def _unplaced_values(workspace: Workspace, state: AsOf) -> tuple[str, ...]:
    """Return what was entered for indicators that no set has: they show nowhere."""
    known = {item.id for found in target_sets(workspace).values() for item in found.indicators}
    values = workspace.store.read("indicator_values", revision=state.revision)["indicator"]
    unknown = values[~values.isin(known)]
    names = "、".join(sorted(unknown.unique())[:_MOST_NAMED])
    return (
        (f"{len(unknown)} 条填报的指标编号不在任何目标方案里，没有用上：{names}。",) if len(unknown) else ()
    )


_MOST_NAMED = 5


def _is_demo(workspace: Workspace, state: AsOf) -> bool:
    read = workspace.store.read
    return any(bool(read(name, revision=state.revision)["is_demo"].any()) for name in REGISTERS)
