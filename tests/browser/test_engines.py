"""The two engines of the map: the same answers from both, and each takes over where the other fails."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import geopandas as gpd
import mapbox_vector_tile
import pytest
import shapely
from PIL import Image
from playwright.sync_api import Page, Playwright, Route, expect

from geoapp.domain.change import RegisterChange
from geoapp.domain.frame import conform
from geoapp.domain.revision import RevisionKind
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.browser.conftest import CHROMIUM_FLAGS, ENGINES, OpenPage, Windows, launch, opened
from tests.browser.map_page import (
    colour_at,
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

TILE = "/tiles/{register}/{z}/{x}/{y}.mvt"
SELECTED = "#d6006e"
TILE_REQUESTS = (
    "performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/tiles/')).length"
)


# What is read and found


@pytest.mark.parametrize(
    ("register", "z"), [("plots", 11), ("plots", 14), ("towns", 9), ("projects", 12), ("control_lines", 13)]
)
def test_tiles_are_read_as_an_independent_decoder_reads_them(
    demo_server: Server, open_page: OpenPage, register: str, z: int
) -> None:
    x, y = 3430 * 2**z >> 12, 1690 * 2**z >> 12
    address = TILE.format(register=register, z=z, x=x, y=y)
    page = open_page(demo_server, "/healthz")
    read = page.evaluate(
        """async (address) => {
            const { Tile } = await import("/assets/map/engines/tile.js");
            const tile = new Tile(await (await fetch(address)).arrayBuffer());
            return Array.from({ length: tile.count }, (_, i) => ({
                properties: tile.properties(i),
                key: tile.key(i),
                class: tile.classes[i],
                corners: Array.from(tile.xy.slice(tile.parts[tile.firstPart[i]], tile.parts[tile.firstPart[i + 1]])),
            }));
        }""",
        address,
    )
    with urlopen(demo_server.address + address) as response:  # noqa: S310 - our own server
        layer = mapbox_vector_tile.decode(response.read(), default_options={"y_coord_down": True})[register]
    assert len(layer["features"]) > 0
    assert [one["properties"] for one in read] == [one["properties"] for one in layer["features"]]
    assert [one["class"] for one in read] == [one["properties"]["c"] for one in layer["features"]]
    assert [one["key"] for one in read] == [one["properties"].get("key") for one in layer["features"]]
    for mine, other in zip(read, layer["features"], strict=True):
        pairs = list(zip(mine["corners"][::2], mine["corners"][1::2], strict=True))
        assert set(pairs) == {tuple(map(int, xy)) for xy in positions(other["geometry"]["coordinates"])}


def positions(coordinates: Any) -> Iterator[Any]:
    """Go through the positions of a geometry, however deeply nested."""
    if isinstance(coordinates[0], (int, float)):
        yield coordinates
        return
    for part in coordinates:
        yield from positions(part)


@pytest.fixture(scope="module")
def shapes_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A town of 4 x 2 hundredths of a degree with a plot that has a hole, and one of two parts."""
    folder = tmp_path_factory.mktemp("shapes")
    workspace = open_workspace(Settings(data_dir=folder / "data"))
    ring = shapely.box(121.505, 29.955, 121.515, 29.965).difference(
        shapely.box(121.508, 29.958, 121.512, 29.962)
    )
    parts = shapely.MultiPolygon(
        [shapely.box(121.52, 29.955, 121.523, 29.965), shapely.box(121.527, 29.955, 121.53, 29.965)]
    )
    plots = gpd.GeoDataFrame(
        {"plot_code": ["RING", "PARTS"], "name": ["环", "两块"]}, geometry=[ring, parts], crs=4490
    )
    towns = gpd.GeoDataFrame(
        {"town_code": ["330205006"], "name": ["镇"]},
        geometry=[shapely.box(121.50, 29.95, 121.54, 29.97)],
        crs=4490,
    )
    changes = {
        name: RegisterChange(conform(frame, workspace.layer(name)))
        for name, frame in (("plots", plots), ("towns", towns))
    }
    workspace.store.write(changes, kind=RevisionKind.IMPORT, user="test")
    workspace.store.close()
    server = start_server("serve", folder / "data", folder / "server.log")
    yield server
    stop_server(server)


