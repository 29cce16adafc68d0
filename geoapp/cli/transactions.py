"""`geoapp transactions`: the second-market transactions with their admission reviews, as on their page."""

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
    from geoapp.services.transactions import TransactionSheet
    from geoapp.services.workspace import Workspace


@click.command("transactions", cls=ExportingCommand)
@click.option(
    "--kind", default="", metavar="类型", help="transfer、lease、mortgage、division、equity、judicial。"
)
@click.option("--review", default="", metavar="结论", help="waiting、passed、conditional、refused。")
@click.option("--town", "town_code", default="", metavar="镇街", help="镇街代码。")
@click.option(
    "--check", default="", metavar="核对", help="failed 有不符合、unknown 资料不全、price 价格要核对。"
)
@at_option
@json_option
@list_output_option
@register_unit_option
@data_dir_option
def transactions_command(
    *,
    kind: str,
    review: str,
    town_code: str,
    check: str,
    at: str | None,
    as_json: bool,
    output: Path | None,
    unit: str | None,
    data_dir: Path | None,
) -> None:
    """工业用地二级市场交易：准入审查结论，逐条核对有几条不符合、几条资料不全。

    退出码：0 列出的都没有不符合，1 有，2 用法不对。
    """
    from geoapp.domain.listed import TRANSACTIONS
    from geoapp.services.as_of import as_of
    from geoapp.services.publishing import publish_list
    from geoapp.services.transaction_tables import sheet_record, transaction_table
    from geoapp.services.transactions import transaction_sheet
    from geoapp.services.workspace import open_workspace

    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        chosen = {"kind": kind, "review": review, "town_code": town_code, "check": check}
        sheet = transaction_sheet(workspace, as_of(workspace, at), chosen=chosen)
        if output is not None:
            write_file(output, table_files(transaction_table(workspace, sheet, unit)))
            publish_list(workspace.settings, TRANSACTIONS, sheet_record(workspace, sheet), output.name)
        if as_json:
            click.echo(
                json.dumps(sheet_record(workspace, sheet), ensure_ascii=False, indent=1, allow_nan=False)
            )
        elif output is None:
            _print(workspace, sheet)
    if sheet.transactions["failed_count"].sum():
        raise SystemExit(EXIT_FINDINGS)


def _print(workspace: "Workspace", sheet: "TransactionSheet") -> None:
    layer = workspace.layer("transactions")
    kinds, reviews = layer.field("kind").code_labels, layer.field("review").code_labels
    table = Table(title=f"二级市场交易（{len(sheet.transactions)} 笔）", title_justify="left")
    for heading in (
        "编号",
        "类型",
        "地块",
        "转让方",
        "受让方",
        "金额(万元)",
        "准入审查",
        "不符合",
        "资料不全",
    ):
        table.add_column(heading, overflow="fold")
    for row in sheet.transactions.to_dict("records"):
        price = f"{row['price_wan']:.2f}" if row["price_wan"] == row["price_wan"] else "—"
        table.add_row(
            escape(row["transaction_code"]), kinds.get(row["kind"], row["kind"]), escape(row["plot_code"]),
            escape(row["transferor"]), escape(row["transferee"]), price, reviews.get(row["review"], row["review"]),
            str(row["failed_count"]), str(row["unknown_count"]),
        )  # fmt: skip
    wide_console().print(table)
