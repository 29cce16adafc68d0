"""`geoapp serve` and `geoapp demo`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from geoapp.cli.options import data_dir_option
from geoapp.domain.user import ROLE_LABELS, Role
from geoapp.settings import Settings, load_settings

if TYPE_CHECKING:
    from geoapp.services.workspace import Workspace

host_option = click.option(
    "--host", default="127.0.0.1", show_default=True, help="监听的地址；0.0.0.0 表示所有网卡。"
)
port_option = click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口。"
)

console = Console()


@click.command("serve")
@host_option
@port_option
@data_dir_option
def serve_command(host: str, port: int, data_dir: Path | None) -> None:
    """启动服务，在浏览器里使用。"""
    _serve(load_settings(data_dir=data_dir), host, port)


@click.command("demo")
@host_option
@port_option
@data_dir_option
@click.option("--sign-in", is_flag=True, help="要登录：为每种角色造一个一次性用户，密码显示在终端。")
def demo_command(host: str, port: int, data_dir: Path | None, sign_in: bool) -> None:
    """装入示意数据（第一次启动时）并启动服务。

    不用登录，所以只限本机；加 --sign-in 则要登录，也可以让别的机器用。
    """
    from geoapp.services.demo import load_demo, refuse_real_records
    from geoapp.services.workspace import open_workspace
    from geoapp.web.serve import check_address, check_open

    settings = load_settings(data_dir=data_dir or _demo_dir())
    settings = replace(settings, open_as="" if sign_in else str(Role.ADMINISTRATOR))
    check_open(settings, host)
    check_address(host, port)
    workspace = open_workspace(settings)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("装入示意数据", total=1.0)
        load_demo(workspace, lambda fraction: progress.update(task, completed=fraction))
    if sign_in:
        _make_users(workspace)
    else:
        refuse_real_records(workspace)
    workspace.store.close()  # the server opens its own
    _serve(settings, host, port)


def _make_users(workspace: "Workspace") -> None:
    """Make a user of each role and print them, once."""
    from geoapp.services.accounts import add_one_time_users, open_accounts

    busiest = workspace.store.read("plots")["town_code"].mode()  # where a reporter has most to report
    table = Table("登录名", "角色", "镇街", "一次性密码")
    for user, password in add_one_time_users(open_accounts(workspace.settings), str(busiest.iloc[0])):
        table.add_row(user.name, ROLE_LABELS[user.role], user.town_code, password)
    console.print(table)
    console.print("这些用户每次启动都换新密码；密码不保存在任何地方。")


def _demo_dir() -> Path | None:
    """Return a data folder of its own for the demo, unless GEOAPP_DATA_DIR names one."""
    import os

    return None if os.environ.get("GEOAPP_DATA_DIR") else Path.home() / ".local/share/geoapp-demo"


def _serve(settings: Settings, host: str, port: int) -> None:
    from geoapp.web.serve import (
        address_of,
        check_address,
        check_installation,
        check_open,
        check_users,
        serve,
    )

    check_open(settings, host)
    check_users(settings)
    check_address(host, port)
    warning = check_installation(settings)
    console.print(f"数据目录：{settings.data_dir}")
    if warning:
        console.print(warning, style="bold", soft_wrap=True)
    _compile_once()

    def announce() -> None:
        console.print(f"服务已启动，请在浏览器打开 [bold]{address_of(host, port)}[/bold]（按 Ctrl+C 停止）")

    serve(settings, host=host, port=port, when_up=announce)


def _compile_once() -> None:
    """Make the tile kernels' machine code before the first start, so that no tile ever waits for a compiler."""
    from geoapp.tiles.readiness import compile_kernels, is_compiled

    if not is_compiled():
        words = "第一次启动：正在为本机编译地图引擎，约半分钟，只此一次…"
        if not console.is_terminal:  # a log shows no spinner: without a line it would seem to hang
            console.print(words)
        with console.status(words):
            compile_kernels()