POINTS: dict[tuple[float, float], list[str]] = {
    (121.506, 29.960): ["plots:RING"],
    (121.510, 29.960): [],  # in the hole
    (121.5215, 29.960): ["plots:PARTS"],
    (121.525, 29.960): [],  # between the parts
    (121.5285, 29.960): ["plots:PARTS"],
    (121.500, 29.960): ["towns:330205006"],  # on the edge of the town, which does not cover what lies in it
    (121.560, 29.960): [],
}


@pytest.mark.slow
def test_pointer_finds_shapes_with_holes_and_parts(shapes_server: Server, open_map: OpenPage) -> None:
    page = open_map(shapes_server, "/#15/29.96000/121.52000")
    wait_until_drawn(page)
    hits = page.evaluate(
        """(points) => {
            const { view } = geoapp;
            return points.map(([lon, lat]) => {
                const hits = view.featuresAt(view.map.latLngToContainerPoint([lat, lon]));
                return hits.map(({ register, key }) => `${register}:${key}`);
            });
        }""",
        list(POINTS),
    )
    assert hits == list(POINTS.values())


@pytest.mark.slow
def test_filter_leaves_only_what_satisfies_it(demo_server: Server, open_map: OpenPage) -> None:
    page = open_map(demo_server)
    show_plot(page, 15)
    everything = drawn_plots(page, 12)
    page.evaluate("geoapp.view.setQuery({ filter: 'far < 1' })")
    wait_until_drawn(page)
    some = drawn_plots(page, 12)
    allowed = page.evaluate(
        "fetch('/table/plots/keys.json?limit=500&filter=far<1').then((answer) => answer.json())"
    )["keys"]
    assert some == everything & set(allowed)
    assert some < everything
    expect(page.locator('[data-register="plots"] .legend')).to_contain_text("1.0–1.5")
    expect(page.locator('[data-register="plots"] .legend li').nth(2)).to_contain_text("0 宗")


