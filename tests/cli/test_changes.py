"""`geoapp changes`: the same as /changes."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geoapp.cli import main
from geoapp.services.plot_facts import today
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.small_district import PLOTS, fill, write
from tests.two_states import back_to

BEFORE = today() - timedelta(days=60)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("changes")
    with back_to(fill(open_workspace(Settings(data_dir=folder))), BEFORE).store as store:
        workspace = open_workspace(Settings(data_dir=folder))
        write(workspace, plots=[{**PLOTS[0], "area_reg_m2": 31_000.0}])
        workspace.store.close()
        store.close()
    return folder


def run(data_dir: Path, *arguments: str) -> Result:
    words = ["changes", "--from", BEFORE.isoformat(), *arguments, "--data-dir", str(data_dir)]
    return CliRunner().invoke(main, words)


def test_terminal_tells_zones_and_plots(data_dir: Path) -> None:
    result = run(data_dir)
    assert result.exit_code == 0
    for words in ("慈城镇", "+1.50", "示例地块甲", "面积变化", "tester：示例"):
        assert words in result.stdout, words


def test_json_is_the_pages(data_dir: Path) -> None:
    data = json.loads(run(data_dir, "--json", "--unit", "m2").stdout)
    assert [(row["plot_code"], row["difference_m2"]) for row in data["changes"]] == [("DK-A", 1_000.0)]


def test_file_is_written_and_other_endings_are_refused(data_dir: Path, tmp_path: Path) -> None:
    assert run(data_dir, "--out", str(tmp_path / "a.csv"), "--part", "zones").exit_code == 0
    assert "慈城镇" in (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    refused = run(data_dir, "--out", str(tmp_path / "a.pdf"))
    assert refused.exit_code == 2
    assert "可用的后缀：.csv、.xlsx" in refused.stderr
    assert run(data_dir, "--unit", "acre").exit_code == 2


def test_statistics_take_a_day_and_a_unit(data_dir: Path) -> None:
    words = ["stats", "--show", "site_area", "--data-dir", str(data_dir), "--unit", "m2", "--json"]
    then, now = (
        json.loads(CliRunner().invoke(main, [*words, *more]).stdout)["rows"][-1]["site_area_m2"]
        for more in (["--at", BEFORE.isoformat()], [])
    )
    assert now - then == pytest.approx(1_000.0)
    refused = CliRunner().invoke(main, [*words, "--at", BEFORE.isoformat(), "--revision", "1"])
    assert refused.exit_code == 2
    assert "--revision 不能和 --at 一起用" in refused.stderr
