"""Fifty signed-in people browse and five edit for two minutes: how long a card and a save take, and what was lost.

Run `python -m tests.bench.bench_people`; `--seconds=`, `--plots=`, `--viewers=` and `--editors=` make it smaller. All
is measured where the answer arrives, in a process beside the server's on the same machine, first on the demo district,
then on a city of 200,000 plots.
"""

import math
import random
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import numpy as np
from rich.console import Console
from rich.table import Table

from geoapp.domain.user import Role, User
from geoapp.services.accounts import open_accounts
from geoapp.services.demo import load_demo
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.bench.city import make_city, wait_until_prepared
from tests.bench.peers_tiles import option
from tests.servers import start_server, stop_server

VIEWERS, EDITORS, SECONDS, CITY = 50, 5, 120, 200_000
THINK_S = 3.0
"""What one looks at a page, in the mean."""
TYPE_S = 6.0
"""What one takes over a form, in the mean."""
IDLE_S = 4.0
"""After which a connection is made anew."""
MOST_CARD_MS, MOST_SAVE_MS = 150.0, 300.0
PASSWORD = "a long enough passphrase for 2026"  # noqa: S105 - of people who live as long as the benchmark
ZOOM, SCREEN = 14, (4, 3)
CARD, SAVE = "card", "save"


class Form(HTMLParser):
    """The fields of the form that saves, with what they hold, as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._open = self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a field holds."""
        own = {name: value or "" for name, value in attrs}
        name = own.get("name", "")
        is_left_out = own.get("type") in ("submit", "button") or (
            own.get("type") in ("checkbox", "radio") and "checked" not in own
        )
        if tag == "input" and name and not is_left_out:
            self.fields[name] = own.get("value", "")
        elif tag == "textarea":
            self._open, self.fields[name] = name, ""
        elif tag == "select":
            self._select, self.fields[name] = name, ""
        elif tag == "option" and "selected" in own:
            self.fields[self._select] = own.get("value", "")

    def handle_data(self, data: str) -> None:
        """Note what stands in a text field of several lines."""
        if self._open:
            self.fields[self._open] += data

    def handle_endtag(self, tag: str) -> None:
        """Note that such a field ends."""
        if tag == "textarea":
            self._open = ""


@dataclass
class Visitor:
    """Somebody signed in, on one kept connection."""

    address: str
    name: str
    dice: random.Random
    times_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    saved: int = 0
    """Edits that the server acknowledged."""

    def __post_init__(self) -> None:
        self._connection = HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        self._cookies = SimpleCookie[str]()
        self._used = time.monotonic()

    def sign_in(self) -> None:
        """Sign in as a browser does, with the token of the form."""
        form = Form(self.get("sign-in page", "/account/sign-in")).fields
        form |= {"name": self.name, "password": PASSWORD}
        self.send("sign in", "POST", "/account/sign-in", form, expected=303)

    def get(self, what: str, path: str) -> str:
        """Ask for an address."""
        return self.send(what, "GET", path)

    def send(
        self, what: str, method: str, path: str, form: dict[str, str] | None = None, expected: int = 200
    ) -> str:
        """Send a request and note how long the answer took; another status than expected is an error."""
        headers = {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in self._cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = None if form is None else urlencode(form)
        if time.monotonic() - self._used > IDLE_S:  # as browsers do with one that the server may have closed
            self._connection.close()
        started = time.perf_counter()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        self._used = time.monotonic()
        self.times_ms[what].append((time.perf_counter() - started) * 1e3)
        for line in answer.headers.get_all("Set-Cookie") or ():
            self._cookies.load(line)
        if answer.status != expected:
            self.errors.append(f"{what}: {method} {path} -> {answer.status}")
        return content.decode("utf-8", "replace")

    def think(self, mean_s: float, until: float) -> bool:
        """Wait as people do; False when time is up."""
        time.sleep(min(self.dice.expovariate(1 / mean_s), max(until - time.monotonic(), 0)))
        return time.monotonic() < until


@dataclass(frozen=True)
class District:
    """What there is to look at."""

    codes: list[str]
    places: list[tuple[float, float]]
    """Longitude and latitude of each plot."""
    projects: list[str]


def browse(visitor: Visitor, district: District, until: float) -> None:
    """Look at the map, and from it at cards, tables, statistics and projects, until time is up."""
    dice = visitor.dice
    visitor.think(THINK_S, until)
    visitor.get("map page", "/")

    def look_around() -> None:
        lon, lat = dice.choice(district.places)
        for path in screen(lon, lat):
            visitor.get("tile", path)

    def open_card() -> None:
        visitor.get(CARD, f"/plots/{quote(dice.choice(district.codes))}/card")

    def open_project() -> None:
        if district.projects:
            visitor.get("project page", f"/projects/{quote(dice.choice(district.projects))}")

    ways: list[tuple[Callable[[], object], int]] = [
        (look_around, 6),
        (open_card, 6),
        (lambda: visitor.get("table", "/table/plots.json?page=1&size=50"), 2),
        (lambda: visitor.get("statistics", "/statistics?zones=towns"), 1),
        (open_project, 1),
    ]
    actions, weights = zip(*ways, strict=True)
    while visitor.think(THINK_S, until):
        dice.choices(actions, weights)[0]()


def edit(visitor: Visitor, codes: list[str], until: float) -> None:
    """Open the forms of plots that nobody else edits, and save them with another area, until time is up."""
    while visitor.think(THINK_S, until):
        path = f"/records/plots/{quote(visitor.dice.choice(codes))}/edit"
        form = Form(visitor.get("form", path)).fields
        if not visitor.think(TYPE_S, until):
            return
        area = float(form.get("area_reg_m2") or 10_000)
        form |= {"area_reg_m2": f"{area + 1 + visitor.saved:.2f}", "edit_reason": "实测", "accept": "1"}
        before = len(visitor.errors)
        visitor.send(SAVE, "POST", path, form, expected=303)
        visitor.saved += len(visitor.errors) == before


def screen(lon: float, lat: float) -> Iterator[str]:
    """Return the addresses of a screenful of tiles around a place."""
    count = 2**ZOOM
    x = int((lon + 180) / 360 * count)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * count)
    for i in range(SCREEN[0]):
        for j in range(SCREEN[1]):
            yield f"/tiles/plots/{ZOOM}/{x + i - SCREEN[0] // 2}/{y + j - SCREEN[1] // 2}.mvt"


