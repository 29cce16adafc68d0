"""`geoapp evaluation`: a year's evaluation per 亩, as on its page."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.import_file import EXIT_FINDINGS
from geoapp.cli.options import data_dir_option, json_option, land_unit_option
from geoapp.errors import UsageError
from geoapp.settings import load_settings
from geoapp.units import UNKNOWN, area_text, number_text

_YEAR = re.compile(r"20\d\d", re.ASCII)


@click.command("evaluation", cls=ExportingCommand)
@click.argument("year", required=False, metavar="[年度]")
@click.option(
    "--list", "code", metavar="名单", help="只看一张名单：above_scale、below_scale_large 等；默认全部。"
)
@click.option("--weights", metavar="分值", help="试算的分值，如 tax_per_mu:40,rd_share:10；要同时写 --list。")
@click.option("--at", metavar="年-月-日", help="按这一天的台账与规则；默认现在。")
@land_unit_option
@json_option
@data_dir_option
def evaluation_command(
    year: str | None,
    *,
    code: str | None,
    weights: str | None,
    at: str | None,
    unit: str,
    as_json: bool,
    data_dir: Path | None,
) -> None:
    """亩均效益综合评价：各名单的档次、基准值，每家的得分、名次，缺什么、要核对什么。

    年度不写为有数据的最近一年。内容与网页 /evaluation 相同；不写入任何台账。
    退出码：0 没有问题，1 有需要核对的，2 没有这个年度、名单或用法不对。
    """
    from geoapp.services.as_of import as_of
    from geoapp.services.evaluation import check_list, evaluate_with, evaluate_year
    from geoapp.services.evaluation_inputs import default_year
    from geoapp.services.evaluation_record import evaluation_record
    from geoapp.services.evaluation_rules import parse_weights
    from geoapp.services.workspace import open_workspace

    if weights and not code:
        raise UsageError("--weights 要同时写 --list：各名单分别打分。")
    if year and not _YEAR.fullmatch(year):
        raise UsageError(f"年度“{year[:20]}”应为四位年份，如 2025。")
    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        state = as_of(workspace, at)
        code = check_list(code) if code else None
        found = evaluate_year(workspace, int(year) if year else default_year(workspace, state), state)
        points = parse_weights(weights) if weights and code else None
        if points and code:
            found = evaluate_with(workspace, found, code, points, state)
        record = evaluation_record(workspace, found, state, code=code, unit=unit, weights=points)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        _print(record, unit)
    if record["findings"]:
        raise SystemExit(EXIT_FINDINGS)


def _print(record: Mapping[str, Any], unit: str) -> None:
    console = wide_console()
    console.print(f"[bold]{record['year']} 年亩均效益综合评价[/bold]（规则日期 {record['rules_on']}）")
    chosen = [each for each in record["lists"] if record["list"] in (None, each["list"])]
    grades = list(chosen[0]["grades"])
    counts = [
        (each["zh"], str(each["enterprise_count"]), *(str(each["grades"][grade]) for grade in grades))
        for each in chosen
    ]
    console.print(_table("各名单的档次", ("名单", "企业", *grades), counts))
    bases = [
        (each["zh"], item["zh"], f"{item['weight']:g}", _number(item["base"], item["decimals"]), item["unit"])
        for each in chosen
        for item in each["items"]
    ]
    console.print(_table("分值和基准值", ("名单", "指标", "分值", "基准值", "单位"), bases))
    rows = [
        (
            firm["list_zh"],
            str(firm["rank"] or UNKNOWN),
            firm["name"],
            firm["grade"] or UNKNOWN,
            _number(firm["score"], 2),
            area_text(firm["land_m2"], unit),
            "；".join(
                filter(
                    None, [firm["missing"] if firm["grade"] != "T" else "", firm["veto_zh"], firm["tie_zh"]]
                )
            ),
        )
        for firm in record["enterprises"]
    ]
    console.print(_table("企业", ("名单", "名次", "企业", "档次", "得分", "用地", "说明"), rows))
    for finding in record["findings"]:
        console.print(escape(f"{finding['title']} {finding['zh']}：{finding['message']}"))


def _number(value: float | None, decimals: int) -> str:
    return UNKNOWN if value is None else number_text(value, f"z,.{decimals}f")


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    return table
