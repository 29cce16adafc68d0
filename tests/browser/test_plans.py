"""What-if from the map's selection, scenarios side by side, and a portfolio back on the map, in a real Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.servers import Server

pytestmark = pytest.mark.browser

PLOTS = "330205-GY-0013,330205-GY-0269"


def test_selection_leads_to_a_what_if_whose_form_follows_the_mode(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server, f"/?sel={PLOTS}")
    page.wait_for_selector("#selection-bar [data-whatif]:not([hidden])")
    with page.expect_navigation():
        page.click("#selection-bar [data-whatif]")
    far = page.locator("#whatif-form input[name=far]")
    page.select_option("#whatif-form select[name=mode]", "M10")
    assert far.is_disabled()
    page.select_option("#whatif-form select[name=mode]", "M01")
    assert far.is_enabled()
    far.fill("2.0")
    with page.expect_navigation():
        page.click("#whatif-form button[type=submit]")
    assert page.url.endswith(f"/whatif?plots={PLOTS.replace(',', '%2C')}&mode=M01&far=2.0")
    assert page.locator(".plan-lines tbody tr").count() == 2
    before, after = (
        page.locator(f".plan-bar rect.plan-bar-{when}").first.bounding_box() for when in ("before", "after")
    )
    assert before
    assert after
    assert before["width"] < after["width"]


def test_buildings_are_ticked_one_by_one(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/whatif?plots=330205-GY-0013")
    page.select_option("#whatif-form select[name=mode]", "M02")
    page.fill("#whatif-form input[name=far]", "1.5")
    page.select_option("#demolish-word", "some")
    box = page.locator("#buildings input[type=checkbox]").first
    code = box.get_attribute("value")
    box.check()
    with page.expect_navigation():
        page.click("#whatif-form button[type=submit]")
    assert f"demolish={code}" in page.url
    assert page.locator("#buildings input:checked").count() == 1


def test_portfolio_becomes_the_selection_of_the_map(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/portfolio")
    page.fill("#portfolio-form input[name=area]", "300")
    page.check("#portfolio-form input[name=towns]")
    with page.expect_navigation():
        page.click("#portfolio-form button[type=submit]")
    assert page.get_attribute(".plan-verdict", "data-found") == "yes"
    count = page.locator("tr[data-plot]").count()
    with page.expect_navigation():
        page.click("text=在地图上选中这些地块")
    expect(page.locator("#selection-bar [data-figure=count]")).to_have_text(f"{count} 宗", timeout=20_000)
    page.go_back()
    with page.expect_navigation():
        page.click("text=在表格中看")
    # only they are listed, and the address keeps it that way
    expect(page.locator("[data-total]")).to_have_text(f"{count} 条", timeout=20_000)
    expect(page.locator("[data-only-selected]")).to_have_attribute("aria-pressed", "true")
    page.wait_for_url(re.compile("rows=selected"))


def test_scenarios_are_ticked_and_compared(demo_server: Server, open_page: OpenPage) -> None:
    # The registers stay as they are: a scenario is a file of its own.
    page = open_page(demo_server, f"/whatif?plots={PLOTS}&mode=M01&far=2.0")
    for name, far in (("拆建2.0", "2.0"), ("拆建1.5", "1.5")):
        page.goto(f"{demo_server.address}/whatif?plots={PLOTS}&mode=M01&far={far}")
        page.fill(".plan-save input[name=name]", name)
        page.fill(".plan-save input[name=author]", "示例")
        with page.expect_navigation():
            page.click(".plan-save button")
    for box in page.locator("#scenario-form input[type=checkbox]").all():
        box.check()
    with page.expect_navigation():
        page.click("#scenario-form button.button-primary")
    heads = page.locator(".plan-compared thead th").all_inner_texts()
    assert [head.split("\n")[0] for head in heads[2:]] == ["拆建1.5", "拆建2.0"]
    assert page.locator(".plan-compared tr.differs").count() > 3
