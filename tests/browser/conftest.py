"""A real Chromium whose pages are watched."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.servers import Server

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
