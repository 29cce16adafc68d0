"""`geoapp import`: check a file and store it as one revision."""

import getpass
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from geoapp.cli.options import data_dir_option
from geoapp.errors import UsageError
from geoapp.settings import load_settings

EXIT_FINDINGS = 1
Command = Callable[..., Any]
_console = Console(stderr=True)

_FILE_OPTIONS = (
    click.option(
        "--crs", help="坐标系：EPSG 代码（4549）、PROJ 串、WKT，或四参数 dx,dy,旋转角(度),尺度@EPSG。"
    ),
    click.option("--encoding", help="文字编码，如 gbk、utf-8；默认自动判断。"),
    click.option("--layer", help="文件里有多个图层或工作表时，导入哪一个。"),
    click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="列=字段",
        help="指定一列对应哪个字段；“列=”表示不导入。",
    ),
    click.option(
        "--unit",
        "units",
        multiple=True,
        metavar="字段=单位",
        help="指定单位，如 area_reg_m2=mu（m2、ha、mu 等）。",
    ),
    click.option(
        "--fix",
        "fixes",
        multiple=True,
        metavar="ID",
        help="采用一项修复，可多次给出；检查结果里列有可用的 ID。",
    ),
)


def file_options(command: Command) -> Command:
    """Add the options that say what a file does not say itself."""
    for option in reversed(_FILE_OPTIONS):
        command = option(command)
    return command


def import_options(
    crs: str | None,
    encoding: str | None,
    layer: str | None,
    columns: tuple[str, ...],
    units: tuple[str, ...],
    fixes: tuple[str, ...],
) -> Any:
    """Return the options of the command line as `ImportOptions`."""  # fmt: skip
    from geoapp.services.import_staged import ImportOptions

    return ImportOptions(
        crs=crs, encoding=encoding, layer=layer, columns=_pairs(columns, "--column"), units=_pairs(units, "--unit"),
        fixes=frozenset(fixes),
    )  # fmt: skip


def _pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, mark, value = text.rpartition("=")
        if not mark:
            raise UsageError(f"{option} “{text}”里没有等号。格式如 {option} 名称=值。")
        pairs[name] = value
    return pairs


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without an entry for its user
        return "命令行"


def _ask() -> None:
    """Ask whether to store; where nobody can see the question and answer it, nothing is stored."""
    if not (sys.stdin.isatty() and _console.is_terminal):
        raise UsageError(
            "没有入库：没有终端可以询问“写入台账？”。请核对上面的检查结果，确认无误后加上 --yes 再执行；"
            "只检查请用 geoapp validate。"
        )
    if not click.confirm("写入台账？", err=True):
        click.echo("没有入库。", err=True)
        sys.exit(1)


@click.command("import")
@click.argument("register", metavar="台账")
@click.argument("file", metavar="文件", type=click.Path(path_type=Path))
@file_options
@click.option("--yes", is_flag=True, help="不再询问，直接入库。")
@click.option("--remove-missing", is_flag=True, help="把台账中有而文件中没有的记录移除（历史保留）。")
@click.option("--user", help="操作人；默认是登录名。")
@click.option("--reason", default="", help="为什么导入，记入历史。")
@click.option("--document-no", default="", help="依据的文号，记入历史。")
@data_dir_option
def import_command(
    register: str,
    file: Path,
    *,
    yes: bool,
    remove_missing: bool,
    user: str | None,
    reason: str,
    document_no: str,
    data_dir: Path | None,
    **said: Any,
) -> None:
    """检查一个文件，问过以后写入台账；有错误，或者没有人可问又没有 --yes，什么都不写。

    退出码：0 已入库或没有变化，1 有错误或回答不写，没有入库，2 文件读不了、用法不对或没有终端可以询问。
    """  # fmt: skip
    from geoapp.cli.import_output import print_staged, progress_bar
    from geoapp.services.import_file import accept_import, stage_import
    from geoapp.services.machine_clock import clock_warning
    from geoapp.services.workspace import open_workspace

    workspace = open_workspace(load_settings(data_dir=data_dir))
    options = import_options(**said)
    with progress_bar(_console) as report:
        staged = stage_import(workspace, register, file, options=options, progress=report)
    print_staged(staged, _console)
    if not staged.is_acceptable:
        click.echo("有错误，没有入库。", err=True)
        raise SystemExit(EXIT_FINDINGS)
    gone = len(staged.comparison.gone) if staged.comparison and remove_missing else 0
    if not staged.has_changes and not gone:
        click.echo("没有变化。")
        return
    if warning := clock_warning(workspace, datetime.now().astimezone()):
        click.echo(warning, err=True)
    if not yes:
        _ask()
    with progress_bar(_console) as report:
        revision = accept_import(
            workspace, staged, user=user or _login_name(), reason=reason, document_no=document_no,
            remove_missing=remove_missing, progress=lambda share: report(share, "正在入库"),
        )  # fmt: skip
    click.echo(f"已入库，第 {revision.number} 次修订：{revision.summary}。" if revision else "没有变化。")
