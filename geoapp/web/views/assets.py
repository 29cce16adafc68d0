"""Our own scripts and style sheets, and what tells a watcher that the server is up."""

from flask import Blueprint, Response, current_app, jsonify

from geoapp import __version__
from geoapp.resources import PACKAGE_DIR
from geoapp.web.permissions import OPEN, needs

blueprint = Blueprint(
    "assets", __name__, static_folder=str(PACKAGE_DIR / "web" / "assets"), static_url_path="/assets"
)


PREPARED = "geoapp_prepared"
"""Extension that is true once the server has read in the background what the map page needs."""


@blueprint.get("/healthz")
@needs(OPEN)
def health() -> Response:
    """Answer that the application is up, and whether all that a first visitor needs has been prepared."""
    return jsonify(status="ok", version=__version__, prepared=bool(current_app.extensions.get(PREPARED)))


@blueprint.get("/favicon.ico")
@needs(OPEN)
def favicon() -> Response:
    """Return the browser tab's picture."""
    return blueprint.send_static_file("favicon.svg")
