"""Zip archives that hold anything else we read: each file inside goes to its own reader."""

import tempfile
from pathlib import Path

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats import archive
from geoapp.formats.base import RawLayer, Reader, ReadOptions, find_readers, reader_for

_FILE_LIMIT = 50


def read(path: Path, options: ReadOptions) -> list[RawLayer]:
    """Read every file inside that some reader takes; archives within archives are refused."""
    members = archive.list_members(path)
    known = tuple({suffix for reader in find_readers() for suffix in reader.suffixes if suffix != ".zip"})
    chosen = [member for member in members if member.name.lower().endswith(known)]
    if not chosen or len(chosen) > _FILE_LIMIT:
        raise _nothing_readable(path, members, len(chosen))
    with tempfile.TemporaryDirectory(prefix="geoapp-") as folder:
        unpacked = archive.unpack(path, Path(folder), chosen)
        readers = {member.name: _reader_of(unpacked[member.name]) for member in chosen}
        layers = [
            layer
            for member in chosen
            if (reader := readers[member.name]) is not None
            for layer in _read_member(reader, member, unpacked[member.name], options)
        ]
    if not layers:
        raise _nothing_readable(path, members, 0)
    left_out = [member.base for member in members if readers.get(member.name) is None]
    if left_out:
        layers[0].issues.insert(0, _left_out(path, left_out))
    return layers


def _reader_of(unpacked: Path) -> Reader | None:
    """Return the reader whose claim fits: a readme beside the data has none."""
    try:
        return reader_for(unpacked)
    except FormatError:
        return None


def _read_member(
    reader: Reader, member: archive.Member, unpacked: Path, options: ReadOptions
) -> list[RawLayer]:
    try:
        layers = reader.read(unpacked, options)
    except FormatError as error:
        raise FormatError(str(error).replace(unpacked.name, member.base)) from None
    for layer in layers:
        if layer.name == unpacked.stem:
            layer.name = Path(member.base).stem
    return layers


def _nothing_readable(path: Path, members: list[archive.Member], count: int) -> FormatError:
    if count > _FILE_LIMIT:
        return FormatError(f"“{path.name}”里有 {count} 个数据文件，超过 {_FILE_LIMIT} 个。请分开打包。")
    inner = [member.base for member in members if member.suffix in (".zip", ".rar", ".7z")]
    if inner:
        return FormatError(
            f"“{path.name}”里面还是压缩包（{inner[0]}）。请先解压，把里面的数据文件直接打成一个 ZIP。"
        )
    listed = "、".join(member.base for member in members[:5])
    return FormatError(
        f"“{path.name}”里没有能读的数据，只有：{listed}{' 等' if len(members) > 5 else ''}。"
        "请把 shapefile（.shp .shx .dbf .prj）、.gdb 文件夹或其他数据文件打进压缩包。"
    )


def _left_out(path: Path, names: list[str]) -> Issue:
    return Issue(
        code="member-skipped",
        severity=Severity.NOTE,
        message=f"“{path.name}”里没有读的文件：{'、'.join(names[:5])}{' 等' if len(names) > 5 else ''}。",
    )


READER = Reader(id="zipped", zh="ZIP 压缩包", suffixes=(".zip",), read=read)
