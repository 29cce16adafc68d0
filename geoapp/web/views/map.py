"""The start page: the map with its layers, search and cards."""

from flask import Blueprint, current_app, render_template

from geoapp.resources import PACKAGE_DIR
from geoapp.services.drawable_registers import drawable_layers
from geoapp.services.map_layers import layer_groups, map_layers
from geoapp.services.plot_facts import today
from geoapp.services.workspace import Workspace
from geoapp.web.district_map import district_map_parts
from geoapp.web.proposing import proposes

blueprint = Blueprint("map", __name__)

_LABEL = "{}地图。方向键平移，加减号缩放，回车选中中心处的图形。"
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
        parts=district_map_parts(workspace, layers, _LABEL.format(workspace.settings.district_name)),
        latest_revision=revisions[0] if revisions else None,
        is_empty=not any(layer.count for layer in layers),
        modules=MODULES,
        drawable=drawable_layers(workspace, is_proposed=proposes()),
        registers=sorted(
            ((name, layer.zh) for name, layer in workspace.layers.items()), key=lambda one: one[0] != "plots"
        ),
    )
