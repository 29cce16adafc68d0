import csv
import json
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
from click.testing import CliRunner, Result

from geoapp.cli import main
from geoapp.domain.file_table import FILE_COLUMNS
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.small_district import fill

EAST, NORTH = 640_000, 3_315_000


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["stats", *map(str, arguments)])


def save(path: Path, boxes: list[tuple], **columns: list) -> Path:
    shapes = [shapely.box(EAST + w, NORTH + s, EAST + e, NORTH + n) for w, s, e, n in boxes]
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4549).to_file(path)
    return path


@pytest.fixture
def files(tmp_path: Path) -> list[object]:
    plots = save(
        tmp_path / "plots.gpkg", [(0, 0, 10, 10), (50, 0, 70, 10)], jz=[150.0, None], mj=[100.0, 200.0]
    )
    zones = save(tmp_path / "zones.gpkg", [(0, 0, 60, 60)], code=["甲"])
    return [
        "--plots",
        plots,
        "--zones",
        zones,
        "--zone-key",
        "code",
        "--site-area",
        "mj:m2",
        "--gfa",
        "jz:m2",
    ]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    with fill(open_workspace(Settings(data_dir=tmp_path / "data"))).store:
        return tmp_path / "data"


def test_files_give_the_promised_csv(files: list, tmp_path: Path) -> None:
    result = run(*files, "--out", tmp_path / "out.csv")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "工作坐标系：按设置用" in result.stderr
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(FILE_COLUMNS)
    assert [row["zone"] for row in rows] == ["甲", "(outside)", "(total)"]
    assert [row["plot_count"] for row in rows] == ["2", "0", "2"]
    assert float(rows[0]["site_area_m2"]) == pytest.approx(200)  # 100 + half of 200
    assert [float(row["far"]) if row["far"] else None for row in rows] == [1.5, None, 1.5]
    assert float(rows[2]["known_gfa_share"]) == pytest.approx(1 / 3)


