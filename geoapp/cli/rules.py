"""`geoapp rules`: the rule book, or what one rule says of its subjects."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.options import data_dir_option, json_option
from geoapp.cli.output import table_files, write_file
from geoapp.settings import load_settings

if TYPE_CHECKING:
    from geoapp.services.rule_book import RuleBook, RuleEntry, RuleFinding

_VERDICTS = ("yes", "unknown", "no", "all")


@click.command("rules", cls=ExportingCommand)
@click.argument("rule_id", metavar="[规则]", required=False)
@click.option("--at", metavar="年-月-日", help="按这一天的台账与规则；默认现在。")
@click.option(
    "--verdict",
    type=click.Choice(_VERDICTS),
    default="yes",
    show_default=True,
    help="列一条规则时，列哪种结论。",
)
@json_option
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="写成文件：.xlsx 或 .csv。")
@data_dir_option
def rules_command(
    rule_id: str | None,
    *,
    at: str | None,
    verdict: str,
    as_json: bool,
    output: Path | None,
    data_dir: Path | None,
) -> None:
    """规则库：每条规则的条款、数值、有效期，命中多少、多少资料不全；或列出一条规则命中的地块。

    写规则编号（如 LE04）列出它命中的地块、供地或项目，每个都有实测值、界线、条款和日期。内容与网页 /rules 相同。
    退出码：0 完成，2 没有这条规则或用法不对。
    """
    from geoapp.domain.rule import Verdict
    from geoapp.services.as_of import as_of
    from geoapp.services.publishing import publish_rule, publish_rules
    from geoapp.services.rule_book import rule_book, rule_entry, rule_findings
    from geoapp.services.rule_tables import (
        book_record,
        book_table,
        findings_table,
        rule_record,
    )
    from geoapp.services.workspace import open_workspace

    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        state = as_of(workspace, at)
        if rule_id is None:
            book = rule_book(workspace, state)
            record, table = book_record(book), book_table(workspace, book)
        else:
            answer = None if verdict == "all" else Verdict(verdict)
            entry, found = (
                rule_entry(workspace, state, rule_id),
                rule_findings(workspace, state, rule_id, answer),
            )
            record = rule_record(workspace, state, entry, found, answer)
            table = findings_table(workspace, state, entry, found, answer)
    if output is not None:
        write_file(output, table_files(table))
        publish = publish_rules if rule_id is None else publish_rule
        publish(workspace.settings, record, output.name)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False))
    elif output is None and rule_id is None:
        _print_book(book)
    elif output is None:
        _print_findings(entry, found)


def _print_book(book: "RuleBook") -> None:
    from geoapp.domain.rule import SUBJECT_WORDS
    from geoapp.services.rule_tables import entry_record

    console = wide_console()
    for _, zh, entries in book.groups:
        table = Table(title=zh, title_justify="left")
        for column in ("规则", "名称", "对象", "命中/适用", "资料不全", "数值", "状态"):
            table.add_column(column, overflow="fold")
        for entry in entries:
            record = entry_record(entry, book.state.day)
            numbers = "；".join(f"{number['zh']} {number['value_zh']}" for number in record["numbers"])
            counts = [
                str(record[name]) if entry.is_in_force else "—" for name in ("yes_count", "unknown_count")
            ]
            subject = SUBJECT_WORDS[entry.rule.subject][0]
            cells = (entry.rule.id, entry.rule.zh, subject, *counts, numbers, record["state_zh"])
            table.add_row(*(escape(cell) for cell in cells))
        console.print(table)
    for finding in book.findings:
        console.print(f"[yellow]需要核对[/yellow] {escape(finding)}")
    console.print(f"规则日期 {book.state.day}，第 {book.state.revision} 次修订。{escape(book.state.note)}")


def _print_findings(entry: "RuleEntry", found: "list[RuleFinding]") -> None:
    console = wide_console()
    title = f"{entry.rule.id} {entry.rule.zh}：{entry.why_not or f'{len(found)} 条'}"
    console.print(f"[bold]{escape(title)}[/bold]")
    if not found:
        return
    table = Table()
    for column in ("编号", "名称", "结论", "实测", "界线", "理由", "条款", "规则日期"):
        table.add_column(column, overflow="fold")
    for one in found:
        hit = one.hit
        said = (
            hit.verdict_zh,
            hit.measured_zh,
            hit.threshold_zh,
            hit.sentence,
            hit.clause,
            hit.day.isoformat(),
        )
        cells = (one.key, one.name, *said)
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)
