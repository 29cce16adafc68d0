"""`geoapp projects`: the redevelopment projects with their clocks, as on their page."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.import_file import EXIT_FINDINGS
from geoapp.cli.options import data_dir_option, json_option, list_output_option, register_unit_option
from geoapp.cli.output import table_files, write_file
from geoapp.settings import load_settings

if TYPE_CHECKING:
    from geoapp.services.project_sheet import ProjectSheet
    from geoapp.services.workspace import Workspace


@click.command("projects", cls=ExportingCommand)
@click.option(
    "--filter", "filter_text", default="", metavar="表达式", help="筛选项目（CQL2），如 light = 'red'。"
)
@click.option(
    "--plots", "plots_filter", default="", metavar="表达式", help="筛选地块：至少有一宗这样的地块的项目。"
)
@click.option("--at", metavar="年-月-日", help="按这一天的台账与规则；默认现在。")
@json_option
@list_output_option
@register_unit_option
@data_dir_option
def projects_command(
    *,
    filter_text: str,
    plots_filter: str,
    at: str | None,
    as_json: bool,
    output: Path | None,
    unit: str | None,
    data_dir: Path | None,
) -> None:
    """二次开发项目：阶段、进度灯、下一个计划节点、停滞、投资。

    退出码：0 没有逾期和停滞的，1 有，2 用法不对。
    """
    from geoapp.domain.listed import PROJECTS
    from geoapp.services.as_of import as_of
    from geoapp.services.project_sheet import project_sheet
    from geoapp.services.project_tables import project_table, sheet_record
    from geoapp.services.publishing import publish_list
    from geoapp.services.workspace import open_workspace

    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        state = as_of(workspace, at)
        sheet = project_sheet(workspace, state, filter_text=filter_text, plots_filter=plots_filter)
        if output is not None:
            write_file(output, table_files(project_table(workspace, sheet, unit)))
            publish_list(workspace.settings, PROJECTS, sheet_record(workspace, sheet), output.name)
        if as_json:
            record = sheet_record(workspace, sheet)
            click.echo(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False))
    if not as_json and output is None:
        _print(workspace, sheet)
    if sheet.light_counts["red"] or sheet.stalled_count:
        raise SystemExit(EXIT_FINDINGS)


def _print(workspace: "Workspace", sheet: "ProjectSheet") -> None:
    from geoapp.domain.listed import LIGHTS
    from geoapp.services.project_sheet import phase_words

    stages, phases = workspace.layer("projects").field("stage").code_labels, phase_words()
    table = Table(title=f"{sheet.filter_zh}（{len(sheet.projects)} 个）", title_justify="left")
    for heading in ("编号", "名称", "环节", "阶段", "进度灯", "下一个计划节点", "计划日期", "无进展(天)"):
        table.add_column(heading, overflow="fold")
    for row in sheet.projects.to_dict("records"):
        due = f"{row['due_on']:%Y-%m-%d}" if row["due_on"] == row["due_on"] else "—"
        silent = f"{row['silent_days']:.0f}" if row["silent_days"] == row["silent_days"] else "—"
        table.add_row(
            escape(row["project_code"]), escape(str(row["name"])), phases.get(row["phase"], "—"),
            stages.get(row["stage"], "—"), LIGHTS[row["light"]], stages.get(row["due_stage"], "—"), due, silent,
        )  # fmt: skip
    wide_console().print(table)
