import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geoapp.domain.issue import Issue
from geoapp.errors import FormatError
from geoapp.formats.base import RawLayer, reader_for

Read = Callable[..., list[RawLayer]]
Write = Callable[..., list[Issue]]


def test_zipped_geodatabase_round_trips(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    path = tmp_path / "地块.gdb.zip"
    assert write_file(path, plots) == []
    (layer,) = read_file(path)
    assert layer.name == "地块"
    assert layer.frame["名称"].tolist()[0] == "甬江示例地块"
    assert layer.frame.crs.to_epsg() == 4549
    gap = shapely.hausdorff_distance(layer.frame.geometry.to_numpy(), plots.geometry.to_numpy())
    assert (gap < 0.001).all()


def test_layer_name_that_a_geodatabase_does_not_take_is_changed_and_said(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    (issue,) = write_file(tmp_path / "a.gdb.zip", plots, title="2026 plots")
    assert issue.code == "layer-renamed"
    assert read_file(tmp_path / "a.gdb.zip")[0].name == "T2026_plots"


def test_plain_zip_and_unpacked_folder_are_read_too_and_strange_files_ignored(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    write_file(tmp_path / "a.gdb.zip", plots)
    with zipfile.ZipFile(tmp_path / "a.gdb.zip") as packed:
        packed.extractall(tmp_path)
    (tmp_path / "a.gdb" / "evil.vrt").write_text("<OGRVRTDataSource/>")
    assert len(read_file(tmp_path / "a.gdb")[0].frame) == 2
    shutil.make_archive(str(tmp_path / "b"), "zip", tmp_path, "a.gdb")
    assert reader_for(tmp_path / "b.zip").id == "filegdb"
    assert len(read_file(tmp_path / "b.zip")[0].frame) == 2


def test_incomplete_geodatabase_is_refused(
    tmp_path: Path, read_file: Read, plots: gpd.GeoDataFrame, write_file: Write
) -> None:
    (tmp_path / "empty.gdb").mkdir()
    with pytest.raises(FormatError, match=r"a00000001\.gdbtable"):
        read_file(tmp_path / "empty.gdb")
    write_file(tmp_path / "a.gdb.zip", plots)
    with (
        zipfile.ZipFile(tmp_path / "a.gdb.zip") as packed,
        zipfile.ZipFile(tmp_path / "b.gdb.zip", "w") as broken,
    ):
        for name in packed.namelist():
            broken.writestr(name, packed.read(name)[:20])
    with pytest.raises(FormatError, match=r"b\.gdb\.zip"):
        read_file(tmp_path / "b.gdb.zip")


def test_zip_that_is_called_gdb_but_holds_none_is_refused(
    tmp_path: Path, make_zip: Callable[..., Path], read_file: Read
) -> None:
    with pytest.raises(FormatError, match="没有能读的数据"):
        read_file(make_zip("x.gdb.zip", {"x.gdb/readme.md": b"hello"}))
