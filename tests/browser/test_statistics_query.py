"""Filter and day on the statistics page in a real Chromium: said, kept in links, cleared."""

from urllib.parse import quote

import pytest

from tests.browser.conftest import OpenPage
from tests.servers import Server

pytestmark = pytest.mark.browser
FILTER = "far < 1 AND town_code IN ('330205103')"
WORDS = "容积率 小于 1 且 镇街 为 慈城镇"


def test_filter_is_said_kept_and_cleared(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, f"/statistics?filter={quote(FILTER)}")
    page.wait_for_selector("#statistics-table .tabulator-row")
    assert WORDS in page.inner_text("#statistics-query")
    assert f"筛选：{WORDS}" in page.inner_text("#statistics-meta")
    for link in page.query_selector_all("#statistics-exports a"):
        assert "filter=far+%3C+1+AND+" in (link.get_attribute("href") or "")
    page.select_option("select[name=zones]", "parks")
    page.wait_for_url(lambda url: "zones=parks" in url)
    assert "filter=far+%3C+1+AND+" in page.evaluate("location.search")
    assert page.evaluate("document.querySelector('#statistics-chart canvas') !== null")
    with page.expect_navigation():
        page.click("[data-clear=filter]")
    page.wait_for_selector("#statistics-table .tabulator-row")
    assert "filter" not in page.evaluate("location.search")
    assert "zones=parks" in page.evaluate("location.search")
    assert page.query_selector("#statistics-query") is None


def test_filter_that_leaves_nothing_says_so(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, f"/statistics?filter={quote('far > 99')}&at=2024-05-31")
    page.wait_for_selector("#statistics-empty:not([hidden])")
    assert "没有符合条件的地块" in page.inner_text("#statistics-empty")
    assert "2024-05-31" in page.inner_text("#statistics-query")
    with page.expect_navigation():
        page.click("[data-clear=at]")
    page.wait_for_selector("#statistics-empty:not([hidden])")
    assert page.evaluate("location.search.includes('at=')") is False
    assert page.evaluate("location.search.includes('filter=')")
