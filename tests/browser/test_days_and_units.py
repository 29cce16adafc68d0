"""Two days and three units in a real Chromium: /changes, the curtain's right side, the switch in the head."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.map_page import wait_until, wait_until_drawn
from tests.browser.test_swipe import PLACE, gone_plot
from tests.browser.two_days import BEFORE
from tests.servers import Server

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_changes_are_drawn_listed_and_found_again(two_days_server: Server, open_page: OpenPage) -> None:
    page = open_page(two_days_server, f"/changes?from={BEFORE}")
    expect(page.locator("#changes-map-note")).to_contain_text("消失的画虚线")
    expect(page.locator("#table-quality summary")).to_contain_text("宗地")
    first = page.locator(".changes-records tr[data-plot]").first
    code = first.get_attribute("data-plot")
    first.locator(".changes-locate").click()
    expect(page.locator("#changes-map .leaflet-tooltip")).to_contain_text("消失")
    page.locator(".changes-records thead a", has_text="用地面积").click()
    page.wait_for_url(re.compile("sort=-area"))
    with page.expect_navigation():
        page.select_option("#area-unit", "ha")
    expect(page.locator(".changes-records thead")).to_contain_text("用地面积(公顷)")
    page.get_by_role("link", name=re.compile("在地图上卷帘对比")).click()
    wait_until_drawn(page)
    expect(page.locator(".swipe-label-left")).to_have_text("2025年6月30日")
    page.goto(f"{two_days_server.address}/plots/{quote(str(code))}?at={BEFORE}")
    expect(page.locator(".day-notice")).to_contain_text(BEFORE)


@pytest.mark.slow
def test_right_of_the_curtain_answers_for_its_own_day(two_days_server: Server, open_page: OpenPage) -> None:
    page = open_page(two_days_server, f"/?layers=plots&swipe=day:{BEFORE}{PLACE}")
    wait_until_drawn(page)
    plot = gone_plot(page)
    slider = page.get_by_role("slider", name=re.compile("卷帘位置"))
    slider.press("Home")  # all is right: half a year ago
    page.mouse.move(plot["x"], plot["y"])
    expect(page.locator(".map-tooltip")).to_contain_text(plot["key"])
    page.mouse.click(plot["x"], plot["y"])
    expect(page.locator("#card-panel .day-notice")).to_contain_text(BEFORE)
    expect(page.locator("#card-panel")).to_contain_text(plot["key"])
    page.locator("#card-panel [data-close]").click()
    slider.press("End")  # all is left: the plot is no more
    wait_until_drawn(page)
    page.mouse.click(plot["x"], plot["y"])
    expect(page.locator("#card-panel")).to_be_hidden()


def test_names_right_of_the_curtain_are_that_days(two_days_server: Server, open_page: OpenPage) -> None:
    page = open_page(two_days_server, f"/?layers=plots&swipe=day:{BEFORE}{PLACE}")
    wait_until_drawn(page)
    page.evaluate("void geoapp.view.map.setZoom(17, { animate: false })")
    page.evaluate("void document.querySelector('[data-labels=plots]').click()")
    wait_until_drawn(page)
    names = """() => {
        const [companion] = geoapp.view.companions;
        const keys = (labels) => (labels.found.get("plots") ?? []).map(({ key }) => key);
        return [keys(geoapp.view.labels), keys(companion.labels)];
    }"""
    wait_until(page, f"({names})()[1].length > 0")
    now, then = page.evaluate(names)
    assert set(now) < set(then)  # every second plot is gone since
    assert "polygon" in page.evaluate("geoapp.view.map.getPane('swipe-labels').style.clipPath")


def test_sheet_shows_both_sides_of_the_curtain(two_days_server: Server, open_page: OpenPage) -> None:
    page = open_page(two_days_server, f"/?layers=plots&swipe=day:{BEFORE}{PLACE}")
    wait_until_drawn(page)
    page.get_by_role("button", name="出图").click()
    expect(page.locator("#print-dialog [data-extent], [data-extent]").first).to_contain_text("左右两侧同卷帘")
    tiles = page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('at='))"
    )
    assert tiles


def test_unit_is_one_for_all_pages(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/statistics")
    page.wait_for_selector("#statistics-table .tabulator-row")
    page.select_option("#area-unit", "ha")
    expect(page.locator("#statistics-table .tabulator-header")).to_contain_text("公顷")
    expect(page.locator("#statistics-exports a").first).to_have_attribute("href", re.compile("unit=ha"))
    page.goto(demo_server.address + "/")
    wait_until_drawn(page)
    expect(page.locator("[data-legend] .legend-area").first).to_contain_text("公顷")
    page.select_option("#area-unit", "m2")
    expect(page.locator("[data-legend] .legend-area").first).to_contain_text("平方米")
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1


def test_filter_that_is_none_asks_for_no_tile(demo_server: Server, open_unwatched: OpenPage) -> None:
    page = open_unwatched(demo_server, f"/?filter={quote('far << 1')}")
    expect(page.locator("#filter-panel [data-error]")).to_contain_text("筛选条件")
    wait_until_drawn(page)
    asked = page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => decodeURIComponent(name))"
    )
    assert [name for name in asked if "far << 1" in name.replace("+", " ")] == [
        f"{demo_server.address}/filter.json?filter=far+<<+1"
    ]
    expect(page.locator(".toast-message")).to_have_count(0)
    page.evaluate("void geoapp.page.filter.query({ filter: 'far < 1' })")
    wait_until_drawn(page)
    assert page.evaluate("geoapp.view.stack.layers.get('plots').state") == "shown"
    assert page.evaluate("geoapp.view.isFilterHeld") is False
