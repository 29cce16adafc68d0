"""An address reopened in another browser shows the same: order and charts of the table, areas and measurements."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.map_page import wait_until
from tests.browser.pointer import OpenPage, around, call, draw_corners, open_ready, show
from tests.browser.test_table import column, open_table
from tests.servers import Server

pytestmark = pytest.mark.browser


def reopened(page: Page, open_page: OpenPage, server: Server) -> Page:
    address = urlsplit(page.url)
    return open_ready(open_page, server, f"{address.path}?{address.query}#{address.fragment}")


@pytest.mark.slow
def test_order_and_charts_of_the_table(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    panel = open_table(page)
    heading = panel.locator('.tabulator-col[tabulator-field="site_area_mu"] .column-unit')
    heading.click()
    wait_until(page, "geoapp.page.table.order.join() === 'site_area_mu'")
    heading.click()
    wait_until(page, "geoapp.page.table.order.join() === '-site_area_mu'")
    panel.get_by_role("button", name="图表").click()
    wait_until(page, "location.search.includes('charts=1')")
    wait_until(page, "location.search.includes('sort=-site_area_mu')")
    largest = column(page, "site_area_mu")[:5]
    assert largest == sorted(largest, key=lambda text: -float(text.replace(",", "")))
    other = reopened(page, open_page, demo_server)
    expect(other.locator("#table-panel .tabulator-row").first).to_be_visible()
    wait_until(other, "geoapp.page.table.order.join() === '-site_area_mu'")
    assert column(other, "site_area_mu")[:5] == largest
    expect(other.locator("#table-panel [data-charts]")).to_be_visible()
    other.locator("#table-panel").get_by_role("button", name="恢复排序").click()
    wait_until(other, "!location.search.includes('sort=')")
    assert column(other, "site_area_mu")[:5] != largest


@pytest.mark.slow
def test_measured_lines_and_areas(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    show(page, 121.5, 29.95)
    page.get_by_role("button", name="测量", exact=True).click()
    draw_corners(page, around(page, (-60, 0), (60, 0)))
    page.wait_for_timeout(500)  # a click right after a double click would belong to it
    page.locator('#measure-panel [data-measure="polygon"]').click()
    draw_corners(page, around(page, (-40, 40), (40, 40), (0, 90)))
    expect(page.locator("#measure-panel [data-list] li")).to_have_count(2)
    wait_until(page, "location.search.includes('polygon:')")
    other = reopened(page, open_page, demo_server)
    other.get_by_role("button", name="测量", exact=True).click()
    # Corners are kept to a decimetre: what is shown in metres may differ in its last digit.
    expect(other.locator("#measure-panel [data-list] li")).to_have_count(2)
    sizes = [
        [float(value) for value in found.locator("#measure-panel [data-list] li").evaluate_all(
            "(rows) => rows.map((row) => row.dataset.value)"
        )]
        for found in (page, other)
    ]  # fmt: skip
    assert sizes[1] == pytest.approx(sizes[0], rel=1e-3)
    other.locator("#measure-panel [data-clear]").click()
    wait_until(other, "!location.search.includes('measures=')")


def test_area_with_its_figures(demo_server: Server, open_page: OpenPage) -> None:
    ring = "121.5 29.94,121.53 29.94,121.53 29.96,121.5 29.96"
    hole = "121.51 29.945,121.51 29.95,121.515 29.95"
    page = open_ready(open_page, demo_server, f"/?area={quote(f'{ring};{hole}')}")
    expect(page.locator("#area-panel [data-result]")).to_be_visible()
    geometry = page.evaluate("geoapp.page.area.geometry")
    assert geometry["type"] == "Polygon"
    assert [len(found) for found in geometry["coordinates"]] == [5, 4]
    wait_until(page, "location.search.includes('area=')")
    assert parse_qs(urlsplit(page.url).query)["area"] == [f"{ring};{hole}"]
    page.locator("#area-panel [data-clear]").click()
    wait_until(page, "!location.search.includes('area=')")


def test_what_cannot_be_read_is_said(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server, "/?area=121.5&measures=circle:1,2")
    expect(page.locator("#toasts")).to_contain_text("地址里的范围读不出来")
    expect(page.locator("#toasts")).to_contain_text("地址里的量算读不出来")


def test_shapes_with_too_many_corners_stay_out_of_the_address(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server, "/healthz")
    ring = [[121.5 + 0.001 * step, 29.9] for step in range(301)]
    shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    assert call(page, "features/shape_text.js", "areaText", shape) is None
    several = {"type": "MultiPolygon", "coordinates": [[ring[:3] + ring[:1]], [ring[3:6] + ring[3:4]]]}
    text = call(page, "features/shape_text.js", "areaText", several)
    assert call(page, "features/shape_text.js", "areaOf", text)["coordinates"] == several["coordinates"]
