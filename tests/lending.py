"""Things over a database that one test hands to the next as long as nobody writes into it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

import pytest
from flask import Flask

from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from tests.opened import open_settings

Thing = TypeVar("Thing")
State = dict[Path, tuple[int, int]]


class Lender(Generic[Thing]):
    """Makes a thing when there is none to lend; what comes back changed is closed and not lent again."""

    def __init__(self, make: Callable[[], Thing], workspace_of: Callable[[Thing], Workspace]) -> None:
        self._make = make
        self._workspace_of = workspace_of
        self._kept: list[tuple[Thing, State]] = []

    @contextmanager
    def lent(self) -> Iterator[Thing]:
        thing, before = self._kept.pop() if self._kept else self._new()
        try:
            yield thing
        finally:
            if self._state(thing) == before:
                self._kept.append((thing, before))
            else:
                self._workspace_of(thing).store.close()

    def close(self) -> None:
        for thing, _ in self._kept:
            self._workspace_of(thing).store.close()

    def _new(self) -> tuple[Thing, State]:
        thing = self._make()
        return thing, self._state(thing)

    def _state(self, thing: Thing) -> State:
        """Size and time of every file beside the database, and of the database: a write shows in one of them.

        Not of the people's: that somebody took a file away is noted there, and changes nothing that is lent.
        """
        folder = self._workspace_of(thing).settings.data_dir
        files = (
            path
            for path in folder.rglob("*")
            if path.is_file() and not path.name.endswith("-shm") and not path.name.startswith("people.sqlite")
        )
        return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def lend_workspaces(
    folders: pytest.TempPathFactory, fill: Callable[[Workspace], object]
) -> Iterator[Lender[Workspace]]:
    """Yield a lender of installations that *fill* has written into; for a fixture."""
    make_folder = _filled_alike(folders, fill)
    lender = Lender(lambda: open_workspace(Settings(data_dir=make_folder())), lambda workspace: workspace)
    yield lender
    lender.close()


def lend_apps(
    folders: pytest.TempPathFactory, fill: Callable[[Workspace], object]
) -> Iterator[Lender[Flask]]:
    """Yield a lender of applications over installations that *fill* has written into; for a fixture."""
    from geoapp.web.app import create_app

    make_folder = _filled_alike(folders, fill)
    lender = Lender(lambda: create_app(open_settings(make_folder())), lambda app: app.extensions["geoapp"])
    yield lender
    lender.close()


def _filled_alike(folders: pytest.TempPathFactory, fill: Callable[[Workspace], object]) -> Callable[[], Path]:
    """Return a function that makes data folders: *fill* writes one, all get a copy of its database."""
    written: list[Path] = []

    def make() -> Path:
        if not written:
            workspace = open_workspace(Settings(data_dir=folders.mktemp("written")))
            fill(workspace)
            workspace.store.close()
            written.append(workspace.settings.database_path)
        folder = folders.mktemp("lent")
        shutil.copy(written[0], Settings(data_dir=folder).database_path)
        return folder

    return make
