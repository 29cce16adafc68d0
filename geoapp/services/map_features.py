"""Shapes of a register for the part of the map in view, as GeoJSON bytes."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoapp.domain.layer import Layer
from geoapp.domain.rounding import rounded
from geoapp.errors import NotFoundError, UsageError
from geoapp.services.map_layers import LABELLED_REGISTERS
from geoapp.services.map_legend import class_values
from geoapp.services.plot_facts import plot_facts
from geoapp.services.record_card import Box
from geoapp.services.records import record_keys
from geoapp.services.workspace import Workspace

MOST_FEATURES = 4_000
"""More in one answer would freeze a weak machine's map; the largest come first."""
DECIMALS = 6
"""Of a degree: a tenth of a metre, below a pixel at the deepest level."""
DEEPEST_ZOOM = 22
FULL_DETAIL_ZOOM = 18
PLOT_PROPERTIES = ("far_class", "grade", "low_efficiency", "project_stage")


def parse_box(text: str) -> Box:
    """Return a bbox parameter "west,south,east,north" in degrees.

    Raises
    ------
    UsageError
        Not four numbers, not inside ±180/±90, or not in this order.

    Examples
    --------
    >>> parse_box("121.4,29.9,121.5,30")
    (121.4, 29.9, 121.5, 30.0)
    """
    advice = "应为“西,南,东,北”四个经纬度，如 121.4,29.9,121.5,30.0。"
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"参数 bbox“{text}”不正确，{advice}") from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise UsageError(f"参数 bbox“{text}”超出范围或次序不对，{advice}")
    return west, south, east, north


def parse_zoom(text: str) -> int:
    """Return a zoom parameter, 0 to 22; raises UsageError."""
    if not text.isascii() or not text.isdigit() or int(text) > DEEPEST_ZOOM:
        raise UsageError(f"参数 zoom“{text}”不正确，应为 0 到 {DEEPEST_ZOOM} 的整数。")
    return int(text)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A register ready to be cut out: row arrays, largest shape first."""

    geometries: np.ndarray
    bounds: np.ndarray
    ids: np.ndarray
    members: np.ndarray
    """Per row the feature's id and properties, as the JSON text of its members."""


def features_version(workspace: Workspace, register: str, day: date) -> str:
    """Return what names the present content of a register's shapes; changes with data, day and rules.

    Raises
    ------
    NotFoundError
        There is no such register, or it has no geometry.
    """
    layer = drawn_layer(workspace, register)
    if layer.id == "plots":  # coloured by what other registers say, under the rules of the day
        return f"{layer.id}-{workspace.store.revision()}-{day.isoformat()}"
    return f"{layer.id}-{workspace.store.register_revision(layer.id)}"


def features(
    workspace: Workspace, register: str, day: date, *, box: Box | None = None, zoom: int = DEEPEST_ZOOM
) -> bytes:
    """Return the shapes that touch *box*, simplified for *zoom*, as a GeoJSON feature collection.

    Parameters
    ----------
    workspace : Workspace
    register : str
        A register with geometry.
    day : date
        Plots carry the classes of this day.
    box : tuple of float, optional
        West, south, east, north in degrees (CGCS2000); all shapes if left out.
    zoom : int
        Level of the map; shapes lose what is smaller than half a pixel there.

    Returns
    -------
    bytes
        UTF-8 JSON with numberMatched, numberReturned and truncated: at most 4,000 shapes, largest first. Below the
        register's first level there are none.

    Raises
    ------
    NotFoundError
        There is no such register, or it has no geometry.
    """
    layer = drawn_layer(workspace, register)
    prepared = _prepare(workspace, layer, day)
    rows = np.flatnonzero(_touches(prepared.bounds, box) & (zoom >= layer.min_zoom))
    return _collection(prepared, rows[:MOST_FEATURES], matched=len(rows), zoom=zoom)


def feature(workspace: Workspace, register: str, day: date, key: str) -> bytes:
    """Return one record's shape in full detail as a collection of one, or of none where it has no shape.

    Raises
    ------
    NotFoundError
        There is no such register, or it has no geometry.
    """
    prepared = _prepare(workspace, drawn_layer(workspace, register), day)
    rows = np.flatnonzero(prepared.ids == key)[:1]
    return _collection(prepared, rows, matched=len(rows), zoom=DEEPEST_ZOOM)


