"""`geoapp targets`: where the targets of a set stand, or one of them opened."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.options import at_option, data_dir_option, json_option, output_option, unit_option
from geoapp.cli.output import write_file
from geoapp.domain.target_ledger import TargetLedger
from geoapp.reports.target_tables import detail_csv, detail_record, ledger_csv, ledger_record
from geoapp.reports.target_workbook import detail_workbook, ledger_workbook
from geoapp.services.as_of import as_of
from geoapp.services.publishing import publish_target, publish_targets
from geoapp.services.target_detail import target_detail
from geoapp.services.target_sets import find_target_set
from geoapp.services.targets import find_scope, target_ledger
from geoapp.services.workspace import open_workspace
from geoapp.settings import load_settings
from geoapp.units import UNKNOWN, number_text, shown_unit

_COLUMNS = (
    *("指标", "单位", "基数", "目标日", "目标", "实绩", "来源"),
    *("序时", "差距", "每月还需", "完成率", "预警", "说明"),
)


@click.command("targets", cls=ExportingCommand)
@click.argument("set_id", metavar="[方案]", required=False)
@click.option("--indicator", metavar="编号", help="只看一项，--json 和 --output 列出组成它的每条记录。")
@click.option("--scope", default="", metavar="town:代码|park:编号", help="一个镇街或园区；默认全区。")
@at_option
@unit_option
@json_option
@output_option
@data_dir_option
def targets_command(
    set_id: str | None,
    *,
    indicator: str | None,
    scope: str,
    at: str | None,
    unit: str | None,
    as_json: bool,
    output: Path | None,
    data_dir: Path | None,
) -> None:
    """目标台账：每项目标的基数、目标、实绩、差距、每月还需和预警。

    方案是 policy/targets 下的文件名，如 plan_2021_2025、municipal_2027；不写用第一个。内容与网页“目标”相同。
    退出码：0 完成，2 没有这个方案、指标或用法不对。
    """
    land_unit = shown_unit(unit)
    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        found, state = find_target_set(workspace, set_id), as_of(workspace, at)
        place = find_scope(workspace, scope)
        if indicator is None:
            ledger = target_ledger(workspace, found, state, place)
            record = ledger_record(ledger, land_unit)
            publish = partial(publish_targets, workspace.settings, ledger, land_unit)
            files = {
                ".xlsx": lambda: ledger_workbook(ledger, land_unit),
                ".csv": lambda: ledger_csv(ledger, land_unit),
            }
        else:
            detail = target_detail(workspace, found, found.indicator(indicator), state, place)
            ledger, record = detail.ledger, detail_record(detail, land_unit)
            publish = partial(publish_target, workspace.settings, detail, land_unit)
            files = {
                ".xlsx": lambda: detail_workbook(detail, land_unit),
                ".csv": lambda: detail_csv(detail, land_unit),
            }
    text = json.dumps(record, ensure_ascii=False, indent=1)
    if output is not None:
        write_file(output, files | {".json": f"{text}\n".encode})
        publish(output.name)
    if as_json:
        click.echo(text)
    elif output is None:
        _print(ledger, record)


def _print(ledger: TargetLedger, record: dict[str, Any]) -> None:
    console = wide_console()
    table = Table(*_COLUMNS, title=escape(f"{record['title']} {record['scope_zh']}"), title_justify="left")
    rows = record["indicators"] if "indicators" in record else [record["indicator"]]
    for row in rows:
        for target in row["targets"] or [None]:
            table.add_row(*(escape(cell) for cell in _cells(row, target)))
    console.print(table)
    for finding in ledger.findings:
        console.print(f"[yellow]需要核对[/yellow] {escape(finding)}")
    console.print(
        f"统计日 {ledger.day}；数据截至 {ledger.data_on}，第 {ledger.revision} 次修订。{escape(ledger.note)}"
        f"{'示意数据。' if ledger.is_demo else ''}“{UNKNOWN}”是没有资料，不是零。"
    )


def _cells(row: dict[str, Any], target: dict[str, Any] | None) -> tuple[str, ...]:
    digits = row["decimals"]
    actual = row["actual"] if target is None else target["actual"]
    start = (row["zh"], row["unit_zh"], _number(row["base"], digits))
    remarks = "；".join(filter(None, [actual["reason"], row["missing_target"]]))
    if target is None:
        blank = (UNKNOWN,) * 5
        return (*start, "", UNKNOWN, _number(actual["value"], digits), actual["how_zh"], *blank, remarks)
    share = UNKNOWN if target["share"] is None else f"{target['share']:z.1%}"
    is_passed = target["is_passed"]
    return (
        *start, target["day"], _number(target["value"], digits), _number(actual["value"], digits), actual["how_zh"],
        "期满" if is_passed else _number(target["planned"], digits), _number(target["gap"], digits),
        "期满" if is_passed else _number(target["pace_per_month"], digits), share, target["light_zh"], remarks,
    )  # fmt: skip


def _number(value: float | None, decimals: int) -> str:
    return UNKNOWN if value is None else number_text(value, f"z,.{decimals}f")
