"""Shapes for the map: `/layers/<register>.geojson?bbox=&zoom=&at=` or `?key=&at=`."""

from flask import Blueprint, Response, current_app, request

from geoapp.services.as_of import as_of, workspace_at
from geoapp.services.map_features import (
    DEEPEST_ZOOM,
    feature,
    features,
    features_version,
    parse_box,
    parse_zoom,
)
from geoapp.services.workspace import Workspace
from geoapp.web.parameters import refuse_unknown

blueprint = Blueprint("layers", __name__)

PARAMETERS = ("bbox", "zoom", "key", "at")


@blueprint.get("/layers/<register>.geojson")
def show(register: str) -> Response:
    """Give the shapes in a part of the map, or one record's; 304 where the browser has them already."""
    refuse_unknown(PARAMETERS)
    box = parse_box(request.args["bbox"]) if "bbox" in request.args else None
    zoom = parse_zoom(request.args["zoom"]) if "zoom" in request.args else DEEPEST_ZOOM
    state = as_of(current_app.extensions["geoapp"], request.args.get("at"))
    workspace: Workspace = workspace_at(current_app.extensions["geoapp"], state)
    day = state.day
    version = f"{features_version(workspace, register, day)}-{current_app.config['START_ID']}"
    if request.if_none_match.contains_weak(version):
        response = Response(status=304)
    elif "key" in request.args:
        content = feature(workspace, register, day, request.args["key"])
        response = Response(content, mimetype="application/geo+json")
    else:
        content = features(workspace, register, day, box=box, zoom=zoom)
        response = Response(content, mimetype="application/geo+json")
    response.set_etag(version, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
