"""Basemap pictures kept on disk: a folder {z}/{x}/{y}.png, an .mbtiles or a .pmtiles file. Read only."""

import gzip
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from geoapp.errors import SetupError

IMAGE_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
DEEPEST_ZOOM = 22
"""The deepest level assumed of a folder or file that does not say."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture as stored."""

    content: bytes
    media_type: str


class Tileset(Protocol):
    """A pyramid of pictures in Web Mercator, rows counted from the north."""

    min_zoom: int
    max_zoom: int

    def tile(self, zoom: int, x: int, y: int) -> Tile | None:
        """Return one picture, None where there is none."""


def open_tileset(path: Path) -> Tileset:
    """Open the tileset at *path* by what it is.

    Raises
    ------
    SetupError
        It is not there, cannot be read, or does not hold pictures (vector tiles are no basemap here).
    """
    if path.is_dir():
        return FolderTiles(path)
    if not path.is_file():
        raise SetupError(f"设置 basemap：找不到底图 {path}。请检查路径，或设为 none。")
    if path.suffix.lower() == ".mbtiles":
        return MbTiles(path)
    if path.suffix.lower() == ".pmtiles":
        return PmTiles(path)
    raise SetupError(
        f"设置 basemap：不认识 {path.name}；可用 none、目录 {{z}}/{{x}}/{{y}}.png、.mbtiles、.pmtiles 或瓦片网址。"
    )


class FolderTiles:
    """Pictures in files `<zoom>/<x>/<y>.png` (or jpg, webp)."""

    def __init__(self, folder: Path) -> None:
        zooms = sorted(
            int(entry.name) for entry in folder.iterdir() if entry.is_dir() and entry.name.isdigit()
        )
        if not zooms:
            raise SetupError(
                f"设置 basemap：目录 {folder} 里没有以级别命名的子目录（{{z}}/{{x}}/{{y}}.png）。"
            )
        self._folder = folder
        self.min_zoom = zooms[0]
        self.max_zoom = zooms[-1]

    def tile(self, zoom: int, x: int, y: int) -> Tile | None:
        """Return one picture, None where there is none."""
        for ending, media_type in IMAGE_TYPES.items():
            file = self._folder / str(int(zoom)) / str(int(x)) / f"{int(y)}.{ending}"
            if file.is_file():
                return Tile(file.read_bytes(), media_type)
        return None


class MbTiles:
    """An MBTiles file: SQLite with the table (or view) `tiles`, rows counted from the south."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(self._connect()) as connection:
                metadata = dict(connection.execute("SELECT name, value FROM metadata"))
                stored = connection.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
        except sqlite3.Error as error:
            raise SetupError(
                f"设置 basemap：{path.name} 不是可读的 MBTiles 文件（{error}）。请重新导出。"
            ) from error
        image_format = metadata.get("format", "png").lower()
        if image_format not in IMAGE_TYPES:
            raise SetupError(
                f"设置 basemap：{path.name} 的瓦片格式是 {image_format}，底图只支持 png、jpg、webp 图片。"
            )
        self._media_type = IMAGE_TYPES[image_format]
        self.min_zoom = stored[0] if stored[0] is not None else 0
        self.max_zoom = stored[1] if stored[1] is not None else DEEPEST_ZOOM

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._uri, uri=True)

    def tile(self, zoom: int, x: int, y: int) -> Tile | None:
        """Return one picture, None where there is none."""
        if not _is_inside(zoom, x, y):
            return None
        with closing(self._connect()) as connection:
            row = connection.execute(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                (zoom, x, (1 << zoom) - 1 - y),
            ).fetchone()
        return Tile(bytes(row[0]), self._media_type) if row else None


_HEADER = struct.Struct("<7sB11Q6B")
"""Start of a PMTiles 3 header: magic, version, offsets and lengths, counts, then one-byte fields."""
_HEADER_BYTES = 127
_COMPRESSION_NONE, _COMPRESSION_GZIP = 1, 2
_TILE_TYPES = {2: "png", 3: "jpg", 4: "webp"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a PMTiles directory; run length 0 points to a leaf directory."""

    tile_id: int
    run_length: int
    length: int
    offset: int


