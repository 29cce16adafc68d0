"""Fixtures that several folders share: an empty installation, and one with the demo district."""

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from flask import Flask

from geoapp.services import accounts
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from tests.lending import Lender, lend_apps, lend_workspaces
from tests.opened import open_settings
from tests.servers import Server, start_server, stop_server
from tests.small_district import fill
from tests.templates import CompiledOnce

# How long an example takes says more about the machine's other work than about the code.
hypothesis.settings.register_profile("geoapp", deadline=None)
hypothesis.settings.load_profile("geoapp")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave tests out of coverage (they run all the same) whose Python is followed in vain, at twice the time.

    What random examples reach differs from run to run: coverage must rest on those that were thought of. And in tests
    with a browser our code runs in a server's process. Some more are marked where they stand: they ask for everything
    at once, and all but a few lines that they reach are reached by the tests of each thing too.
    """
    for item in items:
        if item.get_closest_marker("hypothesis") or item.get_closest_marker("browser"):
            item.add_marker("no_cover")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Have the garbage collector pass over what stays to the end, thousands of tests and the libraries they import.

    It would look through all of that again and again, for a seventh of the time that tests take.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session")
def shipped_hasher() -> PasswordHasher:
    """What makes hashes of passwords outside of tests: 64 MB and a sixth of a second of the processor for each."""
    return accounts.HASHER


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords(shipped_hasher: PasswordHasher) -> Iterator[None]:
    """Hash the passwords of tests by the same algorithm at its least cost; what ships is tested by itself."""
    accounts.HASHER = PasswordHasher.from_parameters(CHEAPEST)
    yield
    accounts.HASHER = shipped_hasher


@pytest.fixture(scope="session", autouse=True)
def compiled_templates() -> Iterator[None]:
    """Let all applications of this process share the templates' code: compiling it takes longer than many a test."""
    Flask.jinja_options = {"bytecode_cache": CompiledOnce()}
    yield
    Flask.jinja_options = {}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty installation in a folder of its own."""
    return open_settings(tmp_path / "data")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of all registers without a record, to be copied: making one takes as long as many a test."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("empty"))
    open_workspace(settings).store.close()
    return settings.database_path


@pytest.fixture
def empty_installation(settings: Settings, empty_database: Path) -> Settings:
    """Settings of an empty installation whose database is there already."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(empty_database, settings.database_path)
    return settings


@pytest.fixture
def workspace(empty_installation: Settings) -> Workspace:
    """An empty installation."""
    return open_workspace(empty_installation)


@pytest.fixture(scope="session")
def districts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    yield from lend_workspaces(tmp_path_factory, fill)


@pytest.fixture
def district(districts: Lender[Workspace]) -> Iterator[Workspace]:
    """The small district; the same one from test to test until a test changes it."""
    with districts.lent() as workspace:
        yield workspace


@pytest.fixture(scope="session")
def district_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Flask]]:
    yield from lend_apps(tmp_path_factory, fill)


@pytest.fixture
def district_app(district_apps: Lender[Flask]) -> Iterator[Flask]:
    """The application over the small district; the same one from test to test until a test changes the district."""
    with district_apps.lent() as app:
        yield app


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The demo district, loaded once and only read."""
    from geoapp.services.demo import load_demo

    workspace = open_workspace(open_settings(tmp_path_factory.mktemp("demo")))
    load_demo(workspace)
    yield workspace
    workspace.store.close()


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo district, shared by tests that only read."""
    folder = tmp_path_factory.mktemp("demo-server")
    server = start_server("demo", folder / "data", folder / "server.log")
    yield server
    stop_server(server)


@pytest.fixture
def own_demo_server(tmp_path: Path) -> Iterator[Server]:
    """A demo district of the test's own, to write into."""
    server = start_server("demo", tmp_path / "data", tmp_path / "server.log")
    yield server
    stop_server(server)
