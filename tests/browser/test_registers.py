"""The registers around projects in a real browser: a review is entered, the map changes colour."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.servers import Server

pytestmark = pytest.mark.browser

CHECKED = "document.documentElement.scrollWidth <= window.innerWidth"


@pytest.mark.slow
def test_a_review_is_entered_and_the_map_changes_colour(
    own_demo_server: Server, open_unwatched: OpenPage
) -> None:
    page = open_unwatched(own_demo_server, "/transactions?check=failed&review=waiting", "1024")
    assert page.evaluate(CHECKED)
    page.locator("[data-transaction='示例交易-2026-009'] th a").click()
    expect(page.locator("[data-rule=AD5] b")).to_have_text("■ 不符合")
    expect(page.locator(".map-plot")).to_have_count(1)
    form = page.locator("#review-form")
    form.locator("select[name=review]").select_option("passed")
    form.locator("input[name=document_no]").fill("示例准入〔2026〕9号")
    form.locator("input[name=user]").fill("张三（示例）")
    with page.expect_response(lambda answer: answer.request.method == "POST") as refused:
        form.get_by_role("button").click()
    assert refused.value.status == 422
    expect(page.locator(".projects-complaint")).to_contain_text("只能附条件通过或不通过")
    expect(form.locator("input[name=document_no]")).to_have_value("示例准入〔2026〕9号")
    form.locator("select[name=review]").select_option("refused")
    form.locator("textarea[name=reason]").fill("价格过低，约定税收不足")
    form.get_by_role("button").click()
    expect(page.locator(".projects-flash")).to_contain_text("次修订")
    expect(page.locator("h1 .review")).to_have_text("不通过")
    assert page.evaluate(CHECKED)
    address = f"{own_demo_server.address}/layers/plots/style.json?style=transaction_review"
    classes = page.request.get(address).json()["classes"]
    assert {one["zh"]: one["count"] for one in classes}["不通过"] == 2  # one of the demo, and this


def test_pages_of_terms_and_parks_fit_and_lead_on(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/land-terms", "1024")
    assert page.evaluate(CHECKED)
    page.locator("#summary a").first.click()
    expect(page.locator(".term-plots tbody tr")).to_have_count(5)
    expect(page.locator(".term-plots tbody tr").first).to_contain_text("未达标，收回或提高地价")
    page.get_by_role("link", name="小微园").click()
    page.wait_for_load_state()  # with its styles: before them nothing has its width
    assert page.evaluate(CHECKED)
    page.locator("[data-park='XWY-06'] th a").click()
    expect(page.locator("[data-rule=MP6] b")).to_have_text("■ 不符合")
    expect(page.locator(".map-plot")).to_have_count(1)
    assert page.evaluate(CHECKED)


def test_list_of_revisions_fits_whatever_they_hold(demo_server: Server, open_page: OpenPage) -> None:
    # The demo's first revision fills every register: its summary names them all.
    page = open_page(demo_server, "/imports", "1024")
    assert page.evaluate(CHECKED)
    page.get_by_role("link", name="1", exact=True).click()
    page.wait_for_url("**/revisions/1")
