"""The start page: the map with its layers, search and cards."""

from typing import Any

from flask import Blueprint, current_app, render_template

from geoapp import __version__
from geoapp.maps.map import BasemapLayer, DistrictMap, MapParts, RegisterLayer, map_parts
from geoapp.resources import PACKAGE_DIR
from geoapp.services.basemap import Basemap
from geoapp.services.map_layers import MapLayer, district_bounds, drawing_order, layer_groups, map_layers
from geoapp.services.plot_facts import today
from geoapp.services.working_crs import working_crs
from geoapp.services.workspace import Workspace
from geoapp.web.views.basemap import current_basemap, current_compare_basemap

blueprint = Blueprint("map", __name__)

ATTRIBUTION = "内部使用 示意图"
_ASSETS = PACKAGE_DIR / "web" / "assets"
MODULES = (
    "page.js",
    *(path.relative_to(_ASSETS).as_posix() for path in sorted(_ASSETS.glob("map/*.js"))),
    *(path.relative_to(_ASSETS).as_posix() for path in sorted(_ASSETS.glob("map/features/*.js"))),
    # Of the engines only what both need: a script asked for in vain is a warning in the browser's console.
    *(f"map/engines/{name}.js" for name in ("detect", "engine", "register_stack", "tile", "tile_store")),
)
"""Scripts that the page asks for before it has read the first of them."""


@blueprint.get("/")
def show() -> str:
    """Show the map page."""
    workspace: Workspace = current_app.extensions["geoapp"]
    layers = map_layers(workspace, today())
    revisions = workspace.store.revisions(limit=1)
    return render_template(
        "pages/map.html",
        groups=layer_groups(layers),
        parts=_parts(workspace, layers, current_basemap()),
        latest_revision=revisions[0] if revisions else None,
        is_empty=not any(layer.count for layer in layers),
        modules=MODULES,
        registers=sorted(
            ((name, layer.zh) for name, layer in workspace.layers.items()), key=lambda one: one[0] != "plots"
        ),
    )


def _parts(workspace: Workspace, layers: list[MapLayer], basemap: Basemap) -> MapParts:
    plane = working_crs(workspace.settings.working_crs)
    district_map = DistrictMap(
        "main",
        bounds=district_bounds(workspace),
        label=f"{workspace.settings.district_name}地图。方向键平移，加减号缩放，回车选中中心处的图形。",
        version=__version__,
        config={
            "attribution": ATTRIBUTION,
            "workingCrs": plane and plane.to_config(),
            "compareBasemap": _basemap_config(current_compare_basemap()),
        },
    )
    pictures = [BasemapLayer(_basemap_config(basemap))] if basemap.address else []
    registers = [RegisterLayer(layer.to_config()) for layer in drawing_order(layers)]
    return map_parts(district_map, [*pictures, *registers])


def _basemap_config(basemap: Basemap) -> dict[str, Any]:
    return {
        "address": basemap.address,
        "isGcj02": basemap.is_gcj02,
        "attribution": basemap.attribution,
        "minZoom": basemap.min_zoom,
        "maxZoom": basemap.max_zoom,
    }
