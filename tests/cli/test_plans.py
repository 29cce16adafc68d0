"""`geoapp whatif` and `geoapp portfolio`: the pages' answers in the terminal, as JSON and as files."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geoapp.cli import main
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.services.test_portfolio import CANDIDATES
from tests.small_district import fill, write


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plans")
    workspace = open_workspace(Settings(data_dir=folder))
    write(fill(workspace), plots=CANDIDATES)
    workspace.store.close()
    return folder


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data-dir", str(folder)])


def test_whatif_in_the_terminal(installation: Path) -> None:
    answer = run(installation, "whatif", "DK-A", "DK-B", "--mode", "M01", "--far", "2.0", "--unit", "ha")
    assert answer.exit_code == 1, answer.output  # nobody knows what goes of DK-B
    assert "新增建筑面积（毛）118,000.00 平方米" in answer.output
    assert "5.5000 公顷" in answer.output
    assert "盘活低效工业用地" in answer.output


def test_whatif_with_findings_ends_with_one(installation: Path) -> None:
    answer = run(installation, "whatif", "DK-B", "--mode", "M02", "--far", "1.0")
    assert answer.exit_code == 1
    assert "已高于目标 1.00" in answer.output


def test_whatif_json_is_the_page_s(installation: Path) -> None:
    record = json.loads(run(installation, "whatif", "DK-A", "--mode", "M03", "--far", "1", "--json").output)
    assert record["totals"]["gross_m2"] == 6_000.0
    assert record["mode_zh"] == "零土地技改"


def test_portfolio_in_the_terminal_and_as_json(installation: Path) -> None:
    answer = run(installation, "portfolio", "--area", "80", "--inside", "--objective", "cost")
    assert answer.exit_code == 0, answer.output
    assert "造价最低的组合：2 个项目，已证明最优" in answer.output
    assert "次优组合" not in answer.output  # only these two have a cost and lie inside
    record = json.loads(run(installation, "portfolio", "--area", "80", "--far", "1.5", "--json").output)
    assert record["choice"]["project_count"] == 2
    assert len(record["alternatives"]) == 3


def test_portfolio_that_does_not_fit_ends_with_one(installation: Path) -> None:
    answer = run(installation, "portfolio", "--area", "80", "--projects", "1", "--towns")
    assert answer.exit_code == 1
    assert "把项目数上限放宽到 2 个" in answer.output


def test_alternatives_are_listed(installation: Path) -> None:
    answer = run(installation, "portfolio", "--area", "40")
    assert "次优组合 3" in answer.output


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".json"])
@pytest.mark.parametrize(
    "words", [("whatif", "DK-A", "--mode", "M06"), ("portfolio", "--area", "80")], ids=["whatif", "portfolio"]
)
def test_files_are_written(installation: Path, tmp_path: Path, suffix: str, words: tuple[str, ...]) -> None:
    path = tmp_path / f"方案{suffix}"
    assert run(installation, *words, "--output", str(path)).exit_code == 0
    assert path.stat().st_size > 100


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("whatif", "DK-A", "--mode", "M01", "--far", "-1"), "目标容积率“-1”不正确"),
        (("whatif", "DK-A", "--mode", "M01"), "要给出目标容积率"),
        (("whatif", "DK-A", "--mode", "M77"), "改造方式“M77”不认识"),
        (("whatif", "没有", "--mode", "M06"), "没有“没有”"),
        (("whatif", "DK-A", "--mode", "M06", "--output", "x.pdf"), "不能写成“.pdf”文件"),
        (("whatif", "--mode", "M06"), "地块编号"),
        (("portfolio",), "没有给出要达到的目标"),
        (("portfolio", "--area", "1", "--budget", "0"), "预算上限（万元）“0”不正确"),
        (("portfolio", "--area", "1", "--projects", "0"), "项目数上限“0”不正确"),
        (("portfolio", "--area", "1", "--output", "x.pdf"), "不能写成“.pdf”文件"),
    ],
)
def test_what_is_not_right_is_one_chinese_line(
    installation: Path, words: tuple[str, ...], complaint: str
) -> None:
    answer = run(installation, *words)
    assert answer.exit_code == 2
    assert complaint in answer.output
