"""Entry point for servers: `geoapp.web.wsgi:make_application` (a factory)."""

import gc
import logging
from collections import Counter
from threading import Thread

from flask import Flask

from geoapp.domain.sight import sight_of
from geoapp.services.heap import keep_heap_small
from geoapp.services.preload import preload, preload_figures
from geoapp.services.seen import seen_by
from geoapp.services.workspace import Workspace
from geoapp.settings import Settings, load_settings
from geoapp.web.app import create_app
from geoapp.web.people import EXTENSION as PEOPLE
from geoapp.web.views.assets import PREPARED

logger = logging.getLogger(__name__)


def make_application(settings: Settings | None = None) -> Flask:
    """Return the application, by default with settings from `GEOAPP_*` variables and the data folder."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    keep_heap_small()
    application = create_app(settings or load_settings())
    Thread(target=_preload, args=(application,), name="preload", daemon=True).start()
    return application


def close_application(application: Flask) -> None:
    """Close the application's database: the last program that does so folds the write-ahead log into the file."""
    application.extensions[PEOPLE].accounts.store.close()
    workspace: Workspace = application.extensions["geoapp"]._get_current_object()
    workspace.store.close()


def _preload(application: Flask) -> None:
    # Itself, not what stands for whatever the person who asks may see of it.
    workspace: Workspace = application.extensions["geoapp"]._get_current_object()
    try:
        preload(workspace)
        sights = [sight_of(user) for user in application.extensions[PEOPLE].accounts.users()]
        for sight, _ in Counter(sight for sight in sights if not sight.is_full).most_common(1):
            preload_figures(seen_by(workspace, sight))
    except Exception:
        # Whoever asks for what could not be made gets the reason; the server serves the rest.
        logger.exception("could not prepare the map before the first visitor")
    _settle()
    application.extensions[PREPARED] = True


def _settle() -> None:
    """Take what was made at the start out of the search for garbage, which stopped everybody for 0.2 s at a time."""
    gc.collect()
    gc.freeze()