@pytest.mark.parametrize("suffix", ["xlsx", "json"])
def test_files_give_other_formats(files: list, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out.{suffix}"
    assert run(*files, "--out", path).exit_code == 0
    if suffix == "xlsx":
        assert openpyxl.load_workbook(path)["统计"]["A2"].value == "甲"
    else:
        assert json.loads(path.read_text(encoding="utf-8"))[1]["far"] is None


def test_files_print_json_or_a_table(files: list) -> None:
    assert json.loads(run(*files, "--json").stdout)[0]["zone"] == "甲"
    printed = run(*files).stdout
    assert "(total)" in printed
    assert "—" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--plots", "x.gpkg"], "还要给出 --zones 分区文件和 --zone-key"),
        (["--plots", "x.gpkg", "--zones", "y.gpkg"], "还要给出 --zones 分区文件和 --zone-key"),
        (["--plots", "x.gpkg", "--zones", "y.gpkg", "--zone-key", "k"], "找不到地块文件“x.gpkg”"),
        (
            ["--plots", "x.gpkg", "--zones", "y", "--zone-key", "k", "--out", "o.txt"],
            "可用的后缀：.csv、.xlsx、.json",
        ),
        (["--plots", "x.gpkg", "--zones", "y", "--zone-key", "k", "--town", "1"], "--town 只用于统计数据库"),
        (["--gfa", "a:m2"], "--gfa 只在给出 --plots 时可用"),
    ],
)
def test_wrong_usage_is_explained_in_one_line_with_exit_code_2(arguments: list, message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_missing_field_names_those_there_are(files: list) -> None:
    result = run(*files, "--plot-key", "nope")
    assert result.exit_code == 2
    assert "--plot-key：文件里没有字段“nope”；可用的字段：jz、mj" in result.stderr


def test_database_gives_a_table_or_json(data_dir: Path) -> None:
    printed = run("--data-dir", data_dir, "--zones", "control_zones", "--day", "2026-03-01")
    assert printed.exit_code == 0
    assert "数据修订号：1" in printed.stdout
    record = json.loads(run("--data-dir", data_dir, "--json", "--low-efficiency").stdout)
    assert record["zones"] == "towns"
    assert record["terms"]["筛选"] == "低效用地 为 低效"
    assert record["rows"][-1]["plot_count"] == 1


@pytest.mark.parametrize(
    ("arguments", "words", "count"),
    [
        (["--filter", "far > 1"], "容积率 大于 1", 1),
        (
            ["--filter", "far > 1 OR far < 1", "--town", "330205103"],
            "镇街 为 慈城镇 且 （容积率 大于 1 或 容积率 小于 1）",
            1,
        ),
        (["--park", "O'B"], "园区 为 O'B", 0),
    ],
)
def test_database_counts_what_a_filter_takes_in(
    data_dir: Path, arguments: list, words: str, count: int
) -> None:
    record = json.loads(run("--data-dir", data_dir, "--json", *arguments).stdout)
    assert record["terms"]["筛选"] == words
    assert record["rows"][-1]["plot_count"] == count


def test_database_gives_the_statistics_asked_for(data_dir: Path) -> None:
    chosen = ["--data-dir", data_dir, "--day", "2026-03-01", "--show", "plot_count, far_distribution"]
    record = json.loads(run(*chosen, "--json").stdout)
    assert record["terms"]["指标"] == "所选 2 项：宗数、容积率分布"
    assert record["columns"][1]["name"] == "far_below_0_6_area_mu"
    assert "容积率2.0及以上" in run(*chosen).stdout
    unknown = run("--data-dir", data_dir, "--show", "beauty")
    assert unknown.exit_code == 2
    assert "没有指标“beauty”" in unknown.stderr


@pytest.mark.parametrize("suffix", ["xlsx", "csv", "geojson", "gpkg", "json"])
def test_database_writes_every_format(data_dir: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out.{suffix}"
    result = run("--data-dir", data_dir, "--zones", "control_line", "--membership", "largest", "--out", path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert path.stat().st_size > 0


def test_database_takes_a_file_as_zones(data_dir: Path, tmp_path: Path) -> None:
    zones = save(tmp_path / "zones.gpkg", [(4000, 0, 5000, 3000)], code=["甲"])
    record = json.loads(run("--data-dir", data_dir, "--zones", zones, "--zone-key", "code", "--json").stdout)
    assert [row["name"] for row in record["rows"]] == ["甲", "区外", "合计"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--zones", "towers"], "没有分区“towers”"),
        (["--zones", "towns", "--zone-key", "k"], "--zone-key 只在 --zones 是文件时可用"),
        (["--out", "x.pdf"], "可用的后缀"),
        (["--membership", "touch"], "归属方式“touch”不认识"),
        (["--filter", "far <"], "筛选条件没有写完"),
    ],
)
def test_database_refuses_what_does_not_exist(data_dir: Path, arguments: list, message: str) -> None:
    result = run("--data-dir", data_dir, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("option", ["--site-area", "--gfa", "--plot-key", "--working-crs", "--plots-crs"])
def test_an_empty_option_is_refused_not_left_out(files: list, option: str) -> None:
    result = run(*files, option, "")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["--revision", "0"], ["--town", ""]])
def test_database_options_are_refused_whatever_their_value(files: list, arguments: list) -> None:
    result = run(*files, *arguments)
    assert result.exit_code == 2
    assert f"{arguments[0]} 只用于统计数据库" in result.stderr


def test_input_is_not_overwritten(data_dir: Path, tmp_path: Path) -> None:
    zones = save(tmp_path / "zones.geojson", [(0, 0, 60, 60)], code=["甲"])
    plots = save(tmp_path / "plots.json", [(0, 0, 10, 10)])
    before = zones.read_bytes(), plots.read_bytes()
    of_files = run("--plots", plots, "--zones", zones, "--zone-key", "code", "--out", plots)
    of_database = run("--data-dir", data_dir, "--zones", zones, "--out", zones)
    for result in (of_files, of_database):
        assert result.exit_code == 2
        assert "会盖掉输入文件" in result.stderr
    assert (zones.read_bytes(), plots.read_bytes()) == before


def test_out_that_is_a_folder_is_refused_in_chinese(files: list, tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    result = run(*files, "--out", tmp_path / "out.csv")
    assert result.exit_code == 2
    assert "out.csv”：这是文件夹" in result.stderr


def test_names_in_brackets_are_printed_as_they_are(tmp_path: Path, files: list) -> None:
    zones = save(tmp_path / "brackets.gpkg", [(0, 0, 60, 60), (60, 0, 70, 9)], code=["[/red]", "[b]乙"])
    printed = run("--plots", files[1], "--zones", zones, "--zone-key", "code")
    assert printed.exit_code == 0
    assert "[/red]" in printed.stdout
    assert "[b]乙" in printed.stdout


def test_a_geodatabase_folder_is_a_file_of_plots(files: list, tmp_path: Path) -> None:
    folder = tmp_path / "plots.gdb"
    gpd.read_file(files[1]).to_file(folder, driver="OpenFileGDB")
    records = json.loads(run("--plots", folder, *files[2:], "--json").stdout)
    assert records[-1]["plot_count"] == 2


def test_a_geodatabase_folder_may_be_the_zones_of_the_database(data_dir: Path, tmp_path: Path) -> None:
    source, folder = save(tmp_path / "z.gpkg", [(4000, 0, 5000, 3000)], code=["甲"]), tmp_path / "z.gdb"
    gpd.read_file(source).to_file(folder, driver="OpenFileGDB")
    record = json.loads(run("--data-dir", data_dir, "--zones", folder, "--zone-key", "code", "--json").stdout)
    assert [row["name"] for row in record["rows"]] == ["甲", "区外", "合计"]


def test_a_folder_of_plots_is_refused_as_a_folder(files: list, tmp_path: Path) -> None:
    result = run("--plots", tmp_path, *files[2:])
    assert result.exit_code == 2
    assert "是文件夹" in result.stderr


@pytest.mark.parametrize("place", ["--plots", "--zones", "--out"])
def test_names_too_long_for_the_disk_are_refused(files: list, place: str) -> None:
    name = "长" * 200 + ".csv"
    given = dict(zip(files[::2], files[1::2], strict=True)) | {place: name}
    result = run(*(part for pair in given.items() for part in pair))
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("错误：")
    assert run("--zones", name).exit_code == 2
