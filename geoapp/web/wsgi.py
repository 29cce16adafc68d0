"""Entry point for servers: `geoapp.web.wsgi:make_application` (a factory)."""

import logging

from flask import Flask

from geoapp.settings import load_settings
from geoapp.web.app import create_app


def make_application() -> Flask:
    """Return the application with settings from `GEOAPP_*` variables and the data folder."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return create_app(load_settings())
