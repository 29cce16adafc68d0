"""`geoapp validate`: check a file for a register; nothing is stored, and no database is needed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from geoapp.cli.import_file import EXIT_FINDINGS, file_options, import_options
from geoapp.cli.options import data_dir_option, json_option
from geoapp.settings import load_settings

if TYPE_CHECKING:
    from geoapp.services.workspace import Workspace


@click.command("validate")
@click.argument("register", metavar="台账")
@click.argument("file", metavar="文件", type=click.Path(path_type=Path))
@file_options
@json_option
@click.option("--corrected", type=click.Path(dir_okay=False, path_type=Path), help="把改正文件写到这里。")
@data_dir_option
def validate_command(
    register: str, file: Path, *, as_json: bool, corrected: Path | None, data_dir: Path | None, **said: Any
) -> None:
    """检查一个文件能不能写入台账；什么都不写，没有数据库也行。

    退出码：0 可以入库，1 有错误，2 文件读不了或用法不对。
    """
    from geoapp.cli.import_output import print_json, print_staged, progress_bar
    from geoapp.services.import_file import stage_import, write_corrected_file

    console = Console(stderr=as_json)
    with _workspace(data_dir) as workspace, progress_bar(Console(stderr=True)) as report:
        staged = stage_import(workspace, register, file, options=import_options(**said), progress=report)
    if corrected is not None:
        write_corrected_file(staged, corrected)
    if as_json:
        print_json(staged)
    else:
        print_staged(staged, console)
        console.print("可以入库。" if staged.is_acceptable else "有错误，不能入库。")
    if not staged.is_acceptable:
        raise SystemExit(EXIT_FINDINGS)


@contextmanager
def _workspace(data_dir: Path | None) -> Iterator["Workspace"]:
    """Open the installation, or an empty one for the moment where there is none."""
    from geoapp.services.workspace import Workspace, load_layers, load_policy, load_scheme, open_workspace
    from geoapp.store.store import open_store

    settings = load_settings(data_dir=data_dir)
    if settings.database_path.is_file():
        workspace = open_workspace(settings)
        with workspace.store:
            yield workspace
        return
    scheme = load_scheme(settings.control_scheme, settings.data_dir)
    layers = load_layers(scheme, settings.data_dir)
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "empty.gpkg", layers) as store:
        yield Workspace(settings, layers, scheme, load_policy(settings.data_dir), store)
