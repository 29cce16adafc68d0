from datetime import date
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from geoapp.errors import CrsError, FormatError, UsageError
from geoapp.formats.base import ReadOptions, WriteOptions, reader_for, writer_for
from geoapp.services.convert_file import ConvertOptions, convert_file
from geoapp.services.workspace import load_policy

DAY = date(2026, 11, 23)
WRITABLE = ("txt", "shp", "zip", "gpkg", "gdb.zip", "geojson", "dxf", "kml", "xlsx", "csv")
OUTER = shapely.box(40644798.679, 3316404.248, 40644998.679, 3316554.248)
HOLE = shapely.box(40644878.679, 3316464.248, 40644918.679, 3316494.248)
PLOT = shapely.difference(OUTER, HOLE)
AREA_M2 = 28_800  # 200 x 150 - 40 x 30


def convert(source: Path, target: Path, **options):
    return convert_file(source, target, ConvertOptions(**options), policy=load_policy(), day=DAY)


def read(path: Path, layer: str | None = None):
    return reader_for(path).read(path, ReadOptions(layer=layer))


def codes(done):
    return [issue.code for issue in done.issues]


@pytest.fixture
def plots() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"地块编号": ["DX-0001"], "地块名称": ["示例地块"], "地类编码": ["0601"]}, geometry=[PLOT], crs=4528
    )


def save(path: Path, frame: pd.DataFrame) -> Path:
    writer_for(path).write(path, frame, WriteOptions(title="地块"))
    return path


@pytest.mark.parametrize("middle", WRITABLE)
def test_plot_comes_through_every_format_and_back(tmp_path, plots, middle):
    source = save(tmp_path / "in.txt", plots)
    convert(source, tmp_path / f"out.{middle}", to_crs="4528" if middle in ("csv", "dxf") else None)
    done = convert(tmp_path / f"out.{middle}", tmp_path / "back.txt")
    assert not done.has_errors
    (layer,) = read(tmp_path / "back.txt")
    assert layer.frame.crs.to_epsg() == 4528
    back = layer.frame.geometry.iloc[0]
    tolerance = 0.02 if middle == "kml" else 0.0011  # KML holds WGS 84, here the same numbers as CGCS2000
    assert shapely.hausdorff_distance(back, PLOT) < tolerance
    assert back.area == pytest.approx(AREA_M2, abs=0.01)
    if middle != "dxf":
        assert layer.frame["地块名称"].tolist() == ["示例地块"]
        assert layer.frame["地类编码"].tolist() == ["0601"]
    assert {path.name for path in tmp_path.iterdir()} >= {"in.txt", "back.txt"}


def test_target_crs_is_that_of_the_source_unless_the_format_prescribes_one(tmp_path, plots):
    source = save(tmp_path / "in.gpkg", plots.to_crs(4549))
    expected = {
        "gpkg": 4549,
        "shp": 4549,
        "geojson": 4490,
        "kml": 4490,
        "txt": 4528,
        "csv": 4490,
        "xlsx": 4490,
    }
    for suffix, epsg in expected.items():
        assert convert(source, tmp_path / f"out.{suffix}").crs.startswith(f"EPSG:{epsg}")
    assert convert(source, tmp_path / "out.txt", to_crs="EPSG:4549").crs.startswith("EPSG:4549")
    mercator = save(tmp_path / "m.gpkg", plots.to_crs(3857))
    assert convert(mercator, tmp_path / "out.geojson").crs.startswith("EPSG:4326")


@pytest.mark.parametrize(
    ("longitude", "epsg"), [(121.5, 4528), (118.0, 4528), (113.3, 4526), (87.6, 4517)]
)  # zones 40, 40, 38 (meridian 114), 29 (meridian 87)
def test_boundary_points_get_the_zone_in_which_they_lie(tmp_path, longitude, epsg):
    box = shapely.box(longitude, 29.9, longitude + 0.001, 29.901)
    source = save(tmp_path / "in.geojson", gpd.GeoDataFrame({"a": [1]}, geometry=[box], crs=4490))
    assert convert(source, tmp_path / "out.txt").crs.startswith(f"EPSG:{epsg}")


def test_boundary_points_outside_china_are_refused(tmp_path):
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(2, 48, 2.01, 48.01)], crs=4326)
    with pytest.raises(CrsError, match="不在我国"):
        convert(save(tmp_path / "in.gpkg", frame), tmp_path / "out.txt")
    assert not (tmp_path / "out.txt").exists()


def test_missing_crs_is_told_by_magnitude_and_said(tmp_path, plots):
    source = save(tmp_path / "in.dxf", plots.to_crs(4549))
    done = convert(source, tmp_path / "out.geojson")
    assert "crs-detected" in codes(done)
    assert "crs-missing" not in codes(done)
    (layer,) = read(tmp_path / "out.geojson")
    assert shapely.hausdorff_distance(layer.frame.to_crs(4528).geometry.iloc[0], PLOT) < 0.001


