"""`geoapp verify`: published tables against the second path (`geoapp.verification`), which computes them anew."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from geoapp.domain.fingerprint import Fingerprint, is_untouched
from geoapp.domain.rule import Purpose, Rule, Subject
from geoapp.errors import NotFoundError, UsageError
from geoapp.reports import revitalisation as ledger_report
from geoapp.reports import target_tables
from geoapp.reports.digest import digest_record
from geoapp.reports.supervision_tables import supervision_record
from geoapp.reports.zone_table import zone_table_record
from geoapp.rules.judgement import find_rules
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.digest import digest_of
from geoapp.services.evaluation import evaluate_year
from geoapp.services.evaluation_inputs import default_year, has_evaluation
from geoapp.services.evaluation_record import evaluation_record
from geoapp.services.fingerprints import (
    SEEN,
    basis_digest,
    installation_id,
    plan_numbers,
    revision_link,
    revision_mark,
)
from geoapp.services.publishing import published_files
from geoapp.services.revitalisation import ledger_words
from geoapp.services.revitalisation_sheet import ledger_sheet
from geoapp.services.rule_book import rule_book
from geoapp.services.rule_tables import book_record
from geoapp.services.supervision import PATH as SUPERVISION
from geoapp.services.supervision import is_supervised, supervision_table
from geoapp.services.target_sets import find_target_set, target_sets
from geoapp.services.target_values import SCOPE_REGISTERS
from geoapp.services.targets import find_scope, target_ledger
from geoapp.services.verify_checks import CHECKS, Check
from geoapp.services.verify_lists import lists_now
from geoapp.services.workspace import Workspace
from geoapp.services.zone_source import CONTROL_LINE
from geoapp.services.zone_statistics import zone_statistics
from geoapp.verification.checking import Checked, Difference
from geoapp.verification.own_rules import leave_open
from geoapp.verification.published import Published
from geoapp.verification.reading import kind_of, published_record, read_published
from geoapp.verification.rule_counts import KNOWN
from geoapp.verification.source import OwnRule, Source
from geoapp.verification.supplies import is_asked

STANDARD_ZONES = ("towns", "parks", "control_zones", CONTROL_LINE)
MOST_SOURCES, MOST_REVISIONS = 12, 3
"""Kept at a time."""


@dataclass(frozen=True, slots=True)
class Task:
    """A table to verify."""

    name: str
    read: Callable[[], Published]


class Verifier:
    """Verifies tables of one installation; tables of the same state share what was read."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._sources: dict[tuple[int, date], Source] = {}

    def of_files(self, paths: Sequence[Path]) -> list[Task]:
        """Return the tasks of verifying exported files."""
        return [Task(path.name, partial(read_published, path)) for path in paths]

    def of_log(self) -> list[Task]:
        """Return the tasks of verifying all that was published; none where nothing was."""
        found = published_files(self._workspace.settings)
        return [Task(file.name, partial(read_published, file.path)) for file in found]

    def of_now(self) -> list[Task]:
        """Return the tasks of verifying the standard tables as they are now."""
        workspace, state = self._workspace, as_of(self._workspace)
        zones = [name for name in STANDARD_ZONES if name == CONTROL_LINE or name in workspace.layers]
        if not workspace.scheme.lines:
            zones.remove(CONTROL_LINE)
        tasks = [Task(f"分区统计 {name}", _statistics_of(workspace, name, state)) for name in zones]
        tasks += [
            Task(f"盘活台账 {zh}", _ledger_of(workspace, code, state))
            for code, zh in ledger_words(workspace).items()
        ]
        tasks += [
            Task(f"目标台账 {found.zh}", _targets_of(workspace, set_id, state))
            for set_id, found in target_sets(workspace).items()
        ]
        tasks.append(Task("预警周报", _digest_as_of(workspace, state)))
        tasks.append(Task("规则库", _rules_of(workspace, state)))
        if has_evaluation(workspace, state):
            tasks.append(Task("亩均评价", _evaluation_of(workspace, state)))
        tasks += [Task(name, _data_of(name, make)) for name, make in lists_now(workspace, state).items()]
        return tasks + [
            Task(f"督查通报 {workspace.layer(register).zh}", _supervision_of(workspace, by, state))
            for by, register in SCOPE_REGISTERS.items()
            if is_supervised(find_target_set(workspace, None))
        ]

    def verify(self, task: Task) -> Checked:
        """Return what comes of a table.

        Raises
        ------
        FormatError, UsageError
            The file cannot be read, or has no fingerprint.
        """
        published = task.read()
        checked = Checked(name=task.name, address=published.fingerprint.address)
        checked.refusal = refusal(self._workspace, published.fingerprint)
        if checked.refusal:
            return checked
        try:
            note = basis_note(self._workspace, published.fingerprint)
            checked.notes += [note] if note else []
            self._check(checked, published)
        except (UsageError, NotFoundError) as error:
            checked.refusal = str(error)
        if checked.refusal:
            return checked
        checked.differences += link_differences(self._workspace, published.fingerprint)
        if not checked.differences and not is_untouched(published.fingerprint, published.rows):
            words = "指纹的校验与文件里的参数、名称和数不符，发布以后被改过"
            checked.differences.append(Difference("指纹", f"校验 {published.fingerprint.digest}", words))
        return checked

    def source(self, revision: int, day: date) -> Source:
        """Return what the second path reads of a revision under the rules of a day; kept for the next table."""
        key = revision, day
        if key not in self._sources:
            self._make_room(revision)
            same = next((found for found in self._sources.values() if found.revision == revision), None)
            self._sources[key] = source_of(self._workspace, *key) if same is None else same.on(day)
        return self._sources[key]

    def _make_room(self, revision: int) -> None:
        """Drop the oldest state, or all of the oldest revision: its registers are what takes the memory."""
        revisions = dict.fromkeys(found.revision for found in self._sources.values())
        if len(self._sources) >= MOST_SOURCES:
            del self._sources[next(iter(self._sources))]
        if revision not in revisions and len(revisions) >= MOST_REVISIONS:
            oldest = next(iter(revisions))
            self._sources = {key: found for key, found in self._sources.items() if found.revision != oldest}

    def _check(self, checked: Checked, published: Published) -> None:
        """Check a table, once more for every answer that rules of the office's own may give: see `leave_open`."""
        origin = published.fingerprint.origin
        source = self.source(origin.revision, origin.day)
        own = [rule.id for rule in source.own_rules if is_asked(source, rule.id, rule.numbers)]
        others = [
            self._checked_assuming(answer, Checked(name=checked.name), published)
            for answer in ((True, None) if own else ())
        ]
        self._checked_assuming(False, checked, published)
        if own:
            leave_open(checked, others, own)

    def _checked_assuming(self, answer: bool | None, checked: Checked, published: Published) -> Checked:
        def source_at(revision: int, day: date) -> Source:
            source = self.source(revision, day)
            return source if answer is source.own_answer else source.assuming(answer)

        copy = replace(published, figures=list(published.figures))
        try:
            CHECKS[kind_of(published.fingerprint).id](Check(self._workspace, source_at, checked, copy))
        except (UsageError, NotFoundError) as error:
            checked.refusal = str(error)
        return checked


