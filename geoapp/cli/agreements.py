"""`geoapp agreements`: the performance and standard-land agreements, agreed against actual, as on their page."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.import_file import EXIT_FINDINGS
from geoapp.cli.options import at_option, data_dir_option, json_option, list_output_option
from geoapp.cli.output import table_files, write_file
from geoapp.settings import load_settings

if TYPE_CHECKING:
    from geoapp.services.agreements import AgreementSheet
    from geoapp.services.workspace import Workspace


@click.command("agreements", cls=ExportingCommand)
@click.option("--kind", default="", metavar="类型", help="performance、standard_land。")
@click.option("--town", "town_code", default="", metavar="镇街", help="镇街代码。")
@click.option("--only", default="", metavar="考核", help="missed 未达约定、unknown 没有填实际值。")
@at_option
@json_option
@list_output_option
@data_dir_option
def agreements_command(
    *,
    kind: str,
    town_code: str,
    only: str,
    at: str | None,
    as_json: bool,
    output: Path | None,
    data_dir: Path | None,
) -> None:
    """履约监管协议和标准地协议：逐项的约定值、实际值，哪些未达、哪些没有填。

    退出码：0 列出的没有未达约定的，1 有，2 用法不对。
    """
    from geoapp.domain.listed import AGREEMENTS
    from geoapp.services.agreement_tables import agreement_record, agreement_table
    from geoapp.services.agreements import agreement_sheet
    from geoapp.services.as_of import as_of
    from geoapp.services.publishing import publish_list
    from geoapp.services.workspace import open_workspace

    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        sheet = agreement_sheet(workspace, as_of(workspace, at), town_code=town_code, kind=kind, only=only)
        if output is not None:
            write_file(output, table_files(agreement_table(workspace, sheet)))
            publish_list(workspace.settings, AGREEMENTS, agreement_record(workspace, sheet), output.name)
        if as_json:
            record = agreement_record(workspace, sheet)
            click.echo(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False))
        elif output is None:
            _print(workspace, sheet)
    if any(item["is_missed"] for one in sheet.agreements for item in one["items"]):
        raise SystemExit(EXIT_FINDINGS)


def _print(workspace: "Workspace", sheet: "AgreementSheet") -> None:
    from geoapp.services.agreements import STATES

    kinds = workspace.layer("agreements").field("kind").code_labels
    statuses = workspace.layer("agreements").field("status").code_labels
    indicators = workspace.layer("agreement_items").field("indicator").code_labels
    table = Table(title=f"履约协议（{len(sheet.agreements)} 份）", title_justify="left")
    for heading in ("编号", "类型", "乙方企业", "地块", "监管情况", "年份", "指标", "约定", "实际", "差"):
        table.add_column(heading, overflow="fold")
    for one in sheet.agreements:
        state = STATES.get(one["state"]) or statuses.get(one["status"], "—")
        head = (
            one["agreement_code"],
            kinds.get(one["kind"], "—"),
            one["party_b"] or "—",
            one["plot_code"] or "—",
        )
        for item in one["items"] or [{}]:
            indicator = indicators.get(item.get("indicator", ""), "—")
            table.add_row(*map(escape, head), state, str(item.get("year", "—")), indicator, *_values(item))
    wide_console().print(table)


def _values(item: dict[str, Any]) -> tuple[str, str, str]:
    share = item.get("shortfall_share")
    agreed, actual = (
        "—" if item.get(name) is None else f"{item[name]:.2f}" for name in ("agreed_value", "actual_value")
    )
    return agreed, actual, "—" if share is None else f"{share:.1%}"