def test_a_day_before_the_first_import_shows_nothing(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    page.evaluate("geoapp.view.setQuery({ at: '2026-01-01' })")
    wait_until_drawn(page)
    assert drawn_plots(page, 12) == set()
    page.evaluate("geoapp.view.setQuery({ at: '' })")
    wait_until_drawn(page)
    assert drawn_plots(page, 12)


# What is seen


@pytest.mark.slow
def test_selected_plots_are_marked_without_asking_again(demo_server: Server, open_map: OpenPage) -> None:
    page = open_map(demo_server)
    only_plots(page)
    show_plot(page, 15)
    plot = plot_in_view(page)
    plain = colour_at(page, plot["x"], plot["y"])
    asked = page.evaluate(TILE_REQUESTS)
    page.evaluate("(key) => geoapp.view.selection.set([key])", plot["key"])
    # 28 percent of the mark's colour over what was there.
    ground = "#" + "".join(f"{channel:02x}" for channel in plain)
    wait_for_colour(page, plot["x"], plot["y"], over(SELECTED, 0.28, ground))
    page.evaluate("geoapp.view.selection.clear()")
    wait_for_colour(page, plot["x"], plot["y"], plain)
    page.locator('[data-opacity="plots"]').fill("0")
    wait_for_colour(page, plot["x"], plot["y"], over("#ffffff", 0))
    assert page.evaluate(TILE_REQUESTS) == asked


def test_numeric_classes_are_offered_drawn_and_in_the_address(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    page.get_by_label("工业地块着色").select_option("breaks")
    form = page.get_by_role("form", name="按数值分级")
    expect(form).to_be_visible()
    form.get_by_label("方法").select_option("natural")
    form.get_by_label("级数").select_option("4")
    page.wait_for_url(re.compile(r"color=far:natural:4"))
    wait_until_drawn(page)
    legend = page.locator('[data-register="plots"] .legend')
    expect(legend.locator("li")).to_have_count(5)  # four, and the unknown
    words = legend.inner_text()
    again = open_page(demo_server, "/?color=far:natural:4")
    wait_until_drawn(again)
    expect(again.locator('[data-register="plots"] .legend')).to_have_text(re.compile(".+"))
    wait_until(again, "geoapp.view.layers.get('plots').look.id === 'far:natural:4'")
    assert again.locator('[data-register="plots"] .legend').inner_text() == words
    expect(again.get_by_role("form", name="按数值分级").get_by_label("方法")).to_have_value("natural")


def test_limits_that_are_laid_down_say_where_from_and_how_many(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server, "/?color=site_area_mu:quantile:4")
    wait_until_drawn(page)
    form = page.get_by_role("form", name="按数值分级")
    expect(form.get_by_label("级数")).to_be_enabled()
    form.get_by_label("方法").select_option("policy")
    page.wait_for_url(re.compile(r"color=site_area_mu:policy"))
    row = page.locator('[data-register="plots"]')
    # The rule book's 3, 10, 30, 50 and 100 亩, whatever the number of classes was.
    words = row.locator(".legend .legend-words")
    expect(words).to_have_text(["3 以下", "3–10", "10–30", "30–50", "50–100", "100 及以上"])
    expect(row.locator(".legend-source")).to_contain_text("分级依据：用地面积分级界线")
    expect(form.get_by_label("级数")).to_be_disabled()
    form.get_by_label("方法").select_option("natural")
    expect(row.locator(".legend-source")).to_have_count(0)
    expect(form.get_by_label("级数")).to_be_enabled()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "register", "place"),
    [("color=low_efficiency", "plots", "#16/29.95500/121.50000"), ("", "restricted_areas", "")],
)
def test_patterns_are_seen_over_strong_and_faint_fills(
    demo_server: Server, open_map: OpenPage, query: str, register: str, place: str
) -> None:
    page = open_map(demo_server, f"/?layers={register}&labels=parks,towns&{query}{place}")
    wait_until_drawn(page)
    spots = page.evaluate(
        """(register) => {
            const { view } = geoapp;
            const frame = view.map.getContainer().getBoundingClientRect();
            const size = view.map.getSize();
            const { classes } = view.layers.get(register).look;
            const hit = (x, y) => view.stack.featuresAt(view.L.point(x, y)).find((it) => it.register === register);
            const around = [[0, 0], [-12, -12], [12, -12], [-12, 12], [12, 12]];
            const spots = {};
            for (let x = 60; x < size.x - 320; x += 9) for (let y = 90; y < size.y - 60; y += 9) {
                const corners = around.map(([dx, dy]) => hit(x + dx, y + dy));
                const { pattern } = classes[corners[0]?.properties.c] ?? {};
                if (pattern === undefined || new Set(corners.map((corner) => corner?.key)).size > 1) continue;
                spots[pattern || "plain"] ??= { x: frame.left + x, y: frame.top + y };
            }
            return spots;
        }""",
        register,
    )
    assert len(spots) >= 2, spots  # plain, and some patterns
    for pattern, spot in spots.items():
        clip = {"x": spot["x"] - 8, "y": spot["y"] - 8, "width": 16, "height": 16}
        picture = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("L")
        darkest, lightest = picture.getextrema()
        assert (lightest - darkest > 12) == (pattern != "plain"), (pattern, darkest, lightest)


def test_colouring_that_does_not_come_leaves_the_old_one(
    demo_server: Server, open_without_gl: OpenPage
) -> None:
    page = open_without_gl(demo_server, "/")
    wait_until_drawn(page)
    page.route("**/style.json*", lambda route: route.abort())
    assert page.evaluate("geoapp.view.layers.get('plots').setScheme('far:quantile:5')") is False
    expect(page.locator(".toast-message")).to_contain_text("没有换成这种着色")
    assert page.evaluate("geoapp.view.layers.get('plots').scheme.id") == "far_class"