def main() -> None:
    console, failures = Console(), []
    for words, plots in (("the demo district", 0), ("a city", option("plots", CITY))):
        with tempfile.TemporaryDirectory() as name:
            failures += measure(console, words, Path(name), plots)
    if failures:
        raise SystemExit("; ".join(failures))


def measure(console: Console, words: str, folder: Path, plots: int) -> list[str]:
    """Fill an installation, let people work on it, and say what they met; return what is not as it must be."""
    settings = Settings(data_dir=folder / "data")
    district = make_district(settings, plots)
    names = make_people(settings)
    before = revision(settings)
    # All come from one address, in one minute.
    variables = {"GEOAPP_OPEN_AS": "", "GEOAPP_SIGN_IN_PER_MINUTE": "1000"}
    server = start_server("serve", settings.data_dir, folder / "server.log", variables=variables)
    try:
        wait_until_prepared(server)
        visitors = {
            name: Visitor(server.address, name, random.Random(name))  # noqa: S311 - people, not secrets
            for name in names
        }
        work_all(visitors, district, option("seconds", SECONDS))
    finally:
        stop_server(server)
    return report(console, f"{words}, {len(district.codes):,} plots", visitors, revision(settings) - before)


def make_district(settings: Settings, plots: int) -> District:
    if plots:
        make_city(plots, settings.data_dir)
    workspace = open_workspace(settings)
    if not plots:
        load_demo(workspace)
    held = workspace.store.read("plots")
    points = held.geometry.representative_point()
    projects = workspace.store.read("projects")["project_code"].astype(str).tolist()
    workspace.store.close()
    return District(held["plot_code"].tolist(), list(zip(points.x, points.y, strict=True)), projects)


def make_people(settings: Settings) -> dict[str, Role]:
    """Add the people, and return their roles by name."""
    accounts = open_accounts(settings)
    names = {f"viewer{number}": Role.VIEWER for number in range(option("viewers", VIEWERS))}
    names |= {f"editor{number}": Role.EDITOR for number in range(option("editors", EDITORS))}
    for name, role in names.items():
        accounts.add(User(name=name, display_name=name, role=role), PASSWORD)
    return names


def revision(settings: Settings) -> int:
    workspace = open_workspace(settings)
    number = workspace.store.revision()
    workspace.store.close()
    return number


def work_all(visitors: dict[str, Visitor], district: District, seconds: int) -> None:
    """Let everybody sign in, then work at the same time."""
    for visitor in visitors.values():
        visitor.sign_in()
    until = time.monotonic() + seconds
    editors = [visitor for name, visitor in visitors.items() if name.startswith("editor")]
    threads = [
        threading.Thread(target=noting, args=(visitor, browse, visitor, district, until))
        for name, visitor in visitors.items()
        if name.startswith("viewer")
    ]
    threads += [
        threading.Thread(
            target=noting, args=(visitor, edit, visitor, district.codes[own :: len(editors)], until)
        )
        for own, visitor in enumerate(editors)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def noting(visitor: Visitor, work: Callable[..., None], *arguments: object) -> None:
    """Do some work; what breaks it is an error of the visitor's."""
    try:
        work(*arguments)
    except (OSError, HTTPException, ValueError) as error:
        visitor.errors.append(repr(error))


def report(console: Console, words: str, visitors: dict[str, Visitor], revisions: int) -> list[str]:
    times: dict[str, list[float]] = defaultdict(list)
    for visitor in visitors.values():
        for what, own in visitor.times_ms.items():
            times[what] += own
    table = Table(
        "what", "requests", "median ms", "p95 ms", "most ms", title=f"{len(visitors)} people on {words}"
    )
    for what, own in times.items():
        table.add_row(what, str(len(own)), *(f"{np.percentile(own, share):.0f}" for share in (50, 95, 100)))
    console.print(table)
    errors = [error for visitor in visitors.values() for error in visitor.errors]
    saved = sum(visitor.saved for visitor in visitors.values())
    console.print(f"errors: {len(errors)}; edits acknowledged: {saved}; revisions written: {revisions}")
    failures = [f"{words}: {len(errors)} errors, first {errors[0]}"] if errors else []
    if saved != revisions or not saved:
        failures.append(f"{words}: {saved} edits acknowledged, {revisions} written")
    for what, most in ((CARD, MOST_CARD_MS), (SAVE, MOST_SAVE_MS)):
        p95 = float(np.percentile(times[what], 95)) if times[what] else math.inf
        if p95 > most:
            failures.append(f"{words}: p95 of a {what} {p95:.0f} ms, needs {most:.0f} ms")
    return failures


if __name__ == "__main__":
    main()