def test_unknown_crs_is_asked_for_where_it_is_needed(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("code,WKT\nA,POINT (1234.5 6789.1)\n", encoding="utf-8")
    for target, options in (("out.geojson", {}), ("out.gpkg", {"to_crs": "4490"})):
        with pytest.raises(CrsError, match="--from-crs"):
            convert(source, tmp_path / target, **options)
    assert list(tmp_path.iterdir()) == [source]
    done = convert(source, tmp_path / "out.gpkg")
    assert codes(done)[-1] == "crs-unknown"
    (layer,) = read(tmp_path / "out.gpkg")
    assert layer.frame.geometry.iloc[0].x == 1234.5


def test_given_crs_is_believed(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("code,WKT\nA,POINT (500000 3316000)\n", encoding="utf-8")
    convert(source, tmp_path / "out.geojson", from_crs="4549")
    (layer,) = read(tmp_path / "out.geojson")
    assert layer.frame.geometry.iloc[0].x == pytest.approx(120, abs=1e-9)  # on the central meridian


def test_swapped_axes_are_refused_until_told(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("code,WKT\nA,POINT (3316404.248 40644798.679)\n", encoding="utf-8")
    with pytest.raises(CrsError, match="--swap-axes"):
        convert(source, tmp_path / "out.geojson")
    convert(source, tmp_path / "out.geojson", swap_axes=True)
    (layer,) = read(tmp_path / "out.geojson")
    back = layer.frame.to_crs(4528).geometry.iloc[0]
    assert (round(back.x, 3), round(back.y, 3)) == (40644798.679, 3316404.248)


def test_declared_crs_that_contradicts_the_coordinates_is_refused(tmp_path, plots):
    wrong = plots.set_crs(4529, allow_override=True)
    with pytest.raises(CrsError, match="--from-crs"):
        convert(save(tmp_path / "in.gpkg", wrong), tmp_path / "out.geojson")
    convert(tmp_path / "in.gpkg", tmp_path / "out.geojson", from_crs="4528")


def test_ledger_with_longitude_and_latitude_becomes_points(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text(
        "项目编号,行业代码,投资,经度,纬度\nP1,0601,1.5,121.5,29.95\nP2,1001,2,abc,29.9\nP3,1001,,,\n",
        encoding="utf-8",
    )
    done = convert(source, tmp_path / "out.gpkg")
    assert done.has_errors
    assert [(i.code, i.row) for i in done.issues if i.severity == "error"] == [("unreadable-coordinate", 3)]
    (layer,) = read(tmp_path / "out.gpkg")
    assert layer.frame.geometry.iloc[0].coords[0] == (121.5, 29.95)
    assert layer.frame.geometry.isna().tolist() == [False, True, True]
    assert layer.frame["投资"].tolist()[:2] == [1.5, 2.0]
    assert layer.frame["行业代码"].tolist() == ["0601", "1001", "1001"]


def test_ledger_without_coordinates_cannot_become_a_map(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("code,name\nA,x\n", encoding="utf-8")
    with pytest.raises(FormatError, match="没有图形"):
        convert(source, tmp_path / "out.geojson")
    assert convert(source, tmp_path / "out.xlsx").rows == {"in": 1}


def test_several_layers_go_where_several_fit(tmp_path, plots):
    source = tmp_path / "in.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "甲"
    book.active.append(["编号", "WKT"])
    book.active.append(["A", "POINT (121.5 29.95)"])
    book.create_sheet("乙").append(["编号", "WKT"])
    book["乙"].append(["B", "POINT (121.4 29.95)"])
    book.save(source)
    done = convert(source, tmp_path / "out.gpkg")
    assert done.rows == {"甲": 1, "乙": 1}
    assert {issue.message[:4] for issue in done.issues if issue.code == "crs-detected"} == {
        "“甲”：",
        "“乙”：",
    }
    assert [layer.name for layer in read(tmp_path / "out.gpkg")] == ["甲", "乙"]
    assert [layer.name for layer in read(convert_to(tmp_path, "out.gpkg", "again.xlsx"))] == ["甲", "乙"]
    with pytest.raises(UsageError, match="甲、乙"):
        convert(source, tmp_path / "out.geojson")
    convert(source, tmp_path / "out.geojson", layer="乙")
    (layer,) = read(tmp_path / "out.geojson")
    assert layer.frame["编号"].tolist() == ["B"]


def convert_to(folder: Path, source: str, target: str) -> Path:
    convert(folder / source, folder / target)
    return folder / target


def test_input_is_never_overwritten(tmp_path, plots):
    source = save(tmp_path / "in.txt", plots)
    before = source.read_bytes()
    with pytest.raises(UsageError, match="同一个文件"):
        convert(source, tmp_path / "." / "in.txt")
    with pytest.raises(UsageError, match="文件夹"):
        convert(source, tmp_path)
    assert source.read_bytes() == before


def test_unknown_formats_and_missing_files_are_refused(tmp_path, plots):
    source = save(tmp_path / "in.txt", plots)
    with pytest.raises(FormatError, match="不能写成"):
        convert(source, tmp_path / "out.doc")
    with pytest.raises(FormatError, match="找不到文件"):
        convert(tmp_path / "none.txt", tmp_path / "out.gpkg")
    with pytest.raises(FormatError, match="不能写入"):
        convert(source, tmp_path / "no" / "out.gpkg")


def test_file_that_stood_there_stays_when_writing_fails(tmp_path):
    target = tmp_path / "out.txt"
    target.write_text("old", encoding="utf-8")
    source = tmp_path / "in.csv"
    source.write_text("code,name\nA,x\n", encoding="utf-8")
    with pytest.raises(FormatError):
        convert(source, target)
    assert target.read_text(encoding="utf-8") == "old"


def test_encodings_are_as_asked(tmp_path, plots):
    source = tmp_path / "in.csv"
    source.write_bytes("編號,WKT\n甲,POINT (121.5 29.95)\n".encode("big5"))
    convert(source, tmp_path / "out.csv", encoding="big5", to_encoding="gbk")
    assert (tmp_path / "out.csv").read_bytes().decode("gbk").startswith("編號,經度".replace("經", "经"))


def test_layer_without_any_geometry_needs_no_crs(tmp_path):
    source = save(
        tmp_path / "in.gpkg", gpd.GeoDataFrame({"a": [1]}, geometry=gpd.GeoSeries([None], crs=4490))
    )
    done = convert(source, tmp_path / "out.geojson")
    assert done.rows == {"地块": 1}
