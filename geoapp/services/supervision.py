"""The supervision report (督查通报): what each town or park had to do in a year, did, and where it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from geoapp.domain.reporting_period import QUARTER, Period, parse_period, period_of, time_progress
from geoapp.domain.supervision import (
    ELSEWHERE,
    LAND,
    PARTS,
    TOTAL,
    UNIT,
    ProjectShare,
    SupervisionRow,
    SupervisionTable,
    Tally,
    WarningRule,
    added,
    is_at_bottom,
    ranks,
    warning,
    year_task,
)
from geoapp.domain.target_ledger import Scope
from geoapp.domain.target_set import TOWN, Indicator, TargetSet
from geoapp.domain.target_unit import TARGET_UNITS
from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.fingerprints import figures_origin, plan_numbers
from geoapp.services.project_stages import STAGES_REGISTER
from geoapp.services.supervision_places import REGISTERED, WAYS, PlacedActuals, check_way
from geoapp.services.supervision_projects import NOWHERE, project_shares
from geoapp.services.supervision_words import PART_WORDS, no_task_reason, table_notes, undivided_note
from geoapp.services.target_actuals import ACTUALS
from geoapp.services.target_sets import find_target_set
from geoapp.services.target_values import SCOPE_REGISTERS, Actuals, Sources
from geoapp.services.targets import TargetSeries, scopes
from geoapp.services.workspace import Workspace

PATH = "/supervision"
_PART_REGISTERS = (name for actual in PARTS.values() for name in ACTUALS[actual].registers)
REGISTERS = tuple(
    dict.fromkeys([*_PART_REGISTERS, STAGES_REGISTER, "indicator_values", *SCOPE_REGISTERS.values()])
)
"""What the table is made from."""
_ELSEWHERE_ZH = {"town": "未填镇街", "park": "园区之外"}


def supervision_table(
    workspace: Workspace,
    state: AsOf,
    *,
    by: str = TOWN,
    period: str | None = None,
    set_id: str | None = None,
    membership: str = REGISTERED,
) -> SupervisionTable:
    """Return the table of a period.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
        The registers as they were, and the day whose numbers hold; nothing after that day is counted.
    by : {"town", "park"}
    period : str, optional
        2025-Q1 or 2025-03; the last quarter that has begun and for which the plan has targets, if left out.
    set_id : str, optional
        Whose targets; the first set if left out.
    membership : {"registered", "clip", "largest", "centroid"}
        Where recognised land, floor area and enterprises count. Projects count where their own record says.

    Returns
    -------
    SupervisionTable
        What is done in the year is the difference of two days of the target ledger, and of the postings of the
        revitalisation ledger in between; the year's target is what the path of the unit's targets gains in the year.

    Raises
    ------
    UsageError
        Another word for by, period or membership, a period that has not begun, or a plan without land to revitalise.
    NotFoundError
        No such set, or a number of the rule book does not hold yet on the day.
    """
    if by not in SCOPE_REGISTERS:
        raise UsageError(f"责任单位“{by[:40]}”不认识；可用：town（镇街）、park（园区）。")
    check_way(membership)
    target_set = find_target_set(workspace, set_id)
    asked = parse_period(period) if period else _usual_period(target_set, state.day)
    if asked.first > state.day:
        raise UsageError(
            f"{asked.zh}还没有开始（统计日 {state.day.isoformat()}），没有可通报的数。请选早些的期间。"
        )
    key = ("supervision", target_set, state.revision, state.day, state.note, by, asked, membership)
    return workspace.cache.get(
        key, lambda: _table(_Question(workspace, state, target_set, by, membership), asked)
    )


def is_supervised(target_set: TargetSet) -> bool:
    """Return whether a plan has a target for revitalised land, without which there is no report."""
    return any(item.actual == PARTS[LAND] for item in target_set.indicators)


def _usual_period(target_set: TargetSet, day: date) -> Period:
    """Return the quarter of a day, or the last one of the plan where that has passed."""
    return period_of(min(day, max(item.last.day for item in target_set.indicators)), QUARTER)


@dataclass(frozen=True, slots=True)
class _Span:
    """The days between which things count."""

    period: Period
    until: date

    @property
    def year_start(self) -> date:
        """The last day of the year before."""
        return date(self.period.year - 1, 12, 31)

    @property
    def year_end(self) -> date:
        return date(self.period.year, 12, 31)

    @property
    def before(self) -> date:
        """The last day before the period."""
        return self.period.first - timedelta(days=1)


class _Question:
    """One plan, divided one way, as of one state."""

    def __init__(
        self, workspace: Workspace, state: AsOf, target_set: TargetSet, by: str, membership: str
    ) -> None:
        self.workspace, self.state, self.target_set = workspace, state, target_set
        self.by, self.membership = by, membership
        self.scopes = scopes(workspace, state, by)
        if not is_supervised(target_set):
            raise UsageError(f"“{target_set.zh}”没有盘活用地的目标，不能通报。请选别的方案。")
        self.indicators: Mapping[str, Indicator] = {
            part: found
            for part, actual in PARTS.items()
            if (found := next((item for item in target_set.indicators if item.actual == actual), None))
        }
        self._sources, self._placed = Sources(workspace, state), Sources(workspace, state)

    def tally(self, part: str, scope: Scope, span: _Span) -> Tally:
        """Return one task of a unit."""
        indicator = self.indicators.get(part)
        if indicator is None:
            return Tally(target=None, period=None, done=None, reason="方案没有这项目标")
        tasks = self._series(indicator, scope, REGISTERED)
        counted = self._series(indicator, scope, self.membership if scope.text else REGISTERED)
        target, reason = self._task(indicator, tasks, scope, span)
        until, before, start = (counted.at(day).value for day in (span.until, span.before, span.year_start))
        return Tally(
            target=target,
            period=_difference(until, before),
            done=_difference(until, start),
            reason=reason,
        )

    def _series(self, indicator: Indicator, scope: Scope, membership: str) -> TargetSeries:
        if membership == REGISTERED:
            actuals = Actuals(self._sources, indicator)
        else:
            actuals = PlacedActuals(self._placed, indicator, self.by, membership)
        return TargetSeries(self.workspace, self.target_set, indicator, actuals, scope)

    def _task(
        self, indicator: Indicator, series: TargetSeries, scope: Scope, span: _Span
    ) -> tuple[float | None, str]:
        """Return what is to be done in the year, or why nobody can say."""
        targets = series.part.targets if series.part else indicator.targets
        reason = no_task_reason(
            indicator, targets, self.target_set.base_on, span.period.year,
            is_divided=series.part is not None or not scope.text,
        )  # fmt: skip
        if reason:
            return None, reason
        task = year_task(series.planned(targets, span.year_start), series.planned(targets, span.year_end))
        if task is None:
            return None, f"不知道 {self.target_set.base_on.isoformat()} 的基数，算不出年度目标"
        nothing = TARGET_UNITS[indicator.unit].half_digit
        return (None, f"{span.period.year}年没有任务") if task <= nothing else (task, "")


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _table(question: _Question, period: Period) -> SupervisionTable:
    workspace, state = question.workspace, question.state
    span = _Span(period, min(period.last, state.day))
    progress = time_progress(span.until)
    rule = warning_rule(workspace, state)
    district = question.tally(LAND, Scope(), span)
    rows = _ranked(question, _unit_rows(question, span), span, rule, progress)
    default_ledger = str(workspace.policy_at(state.revision).value("default_ledger", state.day))
    by_zh = workspace.layer(SCOPE_REGISTERS[question.by]).zh
    query = {
        "set": question.target_set.id, "by": question.by, "period": period.text,
        "membership": "" if question.membership == REGISTERED else question.membership,
    }  # fmt: skip
    return SupervisionTable(
        title=f"{workspace.settings.district_name}盘活低效用地督查通报（{period.zh}）",
        target_set=question.target_set, by=question.by, by_zh=by_zh, membership=question.membership,
        membership_zh=WAYS[question.membership], period=period, until=span.until, progress=progress,
        rows=tuple(rows), district=district, rule=rule,
        ledger=question.indicators[LAND].ledger or default_ledger,
        indicators={part: indicator.id for part, indicator in question.indicators.items()},
        notes=(
            *table_notes(workspace, state, question.target_set, question.by, period, question.membership, rule),
            *undivided_note([part for part in PARTS if part not in _divided_parts(rows[:-1])], by_zh),
        ),
        day=state.day, revision=state.revision,
        data_on=data_day(workspace, state.revision, REGISTERS, state.day), note=state.note,
        is_demo=_is_demo(question),
        origin=figures_origin(
            workspace, PATH, query, state.revision, state.day, plan=plan_numbers(question.target_set)
        ),
    )  # fmt: skip


def warning_rule(workspace: Workspace, state: AsOf) -> WarningRule:
    """Return the rule book's limits of the lights on a day."""
    policy = workspace.policy_at(state.revision)
    return WarningRule(
        bottom_count=int(policy.value("supervision_bottom_count", state.day)),
        red_share=float(policy.value("supervision_red_share", state.day)),
        yellow_share=float(policy.value("supervision_yellow_share", state.day)),
    )