class PmTiles:
    """A PMTiles version 3 file with pictures. Source: PMTiles specification, version 3."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
        if len(head) < _HEADER_BYTES or head[:8] != b"PMTiles\x03":
            raise SetupError(f"设置 basemap：{path.name} 不是第 3 版的 PMTiles 文件。请用新版工具转换。")
        fields = _HEADER.unpack_from(head)
        root_offset, root_length = fields[2:4]
        self._leaves_offset, self._data_offset = fields[6], fields[8]
        _clustered, internal, tile_compression, tile_type, self.min_zoom, self.max_zoom = fields[13:]
        if tile_type not in _TILE_TYPES or tile_compression not in (0, _COMPRESSION_NONE):
            raise SetupError(
                f"设置 basemap：{path.name} 不是图片瓦片（矢量瓦片不能作底图）；只支持 png、jpg、webp。"
            )
        if internal not in (_COMPRESSION_NONE, _COMPRESSION_GZIP):
            raise SetupError(f"设置 basemap：{path.name} 的目录压缩方式不支持；请改用 gzip 压缩。")
        self._media_type = IMAGE_TYPES[_TILE_TYPES[tile_type]]
        self._is_compressed = internal == _COMPRESSION_GZIP
        self._root = self._directory(root_offset, root_length)

    def tile(self, zoom: int, x: int, y: int) -> Tile | None:
        """Return one picture, None where there is none."""
        if not _is_inside(zoom, x, y):
            return None
        wanted = pmtiles_id(zoom, x, y)
        directory = self._root
        for _depth in range(4):
            entry = _find(directory, wanted)
            if entry is None:
                return None
            if entry.run_length:
                return Tile(self._read(self._data_offset + entry.offset, entry.length), self._media_type)
            directory = self._directory(self._leaves_offset + entry.offset, entry.length)
        return None

    def _read(self, offset: int, length: int) -> bytes:
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def _directory(self, offset: int, length: int) -> list[_Entry]:
        content = self._read(offset, length)
        try:
            return _parse_directory(gzip.decompress(content) if self._is_compressed else content)
        except (OSError, EOFError, StopIteration, zlib.error) as error:
            raise SetupError(f"设置 basemap：{self._path.name} 的目录已损坏。请重新导出。") from error


def pmtiles_id(zoom: int, x: int, y: int) -> int:
    """Return a tile's number: all tiles of the levels above, then its place on the level's Hilbert curve.

    Examples
    --------
    >>> [pmtiles_id(*tile) for tile in ((0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0))]
    [0, 1, 2, 3, 4, 5]
    """
    number = ((1 << 2 * zoom) - 1) // 3
    for level in range(zoom - 1, -1, -1):
        side = 1 << level
        right, lower = (x >> level) & 1, (y >> level) & 1
        number += side * side * ((3 * right) ^ lower)
        if not lower:
            if right:
                x, y = side - 1 - (x & (side - 1)), side - 1 - (y & (side - 1))
            x, y = y, x
    return number


def _is_inside(zoom: int, x: int, y: int) -> bool:
    return 0 <= zoom <= DEEPEST_ZOOM and 0 <= x < 1 << zoom and 0 <= y < 1 << zoom


def _find(directory: list[_Entry], tile_id: int) -> _Entry | None:
    """Return the entry that covers a tile, or the leaf directory to look in."""
    low, high = 0, len(directory)
    while low < high:
        middle = (low + high) // 2
        if directory[middle].tile_id <= tile_id:
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return None
    entry = directory[low - 1]
    is_covered = entry.run_length == 0 or tile_id < entry.tile_id + entry.run_length
    return entry if is_covered else None


def _parse_directory(content: bytes) -> list[_Entry]:
    numbers = _varints(content)
    count = next(numbers, 0)
    columns = [[next(numbers) for _ in range(count)] for _ in range(4)]
    entries: list[_Entry] = []
    tile_id = 0
    for delta, run_length, length, offset in zip(*columns, strict=True):
        tile_id += delta
        start = entries[-1].offset + entries[-1].length if offset == 0 and entries else offset - 1
        entries.append(_Entry(tile_id, run_length, length, start))
    return entries


def _varints(content: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in content:
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            yield value
            value = shift = 0
