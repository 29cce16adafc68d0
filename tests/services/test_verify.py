"""Published figures against the second path: what is right verifies, what was altered or is wrong is named."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geoapp.domain.fingerprint import parse_fingerprint, take_fingerprint
from geoapp.errors import FormatError, UsageError
from geoapp.reports.record_table import record_table_bytes
from geoapp.reports.revitalisation import ledger_record
from geoapp.reports.target_tables import ledger_csv
from geoapp.reports.target_tables import ledger_record as targets_record
from geoapp.reports.target_workbook import ledger_workbook
from geoapp.reports.zone_table import write_zone_table, zone_table_record
from geoapp.services.as_of import as_of
from geoapp.services.fields import register_fields
from geoapp.services.publishing import (
    cut_off_lines,
    publish_ledger,
    publish_statistics,
    publish_targets,
    published_files,
)
from geoapp.services.revitalisation_sheet import ledger_sheet
from geoapp.services.revitalisation_table import ledger_table
from geoapp.services.target_actuals import ACTUALS
from geoapp.services.target_sets import find_target_set
from geoapp.services.targets import find_scope, target_ledger
from geoapp.services.verify import Verifier, source_of
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.services.zone_statistics import zone_statistics
from geoapp.settings import Settings
from geoapp.verification.actuals import _ACTUALS, RATIOS, SUMS
from geoapp.verification.checking import Checked
from geoapp.verification.computed_fields import BY_STATE, line_fields
from geoapp.verification.filters import COMPUTED, taken_in
from geoapp.verification.pipeline import _PIPELINES
from geoapp.verification.plots import plain_plots
from geoapp.verification.reading import published_record
from tests.small_district import fill, write

Folder = Path


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A small district of this module's own: some tests write into it."""
    workspace = fill(open_workspace(Settings(data_dir=tmp_path_factory.mktemp("verify"))))
    yield workspace
    workspace.store.close()


