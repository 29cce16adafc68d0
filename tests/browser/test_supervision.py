"""The supervision report in a real browser: the chart is drawn, a choice leads on, a number opens, the file is it."""

from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.servers import Server

pytestmark = pytest.mark.browser


def test_report_is_ranked_drawn_and_opened(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/ledgers", "1024")
    page.get_by_role("link", name="督查通报").click()
    page.wait_for_url("**/supervision")
    expect(page.locator("#supervision-chart canvas")).to_be_visible()
    # Nothing is cut off on a small screen, the table does not scroll either.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate(
        "(t => t.scrollWidth <= t.clientWidth)(document.querySelector('.supervision-table'))"
    )
    words = page.locator("#supervision-chart").get_attribute("aria-label") or ""
    assert words.startswith("时间进度 100.00%；完成率：1 慈城镇 147.83%")
    page.locator("#supervision-form select[name=period]").select_option("2024-Q4")
    page.wait_for_url("**period=2024-Q4*")
    expect(page.locator("tbody tr").first).to_have_attribute("data-unit", "town:330205103")
    page.locator('tr[data-unit="town:330205006"] [data-figure=land_done] a').click()
    page.wait_for_url("**/ledgers/JX_TL?from=2024-01-01&to=2024-12-31")
    # What the report says of the town is the ledger's sum of those days.
    expect(page.locator("tr", has_text="庄桥街道").first).to_contain_text("199.04")


def test_workbook_is_what_the_page_shows(demo_server: Server, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(demo_server, "/supervision?by=park&period=2025-Q2", "1440")
    with page.expect_download() as started:
        page.get_by_role("link", name="Excel 通报件").click()
    path = tmp_path / "通报.xlsx"
    started.value.save_as(path)
    assert started.value.suggested_filename.startswith("督查通报_园区_2025-Q2_")
    sheet = openpyxl.load_workbook(path)["督查通报"]
    in_file = [sheet.cell(row, 2).value for row in range(6, 6 + page.locator("tbody tr").count())]
    assert page.locator("tbody th[scope=row]").all_inner_texts() == in_file