@pytest.mark.slow
def test_old_picture_stays_until_the_new_one_is_there(demo_server: Server, open_map: OpenPage) -> None:
    page = open_map(demo_server)
    only_plots(page)
    show_plot(page, 15)
    plot = plot_in_view(page)
    plain = colour_at(page, plot["x"], plot["y"])
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/tiles/plots/**", hold)
    page.evaluate("geoapp.view.setQuery({ filter: 'far < 0' })")
    page.wait_for_timeout(800)
    assert held
    assert colour_at(page, plot["x"], plot["y"]) == plain
    for route in held:
        route.continue_()
    page.unroute("**/tiles/plots/**")
    wait_for_colour(page, plot["x"], plot["y"], over("#ffffff", 0))


def test_requests_for_tiles_that_left_the_view_are_given_up(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    only_plots(page)
    page.evaluate(
        """() => {
            window.signals = [];
            const ask = window.fetch;
            window.fetch = (address, options) => {
                if (!String(address).includes("/tiles/plots/15/")) return ask(address, options);
                signals.push(options.signal); // this level is never answered
                return new Promise((_, reject) => {
                    options.signal.addEventListener("abort", () => reject(options.signal.reason));
                });
            };
        }"""
    )
    page.evaluate("void geoapp.view.map.setView([29.96, 121.45], 16, { animate: false })")
    wait_until(page, "signals.length >= 4 && geoapp.view.layers.get('plots').state === 'loading'")
    page.evaluate("void geoapp.view.map.setView([29.96, 121.55], 15, { animate: false })")
    wait_until_drawn(page)
    assert page.evaluate("signals.every((signal) => signal.aborted)")


# Names


@pytest.mark.slow
def test_names_do_not_cover_one_another_and_can_be_clicked(demo_server: Server, open_map: OpenPage) -> None:
    page = open_map(demo_server, size="1440")
    wait_until_drawn(page)
    shown = page.evaluate("geoapp.view.labels.shown")
    assert len(shown) == 8
    assert {label["register"] for label in shown} == {"towns"}
    page.evaluate("void geoapp.view.map.setView([29.9585, 121.5], 16, { animate: false })")
    page.get_by_role("checkbox", name="标注名称").check()
    wait_until(page, "geoapp.view.labels.shown.some(({ register }) => register === 'plots')")
    boxes = [label["box"] for label in page.evaluate("geoapp.view.labels.shown")]
    shapes = [shapely.box(box["west"], box["north"], box["east"], box["south"]) for box in boxes]
    assert not any(one.intersection(other).area for i, one in enumerate(shapes) for other in shapes[:i])
    park = page.evaluate(
        """() => {
            const { view } = geoapp;
            const { text, x, y } = view.labels.shown.find(({ register }) => register === "parks");
            const frame = view.labels.canvas.getBoundingClientRect();
            return { text, x: frame.left + x, y: frame.top + y };
        }"""
    )
    page.mouse.click(park["x"], park["y"])
    expect(page.locator("#card-panel [data-title]")).to_have_text(park["text"])
    page.wait_for_url(re.compile("labels=plots"))


def test_cell_is_said_to_be_many_plots(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/healthz")
    text = page.evaluate(
        "import('/assets/map/tooltip.js').then((module) => module.cellText({ n: 1234, m2: 1e6 }))"
    )
    assert text == "此处 1,234 宗，共 1,500.00 亩"  # 100 hectares of 15 亩


# Which engine


@pytest.fixture
def open_gl(gl_windows: Windows) -> Iterator[OpenPage]:
    """Return a function that opens pages in a browser with WebGL; errors may be meant."""
    yield from opened(gl_windows, is_watched=False, size="gl")


@pytest.fixture(scope="session")
def windows_without_gl(playwright: Playwright) -> Iterator[Windows]:
    chromium = launch(playwright, (*CHROMIUM_FLAGS, "--disable-3d-apis"))
    yield Windows(chromium)
    chromium.close()


@pytest.fixture
def open_without_gl(windows_without_gl: Windows) -> Iterator[OpenPage]:
    """Return a function that opens pages in a browser that has no WebGL at all; errors may be meant."""
    yield from opened(windows_without_gl, is_watched=False)


def test_canvas_is_taken_where_webgl_is_none_and_asks_for_nothing_of_the_other(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    assert page.evaluate("geoapp.view.engine") == "canvas"
    expect(page.locator("[data-engine-now]")).to_have_text("现用画布")
    names = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert not [name for name in names if "maplibre" in name or "gl_engine" in name]


def test_processor_that_plays_a_graphics_card_is_seen_through(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server, "/healthz")
    names = [
        "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)",
        "llvmpipe (LLVM 15.0.7, 256 bits)",
        "ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11)",
        "Apple Software Renderer",
        "ANGLE (Intel, Intel(R) UHD Graphics 630 Direct3D11 vs_5_0 ps_5_0)",
        "Mali-G78",
    ]
    seen = page.evaluate(
        "(names) => import('/assets/map/engines/detect.js').then((it) => names.map(it.isSoftwareRenderer))",
        names,
    )
    assert seen == [True, True, True, True, False, False]


def test_software_webgl_is_not_chosen_by_itself(demo_server: Server, open_gl: OpenPage) -> None:
    page = open_gl(demo_server)
    wait_until_drawn(page)
    assert page.evaluate("geoapp.view.engine") == "canvas"


@pytest.mark.slow
def test_user_changes_the_engine_and_the_layers_stay_as_they_are(
    demo_server: Server, open_gl: OpenPage
) -> None:
    page = open_gl(demo_server, "/?layers=plots,parks&color=grade#14/29.95850/121.50000")
    wait_until_drawn(page)
    seen = drawn_plots(page, 15)
    for choice in ("gl", "canvas", "gl"):
        page.get_by_label("绘图方式").select_option(choice)
        wait_until(page, f"geoapp.view.engine === '{choice}'")
        wait_until_drawn(page)
        page.wait_for_url(re.compile(f"engine={choice}"))
        assert drawn_plots(page, 15) == seen
        assert page.evaluate("geoapp.page.panel.visibleIds") == ["parks", "plots"]
        assert page.evaluate("geoapp.view.layers.get('plots').scheme.id") == "grade"
    assert page.locator(".leaflet-registers-pane > *").count() == 1


def expect_engine(page: Page, name: str, words: str) -> None:
    wait_until(page, f"Boolean(window.geoapp) && geoapp.view.engine === '{name}'")
    expect(page.locator(".toast-message").first).to_contain_text(words)
    wait_until_drawn(page)
    assert drawn_plots(page, 15)


def test_gl_that_does_not_start_gives_way_to_canvas(demo_server: Server, open_without_gl: OpenPage) -> None:
    page = open_without_gl(demo_server, "/?engine=gl")
    expect_engine(page, "canvas", "已改用画布绘图")


@pytest.mark.parametrize("file", ["maplibre-gl.js", "leaflet-maplibre-gl.js", "gl_engine.js"])
def test_gl_whose_scripts_do_not_come_gives_way_to_canvas(
    demo_server: Server, open_gl: OpenPage, file: str
) -> None:
    def break_(page: Page) -> None:
        page.route(f"**/{file}", lambda route: route.abort())

    page = open_gl(demo_server, "/?engine=gl", break_=break_)
    expect_engine(page, "canvas", "已改用画布绘图")


