"""Proof sheets in a real Chromium: reached from the statistics table, land in the chosen unit, printed on A4."""

from urllib.parse import quote

import pytest

from tests.browser.conftest import OpenPage
from tests.servers import Server

pytestmark = pytest.mark.browser


def test_ratio_in_the_table_leads_to_the_zones_sheet(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, f"/statistics?membership=largest&filter={quote('far < 1')}")
    page.wait_for_selector("#statistics-table .tabulator-row")
    link = page.locator('#statistics-table .row-total .tabulator-cell[tabulator-field="far"] a')
    shown = link.inner_text()
    with page.expect_navigation():
        link.click()
    assert "/zones/towns/" in page.url
    assert "membership=largest" in page.url
    assert "filter=far" in page.url
    assert page.inner_text(".proof-result strong") == shown
    assert "容积率 小于 1" in page.inner_text(".proof-terms")
    with page.expect_navigation():
        page.click(".proof-lines tbody a >> nth=0")
    assert page.url.endswith("/proof")
    assert "容积率计算书" in page.inner_text("h1")


def test_land_unit_is_chosen_and_kept(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/statistics")
    code = page.evaluate(
        "fetch('/table/plots/keys.json?limit=1').then((a) => a.json()).then((a) => a.keys[0])"
    )
    page.goto(f"{demo_server.address}/plots/{quote(code)}/proof")
    first = page.locator(".proof-areas .land").first
    assert "亩（" in first.inner_text()
    for unit, words in (("ha", " 公顷（"), ("m2", " 平方米"), ("mu", " 亩（")):
        with page.expect_navigation():
            page.select_option("#area-unit", unit)
        assert words in first.inner_text()
    page.emulate_media(media="print")
    assert not page.is_visible(".proof-tools")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
