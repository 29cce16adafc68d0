"""Names written on the map, and the few lines that a pointer over a record shows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoapp.domain.frame import plain_values
from geoapp.domain.layer import Layer
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.map_features import DECIMALS
from geoapp.services.plot_facts import LOW_EFFICIENCY_WORDS, low_efficiency_class, plot_facts
from geoapp.services.project_filter import shown_mask
from geoapp.services.record_card import UNKNOWN, Box, field_text
from geoapp.services.record_key import find_record
from geoapp.services.records import record_keys
from geoapp.services.workspace import Workspace
from geoapp.units import DEFAULT_UNIT, area_words, number_text

MOST_LABELS = 300
"""More would cover one another; the largest come first."""
LABEL_ZOOMS = {"towns": (0, 13), "parks": (14, 22), "plots": (16, 22)}
"""Levels of the map at which a register's names are written."""
OTHER_ZOOMS = (15, 22)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The rows of a register that have a shape, largest first."""

    rows: NDArray[np.int64]
    bounds: NDArray[np.float64]
    """West, south, east, north."""


def map_labels(
    workspace: Workspace,
    register: str,
    as_of: AsOf,
    *,
    box: Box,
    zoom: int,
    filter_text: str = "",
    plots_filter: str = "",
) -> dict[str, Any]:
    """Return the names to be written in a part of the map, largest shape first.

    Parameters
    ----------
    workspace : Workspace
    register : str
        A register with geometry.
    as_of : AsOf
        Records as they were then.
    box : tuple of float
        West, south, east, north in degrees (CGCS2000).
    zoom : int
        Level of the map; outside the register's levels there are no labels.
    filter_text : str
        Only records that satisfy it.
    plots_filter : str
        Of projects only those with a plot that satisfies it.

    Returns
    -------
    dict
        labels: list of key, text, lon, lat, where the point lies inside the shape and in the box; truncated: whether
        there are more than 300.

    Raises
    ------
    NotFoundError
        No such register, or it has no geometry.
    UsageError
        The filter is malformed or names a field that does not exist.
    """
    layer = workspace.layer(register)
    if not layer.has_geometry:
        raise NotFoundError(f"台账“{layer.zh}”没有图形，地图上没有它的注记。")
    lowest, highest = LABEL_ZOOMS.get(register, OTHER_ZOOMS)
    if not max(lowest, layer.min_zoom) <= zoom <= highest:
        return {"labels": [], "truncated": False}
    records = workspace.store.read(register, revision=as_of.revision)
    prepared = _prepare(workspace, layer, as_of)
    is_here = _touches(prepared.bounds, box)
    mask = shown_mask(workspace, register, as_of, filter_text=filter_text, plots_filter=plots_filter)
    if mask is not None:
        is_here &= mask[prepared.rows]
    found = np.flatnonzero(is_here)
    looked_at = records.geometry.iloc[prepared.rows[found[: 2 * MOST_LABELS]]]
    places, is_inside = _places_in(np.asarray(looked_at.to_numpy()), box)
    shown = found[: len(is_inside)][is_inside]
    chosen = records.iloc[prepared.rows[shown[:MOST_LABELS]]]
    keys = record_keys(chosen, layer).tolist()
    labels = [
        {"key": key, "text": text, "lon": round(float(x), DECIMALS), "lat": round(float(y), DECIMALS)}
        for key, text, (x, y) in zip(keys, _texts(chosen, layer, keys), places[is_inside], strict=False)
    ]
    return {"labels": labels, "truncated": len(shown) > MOST_LABELS or len(found) > len(is_inside)}


def _prepare(workspace: Workspace, layer: Layer, as_of: AsOf) -> _Prepared:
    revision = workspace.store.register_revision(layer.id, revision=as_of.revision)

    def prepare() -> _Prepared:
        shapes = np.asarray(workspace.store.read(layer.id, revision=as_of.revision).geometry.to_numpy())
        rows = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
        rows = rows[np.argsort(-shapely.area(shapes[rows]), kind="stable")]
        return _Prepared(rows, shapely.bounds(shapes[rows]).reshape(-1, 4))

    return workspace.cache.get(("map_labels", layer.id, revision), prepare)


def _touches(bounds: NDArray[np.float64], box: Box) -> NDArray[np.bool_]:
    west, south, east, north = box
    touches: NDArray[np.bool_] = (bounds[:, 0] <= east) & (bounds[:, 2] >= west)
    return touches & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)


def _places_in(shapes: NDArray, box: Box) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return a point inside each shape and in the box, and which shapes have one.

    The point stays where it is while the map is moved, until it leaves the box; then one in the visible part serves.
    """
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    points = shapely.point_on_surface(shapes)
    frame = shapely.box(*box)
    is_out = ~shapely.intersects(points, frame)
    points[is_out] = shapely.point_on_surface(shapely.intersection(shapes[is_out], frame))
    points[shapely.is_empty(points)] = None  # only the shape's own box reaches into this one
    places = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    return places, np.isfinite(places).sum(axis=1) == 2


