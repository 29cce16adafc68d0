"""Every kind of published table: as exported it verifies, with one figure altered the place is named."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyogrio
import pytest

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.reports.changes import changes_bytes, changes_record
from geoapp.reports.far_proof import proof_record
from geoapp.reports.target_tables import detail_csv, detail_record
from geoapp.reports.target_workbook import detail_workbook
from geoapp.reports.zone_table import write_zone_table
from geoapp.services.as_of import as_of
from geoapp.services.changes import changes
from geoapp.services.far_proof import far_proof
from geoapp.services.publishing import publish_changes, publish_statistics, publish_target, published_files
from geoapp.services.statistic_trend import statistic_trend, trend_record
from geoapp.services.target_detail import target_detail
from geoapp.services.target_sets import find_target_set
from geoapp.services.targets import find_scope
from geoapp.services.verify import Verifier, source_of
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.services.zone_far_proof import zone_far_proof
from geoapp.services.zone_source import ZoneFile
from geoapp.services.zone_statistics import zone_statistics
from geoapp.settings import Settings
from geoapp.statistics import find_statistics
from geoapp.verification.checking import Checked, statistic_columns
from geoapp.verification.reading import KINDS
from geoapp.verification.zone_figures import columns_of
from tests.small_district import PLOTS, PROJECTS, box, fill, frame_of, write
from tests.two_states import back_to
from tests.unguarded import unguard

Record = dict[str, Any]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The small district half a year ago; since then a plot was split, one edited, one is new, projects are dated."""
    folder = tmp_path_factory.mktemp("verify-kinds")
    workspace = back_to(fill(open_workspace(Settings(data_dir=folder))), date(2026, 1, 31))
    write(
        workspace,
        plots=[
            {
                **PLOTS[0],
                "area_reg_m2": 29_000.0,
                "landuse_code": "0601",
                "geometry": box(0, 190),
                "low_efficiency_status": "published",
                "low_efficiency_on": "2026-02-10",
            },
            {"plot_code": "DK-D", "area_reg_m2": 9_000.0, "landuse_code": "1001", "geometry": box(600)},
        ],
        projects=[
            {**PROJECTS[0], "complete_plan_on": "2027-06-30", "new_gfa_gross_m2": 9_000.0, "uscc": "E2"},
            {**PROJECTS[1], "stage": "P06", "complete_plan_on": "2026-02-01"},
        ],
    )
    yield workspace
    workspace.store.close()


def verified(workspace: Workspace, path: Path) -> Checked:
    verifier = Verifier(workspace)
    return verifier.verify(verifier.of_files([path])[0])


def as_json(folder: Path, record: Record) -> Path:
    path = folder / "甲.json"
    path.write_text(json.dumps(record), "utf-8")
    return path


def assert_right(workspace: Workspace, path: Path, least: int) -> None:
    found = verified(workspace, path)
    assert (found.refusal, [d.text for d in found.differences], list(found.unverified)) == ("", [], [])
    assert found.is_complete
    assert found.figure_count >= least


def assert_found(
    workspace: Workspace, folder: Path, record: Record, alter: Callable[[Record], Any], where: str
) -> None:
    altered = json.loads(json.dumps(record))
    alter(altered)
    [difference] = verified(workspace, as_json(folder, altered)).differences
    assert where in difference.where


def test_every_statistic_has_a_second_computation(demo_workspace: Workspace) -> None:
    """A statistic added to geoapp/statistics needs its formula in geoapp/verification too."""
    day = as_of(demo_workspace).day
    statistics = find_statistics(demo_workspace.policy, day)
    columns = columns_of(source_of(demo_workspace, 1, day))
    published = [column for statistic in statistics for column in statistic.columns]
    assert [column.name for column in published if column.name not in columns] == []
    for unit in ("mu", "ha", "m2"):
        known = statistic_columns(columns, unit)
        shown = [replace(column, unit=unit) if column.unit == "mu" else column for column in published]
        assert [
            c.label for c in shown if c.shown_name not in known or c.label.replace(" ", "") not in known
        ] == []


