"""What the command line gives away is in the audit, by the machine's user."""

import getpass
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from geoapp.cli import COMMANDS, main
from geoapp.cli.exporting import ExportingCommand
from geoapp.domain.people_event import EventKind, PeopleEvent
from geoapp.services.accounts import open_accounts
from geoapp.services.workspace import Workspace
from geoapp.settings import Settings
from geoapp.store.people_events import EventFilter

NOT_NOTED = {
    "convert": "reads and writes the caller's own files, no database",
    "demo": "starts the server, which notes what it gives",
    "import": "puts records in, as a revision",
    "serve": "starts the server, which notes what it gives",
    "user": "changes accounts, each an event of its own",
    "validate": "checks the caller's own file",
    "verify": "says which of the caller's own figures are right",
}
"""Verbs that take no records and figures away."""


@pytest.fixture
def settings(district: Workspace) -> Settings:
    for file in district.settings.data_dir.glob("people.sqlite*"):
        file.unlink()
    return district.settings


def run(settings: Settings, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data-dir", str(settings.data_dir)])


def taken(settings: Settings) -> list[PeopleEvent]:
    store = open_accounts(settings).store
    try:
        return store.events(EventFilter(kinds=(EventKind.EXPORTED,)), limit=10)
    finally:
        store.close()


def test_every_verb_notes_what_it_gives_or_stands_on_the_list() -> None:
    for verb, (place, _) in COMMANDS.items():
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        assert isinstance(command, ExportingCommand) != (verb in NOT_NOTED), verb


def test_a_file_and_data_are_noted_and_a_page_to_read_is_not(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "项目 表.csv"
    assert run(settings, "projects").exit_code in (0, 1)
    assert run(settings, "projects", "--output", str(file)).exit_code in (0, 1)
    assert file.is_file()
    (event,) = taken(settings)
    assert (event.actor, event.address) == (f"本机用户 {getpass.getuser()}", "命令行")
    assert event.reason.endswith(f"projects --output '{file}' --data-dir {settings.data_dir}")
    assert event.after == "含内部字段，受限字段参与计算"
    assert run(settings, "projects", "--json").exit_code in (0, 1)
    assert "--json" in taken(settings)[0].reason


def test_a_verb_that_ends_with_findings_has_given_its_data(settings: Settings) -> None:
    assert run(settings, "check", "--plots", "DK-A", "--json").exit_code == 1
    assert len(taken(settings)) == 1


def test_what_was_refused_or_is_of_own_files_is_not_noted(settings: Settings, tmp_path: Path) -> None:
    assert run(settings, "projects", "--output", str(tmp_path / "a.doc")).exit_code == 2
    assert run(settings, "stats", "--plots", "none.geojson", "--json").exit_code == 2
    assert taken(settings) == []


def test_the_digest_is_noted(settings: Settings, tmp_path: Path) -> None:
    assert run(settings, "digest", "--dir", str(tmp_path), "--no-mail").exit_code == 0
    (event,) = taken(settings)
    assert event.reason.endswith(f"digest --dir {tmp_path} --no-mail --data-dir {settings.data_dir}")
