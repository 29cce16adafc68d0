"""A real Chromium whose pages are watched."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.browser.two_days import make_district
from tests.servers import Server, start_server, stop_server

OpenPage = Callable[..., Page]

# As long as what a test clicks on may take; five seconds failed where the machine had much else to do.
expect.set_options(timeout=30_000)

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
SIZES = {
    "1440": {"width": 1440, "height": 900},
    "1024": {"width": 1024, "height": 768},
    "gl": {"width": 1200, "height": 680},
}
"""The last is for WebGL alone: the same panels beside the map, and half the pixels for the processor to draw."""
ONE_SAMPLE_A_PIXEL = """
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = function (kind, options) {
        return getContext.call(this, kind, kind.startsWith("webgl") ? { ...options, antialias: false } : options);
    };
"""
"""Smooth edges would have the processor draw every pixel four times; no test looks at an edge."""


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

    own_origin: str = ""
    known_origins: set[str] = field(default_factory=set)
    foreign_requests: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        page.on("request", lambda request: self._see_request(request.url))
        page.on("console", self._see_console)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        page.on(
            "dialog",
            lambda dialog: (self.console_errors.append("dialog: " + dialog.message), dialog.dismiss()),
        )

    def begin(self, own_origin: str) -> None:
        self.own_origin, self.foreign_requests, self.console_errors = own_origin, [], []
        self.known_origins.add(own_origin)

    def _see_request(self, url: str) -> None:
        if not url.startswith((self.own_origin, "data:", "blob:")):
            self.foreign_requests.append(url)

    def _see_console(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        if message.type in ("error", "warning") and not self._is_left_behind(url):
            self.console_errors.append(f"{message.text} ({url})")

    def _is_left_behind(self, url: str) -> bool:
        """Whether a page of an earlier test speaks, whose server may have stopped since: Chromium reports late."""
        return any(url.startswith(origin + "/") for origin in self.known_origins - {self.own_origin})


@dataclass
class Window:
    """A browser window with a profile of its own, used by one test after the other: its cache stays warm."""

    context: BrowserContext
    page: Page
    watch: Watch
    size: str

    def clear(self) -> bool:
        """Leave the page and forget what it kept; False if the window is of no more use."""
        try:
            self.page.unroute_all(behavior="ignoreErrors")
            self.page.emulate_media(media="null")
            self.page.mouse.move(0, 0)
            self.page.evaluate("localStorage.clear(), sessionStorage.clear()")
            self.page.goto("about:blank")
            self.context.clear_cookies()
        except Error:
            self.context.close()
            return False
        return True


@dataclass
class Windows:
    """The windows of one browser, as many as one test has open at once; *script* runs first in every page."""

    browser: Browser
    script: str = ""
    free: list[Window] = field(default_factory=list)

    def open(self, size: str, own_origin: str) -> Window:
        window = next((window for window in self.free if window.size == size), None)
        if window is None:
            window = self._make(size)
        else:
            self.free.remove(window)
        window.watch.begin(own_origin)
        return window

    def _make(self, size: str) -> Window:
        # Without motion: what fades and slides is drawn many times, and no test looks at it halfway.
        context = self.browser.new_context(
            viewport=SIZES[size], locale="zh-CN", accept_downloads=True, reduced_motion="reduce"
        )
        if self.script:
            context.add_init_script(self.script)
        window = Window(context, context.new_page(), Watch(), size)
        window.watch.attach(window.page)
        return window

    def give_back(self, window: Window) -> None:
        if window.clear():
            self.free.append(window)


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Windows:
    return Windows(browser)


@pytest.fixture(scope="session")
def gl_windows(gl_browser: Browser) -> Windows:
    return Windows(gl_browser, ONE_SAMPLE_A_PIXEL)


@pytest.fixture
def open_page(windows: Windows) -> Iterator[OpenPage]:
    """Return a function that opens a watched page; at the end nothing foreign and no error may have been seen."""
    yield from opened(windows)


@pytest.fixture
def open_unwatched(windows: Windows) -> Iterator[OpenPage]:
    """Return a function that opens a page whose console may hold refused requests, which Chromium reports there."""
    yield from opened(windows, is_watched=False)


@pytest.fixture
def open_new(browser: Browser) -> Iterator[OpenPage]:
    """Return a function that opens a watched page in a window whose cache is empty."""
    once = Windows(browser)
    yield from opened(once)
    for window in once.free:
        window.context.close()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each of the map's engines in turn."""
    return request.param


@pytest.fixture
def open_map(engine: str, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Return a function that opens the map as `open_page` does, drawn by the engine under test.

    For what an engine draws, finds under the pointer or has to keep; all else is tested with `open_page` alone.
    """
    is_gl = engine == "gl"
    opener = opened(request.getfixturevalue("gl_windows" if is_gl else "windows"))
    open_ = next(opener)

    def open_with_engine(server: Server, path: str = "/", size: str = "gl" if is_gl else "1440") -> Page:
        address, *place = path.split("#")
        joint = "&" if "?" in address else "?"
        path = "#".join([f"{address}{joint}engine={engine}", *place])
        return open_(server, path, size)

    yield open_with_engine
    for _ in opener:
        pass


def opened(windows: Windows, *, is_watched: bool = True, size: str = "1440") -> Iterator[OpenPage]:
    """Yield the function that opens pages, broken before by *break_*; then look at what they did and clear them."""
    used: list[Window] = []

    def open_(
        server: Server,
        path: str = "/",
        size: str = size,
        break_: Callable[[Page], None] = lambda _page: None,
    ) -> Page:
        window = windows.open(size, server.address)
        used.append(window)
        break_(window.page)
        window.page.goto(server.address + path)
        return window.page

    yield open_
    seen = [(window.watch.foreign_requests, window.watch.console_errors) for window in used]
    for window in used:
        windows.give_back(window)
    if is_watched:
        for foreign_requests, console_errors in seen:
            assert foreign_requests == []
            assert console_errors == []
