"""Zip archives from outside: looked through first, then unpacked under neutral names, so nothing can climb out."""

import lzma
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from geoapp.errors import FormatError
from geoapp.formats.signature import describe_content

_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)
_UNREADABLE = (*_DAMAGED, NotImplementedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """Past these an archive is taken for a zip bomb."""

    total_bytes: int = 4 * 2**30
    member_count: int = 10_000
    ratio: float = 250.0
    """Unpacked over packed bytes of one member."""
    ratio_from_bytes: int = 64 * 2**20
    """Smaller members may be packed as tightly as they like: a table of blanks is."""


DEFAULT_LIMITS = ArchiveLimits()


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside an archive; `name` is decoded, with forward slashes."""

    name: str
    info: zipfile.ZipInfo

    @property
    def suffix(self) -> str:
        """Ending in lower case."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def base(self) -> str:
        """Name without folders."""
        return PurePosixPath(self.name).name


def list_members(path: Path, limits: ArchiveLimits = DEFAULT_LIMITS) -> list[Member]:
    """Return the files inside a zip archive after all checks that need no unpacking.

    Raises
    ------
    FormatError
        No zip, empty, truncated, encrypted, a bomb, or a member whose path climbs out or is a link.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except _UNREADABLE:
        raise _not_a_zip(path) from None
    if len(infos) > limits.member_count:
        raise FormatError(
            f"“{path.name}”里有 {len(infos)} 个文件，超过上限 {limits.member_count} 个。请只打包需要导入的文件。"
        )
    members = [Member(decode_name(info), info) for info in infos]
    for member in members:
        _check_member(path, member, limits)
    total = sum(info.file_size for info in infos)
    if total > limits.total_bytes:
        raise FormatError(
            f"“{path.name}”解压后有 {total / 2**30:.1f} GB，超过上限 {limits.total_bytes / 2**30:.1f} GB，"
            "没有解压。请分成几个压缩包导入。"
        )
    kept = [member for member in members if not _is_clutter(member)]
    if not kept:
        raise FormatError(f"压缩包“{path.name}”是空的。请重新打包，把数据文件放进去。")
    return kept


def member_names(path: Path) -> list[str]:
    """Return the decoded member names for a first look; nothing where the archive cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [decode_name(info) for info in archive.infolist()]
    except _UNREADABLE:
        return []


def unpack(path: Path, folder: Path, members: Iterable[Member]) -> dict[str, Path]:
    """Unpack chosen members into *folder* and return where each one is, by its decoded name.

    On disk they are called `00001.shp`, `00002.dbf`, ...: no name from the archive ever becomes a path.

    Raises
    ------
    FormatError
        A member is damaged, or packed by a method that cannot be read.
    """
    unpacked: dict[str, Path] = {}
    with zipfile.ZipFile(path) as archive:
        for number, member in enumerate(members, start=1):
            target = folder / f"{number:05d}{_plain_suffix(member.suffix)}"
            _unpack_one(path, archive, member, target)
            unpacked[member.name] = target
    return unpacked


def decode_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name: as flagged, else UTF-8 if it is, else GBK as Chinese Windows writes it."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8_NAME:
        raw = name.encode("cp437")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _unpack_one(path: Path, archive: zipfile.ZipFile, member: Member, target: Path) -> None:
    try:
        with archive.open(member.info) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
    except NotImplementedError:
        raise FormatError(
            f"“{path.name}”里的“{member.name}”用了不支持的压缩方法。请用系统自带的压缩功能重新打成普通 ZIP。"
        ) from None
    except (*_DAMAGED, RuntimeError):
        raise FormatError(
            f"“{path.name}”里的“{member.name}”已损坏，解压不出来。请重新打包，或重新传一次文件。"
        ) from None


def _check_member(path: Path, member: Member, limits: ArchiveLimits) -> None:
    name, info = member.name, member.info
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or (len(name) > 1 and name[1] == ":") or "\x00" in name:
        raise FormatError(
            f"“{path.name}”里有路径越界的成员“{name}”，为安全起见整个压缩包都没有解压。请重新打包。"
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise FormatError(f"“{path.name}”里的“{name}”是指向别处的链接，没有解压。请把真正的文件打进压缩包。")
    if info.flag_bits & _ENCRYPTED:
        raise FormatError(f"“{path.name}”加了密码，读不了。请去掉密码重新打包。")
    packed = max(info.compress_size, 1)
    if info.file_size > limits.ratio_from_bytes and info.file_size / packed > limits.ratio:
        raise FormatError(
            f"“{path.name}”里的“{name}”压缩比高达 {info.file_size / packed:.0f} 倍，疑似压缩炸弹，没有解压。"
            "请直接提供未压缩的文件。"
        )


def _is_clutter(member: Member) -> bool:
    in_mac_folder = member.name.startswith("__MACOSX/")
    return member.info.is_dir() or member.name.endswith("/") or in_mac_folder or member.base.startswith(".")


def _plain_suffix(suffix: str) -> str:
    plain = suffix.removeprefix(".")
    return suffix if plain.isascii() and plain.isalnum() and len(plain) <= 16 else ""


def _not_a_zip(path: Path) -> FormatError:
    found = describe_content(path)
    if found == "空文件":
        return FormatError(f"“{path.name}”是空文件（0 字节）。请重新传一次。")
    if found.endswith("ZIP 压缩包"):
        return FormatError(f"压缩包“{path.name}”不完整或已损坏，可能没有传完。请重新打包，或重新传一次。")
    return FormatError(
        f"“{path.name}”不是 ZIP 压缩包，内容看起来是{found}。请用系统自带的压缩功能打成 ZIP，或改回原来的后缀。"
    )
