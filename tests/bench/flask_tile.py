"""The peer of `bench_tile_server`: one Flask view that sends a tile from memory, with its ETag."""

import os
from pathlib import Path

from flask import Flask, Response, request


def make_application() -> Flask:
    app = Flask(__name__)
    body, etag = Path(os.environ["BENCH_TILE"]).read_bytes(), os.environ["BENCH_ETAG"]

    @app.get("/tile.mvt")
    def tile() -> Response:
        response = Response(body, mimetype="application/vnd.mapbox-vector-tile")
        response.set_etag(etag)
        response.headers["Cache-Control"] = "private, no-cache"
        response.make_conditional(request)
        return response

    return app