def _unit_rows(question: _Question, span: _Span) -> list[SupervisionRow]:
    """Return the towns or parks, then what lies in none of them, where there is anything."""
    projects = project_shares(question.workspace, question.state, question.by, span.until)
    none = (ProjectShare(0, 0), ProjectShare(0, 0))
    rows = []
    for scope in question.scopes:
        started, completed = projects.get(scope.code, none)
        tallies = {part: question.tally(part, scope, span) for part in PARTS}
        rows.append(
            SupervisionRow(scope=scope, kind=UNIT, tallies=tallies, started=started, completed=completed)
        )
    rest = {part: _rest(question, part, rows, span) for part in PARTS}
    started, completed = projects.get(NOWHERE, none)
    if started.count or completed.count or any(_is_something(question, part, rest[part]) for part in PARTS):
        scope = Scope(question.by, "", _ELSEWHERE_ZH[question.by])
        rows.append(
            SupervisionRow(scope=scope, kind=ELSEWHERE, tallies=rest, started=started, completed=completed)
        )
    return rows


def _rest(question: _Question, part: str, rows: Sequence[SupervisionRow], span: _Span) -> Tally:
    """Return what the district has beyond its towns or parks."""
    whole, units = question.tally(part, Scope(), span), added([row.tallies[part] for row in rows])
    return Tally(
        target=None,
        period=_difference(whole.period, units.period or 0.0),
        done=_difference(whole.done, units.done or 0.0),
        reason="不是责任单位",
    )


