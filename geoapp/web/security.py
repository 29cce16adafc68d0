"""Headers that keep a page to itself: nothing from other hosts, no inline script or style without a nonce."""

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g

from geoapp.services.workspace import Workspace


def init_app(app: Flask) -> None:
    """Give every response its Content-Security-Policy and every template `csp_nonce`."""
    workspace: Workspace = app.extensions["geoapp"]
    origins = {
        tile_origin(named) for named in (workspace.settings.basemap, workspace.settings.compare_basemap)
    }
    image_sources = " ".join(["'self' data: blob:", *sorted(filter(None, origins))])

    @app.before_request
    def make_nonce() -> None:
        g.csp_nonce = secrets.token_urlsafe(16)

    @app.context_processor
    def offer_nonce() -> dict[str, str]:
        return {"csp_nonce": g.get("csp_nonce", "")}

    @app.after_request
    def add_headers(response: Response) -> Response:
        nonce = g.get("csp_nonce", "")
        response.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
            f"img-src {image_sources}; worker-src 'self'; object-src 'none'; base-uri 'none'; "
            "form-action 'self'; frame-ancestors 'none'",
        )
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response


def tile_origin(basemap: str) -> str:
    """Return the origin that images may come from where the basemap is a tile URL, else nothing.

    Examples
    --------
    >>> tile_origin("http://10.0.0.5:8080/{z}/{x}/{y}.png")
    'http://10.0.0.5:8080'
    >>> tile_origin("none")
    ''
    """
    parts = urlsplit(basemap)
    if parts.scheme not in ("http", "https"):
        return ""
    return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}"
