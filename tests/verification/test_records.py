"""Register tables' files held against the registers: every form and kind of cell, altered ones named by their place."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geoapp.domain.sight import LEAST_SIGHT
from geoapp.errors import FormatError
from geoapp.reports.record_table import record_table_bytes
from geoapp.services.as_of import as_of
from geoapp.services.publishing import publish_table, published_files
from geoapp.services.seen import seen_by
from geoapp.services.table_export import record_table
from geoapp.services.table_fingerprint import table_sums
from geoapp.services.verify import Verifier, source_of
from geoapp.services.workspace import Workspace
from geoapp.verification.checking import Checked
from geoapp.verification.records import known_fields, record_values, sum_values
from tests.lists_district import fill_lists
from tests.small_district import box, write

MAPS = (".geojson", ".gpkg")
Rows = list[list[str]]


@pytest.fixture
def filled(district: Workspace) -> Workspace:
    return fill_lists(district)


def exported(workspace: Workspace, folder: Path, register: str, ending: str, **asked: Any) -> Path:
    table = record_table(workspace, register, as_of(workspace), has_geometry=ending in MAPS, **asked)
    path = folder / f"{register}{ending}"
    path.write_bytes(record_table_bytes(table, ending))
    return path


def verified(workspace: Workspace, path: Path) -> Checked:
    verifier = Verifier(workspace)
    return verifier.verify(verifier.of_files([path])[0])


def assert_right(found: Checked, count: int) -> None:
    assert (found.refusal, [d.text for d in found.differences], list(found.unverified)) == ("", [], [])
    assert found.is_complete
    assert found.figure_count == count


def altered_csv(path: Path, alter: Callable[[Rows], object]) -> Path:
    lines = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    alter(lines)
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    path.write_text(out.getvalue(), "utf-8-sig")
    return path


def column(lines: Rows, heading: str) -> int:
    return next(place for place, label in enumerate(lines[0]) if label.partition("(")[0] == heading)


def test_values_and_sums_by_hand(filled: Workspace) -> None:
    source = source_of(filled, filled.store.revision(), as_of(filled).day)
    names = ["far", "site_area_mu", "name"]
    rows = record_values(source, "plots", "far < 2", names)
    # 24,000 m2 of counted floor on 30,000 m2, 43,500 on 29,000; of C nothing is known.
    assert {key: row.values["far"] for key, row in rows.items()} == {
        "DK-A": pytest.approx(0.8),
        "DK-B": pytest.approx(1.5),
    }
    sums = sum_values(source, "plots", "far < 2", ["far", "site_area_mu"])
    assert sums["(count)"] == {"(count)": 2.0}
    assert sums["far"] == {"known": 2.0, "sum": pytest.approx(2.3)}
    assert sums["site_area_mu"] == {"known": 2.0, "sum": pytest.approx(45 + 43.5)}
    items = record_values(source, "agreement_items", "actual_value > 5", ["agreed_value"])
    assert {key: row.values for key, row in items.items()} == {
        "XY2/tax_per_mu/2025": {"agreed_value": 20.0}
    } | {key: row.values for key, row in items.items() if key.startswith("XY1")}
    assert "light" in known_fields(source, "projects")
    assert "light" not in known_fields(source, "plots")


@pytest.mark.parametrize("ending", [".csv", ".xlsx", *MAPS])
@pytest.mark.parametrize(
    ("register", "asked"),
    [
        ("plots", {}),
        ("plots", {"unit": "ha", "filter_text": "容积率 < 2", "sort": "-far"}),
        ("plots", {"unit": "m2", "columns": "plot_code,登记面积,site_area_mu,site_area_m2"}),
        ("projects", {"filter_text": "light = 'grey'"}),
        ("micro_parks", {"unit": "mu"}),
        ("project_plots", {"sort": "plot_code"}),
        ("list_entries", {}),
        ("agreement_items", {"filter_text": "year = 2025"}),
    ],
)
def test_every_form_verifies_cell_by_cell(
    filled: Workspace, tmp_path: Path, register: str, asked: dict[str, Any], ending: str
) -> None:
    has_shapes = filled.layer(register).has_geometry
    if ending == ".geojson" and not has_shapes:
        pytest.skip("no shapes, no GeoJSON")
    found = verified(filled, exported(filled, tmp_path, register, ending, **asked))
    table = record_table(filled, register, as_of(filled), has_geometry=ending in MAPS, **asked)
    assert len(table.rows) > 0
    assert_right(found, len(table.rows) * (len(table.fields) + (ending in MAPS and has_shapes)))


@pytest.mark.parametrize(
    ("heading", "text", "where"),
    [
        ("容积率", "0.8001", "（容积率）"),
        ("登记面积", "30000.01", "（登记面积(平方米)）"),
        ("权利人", "示例企业丁", "（权利人）"),
        ("所属镇街", "庄桥街道", "（所属镇街）"),
        ("低效认定状态", "不是低效用地", "（低效认定状态）"),
    ],
)
def test_an_altered_cell_is_named(
    filled: Workspace, tmp_path: Path, heading: str, text: str, where: str
) -> None:
    path = exported(filled, tmp_path, "plots", ".csv")

    def alter(lines: Rows) -> None:
        place = column(lines, heading)
        assert lines[1][place] not in ("", text)
        lines[1][place] = text

    [difference] = verified(filled, altered_csv(path, alter)).differences
    assert difference.where.startswith("第 2 行")
    assert where in difference.where
    assert text.strip("0") in difference.found.replace(",", "")


def test_an_altered_workbook_a_text_for_a_number_and_a_row_left_out(
    filled: Workspace, tmp_path: Path
) -> None:
    path = exported(filled, tmp_path, "agreement_items", ".xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    header = {str(cell.value): cell.column for cell in sheet[3]}
    cell = sheet.cell(4, header["约定值"])
    cell.value = right = cell.value + 1
    book.save(path)
    [difference] = verified(filled, path).differences
    assert (difference.expected, difference.found) == (f"{right - 1:g}", f"{right:g}")
    assert "表“记录”单元格" in difference.where
    cell.value = "很多"
    book.save(path)
    with pytest.raises(FormatError, match=r"单元格 .4.*是“很多”，不是数"):
        verified(filled, path)
    left = exported(filled, tmp_path, "plots", ".csv")
    differences = verified(filled, altered_csv(left, lambda lines: lines.pop(2))).differences
    assert [difference.where for difference in differences] == ["表里缺少 1 行（DK-B）"]
    turned = exported(filled, tmp_path, "plots", ".csv")
    [order] = verified(filled, altered_csv(turned, lambda lines: lines.insert(2, lines.pop(3)))).differences
    assert order.where == "指纹"
    cut = exported(filled, tmp_path, "plots", ".csv")
    altered_csv(cut, lambda lines: [line.__delitem__(column(lines, "数据截至")) for line in reversed(lines)])
    with pytest.raises(FormatError, match="缺少“数据截至”这一列"):
        verified(filled, cut)


@pytest.mark.parametrize("ending", [".xlsx", *MAPS])
def test_a_table_of_no_record_verifies_and_one_added_is_named(
    filled: Workspace, tmp_path: Path, ending: str
) -> None:
    path = exported(filled, tmp_path, "plots", ending, filter_text="far > 999")
    found = verified(filled, path)
    assert (found.refusal, found.differences, found.figure_count) == ("", [], 0)
    if ending == ".geojson":
        record = json.loads(path.read_text("utf-8"))
        whole = exported(filled, tmp_path, "plots", ending)
        record["features"] = json.loads(whole.read_text("utf-8"))["features"][:1]
        path.write_text(json.dumps(record), "utf-8")
        [difference] = verified(filled, path).differences
        assert difference.where == "表里多出 1 行（DK-A）"


def test_an_altered_shape_is_named(filled: Workspace, tmp_path: Path) -> None:
    path = exported(filled, tmp_path, "plots", ".geojson")
    record = json.loads(path.read_text("utf-8"))
    ring = record["features"][0]["geometry"]["coordinates"]
    while not isinstance(ring[0][0], float):
        ring = ring[0]
    ring[1][0] += 1e-7  # a centimetre
    path.write_text(json.dumps(record), "utf-8")
    [difference] = verified(filled, path).differences
    assert difference.where == "第 1 条记录的图形（DK-A）"
    record["features"][0]["geometry"] = None
    path.write_text(json.dumps(record), "utf-8")
    assert "图形" in verified(filled, path).differences[0].where


def test_an_altered_geopackage_is_named(filled: Workspace, tmp_path: Path) -> None:
    path = exported(filled, tmp_path, "projects", ".gpkg")
    with closing(sqlite3.connect(path)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE projects SET light = 'green', area_m2 = 10001 WHERE project_code = 'X1'")
    differences = verified(filled, path).differences
    assert {difference.where for difference in differences} == {
        "第 1 条记录的 light（X1）",
        "第 1 条记录的 area_m2（X1）",
    }


def test_without_its_key_a_table_is_held_by_what_it_comes_to(filled: Workspace, tmp_path: Path) -> None:
    asked = {"columns": "name,far,site_area_mu,area_reg_m2", "sort": "-far", "unit": "mu"}
    found = verified(filled, exported(filled, tmp_path, "plots", ".csv", **asked))
    # The count, and of three columns how many are known and their sum.
    assert (found.is_clean, found.is_complete, found.figure_count) == (True, False, 7)
    assert "没有编号列（地块编号）" in found.notes[0]
    path = exported(filled, tmp_path, "plots", ".csv", **asked)

    def alter(lines: Rows) -> None:
        lines[1][column(lines, "容积率")] = "1.6"

    [difference] = verified(filled, altered_csv(path, alter)).differences
    assert difference.where == "“容积率”的合计"
    assert (difference.expected, difference.found) == ("2.3", "2.4")


def test_what_was_exported_is_kept_as_sums_and_verifies(filled: Workspace, tmp_path: Path) -> None:
    table = record_table(filled, "plots", as_of(filled), unit="ha", filter_text="far < 2")
    publish_table(filled.settings, table, "工业地块.xlsx")
    [kept] = published_files(filled.settings)
    text = kept.path.read_text("utf-8")
    assert "示例企业甲" not in text
    assert '"count":2' in text
    verifier = Verifier(filled)
    [task] = verifier.of_log()
    found = verifier.verify(task)
    assert_right(found, 1 + 2 * len(json.loads(text)["columns"]))
    record = table_sums(table)
    record["columns"][0]["sum"] += 0.001
    path = tmp_path / "甲.json"
    path.write_text(json.dumps(record), "utf-8")
    [difference] = verified(filled, path).differences
    assert difference.where == f"合计（{record['columns'][0]['label']}）"
    record = table_sums(table)
    record["count"] = 3
    path.write_text(json.dumps(record), "utf-8")
    [difference] = verified(filled, path).differences
    assert (difference.where, difference.expected, difference.found) == ("count", "2", "3")


def test_a_name_that_changed_since_is_still_right(filled: Workspace, tmp_path: Path) -> None:
    """The file has the town's name of its day."""
    path = exported(filled, tmp_path, "plots", ".xlsx")
    write(
        filled,
        towns=[{"town_code": "330205103", "name": "新名镇", "kind": "镇", "geometry": box(-1_000, 5_000)}],
    )
    found = verified(filled, path)
    assert (found.refusal, [d.text for d in found.differences]) == ("", [])


def test_what_is_not_known_here_is_said(filled: Workspace, tmp_path: Path) -> None:
    path = exported(filled, tmp_path, "plots", ".csv")

    def rename(lines: Rows) -> None:
        lines[0][column(lines, "权利人")] = "别的列"

    found = verified(filled, altered_csv(path, rename))
    assert list(found.unverified) == ["别的列"]
    assert [difference.where for difference in found.differences] == ["指纹"]
    text = exported(filled, tmp_path, "plots", ".geojson").read_text("utf-8")
    other = tmp_path / "乙.geojson"
    other.write_text(text.replace("/table/plots.json", "/table/nix.json"), "utf-8")
    assert "台账“nix”这里没有" in verified(filled, other).refusal
    seen = seen_by(filled, LEAST_SIGHT)
    assert "隐去了" in verified(filled, exported(seen, tmp_path, "plots", ".csv")).refusal
