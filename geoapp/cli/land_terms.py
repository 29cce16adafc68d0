"""`geoapp land-terms`: how long the right to plots still runs, by class, as on their page."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.import_file import EXIT_FINDINGS
from geoapp.cli.options import at_option, data_dir_option, json_option, list_output_option
from geoapp.cli.output import table_files, write_file
from geoapp.settings import load_settings
from geoapp.units import SHOWN_UNITS

if TYPE_CHECKING:
    from geoapp.services.land_terms import TermSheet


@click.command("land-terms", cls=ExportingCommand)
@click.option(
    "--bucket", default="", metavar="分级", help="只要这一级：below_0、0_to_1 等，endless、unknown。"
)
@click.option("--town", "town_code", default="", metavar="镇街", help="镇街代码。")
@click.option("--park", "park_code", default="", metavar="园区", help="园区编号。")
@click.option("--due", is_flag=True, help="只要到评估期（到期前一年）和已到期的。")
@at_option
@json_option
@list_output_option
@click.option("--unit", type=click.Choice(list(SHOWN_UNITS)), help="文件里土地面积的单位；默认亩。")
@data_dir_option
def land_terms_command(
    *,
    bucket: str,
    town_code: str,
    park_code: str,
    due: bool,
    at: str | None,
    as_json: bool,
    output: Path | None,
    unit: str | None,
    data_dir: Path | None,
) -> None:
    """土地年期：各级剩余年限的宗数和面积，逐宗的终止日期、履约情况和续期建议。

    退出码：0 没有到评估期和已到期的，1 有，2 用法不对。
    """
    from geoapp.domain.listed import LAND_TERMS
    from geoapp.services.as_of import as_of
    from geoapp.services.land_term_tables import sheet_record, term_table
    from geoapp.services.land_terms import term_sheet
    from geoapp.services.publishing import publish_list
    from geoapp.services.workspace import open_workspace

    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        chosen = {
            "bucket": bucket,
            "town_code": town_code,
            "park_code": park_code,
            "due": "yes" if due else "",
        }
        sheet = term_sheet(workspace, as_of(workspace, at), chosen=chosen)
        if output is not None:
            write_file(output, table_files(term_table(workspace, sheet, unit or "mu")))
            publish_list(workspace.settings, LAND_TERMS, sheet_record(workspace, sheet), output.name)
        if as_json:
            record = sheet_record(workspace, sheet)
            click.echo(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False))
    if not as_json and output is None:
        _print(sheet)
    if sheet.due_count:
        raise SystemExit(EXIT_FINDINGS)


def _print(sheet: "TermSheet") -> None:
    from geoapp.units import m2_to_mu

    table = Table(title=f"土地年期（到评估期 {sheet.due_count} 宗）", title_justify="left")
    for heading in ("剩余年限", "宗数", "用地面积(亩)"):
        table.add_column(heading, overflow="fold")
    for bucket, line in sheet.total.to_dict("index").items():
        table.add_row(
            sheet.buckets[str(bucket)], f"{line['plot_count']:.0f}", f"{m2_to_mu(line['area_m2']):.2f}"
        )
    wide_console().print(table)
