import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from geoapp.errors import FormatError
from geoapp.formats.archive import ArchiveLimits, list_members, member_names, unpack

Pack = Callable[..., Path]


class RawNameInfo(zipfile.ZipInfo):
    """Writes the name as the bytes in its comment, without the flag for UTF-8, as Chinese Windows does."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile's own name
        return self.comment, 0


def test_member_names_are_decoded_from_gbk_and_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for encoding in ("gbk", "utf-8"):
            info = RawNameInfo(f"{encoding}.shp")
            info.comment = f"{encoding}地块.shp".encode(encoding)
            packed.writestr(info, b"1")
        packed.writestr("带标志的.shp", b"1")
    assert member_names(path) == ["gbk地块.shp", "utf-8地块.shp", "带标志的.shp"]


@pytest.mark.parametrize(
    "name", ["../out.shp", "/etc/out.shp", "a/../../out.shp", "C:/out.shp", "..\\out.shp"]
)
def test_path_that_climbs_out_refuses_the_whole_archive(make_zip: Pack, tmp_path: Path, name: str) -> None:
    path = make_zip("evil.zip", {"good.shp": b"1", name: b"2"})
    with pytest.raises(FormatError, match="越界"):
        list_members(path)
    assert [file.name for file in tmp_path.iterdir()] == ["evil.zip"]


def test_symbolic_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.zip"
    info = zipfile.ZipInfo("plots.shp")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(info, "/etc/passwd")
    with pytest.raises(FormatError, match="链接"):
        list_members(path)


def test_bomb_is_refused_by_ratio_total_and_count(make_zip: Pack) -> None:
    path = make_zip("bomb.zip", {"a.dbf": bytes(200_000), "b.dbf": bytes(10)})
    with pytest.raises(FormatError, match="压缩炸弹"):
        list_members(path, ArchiveLimits(ratio=100, ratio_from_bytes=100_000))
    with pytest.raises(FormatError, match="超过上限"):
        list_members(path, ArchiveLimits(total_bytes=100_000))
    with pytest.raises(FormatError, match="2 个文件"):
        list_members(path, ArchiveLimits(member_count=1))
    assert len(list_members(path)) == 2


def test_encrypted_archive_is_refused(make_zip: Pack) -> None:
    path = make_zip("locked.zip", {"a.shp": b"123"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(FormatError, match="密码"):
        list_members(path)


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "空文件"), (b"Rar!\x1a\x07", "RAR"), (b"hello", "文本文件"), (b"PK\x03\x04abc", "不完整")],
)
def test_what_is_no_zip_is_refused_by_its_content(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    assert member_names(path) == []
    with pytest.raises(FormatError, match=word):
        list_members(path)


def test_empty_archive_and_one_with_only_clutter_are_refused(make_zip: Pack) -> None:
    for members in ({}, {"__MACOSX/._a.shp": b"1", ".DS_Store": b"1", "folder/": b""}):
        with pytest.raises(FormatError, match="是空的"):
            list_members(make_zip("empty.zip", members))


def test_damaged_member_is_refused(make_zip: Pack, tmp_path: Path) -> None:
    path = make_zip("damaged.zip", {"a.shp": bytes(range(256)) * 50})
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(FormatError, match="已损坏"):
        unpack(path, tmp_path, list_members(path))


def test_members_are_unpacked_under_neutral_names(make_zip: Pack, tmp_path: Path) -> None:
    path = make_zip("a.zip", {"甬江/地块.shp": b"1", "甬江/奇怪.b d": b"2"})
    unpacked = unpack(path, tmp_path, list_members(path))
    assert {name: file.name for name, file in unpacked.items()} == {
        "甬江/地块.shp": "00001.shp",
        "甬江/奇怪.b d": "00002",
    }


def test_unsupported_compression_says_what_to_do(make_zip: Pack, tmp_path: Path) -> None:
    path = make_zip("deflate64.zip", {"a.shp": b"1" * 100})
    content = bytearray(path.read_bytes())
    content[8] = content[content.index(b"PK\x01\x02") + 10] = 9
    path.write_bytes(content)
    with pytest.raises(FormatError, match="压缩方法"):
        unpack(path, tmp_path, list_members(path))
