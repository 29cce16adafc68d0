"""The zone table as files: xlsx for meetings, csv for ledgers, geojson and gpkg for maps."""

import json
import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from geoapp.domain.statistic import COLUMN_UNITS
from geoapp.domain.zone_table import WITHHELD_ZH, ZONE, ZoneTable
from geoapp.errors import UsageError
from geoapp.reports.texts import guarded, safe_name, safe_name_ascii
from geoapp.reports.whole_file import write_whole
from geoapp.reports.zone_workbook import write_workbook


def export_name(table: ZoneTable, suffix: str) -> str:
    """Return the file's name <主题>_<范围>_<数据日期>: 分区统计_镇街_2026-01-31.xlsx."""
    return f"分区统计_{safe_name(table.zones_zh)}_{table.data_on.isoformat()}{suffix}"


def export_name_ascii(table: ZoneTable, suffix: str) -> str:
    """Return the same in plain letters, for programs that take no others: zone_statistics_towns_2026-01-31.xlsx."""
    scope = safe_name_ascii(table.zones) or "zones"
    return f"zone_statistics_{scope}_{table.data_on.isoformat()}{suffix}"


def zone_table_bytes(table: ZoneTable, suffix: str) -> bytes:
    """Return the table as a file's content.

    Parameters
    ----------
    table : ZoneTable
    suffix : {".xlsx", ".csv", ".geojson", ".gpkg", ".json"}

    Raises
    ------
    UsageError
        Another ending; names those there are.
    """
    writer = writer_of(suffix)
    with tempfile.TemporaryDirectory(prefix="geoapp-") as folder:
        path = Path(folder, f"zones{suffix.lower()}")
        writer(path, table)
        return path.read_bytes()


def write_zone_table(path: Path, table: ZoneTable) -> None:
    """Write the table in the format that the file's ending names.

    Raises
    ------
    UsageError
        Another ending, or the file cannot be written there.
    """
    content = zone_table_bytes(table, path.suffix)
    write_whole(path, lambda staged: staged.write_bytes(content))


def writer_of(suffix: str) -> Callable[[Path, ZoneTable], None]:
    """Return what writes files of this ending; raises UsageError naming those there are."""
    try:
        return _WRITERS[suffix.lower()]
    except KeyError:
        raise UsageError(f"不能写成“{suffix}”文件；可用的后缀：{'、'.join(_WRITERS)}。") from None


def zone_table_record(table: ZoneTable) -> dict[str, Any]:
    """Return the table as plain values for JSON: columns, rows in the units shown, None for unknown."""
    columns = [
        {
            "name": column.shown_name, "zh": column.zh, "en": column.en, "label": column.label, "group": group,
            "unit": column.unit, "unit_zh": COLUMN_UNITS[column.unit].zh, "decimals": column.decimals,
            "formula": column.formula, "is_default": group not in table.later_groups,
        }
        for column, group in zip(table.columns, table.groups, strict=True)
    ]  # fmt: skip
    rows = [
        {"zone": str(key), **_plain(values), **_withheld(table, str(key))}
        for key, values in table.shown.to_dict("index").items()
    ]
    return {
        "title": table.title, "zones": table.zones, "zones_zh": table.zones_zh, "membership": table.membership,
        "revision": table.revision, "data_on": table.data_on.isoformat(), "rules_on": table.rules_on.isoformat(),
        "is_demo": table.is_demo, "terms": table.terms, "findings": list(table.findings),
        "sources": list(table.sources), "columns": columns, "rows": rows, **_fingerprint(table),
    }  # fmt: skip


def _withheld(table: ZoneTable, key: str) -> dict[str, list[str]]:
    """Return the names of the figures that are known but not told, where there are any."""
    names = [column.shown_name for column in table.withheld_in(key)]
    return {"withheld": names} if names else {}


def _fingerprint(table: ZoneTable, *, has_zones_only: bool = False) -> dict[str, str]:
    found = table.fingerprint(has_zones_only=has_zones_only)
    return {} if found is None else {"fingerprint": found.text, "address": found.address}


def _plain(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        str(name): None if isinstance(value, float) and math.isnan(value) else value
        for name, value in values.items()
    }


