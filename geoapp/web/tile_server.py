"""Vector tiles in front of Flask: `/tiles/<register>/<z>/<x>/<y>.mvt?style=&filter=&at=`.

A view of Flask's costs some half a millisecond before it does anything; a map asks for tens of tiles at once, most of
them known already. So this small WSGI application answers them itself and hands everything else on.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from isal import igzip

from geoapp.errors import GeoappError, NotFoundError, UsageError
from geoapp.services.map_tiles import TileQuery, rules_version, tile, tile_version
from geoapp.services.plot_facts import today
from geoapp.services.workspace import Workspace
from geoapp.web.errors import MESSAGES, error_record, status_and_message

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/tiles/"
PARAMETERS = ("style", "filter", "at")
CACHE_BYTES = 64 * 1024 * 1024
REMEMBERED_ADDRESSES = 4_096
SMALLEST_COMPRESSED_BYTES = 500
LEVEL = 2
"""Of ISA-L's gzip: as small as zlib's level 3 in a seventh of its time, which was most of a new tile's."""
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"

_ADDRESS = re.compile(
    r"/tiles/(?P<register>[^/]+)/(?P<z>\d{1,9})/(?P<x>\d{1,9})/(?P<y>\d{1,9})\.mvt", re.ASCII
)
_REASONS = {200: "OK", 304: "Not Modified", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}


@dataclass(frozen=True, slots=True)
class _Body:
    """One tile, once as it is and once compressed where that pays."""

    etag: str
    plain: bytes
    compressed: bytes | None

    @property
    def size_bytes(self) -> int:
        return len(self.plain) + len(self.compressed or b"")


class TileServer:
    """WSGI: answers the addresses of tiles, with strong ETags and a cache bounded in bytes."""

    def __init__(
        self, application: "WSGIApplication", workspace: Workspace, *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._application = application
        self._workspace = workspace
        self._bodies = BodyCache(cache_bytes)
        self._queries: dict[str, TileQuery] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a tile, or hand the request on."""
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return self._application(environ, start_response)
        try:
            return self._tile(environ, path, start_response)
        except Exception as error:
            return _refusal(error, path, start_response)

    def _tile(
        self, environ: "WSGIEnvironment", path: str, start_response: "StartResponse"
    ) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return _send_error(405, MESSAGES[405], start_response, [("Allow", "GET, HEAD")])
        address = f"{path}?{environ.get('QUERY_STRING', '')}"
        query = self._queries.get(address) or self._remember(address, path, environ)
        body = self._body(address, query, today())
        is_compressed = body.compressed is not None and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        etag = f'"{body.etag}-gz"' if is_compressed else f'"{body.etag}"'
        headers = [
            ("ETag", etag),
            ("Cache-Control", "private, no-cache"),
            ("Vary", "Accept-Encoding"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if _matches(environ.get("HTTP_IF_NONE_MATCH", ""), etag):
            start_response("304 Not Modified", headers)
            return []
        content = body.compressed if is_compressed and body.compressed is not None else body.plain
        headers += [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(content)))]
        if is_compressed:
            headers.append(("Content-Encoding", "gzip"))
        start_response("200 OK", headers)
        return [] if method == "HEAD" else [content]

    def _remember(self, address: str, path: str, environ: "WSGIEnvironment") -> TileQuery:
        query = parse_address(path, environ.get("QUERY_STRING", ""))
        if len(self._queries) >= REMEMBERED_ADDRESSES:
            self._queries.clear()
        self._queries[address] = query
        return query

    def _body(self, address: str, query: TileQuery, day: date) -> _Body:
        version = tile_version(self._workspace, query, day)
        return self._bodies.get(address, version, lambda: self._made(address, query, version))

    def _made(self, address: str, query: TileQuery, version: str) -> _Body:
        plain = tile(self._workspace, query)
        name = f"{address} {version} {rules_version(self._workspace)}"
        compressed = (
            igzip.compress(plain, LEVEL, mtime=0) if len(plain) >= SMALLEST_COMPRESSED_BYTES else None
        )
        return _Body(sha256(name.encode()).hexdigest()[:20], plain, compressed)


class BodyCache:
    """The tiles sent last, as many as fit; one per address, of its newest version."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self._bodies: OrderedDict[str, tuple[str, _Body]] = OrderedDict()
        self._size_bytes = 0
        self._lock = Lock()

    @property
    def size_bytes(self) -> int:
        """How much the tiles take."""
        return self._size_bytes

    def get(self, address: str, version: str, make: Callable[[], _Body]) -> _Body:
        """Return the tile of an address at a version, or make and keep it."""
        with self._lock:
            known = self._bodies.get(address)
            if known is not None and known[0] == version:
                self._bodies.move_to_end(address)
                return known[1]
        body = make()
        with self._lock:
            self._drop(address)
            self._bodies[address] = version, body
            self._size_bytes += body.size_bytes
            while self._size_bytes > self._capacity_bytes:
                self._drop(next(iter(self._bodies)))
        return body

    def _drop(self, address: str) -> None:
        _, body = self._bodies.pop(address, ("", None))
        self._size_bytes -= body.size_bytes if body else 0


def parse_address(path: str, query_string: str) -> TileQuery:
    """Return what the address of a tile asks for.

    Raises
    ------
    NotFoundError
        It is no address of a tile.
    UsageError
        A parameter that there is not, or one given twice.
    """
    # WSGI hands the path over as bytes in Latin-1.
    found = _ADDRESS.fullmatch(path.encode("latin-1", "replace").decode("utf-8", "replace"))
    if found is None:
        raise NotFoundError(
            "没有这个瓦片。地址应为 /tiles/台账/级别/列/行.mvt，级别、列、行为不小于零的整数。"
        )
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query_string, keep_blank_values=True):
        if name not in PARAMETERS:
            raise UsageError(f"不认识的参数“{name}”；可用：{'、'.join(PARAMETERS)}。")
        if name in parameters:
            raise UsageError(f"参数“{name}”出现了两次。请只写一次。")
        parameters[name] = value
    z, x, y = (int(found[name]) for name in ("z", "x", "y"))
    style, filter_text, at = (parameters.get(name, "") for name in PARAMETERS)
    return TileQuery(register=found["register"], z=z, x=x, y=y, style=style, filter_text=filter_text, at=at)


def _matches(header: str, etag: str) -> bool:
    return header == etag or (bool(header) and (header == "*" or etag in map(str.strip, header.split(","))))


def _refusal(error: Exception, path: str, start_response: "StartResponse") -> Iterable[bytes]:
    status, message = status_and_message(error, quote(path))
    if isinstance(error, GeoappError) and status == 422:
        status = 400  # what a tile's address says can only be wrong, never unprocessable
    return _send_error(status, message, start_response, [])


def _send_error(
    status: int, message: str, start_response: "StartResponse", headers: list[tuple[str, str]]
) -> Iterable[bytes]:
    content = json.dumps(error_record(status, message), ensure_ascii=False).encode()
    headers = [
        *headers,
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response(f"{status} {_REASONS.get(status, 'Error')}", headers)
    return [content]
