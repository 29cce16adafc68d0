"""A page of a past day leads on to that day: its links, its forms and its files."""

from datetime import date, timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.services.test_remediation import ENTRY
from tests.small_district import write

YESTERDAY = date.today() - timedelta(days=1)  # noqa: DTZ011 - the machine's own day, as pages use it
FIRST_REVISIONS = 2
"""The district's records and the list's entry: yesterday's rules over them are not now."""
DAY = quote(f"{YESTERDAY.isoformat()}@{FIRST_REVISIONS}")
BACK_TO_NOW = "回到现在"
PAGES = (
    "/agreements", "/alarms", "/candidates", "/check", "/evaluation", "/evaluation/plots", "/ledgers", "/ledgers/JX_TL",
    "/lists", "/lists/2025/L4/DK-A", "/plots/DK-A", "/plots/DK-A/proof", "/portfolio", "/projects", "/projects/X1",
    "/rules", "/rules/LE04", "/statistics", "/targets", "/targets/plan_2021_2025/revitalised_area",
    "/whatif?plots=DK-A&mode=M01&far=2", "/zones/towns/(total)/proof",
)  # fmt: skip


class _Ways(HTMLParser):
    """What leads on from the body of a page: addresses of links, and forms that ask with their inputs' names."""

    def __init__(self) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.forms: dict[str, set[str]] = {}
        self._is_body, self._link, self._form = False, "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._is_body |= tag == "main"
        if not self._is_body:
            return
        if tag == "a" and (values.get("href") or "").startswith("/"):
            self._link = str(values["href"])
            self.links[self._link] = ""
        if tag == "form" and values.get("method") == "get" and values.get("action"):
            self._form = str(values["action"])
            self.forms[self._form] = set()
        if self._form and values.get("name") and values.get("value"):
            self.forms[self._form].add(str(values["name"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = ""
        if tag == "a":
            self._link = ""

    def handle_data(self, data: str) -> None:
        if self._link:
            self.links[self._link] += data


def with_day(address: str) -> str:
    path, _, anchor = address.partition("#")
    return f"{path}{'&' if '?' in path else '?'}at={DAY}{'#' if anchor else ''}{anchor}"


def forgets_day(client: FlaskClient, address: str, known: dict[str, bool]) -> bool:
    """Return whether an address takes a day and does not have the page's."""
    parts = urlsplit(address)
    if "at" in parse_qs(parts.query):
        return False
    endpoint, _ = client.application.url_map.bind("").match(parts.path, method="GET")
    if endpoint not in known:
        known[endpoint] = client.get(with_day(address)).status_code == 200
    return known[endpoint]


def ways_of(client: FlaskClient, page: str) -> _Ways:
    answer = client.get(with_day(page))
    assert answer.status_code == 200, page
    ways = _Ways()
    ways.feed(answer.get_data(as_text=True))
    return ways


@pytest.mark.slow
@pytest.mark.no_cover  # asks many addresses; what each says is tested with its page
def test_every_way_on_from_a_past_day_keeps_it(district_app: Flask) -> None:
    write(district_app.extensions["geoapp"], list_entries=[ENTRY])
    client = district_app.test_client()
    known: dict[str, bool] = {}
    lost: list[tuple[str, str]] = []
    for page in PAGES:
        ways = ways_of(client, page)
        lost += [
            (page, address)
            for address, words in ways.links.items()
            # The script of the statistics page writes its files' addresses from what is chosen there.
            if words.strip() != BACK_TO_NOW
            and not address.startswith("/statistics.")
            and forgets_day(client, address, known)
        ]
        lost += [(page, f"form {address}") for address, names in ways.forms.items() if "at" not in names]
    assert lost == []
