"""`geoapp lists`: the four remediation lists of a year, as on their page, and the provincial survey's table."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.import_file import EXIT_FINDINGS
from geoapp.cli.options import data_dir_option, json_option, land_unit_option, list_output_option
from geoapp.cli.output import table_files, write_file
from geoapp.settings import load_settings

if TYPE_CHECKING:
    from geoapp.domain.remediation_sheet import ListSheet
    from geoapp.services.workspace import Workspace


@click.command("lists", cls=ExportingCommand)
@click.argument("year", required=False, type=int, metavar="[年份]")
@click.option(
    "--list",
    "list_code",
    default="L4",
    metavar="清单",
    help="L1 高耗低效、L2 散乱污、L3 落后产能、L4 低效地块。",
)
@click.option("--at", metavar="年-月-日", help="按这一天的台账与规则；默认现在。")
@json_option
@list_output_option
@click.option("--survey", is_flag=True, help="--output 写省低效用地调查表1-2（39列，.xlsx）。")
@land_unit_option
@data_dir_option
def lists_command(
    year: int | None,
    *,
    list_code: str,
    at: str | None,
    as_json: bool,
    output: Path | None,
    survey: bool,
    unit: str,
    data_dir: Path | None,
) -> None:
    """四张整治清单：状态、依据、措施、期限；也写省低效用地调查表。

    年份不写用最新的一年。退出码：0 没有要核对的，1 有，2 没有这张清单或用法不对。
    """
    from geoapp.domain.listed import REMEDIATION, SURVEY
    from geoapp.services.as_of import as_of
    from geoapp.services.publishing import publish_list
    from geoapp.services.remediation_lists import list_sheet
    from geoapp.services.remediation_tables import list_data
    from geoapp.services.survey_table import survey_data
    from geoapp.services.workspace import open_workspace

    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        sheet = list_sheet(workspace, as_of(workspace, at), year=year, list_code=list_code)
        if output is not None:
            write_file(output, _contents(workspace, sheet, unit, survey=survey))
            if survey:
                publish_list(workspace.settings, SURVEY, survey_data(workspace, sheet), output.name)
            else:
                publish_list(workspace.settings, REMEDIATION, list_data(workspace, sheet), output.name)
        if as_json:
            record = list_data(workspace, sheet)
            click.echo(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False))
    if not as_json and output is None:
        _print(workspace, sheet)
    if sheet.findings:
        raise SystemExit(EXIT_FINDINGS)


def _contents(
    workspace: "Workspace", sheet: "ListSheet", unit: str, *, survey: bool
) -> dict[str, Callable[[], bytes]]:
    from geoapp.services.remediation_tables import list_table
    from geoapp.services.survey_table import survey_file

    if survey:
        return {".xlsx": lambda: survey_file(workspace, sheet)}
    return table_files(list_table(workspace, sheet, unit))


def _print(workspace: "Workspace", sheet: "ListSheet") -> None:
    layer = workspace.layer("list_entries")
    statuses, measures = layer.field("status").code_labels, layer.field("measure").code_labels
    console = wide_console()
    table = Table(title=f"{sheet.year} 年 {sheet.list_zh}（{len(sheet.entries)} 条）", title_justify="left")
    for heading in ("对象", "名称", "状态", "状态日期", "整治方式", "期限", "责任单位"):
        table.add_column(heading, overflow="fold")
    for row in sheet.entries.to_dict("records"):
        days = [f"{day:%Y-%m-%d}" if day == day else "—" for day in (row["status_on"], row["deadline_on"])]
        texts = [str(row[name]) if row[name] == row[name] else "—" for name in ("name", "responsible_body")]
        table.add_row(
            escape(row["subject_code"]), escape(texts[0]), statuses.get(row["status"], row["status"]), days[0],
            measures.get(row["measure"], "—"), days[1], escape(texts[1]),
        )  # fmt: skip
    console.print(table)
    for finding in sheet.findings:
        console.print(escape(f"{finding.zh} {finding.subject_code}：{finding.message}"))
    if len(sheet.suggested):
        console.print(f"规则命中、还没有列入的地块 {len(sheet.suggested)} 宗；在网页上列为疑似。")
