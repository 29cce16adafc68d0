"""`geoapp supervision`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geoapp.cli import main
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.supervision_district import fill_supervised


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("supervision-cli")
    fill_supervised(open_workspace(Settings(data_dir=folder))).store.close()
    return folder


def run(data_dir: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["supervision", "--data-dir", str(data_dir), *words])


def test_table_on_the_screen(data_dir: Path) -> None:
    result = run(data_dir, "--period", "2025-Q2")
    assert result.exit_code == 0, result.output
    for words in ("督查通报（2025年第二季度）", "3号镇", "+2", "后三名", "没有分解年度目标", "第 1 次修订"):
        assert words in result.output


def test_data_and_workbook_that_verifies(data_dir: Path, tmp_path: Path) -> None:
    record = json.loads(run(data_dir, "--by", "park", "--period", "2025-05", "--json").output)
    assert [row["key"] for row in record["rows"]] == ["park:K1", "elsewhere", "total"]
    path = tmp_path / "通报.xlsx"
    assert run(data_dir, "--period", "2025-Q1", "--membership", "clip", "--xlsx", str(path)).exit_code == 0
    checked = CliRunner().invoke(main, ["verify", "--data-dir", str(data_dir), str(path)])
    assert (checked.exit_code, "0 处不符" in checked.output) == (0, True), checked.output


@pytest.mark.parametrize("words", [("--period", "2025"), ("--by", "village"), ("--set", "none")])
def test_wrong_use_ends_with_2(data_dir: Path, words: tuple[str, str]) -> None:
    assert run(data_dir, *words).exit_code == 2
