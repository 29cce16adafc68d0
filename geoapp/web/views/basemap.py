"""Pictures under the map that lie on this server's disk: `/basemap/<zoom>/<x>/<y>`."""

from flask import Blueprint, Response, current_app
from flask.blueprints import BlueprintSetupState

from geoapp.services.basemap import Basemap, open_basemap

blueprint = Blueprint("basemap", __name__)

EXTENSION = "geoapp.basemap"
KEPT_S = 86_400
"""A day: pictures of a basemap change with its yearly edition."""


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions[EXTENSION] = open_basemap(state.app.extensions["geoapp"].settings)


def current_basemap() -> Basemap:
    """Return the installation's basemap."""
    basemap: Basemap = current_app.extensions[EXTENSION]
    return basemap


@blueprint.get("/basemap/<int:zoom>/<int:x>/<int:y>")
def tile(zoom: int, x: int, y: int) -> Response:
    """Give one picture; 204 where the basemap has none, which a map shows as nothing."""
    picture = current_basemap().tile(zoom, x, y)
    response = (
        Response(status=204) if picture is None else Response(picture.content, mimetype=picture.media_type)
    )
    response.cache_control.max_age = KEPT_S
    return response
