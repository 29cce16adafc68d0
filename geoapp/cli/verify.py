"""`geoapp verify`: published figures computed again by a second path and compared."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from geoapp.cli.import_file import EXIT_FINDINGS
from geoapp.cli.options import data_dir_option, json_option
from geoapp.cli.verify_chain import print_chains
from geoapp.errors import GeoappError
from geoapp.settings import load_settings

if TYPE_CHECKING:
    from geoapp.domain.chain import ChainReport
    from geoapp.services.verify import Task, Verifier
    from geoapp.verification.checking import Checked

EXIT_UNREADABLE = 2
EXIT_INCOMPLETE = 3
_SHOWN = 20
"""Differences of one table on the screen; --json has more."""


@click.command("verify")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[文件]...")
@click.option(
    "--now",
    is_flag=True,
    help="核对现在的标准表：镇街、园区、管控区、控制线，各盘活台账，各目标方案，督查通报，预警周报，评价，各清单和台账的合计。",
)
@click.option("--chain", "only_chain", is_flag=True, help="只核对修订和人员事件的链，不重算表。")
@json_option
@data_dir_option
def verify_command(
    files: tuple[Path, ...], *, now: bool, only_chain: bool, as_json: bool, data_dir: Path | None
) -> None:
    """核对发布过的数：另一条路径从地块逐宗重算，有出入就指出。

    给出导出的 .xlsx、.csv、.json、.geojson、.gpkg 文件时核对这些文件：按文件里的指纹取当时的修订和口径，
    发布后改过的数会指出单元格。
    不给文件时先核对链：每次修订和每件人员事件都接着前一次的摘要，绕过程序改过、删过、插过的会指出断在哪里；
    再核对导出记录里的全部表；还没有导出过，核对现在的标准表。容许的差只有文件自己的取舍和十亿分之一。
    退出码：0 全部重算且相符，1 有出入，2 文件读不了、没有指纹，或指纹不是这套系统的，
    3 没有出入，但有的数没有重算。
    """
    from geoapp.services.chains import check_chains
    from geoapp.services.publishing import cut_off_lines
    from geoapp.services.verify import Verifier
    from geoapp.services.workspace import open_workspace

    if only_chain and (files or now):
        raise click.UsageError("--chain 不能和文件、--now 一起写。")
    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        chains = [] if files else check_chains(workspace)
        verifier = Verifier(workspace)
        results = [] if only_chain else _verify_all(verifier, _tasks(verifier, files, now=now))
        cut_off = [] if files or now else cut_off_lines(workspace.settings)
    for number in cut_off:
        click.echo(f"注意：导出记录 published/log.jsonl 第 {number} 行不完整，读不出是哪张表。", err=True)
    if as_json:
        click.echo(json.dumps(_record(chains, results), ensure_ascii=False, indent=1))
    else:
        print_chains(chains)
        if not only_chain:
            _print(results)
    code = EXIT_FINDINGS if any(report.findings for report in chains) else _exit_code(results)
    if code:
        raise SystemExit(code)


def _tasks(verifier: "Verifier", files: tuple[Path, ...], *, now: bool) -> "list[Task]":
    if files:
        return verifier.of_files(files)
    return ([] if now else verifier.of_log()) or verifier.of_now()


def _record(chains: "list[ChainReport]", results: "list[Checked]") -> dict[str, object]:
    return {
        "ok": not any(report.findings for report in chains) and all(found.is_clean for found in results),
        "complete": all(found.is_complete for found in results),
        "chains": [report.to_record() for report in chains],
        "tables": [found.to_record() for found in results],
    }


def _verify_all(verifier: "Verifier", tasks: "list[Task]") -> "list[Checked]":
    from geoapp.verification.checking import Checked

    results = []
    columns = (
        SpinnerColumn(), TextColumn("核对"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=len(tasks))
        for task in tasks:
            progress.update(bar, description=escape(task.name))
            try:
                results.append(verifier.verify(task))
            except GeoappError as error:
                results.append(Checked(name=task.name, refusal=str(error)))
            progress.advance(bar)
    return results


def _exit_code(results: "list[Checked]") -> int:
    if any(found.differences for found in results):
        return EXIT_FINDINGS
    if any(found.refusal for found in results):
        return EXIT_UNREADABLE
    return 0 if all(found.is_complete for found in results) else EXIT_INCOMPLETE


def _print(results: "list[Checked]") -> None:
    for found in results:
        click.echo(f"{_verdict(found)} {found.name}：{_summary(found)}")
        for difference in found.differences[:_SHOWN]:
            click.echo(f"  {difference.text}")
        if len(found.differences) > _SHOWN:
            click.echo(f"  另有 {len(found.differences) - _SHOWN} 处，用 --json 查看。")
        for note in found.notes:
            click.echo(f"  说明：{note}")
        if found.unverified:
            click.echo(
                f"  注意：没有重算的列（{len(found.unverified)}），不能说它们相符：{'、'.join(found.unverified)}"
            )
    counts = sum(found.figure_count for found in results)
    bad = sum(len(found.differences) for found in results)
    refused = sum(bool(found.refusal) for found in results)
    partly = sum(not found.is_complete and not found.refusal for found in results)
    click.echo(
        f"共 {len(results)} 张表，重算 {counts} 个数，{bad} 处不符，{refused} 张不能核对，{partly} 张没有全部重算。"
    )


def _verdict(found: "Checked") -> str:
    if found.refusal:
        return "不能核对"
    if found.differences:
        return "不符"
    return "相符" if found.is_complete else "未全部重算"


def _summary(found: "Checked") -> str:
    if found.refusal:
        return found.refusal
    counts = f"重算 {found.figure_count} 个数（{len(found.verified)} 列），{len(found.differences)} 处不符。"
    return counts + found.address
