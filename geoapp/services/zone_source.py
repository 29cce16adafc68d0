"""What may serve as zones: a polygon register, the inside of a control line, a file of polygons."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from geoapp.domain.frame import STORED_CRS
from geoapp.domain.layer import Code, Layer
from geoapp.domain.zone_table import OUTSIDE_KEY, OUTSIDE_ZH, TOTAL_KEY
from geoapp.errors import NotFoundError, UsageError
from geoapp.services.polygon_file import PolygonFile, named_zones, read_polygons
from geoapp.services.workspace import Workspace

CONTROL_LINE = "control_line"
"""Zones "control_line" or "control_line:KX1": inside and outside all lines of one kind."""
_SAYS_NAME = re.compile(r"名|name|mc$", re.IGNORECASE)
"""Fields that hold names: 镇街名称, NAME, XZQMC."""
_PARCEL_REGISTERS = ("plots", "buildings", "project_plots")
"""Registers of what is counted, not of where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneChoice:
    """What may be chosen as zones."""

    id: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFile:
    """A file of polygons to serve as zones, with what it may not say itself."""

    path: Path
    key: str | None = None
    """Field that names the zones; if left out, one with distinct values, names before codes."""
    crs: str | None = None
    layer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """One division of the land."""

    id: str
    zh: str
    names: pd.Series
    """By zone key."""
    geometry: gpd.GeoSeries
    """By zone key, EPSG:4490; None where a zone has none."""
    version: tuple
    """What it was read from: equal versions are equal zones."""
    source: str = ""
    registers: tuple[str, ...] = ()
    """Registers it was read from."""
    codes: Mapping[str, str] = field(default_factory=dict)
    outside_zh: str = OUTSIDE_ZH
    least_share: float = 0.0
    """A plot is counted in a zone only if this share of it lies there."""
    notes: tuple[str, ...] = ()


def zone_choices(workspace: Workspace) -> list[ZoneChoice]:
    """Return what may be chosen as zones: every polygon register but those of parcels, and each kind of line."""
    registers = [
        ZoneChoice(id=layer.id, zh=layer.zh)
        for layer in workspace.layers.values()
        if layer.geometry == "polygon" and layer.id not in _PARCEL_REGISTERS
    ]
    lines = [
        ZoneChoice(id=f"{CONTROL_LINE}:{code.value}", zh=f"{code.zh}内外") for code in workspace.scheme.lines
    ]
    return [*registers, *lines]


def find_zones(workspace: Workspace, zones: str | ZoneFile, *, revision: int, day: date) -> Zones:
    """Return the zones asked for; those of registers are shared by all who ask.

    Parameters
    ----------
    workspace : Workspace
    zones : str or ZoneFile
        A polygon register, "control_line", "control_line:<kind>", or a file.
    revision : int
        As the registers were then.
    day : date
        Lines not in force on it are left out.

    Raises
    ------
    NotFoundError
        No such register or kind of line.
    UsageError
        The register has no polygons, or the file no such field.
    CrsError, FormatError
        The file cannot be used.
    """
    if isinstance(zones, ZoneFile):
        return _file_zones(workspace, zones, revision, day)
    name, _, kind = zones.partition(":")
    if name == CONTROL_LINE:
        return _line_zones(workspace, kind, revision, day)
    if zones not in workspace.layers:
        known = "、".join(choice.id for choice in zone_choices(workspace))
        raise NotFoundError(f"没有分区“{zones}”；可用：{known}，或一个面文件。")
    return _register_zones(workspace, workspace.layers[zones], revision)


def _register_zones(workspace: Workspace, layer: Layer, revision: int) -> Zones:
    if layer.geometry != "polygon":
        raise UsageError(f"“{layer.zh}”不是面，不能作分区。")
    records = workspace.store.read(layer.id, revision=revision)  # refuses a revision that there is not
    number = workspace.store.register_revision(layer.id, revision=revision)
    return workspace.cache.get(("zones", layer.id, number), lambda: _zones_of(layer, records, number))


def _zones_of(layer: Layer, records: pd.DataFrame, number: int) -> Zones:
    records = records.sort_values(list(layer.key))
    parts = zip(*(records[name].astype("str") for name in layer.key), strict=True)
    keys = pd.Index(["|".join(part) for part in parts], name="zone", dtype="str")
    labels = records[layer.label_field or layer.key[0]].to_numpy()
    names = pd.Series(labels, index=keys, dtype="str")
    names = names.where(names.notna(), keys.to_series())
    words = layer.field("kind").code_labels if "kind" in layer.field_names else {}
    notes = () if len(records) else (f"台账“{layer.zh}”还没有记录，地块都在区外。",)
    return Zones(
        id=layer.id,
        zh=layer.zh,
        names=names,
        geometry=gpd.GeoSeries(records.geometry.to_numpy(), index=keys, crs=STORED_CRS),
        version=(layer.id, number),
        source=layer.source,
        registers=(layer.id,),
        codes={str(key): str(name) for key, name in names.items()} | words,
        notes=notes,
    )


