import json
import os
import pty
import subprocess
import sys

import pytest
from click.testing import CliRunner

from geoapp.cli import main
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.services.import_files import geojson, ledger, plots, squares, zipped_shapefile


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "data"


def revision_count(data_dir):
    with open_workspace(Settings(data_dir=data_dir)).store as store:
        return store.revision()


def test_import_stores_once_and_then_says_that_nothing_changes(tmp_path, data_dir):
    path = zipped_shapefile(tmp_path / "地块.zip", plots())
    first = run(
        "import",
        "plots",
        path,
        "--data-dir",
        data_dir,
        "--user",
        "张某",
        "--reason",
        "更新",
        "--document-no",
        "1",
        "--yes",
    )
    assert (first.exit_code, first.stdout) == (0, "已入库，第 1 次修订：新增 3，修改 0，移除 0。\n")
    assert "EPSG:4549" in first.stderr
    again = run("import", "plots", path, "--data-dir", data_dir)
    assert (again.exit_code, again.stdout) == (0, "没有变化。\n")
    assert revision_count(data_dir) == 1


def test_import_with_errors_stores_nothing_and_exits_1(tmp_path, data_dir):
    path = zipped_shapefile(tmp_path / "a.zip", plots(geometry=squares(3, swapped=True)))
    refused = run("import", "plots", path, "--data-dir", data_dir)
    assert refused.exit_code == 1
    assert "--fix swap-axes" in refused.stderr
    assert revision_count(data_dir) == 0
    assert run("import", "plots", path, "--data-dir", data_dir, "--fix", "swap-axes", "--yes").exit_code == 0


def test_import_removes_missing_records_only_when_told(tmp_path, data_dir):
    run("import", "plots", geojson(tmp_path / "a.geojson", plots(3)), "--data-dir", data_dir, "--yes")
    fewer = geojson(tmp_path / "b.geojson", plots(2))
    assert run("import", "plots", fewer, "--data-dir", data_dir).stdout == "没有变化。\n"
    removed = run("import", "plots", fewer, "--data-dir", data_dir, "--remove-missing", "--yes")
    assert removed.stdout == "已入库，第 2 次修订：新增 0，修改 0，移除 1。\n"


def test_import_that_nobody_can_confirm_stores_nothing(tmp_path, data_dir):
    path = geojson(tmp_path / "a.geojson", plots(3))
    refused = run("import", "plots", path, "--data-dir", data_dir)
    assert refused.exit_code == 2
    assert "没有入库：没有终端可以询问" in refused.stderr
    assert "--yes" in refused.stderr
    assert "新增 3" in refused.stderr  # what would have been stored is shown all the same
    assert revision_count(data_dir) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "code", "revisions"), [(b"y\n", 0, 1), (b"n\n", 1, 0)])
def test_import_at_a_terminal_asks(tmp_path, data_dir, answer, code, revisions):
    path = geojson(tmp_path / "a.geojson", plots(3))
    master, terminal = pty.openpty()
    command = [sys.executable, "-m", "geoapp", "import", "plots", str(path), "--data-dir", str(data_dir)]
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        os.write(master, answer)
        shown = b""
        try:
            while chunk := os.read(master, 4096):
                shown += chunk
        except OSError:  # the other end is closed
            pass
    os.close(master)
    assert process.returncode == code
    assert ("没有入库。" in shown.decode()) == (answer == b"n\n")
    assert b"Aborted" not in shown
    assert "写入台账？" in shown.decode()
    assert revision_count(data_dir) == revisions


@pytest.mark.parametrize(
    "options",
    [
        ("--crs", "没有"),
        ("--fix", "没有"),
        ("--column", "没有等号"),
        ("--unit", "area_reg_m2=斗"),
        ("--layer", "没有"),
    ],
)
def test_wrong_option_exits_2(tmp_path, data_dir, options):
    path = geojson(tmp_path / "a.geojson", plots(YDMJ=[1e4] * 3))
    refused = run("import", "plots", path, "--data-dir", data_dir, *options)
    assert refused.exit_code == 2
    assert refused.stderr.startswith("错误：") or "错误：" in refused.stderr