def source_of(workspace: Workspace, revision: int, day: date) -> Source:
    """Return what the second path may read: registers, definitions, settings, numbers; nothing that is computed."""
    return Source(
        store=workspace.store, layers=workspace.layers, scheme=workspace.scheme, policy=workspace.policy_at(revision),
        settings=workspace.settings, revision=revision, day=day, own_rules=own_rules(),
    )  # fmt: skip


def own_rules() -> tuple[OwnRule, ...]:
    """Return the rules that the second path does not know and that figures beside the rule book's may rest on."""
    named = [(rule, _counts_as(rule)) for rule in find_rules() if rule.id not in KNOWN]
    return tuple(OwnRule(id=rule.id, counts_as=kind, numbers=rule.thresholds) for rule, kind in named if kind)


def _counts_as(rule: Rule) -> str:
    if rule.subject is Subject.MICRO_PARK:
        return "micro_park"
    if (rule.subject, rule.purpose) == (Subject.PLOT, Purpose.LOW_EFFICIENCY):
        return "noted" if rule.is_supplementary else "low_efficiency"
    is_counted = (rule.subject, rule.purpose) in (
        (Subject.SUPPLY, Purpose.IDLE),
        (Subject.TRANSACTION, Purpose.ADMISSION),
        (Subject.TRANSACTION, Purpose.PRICE),
    )
    return rule.purpose.value if is_counted else ""


