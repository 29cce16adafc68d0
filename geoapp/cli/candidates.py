"""`geoapp candidates`: plots for a second development in order, with reasons, as on their page."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.options import data_dir_option, land_unit_option
from geoapp.cli.output import table_files, write_file
from geoapp.settings import load_settings
from geoapp.units import area_words

if TYPE_CHECKING:
    from geoapp.services.candidates import CandidateList

_ROWS = 30


@click.command("candidates", cls=ExportingCommand)
@click.option(
    "--weights", metavar="权重", help="七个数，如 25,25,15,10,10,10,5，或已保存的方案名；默认规则库的权重。"
)
@click.option(
    "--filter", "filter_text", default="", metavar="条件", help="只看满足条件的地块（CQL2，同地图筛选）。"
)
@click.option("--top", "top_count", type=int, metavar="名次", help="稳定性看前几名；默认规则库的数。")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="宗数",
    help="只列出前若干宗；表格默认 30 宗，--json 默认全部。",
)
@click.option("--at", metavar="年-月-日", help="按这一天的台账与规则；默认现在。")
@land_unit_option
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="输出 JSON 数组，每宗地一个对象，供程序读取；带指纹的用 --output 写成 .json。",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="文件",
    help="写成 .xlsx、.csv、.geojson、.gpkg 或 .json（全部候选，带指纹）。",
)
@data_dir_option
def candidates_command(
    *,
    weights: str | None,
    filter_text: str,
    top_count: int | None,
    limit: int | None,
    at: str | None,
    unit: str,
    as_json: bool,
    output: Path | None,
    data_dir: Path | None,
) -> None:
    """二次开发候选地块：按分值排序，附区间、稳定性、理由（规则、实测、阈值、条款）。

    内容与网页 /candidates 相同。
    """
    from geoapp.domain.listed import CANDIDATES
    from geoapp.services.as_of import as_of
    from geoapp.services.candidate_table import candidate_data, candidate_table
    from geoapp.services.candidates import STABILITY_WORDS, candidate_list, candidate_summary_words
    from geoapp.services.publishing import publish_list
    from geoapp.services.workspace import open_workspace

    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        found = candidate_list(
            workspace, as_of(workspace, at), weights=weights, filter_text=filter_text, top_count=top_count
        )
        if output is not None:
            whole = candidate_data(workspace, found)
            files = table_files(candidate_table(workspace, found, unit))
            write_file(output, files | {".json": lambda: _text(whole).encode()})
            publish_list(workspace.settings, CANDIDATES, whole, output.name)
        data = candidate_data(workspace, found, limit or (None if as_json else _ROWS))
    if as_json:
        click.echo(_text(data["candidates"]))
    if as_json or output is not None:
        return
    records = data["candidates"]
    _print_table(found, records, STABILITY_WORDS, candidate_summary_words(found), unit)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)


def _print_table(
    found: "CandidateList",
    records: Sequence[Mapping[str, Any]],
    stability: Mapping[str, str],
    summary: str,
    unit: str,
) -> None:
    console = wide_console()
    console.print(f"[bold]二次开发候选地块[/bold]：{escape(summary)}")
    for note in found.notes:
        console.print(escape(note))
    weights = found.weights.name or found.weights.text
    table = Table(title=f"前 {len(records)} 宗（权重：{weights}）", title_justify="left")
    for heading in ("名次", "地块", "分值", "区间", "稳定性", "面积", "可增建筑(㎡)", "理由", "提示"):
        table.add_column(heading, overflow="fold")
    for record in records:
        cells = (
            str(record["rank"]), f"{record['plot']} {record['name'] or ''}", _score(record["score"]),
            "–".join(_score(end) for end in record["interval"]), stability[record["stability"]],
            area_words(record["site_area_m2"], unit), _whole(record["potential_gfa_m2"]),
            "".join(reason["sentence"] for reason in record["reasons"]), "；".join(record["flags"]),
        )  # fmt: skip
        table.add_row(*map(escape, cells))
    console.print(table)


def _score(score: float | None) -> str:
    return "—" if score is None else f"{score:.1f}"


def _whole(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"
