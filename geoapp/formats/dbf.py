"""The table of a shapefile, looked at as bytes: GDAL would decode it by a guess and not say so."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoapp.errors import FormatError
from geoapp.formats.encoding import Declared, Texts

NAME_BYTES = 10
"""Longest column name."""
_DELETED = ord("*")
_NOT_TEXT = "NFDL"
_LDID_ENCODINGS = {
    0x4D: "cp936",
    0x4F: "cp950",
    0x78: "cp950",
    0x7A: "cp936",
    0x79: "cp949",
    0x4E: "cp949",
    0x7B: "cp932",
    0x13: "cp932",
    0x02: "cp850",
    0x03: "cp1252",
    0x01: "cp437",
}
"""Language driver ids that name a code page. 0x57 means "whatever the machine had", so it says nothing."""


@dataclass(frozen=True, slots=True)
class DbfField:
    """One column as the header describes it."""

    name: bytes
    kind: str
    offset: int
    width: int


@dataclass(frozen=True, slots=True)
class DbfTable:
    """A dbf file's header and its records as bytes."""

    fields: tuple[DbfField, ...]
    records: np.ndarray
    """uint8, one row per record, the deletion mark first."""
    language_id: int

    @property
    def deleted(self) -> np.ndarray:
        """Which records are marked as deleted."""
        marks: np.ndarray = self.records[:, 0] == _DELETED
        return marks

    @property
    def declared(self) -> list[Declared]:
        """The encoding the header names, if it names one."""
        codec = _LDID_ENCODINGS.get(self.language_id)
        return [Declared(codec, "dbf 文件头")] if codec else []


def read_dbf(path: Path, name: str) -> DbfTable:
    """Read header and records.

    Raises
    ------
    FormatError
        The file is no dbf, or shorter than its header says.
    """
    content = path.read_bytes()
    if len(content) < 33:
        raise FormatError(f"“{name}”不完整（只有 {len(content)} 字节）。请重新复制或重新导出整套 shapefile。")
    count, header_size, record_size = struct.unpack_from("<IHH", content, 4)
    fields = tuple(_fields(content[:header_size]))
    if not fields or record_size < 1 + sum(field.width for field in fields) or header_size > len(content):
        raise FormatError(f"“{name}”的文件头已损坏，不是有效的 dbf。请重新导出整套 shapefile。")
    needed = header_size + count * record_size
    if len(content) < needed:
        whole = max(len(content) - header_size, 0) // record_size
        raise FormatError(
            f"“{name}”不完整：应有 {count} 条记录，实际只够 {whole} 条，没有读入。请重新复制或重新导出整套 shapefile。"
        )
    records = np.frombuffer(content, np.uint8, count * record_size, header_size).reshape(count, record_size)
    return DbfTable(fields, records, content[29])


def _fields(header: bytes) -> Iterator[DbfField]:
    offset = 1
    for start in range(32, len(header) - 31, 32):
        entry = header[start : start + 32]
        if entry[0] == 0x0D:
            return
        kind, width = chr(entry[11]), entry[16]
        yield DbfField(entry[:11].split(b"\x00")[0], kind, offset, width)
        offset += width


def foreign_texts(table: DbfTable) -> Texts:
    """Return the different values and column names that are not pure ASCII.

    One that fills its column may have been cut within a character.
    """
    whole: set[bytes] = set()
    cut: set[bytes] = set()
    for field in table.fields:
        (cut if len(field.name) >= NAME_BYTES else whole).add(field.name)
    for field in table.fields:
        if field.kind in _NOT_TEXT:
            continue
        column = np.ascontiguousarray(table.records[:, field.offset : field.offset + field.width])
        foreign = column[(column & 0x80).any(axis=1) & ~table.deleted]
        for value in set(map(bytes, foreign)):
            text = value.split(b"\x00")[0].rstrip(b" ")
            (cut if len(text) == field.width else whole).add(text)
    return Texts(*([text for text in texts if not text.isascii()] for texts in (whole, cut)))
