"""`geoapp portfolio`: which plots reach the goals under the limits, or which limits stand in the way."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.import_file import EXIT_FINDINGS
from geoapp.cli.options import at_option, data_dir_option, json_option, output_option, unit_option
from geoapp.cli.output import table_files, write_file
from geoapp.settings import load_settings
from geoapp.units import UNKNOWN, area_words, number_text, shown_unit

if TYPE_CHECKING:
    from geoapp.domain.portfolio import Choice, PortfolioAnswer


@click.command("portfolio", cls=ExportingCommand)
@click.option("--area", metavar="亩", help="盘活面积不少于。")
@click.option("--gfa", metavar="平方米", help="新增建筑面积（毛）不少于。")
@click.option("--projects", metavar="个", help="项目不超过；一宗地块算一个项目。")
@click.option("--budget", metavar="万元", help="估算造价不超过。")
@click.option("--year", metavar="年", help="这一年底前完成。")
@click.option("--towns", is_flag=True, help="有候选地块的镇街各至少一个。")
@click.option("--inside", is_flag=True, help="只在控制线内。")
@click.option(
    "--objective", metavar="projects|cost|score", help="项目最少、造价最低或得分最高；默认项目最少。"
)
@click.option("--mode", metavar="M01..M11", help="候选都按这种改造方式估算；默认按规则库。")
@click.option("--far", metavar="数", help="目标容积率；不超过各宗的规划上限和限高。")
@click.option("--exclude", metavar="编号,...", help="不选的地块。")
@click.option("--differ", metavar="宗", help="次优组合至少换掉几宗。")
@click.option("--seconds", metavar="秒", help="求解时限。")
@at_option
@unit_option
@json_option
@output_option
@data_dir_option
def portfolio_command(
    *,
    towns: bool,
    inside: bool,
    at: str | None,
    unit: str | None,
    as_json: bool,
    output: Path | None,
    data_dir: Path | None,
    **words: str | None,
) -> None:
    """组合优选：选出达到目标、不超过限制的一组低效地块，给出与最优的差距和次优组合。

    内容与网页“组合优选”相同；只是设想，不写入台账。
    退出码：0 找到组合，1 没有（指出哪些要求挡路），2 用法不对。
    """
    from geoapp.reports.portfolio import portfolio_record, portfolio_table
    from geoapp.services.as_of import as_of
    from geoapp.services.portfolio import find_portfolio
    from geoapp.services.portfolio_question import read_question
    from geoapp.services.publishing import publish_portfolio
    from geoapp.services.workspace import open_workspace

    land_unit = shown_unit(unit)
    given = {name: word or "" for name, word in words.items()}
    given |= {"towns": "1" if towns else "", "inside": "1" if inside else ""}
    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store, _quiet_solver():
        state = as_of(workspace, at)
        answer = find_portfolio(workspace, read_question(workspace, given, state), state)
    record = portfolio_record(answer, land_unit)
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    if output is not None:
        files = table_files(portfolio_table(answer, land_unit))
        write_file(output, files | {".json": f"{text}\n".encode})
        publish_portfolio(workspace.settings, record, output.name)
    if as_json:
        click.echo(text)
    elif output is None:
        _print(answer, land_unit)
    if answer.portfolio.choice is None:
        raise SystemExit(EXIT_FINDINGS)


@contextlib.contextmanager
def _quiet_solver() -> Iterator[None]:
    """Keep what HiGHS prints now and then, past Python, out of what a program reads."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _print(answer: "PortfolioAnswer", unit: str) -> None:
    console = wide_console()
    portfolio, choice = answer.portfolio, answer.portfolio.choice
    console.print(escape("；".join(f"{name}：{words}" for name, words in answer.asked_words.items())))
    console.print(
        f"[bold]{escape(answer.verdict)}[/bold] 候选 {portfolio.candidate_count} 宗，可选 {portfolio.usable_count} 宗。"
    )
    for words in answer.advice:
        console.print(f"[yellow]挡路的要求[/yellow] {escape(words)}")
    for finding in answer.findings:
        console.print(escape(finding))
    if choice is not None:
        console.print(_sums(choice, unit))
        console.print(_plots(answer, choice, unit))
        for number, other in enumerate(portfolio.alternatives, start=1):
            console.print(escape(f"次优组合 {number}：{_sums(other, unit)}；{'、'.join(other.codes)}"))
    console.print(
        f"规则日期 {answer.day}；数据截至 {answer.data_on}，第 {answer.revision} 次修订。{escape(answer.note)}"
        f"{'示意数据。' if answer.is_demo else ''}造价、工期是系统默认的估计。"
    )


def _sums(choice: "Choice", unit: str) -> str:
    return (
        f"{choice.project_count} 个项目，盘活 {area_words(choice.area_m2, unit)}，"
        f"新增建筑面积 {_number(choice.gfa_m2)} 平方米，造价 {_number(choice.cost_wan)} 万元，"
        f"得分合计 {_number(choice.score, 1)}"
    )


def _plots(answer: "PortfolioAnswer", choice: "Choice", unit: str) -> Table:
    from geoapp.reports.portfolio import plot_records

    table = Table(
        *("地块", "名称", "镇街", "计入盘活", "新增(㎡)", "造价(万元)", "完成", "得分"),
        title="选中的地块", title_justify="left",
    )  # fmt: skip
    for plot in plot_records(answer, choice):
        cells = (
            plot["plot_code"], plot["name"] or "", plot["town_zh"] or UNKNOWN, area_words(plot["area_m2"], unit),
            _number(plot["added_gfa_m2"]), _number(plot["cost_wan"]),
            UNKNOWN if plot["ready_year"] is None else f"{plot['ready_year']:.0f}", _number(plot["score"], 1),
        )  # fmt: skip
        table.add_row(*map(escape, cells))
    return table


def _number(value: float | None, decimals: int = 2) -> str:
    return UNKNOWN if value is None else number_text(value, f"z,.{decimals}f")
