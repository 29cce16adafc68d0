"""The particulars of a printed map: `/sheet.json?layers=&at=`."""

from flask import Blueprint, Response, current_app, jsonify, request

from geoapp.services.as_of import as_of
from geoapp.services.sheet import sheet_facts
from geoapp.services.workspace import Workspace
from geoapp.web.parameters import refuse_unknown

blueprint = Blueprint("sheet", __name__)


@blueprint.get("/sheet.json")
def show() -> Response:
    """Give what a sheet with these registers, as of this day, says about itself."""
    refuse_unknown(("layers", "at"))
    workspace: Workspace = current_app.extensions["geoapp"]
    registers = [name for name in request.args.get("layers", "").split(",") if name]
    return jsonify(sheet_facts(workspace, registers, as_of(workspace, request.args.get("at"))).to_dict())
