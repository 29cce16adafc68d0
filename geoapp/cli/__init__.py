"""`geoapp <verb>`: exit 0 = done, 1 = findings, 2 = usage or unreadable input."""

import sys

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


def _add_commands() -> None:
    """Attach every verb."""
    from geoapp.cli.convert import convert_command
    from geoapp.cli.import_file import import_command
    from geoapp.cli.serve import demo_command, serve_command
    from geoapp.cli.stats import stats_command
    from geoapp.cli.validate import validate_command

    main.add_command(convert_command)
    main.add_command(demo_command)
    main.add_command(import_command)
    main.add_command(serve_command)
    main.add_command(stats_command)
    main.add_command(validate_command)


_add_commands()
