"""The evaluation per 亩 computed again: the figures worked out by hand, files in every form, what was altered named."""

import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from geoapp.errors import FormatError, UsageError
from geoapp.reports.record_table import record_table_bytes
from geoapp.services.as_of import AsOf
from geoapp.services.evaluation import evaluate_with, evaluate_year
from geoapp.services.evaluation_record import evaluation_record
from geoapp.services.evaluation_table import evaluation_table
from geoapp.services.verify import Verifier, source_of
from geoapp.services.workspace import Workspace
from geoapp.verification.checking import Checked
from geoapp.verification.evaluation import plain_evaluation
from tests.evaluation_district import SCORES, YEAR, fill_evaluation, spoil
from tests.small_district import write

DAY = date(2026, 3, 1)
OWN_RULE = {"valid_from_on": "2025-01-01", "document_no": "文", "reason": "试", "entered_by": "分局"}
WEIGHTS = {"tax_per_mu": 70.0, "tax_per_power": 30.0}


@pytest.fixture
def evaluated(workspace: Workspace) -> Workspace:
    return fill_evaluation(workspace)


def state_of(workspace: Workspace) -> AsOf:
    return AsOf(workspace.store.revision(), DAY, is_now=False)


def record_of(workspace: Workspace, code: str | None = None, weights: dict[str, float] | None = None) -> dict:
    state = state_of(workspace)
    found = evaluate_year(workspace, YEAR, state)
    if weights and code:
        found = evaluate_with(workspace, found, code, weights, state)
    return evaluation_record(workspace, found, state, code=code, unit="mu", weights=weights)


def verified(workspace: Workspace, path: Path) -> Checked:
    verifier = Verifier(workspace)
    return verifier.verify(verifier.of_files([path])[0])


def written(path: Path, record: dict) -> Path:
    path.write_text(json.dumps(record), "utf-8")
    return path


def test_scores_and_grades_are_those_worked_out_by_hand(evaluated: Workspace) -> None:
    source = source_of(evaluated, evaluated.store.revision(), DAY)
    found = {firm.uscc: firm for firm in plain_evaluation(source, YEAR).firms}
    assert {code: round(found[code].score, 4) for code in SCORES} == SCORES
    # 10,000 m2 of which a tenant uses 3,000: B1 has leased 3,000 out and uses 7,000.
    land = found["B1"].land
    assert (land.owned, land.leased_out, land.used) == (10_000.0, 3_000.0, 7_000.0)
    assert [found[code].grade for code in SCORES] == ["B", "C", "D"]
    assert [found[code].rank for code in SCORES] == [1, 2, 3]


@pytest.mark.parametrize(
    ("code", "weights"), [(None, None), ("below_scale_large", WEIGHTS), ("tenant", None)]
)
def test_spoilt_district_is_computed_again(
    evaluated: Workspace, tmp_path: Path, code: str | None, weights: dict[str, float] | None
) -> None:
    spoil(evaluated)
    checked = verified(evaluated, written(tmp_path / "e.json", record_of(evaluated, code, weights)))
    assert ([found.text for found in checked.differences], checked.is_complete) == ([], True)
    assert checked.figure_count > 50


def test_demo_district_with_small_tenants_that_follow_owners(
    demo_workspace: Workspace, tmp_path: Path
) -> None:
    checked = verified(demo_workspace, written(tmp_path / "e.json", record_of(demo_workspace)))
    assert ([found.text for found in checked.differences], checked.is_complete) == ([], True)


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("evaluation_follow_owner_mu", "5"), ("evaluation_outright_in_quota", "是"), ("evaluation_land_by_days", "否"),
        ("evaluation_follow_in_micro_parks", "是"), ("evaluation_tenants_first", "否"),
    ],
)  # fmt: skip
def test_numbers_of_the_office_change_both_paths_alike(
    evaluated: Workspace, tmp_path: Path, number: str, value: str
) -> None:
    spoil(evaluated)
    write(evaluated, policy_values=[OWN_RULE | {"number_id": number, "value": value}])
    assert evaluated.policy_findings(evaluated.store.revision()) == ()
    checked = verified(evaluated, written(tmp_path / "e.json", record_of(evaluated)))
    assert ([found.text for found in checked.differences], checked.is_complete) == ([], True)


def files(workspace: Workspace, folder: Path) -> dict[str, Path]:
    state = state_of(workspace)
    table = evaluation_table(workspace, evaluate_year(workspace, YEAR, state), state, code=None, unit="ha")
    paths = {suffix: folder / f"e{suffix}" for suffix in (".csv", ".xlsx")}
    for suffix, path in paths.items():
        path.write_bytes(record_table_bytes(table, suffix))
    return paths


def test_files_are_computed_again(evaluated: Workspace, tmp_path: Path) -> None:
    spoil(evaluated)
    for path in files(evaluated, tmp_path).values():
        checked = verified(evaluated, path)
        assert ([found.text for found in checked.differences], checked.is_complete) == ([], True)
        assert checked.figure_count == 9 * len(record_of(evaluated)["enterprises"])


def test_altered_figures_are_named(evaluated: Workspace, tmp_path: Path) -> None:
    record = record_of(evaluated)
    record["lists"][1]["grades"]["A"] = 1
    record["enterprises"][0]["grade"] = "A"
    texts = [found.text for found in verified(evaluated, written(tmp_path / "e.json", record)).differences]
    assert any("enterprises[0].grade" in text for text in texts)
    assert any("lists[1]" in text and "grade A" in text for text in texts)
    path = files(evaluated, tmp_path)[".xlsx"]
    book = openpyxl.load_workbook(path)
    sheet = book["记录"]
    place = [cell.value for cell in sheet[3]].index("综合得分") + 1
    sheet.cell(row=4, column=place).value = 99.0
    book.save(path)
    assert "综合得分" in verified(evaluated, path).differences[0].text


def test_what_cannot_be_read_is_refused(evaluated: Workspace, tmp_path: Path) -> None:
    record = record_of(evaluated)
    record["enterprises"][0]["grade"] = "Z"
    with pytest.raises(FormatError, match="不是档次"):
        verified(evaluated, written(tmp_path / "e.json", record))
    path = files(evaluated, tmp_path)[".csv"]
    path.write_text(path.read_text("utf-8-sig").replace(",137.7586,", ",好,"), "utf-8-sig")
    with pytest.raises(FormatError, match="不是数或档次"):
        verified(evaluated, path)
    source = source_of(evaluated, evaluated.store.revision(), DAY)
    with pytest.raises(UsageError, match="没有亩均评价数据"):
        plain_evaluation(source, 2020)
