"""The map page in a real Chromium: layers, search, cards, addresses, keys."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import Page, Route, expect

from geoapp.domain.change import RegisterChange
from geoapp.domain.frame import conform
from geoapp.domain.revision import RevisionKind
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.servers import Server, start_server, stop_server

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
HOSTILE = "<img src=x onerror=\"document.title='ran'\">"


def wait_until(page: Page, expression: str) -> None:
    """Wait for a condition; Playwright's own wait evaluates text in the page, which its policy forbids."""
    deadline = time.monotonic() + 10
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"waited in vain for {expression}"
        page.wait_for_timeout(20)


def wait_until_drawn(page: Page) -> None:
    wait_until(
        page,
        """Boolean(window.geoapp) && [...geoapp.view.layers.values()].every((layer) =>
            !layer.isVisible || ["empty", "out-of-scale"].includes(layer.state) ||
            (["shown", "truncated"].includes(layer.state) && layer.loaded?.zoom === geoapp.view.map.getZoom()))""",
    )


def plot_count(page: Page) -> int:
    return page.evaluate("geoapp.view.layers.get('plots').paths.size")


def first_plot(page: Page) -> dict[str, Any]:
    """Code and name of a plot, and where on the screen its middle lies."""
    return page.evaluate(
        """() => {
            const { map, layers } = geoapp.view;
            const path = [...layers.get("plots").paths.values()].find((p) => map.getBounds().contains(p.getBounds()));
            const box = map.getContainer().getBoundingClientRect();
            const point = map.latLngToContainerPoint(path.getCenter());
            const { id, properties } = path.feature;
            return { key: id, label: properties.label, x: box.left + point.x, y: box.top + point.y };
        }"""
    )


def show_first_plot(page: Page, zoom: int) -> None:
    page.evaluate(
        """(zoom) => {
            const [path] = geoapp.view.layers.get("plots").paths.values();
            geoapp.view.map.setView(path.getCenter(), zoom, { animate: false });
        }""",
        zoom,
    )


def only_plots(page: Page) -> None:
    page.evaluate("void geoapp.page.panel.setVisible(['plots'])")
    wait_until_drawn(page)


def test_start_page_is_small(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)  # the server warms up
    wait_until_drawn(page)
    page = open_page(demo_server)
    wait_until_drawn(page)
    sizes = page.evaluate("performance.getEntries().map((entry) => entry.transferSize || 0)")
    assert sum(sizes) < 1_000_000
    assert plot_count(page) > 400
    expect(page.locator(".demo-badge")).to_be_visible()
    assert page.title().startswith("地图")


