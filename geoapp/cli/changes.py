"""`geoapp changes`: what changed between two days, in the terminal, as JSON or as a file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.options import data_dir_option, unit_option
from geoapp.settings import load_settings
from geoapp.units import AREA_UNIT_LABELS, area_text, shown_unit

if TYPE_CHECKING:
    from geoapp.domain.changes import ChangeReport

_MOST_LINES = 40


@click.command("changes", cls=ExportingCommand)
@click.option("--from", "from_text", metavar="年-月-日", help="起日（当日终了）；默认上月末。")
@click.option("--to", "to_text", metavar="年-月-日", help="止日（当日终了）；默认现在。")
@click.option(
    "--zones", default="towns", show_default=True, metavar="分区", help="面台账或 control_line:KX1。"
)
@click.option(
    "--membership", default="clip", show_default=True, metavar="clip|largest|centroid", help="归属方式。"
)
@click.option(
    "--filter", "filter_text", default="", metavar="条件", help="只比较符合条件的地块，写法同网页。"
)
@unit_option
@click.option("--part", default="records", show_default=True, metavar="部分",
              help="写 CSV 时的内容：records、zones、projects、entries、revisions。")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="写到 .xlsx 或 .csv 文件。")
@click.option("--json", "as_json", is_flag=True, help="在标准输出给出 JSON。")
@data_dir_option
def changes_command(
    *,
    from_text: str | None,
    to_text: str | None,
    zones: str,
    membership: str,
    filter_text: str,
    unit: str | None,
    part: str,
    out: Path | None,
    as_json: bool,
    data_dir: Path | None,
) -> None:
    """两日之间的变化：新增、消失、面积、项目阶段、容积率分级、亩均评价、低效状态、控制线内外。

    与网页 /changes 相同：各分区变化前后的宗数和用地面积，逐宗的变化和所涉修订（谁、何时、为何、文号）。
    编辑后又改回的不算变化。
    """
    from geoapp.reports.changes import changes_bytes, changes_record
    from geoapp.reports.whole_file import write_whole
    from geoapp.services.changes import changes
    from geoapp.services.publishing import publish_changes
    from geoapp.services.workspace import open_workspace

    area_unit = shown_unit(unit)
    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        report = changes(
            workspace, from_text, to_text, zones=zones, membership=membership, filter_text=filter_text
        )
    for note in report.notes:
        click.echo(f"说明：{note}", err=True)
    if out:
        content = changes_bytes(report, out.suffix.lower(), unit=area_unit, part=part)
        write_whole(out, lambda staged: staged.write_bytes(content))
        publish_changes(workspace.settings, report, area_unit, out.name)
    if as_json:
        click.echo(json.dumps(changes_record(report, area_unit), ensure_ascii=False, indent=1))
    elif not out:
        _print_report(report, area_unit)


def _print_report(report: "ChangeReport", unit: str) -> None:
    console = wide_console()
    console.print(_zone_table(report, unit))
    console.print(_record_table(report, unit))
    rest = len(report.records) - _MOST_LINES
    if rest > 0:
        console.print(f"另有 {rest} 项，用 --json 或 --out 取全部。")
    console.print("；".join(f"{name}：{escape(words)}" for name, words in report.terms.items()))


def _zone_table(report: "ChangeReport", unit: str) -> Table:
    totals = report.zones.iloc[-1]
    kinds = [kind for kind in report.kinds if totals[f"{kind.id}_count"]]
    word = AREA_UNIT_LABELS[unit]
    heads = ["变化前", f"({word})", "变化后", f"({word})", "差", f"({word})", *(kind.zh for kind in kinds)]
    table = Table(escape(report.zones_zh), *heads, title=escape(report.title), title_justify="left")
    for zone in report.zones.to_dict("records"):
        sums = [
            text
            for name in ("before", "after", "difference")
            for text in (
                f"{zone[f'{name}_count']:,d}",
                area_text(zone[f"{name}_m2"], unit, is_change=name == "difference"),
            )
        ]
        table.add_row(escape(zone["name"]), *sums, *(str(zone[f"{kind.id}_count"]) for kind in kinds))
    return table


def _record_table(report: "ChangeReport", unit: str) -> Table:
    from geoapp.domain.changes import KINDS
    from geoapp.reports.changes import NO_CAUSE, cause_text

    heads = ("地块", "名称", "变化", "之前", "之后", f"增减({AREA_UNIT_LABELS[unit]})", "最近的修订")
    table = Table(*heads, title=f"逐宗变化（{len(report.records)} 项）", title_justify="left")
    for record in report.records.head(_MOST_LINES).to_dict("records"):
        numbers = record["causes"]
        cells = (
            record["plot_code"], record["name"], KINDS[record["kind"]].zh, record["before"], record["after"],
            area_text(record["difference_m2"], unit, is_change=True),
            cause_text(report.causes[numbers[0]]) if numbers else NO_CAUSE,
        )  # fmt: skip
        table.add_row(*map(escape, cells))
    return table
