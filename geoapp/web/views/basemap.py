"""Pictures under the map that lie on this server's disk: `/basemap/<z>/<x>/<y>`; the second: `/basemap/compare/…`."""

from flask import Blueprint, Response, current_app
from flask.blueprints import BlueprintSetupState

from geoapp.services.basemap import Basemap, open_basemap, open_compare_basemap

blueprint = Blueprint("basemap", __name__)

EXTENSION = "geoapp.basemap"
COMPARE_EXTENSION = "geoapp.compare_basemap"
KEPT_S = 86_400
"""A day: pictures of a basemap change with its yearly edition."""


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    settings = state.app.extensions["geoapp"].settings
    state.app.extensions[EXTENSION] = open_basemap(settings)
    state.app.extensions[COMPARE_EXTENSION] = open_compare_basemap(settings)


def current_basemap() -> Basemap:
    """Return the installation's basemap."""
    basemap: Basemap = current_app.extensions[EXTENSION]
    return basemap


def current_compare_basemap() -> Basemap:
    """Return the installation's second basemap, to compare with the first."""
    basemap: Basemap = current_app.extensions[COMPARE_EXTENSION]
    return basemap


@blueprint.get("/basemap/<int:zoom>/<int:x>/<int:y>")
def tile(zoom: int, x: int, y: int) -> Response:
    """Give one picture; 204 where the basemap has none, which a map shows as nothing."""
    return _picture(current_basemap(), zoom, x, y)


@blueprint.get("/basemap/compare/<int:zoom>/<int:x>/<int:y>")
def compare_tile(zoom: int, x: int, y: int) -> Response:
    """Give one picture of the second basemap, likewise."""
    return _picture(current_compare_basemap(), zoom, x, y)


def _picture(basemap: Basemap, zoom: int, x: int, y: int) -> Response:
    picture = basemap.tile(zoom, x, y)
    response = (
        Response(status=204) if picture is None else Response(picture.content, mimetype=picture.media_type)
    )
    response.cache_control.max_age = KEPT_S
    return response