@pytest.mark.parametrize("size", ["1440", "1024"])
def test_panel_and_map_fit_the_screen(demo_server: Server, open_page: OpenPage, size: str) -> None:
    page = open_page(demo_server, size=size)
    wait_until_drawn(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == int(size)
    panel = page.locator("#side-panel")
    toggle = page.locator("#side-panel-toggle")
    expect(panel).to_be_visible(visible=size == "1440")
    toggle.click()
    expect(panel).to_be_visible(visible=size == "1024")
    assert toggle.get_attribute("aria-expanded") == ("true" if size == "1024" else "false")


def test_layer_goes_off_and_on_and_the_address_follows(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    eye = page.get_by_role("checkbox", name="工业地块")
    expect(eye).to_be_checked()
    eye.uncheck()
    page.wait_for_url(re.compile(r"layers="))
    assert plot_count(page) == 0
    assert "plots" not in page.url
    eye.check()
    wait_until_drawn(page)
    assert plot_count(page) > 400
    wait_until(page, "!location.search.includes('layers=')")


def test_out_of_scale_layer_says_why(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    row = page.locator('[data-register="buildings"]')
    expect(row).to_contain_text("放大到 15 级后显示")
    page.get_by_role("checkbox", name="建筑物").check()
    show_first_plot(page, 16)
    expect(row.locator("[data-state]")).to_be_hidden()


def test_colouring_changes_legend_address_and_look(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    fills = "[...geoapp.view.layers.get('plots').paths.values()].map((path) => path.options.fillColor).join()"
    before = page.evaluate(fills)
    page.get_by_label("着色").select_option("low_efficiency")
    expect(page.get_by_role("list", name="图例：低效状态")).to_be_visible()
    expect(page.get_by_role("list", name="图例：容积率分级")).to_be_hidden()
    page.wait_for_url(re.compile(r"color=low_efficiency"))
    assert page.evaluate(fills) != before


def test_opacity_reaches_the_shapes(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    page.locator('[data-opacity="plots"]').fill("50")
    opacities = page.evaluate(
        "[...geoapp.view.layers.get('plots').paths.values()].map((p) => p.options.fillOpacity)"
    )
    assert set(opacities) == {0.4}  # half of the legend's 0.8


def test_hover_and_click_open_tooltip_and_card(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    only_plots(page)
    show_first_plot(page, 16)
    wait_until_drawn(page)
    plot = first_plot(page)
    page.mouse.move(plot["x"] - 3, plot["y"])
    page.mouse.move(plot["x"], plot["y"])
    expect(page.locator(".map-tooltip")).to_contain_text(plot["key"])
    expect(page.locator(".map-tooltip")).to_contain_text("容积率")
    page.mouse.click(plot["x"], plot["y"])
    card = page.locator("#card-panel")
    expect(card.locator("[data-title]")).to_have_text(plot["label"])
    expect(card).to_contain_text("用地面积")
    assert f"selected=plots:{plot['key']}" in page.url
    assert page.evaluate("geoapp.view.highlighted !== null")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    assert "selected=" not in page.url
    page.go_back()
    expect(card).to_be_visible()
    page.go_forward()
    expect(card).to_be_hidden()


def test_address_restores_everything(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    plot = first_plot(page)
    page = open_page(
        demo_server, f"/?layers=parks,plots&color=grade&selected=plots:{plot['key']}#15/29.95850/121.50000"
    )
    wait_until_drawn(page)
    expect(page.locator("#card-panel [data-title]")).to_have_text(plot["label"])
    expect(page.get_by_role("checkbox", name="镇街")).not_to_be_checked()
    expect(page.get_by_label("着色")).to_have_value("grade")
    page.wait_for_timeout(500)  # longer than the delay with which the address is written
    assert page.url.endswith(
        f"/?layers=parks,plots&color=grade&selected=plots:{plot['key']}#15/29.95850/121.50000"
    )


def test_search_by_keyboard_goes_there_and_back(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    plot = first_plot(page)
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="搜索")
    expect(box).to_be_focused()
    page.keyboard.type(plot["key"])
    expect(page.get_by_role("option").first).to_contain_text(plot["key"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    title = page.locator("#card-panel [data-title]")
    expect(title).to_have_text(plot["label"])
    expect(title).to_be_focused()
    assert page.evaluate("geoapp.view.map.getZoom()") >= 15
    page.keyboard.press("Escape")
    expect(box).to_be_focused()


def test_search_without_result_says_so(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    page.keyboard.press("/")
    page.keyboard.type("没有这样的地块")
    expect(page.locator("#search-results")).to_contain_text("没有找到")
    page.keyboard.press("Escape")
    expect(page.locator("#search-results")).to_be_hidden()


def test_map_is_moved_and_opened_by_keys(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    only_plots(page)
    show_first_plot(page, 15)
    page.locator("#map_main").focus()
    page.keyboard.press("+")
    wait_until(page, "geoapp.view.map.getZoom() === 16")
    wait_until_drawn(page)
    page.keyboard.press("Enter")
    expect(page.locator("#card-panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#map_main")).to_be_focused()
    before = page.evaluate("geoapp.view.map.getCenter().lng")
    page.keyboard.press("ArrowRight")
    wait_until(page, f"geoapp.view.map.getCenter().lng > {before}")


def test_failed_layer_says_so_and_can_be_tried_again(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)

    def fail(route: Route) -> None:
        route.fulfill(status=200, content_type="application/geo+json", body="no json")

    page.route("**/layers/plots.geojson*", fail)
    page.evaluate("void geoapp.view.map.setZoom(13)")
    toast = page.locator(".toast-message")
    expect(toast).to_contain_text("工业地块")
    page.unroute("**/layers/plots.geojson*")
    toast.get_by_role("button", name="重试").click()
    expect(toast).to_be_hidden()
    wait_until_drawn(page)
    assert plot_count(page) > 0


def test_gcj02_shift_is_that_of_the_place(demo_server: Server, open_page: OpenPage) -> None:
    # At 121.5 E, 29.95 N: +0.004325 and -0.002446 degrees, that is 417 m east and 271 m south.
    page = open_page(demo_server)
    shift = page.evaluate("import('/assets/map/gcj02.js').then((module) => module.gcj02Shift(121.5, 29.95))")
    assert shift["lon"] == pytest.approx(0.004325, abs=1e-6)
    assert shift["lat"] == pytest.approx(-0.002446, abs=1e-6)


def test_gcj02_tiles_are_moved_back_by_the_shift(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/#16/29.95000/121.50000")
    wait_until_drawn(page)
    offset = page.evaluate(
        """async () => {
            const { gcj02TileLayer } = await import("/assets/map/gcj02.js");
            const { L, map } = geoapp.view;
            const empty = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
            const plain = L.tileLayer(empty).addTo(map);
            const shifted = gcj02TileLayer(L, empty, {}).addTo(map);
            const place = (layer) => {
                const coords = L.point(54885, 27000);
                coords.z = 16;
                return layer._getTilePos(coords);
            };
            const moved = place(shifted).subtract(place(plain));
            plain.remove();
            shifted.remove();
            return [moved.x, moved.y];
        }"""
    )
    # A pixel on level 16 is 360 / 256 / 65536 = 2.1458e-5 degrees: 0.004325 / 2.1458e-5 = 201.6 pixels to the west.
    # Northward: 0.002446 / (2.1458e-5 * cos 29.95 degrees) = 0.002446 / 1.8592e-5 = 131.6 pixels up.
    assert offset == [-202, -132]


def test_permalink_reads_and_writes_hashes(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    read = "(hash) => import('/assets/map/permalink.js').then((module) => module.parsePlace(hash))"
    assert page.evaluate(read, "#14/29.95/121.5") == {"zoom": 14, "lat": 29.95, "lon": 121.5}
    for broken in ("", "#14/29.95", "#a/b/c", "#99/29.95/121.5", "#14/99/121.5", "#14/29/400"):
        assert page.evaluate(read, broken) is None


@pytest.fixture(scope="module")
def hostile_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One plot whose name is markup, in a folder of its own."""
    folder = tmp_path_factory.mktemp("hostile")
    fill_with_hostile_plot(folder / "data")
    server = start_server("serve", folder / "data", folder / "server.log")
    yield server
    stop_server(server)


def fill_with_hostile_plot(data_dir: Path) -> None:
    workspace = open_workspace(Settings(data_dir=data_dir))
    plots = gpd.GeoDataFrame(
        {"plot_code": ["A"], "name": [HOSTILE], "right_holder": [HOSTILE]},
        geometry=[shapely.box(121.5, 29.95, 121.51, 29.96)],
        crs=4490,
    )
    parks = gpd.GeoDataFrame(
        {"park_code": ["K"], "name": [HOSTILE]},
        geometry=[shapely.box(121.49, 29.94, 121.52, 29.97)],
        crs=4490,
    )
    changes = {
        "plots": RegisterChange(conform(plots, workspace.layer("plots"))),
        "parks": RegisterChange(conform(parks, workspace.layer("parks"))),
    }
    workspace.store.write(changes, kind=RevisionKind.IMPORT, user="test")
    workspace.store.close()


def test_markup_in_names_runs_nothing(hostile_server: Server, open_page: OpenPage) -> None:
    page = open_page(hostile_server)
    wait_until_drawn(page)
    page.evaluate("void geoapp.view.map.setZoom(14, { animate: false })")  # parks are labelled from here
    wait_until_drawn(page)
    expect(page.locator(".map-label-parks")).to_have_text(HOSTILE)
    plot = page.evaluate(
        """() => {
            const { map } = geoapp.view;
            const box = map.getContainer().getBoundingClientRect();
            const point = map.latLngToContainerPoint([29.953, 121.503]);
            return { x: box.left + point.x, y: box.top + point.y };
        }"""
    )
    page.mouse.move(plot["x"] - 3, plot["y"])
    page.mouse.move(plot["x"], plot["y"])
    expect(page.locator(".map-tooltip")).to_contain_text(HOSTILE)
    page.mouse.click(plot["x"], plot["y"])
    expect(page.locator("#card-panel [data-title]")).to_have_text(HOSTILE)
    expect(page.locator("#card-panel")).to_contain_text("用地面积")
    page.keyboard.press("/")
    page.keyboard.type("img src")
    expect(page.get_by_role("option").first).to_contain_text(HOSTILE)
    assert page.locator("img[src='x']").count() == 0
    assert "ran" not in page.title()


def test_empty_registers_say_so(hostile_server: Server, open_page: OpenPage) -> None:
    page = open_page(hostile_server)
    wait_until_drawn(page)
    expect(page.locator('[data-register="towns"]')).to_contain_text("暂无数据")
    assert page.evaluate("Object.keys(window.geoapp)") == ["view", "page"]
