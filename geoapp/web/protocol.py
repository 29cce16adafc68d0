"""HTTP as uvicorn speaks it, but tiles that need no waiting are answered as soon as their request has come.

A map asks for tens of tiles at once. Handing one to a thread takes three times what it takes to answer it, a task of
the loop as much again, and taking apart the headers, which a browser sends alike with every tile, half of it.
"""

import re
from asyncio import TimerHandle
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from geoapp.web.bridge import Bridge, header_variable
from geoapp.web.tile_server import PREFIX

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MOST_HEAD_BYTES = 256 * 1024
"""Of a request's line and headers; a browser sends some hundreds, a long filter in a link some thousands."""
_LINE = re.compile(
    rb"GET ("
    + PREFIX.encode()
    + rb"[\x21\x22\x24\x26-\x3e\x40-\x7e]*)(?:\?([\x21\x22\x24-\x7e]*))? HTTP/1\.1\r\n"
)
"""Path without escapes, and query."""
_END = b"\r\n\r\n"
_HEADER = re.compile(rb"([A-Za-z-]+): ?([\x20-\x7e]*)")
"""As browsers send it; anything else is left to uvicorn's parser."""
_LEFT_TO_PARSER = {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_UPGRADE"}


class TileProtocol(HttpToolsProtocol):
    """A connection; its application is a `Bridge`."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._is_within_request = False
        self._is_within_head = False
        self._head_bytes = 0
        self._is_used = False
        """Whether a tile was answered since the time began after which an unused connection is closed."""
        self._headers = b""
        self._environ: WSGIEnvironment | None = None
        """The headers that came with the last tile, and what they say."""
        self._own_headers: tuple[Sequence[tuple[bytes, bytes]], bytes] = ((), b"")

    def data_received(self, data: bytes) -> None:
        """Answer a tile, or let uvicorn have what has come."""
        if self._is_free() and self._answer(data):
            return
        super().data_received(data)
        if self._is_within_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._is_within_request = self._is_within_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Answer a request whose headers have come."""
        self._is_within_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request."""
        super().on_message_complete()
        self._is_within_request = False
        # An answer that did not wait for the end of the body began the time too early.
        if self.cycle is not None and self.cycle.response_complete and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self._close_later()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that was not used for a while."""
        if self._is_used:
            self._is_used = False
            self.timeout_keep_alive_task = self._close_later()
        else:
            super().timeout_keep_alive_handler()

    def _close_later(self) -> TimerHandle:
        return self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _is_free(self) -> bool:
        """Return whether nothing is being read or answered, so that an answer may be written now."""
        return (
            not self._is_within_request
            and (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    def _answer(self, data: bytes) -> bool:
        """Answer a tile if what has come is one whole request of the simplest kind; return whether it was."""
        line = _LINE.match(data)
        if line is None:
            return False
        headers = data[line.end() :]
        if headers != self._headers:
            self._headers, self._environ = headers, self._read(headers)
        if self._environ is None:
            return False
        path, query = line[1].decode("ascii"), (line[2] or b"").decode("ascii")
        answer = cast("Bridge", self.app).tiles.at_once(path, query, self._environ)
        if answer is None:
            return False
        self.transport.writelines((answer.head, self._common_headers(), answer.content))
        self._is_used = True
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self._close_later()
        return True

    def _common_headers(self) -> bytes:
        """Return the headers that the server sends with everything, the day and time, and the empty line after them."""
        headers = self.server_state.default_headers
        if self._own_headers[0] is not headers:
            self._own_headers = headers, b"".join(b"%b: %b\r\n" % pair for pair in headers) + b"\r\n"
        return self._own_headers[1]

    def _read(self, headers: bytes) -> "WSGIEnvironment | None":
        """Return what the headers of a request without a body say, as WSGI has it; None where they are unusual."""
        if self.client is None or not headers.endswith(_END) or headers.count(_END) != 1:
            return None
        environ: WSGIEnvironment = {"REMOTE_ADDR": self.client[0]}
        for line in headers[: -len(_END)].split(b"\r\n"):
            header = _HEADER.fullmatch(line)
            if header is None:
                return None
            variable, value = header_variable(header[1].lower()), header[2].decode("ascii").rstrip()
            if variable in environ or variable in _LEFT_TO_PARSER:
                return None
            environ[variable] = value
        return environ if environ.get("HTTP_CONNECTION", "").lower() in ("", "keep-alive") else None

    def _refuse_head(self) -> None:
        """Refuse to read on; an answer that is still being made to an earlier request is given up."""
        if self.cycle is None or self.cycle.response_complete:
            self.send_400_response("Request header too large.")
        else:
            self.transport.close()
