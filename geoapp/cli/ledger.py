"""`geoapp ledger`: what a revitalisation ledger adds up to and why not more, as on its page."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.import_file import EXIT_FINDINGS
from geoapp.cli.options import data_dir_option, json_option, land_unit_option
from geoapp.settings import load_settings
from geoapp.units import area_words, number_text

if TYPE_CHECKING:
    from geoapp.domain.revitalisation import LedgerSheet

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("ledger", cls=ExportingCommand)
@click.argument("ledger", required=False, metavar="[台账]")
@click.option("--at", metavar="年-月-日", help="按这一天的台账与规则；默认现在。")
@click.option("--from", "first", type=_DAY, metavar="年-月-日", help="期间的第一天；默认最早。")
@click.option("--to", "last", type=_DAY, metavar="年-月-日", help="期间的最后一天；默认统计日。")
@land_unit_option
@json_option
@data_dir_option
def ledger_command(
    ledger: str | None,
    *,
    at: str | None,
    first: datetime | None,
    last: datetime | None,
    unit: str,
    as_json: bool,
    data_dir: Path | None,
) -> None:
    """盘活台账：已认定、正在盘活、拟盘活，从登记到计入，每条少计的记录和原因。

    台账为口径代码，如 JX_TL、ZRZY_CL、ZRZY_DX；不写用规则库里的默认口径。内容与网页 /ledgers 相同。
    退出码：0 没有问题，1 有需要核对的记录，2 没有这个台账或用法不对。
    """
    from geoapp.reports.revitalisation import ledger_record
    from geoapp.services.as_of import as_of
    from geoapp.services.revitalisation_sheet import ledger_sheet
    from geoapp.services.workspace import open_workspace

    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        sheet = ledger_sheet(
            workspace, ledger, as_of(workspace, at), first=first and first.date(), last=last and last.date(),
            unit=unit,
        )  # fmt: skip
    if as_json:
        click.echo(json.dumps(ledger_record(sheet, unit), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        _print_sheet(sheet, unit)
    if sheet.findings:
        raise SystemExit(EXIT_FINDINGS)


def _print_sheet(sheet: "LedgerSheet", unit: str) -> None:
    console = wide_console()
    total = area_words(sheet.counted_m2, unit)
    console.print(f"[bold]{escape(sheet.ledger_zh)} 盘活台账：已认定 {total}[/bold]")
    doing, planned = (area_words(value, unit) for value in (sheet.doing_m2, sheet.planned_m2))
    console.print(
        f"正在盘活 {doing}，拟盘活 {planned}；新增建筑面积 {number_text(sheet.gfa_gross_m2, ',.2f')} 平方米"
    )
    console.print(sheet.base_words + sheet.check_words)
    rows = [
        (line.zh, str(line.record_count), area_words(line.area_m2, unit)) for line in sheet.reconciliation
    ]
    console.print(_table("从登记到计入", ("项目", "记录", "面积"), rows))
    reduced = [
        (
            str(entry["recognition_code"]),
            area_words(entry["area_m2"], unit),
            area_words(entry["counted_m2"], unit),
            str(entry["reason"]),
        )
        for _, entry in sheet.reduced.iterrows()
    ]
    if reduced:
        console.print(_table("没有计入或少计的记录", ("认定", "登记", "计入", "原因"), reduced))
    for heading, lines in sheet.sums.items():
        sums = [(line.zh, str(line.plot_count), area_words(line.counted_m2, unit)) for line in lines]
        console.print(_table(f"按{heading}", (heading, "宗", "已认定"), sums))
    console.print(sheet.quality_words)
    for finding in sheet.findings:
        console.print(escape(f"{finding.title} {finding.zh}：{finding.message}"))


def _table(title: str, columns: tuple[str, ...], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    return table