@pytest.fixture(scope="module")
def exports(installation: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Every kind of export in every form, land in 亩 and 公顷, made before anything is edited."""
    folder = tmp_path_factory.mktemp("exports")
    state = as_of(installation)
    targets = target_ledger(
        installation, find_target_set(installation, None), state, find_scope(installation, "")
    )
    sheet = ledger_sheet(installation, "JX_TL", state)
    for unit in ("mu", "ha"):
        table = zone_statistics(installation, zones="towns").in_unit(unit)
        entries = ledger_table(installation, sheet, unit)
        for suffix in (".xlsx", ".csv", ".json"):
            write_zone_table(folder / f"statistics_{unit}{suffix}", table)
        for suffix in (".xlsx", ".csv"):
            (folder / f"ledger_{unit}{suffix}").write_bytes(record_table_bytes(entries, suffix))
        (folder / f"ledger_{unit}.json").write_text(json.dumps(ledger_record(sheet, unit)), "utf-8")
        (folder / f"targets_{unit}.xlsx").write_bytes(ledger_workbook(targets, unit))
        (folder / f"targets_{unit}.csv").write_bytes(ledger_csv(targets, unit))
        (folder / f"targets_{unit}.json").write_text(json.dumps(targets_record(targets, unit)), "utf-8")
    return folder


def verified(workspace: Workspace, path: Path) -> Checked:
    verifier = Verifier(workspace)
    return verifier.verify(verifier.of_files([path])[0])


@pytest.mark.slow
def test_the_demo_verifies(demo_workspace: Workspace) -> None:
    verifier = Verifier(demo_workspace)
    results = [verifier.verify(task) for task in verifier.of_now()]
    assert [found.differences for found in results] == [[]] * 27
    assert [found.refusal for found in results] == [""] * 27
    assert sum(found.figure_count for found in results) > 3000
    assert all(found.is_complete for found in results)


@pytest.mark.parametrize("membership", ["largest", "centroid"])
def test_other_memberships_filters_and_places_verify(demo_workspace: Workspace, membership: str) -> None:
    filter_text = "(far < 1 OR grade IN ('C', 'D')) AND in_kx1 = TRUE AND NOT name LIKE '甲%'"
    table = zone_statistics(demo_workspace, zones="parks", membership=membership, filter_text=filter_text)
    published = published_record("甲", zone_table_record(table))
    checked = Checked(name="甲")
    Verifier(demo_workspace)._check(checked, published)
    assert checked.figure_count > 600
    assert checked.differences == []


def test_every_export_verifies(installation: Workspace, exports: Folder) -> None:
    paths = sorted(exports.iterdir())
    assert len(paths) == 18
    for path in paths:
        found = verified(installation, path)
        assert (found.name, found.refusal, [d.text for d in found.differences]) == (path.name, "", [])
        assert found.figure_count >= 6  # one recognition, six figures


def altered_xlsx(source: Path, target: Path, header: str, row: int, add: float) -> str:
    """Add to a number in the column of a heading; return the cell."""
    book = openpyxl.load_workbook(source)
    sheet = book.worksheets[0]
    for line in sheet.iter_rows(max_row=6):
        for cell in line:
            if str(cell.value or "").replace("\n", "") == header:
                changed = sheet.cell(row=row, column=cell.column)
                changed.value += add
                book.save(target)
                return changed.coordinate
    raise AssertionError(header)


def altered_csv(source: Path, target: Path, header: str, row: int, add: float) -> None:
    with source.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    place = lines[0].index(header)
    lines[row][place] = str(float(lines[row][place]) + add)
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(lines)


def altered_json(source: Path, target: Path, change: Callable[[Any], None]) -> None:
    record = json.loads(source.read_text("utf-8"))
    change(record)
    target.write_text(json.dumps(record), "utf-8")


def test_a_hundredth_of_a_mu_in_a_workbook_is_found(
    installation: Workspace, exports: Folder, tmp_path: Path
) -> None:
    path = tmp_path / "改过.xlsx"
    total = 6 + len(installation.store.read("towns")) + 1
    cell = altered_xlsx(exports / "statistics_mu.xlsx", path, "用地面积(亩)", total, 0.01)
    found = verified(installation, path)
    assert len(found.differences) == 1
    assert f"单元格 {cell}" in found.differences[0].text
    assert "合计，用地面积(亩)" in found.differences[0].text


def test_a_hundredth_of_a_mu_in_csv_and_json_is_found(
    installation: Workspace, exports: Folder, tmp_path: Path
) -> None:
    path = tmp_path / "改过.csv"
    altered_csv(exports / "statistics_mu.csv", path, "用地面积(亩)", 1, 0.01)
    [difference] = verified(installation, path).differences
    assert difference.where == "第 2 行 D 列（用地面积(亩)）"
    path = tmp_path / "改过.json"

    def raise_total(record: Any) -> None:
        record["rows"][-1]["site_area_mu"] += 0.01

    altered_json(exports / "statistics_mu.json", path, raise_total)
    [difference] = verified(installation, path).differences
    assert "site_area_mu（合计）" in difference.where


def test_a_wrong_figure_with_a_right_fingerprint_is_found(installation: Workspace) -> None:
    """As if the first path itself were wrong: the fingerprint is taken of the wrong figures."""
    table = zone_statistics(installation, zones="towns")
    rows = table.rows.copy()
    rows.loc["(total)", "site_area_m2"] += 0.01 * 2000 / 3
    published = published_record("甲", zone_table_record(replace(table, rows=rows)))
    checked = Checked(name="甲")
    Verifier(installation)._check(checked, published)
    assert [difference.where.partition(".")[2] for difference in checked.differences] == [
        "site_area_mu（合计）"
    ]


def test_an_altered_name_of_a_zone_is_found(installation: Workspace, exports: Folder, tmp_path: Path) -> None:
    path = tmp_path / "改过.json"
    altered_json(exports / "statistics_mu.json", path, lambda record: record["rows"][0].update(name="别处"))
    [difference] = verified(installation, path).differences
    assert "发布以后被改过" in difference.text


def test_altered_parameters_are_found(installation: Workspace, exports: Folder, tmp_path: Path) -> None:
    path = tmp_path / "改过.json"

    def hide_choice(record: Any) -> None:
        record["fingerprint"] = record["fingerprint"].replace("zones=towns&", "zones=towns&show=plot_count&")

    altered_json(exports / "statistics_mu.json", path, hide_choice)
    assert verified(installation, path).differences


def test_missing_rows_are_found(installation: Workspace, exports: Folder, tmp_path: Path) -> None:
    path = tmp_path / "改过.json"
    altered_json(exports / "statistics_mu.json", path, lambda record: record["rows"].pop(0))
    assert "行数" in verified(installation, path).differences[0].where
    altered_json(exports / "ledger_mu.json", path, lambda record: record["entries"].pop(0))
    assert "缺少 1 行" in verified(installation, path).differences[0].where


def test_altered_ledgers_are_found(installation: Workspace, exports: Folder, tmp_path: Path) -> None:
    path = tmp_path / "改过.xlsx"
    cell = altered_xlsx(exports / "ledger_mu.xlsx", path, "计入面积(亩)", 4, 0.01)
    [difference] = verified(installation, path).differences
    assert f"单元格 {cell}" in difference.where
    path = tmp_path / "改过.csv"
    altered_csv(exports / "ledger_ha.csv", path, "认定面积(公顷)", 1, 0.001)
    [difference] = verified(installation, path).differences
    assert "认定面积(公顷)" in difference.where


def test_altered_targets_are_found(installation: Workspace, exports: Folder, tmp_path: Path) -> None:
    path = tmp_path / "改过.json"

    def raise_actual(record: Any) -> None:
        for row in record["indicators"]:
            if row["id"] == "revitalised_area":
                row["actual"]["value"] += 0.01

    altered_json(exports / "targets_mu.json", path, raise_actual)
    [difference] = verified(installation, path).differences
    assert "actual" in difference.where


def test_a_text_in_the_place_of_a_number_is_named(
    installation: Workspace, exports: Folder, tmp_path: Path
) -> None:
    path = tmp_path / "改过.csv"
    text = (exports / "statistics_mu.csv").read_text("utf-8-sig")
    lines = text.splitlines()
    cells = lines[1].split(",")
    cells[3] = "约45"
    path.write_text("\r\n".join([lines[0], ",".join(cells), *lines[2:]]), "utf-8-sig")
    with pytest.raises(FormatError, match=r"第 2 行 D 列（用地面积\(亩\)）是“约45”"):
        verified(installation, path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("安装=", "安装=0", "另一套系统"),
        ("修订=", "修订=9", "没有那个状态"),
        ("@20", "@19", "不是同一次修订"),
    ],
)
def test_a_fingerprint_of_another_state_is_refused(
    installation: Workspace, exports: Folder, tmp_path: Path, old: str, new: str, says: str
) -> None:
    path = tmp_path / "别处.json"

    def change(record: Any) -> None:
        record["fingerprint"] = record["fingerprint"].replace(old, new)

    altered_json(exports / "statistics_mu.json", path, change)
    found = verified(installation, path)
    assert says in found.refusal
    assert found.figure_count == 0


def test_other_settings_are_said_beside_the_differences(installation: Workspace, exports: Folder) -> None:
    plane_first = replace(installation, settings=replace(installation.settings, site_area_order=("plane",)))
    found = verified(plane_first, exports / "statistics_mu.json")
    assert found.differences
    assert "口径" in found.notes[0]


def test_files_without_fingerprint_are_refused(installation: Workspace, tmp_path: Path) -> None:
    for name, content in (("甲.json", "{}"), ("甲.csv", "a,b\r\n1,2\r\n"), ("甲.txt", "")):
        (tmp_path / name).write_text(content, "utf-8")
        with pytest.raises(UsageError):
            verified(installation, tmp_path / name)
    for name in ("坏.xlsx", "坏.json"):
        (tmp_path / name).write_text("不是", "utf-8")
        with pytest.raises(FormatError, match="坏"):
            verified(installation, tmp_path / name)
    with pytest.raises(FormatError, match="没有"):
        verified(installation, tmp_path / "没有.json")


def test_an_edit_after_the_export_changes_nothing(installation: Workspace, exports: Folder) -> None:
    write(installation, plots=[{"plot_code": "DK-A", "area_reg_m2": 1_000.0}])
    for name in ("statistics_mu.xlsx", "ledger_mu.csv", "targets_mu.json"):
        found = verified(installation, exports / name)
        assert (found.refusal, found.differences) == ("", [])
    after = zone_table_record(zone_statistics(installation, zones="towns"))
    before = json.loads((exports / "statistics_mu.json").read_text("utf-8"))
    assert after["rows"][-1]["site_area_mu"] != before["rows"][-1]["site_area_mu"]
    origin = parse_fingerprint(before["fingerprint"]).origin
    state = as_of(installation, f"{origin.day.isoformat()}@{origin.revision}")
    again = zone_table_record(
        zone_statistics(installation, zones="towns", revision=state.revision, day=state.day)
    )
    assert again["fingerprint"] == before["fingerprint"]


def test_what_was_published_is_known_and_each_table_once(installation: Workspace) -> None:
    state, settings = as_of(installation), installation.settings
    assert Verifier(installation).of_log() == []
    table = zone_statistics(installation, zones="towns")
    publish_statistics(settings, table, "统计.xlsx")
    publish_statistics(settings, table, "统计.csv")
    publish_ledger(settings, ledger_sheet(installation, "JX_TL", state), "mu", "台账.csv")
    targets = target_ledger(
        installation, find_target_set(installation, None), state, find_scope(installation, "")
    )
    publish_targets(settings, targets, "ha", "目标.csv")
    with (settings.data_dir / "published/log.jsonl").open("a") as log:
        log.write('{"at": "2026-01-01T00:00:00", "file": "cut off')
    assert cut_off_lines(settings) == [5]
    publish_targets(settings, targets, "m2", "断电以后.csv")
    names = [file.name.partition("（")[0] for file in published_files(settings)]
    assert names == ["统计.xlsx", "台账.csv", "目标.csv", "断电以后.csv"]
    assert cut_off_lines(settings) == [5]
    verifier = Verifier(installation)
    assert all(verifier.verify(task).is_clean for task in verifier.of_log())


def test_an_export_succeeds_where_nothing_can_be_noted(installation: Workspace, tmp_path: Path) -> None:
    (tmp_path / "published").write_text("in the way", "utf-8")
    publish_statistics(
        replace(installation.settings, data_dir=tmp_path), zone_statistics(installation), "甲.csv"
    )
    assert list(published_files(replace(installation.settings, data_dir=tmp_path))) == []


def test_of_zones_from_a_file_that_is_not_kept_only_the_total_is_computed_again(
    installation: Workspace,
) -> None:
    record = zone_table_record(zone_statistics(installation, zones="towns"))
    found = parse_fingerprint(record["fingerprint"])
    query = tuple((name, "file:甲.shp" if name == "zones" else value) for name, value in found.origin.query)
    numbers = [[row[column["name"]] for column in record["columns"]] for row in record["rows"]]
    rows = zip((row["name"] for row in record["rows"]), numbers, strict=True)
    again = take_fingerprint(replace(found.origin, query=query), "mu", rows)
    checked = Checked(name="甲")
    Verifier(installation)._check(checked, published_record("甲", record | {"fingerprint": again.text}))
    assert checked.notes == ["分区来自上传的文件，这里没有留存它的图形，只核对合计。"]
    assert not checked.is_complete
    assert 0 < checked.figure_count < len(record["columns"]) + 1
    assert checked.differences == []


FILTERS = (
    "far_class = '<0.6' OR site_area_basis = 'ellipsoid'",
    "project_stage IN ('P03', 'P06') AND site_area_mu >= 15",
    "recognised_mu > 0 OR doing_mu > 0 OR planned_mu >= 3",
    "new_gfa_gross_m2 > 0 OR new_gfa_net_m2 < 0 OR gfa_actual_m2 > 30000",
    "building_age_years > 20 AND remaining_term_years < 20",
    "low_efficiency_rules LIKE '%LE04%' OR low_efficiency_rules LIKE '%LE08%'",
    "line_position = 'inside' AND in_control_line = TRUE AND control_zone_kind IS NOT NULL",
)


@pytest.mark.parametrize("filter_text", FILTERS)
def test_filters_over_computed_fields_verify(demo_workspace: Workspace, filter_text: str) -> None:
    table = zone_statistics(demo_workspace, filter_text=filter_text, statistics=["site_area", "plot_count"])
    assert 0 < table.rows["plot_count"].iloc[-1] < len(demo_workspace.store.read("plots"))
    checked = Checked(name="甲")
    Verifier(demo_workspace)._check(checked, published_record("甲", zone_table_record(table)))
    assert (checked.differences, checked.is_complete) == ([], True)


def test_every_field_of_a_filter_has_a_second_computation(demo_workspace: Workspace) -> None:
    source = source_of(demo_workspace, 1, as_of(demo_workspace).day)
    own = demo_workspace.layer("plots").field_names
    known = {*own, *COMPUTED, *BY_STATE, *line_fields(source)}
    assert set(register_fields(demo_workspace, "plots")) - known == set()


def test_a_filter_over_what_is_not_computed_again_is_said(demo_workspace: Workspace) -> None:
    source = source_of(demo_workspace, 1, as_of(demo_workspace).day)
    with pytest.raises(UsageError, match=r"new_field > 1.*不能用第二条路径核对"):
        taken_in(source, plain_plots(source), "new_field > 1")


def test_every_actual_of_a_target_has_a_second_computation() -> None:
    assert set(ACTUALS) == set(_ACTUALS)
    assert {name for name, actual in ACTUALS.items() if actual.pipeline} == set(_PIPELINES)
    assert {name for name, actual in ACTUALS.items() if actual.how == "sum"} == set(SUMS)
    assert {name for name, actual in ACTUALS.items() if actual.how == "ratio"} == set(RATIOS)
