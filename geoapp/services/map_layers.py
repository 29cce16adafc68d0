"""What the map's layer panel lists: every register with geometry, its look, source and date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import geopandas as gpd
import numpy as np

from geoapp.domain.layer import Layer
from geoapp.services.as_of import AsOf
from geoapp.services.map_legend import ColorScheme, plot_schemes, project_scheme, register_scheme
from geoapp.services.micro_park_facts import MICRO_PARKS
from geoapp.services.micro_park_styles import MICRO_PARK_STYLES, micro_park_classes
from geoapp.services.plot_facts import plot_facts
from geoapp.services.project_facts import STYLES, project_facts
from geoapp.services.workspace import Workspace

LABELLED_REGISTERS = ("towns", "parks")
"""Their names are written on the map: without a basemap they are what one finds one's way by."""
NATURAL_ORDER = (
    "towns", "parks", "control_zones", "plots", "buildings", "project_plots", "micro_parks", "control_lines",
    "projects",
)  # fmt: skip
"""From the lowest to the topmost; other registers lie between the plots and the control lines."""
BASE_GROUP = "base"
CERTAINTY_WORDS = {
    "plan": "行动方案所载", "sourced": "有据可查", "verified": "经核算", "knowledge": "经验判断", "default": "系统默认",
}  # fmt: skip
COUNTRY = (73.0, 18.0, 135.0, 54.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLayer:
    """One entry of the panel."""

    id: str
    zh: str
    group: str
    group_zh: str
    geometry: str
    count: int
    is_demo: bool
    """Holds invented records."""
    revision: int
    data_at: datetime | None
    """When the register last changed (UTC)."""
    source: str
    certainty: str
    is_visible: bool
    """Shown when the map opens."""
    min_zoom: int
    radius: float
    is_labelled: bool
    schemes: tuple[ColorScheme, ...]
    """Ways of colouring it; the first is what it opens with."""

    def to_config(self) -> dict[str, Any]:
        """Return what the browser needs to fetch and draw the layer."""
        return {
            "id": self.id,
            "title": self.zh,
            "tiles": f"/tiles/{self.id}/{{z}}/{{x}}/{{y}}.mvt",
            "geometry": self.geometry,
            "isEmpty": self.count == 0,
            "isVisible": self.is_visible,
            "minZoom": self.min_zoom,
            "radius": self.radius,
            "isLabelled": self.is_labelled,
            "isFiltered": self.id in ("plots", "projects"),
            "schemes": [_scheme_config(scheme) for scheme in self.schemes],
        }


def _scheme_config(scheme: ColorScheme) -> dict[str, Any]:
    """Return a colouring with its classes in the order of the tiles' class numbers, as style.json has them."""
    classes = [item.to_style() | {"count": item.count, "area_m2": item.area_m2} for item in scheme.items]
    return {"id": scheme.id, "zh": scheme.zh, "classes": classes}


def map_layers(workspace: Workspace, day: date) -> list[MapLayer]:
    """Return the layers of the map, in the panel's order.

    Parameters
    ----------
    workspace : Workspace
    day : date
        Classes and rules are those in force on this day.
    """
    revision = workspace.store.revision()
    return workspace.cache.get(
        ("map_layers", revision, day),
        lambda: [
            _map_layer(workspace, layer, day) for layer in workspace.layers.values() if layer.has_geometry
        ],
    )


def layer_groups(layers: Sequence[MapLayer]) -> list[tuple[str, list[MapLayer]]]:
    """Return the layers by group: the plots' first, the administrative base last, otherwise in their order."""
    groups: dict[str, list[MapLayer]] = {}
    for layer in layers:
        groups.setdefault(layer.group_zh, []).append(layer)
    ranked = {title: _group_rank(members) for title, members in groups.items()}
    return sorted(groups.items(), key=lambda group: ranked[group[0]])


def _group_rank(members: Sequence[MapLayer]) -> int:
    if any(layer.id == "plots" for layer in members):
        return 0
    return 2 if all(layer.group == BASE_GROUP for layer in members) else 1


def drawing_order(layers: Sequence[MapLayer]) -> list[MapLayer]:
    """Return the layers from the lowest to the topmost."""
    default = NATURAL_ORDER.index("project_plots")
    positions = {register: position for position, register in enumerate(NATURAL_ORDER)}
    return sorted(layers, key=lambda layer: positions.get(layer.id, default))


def district_bounds(workspace: Workspace) -> tuple[float, float, float, float]:
    """Return west, south, east, north of the towns, else of the plots, else of the country (degrees)."""
    return workspace.cache.get(
        ("district_bounds", workspace.store.revision()), lambda: _district_bounds(workspace)
    )


def _district_bounds(workspace: Workspace) -> tuple[float, float, float, float]:
    for register in ("towns", "plots"):
        if register in workspace.layers:
            bounds = _bounds(workspace.store.read(register))
            if bounds is not None:
                return bounds
    return COUNTRY


def _bounds(records: gpd.GeoDataFrame) -> tuple[float, float, float, float] | None:
    if records.empty:
        return None
    west, south, east, north = (float(value) for value in records.total_bounds)
    return (west, south, east, north) if np.isfinite([west, south, east, north]).all() else None


def _map_layer(workspace: Workspace, layer: Layer, day: date) -> MapLayer:
    latest = workspace.store.revisions(layer.id, limit=1)
    records = workspace.store.read(layer.id)
    schemes: tuple[ColorScheme, ...] = (register_scheme(layer, records),)
    state = AsOf(workspace.store.revision(), day, is_now=False)
    if layer.id == "projects":
        facts = project_facts(workspace, state)
        schemes += tuple(project_scheme(layer, name, facts) for name in STYLES)
    if layer.id == MICRO_PARKS:
        schemes += tuple(micro_park_classes(workspace, layer, name, state)[0] for name in MICRO_PARK_STYLES)
    if layer.id == "plots":
        schemes = plot_schemes(workspace, plot_facts(workspace, revision=state.revision, day=day), state)
    return MapLayer(
        id=layer.id,
        zh=layer.zh,
        group=layer.group,
        group_zh=layer.group_zh or "其他",
        geometry=layer.geometry,
        count=int(records.geometry.notna().sum()),
        is_demo=bool(records["is_demo"].fillna(value=False).any()),
        revision=workspace.store.register_revision(layer.id),
        data_at=latest[0].made_at if latest else None,
        source=layer.source,
        certainty=_in_words(layer.certainty),
        is_visible=layer.style.visible,
        min_zoom=layer.min_zoom,
        radius=layer.style.radius,
        is_labelled=layer.id in LABELLED_REGISTERS,
        schemes=schemes,
    )


def _in_words(certainty: str) -> str:
    """Return a register's certainty with its code words in Chinese: "名称 plan" -> "名称 行动方案所载"."""
    for word, zh in CERTAINTY_WORDS.items():
        certainty = certainty.replace(word, zh)
    return certainty
