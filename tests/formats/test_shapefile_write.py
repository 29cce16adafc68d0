import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoapp.domain.issue import Issue
from geoapp.domain.layer import Field, Layer
from geoapp.errors import FormatError, UsageError
from geoapp.formats.base import RawLayer
from geoapp.formats.shapefile_write import short_names

Read = Callable[..., list[RawLayer]]
Write = Callable[..., list[Issue]]


def codes(issues: list[Issue]) -> list[str]:
    return [issue.code for issue in issues]


def plot_register() -> Layer:
    return Layer(
        id="plots",
        zh="地块",
        en="Plots",
        geometry="polygon",
        key=("plot_code",),
        fields=(
            Field(name="plot_code", dtype="string", zh="地块编号", en="Plot code", aliases=("DKBH",)),
            Field(
                name="real_estate_unit_no",
                dtype="string",
                zh="不动产单元号",
                en="Unit",
                aliases=("不动产单元号", "BDCDYH"),
            ),
            Field(name="area_reg_m2", dtype="number", zh="登记面积", en="Area", unit="m2"),
        ),
    )


def test_zip_round_trip_keeps_values_and_geometry_to_a_millimetre(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    path = tmp_path / "地块.zip"
    assert write_file(path, plots) == []
    with zipfile.ZipFile(path) as packed:
        assert sorted(packed.namelist()) == ["地块.cpg", "地块.dbf", "地块.prj", "地块.shp", "地块.shx"]
        assert packed.read("地块.cpg") == b"GBK"
        assert "甬江示例地块".encode("gbk") in packed.read("地块.dbf")
    (layer,) = read_file(path)
    frame = layer.frame
    assert frame["名称"].tolist()[0] == "甬江示例地块"
    assert frame["名称"].isna().tolist() == [False, True]
    assert frame["MJ"].tolist()[0] == 28800.0
    assert frame["MJ"].isna().tolist() == [False, True]
    assert frame["层数"].tolist() == [3, pd.NA]
    assert frame["日期"].tolist() == [pd.Timestamp("2026-01-31"), pd.NaT]
    assert frame.crs.to_epsg() == 4549
    gap = shapely.hausdorff_distance(frame.geometry.to_numpy(), plots.geometry.to_numpy())
    assert (gap < 0.001).all()
    # 200 m x 150 m - 40 m x 30 m = 28,800 m2; 100 m x 100 m = 10,000 m2
    assert np.allclose(frame.geometry.area, [28800.0, 10000.0], atol=0.01)


def test_bare_shapefile_is_written_with_its_companions(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    write_file(tmp_path / "a.shp", plots, encoding="UTF-8")
    assert {file.name for file in tmp_path.iterdir()} == {"a.shp", "a.shx", "a.dbf", "a.prj", "a.cpg"}
    assert (tmp_path / "a.cpg").read_text() == "UTF-8"
    assert read_file(tmp_path / "a.shp")[0].frame["名称"].tolist()[0] == "甬江示例地块"


def test_long_names_are_shortened_uniquely_said_and_listed(
    tmp_path: Path, plots: gpd.GeoDataFrame, write_file: Write
) -> None:
    long = plots[["MJ", "geometry"]].assign(地块用地性质代码=1.0, 地块用地性质名称=2.0, a_long_field_name=3.0)
    issues = write_file(tmp_path / "a.zip", long)
    # 5 Chinese characters are 10 bytes of GBK; the second of the same 5 gets "_2" behind 4 characters
    assert [(i.field, i.value) for i in issues] == [
        ("地块用地性质代码", "地块用地性"),
        ("地块用地性质名称", "地块用地_2"),
        ("a_long_field_name", "a_long_fie"),
    ]
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        table = packed.read("字段对照.csv").decode("utf-8-sig").splitlines()
    assert table[0] == "shapefile 字段,原字段,中文名"
    assert table[2] == "地块用地性,地块用地性质代码,"


def test_register_gives_aliases_for_long_names_and_labels_for_the_table(
    tmp_path: Path, plots: gpd.GeoDataFrame, write_file: Write
) -> None:
    frame = plots[["geometry"]].assign(plot_code=["A", "B"], real_estate_unit_no=["1", "2"], area_reg_m2=1.0)
    issues = write_file(tmp_path / "a.shp", frame, layer=plot_register())
    assert [(issue.field, issue.value) for issue in issues] == [
        ("real_estate_unit_no", "BDCDYH"),
        ("area_reg_m2", "area_reg_m"),
    ]
    table = (tmp_path / "a_字段对照.csv").read_text(encoding="utf-8-sig")
    assert "area_reg_m,area_reg_m2,登记面积(平方米)" in table


def test_short_names_never_collide_with_names_that_fit() -> None:
    names = short_names(["abcdefghijkl", "abcdefghij"], None, "gbk")
    assert names == {"abcdefghijkl": "abcdefgh_2", "abcdefghij": "abcdefghij"}


def test_long_text_is_cut_at_a_character_and_said_with_its_row(
    tmp_path: Path, plots: gpd.GeoDataFrame, read_file: Read, write_file: Write
) -> None:
    frame = plots[["geometry"]].assign(备注=["短", "a" + "江" * 200])
    (issue,) = write_file(tmp_path / "a.zip", frame)
    assert (issue.code, issue.field, issue.row) == ("value-cut", "备注", 1)
    assert "401 字节" in issue.message  # 1 + 200 x 2
    assert read_file(tmp_path / "a.zip")[0].frame["备注"].tolist()[1] == "a" + "江" * 126  # 253 of 254 bytes


def test_character_outside_gbk_turns_the_file_to_utf8_and_is_said(
    tmp_path: Path, plots: gpd.GeoDataFrame, read_file: Read, write_file: Write
) -> None:
    frame = plots[["geometry"]].assign(name=["\U00020bb7野家", "甬江"])
    (issue,) = write_file(tmp_path / "a.zip", frame)
    assert (issue.code, issue.value) == ("encoding-changed", "\U00020bb7")
    assert read_file(tmp_path / "a.zip")[0].frame["name"].tolist() == ["\U00020bb7野家", "甬江"]


def test_mixed_geometry_becomes_one_shapefile_per_kind_in_a_zip_only(
    tmp_path: Path, plots: gpd.GeoDataFrame, read_file: Read, write_file: Write
) -> None:
    mixed = gpd.GeoDataFrame(
        {"name": ["a", "b", "c"]},
        geometry=[
            plots.geometry[0],
            shapely.Point(644800, 3316400),
            shapely.multipolygons([plots.geometry[1]]),
        ],
        crs=4549,
    )
    write_file(tmp_path / "x.zip", mixed)
    layers = {layer.name: layer.frame["name"].tolist() for layer in read_file(tmp_path / "x.zip")}
    assert layers == {"x_点": ["b"], "x_面": ["a", "c"]}
    with pytest.raises(FormatError, match="点、面"):
        write_file(tmp_path / "x.shp", mixed)


def test_missing_crs_null_geometry_and_no_columns_are_written_and_said(
    tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1), None])
    assert codes(write_file(tmp_path / "a.zip", frame)) == ["crs-missing"]
    (layer,) = read_file(tmp_path / "a.zip")
    assert layer.frame["id"].tolist() == [1, 2]
    assert layer.frame.geometry.isna().tolist() == [False, True]
    assert codes(layer.issues) == ["geometry-missing", "crs-missing"]


def test_empty_frame_round_trips(
    tmp_path: Path, plots: gpd.GeoDataFrame, read_file: Read, write_file: Write
) -> None:
    write_file(tmp_path / "a.zip", plots.iloc[:0])
    assert len(read_file(tmp_path / "a.zip")[0].frame) == 0


def test_what_a_shapefile_cannot_be_is_refused(
    tmp_path: Path, plots: gpd.GeoDataFrame, write_file: Write
) -> None:
    with pytest.raises(FormatError, match=r"\.xlsx"):
        write_file(tmp_path / "a.zip", pd.DataFrame({"a": [1]}))
    collection = gpd.GeoDataFrame(geometry=[shapely.GeometryCollection([shapely.Point(0, 0)])], crs=4549)
    with pytest.raises(FormatError, match="几何集合"):
        write_file(tmp_path / "a.zip", collection)
    with pytest.raises(FormatError, match="不能写入"):
        write_file(tmp_path / "nowhere" / "a.zip", plots)
    with pytest.raises(UsageError, match="klingon"):
        write_file(tmp_path / "a.zip", plots, encoding="klingon")
    assert list(tmp_path.iterdir()) == []
