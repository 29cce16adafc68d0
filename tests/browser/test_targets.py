"""The target ledger in a real browser: charts are drawn, a number opens, the scope is chosen."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.servers import Server

pytestmark = pytest.mark.browser


def test_number_opens_to_its_records_and_its_chart(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/targets", "1024")
    expect(page.locator("#targets-chart canvas")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator('tr[data-indicator="revitalised_area"] .target-actual').click()
    expect(page.locator("#target-chart canvas")).to_be_visible()
    expect(page.locator("#target-members tbody tr")).to_have_count(116)
    assert "2023-12-31" in (page.locator("#target-chart").get_attribute("aria-label") or "")
    page.locator("#targets-form select[name=scope]").select_option("town:330205103")
    page.wait_for_url("**/revitalised_area?scope=town*330205103")
    expect(page.locator("h1")).to_contain_text("慈城镇")
