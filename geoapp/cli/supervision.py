"""`geoapp supervision`: the supervision report of a month or quarter, by town or park."""

import json
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.options import at_option, data_dir_option, json_option, unit_option
from geoapp.cli.output import write_file
from geoapp.reports.supervision_tables import Column, columns, supervision_record
from geoapp.reports.supervision_workbook import supervision_workbook
from geoapp.services.as_of import as_of
from geoapp.services.publishing import publish_supervision
from geoapp.services.supervision import supervision_table
from geoapp.services.supervision_places import REGISTERED, WAYS
from geoapp.services.workspace import open_workspace
from geoapp.settings import load_settings
from geoapp.units import UNKNOWN, shown_unit


@click.command("supervision", cls=ExportingCommand)
@click.option(
    "--by", type=click.Choice(["town", "park"]), default="town", help="责任单位：镇街（默认）或园区。"
)
@click.option("--period", metavar="2025-Q1|2025-03", help="季度或月份；默认方案期内最近的一个季度。")
@click.option("--set", "set_id", metavar="方案", help="目标方案的编号；默认第一个。")
@click.option(
    "--membership", type=click.Choice(list(WAYS)), default=REGISTERED,
    help="盘活、企业、面积算到哪个单位：registered 按台账登记（默认），clip、largest、centroid 按图形。",
)  # fmt: skip
@at_option
@unit_option
@json_option
@click.option(
    "--xlsx", type=click.Path(dir_okay=False, path_type=Path), metavar="文件.xlsx", help="写成 Excel 通报件。"
)
@data_dir_option
def supervision_command(
    *,
    by: str,
    period: str | None,
    set_id: str | None,
    membership: str,
    at: str | None,
    unit: str | None,
    as_json: bool,
    xlsx: Path | None,
    data_dir: Path | None,
) -> None:
    """督查通报主表：各镇街或园区的年度目标、本期、累计、完成率、排名、较上期、预警。

    目标取方案分解到镇街、园区的数；没有分解的列“—”，不排名。内容与网页“督查通报”相同。
    退出码：0 完成，2 期间、方案不对或用法不对。
    """
    land_unit = shown_unit(unit)
    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        table = supervision_table(
            workspace, as_of(workspace, at), by=by, period=period, set_id=set_id, membership=membership
        )
        record = supervision_record(table, land_unit)
        if xlsx is not None:
            write_file(xlsx, {".xlsx": lambda: supervision_workbook(table, land_unit)})
            publish_supervision(workspace.settings, table, land_unit, xlsx.name)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False, indent=1))
    elif xlsx is None:
        _print(record)


def _print(record: dict[str, Any]) -> None:
    console = wide_console()
    shown = columns(record["land_unit"])
    demo = "（示意数据）" if record["is_demo"] else ""
    heads = (f"{_GROUPS.get(column.group, '')}{column.zh}" for column in shown)
    table = Table(*heads, title=escape(record["title"] + demo), title_justify="left")
    for row in record["rows"]:
        table.add_row(*(escape(_cell(column, row)) for column in shown))
    console.print(table)
    for note in record["notes"]:
        console.print(escape(note))
    console.print(
        f"统计日 {record['day']}；数据截至 {record['data_on']}，第 {record['revision']} 次修订。"
        f"{escape(record['day_note'])}“{UNKNOWN}”是没有或未知，不是零。"
    )


_GROUPS = {"整治企业(家)": "企业", "新增建筑面积(万m²)": "新增面积(万m²)"}
"""Short headings before those of columns that would read alike."""


def _cell(column: Column, row: dict[str, Any]) -> str:
    if column.id == "light":
        return str(row["light_zh"])
    value = row[column.id]
    if column.decimals is None:
        return str(value)
    if value is None:
        return UNKNOWN
    return f"{value:+d}" if column.id == "places_won" else f"{value:z,.{column.decimals}f}"
