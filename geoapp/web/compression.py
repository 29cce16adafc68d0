"""Compress text answers: an intranet's old switches are slower than one processor."""

import gzip

from flask import Flask, Response, request

COMPRESSED_TYPES = (
    "text/",
    "application/json",
    "application/geo+json",
    "application/javascript",
    "image/svg+xml",
)
SMALLEST_BYTES = 1_000
LEVEL = 5


def init_app(app: Flask) -> None:
    """Compress answers of a kilobyte and more where the browser takes gzip."""

    @app.after_request
    def compress(response: Response) -> Response:
        if not _is_worth_it(response):
            return response
        response.direct_passthrough = False
        body = response.get_data()
        if len(body) < SMALLEST_BYTES:
            return response
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        etag, _weak = response.get_etag()
        if etag is not None:
            response.set_etag(etag, weak=True)
        return response


def _is_worth_it(response: Response) -> bool:
    response.vary.add("Accept-Encoding")
    return (
        response.status_code == 200
        and "Content-Encoding" not in response.headers
        and response.headers.get("Content-Type", "").startswith(COMPRESSED_TYPES)
        and request.accept_encodings.quality("gzip") > 0
    )
