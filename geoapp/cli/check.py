"""`geoapp check`: whether a project or a plan complies, rule by rule, and the balances at the control lines."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.import_file import EXIT_FINDINGS
from geoapp.cli.options import data_dir_option, json_option
from geoapp.errors import UsageError
from geoapp.settings import load_settings

if TYPE_CHECKING:
    from geoapp.services.as_of import AsOf
    from geoapp.services.compliance import ComplianceCheck
    from geoapp.services.workspace import Workspace


_COLUMNS = ("rule", "verdict_zh", "measured_zh", "limit_zh", "sentence", "clause")


@click.command("check", cls=ExportingCommand)
@click.argument("project_code", metavar="[项目编号]", required=False)
@click.option("--plots", metavar="编号,编号", help="不写项目，直接核对这些地块。")
@click.option("--swap", is_flag=True, help="线外置换线内、线内改用途占补两本平衡账，不核对项目。")
@click.option("--at", metavar="年-月-日", help="按这一天的台账与规则；默认现在。")
@json_option
@data_dir_option
def check_command(
    project_code: str | None,
    *,
    plots: str | None,
    swap: bool,
    at: str | None,
    as_json: bool,
    data_dir: Path | None,
) -> None:
    """合规核对：一个项目（或几宗地块）适用的每条规则，实测、界线、条款、结论。

    内容与网页 /check 相同，--swap 与 /check/swap 相同。
    退出码：0 没有不符合，1 有不符合（--swap 是有超支），2 没有这个项目或用法不对。
    """
    from geoapp.services.as_of import as_of
    from geoapp.services.compliance import check_plots, check_project
    from geoapp.services.compliance_words import check_record
    from geoapp.services.workspace import open_workspace

    if (project_code is not None) + (plots is not None) + swap != 1:
        raise UsageError("请写一个项目编号，或用 --plots 写地块编号，或用 --swap 看平衡账，三者选一。")
    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        state = as_of(workspace, at)
        if swap:
            _show_swap(workspace, state, as_json=as_json)
            return
        if project_code is not None:
            found = check_project(workspace, state, project_code)
        else:
            found = check_plots(workspace, state, (plots or "").split(","))
    record = check_record(found)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        _print(found, record)
    if found.finding_count:
        raise SystemExit(EXIT_FINDINGS)


def _show_swap(workspace: "Workspace", state: "AsOf", *, as_json: bool) -> None:
    from geoapp.services.swap_record import swap_record

    record = swap_record(workspace, state)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        for line in _swap_lines(record):
            click.echo(line)
    if "yes" in (record["swap"]["verdict"], record["makeup"]["verdict"]):
        raise SystemExit(EXIT_FINDINGS)


def _swap_lines(record: dict[str, Any]) -> list[str]:
    """Return both balances in words: the sums, then the entries of each side."""
    swap, makeup = record["swap"], record["makeup"]
    entries = [
        *(("线外减少", one, one["recognition"]) for one in swap["retired"]),
        *(("置换新增", one, one["supply"]) for one in swap["granted"]),
        *(("线内改出", one, f"{one['ground_zh']} {one['document_no']}") for one in makeup["changed"]),
        *(("补入", one, one["document_no"]) for one in makeup["brought"]),
    ]
    left_out = [*swap["not_counted"], *makeup["not_counted"]]
    twice = makeup["counted_twice"]
    return [
        f"线外置换线内（R-LINE-5）：线外减少 {_mu(swap['retired_mu'])}，线内置换新增 {_mu(swap['granted_mu'])}，"
        f"结余 {_mu(swap['balance_mu'])}。",
        f"控制线内改用途占补（R-LINE-1B）：改出 {_mu(makeup['changed_mu'])}，补入 {_mu(makeup['brought_mu'])}，"
        f"结余 {_mu(makeup['balance_mu'])}。",
        *(f"  {side} {one['plot']} {_m2(one['area_m2'])}（{what}）" for side, one, what in entries),
        *([f"资料不全、没有计入：{'、'.join(left_out)}。"] if left_out else []),
        *([f"既是置换新增又是补入，请核对：{'、'.join(twice)}。"] if twice else []),
    ]


def _mu(value: float | None) -> str:
    return "不明" if value is None else f"{value:,.2f} 亩"


def _m2(value: float | None) -> str:
    return "面积不明" if value is None else f"{value:,.2f} 平方米"


def _print(found: "ComplianceCheck", record: dict[str, list[dict[str, list[dict[str, str]]]]]) -> None:
    console = wide_console()
    console.print(f"[bold]{escape(found.verdict)}[/bold]")
    for code in found.missing:
        console.print(escape(f"地块台账里没有 {code}，没有核对。"))
    for subject in record["subjects"]:
        table = Table(title=f"{subject['kind']} {subject['key']} {subject['name']}", title_justify="left")
        for heading in ("规则", "结论", "实测", "界线", "说明", "条款"):
            table.add_column(heading, overflow="fold")
        for line in subject["answers"]:
            table.add_row(*(escape(line[name]) for name in _COLUMNS))
        console.print(table)