def drawn_layer(workspace: Workspace, register: str) -> Layer:
    """Return a register that has shapes; raises NotFoundError."""
    layer = workspace.layer(register)
    if not layer.has_geometry:
        raise NotFoundError(f"台账“{layer.zh}”没有图形，不能在地图上显示。")
    return layer


def _prepare(workspace: Workspace, layer: Layer, day: date) -> _Prepared:
    revision = workspace.store.revision()  # pinned, so that a write in between cannot mix two states
    if layer.id == "plots":
        key: tuple[Any, ...] = ("map_features", layer.id, revision, day)
    else:
        key = ("map_features", layer.id, workspace.store.register_revision(layer.id, revision=revision))
    return workspace.cache.get(key, lambda: _prepared(workspace, layer, revision, day))


def _prepared(workspace: Workspace, layer: Layer, revision: int, day: date) -> _Prepared:
    records = workspace.store.read(layer.id, revision=revision)
    records = records[records.geometry.notna() & ~records.geometry.is_empty]
    largest_first = np.argsort(-shapely.area(records.geometry.to_numpy()), kind="stable")
    records = records.iloc[largest_first]
    ids = record_keys(records, layer).to_numpy(dtype=object)
    properties = _properties(records, layer)
    if layer.id == "plots":
        properties |= _plot_properties(plot_facts(workspace, revision=revision, day=day), ids)
    geometries = np.asarray(records.geometry.to_numpy())
    if layer.id in LABELLED_REGISTERS:
        inside = shapely.get_coordinates(shapely.point_on_surface(geometries))
        properties["at"] = inside.round(DECIMALS).tolist()
    members = np.array([_member(key, properties, row) for row, key in enumerate(ids)], dtype=object)
    return _Prepared(geometries, shapely.bounds(geometries).reshape(-1, 4), ids, members)


def _collection(prepared: _Prepared, rows: np.ndarray, *, matched: int, zoom: int) -> bytes:
    shapes = shapely.to_geojson(_rounded(_simplified(prepared.geometries[rows], zoom)))
    features = ",".join(
        f'{{"type":"Feature",{members},"geometry":{shape}}}'
        for members, shape in zip(prepared.members[rows], shapes, strict=True)
    )
    head = f'"numberMatched":{matched},"numberReturned":{len(rows)},"truncated":{json.dumps(matched > len(rows))}'
    return f'{{"type":"FeatureCollection",{head},"features":[{features}]}}'.encode()


def _properties(records: gpd.GeoDataFrame, layer: Layer) -> dict[str, list[Any]]:
    names = {"label": layer.label_field or layer.key[0]}
    if layer.style.color_by and layer.id != "plots":
        names[layer.style.color_by] = layer.style.color_by
    return {
        name: ["" if pd.isna(value) else str(value) for value in records[column]]
        for name, column in names.items()
    }


def _plot_properties(facts: pd.DataFrame, ids: np.ndarray) -> dict[str, list[Any]]:
    facts = facts.reindex(ids)
    values: dict[str, list[Any]] = {name: class_values(facts, name).tolist() for name in PLOT_PROPERTIES}
    values["far"] = [None if pd.isna(value) else value for value in rounded(facts["far"], 2)]
    return values


def _member(key: str, properties: dict[str, list[Any]], row: int) -> str:
    own = {name: values[row] for name, values in properties.items()}
    text = json.dumps(own, ensure_ascii=False, separators=(",", ":"))
    return f'"id":{json.dumps(key, ensure_ascii=False)},"properties":{text}'


def _touches(bounds: np.ndarray, box: Box | None) -> np.ndarray:
    if box is None:
        return np.ones(len(bounds), dtype=bool)
    west, south, east, north = box
    return (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)


def _simplified(geometries: np.ndarray, zoom: int) -> np.ndarray:
    if zoom >= FULL_DETAIL_ZOOM:
        return geometries
    half_pixel = 360 / (256 * 2**zoom) / 2
    return shapely.simplify(geometries, half_pixel, preserve_topology=True)


def _rounded(geometries: np.ndarray) -> np.ndarray:
    return shapely.transform(geometries, lambda coordinates: np.round(coordinates, DECIMALS))
