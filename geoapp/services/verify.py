"""`geoapp verify`: published tables against the second path (`geoapp.verification`), which computes them anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from geoapp.domain.fingerprint import Fingerprint, is_untouched
from geoapp.errors import NotFoundError, UsageError
from geoapp.reports import revitalisation as ledger_report
from geoapp.reports import target_tables
from geoapp.reports.zone_table import zone_table_record
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.fingerprints import basis_digest, installation_id, plan_numbers, revision_mark
from geoapp.services.publishing import published_files
from geoapp.services.revitalisation import ledger_words
from geoapp.services.revitalisation_sheet import ledger_sheet
from geoapp.services.target_sets import find_target_set
from geoapp.services.targets import find_scope, target_ledger
from geoapp.services.workspace import Workspace
from geoapp.services.zone_source import CONTROL_LINE
from geoapp.services.zone_statistics import zone_statistics
from geoapp.verification.checking import (
    Checked,
    Difference,
    check_ledger,
    check_rows,
    check_statistics,
    ledger_rows,
)
from geoapp.verification.checking_targets import check_targets
from geoapp.verification.ledgers import ledger_figures
from geoapp.verification.published import (
    TOTAL_ROW,
    Published,
    kind_of,
    published_record,
    read_published,
)
from geoapp.verification.source import Source
from geoapp.verification.targets import Place, target_figures
from geoapp.verification.zone_figures import columns_of, plain_figures
from geoapp.verification.zones import FILE

STANDARD_ZONES = ("towns", "parks", "control_zones", CONTROL_LINE)
MOST_SOURCES = 4


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
        return [Task(path.name, lambda path=path: read_published(path)) for path in paths]  # type: ignore[misc]

    def of_log(self) -> list[Task]:
        """Return the tasks of verifying all that was published; none where nothing was."""
        found = published_files(self._workspace.settings)
        return [Task(name, lambda path=path: read_published(path)) for name, path in found]  # type: ignore[misc]

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
        return [*tasks, Task("目标台账", _targets_of(workspace, state))]

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
            return checked
        if not checked.differences and not is_untouched(published.fingerprint, published.rows):
            self._find_alteration(checked, published)
        return checked

    def _source(self, fingerprint: Fingerprint) -> Source:
        key = fingerprint.origin.revision, fingerprint.origin.day
        if key not in self._sources:
            if len(self._sources) >= MOST_SOURCES:
                self._sources.clear()
            self._sources[key] = source_of(self._workspace, *key)
        return self._sources[key]

    def _check(self, checked: Checked, published: Published) -> None:
        check = {"/statistics": self._statistics, "/ledgers": self._ledger, "/targets": self._targets}
        check[kind_of(published.fingerprint)](checked, published)

    def _statistics(self, checked: Checked, published: Published) -> None:
        asked, source = published.fingerprint.parameter, self._source(published.fingerprint)
        zones = asked("zones", "towns")
        expected = plain_figures(
            source, zones=zones, membership=asked("membership", "clip"),
            filter_text=asked("filter"),
        )  # fmt: skip
        figures = published.figures
        if zones.startswith(FILE):
            checked.notes.append("分区来自上传的文件，这里没有，只核对合计。")
            last = published.row_count - 1
            figures = [
                replace(figure, row=TOTAL_ROW, position=None)
                for figure in figures
                if figure.row == TOTAL_ROW or figure.position == last
            ]
        elif published.row_count != len(expected):
            checked.differences.append(
                Difference("表的行数", f"{len(expected)} 行", f"{published.row_count} 行")
            )
        check_statistics(checked, figures, expected, columns_of(source), published.fingerprint.unit)

    def _ledger(self, checked: Checked, published: Published) -> None:
        fingerprint = published.fingerprint
        code = fingerprint.origin.path.removeprefix("/ledgers/")
        first, last = (_day(fingerprint.parameter(name)) for name in ("from", "to"))
        expected = ledger_figures(self._source(fingerprint), code, first, last)
        entries = {row: found for row, found in expected.items() if row != TOTAL_ROW}
        check_rows(checked, ledger_rows(published.figures), entries, "认定记录")
        check_ledger(checked, published.figures, expected, fingerprint.unit)

    def _targets(self, checked: Checked, published: Published) -> None:
        fingerprint = published.fingerprint
        target_set = find_target_set(self._workspace, fingerprint.origin.path.removeprefix("/targets/"))
        expected, left_out = target_figures(
            self._source(fingerprint), target_set, _place(fingerprint.parameter("scope"))
        )
        checked.notes += [f"{target_set.indicator(name).zh}没有核对：{why}" for name, why in left_out.items()]
        check_targets(checked, published.figures, expected, target_set, fingerprint.unit)

    def _find_alteration(self, checked: Checked, published: Published) -> None:
        """Say what of an altered file differs from what it was exported with, in the columns computed only once."""
        found = [] if published.fingerprint.parameter("zones").startswith(FILE) else self._altered(published)
        words = "指纹的校验与文件里的参数、名称和数不符"
        if not found:
            found = [Difference("指纹", f"校验 {published.fingerprint.digest}", f"{words}，发布以后被改过")]
        checked.differences += found

    def _altered(self, published: Published) -> list[Difference]:
        if kind_of(published.fingerprint) != "/statistics":
            return []
        asked, origin = published.fingerprint.parameter, published.fingerprint.origin
        table = zone_statistics(
            self._workspace, zones=asked("zones", "towns"), membership=asked("membership", "clip"),
            revision=origin.revision, day=origin.day, filter_text=asked("filter"),
            statistics=asked("show").split(",") if asked("show") else None,
        ).in_unit(published.fingerprint.unit)  # fmt: skip
        if len(published.figures) != len(table.rows) * len(table.columns):
            return [Difference("表的列数", f"{len(table.columns)} 列", f"{len(published.figures)} 个数")]
        numbers = (
            table.shown[[column.shown_name for column in table.columns]]
            .to_numpy(dtype=float)
            .ravel()
            .tolist()
        )
        checked = Checked(name="")
        for figure, number in zip(published.figures, numbers, strict=True):
            right = None if number != number else number
            rounding = 1e-9 * abs(number) + (
                0 if figure.decimals is None else 0.5000001 * 10.0**-figure.decimals
            )
            is_same = (right is None) == (figure.value is None) and (
                right is None or abs(right - (figure.value or 0.0)) <= rounding
            )
            if not is_same:
                checked.differ(figure.where, right, figure.value)
        return checked.differences


def source_of(workspace: Workspace, revision: int, day: date) -> Source:
    """Return what the second path may read: registers, definitions, settings, numbers; nothing that is computed."""
    return Source(
        store=workspace.store, layers=workspace.layers, scheme=workspace.scheme, policy=workspace.policy_at(revision),
        settings=workspace.settings, revision=revision, day=day,
    )  # fmt: skip


def refusal(workspace: Workspace, fingerprint: Fingerprint) -> str:
    """Return why a fingerprint cannot be verified here, in Chinese; empty where it can."""
    origin, store = fingerprint.origin, workspace.store
    own, newest = installation_id(store), store.revision()
    if origin.installation != own:
        return (
            f"指纹是另一套系统（{origin.installation}）的，这里是 {own}，不能核对。请在发布它的系统上核对。"
        )
    if origin.revision > newest:
        return f"指纹是第 {origin.revision} 次修订的，这里最新是第 {newest} 次修订，没有那个状态，不能核对。"
    mark = revision_mark(store, origin.revision)
    if origin.made_at != mark:
        return (
            f"指纹里的第 {origin.revision} 次修订做于 {origin.made_at}，这里的做于 {mark}：不是同一次修订"
            "（数据库可能从备份恢复过），不能核对。"
        )
    return ""


def basis_note(workspace: Workspace, fingerprint: Fingerprint) -> str:
    """Return what a reader of differences must know where settings or numbers have changed since; empty as a rule."""
    origin = fingerprint.origin
    plan: object = ""
    if origin.path.startswith("/targets/"):
        plan = plan_numbers(find_target_set(workspace, origin.path.removeprefix("/targets/")))
    if origin.basis == basis_digest(workspace.settings, workspace.policy, origin.day, plan):
        return ""
    return (
        "发布以后，设置（用地面积和建筑面积的次序、工作坐标系、控制线方案）、规则库的数或目标方案的数改过；"
        "这里按现在的口径核对，不符的可能由此而来。"
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"指纹里的日期“{text[:40]}”不是日期。") from None


def _place(text: str) -> Place:
    kind, _, code = text.partition(":")
    if text and kind not in ("town", "park"):
        raise UsageError(f"指纹里的范围“{text[:40]}”不认识。")
    return Place(kind, code) if text else Place()


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


def _targets_of(workspace: Workspace, state: AsOf) -> Callable[[], Published]:
    def read() -> Published:
        ledger = target_ledger(workspace, find_target_set(workspace, None), state, find_scope(workspace, ""))
        return published_record(ledger.target_set.zh, target_tables.ledger_record(ledger, "mu"))

    return read