def _texts(records: pd.DataFrame, layer: Layer, keys: list[str]) -> list[str]:
    if not layer.label_field:
        return keys
    names = plain_values(records[layer.label_field])
    return [key if name is None else str(name) for name, key in zip(names, keys, strict=True)]


def map_tip(
    workspace: Workspace, register: str, key_text: str, as_of: AsOf, *, unit: str = DEFAULT_UNIT
) -> dict[str, Any]:
    """Return what a pointer over a record shows: a title and a few short lines.

    Parameters
    ----------
    workspace : Workspace
    register : str
    key_text : str
        The key as it stands in an address.
    as_of : AsOf
        The record as it was then; a plot's figures by the rules of that day.
    unit : {"mu", "ha", "m2"}
        Of land.

    Returns
    -------
    dict
        title (the record's name, else its key) and lines. Of plots: code, 容积率, 用地面积 and 低效判定.

    Raises
    ------
    NotFoundError
        No such register, or no such record then.
    GoneError
        The record was withdrawn.
    """
    layer = workspace.layer(register)
    records = workspace.store.read(register, revision=as_of.revision)
    number = workspace.store.register_revision(register, revision=as_of.revision)
    keys = workspace.cache.get(("record_keys", register, number), lambda: record_keys(records, layer))
    row = int(keys.get_indexer(pd.Index([key_text], dtype="str"))[0])
    if row < 0:
        if as_of.is_now:
            # Tells what was withdrawn from what never was.
            find_record(workspace, layer, key_text)
        raise NotFoundError(f"“{layer.zh}”在 {as_of.day.isoformat()} 没有记录“{key_text}”。")
    values = {str(name): plain_values(records[name].iloc[[row]])[0] for name in records.columns}
    title = str(values.get(layer.label_field) or key_text)
    lines = (
        _plot_lines(workspace, key_text, as_of, unit)
        if register == "plots"
        else _lines(layer, key_text, values)
    )
    return {"title": title, "lines": [line for line in lines if line != title]}


def _plot_lines(workspace: Workspace, plot_code: str, as_of: AsOf, unit: str) -> list[str]:
    facts = plot_facts(workspace, revision=as_of.revision, day=as_of.day).loc[[plot_code]]
    far, area_m2 = facts["far"].iloc[0], facts["site_area_m2"].iloc[0]
    return [
        plot_code,
        f"容积率 {UNKNOWN if pd.isna(far) else number_text(far, '.2f')}",
        f"用地面积 {UNKNOWN if pd.isna(area_m2) else area_words(area_m2, unit)}",
        f"低效判定：{LOW_EFFICIENCY_WORDS[low_efficiency_class(facts).iloc[0]]}",
    ]


def _lines(layer: Layer, key_text: str, values: dict[str, Any]) -> list[str]:
    lines = [layer.zh, key_text]
    if "kind" in layer.field_names and values["kind"] is not None:
        lines.append(field_text(layer.field("kind"), values["kind"]))
    return lines