def test_gl_that_loses_its_context_gives_way_to_canvas(demo_server: Server, open_gl: OpenPage) -> None:
    page = open_gl(demo_server, "/?engine=gl")
    wait_until_drawn(page)
    assert page.evaluate("geoapp.view.engine") == "gl"
    page.evaluate(
        "document.querySelector('.maplibregl-canvas').getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()"
    )
    expect_engine(page, "canvas", "已改用画布绘图")
    assert page.locator(".maplibregl-canvas").count() == 0


@pytest.mark.slow
def test_canvas_whose_script_is_broken_gives_way_to_gl(demo_server: Server, open_gl: OpenPage) -> None:
    def break_(page: Page) -> None:
        broken = "export class CanvasEngine { constructor() { throw new TypeError('broken'); } }"
        page.route(
            "**/canvas_engine.js",
            lambda route: route.fulfill(status=200, content_type="text/javascript", body=broken),
        )

    page = open_gl(demo_server, "/?engine=canvas", break_=break_)
    expect_engine(page, "gl", "已改用显卡绘图")


@pytest.mark.slow
def test_canvas_that_fails_at_work_gives_way_to_gl(demo_server: Server, open_gl: OpenPage) -> None:
    page = open_gl(demo_server, "/?engine=canvas")
    wait_until_drawn(page)
    page.evaluate(
        """() => {
            const { view } = geoapp;
            view.stack.engine.nextJob = () => { throw new Error("out of memory"); };
            view.setQuery({ filter: "far < 9" });
        }"""
    )
    expect_engine(page, "gl", "已改用显卡绘图")


