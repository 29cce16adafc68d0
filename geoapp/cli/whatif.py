"""`geoapp whatif`: what plots become in a mode, whether they may, and what that adds to the targets."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from geoapp.domain.whatif import WhatIf


@click.command("whatif", cls=ExportingCommand)
@click.argument("plots", metavar="地块编号...", nargs=-1, required=True)
@click.option(
    "--mode", required=True, metavar="M01..M11", help="改造方式代码，如 M01 拆除重建、M02 加层扩建。"
)
@click.option("--far", metavar="数", help="整宗地改造后的目标容积率。")
@click.option("--height", metavar="米", help="限高；默认按台账。")
@click.option("--coefficient", metavar="%", help="改造后建筑系数；默认按现状。")
@click.option("--support", metavar="%", help="改造后配套建筑面积占比。")
@click.option("--support-land", metavar="%", help="改造后配套用地占比；默认按建筑面积分摊。")
@click.option("--storey-height", metavar="米", help="新建层高；默认按规则库。")
@click.option("--demolish", metavar="all|none|建筑编号,...", help="拆除哪些现有建筑；默认按改造方式。")
@at_option
@unit_option
@json_option
@output_option
@data_dir_option
def whatif_command(
    plots: tuple[str, ...],
    *,
    at: str | None,
    unit: str | None,
    as_json: bool,
    output: Path | None,
    data_dir: Path | None,
    **words: str | None,
) -> None:
    """改造测算：新增建筑面积（毛、净）、改造后容积率、各项上限核对和对目标的贡献。

    内容与网页“改造测算”相同；只是设想，不写入台账。
    退出码：0 没有问题，1 有不适用、不符合或缺资料的，2 没有这宗地或用法不对。
    """
    from geoapp.reports.whatif import whatif_record, whatif_table
    from geoapp.services.as_of import as_of
    from geoapp.services.publishing import publish_whatif
    from geoapp.services.whatif import what_if
    from geoapp.services.whatif_plan import read_plan, read_plots
    from geoapp.services.workspace import open_workspace

    land_unit = shown_unit(unit)
    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        state = as_of(workspace, at)
        given = {name: word or "" for name, word in words.items()}
        plan = read_plan(workspace, given, state)
        result = what_if(workspace, read_plots(",".join(plots)), plan, state)
    record = whatif_record(result, land_unit)
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    if output is not None:
        files = table_files(whatif_table(result, land_unit))
        write_file(output, files | {".json": f"{text}\n".encode})
        publish_whatif(workspace.settings, record, output.name)
    if as_json:
        click.echo(text)
    elif output is None:
        _print(result, record, land_unit)
    if result.findings:
        raise SystemExit(EXIT_FINDINGS)


def _print(result: "WhatIf", record: Mapping[str, Any], unit: str) -> None:
    console = wide_console()
    console.print(f"[bold]改造测算：{len(result.lines)} 宗，{escape(result.mode_zh)}[/bold]")
    console.print(escape("；".join(f"{name} {words}" for name, words in result.plan_words.items())))
    totals = result.totals
    console.print(
        f"新增建筑面积（毛）{_number(totals.gross_m2)} 平方米，净增 {_number(totals.net_m2)} 平方米；"
        f"容积率 {_number(totals.far_before)} → {_number(totals.far_after)}；"
        f"可计入盘活 {area_words(totals.land_counted_m2, unit)}"
    )
    console.print(_table("对目标的贡献", _TARGET_COLUMNS, map(_target_cells, record["targets"])))
    rows = [
        (
            line.plot_code, line.name, area_words(line.figures.site_area_m2, unit), _number(line.figures.far_before),
            _number(line.figures.far_after), _number(line.figures.gross_m2), _number(line.figures.net_m2), line.problem,
        )
        for line in result.lines
    ]  # fmt: skip
    console.print(_table("逐宗结果", _LINE_COLUMNS, rows))
    checks = [(line.plot_code, check.zh, check.words) for line in result.lines for check in line.checks]
    console.print(_table("核对", ("地块", "项目", "结果"), checks))
    for finding in result.findings:
        console.print(f"[yellow]需要注意[/yellow] {escape(finding)}")
    console.print(
        f"规则日期 {result.day}；数据截至 {result.data_on}，第 {result.revision} 次修订。{escape(result.note)}"
        f"{'示意数据。' if result.is_demo else ''}测算不写入台账。“{UNKNOWN}”是没有资料，不是零。"
    )


_TARGET_COLUMNS = ("目标", "单位", "目标值", "现在实绩", "还差", "本方案", "之后还差", "说明")
_LINE_COLUMNS = ("地块", "名称", "用地面积", "容积率前", "容积率后", "新增(㎡)", "净增(㎡)", "不适用的原因")


def _target_cells(target: Mapping[str, Any]) -> tuple[str, ...]:
    from geoapp.domain.target_unit import gap_zh

    shown = {"target": _number, "actual": _number, "gap": gap_zh, "added": _number, "gap_after": gap_zh}
    numbers = (words(target[name], target["decimals"]) for name, words in shown.items())
    return (target["zh"], target["unit_zh"], *numbers, target["words"])


def _number(value: float | None, decimals: int = 2) -> str:
    return UNKNOWN if value is None else number_text(value, f"z,.{decimals}f")


def _table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*map(escape, row))
    return table
