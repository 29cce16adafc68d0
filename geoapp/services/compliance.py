"""Whether a project or a plan complies: every rule about it, its plots and their supplies, with clause and verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from geoapp.domain.rule import Effect, RuleHit, Subject, Verdict
from geoapp.errors import NotFoundError, UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.line_makeup import MakeupLedger, allowed_grounds, makeup_ledger
from geoapp.services.line_swap import (
    SwapBalance,
    granted_inside,
    retired_outside,
    retired_somewhere,
    swap_balance,
)
from geoapp.services.plot_facts import plot_facts
from geoapp.services.rule_book import subject_reasons
from geoapp.services.rule_facts import in_control_line, known_supplies, rule_facts
from geoapp.services.workspace import Workspace

MOST_PLOTS = 100


@dataclass(frozen=True, slots=True)
class CheckedSubject:
    """A project, a plot or a supply with what every rule in force says of it, findings first."""

    subject: Subject
    key: str
    name: str
    answers: tuple[RuleHit, ...]

    @property
    def finding_count(self) -> int:
        """How many rules find something."""
        return self._count(Verdict.YES)

    @property
    def unknown_count(self) -> int:
        """How many rules that would find something cannot answer."""
        return self._count(Verdict.UNKNOWN)

    def _count(self, verdict: Verdict) -> int:
        return sum(hit.verdict is verdict and hit.effect is Effect.FINDING for hit in self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceCheck:
    """The check of a project, or of plots that a plan names."""

    state: AsOf
    project_code: str
    """Empty where plots were named."""
    subjects: tuple[CheckedSubject, ...]
    missing: tuple[str, ...]
    """Plots that the project or the plan names and the register lacks."""
    is_demo: bool

    @property
    def finding_count(self) -> int:
        """How many rules find something."""
        return sum(checked.finding_count for checked in self.subjects)

    @property
    def unknown_count(self) -> int:
        """How many rules cannot answer."""
        return sum(checked.unknown_count for checked in self.subjects)

    @property
    def verdict(self) -> str:
        """Return the outcome in one Chinese sentence."""
        count = sum(len(checked.answers) for checked in self.subjects)
        found = f"有 {self.finding_count} 条不符合" if self.finding_count else "没有发现不符合"
        open_words = f"，{self.unknown_count} 条资料不全、不能判断" if self.unknown_count else ""
        return f"核对 {len(self.subjects)} 个对象、{count} 条规则：{found}{open_words}。"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapLedger:
    """The swap of land outside the lines for land inside, and what makes up for land inside that changed its use."""

    state: AsOf
    balance: SwapBalance
    retired: pd.DataFrame
    """recognition_code, plot_code, plot_name, town_code, recognised_on, document_no, counted_m2."""
    granted: pd.DataFrame
    """By supply_code: name, plot_code, supplied_on, area_m2."""
    unplaced: pd.DataFrame
    """Reclaimed land of which it is not known whether it lay outside; as retired, but for nothing in the balance."""
    makeup: MakeupLedger

    @property
    def counted_twice(self) -> tuple[str, ...]:
        """The plots that are granted by swap and at the same time brought in for land that changed its use."""
        return tuple(sorted(set(self.granted["plot_code"]) & set(self.makeup.brought.index)))


def check_project(workspace: Workspace, state: AsOf, project_code: str) -> ComplianceCheck:
    """Return what the rules say of a project, of its plots and of how these were supplied.

    Raises
    ------
    NotFoundError
        No such project in the state.
    """
    projects = workspace.store.read("projects", revision=state.revision)
    if project_code not in set(projects["project_code"]):
        raise NotFoundError(f"项目台账里没有“{project_code[:60]}”。请核对项目编号。")
    members = workspace.store.read("project_plots", revision=state.revision)
    codes = members.loc[members["project_code"] == project_code, "plot_code"].dropna()
    name = projects.set_index("project_code")["name"].get(project_code)
    own = CheckedSubject(
        Subject.PROJECT, project_code, "" if pd.isna(name) else str(name),
        subject_reasons(workspace, state, Subject.PROJECT, project_code),
    )  # fmt: skip
    return _check(workspace, state, list(dict.fromkeys(codes)), (own,), project_code)


def check_plots(workspace: Workspace, state: AsOf, codes: Sequence[str]) -> ComplianceCheck:
    """Return what the rules say of the plots that a plan names, and of how they were supplied.

    Raises
    ------
    UsageError
        No plot, more than 100, or none that the register has.
    """
    named = list(dict.fromkeys(code.strip() for code in codes if code.strip()))
    if not 0 < len(named) <= MOST_PLOTS:
        raise UsageError(f"请给出 1 到 {MOST_PLOTS} 个地块编号，用逗号隔开；这里有 {len(named)} 个。")
    found = _check(workspace, state, named, (), "")
    if not found.subjects:
        raise UsageError(f"地块台账里没有{'、'.join(found.missing[:5])}。请核对编号。")
    return found


def swap_ledger(workspace: Workspace, state: AsOf) -> SwapLedger:
    """Return both ends of the swap of a state, and both sides of the balance of land that changed its use."""
    policy = workspace.policy_at(state.revision)
    inside, supplies = in_control_line(workspace, state), known_supplies(workspace, state)
    retired = retired_outside(workspace, inside, state)
    granted = granted_inside(supplies, inside)
    return SwapLedger(
        state=state,
        balance=swap_balance(retired, granted, inside, has_supplies=len(supplies) > 0),
        retired=retired,
        granted=granted,
        unplaced=retired_somewhere(workspace, inside, state),
        makeup=makeup_ledger(rule_facts(workspace, Subject.PLOT, state), allowed_grounds(policy, state)),
    )


def _check(
    workspace: Workspace,
    state: AsOf,
    codes: Sequence[str],
    before: tuple[CheckedSubject, ...],
    project_code: str,
) -> ComplianceCheck:
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    known = [code for code in codes if code in facts.index]
    plots = [_plot(workspace, state, code, facts["name"].get(code)) for code in known]
    supplies = known_supplies(workspace, state)
    of_plots = supplies[supplies["plot_code"].isin(known)]
    grants = [
        CheckedSubject(
            Subject.SUPPLY, str(code), str(name), subject_reasons(workspace, state, Subject.SUPPLY, str(code))
        )
        for code, name in of_plots["name"].fillna("").items()
    ]
    return ComplianceCheck(
        state=state,
        project_code=project_code,
        subjects=(*before, *plots, *grants),
        missing=tuple(code for code in codes if code not in facts.index),
        is_demo=bool(facts.loc[known, "is_demo"].fillna(value=False).any()) if known else False,
    )


def _plot(workspace: Workspace, state: AsOf, code: str, name: object) -> CheckedSubject:
    answers = subject_reasons(workspace, state, Subject.PLOT, code)
    return CheckedSubject(Subject.PLOT, code, name if isinstance(name, str) else "", answers)