def _line_zones(workspace: Workspace, kind: str, revision: int, day: date) -> Zones:
    lines = {code.value: code for code in workspace.scheme.lines}
    chosen = lines.get(kind) if kind else next(iter(lines.values()), None)
    if chosen is None:
        raise NotFoundError(f"没有控制线“{kind}”；可用：{'、'.join(lines)}。")
    records = workspace.store.read("control_lines", revision=revision)
    number = workspace.store.register_revision("control_lines", revision=revision)
    return workspace.cache.get(
        ("zones", CONTROL_LINE, chosen.value, number, day),
        lambda: _zones_of_lines(workspace, records, chosen, number, day),
    )


def _zones_of_lines(
    workspace: Workspace, records: pd.DataFrame, chosen: Code, number: int, day: date
) -> Zones:
    layer = workspace.layer("control_lines")
    records = records[(records["kind"] == chosen.value) & lines_in_force(records, day)]
    keys = pd.Index([chosen.value], name="zone", dtype="str")
    notes = () if len(records) else (f"没有在 {day.isoformat()} 有效的{chosen.zh}，地块都在线外。",)
    inside = shapely.union_all(records.geometry.to_numpy())
    rule = workspace.scheme.membership_rule
    outside = workspace.scheme.outside
    return Zones(
        id=f"{CONTROL_LINE}:{chosen.value}",
        zh=f"{chosen.zh}内外",
        names=pd.Series([f"{chosen.zh}内"], index=keys, dtype="str"),
        geometry=gpd.GeoSeries([inside if len(records) else None], index=keys, crs=STORED_CRS),
        version=(layer.id, number, chosen.value, day),
        source=layer.source,
        registers=(layer.id,),
        codes={chosen.value: chosen.zh, outside.value: outside.zh},
        outside_zh=outside.zh,
        least_share=float(rule.get("threshold", 0.0)) if rule.get("method") == "area_share" else 0.0,
        notes=notes,
    )


def lines_in_force(lines: pd.DataFrame, day: date) -> pd.Series:
    """Return which control lines hold on a day (bool on their index); both ends of their time are included."""
    stamp = pd.Timestamp(day)
    return ~(lines["valid_from_on"] > stamp) & ~(lines["valid_to_on"] < stamp)


def _file_zones(workspace: Workspace, file: ZoneFile, revision: int, day: date) -> Zones:
    polygons = read_polygons(
        file.path, "分区", policy=workspace.policy_at(revision), day=day, crs=file.crs, layer=file.layer,
        crs_option="坐标系选项（--zones-crs）", layer_option="图层选项（--zones-layer）",
    )  # fmt: skip
    key = file.key or _naming_field(polygons)
    division = named_zones(polygons, key, "名称字段（--zone-key）")
    keys = division.geometry.index
    if keys.isin([OUTSIDE_KEY, TOTAL_KEY]).any():
        raise UsageError(f"分区文件里有分区叫“{OUTSIDE_KEY}”或“{TOTAL_KEY}”，这是表里保留的行名，请改名。")
    notes = [f"分区名称取自字段“{key}”。", *polygons.notes, *division.notes]
    if division.unnamed_count:
        notes.append(
            f"{division.unnamed_count} 个分区的“{key}”是空的，不成分区，其中的地块计入{OUTSIDE_ZH}。"
        )
    status = file.path.stat()
    return Zones(
        id=file.path.name,
        zh=file.path.name.split(".")[0],
        names=pd.Series(keys, index=keys, dtype="str"),
        geometry=division.geometry.to_crs(STORED_CRS),
        version=(str(file.path), status.st_mtime_ns, status.st_size, key, file.crs, file.layer),
        source=f"上传文件 {file.path.name}",
        notes=tuple(notes),
    )


def _naming_field(polygons: PolygonFile) -> str:
    """Return the field that best names the zones: of those with distinct values a name, else a text, else any."""
    attributes = polygons.frame.drop(columns="geometry")
    distinct = [name for name in attributes if attributes[name].notna().all() and attributes[name].is_unique]
    texts = [name for name in distinct if not pd.api.types.is_numeric_dtype(attributes[name])]
    names = [name for name in texts if _SAYS_NAME.search(str(name))]
    best = next(iter([*names, *texts, *distinct]), None)
    if best is None:
        available = "、".join(map(str, attributes.columns)) or "（没有任何字段）"
        raise UsageError(f"分区文件里没有一个字段的值各不相同，请指定名称字段；可用的字段：{available}。")
    return str(best)
