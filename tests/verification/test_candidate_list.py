"""The list of candidates and the provincial survey computed again: by hand, in every form, altered."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from geoapp.cli import main
from geoapp.errors import FormatError, UsageError
from geoapp.reports.record_table import record_table_bytes
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.candidate_table import candidate_data, candidate_table
from geoapp.services.candidates import CandidateList, candidate_list
from geoapp.services.remediation_lists import list_sheet
from geoapp.services.survey_table import survey_data, survey_file
from geoapp.services.verify import Verifier, source_of
from geoapp.services.workspace import Workspace
from geoapp.verification.candidate_list import candidate_list_figures
from geoapp.verification.checking import Checked
from geoapp.verification.remediation import survey_figures
from tests.lending import Lender, lend_workspaces
from tests.lists_district import fill_lists
from tests.services.test_candidates import fill

DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    yield from lend_workspaces(tmp_path_factory, fill)


@pytest.fixture
def filled(lender: Lender[Workspace]) -> Iterator[Workspace]:
    with lender.lent() as workspace:
        yield workspace


def listed(workspace: Workspace, **chosen: Any) -> CandidateList:
    return candidate_list(workspace, AsOf(workspace.store.revision(), DAY, is_now=False), **chosen)


def verified(workspace: Workspace, path: Path) -> Checked:
    verifier = Verifier(workspace)
    return verifier.verify(verifier.of_files([path])[0])


def written(path: Path, record: object) -> Path:
    path.write_text(json.dumps(record), "utf-8")
    return path


def assert_right(found: Checked, least: int) -> None:
    assert (found.refusal, [d.text for d in found.differences], list(found.unverified)) == ("", [], [])
    assert found.is_complete
    assert found.figure_count >= least


def test_a_candidate_by_hand(filled: Workspace) -> None:
    source = source_of(filled, filled.store.revision(), DAY)
    rows = candidate_list_figures(source, {}, None)
    # As in the first path's test: 0.75 of 25, 15, 0 of 10, 0.9 of 10, 10, half of 5; tax (25) is unknown.
    known = 0.75 * 25 + 15 + 9 + 10 + 2.5
    row = {name: figure.value for name, figure in rows["甲"].items()}
    assert row["score"] == pytest.approx(100 * known / 75, abs=1e-6)
    assert (row["least"], row["most"]) == (pytest.approx(known), pytest.approx(known + 25 + 10))
    assert (row["rank"], row["completeness"], row["potential_gfa_m2"]) == (1, 0.75, 45_000)
    assert row["points_owner_will"] == pytest.approx(100 * 10 / 75)
    assert row["points_tax_gap"] is None
    # Fewer candidates than the first so many: each is always among them.
    assert row["top_share"] == 1.0
    total = {name: figure.value for name, figure in rows["(total)"].items()}
    assert total == {"candidate": 6, "excluded": 4, "open": 1, "listed": 6}
    # The owner's will alone: 甲 has all, 乙 none, of the others it is not known.
    ranks = candidate_list_figures(source, {"weights": "0,0,0,0,0,10,0"}, None)
    assert [ranks[code]["rank"].value for code in ("甲", "乙", "丙", "限高")] == [1, 2, 3, 3]
    assert ranks["丙"]["score"].value is None
    for asked in ({"weights": "1,2"}, {"weights": "一,二"}, {"top": "很多"}):
        with pytest.raises(UsageError, match="指纹里的"):
            candidate_list_figures(source, asked, None)


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"weights": "1,2,3,4,5,6.125,7", "top_count": 2},
        {"filter_text": "far < 2", "top_count": 1},
        {"weights": "0,0,0,0,0,10,0", "top_count": 1},
    ],
)
def test_lists_are_computed_again_in_every_form(
    filled: Workspace, tmp_path: Path, chosen: dict[str, Any]
) -> None:
    found = listed(filled, **chosen)
    assert_right(
        verified(filled, written(tmp_path / "甲.json", candidate_data(filled, found))),
        18 * len(found.candidates),
    )
    first_two = candidate_data(filled, found, 2)
    assert_right(verified(filled, written(tmp_path / "两宗.json", first_two)), 36)
    for ending in (".csv", ".xlsx", ".geojson", ".gpkg"):
        path = tmp_path / f"乙{ending}"
        path.write_bytes(record_table_bytes(candidate_table(filled, found, "ha"), ending))
        assert_right(verified(filled, path), 18 * len(found.candidates))


def test_an_altered_figure_of_a_map_is_named(filled: Workspace, tmp_path: Path) -> None:
    table = candidate_table(filled, listed(filled), "mu")
    path = tmp_path / "甲.geojson"
    record = json.loads(record_table_bytes(table, ".geojson"))
    properties = record["features"][0]["properties"]
    assert properties["plot_code"] == "甲"
    # 100 x 55.25 / 75, as worked out above, to four decimals.
    assert properties["score"] == 73.6667
    properties["score"] = 73.6669
    [difference] = verified(filled, written(path, record)).differences
    assert (difference.where, difference.found) == ("第 1 个图形的 score（甲）", "73.6669")
    properties["score"], properties["name"] = "很多", "甲"
    with pytest.raises(FormatError, match="第 1 个图形的 score（甲）是“很多”，不是数"):
        verified(filled, written(path, record))
    del record["columns"]
    with pytest.raises(FormatError, match="缺少“地块编号”这一列"):
        verified(filled, written(path, record))


def test_an_altered_figure_of_a_geopackage_is_named(filled: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "甲.gpkg"
    path.write_bytes(record_table_bytes(candidate_table(filled, listed(filled), "mu"), ".gpkg"))
    with closing(sqlite3.connect(path)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE candidates SET potential_gfa_m2 = 45001 WHERE plot_code = '甲'")
    [difference] = verified(filled, path).differences
    assert difference.where == "第 1 个图形的 potential_gfa_m2（甲）"
    assert (difference.expected, difference.found) == ("45,000", "45,001")


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("score", 12.0, "score（甲）"),
        ("top_share", 0.4, "top_share（甲）"),
        ("interval", [0.0, 100.0], "least（甲）"),
        ("potential_gfa_m2", 1.0, "potential_gfa_m2（甲）"),
    ],
)
def test_an_altered_figure_is_named(
    filled: Workspace, tmp_path: Path, name: str, value: object, where: str
) -> None:
    record = candidate_data(filled, listed(filled, top_count=2))
    record["candidates"][0][name] = value
    differences = verified(filled, written(tmp_path / "甲.json", record)).differences
    assert differences[0].where == where


def test_a_candidate_left_out_and_a_list_cut_short_are_named(filled: Workspace, tmp_path: Path) -> None:
    record = candidate_data(filled, listed(filled))
    del record["candidates"][1]
    [difference] = verified(filled, written(tmp_path / "甲.json", record)).differences
    assert "缺少 1 行" in difference.where
    record = candidate_data(filled, listed(filled))
    del record["candidates"][-1]
    record["listed"] = 5
    [difference] = verified(filled, written(tmp_path / "乙.json", record)).differences
    assert difference.where == "指纹"


@pytest.mark.parametrize("ending", [".xlsx", ".geojson", ".gpkg"])
def test_command_writes_files_that_verify(filled: Workspace, tmp_path: Path, ending: str) -> None:
    path, folder = tmp_path / f"候选{ending}", str(filled.settings.data_dir)
    done = CliRunner().invoke(
        main, ["candidates", "--output", str(path), "--unit", "mu", "--data-dir", folder]
    )
    assert (done.exit_code, done.output) == (0, "")
    assert_right(verified(filled, path), 100)
    verifier = Verifier(filled)
    assert_right(verifier.verify(verifier.of_log()[-1]), 100)


def test_both_are_among_the_standard_tables(filled: Workspace) -> None:
    verifier = Verifier(filled)
    tasks = {task.name: task for task in verifier.of_now()}
    assert_right(verifier.verify(tasks["二次开发候选地块"]), 100)
    assert_right(verifier.verify(tasks["低效用地调查表"]), 1)


def test_the_survey_by_hand_and_as_a_file(district: Workspace, tmp_path: Path) -> None:
    fill_lists(district)
    state = AsOf(district.store.revision(), DAY, is_now=False)
    rows = survey_figures(source_of(district, state.revision, DAY), "2026", "L4")
    found = {name: figure.value for name, figure in rows["DK-A"].items()}
    # 30,000 m2, 24,000 counted, 12,000 m2 of footprint in the register of plots or none; 90 on 45 亩.
    assert (found["site_area_m2"], found["area_reg_m2"], found["far"]) == (30_000, 30_000, 0.8)
    assert found["tax_wan_per_mu"] == pytest.approx(2.0)
    assert rows["(total)"]["count"].value == 1
    sheet = list_sheet(district, state, year=2026, list_code="L4")
    assert_right(verified(district, written(tmp_path / "甲.json", survey_data(district, sheet))), 6)
    path = tmp_path / "调查.xlsx"
    path.write_bytes(survey_file(district, sheet))
    assert_right(verified(district, path), 5)
    book = openpyxl.load_workbook(path)
    column = next(cell.column for cell in book["表1-2"][5] if cell.value == "登记面积（亩）")
    book["表1-2"].cell(6, column).value = 46
    book.save(path)
    [difference] = verified(district, path).differences
    assert "登记面积（亩）" in difference.where
    with pytest.raises(UsageError, match="不是年份"):
        survey_figures(source_of(district, state.revision, DAY), "x", "L4")


def test_scores_of_a_file_are_rounded_once(demo_workspace: Workspace, tmp_path: Path) -> None:
    """67.532850... is 67.5329; rounded to six decimals first it became 67.5328."""
    found = candidate_list(demo_workspace, as_of(demo_workspace))
    path = tmp_path / "甲.csv"
    path.write_bytes(record_table_bytes(candidate_table(demo_workspace, found, "mu"), ".csv"))
    assert_right(verified(demo_workspace, path), 5000)
