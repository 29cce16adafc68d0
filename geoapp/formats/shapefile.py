"""Shapefiles, bare or zipped: several in one archive, Chinese names, GBK tables, missing parts."""

import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats import archive, vector
from geoapp.formats.base import RawLayer, Reader, ReadOptions, Writer
from geoapp.formats.dbf import DbfTable, foreign_texts, read_dbf
from geoapp.formats.encoding import Decision, Declared, decide, decode_cut
from geoapp.formats.geometry import unique_names
from geoapp.formats.shapefile_write import write_shapefile
from geoapp.formats.signature import describe_content, read_head

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_OTHER_DATA = (
    ".geojson",
    ".json",
    ".gpkg",
    ".kml",
    ".kmz",
    ".dxf",
    ".dwg",
    ".xlsx",
    ".xls",
    ".zip",
    ".gdbtable",
)
_MAGIC = 9994
_HEADER_BYTES = 100
_BYTES = "ISO-8859-1"
"""Maps every byte to one character and back: GDAL hands the text through untouched."""


@dataclass(slots=True)
class Shapefile:
    """The files that make one shapefile, wherever they are on disk."""

    name: str
    where: str
    """How messages call it: “地块.zip”里的“地块.shp”."""
    parts: dict[str, Path]


def claims(path: Path) -> bool:
    """Return whether the file is a .shp, or a zip with parts of a shapefile."""
    if not path.name.lower().endswith(".zip"):
        return True
    names = [name.lower() for name in archive.member_names(path)]
    return any(name.endswith((".shp", ".shx", ".dbf")) for name in names)


def read(path: Path, options: ReadOptions) -> list[RawLayer]:
    """Read all shapefiles of an archive, or the bare one."""
    with tempfile.TemporaryDirectory(prefix="geoapp-") as temporary:
        folder = Path(temporary)
        issues: list[Issue] = []
        if path.name.lower().endswith(".zip"):
            found, issues = _in_archive(path, folder)
        else:
            found = [_bare(path)]
        wanted = vector.choose_layers([item.name for item in found], options.layer, path.name)
        layers = [_read_one(item, folder, options) for item in found if item.name in wanted]
    layers[0].issues[:0] = issues
    return layers


def _in_archive(path: Path, folder: Path) -> tuple[list[Shapefile], list[Issue]]:
    members = archive.list_members(path)
    chosen = [member for member in members if member.suffix in _PARTS]
    unpacked = archive.unpack(path, folder, chosen)
    by_stem: dict[str, Shapefile] = {}
    for member in chosen:
        stem = str(PurePosixPath(member.name).with_suffix(""))
        shp_name = PurePosixPath(stem).name
        item = by_stem.setdefault(stem.lower(), Shapefile(shp_name, f"“{path.name}”里的“{stem}.shp”", {}))
        item.parts[member.suffix] = unpacked[member.name]
    found = [item for item in by_stem.values() if ".shp" in item.parts]
    if not found:
        present = "、".join(member.base for member in chosen)
        raise FormatError(
            f"“{path.name}”里只有 {present}，缺少 .shp 文件，没有图形。请把同名的 .shp、.shx、.dbf、.prj 一起打包。"
        )
    return _distinct(found), _left_out(path, members)


def _distinct(found: list[Shapefile]) -> list[Shapefile]:
    names = unique_names((item.name for item in found), reserved=())
    for item, name in zip(found, names, strict=True):
        item.name = name
    return found


def _left_out(path: Path, members: list[archive.Member]) -> list[Issue]:
    others = [member.base for member in members if member.suffix in _OTHER_DATA]
    if not others:
        return []
    return [
        Issue(
            code="member-skipped",
            severity=Severity.WARNING,
            message=f"“{path.name}”里还有没有读的数据：{'、'.join(others[:5])}{' 等' if len(others) > 5 else ''}。",
            advice="压缩包里有 shapefile 时只读 shapefile；其余的请单独上传。",
        )
    ]


