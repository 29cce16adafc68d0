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
from geoapp.tiles.arrays import LAST_SUMMED_ZOOM
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


_ALWAYS = [
    ("Cache-Control", "private, no-cache"),
    ("Vary", "Accept-Encoding"),
    ("X-Content-Type-Options", "nosniff"),
]
_COMPRESSED = ("Content-Encoding", "gzip")


class _Body:
    """One tile as it is sent."""

    __slots__ = ("_is_compressed", "content", "etag", "head")

    def __init__(self, etag: str, content: bytes, *, is_compressed: bool = False) -> None:
        self.etag = etag
        self.content = content
        self._is_compressed = is_compressed
        self.head = (_HEAD_GZIP if is_compressed else _HEAD) % (etag.encode("ascii"), len(content))

    def headers(self) -> list[tuple[str, str]]:
        """Return the headers that WSGI wants for the tile."""
        more = [_COMPRESSED] if self._is_compressed else []
        return _tile_headers(self.etag, str(len(self.content))) + more

    def headers_304(self) -> list[tuple[str, str]]:
        """Return those for the answer that whoever asks has it."""
        return [("ETag", self.etag), *_ALWAYS]

    def head_304(self) -> bytes:
        """Return what that answer begins with."""
        return _HEAD_304 % self.etag.encode("ascii")


def _tile_headers(etag: str, length: str) -> list[tuple[str, str]]:
    return [("ETag", etag), *_ALWAYS, ("Content-Type", MEDIA_TYPE), ("Content-Length", length)]


def _head(status: int, headers: list[tuple[str, str]]) -> bytes:
    """Return a status line and headers as they go over the wire, without the empty line after them."""
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}", *(f"{name}: {value}" for name, value in headers)]
    return "".join(line + "\r\n" for line in lines).encode("ascii")


_HEAD = _head(200, _tile_headers("%b", "%d"))
_HEAD_GZIP = _head(200, [*_tile_headers("%b", "%d"), _COMPRESSED])
_HEAD_304 = _head(304, [("ETag", "%b"), *_ALWAYS])


class Answer(NamedTuple):
    """An answer as it goes over the wire."""

    head: bytes
    """Status line and headers, without the empty line after them."""
    content: bytes


class _Look(NamedTuple):
    """What all tiles of a register, style, filter and day share at a version."""

    version: str
    etag: str
    """What their ETags begin with."""
    source: TileSource
    is_light: bool
    """Whether its tiles beyond LAST_SUMMED_ZOOM take some milliseconds at most."""


_LookName = tuple[str, str, str, str, str, Sight]
"""Register, style, filters and day of tiles, and what whoever asks may see."""
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
        self._looks: OrderedDict[_LookName, tuple[AsOf, _Look]] = OrderedDict()
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
        address, newest = self._address(environ, path, environ.get("QUERY_STRING", "")), self._newest_state()
        body = self._bodies.of_state(address, newest) or self._body(address, newest)
        if _matches(environ.get("HTTP_IF_NONE_MATCH", ""), body.etag):
            start_response("304 Not Modified", body.headers_304())
            return []
        start_response("200 OK", body.headers())
        return [] if method == "HEAD" else [body.content]

    def at_once(self, path: str, query_string: str, environ: "WSGIEnvironment") -> Answer | None:
        """Return the answer to a GET of a tile if none of it takes long; None where the application is to be called.

        That is a known tile, or one in full detail of a look whose shapes and classes are there. The loop of a server
        may ask: nothing here waits but for what the database says within microseconds, whether anybody has written; and
        nothing is refused.

        Parameters
        ----------
        path, query_string : str
            The address as it was sent; of a path with escapes the application knows more.
        environ : WSGI environment
            Who asks and with what headers; the rest of it is not looked at.
        """
        try:
            address, newest = self._address(environ, path, query_string), self._newest_state()
            body = self._bodies.of_state(address, newest) or self._quick_body(address, newest)
        except Exception:  # what went wrong is told by the application
            return None
        if _matches(environ.get("HTTP_IF_NONE_MATCH", ""), body.etag):
            return Answer(body.head_304(), b"")
        return Answer(body.head, body.content)

    def _address(self, environ: "WSGIEnvironment", path: str, query: str) -> _Address:
        person = self._people.of_request(environ)
        if person is None or person.must_change_password:
            raise SignInError("没有登录，或登录已过期。请刷新页面后登录。")
        takes_gzip = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        return path, query, takes_gzip, person.sight

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
        query = parse_address(*address[:2])
        look = self._look(query, newest, address[3])

        def make() -> _Body:
            return _made(address, query, look, look.source.encode(query.z, query.x, query.y))

        return self._bodies.get(address, newest, look.version, make)

    def _quick_body(self, address: _Address, newest: AsOf) -> _Body:
        """Return a tile that takes some milliseconds at most; raise an error where that is not known."""
        query = parse_address(*address[:2])
        seen_at, look = self._looks[_look_name(query, address[3])]
        if seen_at is not newest or not look.is_light or query.z <= LAST_SUMMED_ZOOM:
            raise _NotQuickError

        def make() -> _Body:
            content = look.source.encode_sound(query.z, query.x, query.y)
            if content is None:
                raise _NotQuickError
            return _made(address, query, look, content)

        return self._bodies.get(address, newest, look.version, make)

    def _look(self, query: TileQuery, newest: AsOf, sight: Sight) -> _Look:
        """Return what the tile is made from, remembered for the looks asked for last."""
        name = _look_name(query, sight)
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
        source = tile_source(workspace, query, state)
        return _Look(version, digest.hexdigest()[:20], source, source.tiles.is_light)


class _NotQuickError(Exception):
    """A tile may take longer than a loop should wait."""


def _made(address: _Address, query: TileQuery, look: _Look, content: bytes) -> _Body:
    """Return a tile as it is sent to an address, compressed where that is asked for and worth it."""
    etag = f"{look.etag}-{query.z}-{query.x}-{query.y}"
    if address[2] and len(content) >= SMALLEST_COMPRESSED_BYTES:
        return _Body(f'"{etag}-gz"', igzip.compress(content, LEVEL, mtime=0), is_compressed=True)
    return _Body(f'"{etag}"', content)


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


def _look_name(query: TileQuery, sight: Sight) -> _LookName:
    return (query.register, query.style, query.filter_text, query.plots_filter, query.at, sight)


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
