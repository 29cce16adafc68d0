"""`geoapp verify` in the terminal: exit codes and what it says."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geoapp.cli import main
from geoapp.domain.fingerprint import parse_fingerprint, take_fingerprint
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
    assert len(json.loads(answer.stdout)["tables"]) == 12
    assert run(installation, "stats", "--out", str(tmp_path / "统计.csv")).exit_code == 0
    assert run(installation, "targets", "--output", str(tmp_path / "目标.csv")).exit_code == 0
    answer = run(installation, "verify")
    assert answer.exit_code == 0
    assert "相符 统计.csv" in answer.output
    assert "没有重算的列" not in answer.output
    assert "共 2 张表" in answer.output
    with (installation / "published/log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"at": "2026-01-')
    assert "第 3 行不完整" in run(installation, "verify").stderr


def test_a_figure_without_a_second_computation_is_loud(installation: Path, tmp_path: Path) -> None:
    path = tmp_path / "统计.json"
    assert run(installation, "stats", "--show", "site_area", "--out", str(path)).exit_code == 0
    record = json.loads(path.read_text("utf-8"))
    record["columns"].append({"name": "new_figure_mu"})
    for row in record["rows"]:
        row["new_figure_mu"] = 1.0
    origin = parse_fingerprint(record["fingerprint"]).origin
    rows = [(row["name"], [row[column["name"]] for column in record["columns"]]) for row in record["rows"]]
    path.write_text(json.dumps(record | {"fingerprint": take_fingerprint(origin, "mu", rows).text}), "utf-8")
    answer = run(installation, "verify", str(path))
    assert answer.exit_code == 3
    assert "未全部重算 统计.json" in answer.output
    assert "没有重算的列（1），不能说它们相符：new_figure_mu" in answer.output
    assert "1 张没有全部重算" in answer.output
    record = json.loads(run(installation, "verify", str(path), "--json").stdout)
    assert (record["ok"], record["complete"]) == (True, False)


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
