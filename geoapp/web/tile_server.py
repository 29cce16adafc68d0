"""Vector tiles in front of Flask: `/tiles/<register>/<z>/<x>/<y>.mvt?style=&filter=&plots=&at=`.

A view of Flask's costs some half a millisecond before it does anything; a map asks for tens of tiles at once, most of
them known already. So this small WSGI application answers them itself and hands everything else on.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote

from isal import igzip

from geoapp.domain.sight import Sight
from geoapp.errors import GeoappError, NotFoundError, SignInError, UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.map_tiles import (
    TileQuery,
    TileSource,
    newest_state,
    rules_version,
    tile_source,
    tile_state,
    tile_version,
)
from geoapp.services.seen import seen_by
from geoapp.services.workspace import Workspace
from geoapp.web.errors import MESSAGES, error_record, status_and_message
from geoapp.web.people import People

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/tiles/"
PARAMETERS = ("style", "filter", "plots", "at")
CACHE_BYTES = 64 * 1024 * 1024
REMEMBERED_LOOKS = 8
"""Register, style, filter and day of the tiles asked for last: a screen has some, and each holds its register."""
SMALLEST_COMPRESSED_BYTES = 500
LEVEL = 2
"""Of ISA-L's gzip: as small as zlib's level 3 in a seventh of its time, which was most of a new tile's."""
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"

_ADDRESS = re.compile(
    r"/tiles/(?P<register>[^/]+)/(?P<z>\d{1,9})/(?P<x>\d{1,9})/(?P<y>\d{1,9})\.mvt", re.ASCII
)
_REASONS = {
    200: "OK",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
}


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


class _Look(NamedTuple):
    """What all tiles of a register, style, filter and day share at a version."""

    version: str
    etag: str
    """What their ETags begin with."""
    source: TileSource


_Address = tuple[str, str, bool, Sight]
"""Path and query as they were sent, whether the answer may be compressed, and what whoever asks may see."""


