"""`geoapp explain`: the proof sheet in the terminal, the same steps as on the page."""

import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geoapp.cli import main
from geoapp.services.plot_facts import today
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.opened import open_settings
from tests.small_district import BUILDINGS, fill, write


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small district, only read."""
    folder = tmp_path_factory.mktemp("explain")
    with fill(open_workspace(Settings(data_dir=folder))).store:
        return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, arguments)])


def test_a_clean_plot_is_explained_and_done(data_dir: Path) -> None:
    result = run("DK-A", "--data-dir", data_dir)
    assert result.exit_code == 0
    for words in (
        "示例地块甲（DK-A）容积率 0.80", "12,000.00 × 1 = 12,000.00", "6,000.00 × 2 = 12,000.00",
        "24,000.00 ÷ 30,000.00 = 0.80", "29,984.47", "2.9984", "44.98", "采用", "层高大于 8 米的乘 2", "2008-01-31",
        "第 1 次修订",
    ):  # fmt: skip
        assert words in result.stdout, words
    assert "需要核对" not in result.stdout


def test_findings_end_with_one(data_dir: Path) -> None:
    result = run("DK-B", "--data-dir", data_dir)
    assert result.exit_code == 1
    assert "需要核对" in result.stdout
    assert "（/plots/DK-B）：椭球面积与采用的用地面积相差 984.43 平方米（3.39%），超过 2%" in result.stdout
    assert "[/" not in result.stdout  # markup of ours is interpreted, text of the register is not
    assert "<img src=x" in result.stdout


def test_unknown_figures_are_dashes(data_dir: Path) -> None:
    result = run("DK/C", "--data-dir", data_dir)
    assert result.exit_code == 1
    assert "容积率 —" in result.stdout
    assert "nan" not in result.stdout.lower()


@pytest.mark.parametrize("plot_code", ["DK-A", "DK-B", "DK/C"])
def test_command_page_and_json_are_equal(data_dir: Path, plot_code: str) -> None:
    client = create_app(open_settings(data_dir)).test_client()
    spoken = json.loads(run(plot_code, "--json", "--data-dir", data_dir).stdout)
    assert spoken == client.get(f"/plots/{plot_code}/proof.json").json
    page = re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", client.get(f"/plots/{plot_code}/proof").text)))
    printed = run(plot_code, "--data-dir", data_dir).stdout
    for step in (*spoken["buildings"], *spoken["ratios"], *spoken["support"]["shares"]):
        assert step["formula"] in page
        assert step["formula"] in printed
    for finding in spoken["findings"]:
        assert finding["message"] in page
        assert finding["message"] in printed


def test_an_older_day_and_wrong_use_end_with_two(data_dir: Path) -> None:
    before = run("DK-A", "--at", today() - timedelta(days=1), "--data-dir", data_dir)
    assert (before.exit_code, "还没有地块" in before.stderr) == (2, True)
    unknown = run("DK-X", "--data-dir", data_dir)
    assert (unknown.exit_code, "DK-X" in unknown.stderr) == (2, True)
    assert run("DK-A", "--at", "昨天", "--data-dir", data_dir).exit_code == 2
    assert run("--data-dir", data_dir).exit_code == 2


def test_a_negative_floor_area_is_said_not_to_count(tmp_path: Path) -> None:
    workspace = fill(open_workspace(Settings(data_dir=tmp_path)))
    with workspace.store:
        write(
            workspace, buildings=[{**BUILDINGS[0], "gfa_m2": -100.0}, {**BUILDINGS[1], "footprint_m2": -1.0}]
        )
    result = run("DK-A", "--data-dir", tmp_path)
    assert result.exit_code == 1
    words = re.sub(r"[\s│┃]+", "", result.stdout)
    assert "−100.00" in words
    assert "建筑面积−100.00是负数，不计" in words
    assert "建筑面积是负数（−100.00平方米），不计。请改正。" in words
    assert not re.search(r"-\d+\.\d", words)  # dates alone have such a sign
