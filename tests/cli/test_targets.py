"""`geoapp targets`: the ledger in the terminal, as JSON and as files."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geoapp.cli import main
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from tests.small_district import fill


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("targets")
    workspace: Workspace = open_workspace(Settings(data_dir=folder))
    fill(workspace)
    workspace.store.close()
    return folder


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["targets", *words, "--data-dir", str(folder)])


def test_terminal_shows_every_target_and_what_is_unknown(installation: Path) -> None:
    answer = run(installation)
    assert answer.exit_code == 0, answer.output
    assert "攻坚行动方案（2021—2025年） 全区" in answer.output
    assert "盘活低效工业用地" in answer.output
    assert "期满" in answer.output
    assert "没有到" in answer.output


def test_json_is_the_pages(installation: Path) -> None:
    record = json.loads(run(installation, "municipal_2027", "--json", "--unit", "m2").output)
    assert record["set"] == "municipal_2027"
    assert record["indicators"][1]["targets"][0]["value"] == pytest.approx(20_000_000.0)
    opened = json.loads(run(installation, "--indicator", "revitalised_area", "--json").output)
    assert [member["plot_code"] for member in opened["members"]] == ["DK-A"]
    assert opened["members"][0]["amount"] == 6.0  # 4,000 m2


def test_town_without_targets_has_its_actual(installation: Path) -> None:
    answer = run(installation, "--scope", "town:330205103")
    assert "没有分解到慈城镇" in answer.output


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".json"])
@pytest.mark.parametrize("words", [(), ("--indicator", "revitalised_area")])
def test_files_are_written(installation: Path, tmp_path: Path, suffix: str, words: tuple[str, ...]) -> None:
    path = tmp_path / f"目标{suffix}"
    assert run(installation, *words, "--output", str(path)).exit_code == 0
    assert path.stat().st_size > 100


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("nope",), "没有目标方案“nope”"),
        (("--indicator", "nope"), "没有指标“nope”"),
        (("--at", "soon"), "不是日期"),
        (("--unit", "acre"), "acre"),
        (("--scope", "town:9"), "没有镇街"),
        (("--output", "x.pdf"), "不能写成“.pdf”文件；可用的后缀：.xlsx、.csv、.json"),
    ],
)
def test_what_is_not_there_is_one_chinese_line(
    installation: Path, words: tuple[str, ...], complaint: str
) -> None:
    answer = run(installation, *words)
    assert answer.exit_code == 2
    assert complaint in answer.output
