"""Esri file geodatabases: a folder `x.gdb`, usually sent zipped."""

import re
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import pandas as pd

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats import archive, vector
from geoapp.formats.base import RawLayer, Reader, ReadOptions, WriteOptions, Writer
from geoapp.formats.vector_write import (
    attribute_columns,
    put_in_place,
    require_geometry,
    title_of,
    write_with_gdal,
)

_CATALOG = "a00000001.gdbtable"
_PART = re.compile(r"a[0-9a-f]{8}\.[a-z0-9_.]+|gdb|timestamps", re.IGNORECASE)
"""Files of a geodatabase: nothing else reaches GDAL."""


def claims(path: Path) -> bool:
    """Return whether it is a geodatabase folder, or a zip that holds one and no shapefile."""
    if path.is_dir():
        return True
    names = [name.lower() for name in archive.member_names(path)]
    return any(name.endswith(_CATALOG) for name in names) and not any(name.endswith(".shp") for name in names)


def read(path: Path, options: ReadOptions) -> list[RawLayer]:
    """Read all layers of all geodatabases in the file, or the layer asked for."""
    with tempfile.TemporaryDirectory(prefix="geoapp-") as temporary:
        folder = Path(temporary)
        stages = [_staged_folder(path, folder)] if path.is_dir() else _staged_archive(path, folder)
        found = [(stage, name) for stage in stages for name in vector.layer_names(stage, path.name)]
        wanted = vector.choose_layers([name for _, name in found], options.layer, path.name)
        return [
            vector.read_layer(stage, name, file_name=path.name, title=name)
            for stage, name in found
            if name in wanted
        ]


def _staged_folder(path: Path, folder: Path) -> Path:
    if not (path / _CATALOG).is_file():
        raise FormatError(
            f"文件夹“{path.name}”不是完整的 FileGDB（缺少 {_CATALOG}）。请重新复制整个 .gdb 文件夹。"
        )
    stage = folder / "data.gdb"
    stage.mkdir()
    for part in path.iterdir():
        if _PART.fullmatch(part.name):
            vector.link_or_copy(part, stage / part.name)
    return stage


def _staged_archive(path: Path, folder: Path) -> list[Path]:
    by_folder: dict[str, list[archive.Member]] = {}
    for member in archive.list_members(path):
        if _PART.fullmatch(member.base):
            by_folder.setdefault(str(PurePosixPath(member.name).parent), []).append(member)
    unpacked = folder / "unpacked"
    stages = []
    for number, members in enumerate(by_folder.values()):
        if not any(member.base.lower() == _CATALOG for member in members):
            continue
        target = unpacked / str(number)
        target.mkdir(parents=True)
        stage = folder / f"data{number}.gdb"
        stage.mkdir()
        for member in members:
            archive.unpack(path, target, [member])[member.name].rename(stage / member.base)
        stages.append(stage)
    if not stages:
        raise FormatError(
            f"“{path.name}”里没有完整的 FileGDB（缺少 {_CATALOG}）。请把整个 .gdb 文件夹打成 ZIP。"
        )
    return stages


def write(path: Path, frame: pd.DataFrame, options: WriteOptions) -> list[Issue]:
    """Write a zip that holds one geodatabase with one layer."""
    records = require_geometry(frame, "FileGDB")
    title = title_of(path, options)

    def produce(folder: Path) -> list[Issue]:
        with tempfile.TemporaryDirectory(prefix="geoapp-") as temporary:
            stage = Path(temporary, "data.gdb")
            issues = write_with_gdal(
                stage, records, attribute_columns(records), driver="OpenFileGDB", layer=_table_name(title)
            )
            with zipfile.ZipFile(folder / path.name, "w", zipfile.ZIP_DEFLATED) as packed:
                for part in sorted(stage.iterdir()):
                    packed.write(part, f"{title}.gdb/{part.name}")
        return issues + _renamed(title)

    return put_in_place(path, produce)


def _table_name(title: str) -> str:
    name = re.sub(r"\W", "_", title)
    return f"T{name}" if not name[:1].isalpha() else name


def _renamed(title: str) -> list[Issue]:
    if _table_name(title) == title:
        return []
    return [
        Issue(
            code="layer-renamed",
            severity=Severity.NOTE,
            message=f"图层名“{title}”在 FileGDB 里改为“{_table_name(title)}”（只能用字母、数字和下划线）。",
        )
    ]


READER = Reader(id="filegdb", zh="FileGDB", suffixes=(".gdb", ".gdb.zip", ".zip"), read=read, claims=claims)
WRITER = Writer(id="filegdb", zh="FileGDB", suffixes=(".gdb.zip",), write=write)
