"""The way of a request through the server: tiles answered at once, everything else by the application in a thread."""

import io
import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import uvicorn
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException

from geoapp.web import bridge
from geoapp.web.bridge import HELD_BODY_BYTES, PIECE_BYTES, Bridge
from geoapp.web.protocol import MOST_HEAD_BYTES
from geoapp.web.serve import server_config
from geoapp.web.tile_server import Answer
from tests.servers import free_port

TILE = "/tiles/plots/13/1/2.mvt"
KEEP_ALIVE_S = 1
PIECES = 100
THREADS, MOST_BODY_BYTES = 2, 4_000_000
UNUSUAL = [
    "Connection: close",
    "Content-Length: 0",
    "Expect: 100-continue",
    "Cookie: a=1\r\nCookie: b=2",
    "X-Name: 江北",
    "X_Name: 1",
]


class Tiles:
    """Knows one tile and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def at_once(self, path: str, query: str, environ: dict[str, Any]) -> Answer | None:
        self.asked.append((path, query, environ))
        return Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n", b"tile") if path == TILE else None


class Application:
    """WSGI: tells what it got, and does what its addresses say."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.pieces_made = 0
        self.may_go_on = threading.Event()
        self.was_closed = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        self.calls.append(request.path)
        try:
            response = self._response(request)
        except HTTPException as error:
            self.calls.append(error.name)
            response = error.get_response(environ)
        return response(environ, start_response)

    def _response(self, request: Request) -> Response:
        if request.path == "/broken":
            raise ValueError("broken")
        if request.path == "/slow":
            self.may_go_on.wait(10)
            return Response("slow")
        if request.path == "/endless":
            response = Response(self._pieces())
            response.call_on_close(self.was_closed.set)
            return response
        if request.path == "/told":
            return Response(request.headers["Content-Length"])
        if request.path == "/headers":
            named = {k: v for k, v in request.environ.items() if k.startswith(("HTTP_", "CONTENT_"))}
            return Response(json.dumps(named))
        if request.path == "/length":
            return Response(str(len(request.get_data())))
        return Response(f"{request.method} {request.path} {request.query_string.decode()}")

    def _pieces(self) -> Iterator[bytes]:
        for number in range(PIECES):
            self.pieces_made = number + 1
            yield b"x" * (PIECE_BYTES // 2)


class Running:
    """A server in a thread, its application and its tiles."""

    def __init__(self) -> None:
        self.application, self.tiles, self.port = Application(), Tiles(), free_port()
        self.bridge = Bridge(self.application, self.tiles, threads=THREADS, most_body_bytes=MOST_BODY_BYTES)
        config = server_config(self.bridge, "127.0.0.1", self.port)
        config.timeout_keep_alive = KEEP_ALIVE_S
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        self.application.may_go_on.set()
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()
        self.bridge.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


@pytest.fixture
def server() -> Iterator[Running]:
    running = Running()
    yield running
    running.stop()


def head(address: str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    lines = [f"{method} {address} HTTP/{version}", "Host: office", *headers, "", ""]
    return "\r\n".join(lines).encode()


def answers(connection: socket.socket, count: int) -> list[bytes]:
    """Return the bodies of so many answers."""
    received, bodies = b"", []
    while len(bodies) < count:
        while b"\r\n\r\n" not in received:
            received += _more(connection)
        first, _, received = received.partition(b"\r\n\r\n")
        lines = first.lower().split(b"\r\n")[1:]
        (length,) = [int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length")]
        while len(received) < length:
            received += _more(connection)
        bodies.append(received[:length])
        received = received[length:]
    assert not received
    return bodies


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(1 << 16)
    assert piece, "the connection was closed"
    return piece


def ask(server: Running, *requests: bytes) -> list[bytes]:
    """Send requests in one go over one connection and return the bodies of the answers."""
    with server.connect() as connection:
        connection.sendall(b"".join(requests))
        return answers(connection, len(requests))


def test_a_tile_is_answered_without_the_application(server: Running) -> None:
    headers = ("Cookie: session=1", "accept-encoding: gzip", 'If-None-Match: "a"')
    assert ask(server, head(TILE + "?style=a&filter=%E6%B1%9F", *headers)) == [b"tile"]
    assert server.application.calls == []
    ((path, query, environ),) = server.tiles.asked
    assert (path, query) == (TILE, "style=a&filter=%E6%B1%9F")
    assert environ == {
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "office",
        "HTTP_COOKIE": "session=1",
        "HTTP_ACCEPT_ENCODING": "gzip",
        "HTTP_IF_NONE_MATCH": '"a"',
    }


def test_every_answer_tells_the_time(server: Running) -> None:
    with server.connect() as connection:
        for address in (TILE, "/page"):
            connection.sendall(head(address))
            content = connection.recv(1 << 16)
            assert content.lower().count(b"\r\ndate: ") == 1
            assert content.count(b"\r\n\r\n") == 1


def test_headers_that_change_on_a_connection_are_read_anew(server: Running) -> None:
    with server.connect() as connection:
        for cookie in ("a=1", "a=1", "a=2"):
            connection.sendall(head(TILE, f"Cookie: {cookie}"))
            assert answers(connection, 1) == [b"tile"]
    assert [environ["HTTP_COOKIE"] for _, _, environ in server.tiles.asked] == ["a=1", "a=1", "a=2"]


@pytest.mark.parametrize("header", UNUSUAL)
def test_an_unusual_request_is_left_to_the_parser(server: Running, header: str) -> None:
    assert ask(server, head(TILE, header)) == [f"GET {TILE} ".encode()]
    assert server.tiles.asked == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        head(TILE, version="1.0"),
        head(TILE, method="HEAD").replace(b"HEAD", b"POST"),
        head("/tiles/plots/13/1/%32.mvt"),
        head("/other"),
    ],
)
def test_what_is_no_plain_tile_goes_to_the_application(server: Running, request_bytes: bytes) -> None:
    (body,) = ask(server, request_bytes)
    assert body.split()[0] in (b"GET", b"POST")
    assert server.tiles.asked == []


def test_a_tile_that_takes_longer_goes_to_the_application(server: Running) -> None:
    assert ask(server, head("/tiles/plots/3/1/2.mvt")) == [b"GET /tiles/plots/3/1/2.mvt "]
    assert len(server.tiles.asked) == 1


def test_a_tile_asked_for_in_pieces_is_answered_too(server: Running) -> None:
    request = head(TILE)
    with server.connect() as connection:
        for start in range(0, len(request), 7):
            connection.sendall(request[start : start + 7])
            time.sleep(0.01)
        assert answers(connection, 1) == [f"GET {TILE} ".encode()]


def test_requests_sent_at_once_are_answered_in_their_order(server: Running) -> None:
    bodies = ask(server, head(TILE), head("/a"), head(TILE), head("/b"))
    assert [body.split()[-1] for body in bodies] == [TILE.encode(), b"/a", TILE.encode(), b"/b"]


def test_a_tile_waits_for_the_page_asked_for_before_it(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(head("/slow"))
        time.sleep(0.1)
        connection.sendall(head(TILE))
        time.sleep(0.1)
        server.application.may_go_on.set()
        assert answers(connection, 2)[0] == b"slow"


def test_a_tile_does_not_wait_for_the_pages_of_others(server: Running) -> None:
    with server.connect() as one, server.connect() as two, server.connect() as three:
        for connection in (one, two):  # as many as there are threads
            connection.sendall(head("/slow"))
        time.sleep(0.1)
        three.sendall(head(TILE))
        assert answers(three, 1) == [b"tile"]
        server.application.may_go_on.set()
        assert answers(one, 1) == answers(two, 1) == [b"slow"]


def test_what_looks_like_a_tile_within_a_body_is_none(server: Running) -> None:
    body = head(TILE)
    with server.connect() as connection:
        connection.sendall(head("/length", f"Content-Length: {len(body)}", method="POST"))
        time.sleep(0.1)
        connection.sendall(body)
        assert answers(connection, 1) == [str(len(body)).encode()]
    assert server.tiles.asked == []


@pytest.mark.parametrize("length", [0, 10, HELD_BODY_BYTES, HELD_BODY_BYTES + 1, MOST_BODY_BYTES])
def test_bodies_of_any_length_come_whole(server: Running, length: int) -> None:
    request = head("/length", f"Content-Length: {length}", method="POST") + b"x" * length
    assert ask(server, request, head(TILE))[0] == str(length).encode()


def test_a_body_in_chunks_comes_whole(server: Running) -> None:
    chunk = b"%x\r\n" % 100_000 + b"x" * 100_000 + b"\r\n"
    request = head("/length", "Transfer-Encoding: chunked", method="POST") + 3 * chunk + b"0\r\n\r\n"
    assert ask(server, request) == [b"300000"]


def test_a_body_is_asked_for_where_the_client_waits_for_that(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(head("/length", "Content-Length: 5", "Expect: 100-continue", method="POST"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"12345")
        assert answers(connection, 1) == [b"5"]


def test_half_a_small_body_never_reaches_the_application(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(head("/length", "Content-Length: 10", method="POST") + b"12345")
    time.sleep(0.2)
    assert server.application.calls == []


def test_half_a_large_body_never_reaches_the_application(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(head("/length", "Content-Length: 3000000", method="POST") + b"x" * 2_000_000)
        time.sleep(0.2)
    time.sleep(0.2)
    assert server.application.calls == []


def test_who_sends_slowly_keeps_nobody_from_being_answered(server: Running) -> None:
    slow = [server.connect() for _ in range(2 * THREADS)]
    for connection in slow:
        connection.sendall(head("/length", "Content-Length: 3000000", method="POST") + b"x" * 1_500_000)
    time.sleep(0.1)
    assert ask(server, head("/page")) == [b"GET /page "]
    for connection in slow:
        connection.sendall(b"x" * 1_500_000)
        assert answers(connection, 1) == [b"3000000"]
        connection.close()


@pytest.mark.parametrize("length", [MOST_BODY_BYTES + 1, 10**15])
def test_of_a_body_that_is_too_long_only_the_length_is_told(server: Running, length: int) -> None:
    with server.connect() as connection:
        connection.sendall(head("/told", f"Content-Length: {length}", method="POST"))
        assert answers(connection, 1) == [str(length).encode()]  # though none of it has come


def test_of_chunks_without_end_no_more_than_is_allowed_is_kept(server: Running) -> None:
    chunk = b"%x\r\n" % 100_000 + b"x" * 100_000 + b"\r\n"
    with server.connect() as connection:
        connection.sendall(head("/length", "Transfer-Encoding: chunked", method="POST") + 42 * chunk)
        (length,) = answers(connection, 1)
    assert MOST_BODY_BYTES < int(length) <= 42 * 100_000  # the application sees that it is too much


def test_after_a_body_that_was_not_wanted_the_connection_goes_on_and_ends(server: Running) -> None:
    length = MOST_BODY_BYTES + 1
    with server.connect() as connection:
        connection.sendall(head("/told", f"Content-Length: {length}", method="POST"))
        assert answers(connection, 1) == [str(length).encode()]
        connection.sendall(b"x" * length)
        connection.sendall(head("/page"))
        assert answers(connection, 1) == [b"GET /page "]
        connection.sendall(head("/told", f"Content-Length: {length}", method="POST") + b"x" * length)
        assert answers(connection, 1) == [str(length).encode()]
        assert connection.recv(1000) == b""  # after KEEP_ALIVE_S


def test_a_body_that_does_not_come_is_not_waited_for(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "BODY_PATIENCE_S", 0.2)
    with server.connect() as connection:
        connection.sendall(head("/length", "Content-Length: 10", method="POST") + b"12345")
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
    assert server.application.calls == []


def test_a_length_may_be_written_with_zeros(server: Running) -> None:
    request = head("/length", "Content-Length: 000000000000000005", method="POST") + b"12345"
    assert ask(server, request) == [b"5"]


def test_an_answer_is_closed_once_and_its_body_with_it() -> None:
    closed = []

    class Chunks:
        def __iter__(self) -> Iterator[bytes]:
            yield b"x" * PIECE_BYTES
            yield b"y"

        def close(self) -> None:
            closed.append(body.closed)

    body = io.BytesIO()
    answer = bridge._Answer(lambda environ, start: Chunks(), {}, body)
    assert answer.next_piece() == b"x" * PIECE_BYTES
    answer.close()
    assert answer.next_piece() == b""
    answer.close()
    assert closed == [True]


def test_a_header_that_stands_for_another_is_left_out(server: Running) -> None:
    spoofed = ("X_Forwarded_For: 10.1.2.3", "Content_Length: 10", "Cookie: a=1", "Cookie: b=2")
    (told,) = ask(server, head("/headers", *spoofed))
    assert json.loads(told) == {"HTTP_HOST": "office", "HTTP_COOKIE": "a=1; b=2"}


def test_what_makes_an_answer_is_closed_when_the_client_goes_away(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(head("/endless"))
        assert connection.recv(1000)
    assert server.application.was_closed.wait(10)
    assert server.application.pieces_made < PIECES


def test_what_has_begun_is_waited_for_at_the_end(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(head("/slow"))
        time.sleep(0.1)
        closing = threading.Thread(target=server.bridge.close)
        closing.start()
        closing.join(0.3)
        assert closing.is_alive()
        server.application.may_go_on.set()
        closing.join(10)
        assert not closing.is_alive()
        assert answers(connection, 1) == [b"slow"]


def test_a_long_answer_comes_whole(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(head("/endless", "Connection: close"))
        received = b""
        while piece := connection.recv(1 << 20):
            received += piece
    _, _, body = received.partition(b"\r\n\r\n")
    assert body.count(b"x") == PIECES * (PIECE_BYTES // 2)


def test_a_mistake_of_the_application_is_an_answer(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(head("/broken"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 500 ")


def send_headers_without_end(connection: socket.socket) -> None:
    for _ in range(100):
        connection.sendall(b"X-Name: " + b"x" * (MOST_HEAD_BYTES // 20) + b"\r\n")
        time.sleep(0.01)


def test_no_end_of_headers_is_waited_for(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):
            send_headers_without_end(connection)


def test_what_is_no_http_is_refused(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_a_connection_is_closed_when_it_was_not_used_for_a_while(server: Running) -> None:
    for address in ("/page", TILE):
        with server.connect() as connection:
            connection.sendall(head(address))
            assert connection.recv(1000)
            began = time.monotonic()
            assert connection.recv(1000) == b""
            assert KEEP_ALIVE_S * 0.9 <= time.monotonic() - began < 5 * KEEP_ALIVE_S


def test_a_connection_that_is_used_for_tiles_stays_open(server: Running) -> None:
    with server.connect() as connection:
        began = time.monotonic()
        while time.monotonic() - began < 2.5 * KEEP_ALIVE_S:
            connection.sendall(head(TILE))
            assert answers(connection, 1) == [b"tile"]
            time.sleep(KEEP_ALIVE_S / 3)