def _is_something(question: _Question, part: str, tally: Tally) -> bool:
    if part not in question.indicators:
        return False
    nothing = TARGET_UNITS[question.indicators[part].unit].half_digit
    return any(abs(value or 0.0) > nothing for value in (tally.period, tally.done))


def _ranked(
    question: _Question, rows: list[SupervisionRow], span: _Span, rule: WarningRule, progress: float
) -> list[SupervisionRow]:
    """Return rows by their rate, the best first, those without one last, with places, lights and the total."""
    before = span.period.before
    earlier = _Span(before, before.last)
    places_before = ranks(
        [question.tally(LAND, row.scope, earlier).share if row.kind == UNIT else None for row in rows]
    )
    shares = [row.land.share for row in rows]
    places = ranks(shares)
    divided = _divided_parts(rows)
    judged = []
    for number, row in enumerate(rows):
        is_bottom = is_at_bottom(shares, number, rule.bottom_count)
        light = warning(shares[number], progress, rule, is_bottom=is_bottom)
        placed = replace(row, rank=places[number], rank_before=places_before[number])
        judged.append(_judged(placed, light, divided))
    judged.sort(key=lambda row: (row.rank is None, row.rank or 0))
    return [*judged, _total(rows, rule, progress)]


def _divided_parts(rows: Sequence[SupervisionRow]) -> list[str]:
    """Return the parts of which at least one unit has a target."""
    return [part for part in PARTS if any(row.tallies[part].target is not None for row in rows)]


def _judged(row: SupervisionRow, light: tuple[str, str], divided: Sequence[str]) -> SupervisionRow:
    color, why = light
    missing = [PART_WORDS[part] for part in divided if part != LAND and row.tallies[part].target is None]
    is_partly = row.land.target is not None and row.kind == UNIT and bool(missing)
    remarks = (row.land.reason, why, f"{'、'.join(missing)}没有年度目标" if is_partly else "")
    return replace(row, light=color, remarks=tuple(filter(None, remarks)))


def _total(rows: Sequence[SupervisionRow], rule: WarningRule, progress: float) -> SupervisionRow:
    tallies = {part: added([row.tallies[part] for row in rows]) for part in PARTS}
    started, completed = (
        ProjectShare(sum(one.reached for one in found), sum(one.count for one in found))
        for found in ([row.started for row in rows], [row.completed for row in rows])
    )
    color, why = warning(tallies[LAND].share, progress, rule, is_bottom=False)
    is_partly = any(tally.share is not None and tally.done_without_task for tally in tallies.values())
    remarks = (why, "完成率只计有年度目标的单位" if is_partly else "")
    return SupervisionRow(
        scope=Scope(zh="合计"), kind=TOTAL, tallies=tallies, started=started, completed=completed, light=color,
        remarks=tuple(filter(None, remarks)),
    )  # fmt: skip


def _is_demo(question: _Question) -> bool:
    read = question.workspace.store.read
    is_invented = any(part.is_demo for part in question.target_set.scope_targets)
    return is_invented or any(
        bool(read(name, revision=question.state.revision)["is_demo"].any()) for name in REGISTERS
    )