def _bare(path: Path) -> Shapefile:
    parts: dict[str, Path] = {}
    for sibling in path.parent.iterdir():
        if sibling.stem.lower() == path.stem.lower() and sibling.suffix.lower() in _PARTS:
            parts.setdefault(sibling.suffix.lower(), sibling)
    parts[".shp"] = path
    return Shapefile(path.stem, f"“{path.name}”", parts)


def _read_one(item: Shapefile, folder: Path, options: ReadOptions) -> RawLayer:
    _check_shp(item)
    if ".dbf" not in item.parts:
        raise FormatError(
            f"{item.where}缺少同名的 .dbf（属性表），没有读入。"
            f"请把 {item.name}.dbf 和 .shx、.prj 一起打包或放在同一文件夹。"
        )
    table = read_dbf(item.parts[".dbf"], f"{item.name}.dbf")
    staged = _stage(item, Path(tempfile.mkdtemp(dir=folder)))
    issues = _index_issues(item)
    _check_counts(item, staged, table)
    decision = _decide_encoding(item, table, options)
    layer = vector.read_layer(
        staged,
        None,
        file_name=f"{item.name}.shp",
        title=item.name,
        encoding=_BYTES,
        rows=np.flatnonzero(~table.deleted) + 1,
    )
    try:
        _decode_layer(layer, table, decision)
    except UnicodeDecodeError:
        raise FormatError(
            f"{item.name}.dbf 的文件头与内容对不上，文字读不出来。请重新导出整套 shapefile。"
        ) from None
    layer.issues[:0] = [*issues, *decision.issues]
    return layer


def _check_shp(item: Shapefile) -> None:
    shp = item.parts[".shp"]
    size = shp.stat().st_size
    head = read_head(shp, _HEADER_BYTES)
    if len(head) < _HEADER_BYTES or int.from_bytes(head[:4], "big") != _MAGIC:
        raise FormatError(
            f"{item.where}不是有效的 shapefile，内容看起来是{describe_content(shp)}。请重新导出，不要直接改后缀。"
        )
    declared = int.from_bytes(head[24:28], "big") * 2
    if size < declared:
        raise FormatError(
            f"{item.where}不完整：应有 {declared} 字节，实际只有 {size} 字节，没有读入。请重新复制或重新导出。"
        )


def _stage(item: Shapefile, folder: Path) -> Path:
    """Put the parts side by side under one neutral name, rebuilding the index where it is missing or damaged."""
    for suffix in (".shp", ".dbf", ".prj", ".shx"):
        if suffix in item.parts and not (suffix == ".shx" and _is_damaged_index(item.parts[suffix])):
            vector.link_or_copy(item.parts[suffix], folder / f"layer{suffix}")
    staged = folder / "layer.shp"
    if not staged.with_suffix(".shx").exists():
        staged.with_suffix(".shx").write_bytes(rebuilt_index(staged.read_bytes(), item.where))
    return staged


def _is_damaged_index(shx: Path) -> bool:
    head = read_head(shx, _HEADER_BYTES)
    if len(head) < _HEADER_BYTES or int.from_bytes(head[:4], "big") != _MAGIC:
        return True
    return shx.stat().st_size < int.from_bytes(head[24:28], "big") * 2


