"""Exported supervision reports: as written they verify, with one figure altered the cell is named."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from geoapp.domain.fingerprint import parse_fingerprint, take_fingerprint
from geoapp.reports.supervision_tables import figure_row, supervision_record
from geoapp.reports.supervision_workbook import supervision_workbook
from geoapp.services.as_of import AsOf
from geoapp.services.supervision import supervision_table
from geoapp.services.target_sets import DIVISIONS
from geoapp.services.verify import Verifier
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from geoapp.verification.checking import Checked
from geoapp.verification.published_supervision import FIGURES
from tests.supervision_district import fill_supervised

DAY = date(2026, 1, 31)


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = fill_supervised(open_workspace(Settings(data_dir=tmp_path_factory.mktemp("verified"))))
    yield workspace
    workspace.store.close()


def report_of(workspace: Workspace, **asked: str) -> bytes:
    state = AsOf(workspace.store.revision(), DAY, is_now=False)
    return supervision_workbook(supervision_table(workspace, state, **asked), "ha")


def record_of(workspace: Workspace, period: str = "2025-Q2") -> dict:
    state = AsOf(workspace.store.revision(), DAY, is_now=False)
    return supervision_record(supervision_table(workspace, state, period=period), "mu")


def verified(workspace: Workspace, path: Path) -> Checked:
    verifier = Verifier(workspace)
    return verifier.verify(verifier.of_files([path])[0])


@pytest.mark.parametrize(
    "asked",
    [
        {"period": "2025-Q2"}, {"period": "2025-Q1", "membership": "clip"}, {"period": "2024-11"},
        {"period": "2025-05", "membership": "largest"}, {"period": "2026-01"}, {"period": "2025-Q2", "by": "park"},
        {"period": "2025-Q2", "by": "park", "membership": "centroid"}, {"period": "2020-Q4"},
    ],
)  # fmt: skip
def test_workbook_is_computed_again(towns: Workspace, tmp_path: Path, asked: dict[str, str]) -> None:
    path = tmp_path / "通报.xlsx"
    path.write_bytes(report_of(towns, **asked))
    found = verified(towns, path)
    assert ([d.text for d in found.differences], found.refusal, found.is_complete) == ([], "", True)
    rows = 3 if asked.get("by") == "park" else 7
    assert found.figure_count == rows * len(FIGURES)


def test_altered_cell_is_named(towns: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "通报.xlsx"
    path.write_bytes(report_of(towns, period="2025-Q2"))
    book = openpyxl.load_workbook(path)
    sheet = book["督查通报"]
    assert sheet["B6"].value == "3号镇"
    assert sheet["G6"].value == 1
    sheet["G6"] = 2
    book.save(path)
    found = verified(towns, path)
    assert [d.text for d in found.differences] == ["表“督查通报”单元格 G6（3号镇，排名）：应为 1，实为 2。"]


@pytest.mark.parametrize("figure", ["land_done", "floor_target", "started_percent"])
def test_wrong_figure_with_a_right_fingerprint_is_found(
    towns: Workspace, tmp_path: Path, figure: str
) -> None:
    record = record_of(towns)
    record["rows"][1][figure] += 1
    found = parse_fingerprint(record["fingerprint"])
    record["fingerprint"] = take_fingerprint(found.origin, "mu", map(figure_row, record["rows"])).text
    path = tmp_path / "通报.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    assert [d.where for d in verified(towns, path).differences] == [f"rows[1].{figure}（1号镇）"]


def test_row_taken_out_is_told(towns: Workspace, tmp_path: Path) -> None:
    record = record_of(towns)
    del record["rows"][0]
    path = tmp_path / "通报.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    assert "缺少 1 行（3号镇）" in verified(towns, path).differences[0].text


def test_unknown_kind_of_unit_is_refused(towns: Workspace, tmp_path: Path) -> None:
    record = record_of(towns)
    found = parse_fingerprint(record["fingerprint"])
    query = tuple((name, "village" if name == "by" else value) for name, value in found.origin.query)
    record["fingerprint"] = take_fingerprint(replace(found.origin, query=query), "mu", []).text
    path = tmp_path / "通报.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    assert "village" in verified(towns, path).refusal


def test_targets_divided_anew_are_said(towns: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "通报.xlsx"
    path.write_bytes(report_of(towns, period="2025-Q2"))
    division = towns.settings.data_dir / DIVISIONS / "own.toml"
    text = division.read_text(encoding="utf-8")
    division.write_text(text.replace("value = 45", "value = 4500"), encoding="utf-8")
    try:
        found = verified(towns, path)
    finally:
        division.write_text(text, encoding="utf-8")
    assert "目标方案的数改过" in found.notes[0]
    assert found.differences
