import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from geoapp.cli import COMMANDS, main

HEAVY = ("geopandas", "pandas", "shapely", "pyproj", "sqlalchemy", "flask", "folium", "geoapp.services")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_overview_loads_no_geographic_library(arguments):
    program = (
        f"import sys; from geoapp.cli import main; main({arguments!r}, standalone_mode=False); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (0, "[]")


@pytest.mark.parametrize("verb", COMMANDS)
def test_overview_says_of_a_verb_what_its_own_help_says_first(verb):
    command = main.get_command(click.Context(main), verb)
    assert (command.name, command.help.partition("\n\n")[0]) == (verb, COMMANDS[verb][1])
    assert COMMANDS[verb][1] in CliRunner().invoke(main, ["--help"], terminal_width=200).output


def test_unknown_verb_is_a_usage_error():
    done = CliRunner().invoke(main, ["fly"])
    assert (done.exit_code, "fly" in done.stderr) == (2, True)
