"""Fixtures that several folders share: an empty installation, and one with the demo district."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from tests.servers import Server, start_server, stop_server

# How long an example takes says more about the machine's other work than about the code.
hypothesis.settings.register_profile("geoapp", deadline=None)
hypothesis.settings.load_profile("geoapp")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty installation in a folder of its own."""
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def workspace(settings: Settings) -> Workspace:
    """An empty installation."""
    return open_workspace(settings)


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The demo district, loaded once and only read."""
    from geoapp.services.demo import load_demo

    workspace = open_workspace(Settings(data_dir=tmp_path_factory.mktemp("demo")))
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
