"""The files that docs/extending.md shows work as they stand there, in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from geoapp.resources import CHECKOUT_DIR

COPIED = ("geoapp", "layers", "templates", "data", "tests", "README.md", "pyproject.toml")
SHOWN = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCANNED = ("tests/test_completeness.py", "tests/rules", "tests/statistics", "tests/layers")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GEOAPP_", "COV", "PYTEST"))}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=kept, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with every file that the document shows."""
    folder = tmp_path_factory.mktemp("extended")
    for name in COPIED:
        source = CHECKOUT_DIR / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    shown = SHOWN.findall((CHECKOUT_DIR / "docs" / "extending.md").read_text(encoding="utf-8"))
    assert len(shown) == 8
    for name, text in shown:
        path = folder / name
        assert not path.exists(), name
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_everything_shown_is_whole_and_its_cases_hold(extended: Path) -> None:
    done = run(extended, "pytest", "-q", "-p", "no:cacheprovider", *SCANNED)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.slow
def test_shown_register_serves_as_zones_and_shown_statistic_as_column(extended: Path, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    sample = "data/geo/noise_zones.geojson"
    stored = run(
        extended, "geoapp", "import", "noise_zones", sample, "--user", "t", "--yes", "--data-dir", data
    )
    assert stored.returncode == 0, stored.stderr
    table = run(extended, "geoapp", "stats", "--zones", "noise_zones", "--json", "--data-dir", data)
    assert table.returncode == 0, table.stderr
    assert "示例噪声区" in table.stdout
    assert "open_land_mu" in table.stdout


def test_shown_format_is_read(extended: Path, tmp_path: Path) -> None:
    points, target = tmp_path / "a.pts", tmp_path / "a.geojson"
    points.write_text("一号,644798.679,3316404.248\n", encoding="utf-8")
    done = run(extended, "geoapp", "convert", str(points), str(target), "--from-crs", "EPSG:4549")
    assert done.returncode == 0, done.stderr
    assert "一号" in target.read_text(encoding="utf-8")
