"""Run the application on the production server."""

import contextlib
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable
from urllib.request import urlopen

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from geoapp.errors import SetupError
from geoapp.settings import Settings

THREADS = 8
"""Requests answered at once; a district's office is some tens of people."""


def serve(settings: Settings, *, host: str, port: int, when_up: Callable[[], None]) -> None:
    """Serve until interrupted; call *when_up* once pages are answered.

    Raises
    ------
    SetupError
        The address cannot be had.
    """
    check_address(host, port)
    os.environ["GEOAPP_DATA_DIR"] = str(settings.data_dir)
    _start_after_fork(threading.Thread(target=_watch, args=(address_of(host, port), when_up), daemon=True))
    Granian(
        "geoapp.web.wsgi:make_application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,  # uploads and caches live in one process; threads serve side by side
        blocking_threads=THREADS,
        http=HTTPModes.http1,  # no browser speaks HTTP/2 without TLS; finding out costs every connection
        websockets=False,
        log_level="error",  # its warning on threads per core is not for who starts the program
    ).serve()


def _start_after_fork(thread: threading.Thread) -> None:
    """Start a thread once the worker has been forked.

    A thread that imports something at the moment of the fork would leave the worker a lock that nobody opens.
    """
    if multiprocessing.get_start_method() != "fork":
        thread.start()
        return

    def start() -> None:
        if thread.ident is None:
            thread.start()

    os.register_at_fork(after_in_parent=start)


def _watch(address: str, when_up: Callable[[], None]) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), urlopen(address + "healthz", timeout=5):  # noqa: S310 - our own address
            when_up()
            return
        time.sleep(0.1)


def check_address(host: str, port: int) -> None:
    """Raise SetupError where *host* and *port* cannot be listened on, before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise SetupError(
                f"不能在 {host}:{port} 上监听：{error}。端口可能被占用，请用 --port 换一个，或停掉占用它的程序。"
            ) from error


def address_of(host: str, port: int) -> str:
    """Return what to type into a browser.

    Examples
    --------
    >>> address_of("0.0.0.0", 8000)
    'http://127.0.0.1:8000/'
    """
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}/"
