"""How an import looks in a terminal: findings, columns and changes as tables."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from geoapp.domain.issue import SEVERITY_LABELS, Issue, Severity
from geoapp.services.import_report import key_text, staged_report
from geoapp.services.import_staged import Report, StagedImport

SHOWN_PER_CODE = 8
"""Findings of one kind shown one by one; the others are counted."""
_SHOWN_KEYS = 10
_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


@contextmanager
def progress_bar(console: Console) -> Iterator[Report]:
    """Show a progress bar; yields the function that moves it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=1.0)

        def report(share: float, step: str) -> None:
            progress.update(task, completed=share, description=step)

        yield report


def print_json(staged: StagedImport, **more: object) -> None:
    """Print one JSON object with everything about a staged import; nothing is cut."""
    report = staged_report(staged, max_issues=None, max_changes=None)
    print(json.dumps({**report, **more}, ensure_ascii=False, indent=2))  # noqa: T201  the command's answer


def print_staged(staged: StagedImport, console: Console) -> None:
    """Print what a file is, how its columns were matched, the findings, the fixes and the changes."""
    facts = [staged.format, f"{staged.record_count} 条记录"]
    facts += [f"编码 {staged.encoding}"] if staged.encoding else []
    facts += [f"图层 {staged.layer_name}"] if len(staged.layers) > 1 and staged.layer_name else []
    console.print(f"[bold]{escape(staged.file_name)}[/bold] → {staged.layer.zh}：{escape('，'.join(facts))}")
    if staged.crs_text:
        console.print(escape(staged.crs_text))
    if staged.columns:
        console.print(_columns_table(staged))
    if staged.issues:
        console.print(_issues_table(staged.issues))
    for fix in staged.fixes:
        state = "已修复" if fix.is_applied else f"可用 --fix {fix.id}"
        console.print(f"  {escape(state)}：{escape(fix.label)}（{fix.count} 处）")
    _print_changes(staged, console)


def _columns_table(staged: StagedImport) -> Table:
    table = Table(title="列的对应", title_justify="left")
    for name in ("文件里的列", "字段", "依据", "单位"):
        table.add_column(name, overflow="fold")
    for column in staged.columns:
        table.add_row(
            *(escape(text) for text in (column.header, column.label or "—", column.how, column.unit_label))
        )
    return table


def _issues_table(issues: list[Issue]) -> Table:
    table = Table(title="检查结果", title_justify="left")
    for name in ("程度", "行", "编号", "字段", "问题", "怎么办"):
        table.add_column(name, overflow="fold")
    seen: Counter[tuple[Severity, str]] = Counter()
    for issue in issues:
        kind = (issue.severity, issue.code)
        seen[kind] += 1
        if seen[kind] > SHOWN_PER_CODE:
            continue
        cells = (str(issue.row or ""), issue.key or "", issue.field or "", issue.message, issue.advice)
        table.add_row(
            f"[{_COLORS[issue.severity]}]{SEVERITY_LABELS[issue.severity]}[/]",
            *(escape(cell) for cell in cells),
        )
    for (severity, code), count in seen.items():
        if count > SHOWN_PER_CODE:
            left = f"还有 {count - SHOWN_PER_CODE} 条同类（{code}），用 geoapp validate --json 看全部。"
            table.add_row(f"[{_COLORS[severity]}]{SEVERITY_LABELS[severity]}[/]", "", "", "", left, "")
    return table


def _print_changes(staged: StagedImport, console: Console) -> None:
    found = staged.comparison
    if found is None:
        return
    counts = f"新增 {len(found.new)}，修改 {len(found.changed)}，不变 {len(found.unchanged)}"
    console.print(f"{counts}，台账中有而文件中没有 {len(found.gone)}")
    for words, keys in (("新增", found.new), ("修改", found.changed), ("文件中没有", found.gone)):
        if keys:
            shown = "、".join(key_text(key) for key in keys[:_SHOWN_KEYS])
            console.print(f"  {words}：{escape(shown)}{' 等' if len(keys) > _SHOWN_KEYS else ''}")
