"""`geoapp verify` in the terminal: exit codes and what it says."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geoapp.cli import main
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.small_district import fill


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify-cli")
    fill(open_workspace(Settings(data_dir=folder))).store.close()
    return folder


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data-dir", str(folder)])


def test_without_files_what_is_now_then_what_was_published(installation: Path, tmp_path: Path) -> None:
    answer = run(installation, "verify", "--json")
    assert answer.exit_code == 0, answer.output
    assert len(json.loads(answer.stdout)["tables"]) == 8
    assert run(installation, "stats", "--out", str(tmp_path / "统计.csv")).exit_code == 0
    assert run(installation, "targets", "--output", str(tmp_path / "目标.csv")).exit_code == 0
    answer = run(installation, "verify")
    assert answer.exit_code == 0
    assert "相符 统计.csv" in answer.output
    assert "没有重算的列" in answer.output
    assert "共 2 张表" in answer.output


def test_altered_file_is_a_finding(installation: Path, tmp_path: Path) -> None:
    path = tmp_path / "统计.json"
    assert run(installation, "stats", "--show", "site_area", "--out", str(path)).exit_code == 0
    record = json.loads(path.read_text("utf-8"))
    for row in record["rows"]:
        row["site_area_mu"] += 1.0
    path.write_text(json.dumps(record), "utf-8")
    answer = run(installation, "verify", str(path))
    assert answer.exit_code == 1
    assert "不符 统计.json" in answer.output
    assert "应为" in answer.output


def test_what_cannot_be_read_is_usage(installation: Path, tmp_path: Path) -> None:
    path = tmp_path / "空.csv"
    path.write_text("a\r\n", "utf-8")
    answer = run(installation, "verify", str(path))
    assert answer.exit_code == 2
    assert "不能核对 空.csv" in answer.output
    assert "没有指纹" in answer.output
