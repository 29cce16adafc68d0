"""Records as files: csv and xlsx to read, geojson and gpkg for maps."""

import json
import math
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.frame import plain_values
from geoapp.domain.record_table import RecordTable
from geoapp.domain.rounding import half_up, rounded
from geoapp.errors import UsageError
from geoapp.reports.record_table_workbook import write_record_workbook
from geoapp.reports.texts import guarded, safe_name

_SPECIAL_IN_CSV = re.compile('[",\r\n]')
_DEGREE_DECIMALS = 1e-9
_GEOMETRY_TYPES = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "Point"}


def record_export_name(table: RecordTable, suffix: str) -> str:
    """Return the file's name <主题>_<范围>_<数据日期>: 工业地块_筛选_2026-01-31.xlsx."""
    scope = "筛选" if table.is_filtered else "全部"
    return f"{safe_name(table.register_zh)}_{scope}_{table.data_on.isoformat()}{suffix}"


def record_export_name_ascii(table: RecordTable, suffix: str) -> str:
    """Return the same in plain letters: plots_filtered_2026-01-31.xlsx."""
    scope = "filtered" if table.is_filtered else "all"
    return f"{safe_name(table.register)}_{scope}_{table.data_on.isoformat()}{suffix}"


def record_table_bytes(table: RecordTable, suffix: str) -> bytes:
    """Return the table as a file's content.

    Parameters
    ----------
    table : RecordTable
    suffix : {".csv", ".xlsx", ".geojson", ".gpkg"}

    Raises
    ------
    UsageError
        Another ending; geojson of records without geometry; more cells than a workbook should hold.
    """
    try:
        writer = _WRITERS[suffix.lower()]
    except KeyError:
        raise UsageError(f"不能写成“{suffix}”文件；可用的后缀：{'、'.join(_WRITERS)}。") from None
    with tempfile.TemporaryDirectory(prefix="geoapp-") as folder:
        path = Path(folder, f"records{suffix.lower()}")
        writer(path, table)
        return path.read_bytes()


def _write_csv(path: Path, table: RecordTable) -> None:
    """Write header and rows, codes in words; the last columns repeat on each row what the rows rest on."""
    columns = {info.label: _csv_cells(info, table.rows[info.name]) for info in table.fields}
    terms = table.terms
    for name in ("数据截至", "数据时点", "数据修订号", "筛选", *(["数据性质"] if table.is_demo else [])):
        columns[name] = [_quoted(terms[name])] * len(table.rows)
    if table.fingerprint:
        columns["指纹"] = [_quoted(table.fingerprint), *[""] * len(table.rows)][: len(table.rows)]
    lines = [",".join(map(_quoted, columns)), *map(",".join, zip(*columns.values(), strict=True))]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("utf-8-sig"))


def _csv_cells(info: FieldInfo, column: pd.Series) -> list[str]:
    if info.dtype == "string":
        return _csv_texts(info, column)
    if info.dtype == "number":
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        numbers = numbers if info.decimals is None else half_up(numbers, info.decimals)
        write = "{:.0f}".format if info.decimals == 0 else repr
        return ["" if math.isnan(number) else write(number) for number in numbers.tolist()]
    words = {None: "", True: "是", False: "否"} if info.dtype == "boolean" else {None: ""}
    return [words[value] if value in words else str(value) for value in plain_values(column)]


def _csv_texts(info: FieldInfo, column: pd.Series) -> list[str]:
    """Return texts quoted, each different one looked at once."""
    position, distinct = pd.factorize(column.to_numpy(dtype=object))
    texts = [*(_quoted(guarded(info.codes.get(text, text))) for text in distinct), ""]
    cells: list[str] = np.array(texts, dtype=object)[position].tolist()
    return cells


def _quoted(text: str) -> str:
    if not _SPECIAL_IN_CSV.search(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _values(table: RecordTable) -> dict[str, list[Any]]:
    """Return the columns by name as plain values: codes as they are stored, numbers rounded, days as text."""
    columns = {}
    for info in table.fields:
        column = table.rows[info.name]
        values = plain_values(rounded(column, info.decimals))
        is_day = info.dtype == "date"
        columns[info.name] = [value and value.isoformat() for value in values] if is_day else values
    return columns


def _write_geojson(path: Path, table: RecordTable) -> None:
    if not table.has_geometry:
        raise UsageError(f"“{table.register_zh}”没有图形，不能导出 GeoJSON。请改用 CSV 或 Excel。")
    shapes = shapely.set_precision(table.rows.geometry.to_numpy(), _DEGREE_DECIMALS, mode="pointwise")
    columns = _values(table)
    rows = zip(*columns.values(), strict=True)
    features = [
        f'{{"type":"Feature","id":{_json(key)},"properties":{_json(dict(zip(columns, row, strict=True)))},'
        f'"geometry":{shape or "null"}}}'
        for key, row, shape in zip(table.rows.index, rows, shapely.to_geojson(shapes), strict=True)
    ]
    head = {
        "title": table.title,
        "terms": table.terms,
        "sources": list(table.sources),
        "notes": list(table.notes),
        "columns": [{"name": info.name, "label": info.label} for info in table.fields],
        **({"fingerprint": table.fingerprint} if table.fingerprint else {}),
    }
    text = f'{{"type":"FeatureCollection",{_json(head)[1:-1]},"features":[{",".join(features)}]}}'
    path.write_text(text, encoding="utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _write_gpkg(path: Path, table: RecordTable) -> None:
    options = {"DESCRIPTION": table.title, "IDENTIFIER": table.register_zh}
    rows = table.rows.rename_axis("record_key").reset_index()
    for info in table.fields:
        if info.decimals is not None:
            rows[info.name] = rounded(rows[info.name], info.decimals)
    if table.has_geometry:
        kind = _GEOMETRY_TYPES[table.geometry_type]
        pyogrio.write_dataframe(
            rows, path, layer=table.register, driver="GPKG", geometry_type=kind, layer_options=options,
            promote_to_multi=kind != "Point",
        )  # fmt: skip
    else:
        pyogrio.write_dataframe(rows, path, layer=table.register, driver="GPKG", layer_options=options)
    lines = [
        *((item, text, None) for item, text in table.terms.items()),
        *((info.name, f"{info.label}：{info.description}".rstrip("："), info.label) for info in table.fields),
        *(
            (label, "；".join(f"{value} {zh}" for value, zh in codes.items()), None)
            for label, codes in table.codes.items()
        ),
        *(("来源", source, None) for source in table.sources),
        *(("说明", note, None) for note in table.notes),
        *([("指纹", table.fingerprint, None)] if table.fingerprint else []),
    ]
    notes = pd.DataFrame(lines, columns=["item", "text", "label"])
    pyogrio.write_dataframe(notes, path, layer="notes", driver="GPKG", append=True)


_WRITERS: Mapping[str, Callable[[Path, RecordTable], None]] = {
    ".csv": _write_csv,
    ".xlsx": write_record_workbook,
    ".geojson": _write_geojson,
    ".gpkg": _write_gpkg,
}
