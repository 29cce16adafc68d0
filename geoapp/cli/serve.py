"""`geoapp serve` and `geoapp demo`."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from geoapp.cli.options import data_dir_option
from geoapp.settings import Settings, load_settings

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
def demo_command(host: str, port: int, data_dir: Path | None) -> None:
    """装入示意数据（第一次启动时）并启动服务。"""
    from geoapp.services.demo import load_demo
    from geoapp.services.workspace import open_workspace
    from geoapp.web.serve import check_address

    settings = load_settings(data_dir=data_dir or _demo_dir())
    check_address(host, port)
    workspace = open_workspace(settings)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("装入示意数据", total=1.0)
        load_demo(workspace, lambda fraction: progress.update(task, completed=fraction))
    _serve(settings, host, port)


def _demo_dir() -> Path | None:
    """Return a data folder of its own for the demo, unless GEOAPP_DATA_DIR names one."""
    import os

    return None if os.environ.get("GEOAPP_DATA_DIR") else Path.home() / ".local/share/geoapp-demo"


def _serve(settings: Settings, host: str, port: int) -> None:
    from geoapp.web.serve import address_of, check_address, serve

    check_address(host, port)
    console.print(f"数据目录：{settings.data_dir}")
    _compile_once()

    def announce() -> None:
        console.print(f"服务已启动，请在浏览器打开 [bold]{address_of(host, port)}[/bold]（按 Ctrl+C 停止）")

    serve(settings, host=host, port=port, when_up=announce)


def _compile_once() -> None:
    """Make the tile kernels' machine code before the first start, so that no tile ever waits for a compiler."""
    from geoapp.tiles.readiness import compile_kernels, is_compiled

    if not is_compiled():
        with console.status("第一次启动：正在为本机编译地图引擎，约半分钟，只此一次…"):
            compile_kernels()