def rebuilt_index(shp: bytes, where: str) -> bytes:
    """Return the .shx of a .shp: where each record begins and how long it is.

    Raises
    ------
    FormatError
        The records do not fill the file.
    """
    end = int.from_bytes(shp[24:28], "big") * 2
    entries = []
    position = _HEADER_BYTES
    while position + 8 <= end:
        (words,) = struct.unpack_from(">i", shp, position + 4)
        if words < 2 or position + 8 + words * 2 > end:
            raise FormatError(f"{where}的图形记录已损坏，不能重建索引。请在原软件里重新导出整套 shapefile。")
        entries.append(struct.pack(">ii", position // 2, words))
        position += 8 + words * 2
    size_words = (_HEADER_BYTES + 8 * len(entries)) // 2
    return shp[:24] + struct.pack(">i", size_words) + shp[28:_HEADER_BYTES] + b"".join(entries)


def _index_issues(item: Shapefile) -> list[Issue]:
    if ".shx" in item.parts and not _is_damaged_index(item.parts[".shx"]):
        return []
    what = "已损坏" if ".shx" in item.parts else "缺少"
    return [
        Issue(
            code="shx-rebuilt",
            severity=Severity.WARNING,
            message=f"{item.where}的索引文件 {item.name}.shx {what}，已根据 .shp 重建。",
            advice="请抽查图形和属性是否对得上；以后请把 .shx 一起打包。",
        )
    ]


def _check_counts(item: Shapefile, staged: Path, table: DbfTable) -> None:
    shx = read_head(staged.with_suffix(".shx"), _HEADER_BYTES)
    shape_count = (int.from_bytes(shx[24:28], "big") * 2 - _HEADER_BYTES) // 8
    if shape_count != len(table.records):
        raise FormatError(
            f"{item.where}有 {shape_count} 个图形，属性表却有 {len(table.records)} 条记录，对不上，没有读入。"
            "请重新导出整套 shapefile（不要单独替换其中一个文件）。"
        )


def _decide_encoding(item: Shapefile, table: DbfTable, options: ReadOptions) -> Decision:
    declared = table.declared
    if ".cpg" in item.parts:
        text = (
            item.parts[".cpg"].read_bytes()[:100].decode("ascii", "replace").strip("\ufeff\ufffd \r\n\t\x00")
        )
        if text:
            declared = [Declared(text, "cpg 文件"), *declared]
    return decide(foreign_texts(table), option=options.encoding, declared=declared, what=f"“{item.name}.dbf”")


def _decode_layer(layer: RawLayer, table: DbfTable, decision: Decision) -> None:
    """Turn the bytes that came through GDAL untouched into text, column names too."""
    widths = {field.name.decode(_BYTES): field.width for field in table.fields}
    codec = decision.encoding
    frame = layer.frame
    for column in frame.columns:
        if frame[column].dtype == "str":
            frame[column], issues = _decode_column(frame[column], codec, widths.get(column, 0))
            layer.issues += issues
    names = [decode_cut(name.encode(_BYTES), codec) for name in frame.columns if name != "geometry"]
    layer.frame = frame.set_axis([*unique_names(names), "geometry"], axis=1)
    layer.encoding = codec


def _decode_column(values: pd.Series, codec: str, width: int) -> tuple[pd.Series, list[Issue]]:
    words: dict[str, str] = {}
    cut = []
    for raw_text in values.dropna().unique():
        content = raw_text.encode(_BYTES)
        words[raw_text] = decode_cut(content, codec) if len(content) >= width else content.decode(codec)
        if len(words[raw_text].encode(codec)) < len(content):
            cut.append(raw_text)
    decoded = values.map(words).astype("str")
    name = decode_cut(str(values.name).encode(_BYTES), codec)
    rows = values.index[values.isin(cut)]
    return decoded, [_cut_in_file(name, int(row), decoded[row]) for row in rows]


def _cut_in_file(field: str, row: int, value: str) -> Issue:
    return Issue(
        code="text-cut",
        severity=Severity.WARNING,
        message=f"字段“{field}”的文字在文件里已被截断，最后半个汉字没有读入。",
        advice="shapefile 的文字最长 254 字节；需要全文请改用 GeoPackage 或 FileGDB。",
        row=row,
        field=field,
        value=value,
    )


READER = Reader(id="shapefile", zh="shapefile", suffixes=(".zip", ".shp"), read=read, claims=claims)
WRITER = Writer(id="shapefile", zh="shapefile", suffixes=(".shp", ".zip"), write=write_shapefile)
