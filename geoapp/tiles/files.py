"""A tile set in one file: a header that says where each array lies, and the arrays, read by mapping the file."""

import json
import mmap
import os
import tempfile
from pathlib import Path

import numpy as np

from geoapp.errors import FormatError
from geoapp.tiles.arrays import ALIGNMENT, TileBlock, locked

MAGIC = b"GEOAPP-TILES-2\n\0"
"""Another number for every change of the arrays' meaning: an older file is refused and built anew."""


def write_block(path: Path, block: TileBlock, facts: dict[str, str | int]) -> None:
    """Write a tile set to *path* in one step: a reader sees the old file or the new one, never a part."""
    header = json.dumps(
        {"facts": facts, "places": block.places.tolist(), "bytes": len(block.content)}
    ).encode()
    header += b" " * (-(len(MAGIC) + 8 + len(header)) % ALIGNMENT)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(MAGIC + len(header).to_bytes(8, "little") + header)
            file.write(block.content.data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_block(path: Path) -> tuple[TileBlock, dict[str, str | int]]:
    """Return the tile set of a file, mapped into memory and not copied, and the facts written with it.

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
        content = np.frombuffer(mapped, np.uint8, header["bytes"], start + length)
        block = locked(content, np.array(header["places"]))
        block.arrays()
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"{path} 的矢量瓦片数据不完整，请删除后重新生成。") from error
    return block, header["facts"]
