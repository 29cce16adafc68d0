"""The way from an asynchronous server to the WSGI application: pages in threads, each request one step there and back.

The bridges there are (a2wsgi, asgiref) take three steps between thread and loop for every answer, and each waits for
the interpreter's lock: with many people at work a page would wait for it longer than for its own figures.
"""

import asyncio
import io
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope

    from geoapp.web.tile_server import TileServer

HELD_BODY_BYTES = 1024 * 1024
"""A request's body up to here is kept in memory, a longer one in a file."""
BODY_PATIENCE_S = 60.0
"""How long the next part of a body is waited for."""
PIECE_BYTES = 1024 * 1024
"""What of an answer is collected before it is sent; hardly any is longer."""
_LONGEST_KNOWN_NAME = 40


class Bridge:
    """ASGI: hands every request to a WSGI application in one of some threads, once all of it has come.

    Parameters
    ----------
    application : WSGI application
    tiles : TileServer
        What a protocol may ask for tiles before it hands a request on.
    threads : int
        Requests answered at once.
    most_body_bytes : int
        Of a longer body only the length reaches the application, for it to refuse; of one sent in chunks a little more
        than this, and the length of that.
    """

    def __init__(
        self, application: "WSGIApplication", tiles: "TileServer", *, threads: int, most_body_bytes: int
    ) -> None:
        self.tiles = tiles
        self._application = application
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="page")
        self._most_body_bytes = most_body_bytes

    async def __call__(
        self, scope: "HTTPScope", receive: "ASGIReceiveCallable", send: "ASGISendCallable"
    ) -> None:
        """Answer one request."""
        environ = environ_of(scope)
        # No thread waits for a client: eight slow ones would keep everybody else from being answered.
        try:
            body = await _body(environ, receive, self._most_body_bytes)
        except TimeoutError:
            await send({"type": "http.response.start", "status": 408, "headers": [(b"connection", b"close")]})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        if body is not None:
            environ["wsgi.input"] = body
            await self._answer(_Answer(self._application, environ, body), receive, send)

    def close(self) -> None:
        """Wait for the requests whose answers have begun."""
        self._threads.shutdown()

    async def _answer(
        self, answer: "_Answer", receive: "ASGIReceiveCallable", send: "ASGISendCallable"
    ) -> None:
        loop, gone = asyncio.get_running_loop(), None
        try:
            piece = await loop.run_in_executor(self._threads, answer.next_piece)
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            while not answer.is_over:
                gone = gone or asyncio.create_task(_until_gone(receive))
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                if gone.done():
                    return
                piece = await loop.run_in_executor(self._threads, answer.next_piece)
            await send({"type": "http.response.body", "body": piece, "more_body": False})
        finally:
            if gone is not None:
                gone.cancel()
            if not answer.is_over:
                self._threads.submit(answer.close)  # after the piece that is being made


def environ_of(scope: "HTTPScope") -> "WSGIEnvironment":
    """Return what WSGI says of a request, its body left out (PEP 3333)."""
    host, port = scope["server"] or ("localhost", None)
    client = scope["client"] or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": "HTTP/" + scope["http_version"],
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    add_headers(environ, scope["headers"])
    return environ


def add_headers(environ: "WSGIEnvironment", headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Add a request's headers, names in small letters; of one sent twice both values.

    A name with an underscore is left out: WSGI could not tell it from one with a hyphen, whose value others trust.
    """
    for name, value in headers:
        if b"_" in name:
            continue
        variable, text = header_variable(name), value.decode("latin-1")
        if variable in environ:
            text = environ[variable] + ("; " if variable == "HTTP_COOKIE" else ",") + text
        environ[variable] = text


def header_variable(name: bytes) -> str:
    """Return how WSGI names a header, whose name is in small letters."""
    return _known_variable(name) if len(name) <= _LONGEST_KNOWN_NAME else _variable(name)


def _variable(name: bytes) -> str:
    variable = name.decode("latin-1").upper().replace("-", "_")
    return variable if variable in ("CONTENT_LENGTH", "CONTENT_TYPE") else "HTTP_" + variable


_known_variable = lru_cache(maxsize=256)(_variable)


async def _body(
    environ: "WSGIEnvironment", receive: "ASGIReceiveCallable", most_bytes: int
) -> IO[bytes] | None:
    """Return a request's body once it has come, a length among its headers; None if the client went away before.

    Raises
    ------
    TimeoutError
        Nothing came for BODY_PATIENCE_S.
    """
    length = environ.get("CONTENT_LENGTH", "").lstrip("0") or "0"
    is_chunked = environ.pop("HTTP_TRANSFER_ENCODING", None) is not None
    if not is_chunked and (length == "0" or len(length) > len(str(most_bytes)) or int(length) > most_bytes):
        return io.BytesIO()
    body: IO[bytes] = SpooledTemporaryFile(HELD_BODY_BYTES)  # noqa: SIM115 - closed with the answer
    try:
        is_over = False
        while not is_over and body.tell() <= most_bytes:
            message = cast("dict[str, Any]", await asyncio.wait_for(receive(), BODY_PATIENCE_S))
            if message["type"] == "http.disconnect":
                body.close()
                return None
            body.write(message.get("body", b""))
            is_over = not message.get("more_body", False)
    except BaseException:
        body.close()
        raise
    environ["CONTENT_LENGTH"] = str(body.tell())
    body.seek(0)
    return body


async def _until_gone(receive: "ASGIReceiveCallable") -> None:
    """Wait until the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _Answer:
    """What the application answers to one request, taken piece by piece, each in any thread."""

    def __init__(self, application: "WSGIApplication", environ: "WSGIEnvironment", body: IO[bytes]) -> None:
        self._application, self._environ, self._body = application, environ, body
        self._chunks: Iterable[bytes] = ()
        self._rest: Iterator[bytes] | None = None
        self._at_work = Lock()
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_over = False

    def next_piece(self) -> bytes:
        """Return what comes next, at first by calling the application; nothing once the answer is over."""
        with self._at_work:
            if self.is_over:
                return b""
            try:
                if self._rest is None:
                    self._chunks = self._application(self._environ, self._start)
                    self._rest = iter(self._chunks)
                return self._piece(self._rest)
            except BaseException:
                self._close()
                raise

    def close(self) -> None:
        """Let the application clean up, once it has made the piece that it is at."""
        with self._at_work:
            self._close()

    def _piece(self, rest: Iterator[bytes]) -> bytes:
        pieces, size = [], 0
        for chunk in rest:
            pieces.append(chunk)
            size += len(chunk)
            if size >= PIECE_BYTES:
                break
        else:
            self._close()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _close(self) -> None:
        if self.is_over:
            return
        self.is_over = True
        self._body.close()
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()

    def _start(self, status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _refuse_write


def _refuse_write(content: bytes) -> None:
    raise NotImplementedError("write() of WSGI, which Flask does not use")
