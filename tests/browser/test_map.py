"""The map page in a real Chromium: layers, search, cards, addresses, keys."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import Page, Route, expect

from geoapp.domain.change import RegisterChange
from geoapp.domain.frame import conform
from geoapp.domain.revision import RevisionKind
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.browser.conftest import OpenPage
from tests.browser.map_page import (
    drawn_plots,
    only_plots,
    over,
    plot_in_view,
    show_plot,
    wait_for_colour,
    wait_until,
    wait_until_drawn,
)
from tests.servers import Server, start_server, stop_server

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='ran'\">"


def test_start_page_is_small(demo_server: Server, open_page: OpenPage, open_new: OpenPage) -> None:
    page = open_page(demo_server)  # the server warms up
    wait_until_drawn(page)
    page = open_new(demo_server)
    wait_until_drawn(page)
    sizes = page.evaluate("performance.getEntries().map((entry) => entry.transferSize || 0)")
    assert sum(sizes) < 1_000_000
    assert len(drawn_plots(page, 2)) > 400
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


@pytest.mark.slow
def test_layer_goes_off_and_on_and_the_address_follows(demo_server: Server, open_map: OpenPage) -> None:
    page = open_map(demo_server, size="1440")
    wait_until_drawn(page)
    eye = page.get_by_role("checkbox", name="工业地块")
    expect(eye).to_be_checked()
    eye.uncheck()
    page.wait_for_url(re.compile(r"layers="))
    assert drawn_plots(page, 20) == set()
    assert "plots" not in page.url
    eye.check()
    wait_until_drawn(page)
    assert len(drawn_plots(page, 10)) > 80
    wait_until(page, "!location.search.includes('layers=')")


def test_out_of_scale_layer_says_why(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    row = page.locator('[data-register="buildings"]')
    expect(row).to_contain_text("放大到 15 级后显示")
    page.get_by_role("checkbox", name="建筑物").check()
    show_plot(page, 16)
    expect(row.locator("[data-state]")).to_be_hidden()


def test_colouring_changes_legend_address_and_look(demo_server: Server, open_map: OpenPage) -> None:
    page = open_map(demo_server)
    only_plots(page)
    show_plot(page, 15)
    plot = plot_in_view(page)
    wait_for_colour(page, plot["x"], plot["y"], over(fill_of(page, plot["key"]), 0.8))
    page.get_by_label("工业地块着色").select_option("low_efficiency")
    expect(page.get_by_role("list", name="图例：低效状态")).to_be_visible()
    expect(page.get_by_role("list", name="图例：容积率分级")).to_be_hidden()
    page.wait_for_url(re.compile(r"color=low_efficiency"))
    wait_until_drawn(page)
    plot = plot_in_view(page)
    assert fill_of(page, plot["key"]) == "#b9d3c3"  # the one class of four that has no hatch
    wait_for_colour(page, plot["x"], plot["y"], over("#b9d3c3", 0.8))


def fill_of(page: Page, key: str) -> str:
    """Colour in the legend of the class that a plot under the pointer is said to have."""
    return page.evaluate(
        """(key) => {
            const { view } = geoapp;
            const size = view.map.getSize();
            for (let x = 1; x < size.x; x += 10) for (let y = 1; y < size.y; y += 10) {
                const hit = view.featuresAt([x, y]).find((found) => found.key === key);
                if (hit) return view.layers.get("plots").look.classes[hit.properties.c].fill;
            }
            throw new Error(`${key} is not on the map`);
        }""",
        key,
    )


@pytest.mark.slow
def test_opacity_reaches_the_shapes_and_the_address(demo_server: Server, open_map: OpenPage) -> None:
    page = open_map(demo_server)
    only_plots(page)
    show_plot(page, 17)
    plot = plot_in_view(page)
    page.locator('[data-opacity="plots"]').fill("50")
    # Half of the legend's 0.8.
    half = over(fill_of(page, plot["key"]), 0.4)
    wait_for_colour(page, plot["x"], plot["y"], half)
    page.wait_for_url(re.compile("opacity=plots:50"))
    address = urlsplit(page.url)
    path = f"{address.path}?{re.sub('engine=[a-z]+&?', '', address.query)}#{address.fragment}"
    other = open_map(demo_server, path)
    wait_until_drawn(other)
    wait_for_colour(other, plot["x"], plot["y"], half)
    expect(other.locator('[data-opacity="plots"]')).to_have_value("50")
    expect(other.locator('[data-opacity="parks"]')).to_have_value("100")


def test_opacity_that_is_none_is_ignored(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/?opacity=plots:half,parks:900,rivers:5,towns:0")
    wait_until_drawn(page)
    found = page.evaluate("[...geoapp.view.layers.values()].map(({ id, opacity }) => [id, opacity])")
    assert {register: opacity for register, opacity in found if opacity != 1} == {"towns": 0}


@pytest.mark.slow
def test_hover_and_click_open_tooltip_and_card(demo_server: Server, open_map: OpenPage) -> None:
    page = open_map(demo_server)
    only_plots(page)
    show_plot(page, 16)
    wait_until_drawn(page)
    plot = plot_in_view(page)
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
    plot = plot_in_view(page)
    page = open_page(
        demo_server, f"/?layers=parks,plots&color=grade&selected=plots:{plot['key']}#15/29.95850/121.50000"
    )
    wait_until_drawn(page)
    expect(page.locator("#card-panel [data-title]")).to_have_text(plot["label"])
    expect(page.get_by_role("checkbox", name="镇街")).not_to_be_checked()
    expect(page.get_by_label("工业地块着色")).to_have_value("grade")
    page.wait_for_timeout(500)  # longer than the delay with which the address is written
    address = urlsplit(page.url)
    assert address.fragment == "15/29.95850/121.50000"
    assert f"layers=parks,plots&color=grade&selected=plots:{plot['key']}" in address.query


def test_search_by_keyboard_goes_there_and_back(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    plot = plot_in_view(page)
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
    page.keyboard.press("/")  # for the next words, which take the place of the last
    page.keyboard.type("330205-GY-0012")
    expect(box).to_have_value("330205-GY-0012")
    expect(page.get_by_role("option").first).to_contain_text("330205-GY-0012")


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
    show_plot(page, 15)
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


@pytest.mark.slow
def test_failed_layer_says_so_and_can_be_tried_again(demo_server: Server, open_map: OpenPage) -> None:
    page = open_map(demo_server)
    wait_until_drawn(page)

    def fail(route: Route) -> None:
        route.fulfill(status=200, content_type="application/geo+json", body="no json")

    page.route("**/tiles/plots/**", fail)
    page.evaluate("void geoapp.view.map.setZoom(13)")
    toast = page.locator(".toast-message")
    expect(toast).to_contain_text("工业地块")
    expect(page.locator('[data-register="plots"] [data-state]')).to_contain_text("加载失败")
    wait_until(page, "geoapp.view.layers.get('parks').state === 'shown'")  # the rest of the map goes on
    page.unroute("**/tiles/plots/**")
    toast.get_by_role("button", name="重试").click()
    expect(toast).to_be_hidden()
    wait_until_drawn(page)
    assert drawn_plots(page, 10)


def test_gcj02_shift_is_that_of_the_place(demo_server: Server, open_page: OpenPage) -> None:
    # At 121.5 E, 29.95 N: +0.004325 and -0.002446 degrees, that is 417 m east and 271 m south.
    page = open_page(demo_server, "/healthz")
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
    page = open_page(demo_server, "/healthz")
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


@pytest.mark.slow
def test_markup_in_names_runs_nothing(hostile_server: Server, open_page: OpenPage) -> None:
    page = open_page(hostile_server)
    wait_until_drawn(page)
    page.evaluate("void geoapp.view.map.setZoom(14, { animate: false })")  # parks are labelled from here
    wait_until_drawn(page)
    assert page.evaluate("geoapp.view.labels.shown.map((label) => label.text)") == [HOSTILE]
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
