"""`geoapp verify` in the terminal: exit codes and what it says."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geoapp.cli import main
from geoapp.domain.fingerprint import parse_fingerprint, take_fingerprint
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.opened import open_settings
from tests.small_district import fill, write


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify-cli")
    fill(open_workspace(Settings(data_dir=folder))).store.close()
    return folder


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data-dir", str(folder)])


def test_without_files_what_is_now_then_what_was_published(installation: Path, tmp_path: Path) -> None:
    answer = run(installation, "verify", "--json")
    assert answer.exit_code == 0, answer.output
    assert len(json.loads(answer.stdout)["tables"]) == 27
    assert run(installation, "stats", "--out", str(tmp_path / "统计.csv")).exit_code == 0
    assert run(installation, "targets", "--output", str(tmp_path / "目标.csv")).exit_code == 0
    answer = run(installation, "verify")
    assert answer.exit_code == 0
    assert "相符 统计.csv" in answer.output
    assert "没有重算的列" not in answer.output
    assert "共 2 张表" in answer.output
    with (installation / "published/log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"at": "2026-01-')
    assert "第 3 行不完整" in run(installation, "verify").stderr


def test_history_changed_in_the_file_is_a_finding_with_its_place(tmp_path: Path) -> None:
    folder, out = tmp_path / "data", tmp_path / "统计.json"
    settings = Settings(data_dir=folder)
    fill(open_workspace(settings)).store.close()
    assert run(folder, "stats", "--show", "site_area", "--out", str(out)).exit_code == 0
    whole = run(folder, "verify", "--chain")
    assert whole.exit_code == 0
    registers, people = whole.output.splitlines()
    assert registers.startswith("相符 台账修订的链：1 环，31 行，0 处不符。链尾 ")
    assert people.startswith("相符 ")  # the export is an event around people
    with closing(sqlite3.connect(settings.database_path)) as database:
        database.execute("DROP TRIGGER geoapp_guard_plots_rows_update")
        database.execute("UPDATE plots_rows SET area_reg_m2 = 1 WHERE plot_code = 'DK-A'")
        database.commit()
    broken = run(folder, "verify", "--chain")
    assert broken.exit_code == 1
    assert "第 1 次修订 工业地块：写入的行与当时不同：有值被改过" in broken.output
    record = json.loads(run(folder, "verify", "--chain", "--json").stdout)
    assert (record["ok"], record["chains"][0]["findings"][0]["number"], record["tables"]) == (False, 1, [])
    # Whoever makes the whole chain anew is contradicted by what was exported before.
    _make_anew(settings.database_path)
    anew = run(folder, "verify", "--chain")
    assert anew.exit_code == 1
    assert "导出“统计.json”记下的链是" in anew.output
    assert "说明：链建立于" in anew.output
    assert "不符 统计.json" in run(folder, "verify", str(out)).output
    assert run(folder, "verify", "--chain", "--now").exit_code == 2


def _make_anew(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE revision_chain")
        database.execute("UPDATE geoapp_meta SET value = '1'")
        database.commit()


def test_end_cut_off_with_its_links_is_told_by_what_was_exported(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    fill(open_workspace(settings)).store.close()
    kept = settings.database_path.read_bytes()
    workspace = open_workspace(settings)
    write(workspace, towns=[{"town_code": "330205104", "name": "另一镇", "kind": "镇", "geometry": None}])
    workspace.store.close()
    assert run(settings.data_dir, "stats", "--out", str(tmp_path / "统计.csv")).exit_code == 0
    settings.database_path.write_bytes(kept)
    answer = run(settings.data_dir, "verify", "--chain")
    assert answer.exit_code == 1
    assert "第 2 次修订：导出“统计.csv”记着第 2 次修订，这里最新只到第 1 次" in answer.output


def test_a_figure_without_a_second_computation_is_loud(installation: Path, tmp_path: Path) -> None:
    path = tmp_path / "统计.json"
    assert run(installation, "stats", "--show", "site_area", "--out", str(path)).exit_code == 0
    record = json.loads(path.read_text("utf-8"))
    record["columns"].append({"name": "new_figure_mu"})
    for row in record["rows"]:
        row["new_figure_mu"] = 1.0
    origin = parse_fingerprint(record["fingerprint"]).origin
    rows = [(row["name"], [row[column["name"]] for column in record["columns"]]) for row in record["rows"]]
    path.write_text(json.dumps(record | {"fingerprint": take_fingerprint(origin, "mu", rows).text}), "utf-8")
    answer = run(installation, "verify", str(path))
    assert answer.exit_code == 3
    assert "未全部重算 统计.json" in answer.output
    assert "没有重算的列（1），不能说它们相符：new_figure_mu" in answer.output
    assert "1 张没有全部重算" in answer.output
    record = json.loads(run(installation, "verify", str(path), "--json").stdout)
    assert (record["ok"], record["complete"]) == (True, False)


def test_altered_file_is_a_finding(installation: Path, tmp_path: Path) -> None:
    path = tmp_path / "统计.json"
    assert run(installation, "stats", "--show", "site_area", "--out", str(path)).exit_code == 0
    record = json.loads(path.read_text("utf-8"))
    for row in record["rows"]:
        row["site_area_mu"] += 1.0
    path.write_text(json.dumps(record), "utf-8")
    answer = run(installation, "verify", str(path))
    assert answer.exit_code == 1
    assert "不符 统计.json" in answer.output
    assert "应为" in answer.output


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".geojson", ".gpkg"])
def test_a_table_downloaded_from_the_map_verifies(installation: Path, tmp_path: Path, ending: str) -> None:
    app = create_app(open_settings(installation))
    path = tmp_path / f"工业地块{ending}"
    path.write_bytes(app.test_client().get(f"/table/plots{ending}?filter=far%20%3C%202").data)
    app.extensions["geoapp"].store.close()
    answer = run(installation, "verify", str(path))
    assert (answer.exit_code, "相符 工业地块" in answer.output) == (0, True)
    if ending == ".csv":
        path.write_text(path.read_text("utf-8-sig").replace("示例企业甲", "示例企业丁"), "utf-8-sig")
        answer = run(installation, "verify", str(path))
        assert answer.exit_code == 1
        assert "应为 “示例企业甲”，实为 “示例企业丁”" in answer.output


def test_what_cannot_be_read_is_usage(installation: Path, tmp_path: Path) -> None:
    path = tmp_path / "空.csv"
    path.write_text("a\r\n", "utf-8")
    answer = run(installation, "verify", str(path))
    assert answer.exit_code == 2
    assert "不能核对 空.csv" in answer.output
    assert "没有指纹" in answer.output
