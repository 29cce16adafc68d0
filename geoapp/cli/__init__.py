"""`geoapp <verb>`: exit 0 = done, 1 = findings, 2 = usage or unreadable input."""

import sys
from pathlib import Path

import click

from geoapp import __version__
from geoapp.errors import GeoappError


class GeoappGroup(click.Group):
    """Commands whose errors become one Chinese line and an exit code, never a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; translate what geoapp raises on purpose."""
        try:
            return super().invoke(ctx)
        except GeoappError as error:
            click.echo(f"错误：{error}", err=True)
            sys.exit(2)


@click.group(cls=GeoappGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="geoapp")
def main() -> None:
    """工业用地空间规划：台账、容积率、盘活面积与地图。"""


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="数据目录；默认取环境变量 GEOAPP_DATA_DIR，再默认 ~/.local/share/geoapp。",
)


def _add_commands() -> None:
    """Attach every verb; modules are imported here so that each may use what stands above."""


_add_commands()
