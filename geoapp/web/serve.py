"""Run the application on the production server."""

import contextlib
import errno
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime
from urllib.request import urlopen

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from geoapp.errors import SetupError, system_reason
from geoapp.services.accounts import open_accounts
from geoapp.services.machine_clock import clock_warning
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from geoapp.web.people import is_loopback

THREADS = 8
"""Requests answered at once; a district's office is some tens of people."""
_ADVICE = {
    errno.EADDRINUSE: "请用 --port 换一个，或停掉占用它的程序。",
    errno.EADDRNOTAVAIL: "请用 --host 写本机网卡的地址，或写 0.0.0.0（所有网卡）。",
    errno.EACCES: "1024 以下的端口要管理员权限，请用 --port 换一个。",
}
_ADVICE_ELSE = "请检查 --host 和 --port。"


def serve(settings: Settings, *, host: str, port: int, when_up: Callable[[], None]) -> None:
    """Serve until interrupted; call *when_up* once pages are answered.

    Raises
    ------
    SetupError
        The address cannot be had.
    """
    check_address(host, port)
    os.environ["GEOAPP_DATA_DIR"] = str(settings.data_dir)
    os.environ["GEOAPP_OPEN_AS"] = settings.open_as
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
    fold_database(settings)


def fold_database(settings: Settings) -> None:
    """Bring what is still in the write-ahead log into `geoapp.gpkg`, as the stopped worker had no time to.

    The file is then whole by itself, for whoever copies or opens only that. Where another program still uses the
    database, the log stays beside it.
    """
    open_workspace(settings).store.close()


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
    """Raise SetupError where no application can be made, while who starts it can still be told in one line.

    The worker makes its own: what it raises would come as a traceback. Returns what is to be said of the clock.
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
