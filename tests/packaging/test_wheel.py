"""The built wheel, in an environment of its own and run from another folder, serves the same pages."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from geoapp.resources import CHECKOUT_DIR
from tests.servers import Server, start_server, stop_server

PAGES = (
    "/",
    "/statistics",
    "/imports",
    "/assets/geoapp.css",
    "/static/vendor/leaflet/leaflet.js",
    "/static/vendor/echarts/echarts.common.min.js",
    "/layers/towns.geojson?bbox=121.3,29.8,121.7,30.1&zoom=11",
)
SOURCES = (".py", ".toml", ".js", ".css", ".svg")
CHANGING = re.compile(
    r'(nonce|content|value|data-csrf)="[^"]*"|"nonce": *"[^"]*"|map_[0-9a-f]{32}|[0-9a-f]{32}|\d{4}-\d\d-\d\d \d\d:\d\d'
)


def run(*command: str | Path, cwd: Path) -> None:
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("GEOAPP_", "PYTHON", "COVERAGE", "COV_"))
    }
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, CHECKOUT_DIR, cwd=folder)
    return next(folder.glob("geoapp-*.whl"))


def page(server: Server, path: str) -> str:
    with urlopen(server.address + path, timeout=30) as response:  # noqa: S310 - our own server
        return CHANGING.sub("", response.read().decode("utf-8"))


def test_wheel_holds_registers_templates_demo_and_front_end(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        "geoapp/_share/layers/plots.toml",
        "geoapp/_share/layers/schemes/ningbo_jiangbei_default.toml",
        "geoapp/_share/templates/base.html",
        "geoapp/_share/data/geo/plots.geojson",
        "geoapp/web/assets/geoapp.css",
        "geoapp/web/static/vendor/leaflet/leaflet.js",
        "geoapp/policy/thresholds.toml",
    }
    for name in ("layers", "templates", "data/geo"):
        files = (path for path in (CHECKOUT_DIR / name).rglob("*.*") if path.suffix != ".pyc")
        expected |= {f"geoapp/_share/{path.relative_to(CHECKOUT_DIR).as_posix()}" for path in files}
    own = (path for path in (CHECKOUT_DIR / "geoapp").rglob("*.*") if path.suffix in SOURCES)
    expected |= {path.relative_to(CHECKOUT_DIR).as_posix() for path in own}
    assert expected - names == set()
    assert [name for name in names if name.endswith(".pyc")] == []


@pytest.mark.slow
def test_wheel_in_clean_environment_serves_the_same_pages(
    wheel: Path, demo_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = tmp_path / "environment"
    venv.create(environment)
    python = environment / "bin" / "python"
    install = ("-m", "pip", "--python", python, "install", "--quiet", "--no-compile", wheel)
    run(sys.executable, *install, cwd=tmp_path)
    monkeypatch.chdir(tmp_path)
    # The kernels of the checkout are compiled before the tests; once more would take a minute.
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    installed = start_server("demo", tmp_path / "data", tmp_path / "server.log", python=str(python))
    try:
        for path in PAGES:
            assert page(installed, path) == page(demo_server, path), path
    finally:
        stop_server(installed)