def test_every_kind_of_table_has_a_check() -> None:
    from geoapp.services.verify_checks import CHECKS

    assert set(CHECKS) == {kind.id for kind in KINDS}


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
def test_map_files_of_zones(installation: Workspace, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"甲{suffix}"
    write_zone_table(path, zone_statistics(installation, zones="control_zones").in_unit("ha"))
    assert_right(installation, path, least=100)
    if suffix == ".geojson":
        record = json.loads(path.read_text("utf-8"))
        record["features"][0]["properties"]["site_area_ha"] += 0.001
        path.write_text(json.dumps(record), "utf-8")
    else:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("DROP TRIGGER IF EXISTS rtree_zone_statistics_geom_update1")
            for (name,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                database.execute(f'DROP TRIGGER "{name}"')
            database.execute(
                "UPDATE zone_statistics SET site_area_ha = site_area_ha + 0.001 WHERE zone = 'Z1'"
            )
    [difference] = verified(installation, path).differences
    assert "第 1 个分区的 site_area_ha（示例产业园）" in difference.where


@pytest.mark.parametrize("scope", ["", "town:330205103"])
def test_an_opened_target_in_every_form(installation: Workspace, tmp_path: Path, scope: str) -> None:
    plan = find_target_set(installation, None)
    for name in ("revitalised_area", "treated_enterprises", "new_floor_area", "tax_per_mu", "micro_parks"):
        place = find_scope(installation, scope)
        detail = target_detail(installation, plan, plan.indicator(name), as_of(installation), place)
        (tmp_path / "甲.xlsx").write_bytes(detail_workbook(detail, "mu"))
        assert_right(installation, as_json(tmp_path, detail_record(detail, "ha")), least=10)
        assert_right(installation, tmp_path / "甲.xlsx", least=1)
        if len(detail.members):
            (tmp_path / "甲.csv").write_bytes(detail_csv(detail, "mu"))
            assert_right(installation, tmp_path / "甲.csv", least=0)


def test_an_altered_opened_target_is_found(installation: Workspace, tmp_path: Path) -> None:
    plan, state = find_target_set(installation, None), as_of(installation)
    detail = target_detail(
        installation, plan, plan.indicator("revitalised_area"), state, find_scope(installation, "")
    )
    record = detail_record(detail, "mu")
    assert record["indicator"]["projection"]["added"] > 0
    cases: tuple[tuple[Callable[[Record], Any], str], ...] = (
        (lambda r: r["trend"][-1].update(value=99.0), "trend["),
        (lambda r: r["forecast"][-1].update(value=99.0), "forecast["),
        (lambda r: r["towns"][0]["actual"].update(value=99.0), "towns[0].actual"),
        (lambda r: r["members"][0].update(amount=99.0), "组成记录合计"),
        (lambda r: r["pipeline"][0].update(amount=9_999.0), "在建项目合计"),
        (lambda r: r["indicator"]["projection"].update(added=99.0), "indicator.projection.added"),
        (lambda r: r["indicator"]["targets"][0].update(share=0.5), "indicator.targets[0].share"),
    )
    for alter, where in cases:
        assert_found(installation, tmp_path, record, alter, where)
    path = tmp_path / "甲.xlsx"
    path.write_bytes(detail_workbook(detail, "mu"))
    book = openpyxl.load_workbook(path)
    book["镇街"]["B4"].value += 0.01
    book.save(path)
    [difference] = verified(installation, path).differences
    assert "表“镇街”单元格 B4" in difference.where


def test_a_trend(installation: Workspace, tmp_path: Path) -> None:
    for figure in ("site_area_m2", "revitalised_recognised_m2", "far", "developable_area_m2"):
        record = trend_record(statistic_trend(installation, figure, zones="control_zones"), "ha")
        assert_right(installation, as_json(tmp_path, record), least=8)
    record = trend_record(statistic_trend(installation, "plot_count"), "mu")
    assert_found(
        installation, tmp_path, record, lambda r: r["zones"][-1]["values"].__setitem__(0, 99), "合计"
    )


def test_proof_sheets(installation: Workspace, tmp_path: Path) -> None:
    state = as_of(installation)
    for code in ("DK-A", "DK-B", "DK/C"):
        record = proof_record(far_proof(installation, code, as_of=state))
        assert_right(installation, as_json(tmp_path, record), least=25)
    zone = zone_far_proof(installation, "control_zones", "Z1", as_of=state, filter_text="site_area_mu > 1")
    record = proof_record(zone)
    assert_right(installation, as_json(tmp_path, record), least=10)
    cases: tuple[tuple[Callable[[Record], Any], str], ...] = (
        (lambda r: r.update(far=9.0), "zone.far"),
        (lambda r: r["lines"][0].update(share=0.9), "lines[0].share"),
        (lambda r: r["lines"].pop(), "缺少 1 行"),
    )
    for alter, where in cases:
        assert_found(installation, tmp_path, record, alter, where)


@pytest.mark.parametrize("filter_text", ["", "site_area_mu > 13"])
def test_changes_in_every_form(installation: Workspace, tmp_path: Path, filter_text: str) -> None:
    report = changes(installation, "2026-02-01", zones="control_zones", filter_text=filter_text)
    assert set(report.records["kind"]) >= {"new", "area", "stage", "treatment"}
    record = changes_record(report, "ha")
    assert_right(installation, as_json(tmp_path, record), least=80)
    path = tmp_path / "甲.xlsx"
    path.write_bytes(changes_bytes(report, ".xlsx"))
    assert_right(installation, path, least=80)
    for part in ("records", "zones", "projects"):
        (tmp_path / "甲.csv").write_bytes(changes_bytes(report, ".csv", unit="m2", part=part))
        assert_right(installation, tmp_path / "甲.csv", least=1)
    cases: tuple[tuple[Callable[[Record], Any], str], ...] = (
        (lambda r: r["rows"][-1].update(after_ha=9.0), "after_ha（(total)）"),
        (lambda r: r["rows"][0].update(moved_count=7), "moved_count"),
        (lambda r: r["changes"][0].update(before_ha=9.0), "before_ha（DK-A|"),
        (lambda r: r["changes"].pop(), "缺少 1 行"),
        (lambda r: r["projects"][0].update(area_ha=9.0), "projects[0].area_ha"),
    )
    for alter, where in cases:
        assert_found(installation, tmp_path, record, alter, where)


@pytest.fixture(scope="module")
def zone_file(tmp_path_factory: pytest.TempPathFactory) -> ZoneFile:
    """Two zones over the plots, and one that nothing lies in."""
    shapes = [box(-50, 150), box(100, 250), box(5_000)]
    frame = gpd.GeoDataFrame({"name": ["西片", "东片", "远片"]}, geometry=shapes, crs=4549)
    path = tmp_path_factory.mktemp("zones") / "片区.gpkg"
    pyogrio.write_dataframe(frame, path)
    return ZoneFile(path=path)


def test_zones_of_an_uploaded_file_are_kept_and_every_row_verifies(
    installation: Workspace, zone_file: ZoneFile, tmp_path: Path
) -> None:
    table = zone_statistics(installation, zones=zone_file)
    path = tmp_path / "甲.xlsx"
    write_zone_table(path, table)
    total_only = verified(installation, path)
    assert (total_only.is_clean, total_only.is_complete) == (True, False)
    publish_statistics(installation.settings, table, "甲.xlsx")
    assert_right(installation, path, least=5 * len(table.columns))
    [kept] = (installation.settings.data_dir / "published/zones").iterdir()
    text = kept.read_text("utf-8")
    kept.write_text(text.replace("西片", "东南"), "utf-8")
    assert "被改过" in verified(installation, path).refusal
    kept.write_text(text, "utf-8")


def test_all_that_is_exported_is_kept_and_verifies(installation: Workspace) -> None:
    settings, state = installation.settings, as_of(installation)
    plan = find_target_set(installation, None)
    scope = find_scope(installation, "")
    detail = target_detail(installation, plan, plan.indicator("revitalised_area"), state, scope)
    publish_target(settings, detail, "mu", "目标.xlsx")
    publish_changes(settings, changes(installation, "2026-02-01"), "m2", "变化.xlsx")
    (settings.data_dir / "published/log.jsonl").write_text("", "utf-8")  # lost; what it named is found
    files = list(published_files(settings))
    assert all("导出记录里没有这一行" in file.name for file in files)
    verifier = Verifier(installation)
    results = [verifier.verify(task) for task in verifier.of_log()]
    assert len(results) >= 2
    assert all(found.is_complete and found.is_clean for found in results)


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        (
            "UPDATE plots_rows SET area_reg_m2 = area_reg_m2 + 0.02 WHERE plot_code = 'DK-B'",
            "site_area_mu（合计）",
        ),
        ("UPDATE recognitions_rows SET area_m2 = area_m2 + 0.02", "revitalised_recognised_mu（合计）"),
        (
            "UPDATE buildings_rows SET gfa_m2 = gfa_m2 + 0.02 WHERE building_code = 'B1'",
            "gfa_counted_m2（合计）",
        ),
    ],
)
def test_a_register_altered_behind_its_back_is_found(tmp_path: Path, statement: str, column: str) -> None:
    """Two square decimetres in one stored record: the published total is not what the records come to any more."""
    settings = Settings(data_dir=tmp_path)
    workspace = fill(open_workspace(settings))
    path = tmp_path / "甲.json"
    write_zone_table(path, zone_statistics(workspace))
    assert_right(workspace, path, least=100)
    workspace.store.close()
    with closing(sqlite3.connect(settings.database_path)) as database, database:
        unguard(database)
        database.execute(statement)
    with open_workspace(settings).store as store:
        found = verified(replace(open_workspace(settings), store=store), path)
    assert any(column in difference.where for difference in found.differences)


