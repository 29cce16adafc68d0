"""Writing shapefiles: GBK by default, short names with a table of what they stand for, nothing cut in silence."""

import csv
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import Layer
from geoapp.errors import FormatError
from geoapp.formats.base import WriteOptions
from geoapp.formats.dbf import NAME_BYTES
from geoapp.formats.encoding import decode_cut, label, required_codec
from geoapp.formats.vector_write import (
    FAMILY_NAMES,
    Column,
    attribute_columns,
    families,
    put_in_place,
    require_geometry,
    title_of,
    write_with_gdal,
)

TEXT_BYTES = 254
_NAMES_TABLE = "字段对照.csv"
_CPG_NAMES = {"gbk": "GBK", "gb18030": "GBK", "utf-8": "UTF-8"}


@dataclass(frozen=True, slots=True)
class Table:
    """The attributes of one shapefile, ready to be written."""

    columns: list[Column]
    names: dict[str, str]
    """Original column by the name in the file."""
    codec: str


def write_shapefile(path: Path, frame: pd.DataFrame, options: WriteOptions) -> list[Issue]:
    """Write `x.shp` with its companions, or all of it in one `x.zip`."""
    plots = require_geometry(frame, "shapefile")
    table, issues = _prepare(plots, options)
    produce = _zipped if path.name.lower().endswith(".zip") else _plain
    written = put_in_place(path, lambda folder: produce(folder, path, plots, table, options))
    return issues + written


def short_names(columns: list[str], layer: Layer | None, codec: str) -> dict[str, str]:
    """Return a distinct name of at most 10 bytes for each column: its own, a known alias, or its beginning.

    Examples
    --------
    >>> short_names(["name", "real_estate_unit_no", "real_estate_unit_kind"], None, "gbk")
    {'name': 'name', 'real_estate_unit_no': 'real_estat', 'real_estate_unit_kind': 'real_est_2'}
    """
    aliases = {f.name: f.aliases for f in layer.fields} if layer else {}
    chosen: dict[str, str] = {}
    taken: set[str] = {name.upper() for name in columns if len(name.encode(codec)) <= NAME_BYTES}
    for column in columns:
        if len(column.encode(codec)) <= NAME_BYTES:
            chosen[column] = column
            continue
        name = _alias(aliases.get(column, ()), taken) or _shortened(column, taken, codec)
        taken.add(name.upper())
        chosen[column] = name
    return chosen


def _alias(aliases: tuple[str, ...], taken: set[str]) -> str | None:
    fitting = (a for a in aliases if a.isascii() and a.isidentifier() and len(a) <= NAME_BYTES)
    return next((alias for alias in fitting if alias.upper() not in taken), None)


def _shortened(column: str, taken: set[str], codec: str) -> str:
    content = column.encode(codec)
    name, number = decode_cut(content[:NAME_BYTES], codec), 2
    while name.upper() in taken:
        ending = f"_{number}"
        name = decode_cut(content[: NAME_BYTES - len(ending)], codec) + ending
        number += 1
    return name


def _prepare(frame: gpd.GeoDataFrame, options: WriteOptions) -> tuple[Table, list[Issue]]:
    columns = attribute_columns(frame) or [_row_numbers(frame)]
    codec, issues = _choose_codec(columns, options.encoding)
    names = short_names([column.name for column in columns], options.layer, codec)
    issues += [_renamed(old, new) for old, new in names.items() if old != new]
    rows = frame.index.to_numpy()
    fitted = []
    for column in columns:
        kept, cut = _fit_text(column, rows, codec)
        issues += cut
        fitted.append(replace(kept, name=names[column.name]))
    if frame.crs is None:
        issues.append(_no_prj())
    return Table(fitted, {new: old for old, new in names.items()}, codec), issues


def _row_numbers(frame: gpd.GeoDataFrame) -> Column:
    """Return a column for frames without any: a dbf must have one."""
    return Column("id", np.arange(1, len(frame) + 1), np.zeros(len(frame), dtype=bool))


def _choose_codec(columns: list[Column], option: str | None) -> tuple[str, list[Issue]]:
    codec = required_codec(option) if option else "gbk"
    for column in columns:
        texts = [column.name, *(column.data[~column.missing] if column.data.dtype == object else ())]
        for text in texts:
            bad = _first_unencodable(text, codec)
            if bad:
                return "utf-8", [_fell_back(codec, bad, column.name)]
    return codec, []


def _first_unencodable(text: str, codec: str) -> str:
    try:
        text.encode(codec)
    except UnicodeEncodeError as error:
        return text[error.start]
    return ""