@pytest.mark.parametrize("verb", ["import", "validate"])
@pytest.mark.parametrize(
    ("name", "content"), [("missing.zip", None), ("a.zip", b"PK"), ("a.geojson", b"{"), ("a.mdb", b"x")]
)
def test_unreadable_file_exits_2_with_one_line(tmp_path, data_dir, verb, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    refused = run(verb, "plots", tmp_path / name, "--data-dir", data_dir)
    assert refused.exit_code == 2
    assert "Traceback" not in refused.output


def test_validate_needs_no_data_folder_and_makes_none(tmp_path, data_dir):
    path = geojson(tmp_path / "a.geojson", plots())
    done = run("validate", "plots", path, "--data-dir", data_dir)
    assert done.exit_code == 0
    assert "可以入库" in done.stdout
    assert not data_dir.exists()


def test_validate_prints_one_json_object(tmp_path, data_dir):
    path = geojson(tmp_path / "a.geojson", plots(DKBH=["A", "A", "B"]))
    done = run("validate", "plots", path, "--json", "--data-dir", data_dir)
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert {i["code"] for i in report["issues"] if i["severity"] == "error"} == {"duplicate-key"}
    assert report["fixes"][0] == {
        "id": "keep-last-duplicates", "label": "编号重复的只留最后一条", "count": 2, "applied": False,
    }  # fmt: skip
    assert report["acceptable"] is False


def test_validate_compares_with_the_database_and_writes_a_corrected_file(tmp_path, data_dir):
    run("import", "plots", geojson(tmp_path / "a.geojson", plots()), "--data-dir", data_dir, "--yes")
    rows = [["地块编号", "用地面积(亩)"], ["A1", 15], ["X", "约十亩"]]
    corrected = tmp_path / "c.xlsx"
    done = run(
        "validate",
        "plots",
        ledger(tmp_path / "b.xlsx", rows),
        "--corrected",
        corrected,
        "--data-dir",
        data_dir,
    )
    assert done.exit_code == 1
    assert "--fix drop-error-rows" in done.stdout
    assert corrected.stat().st_size > 0
    assert revision_count(data_dir) == 1


def test_many_findings_of_a_kind_are_counted(tmp_path, data_dir):
    path = geojson(tmp_path / "a.geojson", plots(12, area_reg_m2=[9e3] * 12))
    done = run("validate", "plots", path, "--data-dir", data_dir)
    assert "还有 4" in done.stdout


def test_columns_and_units_can_be_said(tmp_path, data_dir):
    path = geojson(tmp_path / "a.geojson", plots(某面积=[15.0] * 3))
    said = ("--column", "某面积=area_reg_m2", "--column", "DKMC=", "--unit", "area_reg_m2=mu")
    done = run("validate", "plots", path, "--json", *said, "--data-dir", data_dir)
    report = json.loads(done.stdout)
    fields = {c["header"]: c["field"] for c in report["columns"]}
    assert (fields["DKBH"], fields["DKMC"], fields["某面积"]) == ("plot_code", None, "area_reg_m2")
    assert report["preview"]["rows"][0] == ["A1", "10,000"]


def test_help_does_not_load_the_import_pipeline():
    code = "import sys, geoapp.cli; sys.exit('pandera' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_register_is_answered_with_the_ids_and_names_there_are(tmp_path, data_dir):
    result = run("import", "地块", geojson(tmp_path / "a.geojson", plots(1)), "--yes", "--data-dir", data_dir)
    assert result.exit_code == 2
    assert "没有台账“地块”；可用：towns（镇街）、" in result.stderr
    assert "plots（工业地块）" in result.stderr