class TileServer:
    """WSGI: answers the addresses of tiles, with strong ETags and a cache bounded in bytes.

    A known tile costs some looks into dictionaries: whether it is that of the newest state is remembered with it, by
    the identity of that state, and worked out again only when something was written or another day has begun.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        workspace: Workspace,
        people: People,
        *,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._application = application
        self._workspace = workspace
        self._people = people
        self._bodies = BodyCache(cache_bytes)
        self._looks: OrderedDict[tuple[str, str, str, str, str, Sight], tuple[AsOf, _Look]] = OrderedDict()
        self._newest = newest_state(workspace)
        self._day_is_known_until = 0.0
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
        person = self._people.of_request(environ)
        if person is None or person.must_change_password:
            raise SignInError("没有登录，或登录已过期。请刷新页面后登录。")
        takes_gzip = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        address = (path, environ.get("QUERY_STRING", ""), takes_gzip, person.sight)
        newest = self._newest_state()
        body = self._bodies.of_state(address, newest) or self._body(address, newest)
        if _matches(environ.get("HTTP_IF_NONE_MATCH", ""), body.etag):
            start_response("304 Not Modified", body.headers_304)
            return []
        start_response("200 OK", body.headers)
        return [] if method == "HEAD" else [body.content]

    def _newest_state(self) -> AsOf:
        """Return the newest state, the same object as long as it is the same; the day is looked at once a second."""
        newest = self._newest
        if (
            newest.revision == self._workspace.store.recent_revision()
            and monotonic() < self._day_is_known_until
        ):
            return newest
        self._day_is_known_until = monotonic() + 1
        state = newest_state(self._workspace)
        if state != newest:
            self._newest = newest = state
        return newest

    def _body(self, address: _Address, newest: AsOf) -> _Body:
        path, query_string, takes_gzip, sight = address
        query = parse_address(path, query_string)
        look = self._look(query, newest, sight)

        def make() -> _Body:
            content = look.source.encode(query.z, query.x, query.y)
            etag = f"{look.etag}-{query.z}-{query.x}-{query.y}"
            if takes_gzip and len(content) >= SMALLEST_COMPRESSED_BYTES:
                return _Body(f'"{etag}-gz"', igzip.compress(content, LEVEL, mtime=0), is_compressed=True)
            return _Body(f'"{etag}"', content)

        return self._bodies.get(address, newest, look.version, make)

    def _look(self, query: TileQuery, newest: AsOf, sight: Sight) -> _Look:
        """Return what the tile is made from, remembered for the looks asked for last."""
        name = (query.register, query.style, query.filter_text, query.plots_filter, query.at, sight)
        seen_at, known = self._looks.get(name, (None, None))
        if known is not None and seen_at is newest:
            return known
        workspace = seen_by(self._workspace, sight)
        state = tile_state(workspace, query, newest)
        version = tile_version(workspace, query, state)
        if known is None or known.version != version:
            known = self._new_look(workspace, query, state, version)
        with self._lock:
            # What other states of the register were made from would be held in memory for nothing.
            for other, (_, look) in list(self._looks.items()):
                if (other[0], *other[4:]) == (query.register, query.at, sight) and look.version != version:
                    del self._looks[other]
            self._looks[name] = newest, known
            while len(self._looks) > REMEMBERED_LOOKS:
                self._looks.popitem(last=False)
        return known

    def _new_look(self, workspace: Workspace, query: TileQuery, state: AsOf, version: str) -> _Look:
        name = (*query._replace(z=0, x=0, y=0), workspace.sight, version)
        digest = sha256(repr((name, rules_version(workspace))).encode())
        return _Look(version, digest.hexdigest()[:20], tile_source(workspace, query, state))


class BodyCache:
    """The tiles sent last, as many as fit; one per address, of its newest version."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self._bodies: OrderedDict[_Address, tuple[AsOf, str, _Body]] = OrderedDict()
        self._size_bytes = 0
        self._lock = Lock()

    @property
    def size_bytes(self) -> int:
        """How much the tiles take."""
        return self._size_bytes

    def of_state(self, address: _Address, newest: AsOf) -> _Body | None:
        """Return the tile of an address if it is known to be that of the newest state."""
        # Without the lock: threads would queue for it, thousands of times a second.
        known = self._bodies.get(address)
        if known is None or known[0] is not newest:
            return None
        try:  # noqa: SIM105 - suppress() would take a quarter of a known tile's time
            self._bodies.move_to_end(address)
        except KeyError:  # dropped meanwhile
            pass
        return known[2]

    def get(self, address: _Address, newest: AsOf, version: str, make: Callable[[], _Body]) -> _Body:
        """Return the tile of an address at the version that holds in the newest state, or make and keep it."""
        known = self._bodies.get(address)
        body = known[2] if known is not None and known[1] == version else make()
        with self._lock:
            self._drop(address)
            self._bodies[address] = newest, version, body
            self._size_bytes += len(body.content)
            while self._size_bytes > self._capacity_bytes:
                _, (_, _, oldest) = self._bodies.popitem(last=False)
                self._size_bytes -= len(oldest.content)
        return body

    def _drop(self, address: _Address) -> None:
        if address in self._bodies:
            self._size_bytes -= len(self._bodies.pop(address)[2].content)


def parse_address(path: str, query_string: str) -> TileQuery:
    """Return what the address of a tile asks for.

    Raises
    ------
    NotFoundError
        It is no address of a tile.
    UsageError
        A parameter that there is not, or one given twice.
    """
    if not path.isascii():  # WSGI hands the path over as bytes in Latin-1
        path = path.encode("latin-1", "replace").decode("utf-8", "replace")
    found = _ADDRESS.fullmatch(path)
    if found is None:
        raise NotFoundError(
            "没有这个瓦片。地址应为 /tiles/台账/级别/列/行.mvt，级别、列、行为不小于零的整数。"
        )
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query_string, keep_blank_values=True) if query_string else ():
        if name not in PARAMETERS:
            raise UsageError(f"不认识的参数“{name}”；可用：{'、'.join(PARAMETERS)}。")
        if name in parameters:
            raise UsageError(f"参数“{name}”出现了两次。请只写一次。")
        parameters[name] = value
    register, z, x, y = found.groups()
    style, filter_text, plots_filter, at = (parameters.get(name, "") for name in PARAMETERS)
    return TileQuery(register, int(z), int(x), int(y), style, filter_text, plots_filter, at)


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
