"""A real Chromium whose pages are watched."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.browser.two_days import make_district
from tests.servers import Server, start_server, stop_server

OpenPage = Callable[..., Page]

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
GL_FLAGS = (
    *(flag for flag in CHROMIUM_FLAGS if flag != "--disable-gpu"),
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
"""WebGL drawn by the processor: slow, but the same code as on a graphics card."""
ENGINES = ("canvas", "gl")
SIZES = {"1440": {"width": 1440, "height": 900}, "1024": {"width": 1024, "height": 768}}


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


def launch(playwright: Playwright, flags: Sequence[str]) -> Browser:
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        pytest.fail("Chromium is missing; make test installs it on Debian and Ubuntu.")
    return playwright.chromium.launch(executable_path=found, args=list(flags))


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = launch(playwright, CHROMIUM_FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def gl_browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser with WebGL; started only where a test asks for it."""
    chromium = launch(playwright, GL_FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def two_days_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A district that was another half a year ago, with two basemaps; only read."""
    folder = tmp_path_factory.mktemp("two-days")
    (folder / "data").mkdir()
    make_district(folder / "data")
    server = start_server("serve", folder / "data", folder / "server.log")
    yield server
    stop_server(server)


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
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Return a function that opens a watched page; at the end nothing foreign and no error may have been seen."""
    yield from watched(browser)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each of the map's engines in turn."""
    return request.param


@pytest.fixture
def open_map(engine: str, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Return a function that opens the map as `open_page` does, drawn by the engine under test."""
    opener = watched(request.getfixturevalue("gl_browser" if engine == "gl" else "browser"))
    open_ = next(opener)

    def open_with_engine(server: Server, path: str = "/", size: str = "1440") -> Page:
        address, *place = path.split("#")
        joint = "&" if "?" in address else "?"
        return open_(server, "#".join([f"{address}{joint}engine={engine}", *place]), size)

    yield open_with_engine
    for _ in opener:
        pass


def watched(browser: Browser) -> Iterator[OpenPage]:
    """Yield the function that opens pages, then close them and look at what they did."""
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
