"""The work on the map as WebGL draws it. Other tests do each step on canvas; here few pages carry many of them."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import Page, expect

from geoapp.services.as_of import as_of
from geoapp.services.plot_facts import plot_facts
from geoapp.services.workspace import Workspace
from tests.browser.conftest import OpenPage
from tests.browser.map_page import (
    drawn_plots,
    over,
    plot_in_view,
    wait_for_colour,
    wait_until,
    wait_until_drawn,
)
from tests.browser.pointer import around, drag, place
from tests.browser.test_map import fill_of
from tests.browser.test_print import cut, download, layout, open_dialog, share_of
from tests.browser.test_selection import figure, selected, wait_for_sums
from tests.servers import Server

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine", ["gl"], indirect=True)]

Corners = list[tuple[int, int]]
"""Of a box on the screen, two opposite ones."""
PLACE = "#15/29.95850/121.50000"
VIEW = """({
    engine: geoapp.view.engine, look: geoapp.view.layers.get("plots").look.id, query: geoapp.view.query,
    layers: geoapp.page.panel.visibleIds, selection: [...geoapp.view.selection.keys].sort(),
    centre: Object.values(geoapp.view.map.getCenter()).map((degrees) => degrees.toFixed(4)),
    zoom: geoapp.view.map.getZoom(),
})"""


def open_drawn(open_map: OpenPage, server: Server, path: str) -> Page:
    page = open_map(server, path)
    wait_until_drawn(page)
    assert page.evaluate("geoapp.view.engine") == "gl"
    return page


def class_by_four(page: Page) -> None:
    """Colour the plots by plot ratio in four natural classes, as the legend says and the pixels show."""
    page.get_by_label("工业地块着色").select_option("breaks")
    form = page.get_by_role("form", name="按数值分级")
    form.get_by_label("方法").select_option("natural")
    form.get_by_label("级数").select_option("4")
    page.wait_for_url(re.compile(r"color=far:natural:4"))
    wait_until(page, "geoapp.view.layers.get('plots').look.id === 'far:natural:4'")
    wait_until_drawn(page)
    legend = page.locator('[data-register="plots"] .legend')
    expect(legend.locator("li")).to_have_count(5)  # four, and the unknown
    plot = plot_in_view(page)
    wait_for_colour(page, plot["x"], plot["y"], over(fill_of(page, plot["key"]), 0.8))


def filter_by_far(page: Page, server: Server) -> set[str]:
    """Let only plots of a plot ratio below 1 through; return the keys of all that the server knows of."""
    page.get_by_role("tab", name="筛选").click()
    panel = page.locator("#filter-panel")
    expect(panel.locator("[data-summary]")).to_contain_text("宗")
    panel.locator('[data-add="all"]').click()
    row = panel.locator('[data-rows="all"] > li')
    row.get_by_label("字段").select_option("far")
    row.get_by_label("比较").select_option("<")
    row.get_by_label("值", exact=True).fill("1")
    wait_until(page, "geoapp.view.query.filter === 'far < 1'")
    wait_until_drawn(page)
    answer = page.request.get(f"{server.address}/table/plots/keys.json?limit=500&filter=far<1").json()
    assert len(answer["keys"]) == answer["total"]
    return set(answer["keys"])


def open_second_of_list(page: Page, keys: set[str]) -> None:
    """Go through the list by keyboard, to the card of its second plot and back."""
    page.get_by_role("tab", name="清单").focus()
    page.keyboard.press("Enter")
    options = page.locator("#plot-list-panel [role=option]")
    expect(page.locator("#plot-list-title")).to_contain_text("视野内")
    expect(options.nth(1)).to_be_visible()
    page.keyboard.press("Tab")
    expect(options.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_be_focused()
    code = options.nth(1).get_attribute("data-key")
    assert code in keys
    wait_until(page, "geoapp.view.highlighted !== null")
    page.keyboard.press("Enter")
    expect(page.locator("#card-panel")).to_contain_text("用地面积")
    page.keyboard.press("Escape")
    expect(page.locator("#card-panel")).to_be_hidden()


def assert_address_tells_all(page: Page, open_map: OpenPage, server: Server) -> None:
    """Open the page's address elsewhere: the same view, plots and sums."""
    seen, shown = page.evaluate(VIEW), drawn_plots(page, 12)
    address = urlsplit(page.url)
    assert "filter=" in address.query
    path = f"{address.path}?{re.sub('&?engine=gl', '', address.query)}#{address.fragment}"
    other = open_drawn(open_map, server, path)
    wait_for_sums(other)
    assert other.evaluate(VIEW) == seen
    assert drawn_plots(other, 12) == shown
    assert figure(other, "site") == figure(page, "site")


