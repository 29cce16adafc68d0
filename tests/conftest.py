"""Fixtures that several folders share: an empty installation, and one with the demo district."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings


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

    workspace = open_workspace(Settings(data_dir=tmp_path_factory.mktemp("demo"), is_demo=True))
    load_demo(workspace)
    yield workspace
    workspace.store.close()
