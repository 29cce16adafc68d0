import pytest
from click.testing import CliRunner

from geoapp.cli import main

TEXT = """[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
带号=40
[地块坐标]
5,3.0000,A-1,甲,面,,,,@
J1,1,3316554.248,40644798.679
J2,1,3316554.248,40644998.679
J3,1,3316404.248,40644998.679
J4,1,3316404.248,40644798.679
J1,1,3316554.248,40644798.679
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.txt"
    path.write_bytes(TEXT.encode("gbk"))
    return path


def run(*arguments):
    return CliRunner().invoke(main, ["convert", *map(str, arguments)])


def test_convert_says_what_it_wrote(tmp_path, source):
    result = run(source, tmp_path / "out.geojson")
    assert result.exit_code == 0
    assert "in 1 条" in result.stdout
    assert "EPSG:4490" in result.stdout
    assert "说明：“in.txt”的文字按 GBK 读取" in result.stderr
    assert (tmp_path / "out.geojson").exists()


def test_convert_exits_with_one_when_the_data_have_errors(tmp_path, source):
    source.write_bytes(TEXT.replace("J3,1,3316404.248", "J3,1,33164x").encode("gbk"))
    result = run(source, tmp_path / "out.gpkg")
    assert result.exit_code == 1
    assert "错误：第 9 行的坐标不是数字" in result.stderr
    assert "数据有错误" in result.stderr
    assert (tmp_path / "out.gpkg").exists()


@pytest.mark.parametrize("target", ["out.doc", "in.txt"])
def test_convert_exits_with_two_when_it_cannot(tmp_path, source, target):
    result = run(source, tmp_path / target)
    assert result.exit_code == 2
    assert result.stderr.startswith("错误：")
    assert "Traceback" not in result.output


def test_convert_takes_its_options(tmp_path, source):
    source.write_bytes(TEXT.replace("坐标系=2000国家大地坐标系\n", "").encode("gbk"))
    result = run(
        source,
        tmp_path / "out.txt",
        "--from-crs",
        "4528",
        "--to-crs",
        "4549",
        "--encoding",
        "gbk",
        "--to-encoding",
        "utf-8",
    )
    assert result.exit_code == 0
    assert "J1,1,3316554.248,644798.679" in (tmp_path / "out.txt").read_text(encoding="utf-8")
