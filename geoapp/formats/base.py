"""What every file format gives and takes. One module per format; found by scanning the package."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geoapp.domain.issue import Issue
from geoapp.domain.layer import Layer
from geoapp.errors import FormatError, system_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What a user may say about a file that it does not say itself."""

    encoding: str | None = None
    layer: str | None = None
    """Which layer or sheet; None means all."""


@dataclass(slots=True, kw_only=True)
class RawLayer:
    """One layer or sheet as it stands in the file: nothing converted, nothing dropped.

    `frame` is a GeoDataFrame where the file holds geometry (its `.crs` is what the file declares, or None) and a
    DataFrame otherwise; columns are the file's own headers, without an index column. Its index is named
    "source_row": the row as the user sees it in the file (a spreadsheet's own number; a feature's position from 1).
    Curved geometry is linearised by the reader, and said; null geometry stays None.
    """

    name: str
    frame: pd.DataFrame
    encoding: str | None = None
    issues: list[Issue] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    """Units found in headers, by column: {"用地面积(亩)": "mu"}; keys are columns of `frame`, ids as in `units`."""

    @property
    def has_geometry(self) -> bool:
        """Whether the file itself holds geometry."""
        return isinstance(self.frame, gpd.GeoDataFrame)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """How to write: encoding of text where the format leaves a choice, and the register whose labels to use."""

    encoding: str | None = None
    layer: Layer | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads one kind of file."""

    id: str
    zh: str
    suffixes: tuple[str, ...]
    """Lower case with the dot; several readers may share one (".zip") and then `claims` decides."""
    read: Callable[[Path, ReadOptions], list[RawLayer]]
    claims: Callable[[Path], bool] = lambda path: True
    """Whether this reader takes the file, from its first bytes or its members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes one kind of file."""

    id: str
    zh: str
    suffixes: tuple[str, ...]
    write: Callable[[Path, pd.DataFrame, WriteOptions], list[Issue]]
    """(path, frame, options) -> what the format could not hold as it was (shortened names, cut text)."""


def find_readers() -> list[Reader]:
    """Return the readers of all format modules, in the order of their module names."""
    return [module.READER for module in _modules() if hasattr(module, "READER")]


def find_writers() -> list[Writer]:
    """Return the writers of all format modules."""
    return [module.WRITER for module in _modules() if hasattr(module, "WRITER")]


def _modules() -> list:
    package = importlib.import_module("geoapp.formats")
    names = sorted(name for _, name, _ in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"geoapp.formats.{name}") for name in names]


_ADVICE = {
    (".mdb", ".accdb"): "这是 Access 个人地理数据库，读不了。请在 ArcGIS 里导出为 FileGDB 或 shapefile，打成 ZIP。",
    (".dwg", ".dgn"): "这是 CAD 图纸的专有格式，读不了。请在 CAD 里另存为 DXF（AutoCAD 2000 或更新版本）。",
    (".rar", ".7z", ".gz", ".tar", ".tgz"): "这种压缩包读不了。请先解压，再用系统自带的压缩功能打成 ZIP。",
    (".shx", ".dbf", ".prj", ".cpg"): "这只是 shapefile 的一部分。请把同名的 .shp、.shx、.dbf、.prj 一起打成 ZIP。",
    (".gdbtable", ".gdbtablx", ".gdbindexes"): "这只是 FileGDB 的一部分。请把整个 .gdb 文件夹打成 ZIP。",
    (".tif", ".tiff", ".img", ".jpg", ".jpeg", ".png", ".ecw", ".jp2"): (
        "这是影像或图片，没有矢量图形。请提供矢量数据。"
    ),
    (".vrt", ".wfs", ".qgs", ".qgz", ".mxd", ".lyr", ".lyrx", ".aprx", ".url"): (
        "这种文件只是指向别的数据，为安全起见不读取。请提供数据本身。"
    ),
    (".gml", ".xsd", ".gpx", ".mif", ".mid", ".tab", ".topojson", ".fgb", ".osm", ".pbf", ".parquet", ".pmtiles"): (
        "这种格式没有支持。请用 QGIS 打开，另存为 GeoPackage 或 GeoJSON。"
    ),
    (".pdf", ".doc", ".docx", ".ppt", ".pptx"): "这是文档，读不出台账。请提供 Excel、CSV 或矢量数据。",
}  # fmt: skip


def reader_for(path: Path) -> Reader:
    """Return the reader for a file, by its ending and its content.

    Raises
    ------
    FormatError
        No format takes it; says which can be read, or what to turn it into.
    """
    _check_readable(path)
    readers = find_readers()
    fitting = [reader for reader in readers if path.name.lower().endswith(reader.suffixes)]
    for reader in fitting:
        if reader.claims(path):
            return reader
    if fitting:
        raise FormatError(
            f"“{path.name}”的内容不是{'或'.join(r.zh for r in fitting)}。请检查文件是否完整、后缀是否正确。"
        )
    for suffixes, advice in _ADVICE.items():
        if path.name.lower().endswith(suffixes):
            raise FormatError(f"不能读取“{path.name}”：{advice}")
    known = "、".join(sorted({suffix for reader in readers for suffix in reader.suffixes}))
    raise FormatError(f"不能读取“{path.name}”这种文件。可以读取的后缀：{known}。")


def _check_readable(path: Path) -> None:
    if not path.exists():
        raise FormatError(f"找不到文件“{path}”。请检查路径和文件名。")
    if path.is_dir():
        if path.suffix.lower() != ".gdb":
            raise FormatError(f"“{path}”是文件夹。请指定其中的文件，或把需要的文件打成 ZIP。")
        return
    try:
        path.open("rb").close()
    except OSError as error:
        raise FormatError(f"打不开“{path}”：{system_reason(error)}。请检查文件权限。") from None


def writer_for(path: Path) -> Writer:
    """Return the writer for a file name; raises FormatError saying which can be written."""
    writers = find_writers()
    for writer in writers:
        if path.name.lower().endswith(writer.suffixes):
            return writer
    known = "、".join(sorted({suffix for writer in writers for suffix in writer.suffixes}))
    raise FormatError(f"不能写成“{path.name}”这种文件。可以写的后缀：{known}。")
