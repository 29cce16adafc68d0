"""Run the application on the production server."""

import contextlib
import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import cast
from urllib.request import urlopen

import uvicorn

from geoapp.errors import SetupError, system_reason
from geoapp.services.accounts import open_accounts
from geoapp.services.machine_clock import clock_warning
from geoapp.services.workspace import Workspace
from geoapp.settings import Settings
from geoapp.web.bridge import Bridge
from geoapp.web.people import is_loopback
from geoapp.web.protocol import TileProtocol
from geoapp.web.tile_server import TileServer

THREADS = 8
"""Requests answered at once; a district's office is some tens of people."""
KEEP_ALIVE_S = 60
"""How long a browser's connection is kept; people look at a page for longer than the usual five seconds."""
GRACE_S = 10
"""How long a server that is stopped goes on sending answers; what takes longer is finished, but not sent."""
_ADVICE = {
    errno.EADDRINUSE: "请用 --port 换一个，或停掉占用它的程序。",
    errno.EADDRNOTAVAIL: "请用 --host 写本机网卡的地址，或写 0.0.0.0（所有网卡）。",
    errno.EACCES: "1024 以下的端口要管理员权限，请用 --port 换一个。",
}
_ADVICE_ELSE = "请检查 --host 和 --port。"


def serve(settings: Settings, *, host: str, port: int, when_up: Callable[[], None]) -> None:
    """Serve until interrupted; call *when_up* once pages are answered. Only in the main thread.

    Whoever interrupts waits for the answers that have begun; then the database is closed, so that `geoapp.gpkg` is
    whole by itself, for whoever copies or opens only that. Where another program still uses it, its log stays beside
    it. With a second Ctrl+C the process ends at once, and the database takes back what was not yet written.

    Raises
    ------
    SetupError
        The address cannot be had.
    """
    check_address(host, port)
    from geoapp.web.wsgi import close_application, make_application  # everything there is

    application = make_application(settings)
    tiles = cast("TileServer", application.wsgi_app)
    bridge = Bridge(
        application, tiles, threads=THREADS, most_body_bytes=application.config["MAX_CONTENT_LENGTH"]
    )
    server = uvicorn.Server(server_config(bridge, host, port))
    threading.Thread(target=_watch, args=(address_of(host, port), when_up), daemon=True).start()
    # uvicorn listens to both signals while it serves, and then sends what it has got to whoever listened before.
    signal.signal(signal.SIGTERM, server.handle_exit)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            server.run()
        if not server.force_exit:
            bridge.close()
            close_application(application)
            return
    except KeyboardInterrupt:
        pass
    sys.stdout.flush()
    os._exit(1)  # not even waiting for the threads


def server_config(bridge: Bridge, host: str, port: int) -> uvicorn.Config:
    """Return how uvicorn is to serve an application."""
    return uvicorn.Config(
        bridge,
        host=host,
        port=port,
        http=TileProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        proxy_headers=False,  # who may use an open installation is told by where a request really comes from
        server_header=False,
        access_log=False,
        log_config=None,
        log_level="error",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )


def _watch(address: str, when_up: Callable[[], None]) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), urlopen(address + "healthz", timeout=5):  # noqa: S310 - our own address
            when_up()
            return
        time.sleep(0.1)


def check_open(settings: Settings, host: str) -> None:
    """Raise SetupError where an installation without sign-in would be offered to other machines."""
    if settings.open_as and not is_loopback(host):
        raise SetupError(
            f"免登录只能在本机使用，不能监听 {host}。请去掉 --host，或改为登录使用"
            "（geoapp demo 加 --sign-in；geoapp serve 去掉设置 open_as）。"
        )


def check_users(settings: Settings) -> None:
    """Raise SetupError where nobody could sign in: a server that answers to nobody should not seem to work."""
    if settings.open_as or open_accounts(settings).store.accounts():
        return
    raise SetupError(
        f"数据目录 {settings.data_dir} 还没有用户，没有人能登录。请先添加一位管理员：\n"
        f"  geoapp user add 登录名 --role administrator --data-dir {settings.data_dir}"
    )


def check_installation(settings: Settings) -> str:
    """Raise SetupError where no application can be made, before anything that takes long.

    Returns what is to be said of the clock.
    """
    from geoapp.web.app import create_app

    workspace: Workspace = create_app(settings).extensions["geoapp"]._get_current_object()
    warning = clock_warning(workspace, datetime.now().astimezone())
    workspace.store.close()
    return warning


def check_address(host: str, port: int) -> None:
    """Raise SetupError where *host* and *port* cannot be listened on, before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise SetupError(
                f"不能在 {host}:{port} 上监听：{_reason(error)}。"
                f"{_ADVICE.get(getattr(error, 'errno', None) or 0, _ADVICE_ELSE)}"
            ) from error


def _reason(error: OSError | OverflowError) -> str:
    if isinstance(error, socket.gaierror):  # its numbers are not those of the operating system
        return "找不到这个主机名或地址"
    return "端口应在 0 到 65535 之间" if isinstance(error, OverflowError) else system_reason(error)


def address_of(host: str, port: int) -> str:
    """Return what to type into a browser.

    Examples
    --------
    >>> address_of("0.0.0.0", 8000)
    'http://127.0.0.1:8000/'
    """
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}/"
