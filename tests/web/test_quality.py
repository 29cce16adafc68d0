"""The data-quality line on every page with a table of plots or projects, and the way to what lacks something."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.pages import text_of

PAGES = (
    "/rules", "/rules?at=2099-01-01", "/projects", "/projects?plots=far%20%3E%200.1", "/projects?view=board",
    "/candidates", "/portfolio?area=5&seconds=60", "/whatif?plots=DK-A,DK%2FC&mode=M04", "/table/plots/quality",
    "/transactions", "/micro-parks", "/agreements", "/land-terms",
    "/table/projects/quality?filter=stage%20=%20'P06'", "/table/buildings/quality",
)  # fmt: skip


@pytest.fixture
def client(district_app: Flask) -> FlaskClient:
    return district_app.test_client()


def line_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    found = re.search(r'<details class="table-quality.*?</details>', answer.get_data(as_text=True), re.DOTALL)
    assert found is not None, address
    return found[0]


@pytest.mark.parametrize("address", PAGES)
def test_line_says_how_much_is_unknown_and_how_old_it_is(client: FlaskClient, address: str) -> None:
    assert re.search(
        r"数据质量：\d+ (宗地|个项目|条记录|笔交易|个小微园|份协议)，.*数据截至 \d{4}-\d\d-\d\d",
        text_of(line_of(client, address)),
    )


@pytest.mark.parametrize("address", PAGES)
def test_every_gap_opens(client: FlaskClient, address: str) -> None:
    for href in re.findall(r'href="([^"]+)"', line_of(client, address)):
        assert client.get(unescape(href)).status_code == 200, href


def test_gap_leads_to_its_records(client: FlaskClient) -> None:
    line = line_of(client, "/table/plots/quality?filter=far%20%3E%200")
    href = unescape(re.search(r'data-gap="town_code"><a href="([^"]+)"', line)[1])  # type: ignore[index]
    rows = client.get(f"/table/plots.json?{href.partition('?table=plots&')[2]}").get_json()["rows"]
    assert [row["plot_code"] for row in rows] == ["DK-B"]
    assert "sel=DK%2FC" in unescape(line_of(client, "/whatif?plots=DK-A,DK%2FC&mode=M04"))


def test_line_of_a_day_keeps_the_day(client: FlaskClient) -> None:
    line = line_of(client, "/rules?at=2020-01-01")
    assert "0 宗地，没有可核对的记录" in text_of(line)
    assert client.get("/table/plots/quality?far=1").status_code == 400
