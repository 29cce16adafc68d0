"""Vector tiles in front of Flask: `/tiles/<register>/<z>/<x>/<y>.mvt?style=&filter=&at=`.

A view of Flask's costs some half a millisecond before it does anything; a map asks for tens of tiles at once, most of
them known already. So this small WSGI application answers them itself and hands everything else on.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from isal import igzip

from geoapp.errors import GeoappError, NotFoundError, UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.map_tiles import (
    TileQuery,
    TileSource,
    rules_version,
    tile_source,
    tile_state,
    tile_version,
)
from geoapp.services.plot_facts import today
from geoapp.services.workspace import Workspace
from geoapp.web.errors import MESSAGES, error_record, status_and_message

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/tiles/"
PARAMETERS = ("style", "filter", "at")
CACHE_BYTES = 64 * 1024 * 1024
REMEMBERED_ADDRESSES = 4_096
REMEMBERED_LOOKS = 8
"""Register, style, filter and day of the tiles asked for last: a screen has some, and each holds its register."""
SMALLEST_COMPRESSED_BYTES = 500
LEVEL = 2
"""Of ISA-L's gzip: as small as zlib's level 3 in a seventh of its time, which was most of a new tile's."""
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"

_ADDRESS = re.compile(
    r"/tiles/(?P<register>[^/]+)/(?P<z>\d{1,9})/(?P<x>\d{1,9})/(?P<y>\d{1,9})\.mvt", re.ASCII
)
_REASONS = {200: "OK", 304: "Not Modified", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}


class _Body:
    """One tile as it is sent, and its headers."""

    __slots__ = ("content", "etag", "headers", "headers_304")

    def __init__(self, etag: str, content: bytes, *, is_compressed: bool = False) -> None:
        self.etag = etag
        self.content = content
        self.headers_304 = [
            ("ETag", etag),
            ("Cache-Control", "private, no-cache"),
            ("Vary", "Accept-Encoding"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        self.headers = [
            *self.headers_304,
            ("Content-Type", MEDIA_TYPE),
            ("Content-Length", str(len(content))),
            *([("Content-Encoding", "gzip")] if is_compressed else []),
        ]


class TileServer:
    """WSGI: answers the addresses of tiles, with strong ETags and a cache bounded in bytes."""

    def __init__(
        self, application: "WSGIApplication", workspace: Workspace, *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._application = application
        self._workspace = workspace
        self._bodies = BodyCache(cache_bytes)
        self._queries: dict[str, TileQuery] = {}
        self._sources: OrderedDict[tuple[str, str, str, str], tuple[str, TileSource]] = OrderedDict()
        self._lock = Lock()

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
        body = self._body(address, query, "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""))
        if _matches(environ.get("HTTP_IF_NONE_MATCH", ""), body.etag):
            start_response("304 Not Modified", body.headers_304)
            return []
        start_response("200 OK", body.headers)
        return [] if method == "HEAD" else [body.content]

    def _remember(self, address: str, path: str, environ: "WSGIEnvironment") -> TileQuery:
        query = parse_address(path, environ.get("QUERY_STRING", ""))
        if len(self._queries) >= REMEMBERED_ADDRESSES:
            self._queries.clear()
        self._queries[address] = query
        return query

    def _body(self, address: str, query: TileQuery, takes_gzip: bool) -> _Body:
        state = tile_state(self._workspace, query, today())
        version = tile_version(self._workspace, query, state)
        key = f"{address} gzip" if takes_gzip else address
        return self._bodies.get(key, version, lambda: self._made(address, query, state, version, takes_gzip))

    def _made(self, address: str, query: TileQuery, state: AsOf, version: str, takes_gzip: bool) -> _Body:
        content = self._source(query, state, version).encode(query.z, query.x, query.y)
        name = f"{address} {version} {rules_version(self._workspace)}"
        etag = sha256(name.encode()).hexdigest()[:20]
        if takes_gzip and len(content) >= SMALLEST_COMPRESSED_BYTES:
            return _Body(f'"{etag}-gz"', igzip.compress(content, LEVEL, mtime=0), is_compressed=True)
        return _Body(f'"{etag}"', content)

    def _source(self, query: TileQuery, state: AsOf, version: str) -> TileSource:
        """Return what the tile is made from, remembered for the looks asked for last."""
        look = (query.register, query.style, query.filter_text, query.at)
        known = self._sources.get(look)
        if known is not None and known[0] == version:
            return known[1]
        source = tile_source(self._workspace, query, state)
        with self._lock:
            # What other states of the register were made from would be held in memory for nothing.
            for other, (number, _) in list(self._sources.items()):
                if (other[0], other[3]) == (query.register, query.at) and number != version:
                    del self._sources[other]
            self._sources[look] = version, source
            while len(self._sources) > REMEMBERED_LOOKS:
                self._sources.popitem(last=False)
        return source


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
        # Without the lock: threads would queue for it, thousands of times a second.
        known = self._bodies.get(address)
        if known is not None and known[0] == version:
            with suppress(KeyError):  # dropped meanwhile
                self._bodies.move_to_end(address)
            return known[1]
        body = make()
        with self._lock:
            self._drop(address)
            self._bodies[address] = version, body
            self._size_bytes += len(body.content)
            while self._size_bytes > self._capacity_bytes:
                _, (_, oldest) = self._bodies.popitem(last=False)
                self._size_bytes -= len(oldest.content)
        return body

    def _drop(self, address: str) -> None:
        _, body = self._bodies.pop(address, ("", None))
        self._size_bytes -= len(body.content) if body else 0


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
