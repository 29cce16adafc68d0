"""A tile set in one file: a header that says where each array lies, and the arrays, read by mapping the file."""

import json
import mmap
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoapp.errors import FormatError
from geoapp.tiles.arrays import TileArrays

MAGIC = b"GEOAPP-TILES-1\n\0"
"""Another number for every change of the arrays' meaning: an older file is refused and built anew."""
_ALIGNMENT = 64


def write_arrays(path: Path, arrays: TileArrays, facts: dict[str, str | int]) -> None:
    """Write the arrays to *path* in one step: a reader sees the old file or the new one, never a part."""
    entries, at = [], 0
    for name, array in arrays._asdict().items():
        entries.append({"name": name, "dtype": array.dtype.str, "shape": array.shape, "at": at})
        at += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
    header = json.dumps({"facts": facts, "arrays": entries, "bytes": at}).encode()
    header += b" " * (-(len(MAGIC) + 8 + len(header)) % _ALIGNMENT)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(MAGIC + len(header).to_bytes(8, "little") + header)
            for array in arrays:
                file.write(np.ascontiguousarray(array).data)
                file.write(b"\0" * (-array.nbytes % _ALIGNMENT))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_arrays(path: Path) -> tuple[TileArrays, dict[str, str | int]]:
    """Return the arrays of a file, mapped into memory and not copied, and the facts written with them.

    Raises
    ------
    FormatError
        The file is not a tile set, was written by another version, or is cut short.
    """
    with path.open("rb") as file:
        mapped = (
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if os.fstat(file.fileno()).st_size else b""
        )
    if mapped[: len(MAGIC)] != MAGIC:
        raise FormatError(f"{path} 不是本版本的矢量瓦片数据，请删除后重新生成。")
    start = len(MAGIC) + 8
    length = int.from_bytes(mapped[len(MAGIC) : start], "little")
    try:
        header = json.loads(mapped[start : start + length])
        arrays = TileArrays(
            **{entry["name"]: _array(mapped, start + length, entry) for entry in header["arrays"]}
        )
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"{path} 的矢量瓦片数据不完整，请删除后重新生成。") from error
    return arrays, header["facts"]


def _array(mapped: mmap.mmap | bytes, base: int, entry: dict) -> NDArray:
    """Return one array of the mapped file."""
    shape = tuple(entry["shape"])
    count = int(np.prod(shape))
    if not count:
        empty = np.empty(shape, entry["dtype"])
        empty.flags.writeable = False
        return empty
    return np.frombuffer(mapped, entry["dtype"], count, base + entry["at"]).reshape(shape)