@pytest.mark.parametrize(
    ("engine", "member", "words"),
    [
        ("gl", "add", "已改用画布绘图"),
        ("gl", "takeWhatCame", "已改用画布绘图"),
        ("gl", "featureAt", "已改用画布绘图"),
        ("canvas", "load", "已改用显卡绘图"),
        ("canvas", "markDirty", "已改用显卡绘图"),
        ("canvas", "featureAt", "已改用显卡绘图"),
    ],
)
def test_an_error_anywhere_in_an_engine_gives_way_to_the_other(
    demo_server: Server, open_gl: OpenPage, engine: str, member: str, words: str
) -> None:
    page = open_gl(demo_server, f"/?engine={engine}")
    wait_until_drawn(page)
    page.evaluate(
        """(member) => {
            const { map, stack } = geoapp.view;
            const { engine } = stack;
            engine[member] = () => { throw new TypeError("broken"); };
            geoapp.view.setQuery({ filter: "far < 9" });
            map.panBy([100, 0], { animate: false });
            geoapp.view.featuresAt([500, 300]);
        }""",
        member,
    )
    expect_engine(page, {"gl": "canvas", "canvas": "gl"}[engine], words)


def test_gl_that_cannot_draw_from_the_start_gives_way_to_canvas(
    demo_server: Server, open_gl: OpenPage
) -> None:
    def break_(page: Page) -> None:
        broken = """export class GlEngine {
            name = "gl";
            async start() {}
            sync() { throw new TypeError("broken"); }
            remove() { throw new TypeError("broken as well"); }
            featuresAt() { return []; }
        }"""
        page.route(
            "**/gl_engine.js",
            lambda route: route.fulfill(status=200, content_type="text/javascript", body=broken),
        )

    page = open_gl(demo_server, "/?engine=gl", break_=break_)
    expect_engine(page, "canvas", "已改用画布绘图")


def test_both_engines_broken_is_said(demo_server: Server, open_without_gl: OpenPage) -> None:
    def break_(page: Page) -> None:
        page.route("**/*_engine.js", lambda route: route.abort())

    page = open_without_gl(demo_server, "/", break_=break_)
    expect(page.locator(".toast-message").first).to_contain_text("地图图形暂时画不出来")
    assert page.evaluate("geoapp.view.engine") is None


# Two pictures


@pytest.mark.slow
def test_second_picture_has_its_own_filter_and_goes_without_a_trace(
    demo_server: Server, open_map: OpenPage
) -> None:
    page = open_map(demo_server)
    only_plots(page)
    show_plot(page, 15)
    page.evaluate(
        "window.second = geoapp.view.addCompanion({ pane: 'second', query: { filter: 'far < 1' }, schemeId: 'grade' })"
    )
    wait_until(page, "second.stack.engine !== null && geoapp.view.isSettled")
    plot = plot_in_view(page)
    hits = page.evaluate(
        """() => {
            const { view } = geoapp;
            const size = view.map.getSize();
            const keys = new Set();
            for (let x = 1; x < size.x; x += 12) for (let y = 1; y < size.y; y += 12) {
                for (const { key } of second.stack.featuresAt(view.L.point(x, y))) keys.add(key);
            }
            return [...keys];
        }"""
    )
    answer = page.evaluate("fetch('/table/plots/keys.json?limit=500&filter=far<1').then((it) => it.json())")
    assert len(answer["keys"]) == answer["total"]
    allowed = set(answer["keys"])
    assert set(hits) == drawn_plots(page, 12) & allowed
    assert page.evaluate("second.stack.layers.get('plots').look.id") == "grade"
    assert page.evaluate("geoapp.view.layers.get('plots').look.id") == "far_class"
    page.evaluate("second.remove()")
    assert page.locator(".leaflet-second-pane > *").count() == 0
    wait_until_drawn(page)
    assert colour_at(page, plot["x"], plot["y"]) != over("#ffffff", 0)


def test_every_engine_is_tried() -> None:
    assert ENGINES == ("canvas", "gl")
    assets = Path(__file__).parents[2] / "geoapp" / "web" / "assets" / "map" / "engines"
    assert sorted(path.name for path in assets.glob("*_engine.js")) == [
        f"{name}_engine.js" for name in ENGINES
    ]
