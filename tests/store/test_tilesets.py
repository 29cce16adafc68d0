"""Basemap pictures on disk: folders, MBTiles and PMTiles."""

import gzip
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pytest

from geoapp.errors import SetupError
from geoapp.store.tilesets import Tile, open_tileset, pmtiles_id

PNG = b"\x89PNG one"
OTHER_PNG = b"\x89PNG other"


def write_mbtiles(path: Path, tiles: dict[tuple[int, int, int], bytes], image_format: str = "png") -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        connection.execute(
            "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)"
        )
        connection.execute("INSERT INTO metadata VALUES ('format', ?)", (image_format,))
        connection.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", [(*k, v) for k, v in tiles.items()])
        connection.commit()
    return path


def varint(number: int) -> bytes:
    content = b""
    while number > 0x7F:
        content += bytes([number & 0x7F | 0x80])
        number >>= 7
    return content + bytes([number])


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """Entries are (tile id, run length, length, offset), by the specification's four columns."""
    content, last = varint(len(entries)), 0
    for tile_id, *_ in entries:
        content += varint(tile_id - last)
        last = tile_id
    for column in (1, 2):
        content += b"".join(varint(entry[column]) for entry in entries)
    end = None
    for _, _, length, offset in entries:
        content += varint(0 if offset == end else offset + 1)
        end = offset + length
    return gzip.compress(content)


def write_pmtiles(path: Path, *, tile_type: int = 2, version: int = 3, root: bytes | None = None) -> Path:
    """Two pictures: 0/0/0, and 1/0/0 which also serves 1/0/1; 2/0/0 (id 5) lies in a leaf directory."""
    data = PNG + OTHER_PNG + PNG
    leaf = directory([(5, 1, len(PNG), len(PNG) + len(OTHER_PNG))])
    top = root or directory([(0, 1, len(PNG), 0), (1, 2, len(OTHER_PNG), len(PNG)), (5, 0, len(leaf), 0)])
    starts = [127, 127 + len(top), 127 + len(top), 127 + len(top) + len(leaf)]
    lengths = [len(top), 0, len(leaf), len(data)]
    head = b"PMTiles" + bytes([version])
    head += b"".join(struct.pack("<QQ", *pair) for pair in zip(starts, lengths, strict=True))
    head += struct.pack("<QQQ", 4, 3, 3) + bytes([1, 2, 1, tile_type, 0, 2])
    path.write_bytes(head.ljust(127, b"\0") + top + leaf + data)
    return path


def test_folder_gives_pictures_and_levels(tmp_path: Path) -> None:
    for zoom, name in ((12, "5.png"), (14, "7.jpg")):
        (tmp_path / str(zoom) / "3").mkdir(parents=True)
        (tmp_path / str(zoom) / "3" / name).write_bytes(PNG)
    tileset = open_tileset(tmp_path)
    assert (tileset.min_zoom, tileset.max_zoom) == (12, 14)
    assert tileset.tile(12, 3, 5) == Tile(PNG, "image/png")
    assert tileset.tile(14, 3, 7) == Tile(PNG, "image/jpeg")
    assert tileset.tile(14, 3, 8) is None


def test_mbtiles_rows_are_counted_from_the_south(tmp_path: Path) -> None:
    # On level 2 there are 4 rows: row 1 from the north is row 4 - 1 - 1 = 2 from the south.
    tileset = open_tileset(write_mbtiles(tmp_path / "base.mbtiles", {(2, 3, 2): PNG}))
    assert tileset.tile(2, 3, 1) == Tile(PNG, "image/png")
    assert tileset.tile(2, 3, 2) is None
    assert (tileset.min_zoom, tileset.max_zoom) == (2, 2)


def test_mbtiles_without_tiles_has_every_level_and_none_of_them(tmp_path: Path) -> None:
    tileset = open_tileset(write_mbtiles(tmp_path / "base.mbtiles", {}, "jpg"))
    assert (tileset.min_zoom, tileset.max_zoom) == (0, 22)
    assert tileset.tile(0, 0, 0) is None


def test_tile_outside_the_pyramid_is_none(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    mbtiles = open_tileset(write_mbtiles(tmp_path / "base.mbtiles", {(1, 0, 0): PNG}))
    pmtiles = open_tileset(write_pmtiles(tmp_path / "base.pmtiles"))
    assert mbtiles.tile(1, 2, 0) is None
    assert pmtiles.tile(1, 0, 2) is None
    assert pmtiles.tile(99, 0, 0) is None


def test_pmtiles_gives_pictures_from_root_run_and_leaf(tmp_path: Path) -> None:
    tileset = open_tileset(write_pmtiles(tmp_path / "base.pmtiles"))
    assert (tileset.min_zoom, tileset.max_zoom) == (0, 2)
    assert tileset.tile(0, 0, 0) == Tile(PNG, "image/png")
    assert tileset.tile(1, 0, 0) == Tile(OTHER_PNG, "image/png")
    assert tileset.tile(1, 0, 1) == Tile(OTHER_PNG, "image/png")
    assert tileset.tile(1, 1, 1) is None
    assert tileset.tile(2, 0, 0) == Tile(PNG, "image/png")


def test_pmtiles_without_a_matching_entry_has_no_picture(tmp_path: Path) -> None:
    later = directory([(3, 1, len(PNG), 0)])
    tileset = open_tileset(write_pmtiles(tmp_path / "base.pmtiles", root=later))
    assert tileset.tile(0, 0, 0) is None


def test_pmtiles_whose_leaf_points_to_itself_ends(tmp_path: Path) -> None:
    root_bytes = len(directory([(0, 0, 1, 0)]))  # one varint of one byte, whatever its value below 128
    path = write_pmtiles(tmp_path / "base.pmtiles", root=directory([(0, 0, root_bytes, 0)]))
    content = bytearray(path.read_bytes())
    content[40:48] = content[8:16]  # the leaves begin where the root does
    path.write_bytes(content)
    assert open_tileset(path).tile(0, 0, 0) is None


def test_pmtiles_id_of_a_published_example() -> None:
    # The example of the specification's reference implementation: 12/3423/1763.
    assert pmtiles_id(12, 3423, 1763) == 19_078_479


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.mbtiles", None, "找不到底图"),
        ("base.txt", b"x", "不认识"),
        ("base.mbtiles", b"no database at all, but long enough to be read", "不是可读的 MBTiles"),
        ("base.pmtiles", b"PMTiles", "第 3 版"),
    ],
)
def test_unusable_file_is_refused_in_chinese(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SetupError, match=said):
        open_tileset(tmp_path / name)


def test_folder_without_levels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="没有以级别命名的子目录"):
        open_tileset(tmp_path)


def test_vector_tiles_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="pbf"):
        open_tileset(write_mbtiles(tmp_path / "base.mbtiles", {}, "pbf"))
    with pytest.raises(SetupError, match="矢量瓦片"):
        open_tileset(write_pmtiles(tmp_path / "base.pmtiles", tile_type=1))


def test_old_or_damaged_pmtiles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="第 3 版"):
        open_tileset(write_pmtiles(tmp_path / "old.pmtiles", version=2))
    with pytest.raises(SetupError, match="损坏"):
        open_tileset(write_pmtiles(tmp_path / "bad.pmtiles", root=gzip.compress(b"\x05\x01")))


def test_pmtiles_with_another_compression_is_refused(tmp_path: Path) -> None:
    path = write_pmtiles(tmp_path / "base.pmtiles")
    content = bytearray(path.read_bytes())
    content[97] = 4
    path.write_bytes(content)
    with pytest.raises(SetupError, match="gzip"):
        open_tileset(path)
