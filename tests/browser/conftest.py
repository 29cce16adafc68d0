"""A real server in a process of its own, and a real Chromium whose pages are watched."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = {"1440": {"width": 1440, "height": 900}, "1024": {"width": 1024, "height": 768}}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Server:
    """A running `geoapp demo` or `geoapp serve`."""

    address: str
    data_dir: Path
    process: subprocess.Popen


def start_server(verb: str, data_dir: Path, log: Path) -> Server:
    """Start `geoapp VERB` as a user would and wait until it answers."""
    port = free_port()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment.pop("GEOAPP_DATA_DIR", None)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "geoapp", verb, "--port", str(port), "--data-dir", str(data_dir)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped: {log.read_text(encoding='utf-8')}")
        try:
            with urlopen(f"{address}/healthz", timeout=2):
                return Server(address, data_dir, process)
        except (URLError, OSError):
            time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"the server did not answer within 60 s: {log.read_text(encoding='utf-8')}")


def stop_server(server: Server) -> None:
    server.process.terminate()
    try:
        server.process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo district, shared by tests that only read."""
    folder = tmp_path_factory.mktemp("demo-server")
    server = start_server("demo", folder / "data", folder / "server.log")
    yield server
    stop_server(server)


@pytest.fixture
def own_demo_server(tmp_path: Path) -> Iterator[Server]:
    """A demo district of the test's own, to write into."""
    server = start_server("demo", tmp_path / "data", tmp_path / "server.log")
    yield server
    stop_server(server)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        pytest.fail("Chromium is missing; make test installs it on Debian and Ubuntu.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_FLAGS))
        yield chromium
        chromium.close()


@dataclass
class Watch:
    """What a page did that it must not."""

    own_origin: str
    foreign_requests: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        page.on("request", lambda request: self._see_request(request.url))
        page.on("console", lambda message: self._see_console(message.type, message.text))
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        page.on(
            "dialog",
            lambda dialog: (self.console_errors.append("dialog: " + dialog.message), dialog.dismiss()),
        )

    def _see_request(self, url: str) -> None:
        if not url.startswith((self.own_origin, "data:", "blob:")):
            self.foreign_requests.append(url)

    def _see_console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.console_errors.append(text)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a watched page; at the end nothing foreign and no error may have been seen."""
    contexts = []
    watches = []

    def open_(server: Server, path: str = "/", size: str = "1440") -> Page:
        context = browser.new_context(viewport=SIZES[size], locale="zh-CN", accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        watch = Watch(server.address)
        watch.attach(page)
        watches.append(watch)
        page.goto(server.address + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    for watch in watches:
        assert watch.foreign_requests == []
        assert watch.console_errors == []
