"""What a user may upload by mistake or by malice: every one is answered in Chinese with what to do."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest

from geoapp.domain.issue import Issue
from geoapp.errors import FormatError
from geoapp.formats.base import RawLayer, WriteOptions, reader_for, writer_for
from geoapp.formats.vector_write import produce_with_room
from tests.full_disk import largest_file

Read = Callable[..., list[RawLayer]]
Write = Callable[..., list[Issue]]
Pack = Callable[..., Path]
POINT = b'{"type":"Point","coordinates":[121.5,29.9]}'


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.mdb", "FileGDB"),
        ("a.DWG", "另存为 DXF"),
        ("a.rar", "ZIP"),
        ("a.dbf", "一起打成 ZIP"),
        ("a.gdbtable", "整个 .gdb 文件夹"),
        ("a.tif", "影像"),
        ("a.vrt", "指向别的数据"),
        ("a.gml", "QGIS"),
        ("a.parquet", "QGIS"),
        ("a.pdf", "文档"),
        ("a.xyz", "可以读取的后缀"),
    ],
)
def test_ending_that_cannot_be_read_is_refused_with_advice(tmp_path: Path, name: str, advice: str) -> None:
    (tmp_path / name).write_bytes(b"content")
    with pytest.raises(FormatError, match=advice):
        reader_for(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["a.shp", "a.zip", "a.gpkg", "a.geojson", "a.kml", "a.kmz", "a.dxf", "a.gdb.zip"]
)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"some text",
        b'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
        b"</OGRVRTDataSource>",
        b"<OGRWFSDataSource><URL>http://example.com/wfs</URL></OGRWFSDataSource>",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        bytes(range(256)) * 40,
    ],
)
def test_content_that_is_something_else_is_refused(
    tmp_path: Path, read_file: Read, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FormatError, match="。"):
        read_file(tmp_path / name)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="找不到"):
        reader_for(tmp_path / "a.shp")
    with pytest.raises(FormatError, match="是文件夹"):
        reader_for(tmp_path)


def test_name_that_cannot_be_written_lists_what_can() -> None:
    with pytest.raises(FormatError, match=r"\.gpkg"):
        writer_for(Path("a.doc"))


def test_zip_of_other_formats_is_read_file_by_file_and_the_rest_named(
    make_zip: Pack, read_file: Read
) -> None:
    path = make_zip(
        "a.zip", {"甬江/点.geojson": POINT, "二.json": POINT, "说明.txt": "看这里".encode(), "图.png": b"1"}
    )
    first, second = read_file(path)
    assert [first.name, second.name] == ["点", "二"]
    assert first.issues[0].code == "member-skipped"
    assert "图.png" in first.issues[0].message
    assert "说明.txt" in first.issues[0].message


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"inner.zip": b"PK"}, "里面还是压缩包"),
        ({"readme.md": b"hello"}, "没有能读的数据"),
        ({"readme.txt": b"hello"}, "没有能读的数据"),
        ({"evil.vrt": b"<OGRVRTDataSource/>"}, "没有能读的数据"),
        ({"地块.geojson": b"{"}, "地块.geojson"),
        ({f"{i}.geojson": POINT for i in range(51)}, "51 个"),
    ],
)
def test_zip_without_readable_data_is_refused(
    make_zip: Pack, read_file: Read, members: dict, word: str
) -> None:
    with pytest.raises(FormatError, match=word):
        read_file(make_zip("a.zip", members))


def test_every_writer_refuses_a_folder_that_is_not_there(
    plots: gpd.GeoDataFrame, tmp_path: Path, write_file: Write
) -> None:
    for name in ("a.gpkg", "a.geojson", "a.kml", "a.dxf", "a.gdb.zip", "a.shp"):
        with pytest.raises(FormatError, match="不能写入"):
            write_file(tmp_path / "nowhere" / name, plots)


@pytest.mark.parametrize("name", ["a.xlsx", "a.geojson", "a.csv", "a.dxf"])
def test_writing_without_room_is_said_in_chinese_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    plots = gpd.GeoDataFrame(
        {"名称": ["甲"]}, geometry=gpd.points_from_xy([121.5], [29.9]).buffer(0.1), crs=4490
    )
    with (
        largest_file(0),
        pytest.raises(FormatError, match=r"不能写入“.*”：文件超出了允许的大小。请检查.*空间"),
    ):
        writer_for(Path(name)).write(tmp_path / name, plots, WriteOptions())
    assert list(tmp_path.iterdir()) == []


def test_a_failure_on_a_full_disk_is_not_taken_for_a_damaged_file(tmp_path: Path) -> None:
    def fail(folder: Path) -> list[Issue]:
        raise FormatError("文件可能已损坏")

    with pytest.raises(OSError, match="No space left"):
        produce_with_room(fail, tmp_path, room_bytes=2**80)  # no disk has as much
    with pytest.raises(FormatError, match="文件可能已损坏"):
        produce_with_room(fail, tmp_path, room_bytes=-1)
