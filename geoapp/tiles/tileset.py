"""The tile set of one register revision: built once, asked for tiles by many threads."""

from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from geoapp.errors import NotFoundError
from geoapp.tiles.arrays import EXTENT, LAST_SUMMED_ZOOM, MAX_ZOOM, WORLD_BITS, TileBlock, packed, varint
from geoapp.tiles.building import build_arrays
from geoapp.tiles.files import read_block, write_block
from geoapp.tiles.patching import patched_arrays
from geoapp.tiles.repairing import mended_rings, merged

TILE_BYTES = 490_000
"""What a tile at low zooms may take; the requirement is 500 kB."""
CELL_BYTES = 36
MOST_CELLS = 6_000
"""Rectangles of cells in a tile at most, about 200 kB, though the tile may have more room: twelve tiles of a city with
500,000 plots shall stay below 2 MB."""
MOST_COMMON_VERTICES = 1_000
MOST_WIDE_VERTICES, MOST_LIGHT_VERTICES = 20_000, 50_000
"""Of all that is wide or has more than MOST_COMMON_VERTICES, and of the rest in a tile of the first zoom that shows
every feature: some milliseconds' work each."""
_NO_MASK = np.empty(0, np.bool_)
_NO_MASK.flags.writeable = False
_NO_CELLS = (np.empty((0, 4), np.int64), np.empty((0, 2), np.int64), np.empty(0))


