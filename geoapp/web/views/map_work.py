"""What work on the map asks for: colours, names, selections, areas, distances, positions."""

from flask import Blueprint, Response, current_app, jsonify, request

from geoapp.services.as_of import AsOf, as_of
from geoapp.services.map_features import parse_box, parse_zoom
from geoapp.services.map_labels import map_labels, map_tip
from geoapp.services.map_styles import map_style, style_record
from geoapp.services.records import filter_mask
from geoapp.services.workspace import Workspace
from geoapp.web.parameters import refuse_unknown

blueprint = Blueprint("map_work", __name__)


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _as_of() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


@blueprint.get("/layers/<register>/style.json")
def style(register: str) -> Response:
    """Give the classes of a colouring with the counts and areas of what the filter leaves."""
    refuse_unknown(("style", "filter", "at"))
    style_id, filter_text = request.args.get("style", ""), request.args.get("filter", "")
    found = map_style(_workspace(), register, style_id, _as_of())
    mask = filter_mask(_workspace(), register, filter_text, _as_of()) if filter_text else None
    return jsonify(style_record(found, style_id, mask))


@blueprint.get("/layers/<register>/labels.json")
def labels(register: str) -> Response:
    """Give the names to be written in a part of the map."""
    refuse_unknown(("bbox", "zoom", "filter", "at"))
    box, zoom = parse_box(request.args.get("bbox", "")), parse_zoom(request.args.get("zoom", ""))
    filter_text = request.args.get("filter", "")
    return jsonify(map_labels(_workspace(), register, _as_of(), box=box, zoom=zoom, filter_text=filter_text))


@blueprint.get("/layers/<register>/tip.json")
def tip(register: str) -> Response:
    """Give what a pointer over a record shows."""
    refuse_unknown(("key", "at"))
    return jsonify(map_tip(_workspace(), register, request.args.get("key", ""), _as_of()))