def test_a_zone_boundary_altered_behind_its_back_is_found(tmp_path: Path) -> None:
    """A zone over half a plot gets another's shape: shares of land are not those published."""
    settings = Settings(data_dir=tmp_path)
    workspace = fill(open_workspace(settings))
    path = tmp_path / "甲.json"
    write_zone_table(path, zone_statistics(workspace, zones="control_zones"))
    workspace.store.close()
    with closing(sqlite3.connect(settings.database_path)) as database, database:
        unguard(database)
        database.execute(
            "UPDATE control_zones_rows SET geom = (SELECT geom FROM control_zones_rows WHERE zone_code = 'Z2') "
            "WHERE zone_code = 'Z1'"
        )
    reopened = open_workspace(settings)
    found = verified(reopened, path)
    reopened.store.close()
    assert any("site_area_mu（示例产业园）" in difference.where for difference in found.differences)


def test_a_project_on_a_plot_split_twice_is_in_the_pipeline(workspace: Workspace, tmp_path: Path) -> None:
    """DK-B became DK-E, that became DK-F: project X2 on all of DK-B will recognise 29,000 m2 on DK-F, 43.5 亩."""
    fill(workspace)
    for new, old in (("DK-E", "DK-B"), ("DK-F", "DK-E")):
        plot = {"plot_code": new, "predecessors": old, "area_reg_m2": 29_000.0, "geometry": box(200)}
        change = RegisterChange(frame_of(workspace, "plots", [plot]), [(old,)])
        workspace.store.write({"plots": change}, kind=RevisionKind.EDIT, user="甲", reason="分割")
    plan = find_target_set(workspace, None)
    detail = target_detail(
        workspace, plan, plan.indicator("revitalised_area"), as_of(workspace), find_scope(workspace, "")
    )
    amounts = dict(zip(detail.pipeline["plot_code"], detail.pipeline["amount"], strict=True))
    assert amounts["DK-F"] == pytest.approx(29_000.0)
    assert detail.row.projection is not None
    assert_right(workspace, as_json(tmp_path, detail_record(detail, "mu")), least=15)
