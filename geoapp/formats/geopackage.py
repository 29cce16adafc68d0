"""GeoPackage: one file, many layers, what QGIS writes by default."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from geoapp.domain.issue import Issue
from geoapp.errors import FormatError
from geoapp.formats import vector
from geoapp.formats.base import RawLayer, Reader, ReadOptions, WriteOptions, Writer
from geoapp.formats.signature import describe_content, read_head
from geoapp.formats.vector_write import (
    attribute_columns,
    put_in_place,
    require_geometry,
    title_of,
    write_with_gdal,
)

_SQLITE = b"SQLite format 3\x00"
_PAGE_BYTES = 16
_VERSION = "1.2"
"""What ArcGIS and older QGIS read without a warning."""


def read(path: Path, options: ReadOptions) -> list[RawLayer]:
    """Read all layers, or the one asked for."""
    _check(path)
    with tempfile.TemporaryDirectory(prefix="geoapp-") as folder:
        staged = Path(folder, "data.gpkg")
        vector.link_or_copy(path, staged)
        names = vector.choose_layers(vector.layer_names(staged, path.name), options.layer, path.name)
        return [vector.read_layer(staged, name, file_name=path.name, title=name) for name in names]


def _check(path: Path) -> None:
    head = read_head(path, 100)
    if not head.startswith(_SQLITE):
        raise FormatError(f"“{path.name}”不是 GeoPackage，内容看起来是{describe_content(path)}。请重新导出。")
    page_bytes = int.from_bytes(head[_PAGE_BYTES : _PAGE_BYTES + 2], "big")
    page_bytes = 65536 if page_bytes == 1 else page_bytes
    pages = int.from_bytes(head[28:32], "big")
    if path.stat().st_size < page_bytes * pages:
        raise FormatError(f"“{path.name}”不完整，可能没有传完，没有读入。请重新复制或重新传一次。")


def write(path: Path, frame: pd.DataFrame, options: WriteOptions) -> list[Issue]:
    """Write one layer named after the title."""
    return write_layers(path, [(title_of(path, options), frame)], options)


def write_layers(
    path: Path, frames: Sequence[tuple[str, pd.DataFrame]], options: WriteOptions
) -> list[Issue]:
    """Write several layers, each with its name; *options* say nothing that matters here."""
    layers = [(name, require_geometry(frame, "GeoPackage")) for name, frame in frames]

    def produce(folder: Path) -> list[Issue]:
        target = folder / path.name
        staged = folder / "data.gpkg"
        issues: list[Issue] = []
        for name, records in layers:
            columns = attribute_columns(records)
            append = staged.exists()
            created = {} if append else {"dataset_options": {"VERSION": _VERSION}}
            issues += write_with_gdal(
                staged, records, columns, driver="GPKG", layer=name, append=append, **created
            )
        staged.rename(target)
        return issues

    return put_in_place(path, produce)


READER = Reader(id="geopackage", zh="GeoPackage", suffixes=(".gpkg",), read=read)
WRITER = Writer(id="geopackage", zh="GeoPackage", suffixes=(".gpkg",), write=write)
