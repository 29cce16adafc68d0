"""Entry point for servers: `geoapp.web.wsgi:make_application` (a factory)."""

import logging
from threading import Thread

from flask import Flask

from geoapp.services.preload import preload
from geoapp.services.workspace import Workspace
from geoapp.settings import load_settings
from geoapp.web.app import create_app
from geoapp.web.views.assets import PREPARED

logger = logging.getLogger(__name__)


def make_application() -> Flask:
    """Return the application with settings from `GEOAPP_*` variables and the data folder."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    application = create_app(load_settings())
    Thread(target=_preload, args=(application,), name="preload", daemon=True).start()
    return application


def _preload(application: Flask) -> None:
    workspace: Workspace = application.extensions["geoapp"]
    try:
        preload(workspace)
    except Exception:
        # Whoever asks for what could not be made gets the reason; the server serves the rest.
        logger.exception("could not prepare the map before the first visitor")
    application.extensions[PREPARED] = True
