"""The map of the district as pages place it: the map page, and pages that show a few layers beside their tables."""

from collections.abc import Sequence
from typing import Any

from geoapp import __version__
from geoapp.maps.map import BasemapLayer, DistrictMap, MapParts, RegisterLayer, map_parts
from geoapp.services.basemap import Basemap
from geoapp.services.map_layers import MapLayer, district_bounds, drawing_order
from geoapp.services.working_crs import working_crs
from geoapp.services.workspace import Workspace
from geoapp.web.views.basemap import current_basemap, current_compare_basemap

ATTRIBUTION = "内部使用 示意图"


def district_map_parts(workspace: Workspace, layers: Sequence[MapLayer], label: str) -> MapParts:
    """Return the pieces of a map with some layers, lowest first, over the basemap; its script names it map_main.

    Parameters
    ----------
    workspace : Workspace
    layers : sequence of MapLayer
        In any order.
    label : str
        What the map is, for who cannot see it.
    """
    basemap = current_basemap()
    plane = working_crs(workspace.settings.working_crs)
    district_map = DistrictMap(
        "main",
        bounds=district_bounds(workspace),
        label=label,
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
