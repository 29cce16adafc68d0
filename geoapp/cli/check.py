"""`geoapp check`: whether a project or a plan complies, rule by rule, as on its page."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

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
    from geoapp.services.compliance import ComplianceCheck


_COLUMNS = ("rule", "verdict_zh", "measured_zh", "limit_zh", "sentence", "clause")


@click.command("check", cls=ExportingCommand)
@click.argument("project_code", metavar="[项目编号]", required=False)
@click.option("--plots", metavar="编号,编号", help="不写项目，直接核对这些地块。")
@click.option("--at", metavar="年-月-日", help="按这一天的台账与规则；默认现在。")
@json_option
@data_dir_option
def check_command(
    project_code: str | None, *, plots: str | None, at: str | None, as_json: bool, data_dir: Path | None
) -> None:
    """合规核对：一个项目（或几宗地块）适用的每条规则，实测、界线、条款、结论。

    内容与网页 /check 相同。退出码：0 没有不符合，1 有不符合，2 没有这个项目或用法不对。
    """
    from geoapp.services.as_of import as_of
    from geoapp.services.compliance import check_plots, check_project
    from geoapp.services.compliance_words import check_record
    from geoapp.services.workspace import open_workspace

    if (project_code is None) == (plots is None):
        raise UsageError("请写一个项目编号，或用 --plots 写地块编号，两者选一。")
    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        state = as_of(workspace, at)
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
