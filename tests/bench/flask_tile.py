"""The peer of `bench_tile_server`: one Flask view that sends a tile from memory, with its ETag."""

import os
import sys
from pathlib import Path

import uvicorn
from flask import Flask, Response, request

from geoapp.web.bridge import Bridge
from geoapp.web.serve import THREADS, server_config
from geoapp.web.tile_server import Answer


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


class NoTiles:
    """Stands for the tile server that this application does not have."""

    def at_once(self, *_: object) -> Answer | None:
        return None


if __name__ == "__main__":
    bridge = Bridge(make_application(), NoTiles(), threads=THREADS, most_body_bytes=0)
    uvicorn.Server(server_config(bridge, "127.0.0.1", int(sys.argv[1]))).run()