def _fit_text(column: Column, rows: np.ndarray, codec: str) -> tuple[Column, list[Issue]]:
    if column.data.dtype != object:
        return column, []
    values = column.data.copy()
    issues = []
    for position in np.flatnonzero(~column.missing):
        content = values[position].encode(codec)
        if len(content) > TEXT_BYTES:
            values[position] = decode_cut(content[:TEXT_BYTES], codec)
            issues.append(_cut(column.name, int(rows[position]), len(content)))
    return replace(column, data=values), issues


def _plain(
    folder: Path, path: Path, frame: gpd.GeoDataFrame, table: Table, options: WriteOptions
) -> list[Issue]:
    kinds = _kinds(frame)
    if len(kinds) > 1:
        listed = "、".join(FAMILY_NAMES[kind] for kind in kinds)
        raise FormatError(f"数据里混有{listed}，一个 .shp 只能存一种。请写成 .zip（会分成几个 shapefile）。")
    issues = _write_one(folder / f"{path.stem}.shp", frame, table)
    _write_names(folder / f"{path.stem}_{_NAMES_TABLE}", table, options.layer)
    return issues


def _zipped(
    folder: Path, path: Path, frame: gpd.GeoDataFrame, table: Table, options: WriteOptions
) -> list[Issue]:
    title = title_of(path, options)
    kinds = _kinds(frame)
    issues = []
    with tempfile.TemporaryDirectory(prefix="geoapp-") as temporary:
        source = Path(temporary)
        family = families(frame.geometry.to_numpy())
        for kind in kinds or ["polygon"]:
            chosen = np.ones(len(frame), dtype=bool) if len(kinds) < 2 else family == kind
            name = "layer" if len(kinds) < 2 else f"layer_{FAMILY_NAMES[kind]}"
            issues += _write_one(source / f"{name}.shp", frame[chosen], _subset(table, chosen))
        _write_names(source / _NAMES_TABLE, table, options.layer)
        with zipfile.ZipFile(folder / path.name, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(source.iterdir()):
                packed.write(file, file.name.replace("layer", title, 1))
    return issues


def _kinds(frame: gpd.GeoDataFrame) -> list[str]:
    return sorted(set(families(frame.geometry.to_numpy())) - {""})


def _subset(table: Table, chosen: np.ndarray) -> Table:
    columns = [Column(c.name, c.data[chosen], c.missing[chosen]) for c in table.columns]
    return replace(table, columns=columns)


def _write_one(shp: Path, frame: gpd.GeoDataFrame, table: Table) -> list[Issue]:
    issues = write_with_gdal(shp, frame, table.columns, driver="ESRI Shapefile", encoding=table.codec)
    shp.with_suffix(".cpg").write_text(_CPG_NAMES.get(table.codec, table.codec), encoding="ascii")
    return issues


def _write_names(path: Path, table: Table, layer: Layer | None) -> None:
    labels: Mapping[str, str] = {f.name: f.label for f in layer.fields} if layer else {}
    if not labels and all(new == old for new, old in table.names.items()):
        return
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        sheet = csv.writer(stream)
        sheet.writerow(["shapefile 字段", "原字段", "中文名"])
        sheet.writerows([new, old, labels.get(old, "")] for new, old in table.names.items())


def _renamed(old: str, new: str) -> Issue:
    return Issue(
        code="field-renamed",
        severity=Severity.NOTE,
        message=f"字段“{old}”在 shapefile 里缩短为“{new}”（字段名最长 {NAME_BYTES} 字节）。",
        advice=f"对照表见“{_NAMES_TABLE}”。",
        field=old,
        value=new,
    )


def _cut(field: str, row: int, byte_count: int) -> Issue:
    return Issue(
        code="value-cut",
        severity=Severity.WARNING,
        message=f"字段“{field}”的文字有 {byte_count} 字节，shapefile 最多存 {TEXT_BYTES} 字节，已截断。",
        advice="需要全文请改用 GeoPackage。",
        row=row,
        field=field,
    )


def _fell_back(codec: str, character: str, field: str) -> Issue:
    return Issue(
        code="encoding-changed",
        severity=Severity.WARNING,
        message=f"字段“{field}”里的“{character}”不能用 {label(codec)} 表示，整个文件改用 UTF-8 编码（cpg 已注明）。",
        advice="如果接收方只认 GBK，请替换这个字后重新导出。",
        field=field,
        value=character,
    )


def _no_prj() -> Issue:
    return Issue(
        code="crs-missing",
        severity=Severity.WARNING,
        message="数据没有坐标系，没有写 .prj 文件。",
        advice="请用“坐标系”选项说明后重新导出，或把坐标系告诉接收方。",
    )