def _write_csv(path: Path, table: ZoneTable) -> None:
    """Write header and rows; the last columns repeat on each row what the figures rest on."""
    labels = {column.shown_name: column.label for column in table.columns}
    shown = _rounded(table).drop(columns="kind").rename(columns=labels)
    shown.insert(0, "分区编号", shown.index)
    shown = shown.rename(columns={"name": "分区"}).assign(
        数据截至=table.data_on.isoformat(),
        修订号=table.revision,
        归属方式=table.membership_zh,
        筛选=table.filter_zh,
    )
    if any(table.withheld.values()):
        shown[WITHHELD_ZH] = ["、".join(one.zh for one in table.withheld_in(str(key))) for key in shown.index]
    for name in ("分区编号", "分区"):
        shown[name] = [guarded(text) for text in shown[name]]
    if table.is_demo:
        shown["数据性质"] = "示意数据"
    if table.quality is not None:
        shown["数据质量"] = [table.quality.words, *[""] * (len(shown) - 1)]
    fingerprint = table.fingerprint(is_rounded=True)
    if fingerprint is not None:
        shown["指纹"] = [fingerprint.text, *[""] * (len(shown) - 1)]
    path.write_bytes(shown.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"))


def _rounded(table: ZoneTable) -> pd.DataFrame:
    """Return the rows shown, each number rounded by itself, counts as integers: the total is the rounded true total."""
    whole = [column.shown_name for column in table.columns if column.file_decimals == 0]
    return table.rounded.astype(dict.fromkeys(whole, "Int64"))


def _with_geometry(table: ZoneTable) -> gpd.GeoDataFrame:
    shown = table.shown
    zones = shown[shown["kind"] == ZONE].drop(columns="kind").reset_index()
    return gpd.GeoDataFrame(zones, geometry=table.geometry.to_numpy(), crs=table.geometry.crs)


def _write_geojson(path: Path, table: ZoneTable) -> None:
    zones = _with_geometry(table)
    shapes = shapely.set_precision(zones.geometry.to_numpy(), 1e-9, mode="pointwise")
    properties = zones.drop(columns="geometry").to_dict("records")
    features = [
        {
            "type": "Feature",
            "id": values["zone"],
            "properties": _plain(values),
            "geometry": shape and json.loads(shape),
        }
        for values, shape in zip(properties, shapely.to_geojson(shapes), strict=True)
    ]
    collection = {
        "type": "FeatureCollection", "title": table.title, "terms": table.terms, "sources": list(table.sources),
        **_fingerprint(table, has_zones_only=True),
        **({"quality": table.quality.words} if table.quality is not None else {}), "features": features,
    }  # fmt: skip
    path.write_text(json.dumps(collection, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _write_gpkg(path: Path, table: ZoneTable) -> None:
    pyogrio.write_dataframe(
        _with_geometry(table), path, layer="zone_statistics", driver="GPKG", geometry_type="MultiPolygon",
        promote_to_multi=True, layer_options={"DESCRIPTION": table.title, "IDENTIFIER": table.title},
    )  # fmt: skip
    labels = {column.shown_name: f"{column.label}：{column.formula}" for column in table.columns}
    lines = dict(table.terms)
    if table.quality is not None:
        lines["数据质量"] = table.quality.words
    lines |= labels | {f"来源{n}": words for n, words in enumerate(table.sources, start=1)}
    fingerprint = table.fingerprint(has_zones_only=True)
    if fingerprint is not None:
        lines["指纹"] = fingerprint.text
    notes = pd.DataFrame({"item": list(lines), "text": list(lines.values())})
    pyogrio.write_dataframe(notes, path, layer="notes", driver="GPKG", append=True)


def _write_json(path: Path, table: ZoneTable) -> None:
    path.write_text(
        json.dumps(zone_table_record(table), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


_WRITERS: Mapping[str, Callable[[Path, ZoneTable], None]] = {
    ".xlsx": write_workbook,
    ".csv": _write_csv,
    ".geojson": _write_geojson,
    ".gpkg": _write_gpkg,
    ".json": _write_json,
}