@pytest.mark.slow
def test_numeric_classes_filter_list_and_address(demo_server: Server, open_map: OpenPage) -> None:
    page = open_drawn(open_map, demo_server, f"/?layers=plots{PLACE}")
    everything = drawn_plots(page, 12)
    class_by_four(page)
    keys = filter_by_far(page, demo_server)
    some = drawn_plots(page, 12)
    assert some == everything & keys
    assert some < everything
    open_second_of_list(page, keys)
    page.evaluate("(keys) => geoapp.view.selection.set(keys)", sorted(some)[:2])
    page.wait_for_url(re.compile(r"[?&]sel="))
    wait_for_sums(page)
    assert_address_tells_all(page, open_map, demo_server)


def clear_selection(page: Page) -> None:
    """Select nothing, by the button of the bar, which closes."""
    page.locator("#selection-bar").get_by_role("button", name="清除").click()
    expect(page.locator("#selection-bar")).to_be_hidden()


def pick_one(page: Page) -> None:
    """Click a plot: it alone is selected, and its card stays closed."""
    plot = plot_in_view(page)
    page.get_by_role("button", name="点选").click()
    page.mouse.click(plot["x"], plot["y"])
    wait_until(page, "geoapp.view.selection.size === 1")
    assert selected(page) == {plot["key"]}
    wait_for_sums(page)
    expect(page.locator("#card-panel")).to_be_hidden()
    clear_selection(page)


def select_in_box(page: Page, facts: gpd.GeoDataFrame, corners: Corners, box: shapely.Geometry) -> None:
    """Draw a box: all plots that it touches are selected and summed."""
    page.get_by_role("button", name="框选").click()
    drag(page, *corners)
    wait_for_sums(page)
    hit = facts[facts.geometry.intersects(box)]
    assert len(hit) > 5
    assert selected(page) == set(hit.index)
    assert figure(page, "count") == f"{len(hit)} 宗"
    assert figure(page, "site") == f"{hit['site_area_m2'].sum() * 15 / 10_000:,.2f} 亩"
    clear_selection(page)


def count_in_rectangle(page: Page, facts: gpd.GeoDataFrame, corners: Corners, box: shapely.Geometry) -> None:
    """Draw a rectangle: all plots that have land in it are counted."""
    page.get_by_role("button", name="范围统计", exact=True).click()
    page.get_by_role("group", name="画法").get_by_role("button", name="矩形").click()
    drag(page, *corners)
    inside = facts[shapely.area(facts.geometry.intersection(box).to_numpy()) > 0]
    expect(page.locator("#area-panel [data-name=plot_count] [data-value]")).to_have_attribute(
        "data-value", str(len(inside))
    )
    page.get_by_role("region", name="范围统计").get_by_role("button", name="清除").click()
    expect(page.locator("#area-panel [data-result]")).to_be_hidden()


def assert_sheet_shows_classes(page: Page, folder: Path) -> None:
    """Print the map: a sheet of A4 that shows at least four colours of the legend."""
    open_dialog(page)
    picture, _ = download(page, folder)
    assert picture.size == (297 * 8, 210 * 8)  # A4, 8 pixels a millimetre
    frame = cut(picture, layout(page)["frame"])
    classes = page.evaluate("geoapp.view.layers.get('plots').look.classes")
    shares = [
        share_of(frame, over(look["fill"], look["fill_opacity"], "#ffffff"))
        for look in classes
        if not look["pattern"]
    ]
    assert max(shares) > 0.05
    assert sum(share > 0.002 for share in shares) >= 4


@pytest.mark.slow
def test_click_box_drawn_area_and_sheet(
    demo_server: Server, demo_workspace: Workspace, open_map: OpenPage, tmp_path: Path
) -> None:
    facts = plot_facts(demo_workspace, day=as_of(demo_workspace, None).day)
    page = open_drawn(open_map, demo_server, f"/?layers=plots{PLACE}")
    pick_one(page)
    corners = start, end = around(page, (-120, -80), (110, 90))
    (west, north), (east, south) = place(page, *start), place(page, *end)
    box = shapely.box(west, south, east, north)
    select_in_box(page, facts, corners, box)
    count_in_rectangle(page, facts, corners, box)
    assert_sheet_shows_classes(page, tmp_path)