class TileSet:
    """Vector tiles of one register, encoded on request.

    Parameters
    ----------
    block : TileBlock
        From `build_tileset`; never changed, so that threads need no lock.
    name : str
        Name of the layer in every tile.
    row_count : int
        Rows that the caller had, those without a geometry included.
    """

    def __init__(self, block: TileBlock, *, name: str, row_count: int) -> None:
        self.block = block
        self.arrays = block.arrays()
        self.name = name
        self.row_count = row_count
        self._head = np.frombuffer(_layer_head(name, has_area=False), np.uint8)

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, or the part of the file that is mapped."""
        return self.block.content.nbytes

    @cached_property
    def is_light(self) -> bool:
        """Whether no tile beyond LAST_SUMMED_ZOOM takes more than some milliseconds, those left to repair apart.

        What is wide or has many vertices may be cut anew for every tile that it reaches into; all else is counted
        where it is anchored.
        """
        from geoapp.tiles.kernels_build import CURVE_BITS  # slow to import

        arrays = self.arrays
        vertices = np.diff(arrays.ring_start[arrays.feature_start])
        boxes = arrays.boxes[: len(vertices)].astype(np.int64)
        width = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        is_wide = (width > 1 << WORLD_BITS - LAST_SUMMED_ZOOM - 1) | (vertices > MOST_COMMON_VERTICES)
        cell = arrays.code[~is_wide] >> 2 * (CURVE_BITS - LAST_SUMMED_ZOOM - 1)
        starts = np.flatnonzero(np.diff(cell, prepend=-1))
        fullest = np.add.reduceat(vertices[~is_wide], starts).max() if len(starts) else 0
        return int(vertices[is_wide].sum()) <= MOST_WIDE_VERTICES and int(fullest) <= MOST_LIGHT_VERTICES

    def encode(self, z: int, x: int, y: int, *, classes: NDArray, mask: NDArray | None = None) -> bytes:
        """Return a tile as Mapbox Vector Tile 2.1 (extent 4096, one layer), or nothing where nothing is.

        Up to zoom 12 the largest features are drawn themselves and carry `m2`; the rest is summed by class into
        cells, each feature in the cell of its anchor, with `c`, `n` and `m2`. `m2` is in whole square metres.
        Features that are summed but have no area (points, short lines) become a point per cell and class.

        Parameters
        ----------
        z, x, y : int
            Zoom 0 to 22, column from the west, row from the north.
        classes : array of uint8, one per row of the caller
            Property `c`.
        mask : array of bool, one per row of the caller, optional
            Rows to show; all of them without it.

        Raises
        ------
        NotFoundError
            There is no such tile.
        ValueError
            *classes* or *mask* is not as long as the register.
        """
        if z > LAST_SUMMED_ZOOM:
            content = self.encode_sound(z, x, y, classes=classes, mask=mask)
            if content is not None:
                return content
        check_tile(z, x, y)
        return self._encode(z, x, y, *self._rows(classes, mask))

    def encode_sound(
        self, z: int, x: int, y: int, *, classes: NDArray, mask: NDArray | None = None
    ) -> bytes | None:
        """Return a tile beyond LAST_SUMMED_ZOOM as `encode` does, or None where something in it needs repair first.

        Repair is done by another tool and may take seconds.
        """
        check_tile(z, x, y)
        rows = self._rows(classes, mask)
        if not len(self.arrays.kind):
            return b""
        content, is_sound = _detailed_tile()(*self.block, (z, x, y), rows, self._head)
        return content.tobytes() if is_sound else None

    def patched(
        self,
        new_row: NDArray,
        row_count: int,
        added_rows: NDArray,
        geometries: NDArray,
        ids: NDArray,
        keys: Sequence[str] | NDArray,
        area_m2: NDArray,
    ) -> Self:
        """Return the tile set of a later state of the register, building only what is new.

        Parameters
        ----------
        new_row : array of int, one per row that this tile set was built from
            The row in the later state, -1 for what is gone.
        row_count : int
            Rows of the later state.
        added_rows : array of int
            Rows of the later state that were not there before; the rest of the arguments is about them, as in
            `build_tileset`.
        """
        added = build_arrays(geometries, ids, keys, area_m2)
        added = added._replace(row=np.asarray(added_rows, np.int32)[added.row])
        arrays = patched_arrays(self.arrays, np.asarray(new_row, np.int32), added)
        return type(self)(packed(arrays), name=self.name, row_count=row_count)

    def save(self, path: Path) -> None:
        """Write the tile set to a file, in one step."""
        write_block(Path(path), self.block, {"name": self.name, "row_count": self.row_count})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the tile set of a file; its arrays are mapped, so that only what a tile needs is read.

        Raises
        ------
        FormatError
            The file is not a tile set of this version.
        OSError
            It cannot be read.
        """
        block, facts = read_block(Path(path))
        return cls(block, name=str(facts["name"]), row_count=int(facts["row_count"]))

    def _rows(self, classes: NDArray, mask: NDArray | None) -> tuple[NDArray, NDArray]:
        shown = _NO_MASK if mask is None else _row_values(mask, np.bool_, self.row_count)
        return _row_values(classes, np.uint8, self.row_count), shown

    def _encode(self, z: int, x: int, y: int, classes: NDArray, mask: NDArray) -> bytes:
        from geoapp.tiles import kernels_cells, kernels_clip, kernels_query, kernels_write  # slow to import

        arrays = self.arrays
        if not len(arrays.kind):
            return b""
        chosen, summed, used = kernels_query.chosen_features(arrays, z, x, y, mask)
        if not len(chosen) and not len(summed):
            return b""
        shapes, state = kernels_clip.cut_features(arrays, chosen, z, x, y)
        is_broken = state == kernels_clip.BROKEN
        if is_broken.any():
            shapes = merged(shapes, mended_rings(arrays, chosen[is_broken], z, x, y), is_broken)
        cells = _NO_CELLS
        if len(summed):
            room = min(MOST_CELLS, (TILE_BYTES - used) // CELL_BYTES)
            cells = kernels_cells.cell_features(arrays, summed, classes, (z, x, y), room)
        has_area = z <= LAST_SUMMED_ZOOM
        features, values = kernels_write.written(arrays, chosen, shapes, cells, classes, has_area)
        return _layer(self.name, features, values, has_area)


def build_tileset(
    geometries: NDArray, ids: NDArray, keys: Sequence[str] | NDArray, area_m2: NDArray, *, name: str
) -> TileSet:
    """Return the tile set of a register.

    Parameters
    ----------
    geometries : array of shapely geometries, EPSG:4490 (degrees)
        Polygons, lines, points and their multiples; missing and empty ones are never drawn. Of a collection, the
        parts of the highest dimension count. Beyond the map's latitudes (85.05 degrees) is its edge.
    ids : array of uint64, one per row
        Ids of the features in the tiles.
    keys : sequence of str, one per row
    area_m2 : array of float (m2), one per row
        True areas, summed at low zooms; where one is missing, a polygon's own is taken.
    name : str
        Name of the layer in the tiles.
    """
    arrays = build_arrays(geometries, ids, keys, area_m2)
    return TileSet(packed(arrays), name=name, row_count=len(geometries))


def warm_up() -> None:
    """Load the compiled kernels, or compile them if that was never done on this machine (about a minute)."""
    import shapely

    from geoapp.tiles.kernels_query import SPARSE_COUNT

    rows = SPARSE_COUNT + 1  # so many that some are summed
    corners = np.linspace(30, 30.1, rows).tolist()
    shapes = shapely.box(corners, corners, [30.2] * rows, [30.2] * rows)
    tiles = build_tileset(shapes, np.arange(rows), ["a"] * rows, np.ones(rows), name="warm")
    for mask in (None, np.ones(rows, np.bool_)):
        tiles.encode(3, 4, 3, classes=np.zeros(rows, np.uint8), mask=mask)
        tiles.encode(LAST_SUMMED_ZOOM + 1, 0, 0, classes=np.zeros(rows, np.uint8), mask=mask)
    moved = np.append(np.arange(rows - 1), -1)
    tiles.patched(moved, rows, np.array([rows - 1]), shapes[-1:], np.array([2]), ["c"], np.ones(1))


@cache
def _detailed_tile() -> Callable[..., tuple[NDArray, bool]]:
    from geoapp.tiles import kernels_tile  # slow to import

    return kernels_tile.detailed_tile


def check_tile(z: int, x: int, y: int) -> None:
    """Refuse a tile that cannot be."""
    if not 0 <= z <= MAX_ZOOM:
        raise NotFoundError(f"没有级别 {z} 的瓦片，级别为 0 至 {MAX_ZOOM}。")
    if not (0 <= x < 1 << z and 0 <= y < 1 << z):
        raise NotFoundError(f"没有瓦片 {z}/{x}/{y}，第 {z} 级的行列号为 0 至 {(1 << z) - 1}。")


def _row_values(values: NDArray, dtype: type, count: int) -> NDArray:
    """Return one value per row, locked: an array that may be written is another kind, and compiled for anew."""
    array = values
    if values.dtype != dtype or values.flags.writeable or not values.flags.c_contiguous:
        array = np.ascontiguousarray(values, dtype=dtype).view()
        array.flags.writeable = False
    if array.shape != (count,):
        raise ValueError(f"{array.shape} values for {count} rows: give one per row of the register.")
    return array


def _layer(name: str, features: NDArray, values: NDArray, has_area: bool) -> bytes:
    """Return a tile with one layer; nothing where no feature is."""
    if not len(features):
        return b""
    head = _layer_head(name, has_area)
    size = varint(len(head) + len(features) + len(values))
    return b"".join((b"\x1a", size, head, features.data, values.data))


@lru_cache(maxsize=64)
def _layer_head(name: str, has_area: bool) -> bytes:
    """Return version 2, extent, name and keys of a layer."""
    keys = ("key", "c", "m2", "n") if has_area else ("key", "c")
    title = name.encode()
    head = b"\x78\x02\x28" + varint(EXTENT) + b"\x0a" + varint(len(title)) + title
    return head + b"".join(b"\x1a" + varint(len(key)) + key.encode() for key in keys)
