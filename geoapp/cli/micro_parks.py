"""`geoapp micro-parks`: the micro-enterprise parks with the bands of a year, as on their page."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.import_file import EXIT_FINDINGS
from geoapp.cli.options import (
    at_option,
    data_dir_option,
    json_option,
    list_output_option,
    register_unit_option,
)
from geoapp.cli.output import table_files, write_file
from geoapp.settings import load_settings

if TYPE_CHECKING:
    from geoapp.services.micro_parks import MicroParkSheet


@click.command("micro-parks", cls=ExportingCommand)
@click.argument("year", required=False, type=int, metavar="[年份]")
@click.option("--band", default="", metavar="档次", help="A、B、C、D、transition、unknown、none。")
@click.option("--star", default="", metavar="星级", help="1 至 5，none 没有评星。")
@click.option("--town", "town_code", default="", metavar="镇街", help="镇街代码。")
@at_option
@json_option
@list_output_option
@register_unit_option
@data_dir_option
def micro_parks_command(
    year: int | None,
    *,
    band: str,
    star: str,
    town_code: str,
    at: str | None,
    as_json: bool,
    output: Path | None,
    unit: str | None,
    data_dir: Path | None,
) -> None:
    """小微企业园：星级、认定条件、出租率、年度绩效档次、亩均税收。

    年份不写用最新的一年。退出码：0 列出的都符合认定条件，1 有不符合的，2 用法不对。
    """
    from geoapp.domain.listed import MICRO_PARKS
    from geoapp.services.as_of import as_of
    from geoapp.services.micro_park_tables import micro_park_table, sheet_record
    from geoapp.services.micro_parks import micro_park_sheet
    from geoapp.services.publishing import publish_list
    from geoapp.services.workspace import open_workspace

    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        chosen = {"band": band, "star": star, "town_code": town_code}
        sheet = micro_park_sheet(workspace, as_of(workspace, at), year=year, chosen=chosen)
        if output is not None:
            write_file(output, table_files(micro_park_table(workspace, sheet, unit)))
            publish_list(workspace.settings, MICRO_PARKS, sheet_record(workspace, sheet), output.name)
        if as_json:
            record = sheet_record(workspace, sheet)
            click.echo(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False))
    if not as_json and output is None:
        _print(sheet)
    if sheet.parks["failed_count"].sum():
        raise SystemExit(EXIT_FINDINGS)


def _print(sheet: "MicroParkSheet") -> None:
    from geoapp.domain.listed import BANDS

    table = Table(title=f"小微企业园 {sheet.year} 年（{len(sheet.parks)} 个）", title_justify="left")
    for heading in (
        "编号",
        "名称",
        "星级",
        "出租率",
        "得分",
        "档次",
        "公布的档次",
        "认定条件不符合",
        "资料不全",
    ):
        table.add_column(heading, overflow="fold")
    for row in sheet.parks.to_dict("records"):
        texts = [
            form.format(row[name]) if row[name] == row[name] else "—"
            for name, form in (("star_level", "{:.0f}"), ("occupancy_share", "{:.1%}"), ("score", "{:.1f}"))
        ]
        grade = row["grade"] if isinstance(row["grade"], str) else "—"
        table.add_row(
            escape(row["micro_park_code"]), escape(str(row["name"])), *texts, BANDS[row["band"]], grade,
            str(row["failed_count"]), str(row["unknown_count"]),
        )  # fmt: skip
    wide_console().print(table)
