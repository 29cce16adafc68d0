"""Our own scripts and style sheets, and what tells a watcher that the server is up."""

from flask import Blueprint, Response, jsonify

from geoapp import __version__
from geoapp.resources import PACKAGE_DIR

blueprint = Blueprint(
    "assets", __name__, static_folder=str(PACKAGE_DIR / "web" / "assets"), static_url_path="/assets"
)


@blueprint.get("/healthz")
def health() -> Response:
    """Answer that the application is up."""
    return jsonify(status="ok", version=__version__)


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Return the browser tab's picture."""
    return blueprint.send_static_file("favicon.svg")