def refusal(workspace: Workspace, fingerprint: Fingerprint) -> str:
    """Return why a fingerprint cannot be verified here, in Chinese; empty where it can."""
    origin, store = fingerprint.origin, workspace.store
    if dict(origin.query).get(SEEN):
        return "这是按看不到全部字段的权限导出的，隐去了税收、能耗等，不能核对。请核对编辑人员导出的。"
    own, newest = installation_id(store), store.revision()
    if origin.installation != own:
        return (
            f"指纹是另一套系统（{origin.installation}）的，这里是 {own}，不能核对。请在发布它的系统上核对。"
        )
    if origin.revision > newest:
        return (
            f"指纹是第 {origin.revision} 次修订的，这里最新是第 {newest} 次修订，没有那个状态，不能核对"
            "（数据库可能从较早的备份恢复过，或末尾的修订被删除）。"
        )
    mark = revision_mark(store, origin.revision)
    if origin.made_at != mark:
        return (
            f"指纹里的第 {origin.revision} 次修订做于 {origin.made_at}，这里的做于 {mark}：不是同一次修订"
            "（数据库可能从备份恢复过），不能核对。"
        )
    return ""


def link_differences(workspace: Workspace, fingerprint: Fingerprint) -> list[Difference]:
    """Return the difference of the chain that a fingerprint knew from the one here: the past was rewritten since."""
    origin = fingerprint.origin
    link = revision_link(workspace, origin.revision)
    if not origin.link or origin.link == link:
        return []
    words = (
        f"现在是 {link or '没有'}：第 {origin.revision} 次修订或更早的内容在发布以后被改写，不是通过程序做的"
    )
    return [Difference("指纹", f"链 {origin.link}", words)]


def basis_note(workspace: Workspace, fingerprint: Fingerprint) -> str:
    """Return what a reader of differences must know where settings or numbers have changed since; empty as a rule."""
    origin = fingerprint.origin
    plan: object = ""
    if origin.path.startswith("/targets/"):
        _, _, set_id, *opened = origin.path.split("/")
        found = find_target_set(workspace, set_id)
        chosen = tuple(item for item in found.indicators if item.id in opened)
        plan = plan_numbers(replace(found, indicators=chosen) if opened else found)
    if origin.path == SUPERVISION:
        plan = plan_numbers(find_target_set(workspace, dict(origin.query).get("set")))
    policy = workspace.policy_at(origin.revision)
    if origin.basis == basis_digest(workspace.settings, policy, origin.day, plan):
        return ""
    return (
        "发布以后，设置（用地面积和建筑面积的次序、工作坐标系、控制线方案）、规则库的数或目标方案的数改过；"
        "这里按现在的口径核对，不符的可能由此而来。"
    )


def _statistics_of(workspace: Workspace, zones: str, state: AsOf) -> Callable[[], Published]:
    def read() -> Published:
        table = zone_statistics(workspace, zones=zones, revision=state.revision, day=state.day)
        return published_record(table.title, zone_table_record(table))

    return read


def _ledger_of(workspace: Workspace, code: str, state: AsOf) -> Callable[[], Published]:
    def read() -> Published:
        sheet = ledger_sheet(workspace, code, state)
        return published_record(sheet.ledger_zh, ledger_report.ledger_record(sheet, "mu"))

    return read


def _digest_as_of(workspace: Workspace, state: AsOf) -> Callable[[], Published]:
    return lambda: published_record("预警周报", digest_record(digest_of(workspace, state)))


def _rules_of(workspace: Workspace, state: AsOf) -> Callable[[], Published]:
    return lambda: published_record("规则库", book_record(rule_book(workspace, state)))


def _evaluation_of(workspace: Workspace, state: AsOf) -> Callable[[], Published]:
    def read() -> Published:
        found = evaluate_year(workspace, default_year(workspace, state), state)
        return published_record("亩均评价", evaluation_record(workspace, found, state, code=None, unit="mu"))

    return read


def _data_of(name: str, make: Callable[[], Mapping[str, Any]]) -> Callable[[], Published]:
    return lambda: published_record(name, make())


def _supervision_of(workspace: Workspace, by: str, state: AsOf) -> Callable[[], Published]:
    def read() -> Published:
        table = supervision_table(workspace, state, by=by)
        return published_record(table.title, supervision_record(table, "mu"))

    return read


def _targets_of(workspace: Workspace, set_id: str, state: AsOf) -> Callable[[], Published]:
    def read() -> Published:
        ledger = target_ledger(
            workspace, find_target_set(workspace, set_id), state, find_scope(workspace, "")
        )
        return published_record(ledger.target_set.zh, target_tables.ledger_record(ledger, "mu"))

    return read
