"""The map's tools in a real Chromium: select and sum, measure, areas, surroundings, go to, bookmarks."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from playwright.sync_api import Browser, Page, expect
from pyproj import Geod, Transformer

from geoapp.services.as_of import as_of
from geoapp.services.plot_facts import plot_facts
from geoapp.services.workspace import Workspace
from tests.browser.map_page import wait_until
from tests.servers import Server

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
Place = tuple[float, float]
GRS80 = Geod(ellps="GRS80")


def open_ready(open_page: OpenPage, server: Server, path: str = "/", size: str = "1440") -> Page:
    page = open_page(server, path, size=size)
    wait_until(page, "Boolean(window.geoapp) && geoapp.view.engine !== null && geoapp.view.isSettled")
    return page


def show(page: Page, lon: float, lat: float, zoom: int = 15) -> None:
    page.evaluate(
        "([lon, lat, zoom]) => void geoapp.view.map.setView([lat, lon], zoom, { animate: false })",
        [lon, lat, zoom],
    )
    wait_until(page, "geoapp.view.isSettled")


def pixel(page: Page, lon: float, lat: float) -> Place:
    x, y = page.evaluate(
        """([lon, lat]) => {
            const { map } = geoapp.view;
            const box = map.getContainer().getBoundingClientRect();
            const point = map.latLngToContainerPoint([lat, lon]);
            return [box.left + point.x, box.top + point.y];
        }""",
        [lon, lat],
    )
    return x, y


def place(page: Page, x: float, y: float) -> Place:
    """Return the longitude and latitude of a point of the screen."""
    lon, lat = page.evaluate(
        """([x, y]) => {
            const { lng, lat } = geoapp.view.map.mouseEventToLatLng({ clientX: x, clientY: y });
            return [lng, lat];
        }""",
        [x, y],
    )
    return lon, lat


def middle(page: Page) -> tuple[int, int]:
    box = page.locator("#map_main").bounding_box()
    assert box is not None
    return round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2)


def around(page: Page, *steps: tuple[int, int]) -> list[tuple[int, int]]:
    """Return points of the screen by their distance from the middle of the map, in pixels."""
    x, y = middle(page)
    return [(x + dx, y + dy) for dx, dy in steps]


def drag(page: Page, start: tuple[int, int], end: tuple[int, int]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def draw_corners(page: Page, points: list[tuple[int, int]]) -> None:
    for point in points[:-1]:
        page.mouse.click(*point)
    page.mouse.dblclick(*points[-1])


def call(page: Page, module: str, function: str, *arguments: Any) -> Any:
    return page.evaluate(
        "([module, name, values]) => import(module).then((found) => found[name](...values))",
        [f"/assets/map/{module}", function, list(arguments)],
    )


def selected(page: Page) -> set[str]:
    return set(page.evaluate("[...geoapp.view.selection.keys]"))


def figure(page: Page, name: str) -> str:
    return page.locator(f"#selection-bar [data-figure={name}]").inner_text()


def wait_for_sums(page: Page) -> None:
    expect(page.locator("#selection-bar")).to_be_visible()
    expect(page.locator("#selection-bar")).not_to_have_attribute("aria-busy", "true")


def put_tool_down(page: Page) -> None:
    page.keyboard.press("Escape")


def test_lengths_and_areas_are_those_of_the_ellipsoid(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until(page, "Boolean(window.geoapp)")
    # A plot of about 100 m, the district's width, and half a degree.
    for size, tolerance in ((0.001, 1e-7), (0.1, 1e-6), (0.5, 1e-5)):
        ring = [
            [121.5, 29.9],
            [121.5 + size, 29.9],
            [121.5 + size * 0.9, 29.9 + size * 0.8],
            [121.5, 29.9 + size],
        ]
        area, _ = GRS80.polygon_area_perimeter(*zip(*ring, strict=True))
        assert call(page, "features/geodesic.js", "ringArea", ring) == pytest.approx(abs(area), rel=tolerance)
        assert call(page, "features/geodesic.js", "length", ring) == pytest.approx(
            GRS80.line_length(*zip(*ring, strict=True)), abs=1e-4
        )
    hole = [[121.5002, 29.9002], [121.5004, 29.9002], [121.5004, 29.9004]]
    outer = [[121.5, 29.9], [121.501, 29.9], [121.501, 29.901]]
    whole, inside = (abs(GRS80.polygon_area_perimeter(*zip(*ring, strict=True))[0]) for ring in (outer, hole))
    found = call(
        page, "features/geodesic.js", "polygonArea", {"type": "Polygon", "coordinates": [outer, hole]}
    )
    assert found == pytest.approx(whole - inside, rel=1e-6)


def test_circle_has_its_radius_all_around(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until(page, "Boolean(window.geoapp)")
    ring = call(page, "features/geodesic.js", "circleRing", [121.5, 29.95], 500)
    assert ring[0] == ring[-1]
    for lon, lat in ring:
        assert GRS80.inv(121.5, 29.95, lon, lat)[2] == pytest.approx(500, abs=1e-6)


def test_working_coordinates_agree_with_proj_all_over_the_district(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server)
    wait_until(page, "Boolean(window.geoapp)")
    crs = {"centralMeridian": 120, "falseEasting": 500_000, "falseNorthing": 0, "scale": 1}
    project = Transformer.from_crs(4490, 4549, always_xy=True).transform
    for lon in (121.3, 121.45, 121.7):
        for lat in (29.8, 29.95, 30.1):
            found = call(page, "gauss_kruger.js", "toPlane", lon, lat, crs)
            assert [found["east"], found["north"]] == pytest.approx(project(lon, lat), abs=1e-3)


def test_pointer_shows_degrees_and_metres(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    show(page, 121.5, 29.95)
    x, y = middle(page)
    page.mouse.move(x + 40, y - 30)
    lon, lat = place(page, x + 40, y - 30)
    east, north = Transformer.from_crs(4490, 4549, always_xy=True).transform(lon, lat)
    expect(page.locator("#coordinates")).to_have_text(
        f"经度 {lon:.6f}  纬度 {lat:.6f}  东 {east:.1f}  北 {north:.1f}  级别 15"
    )


def test_coordinate_is_copied_from_the_map_and_from_its_line(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_ready(open_page, demo_server)
    x, y = middle(page)
    page.mouse.click(x + 40, y - 30, button="right")
    lon, _ = place(page, x + 40, y - 30)
    toast = page.locator(".toast-message")
    expect(toast).to_contain_text(f"坐标已复制：经度 {lon:.6f}")
    toast.get_by_role("button", name="关闭提示").click()
    page.locator("#coordinates").click()
    expect(toast).to_contain_text("坐标已复制：经度")


def test_two_areas_and_their_sum_are_the_ellipsoids(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    show(page, 121.5, 29.95)
    page.get_by_role("button", name="测量", exact=True).click()
    page.get_by_role("group", name="量什么").get_by_role("button", name="面积").click()
    first = around(page, (-200, -100), (-60, -110), (-50, -20), (-190, -10))
    second = around(page, (-200, 40), (-80, 60), (-150, 150))
    expected = []
    for points in (first, second):
        ring = [place(page, *point) for point in points]
        expected.append(abs(GRS80.polygon_area_perimeter(*zip(*ring, strict=True))[0]))
        draw_corners(page, points)
        page.wait_for_timeout(500)  # a click right after a double click would belong to it
    rows = page.locator("#measure-panel [data-list] li")
    expect(rows).to_have_count(2)
    found = [float(row.get_attribute("data-value") or "nan") for row in rows.all()]
    assert found == pytest.approx(expected, rel=1e-6)
    total = sum(expected)
    expect(page.locator("#measure-panel [data-sum=polygon] dd")).to_have_text(
        f"{total:,.0f} m² · {total / 10_000:,.4f} 公顷 · {total * 15 / 10_000:,.2f} 亩（2 个）"
    )
    rows.first.get_by_role("button").click()
    expect(rows).to_have_count(1)
    expect(page.locator("#measure-panel [data-sum=polygon]")).to_be_hidden()


def test_length_is_measured_by_keys_alone(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    show(page, 121.5, 29.95)
    page.get_by_role("button", name="测量", exact=True).focus()
    page.keyboard.press("Enter")
    page.locator("#map_main").focus()
    start = place(page, *middle(page))
    page.keyboard.press("Enter")
    before = page.evaluate("geoapp.view.map.getCenter().lng")
    page.keyboard.press("ArrowRight")
    wait_until(page, f"geoapp.view.map.getCenter().lng > {before}")
    page.wait_for_timeout(500)  # the map glides to its end
    end = place(page, *middle(page))
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    row = page.locator("#measure-panel [data-list] li")
    expect(row).to_have_count(1)
    metres = GRS80.inv(*start, *end)[2]
    assert float(row.get_attribute("data-value") or "nan") == pytest.approx(metres, abs=2)
    expect(page.locator("#card-panel")).to_be_hidden()


def test_escape_drops_the_half_drawn_first_then_the_tool(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    button = page.get_by_role("button", name="测量", exact=True)
    button.click()
    page.mouse.click(*middle(page))
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#measure-panel")).to_be_hidden()


def test_crossed_border_is_not_measured(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    page.get_by_role("button", name="测量", exact=True).click()
    page.get_by_role("group", name="量什么").get_by_role("button", name="面积").click()
    draw_corners(page, around(page, (-100, -100), (100, 100), (100, -100), (-100, 100)))
    expect(page.locator("#draw-hint")).to_contain_text("边线自己相交了")
    expect(page.locator("#measure-panel [data-list] li")).to_have_count(0)


def test_box_selects_what_it_hits_and_sums_it(
    demo_server: Server, demo_workspace: Workspace, open_map: OpenPage
) -> None:
    page = open_ready(open_map, demo_server)
    page.get_by_role("button", name="框选").click()
    start, end = around(page, (-120, -80), (110, 90))
    (west, north), (east, south) = place(page, *start), place(page, *end)
    drag(page, start, end)
    wait_for_sums(page)
    facts = plot_facts(demo_workspace, day=as_of(demo_workspace, None).day)
    hit = facts[facts.geometry.intersects(shapely.box(west, south, east, north))]
    assert len(hit) > 5
    assert selected(page) == set(hit.index)
    assert figure(page, "count") == f"{len(hit)} 宗"
    assert figure(page, "site") == f"{hit['site_area_m2'].sum() * 15 / 10_000:,.2f} 亩"
    known = hit.dropna(subset=["gfa_counted_m2", "site_area_m2"])
    far = known["gfa_counted_m2"].sum() / known["site_area_m2"].sum()
    assert figure(page, "far") == f"{far:.2f}"


def test_unit_of_the_bar_is_kept(demo_server: Server, demo_workspace: Workspace, open_page: OpenPage) -> None:
    keys, area_m2 = two_plots(demo_workspace)
    page = open_ready(open_page, demo_server, f"/?sel={','.join(keys)}")
    wait_for_sums(page)
    page.locator("#selection-bar").get_by_label("单位").select_option("公顷")
    assert figure(page, "site") == f"{area_m2 / 10_000:,.4f} 公顷"
    page.reload()
    wait_for_sums(page)
    assert figure(page, "site") == f"{area_m2 / 10_000:,.4f} 公顷"


def two_plots(workspace: Workspace) -> tuple[list[str], float]:
    """Return the codes of two plots of known area, and their area together in square metres."""
    facts = plot_facts(workspace, day=as_of(workspace, None).day)
    chosen = facts.dropna(subset=["site_area_m2"]).iloc[:2]
    return list(chosen.index), float(chosen["site_area_m2"].sum())


def test_shift_adds_and_alt_takes_away(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    page.get_by_role("button", name="框选").click()
    left, middle_top, right = around(page, (-150, -90), (0, -90), (150, 90))
    drag(page, left, around(page, (0, 90))[0])
    wait_for_sums(page)
    first = selected(page)
    page.keyboard.down("Shift")
    drag(page, middle_top, right)
    page.keyboard.up("Shift")
    wait_until(page, f"geoapp.view.selection.size > {len(first)}")
    wait_for_sums(page)
    both = selected(page)
    assert first < both
    assert figure(page, "count") == f"{len(both)} 宗"
    page.get_by_role("group", name="选择方式").get_by_role("button", name="移除").click()
    drag(page, middle_top, right)
    wait_until(page, f"geoapp.view.selection.size < {len(both)}")
    assert selected(page) < both
    page.locator("#selection-bar").get_by_role("button", name="清除").click()
    expect(page.locator("#selection-bar")).to_be_hidden()
    assert selected(page) == set()


def test_polygon_and_circle_select_what_they_hit(
    demo_server: Server, demo_workspace: Workspace, open_page: OpenPage
) -> None:
    facts = plot_facts(demo_workspace, day=as_of(demo_workspace, None).day)
    page = open_ready(open_page, demo_server)
    tools = page.get_by_role("group", name="选择地块")
    tools.get_by_role("button", name="多边形").click()
    corners = around(page, (-120, -80), (110, -60), (20, 90))
    triangle = shapely.Polygon([place(page, *corner) for corner in corners])
    draw_corners(page, corners)
    wait_for_sums(page)
    assert selected(page) == set(facts.index[facts.geometry.intersects(triangle)])
    tools.get_by_role("button", name="圆").click()
    centre, edge = around(page, (0, 0), (60, 0))
    (lon, lat), on_circle = place(page, *centre), place(page, *edge)
    drag(page, centre, edge)
    wait_until(page, "document.querySelector('#selection-bar').getAttribute('aria-busy') !== 'true'")
    ring = shapely.Polygon(
        [GRS80.fwd(lon, lat, azimuth, GRS80.inv(lon, lat, *on_circle)[2])[:2] for azimuth in range(360)]
    )
    assert selected(page) == set(facts.index[facts.geometry.intersects(ring)])


def test_click_puts_a_plot_in_and_out_and_opens_no_card(
    demo_server: Server, demo_workspace: Workspace, open_map: OpenPage
) -> None:
    facts = plot_facts(demo_workspace, day=as_of(demo_workspace, None).day)
    key = facts.to_crs(4549).area.idxmax()
    inside = facts.geometry[key].point_on_surface()
    page = open_ready(open_map, demo_server, "/?layers=plots")
    show(page, inside.x, inside.y, 17)
    page.get_by_role("button", name="点选").click()
    page.mouse.click(*pixel(page, inside.x, inside.y))
    wait_until(page, "geoapp.view.selection.size === 1")
    assert selected(page) == {key}
    wait_for_sums(page)
    page.wait_for_timeout(600)
    page.mouse.click(*pixel(page, inside.x, inside.y))
    wait_until(page, "geoapp.view.selection.size === 0")
    expect(page.locator("#card-panel")).to_be_hidden()


def test_selection_in_the_address_reopens_in_a_new_browser(
    demo_server: Server, demo_workspace: Workspace, open_page: OpenPage
) -> None:
    keys, _ = two_plots(demo_workspace)
    page = open_ready(open_page, demo_server)
    page.evaluate("(keys) => geoapp.view.selection.set(keys)", keys)
    page.wait_for_url(re.compile(r"[?&]sel="))
    wait_for_sums(page)
    shown = figure(page, "site")
    other = open_ready(open_page, demo_server, page.url.removeprefix(demo_server.address))
    wait_for_sums(other)
    assert selected(other) == set(keys)
    assert figure(other, "site") == shown
    other.locator("#selection-bar").get_by_role("link", name="对比").click()
    other.wait_for_url(re.compile(r"/compare\?plots="))
    for key in keys:
        expect(other.locator("main")).to_contain_text(key)


def test_more_than_the_address_holds_is_said(
    demo_server: Server, demo_workspace: Workspace, open_page: OpenPage
) -> None:
    keys = list(plot_facts(demo_workspace, day=as_of(demo_workspace, None).day).index[:101])
    page = open_ready(open_page, demo_server)
    page.evaluate("(keys) => geoapp.view.selection.set(keys)", keys)
    wait_for_sums(page)
    expect(page.locator("#selection-bar")).to_contain_text("超过 100 宗，网址和书签不记录所选地块")
    page.wait_for_timeout(500)  # longer than the delay with which the address is written
    assert "sel=" not in page.url


def test_unknown_code_in_the_address_is_left_out(
    demo_server: Server, demo_workspace: Workspace, open_page: OpenPage
) -> None:
    keys, _ = two_plots(demo_workspace)
    page = open_ready(open_page, demo_server, f"/?sel={keys[0]},没有这宗")
    wait_for_sums(page)
    assert selected(page) == {keys[0]}
    expect(page.locator("#selection-bar")).to_contain_text("没有这宗")


def test_export_holds_exactly_the_selected(
    demo_server: Server, demo_workspace: Workspace, open_page: OpenPage
) -> None:
    keys, _ = two_plots(demo_workspace)
    page = open_ready(open_page, demo_server, f"/?sel={','.join(keys)}")
    wait_for_sums(page)
    page.locator("#selection-bar").get_by_role("button", name="导出").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="GeoJSON").click()
    features = json.loads(download.value.path().read_text(encoding="utf-8"))["features"]
    found = {feature.get("id") or feature["properties"]["plot_code"] for feature in features}
    assert found == set(keys)


def panel_value(page: Page, name: str) -> float:
    cell = page.locator(f"#area-panel [data-name={name}] [data-value]")
    return float(cell.get_attribute("data-value") or "nan")


def test_drawn_area_has_its_statistics_and_becomes_a_filter(
    demo_server: Server, demo_workspace: Workspace, open_map: OpenPage
) -> None:
    page = open_ready(open_map, demo_server)
    page.get_by_role("button", name="范围统计", exact=True).click()
    page.get_by_role("group", name="画法").get_by_role("button", name="矩形").click()
    start, end = around(page, (-120, -80), (110, 90))
    (west, north), (east, south) = place(page, *start), place(page, *end)
    drag(page, start, end)
    facts = plot_facts(demo_workspace, day=as_of(demo_workspace, None).day)
    box = shapely.box(west, south, east, north)
    inside = facts[shapely.area(facts.geometry.intersection(box).to_numpy()) > 0]
    expect(page.locator("#area-panel [data-name=plot_count] [data-value]")).to_have_attribute(
        "data-value", str(len(inside))
    )
    page.get_by_role("button", name="选中其中地块").click()
    wait_for_sums(page)
    assert selected(page) == set(facts.index[facts.geometry.intersects(box)])
    page.get_by_role("button", name="作为筛选").click()
    wait_until(page, "geoapp.view.query.filter.startsWith('S_INTERSECTS(geometry, POLYGON')")
    page.get_by_role("region", name="范围统计").get_by_role("button", name="清除").click()
    expect(page.locator("#area-panel [data-result]")).to_be_hidden()


def test_uploaded_area_has_the_figures_of_the_statistics_page(
    demo_server: Server, open_page: OpenPage, tmp_path: Any
) -> None:
    page = open_ready(open_page, demo_server)
    request = page.request
    zones = request.get(f"{demo_server.address}/statistics/zones.geojson?zones=parks").json()["features"]
    rows = request.get(f"{demo_server.address}/statistics.json?zones=parks").json()["rows"]
    park = max((row for row in rows if row["kind"] == "zone"), key=lambda row: row["plot_count"] or 0)
    shape = next(zone for zone in zones if zone["id"] == park["zone"])
    path = tmp_path / "park.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [shape]}), encoding="utf-8")
    page.get_by_role("button", name="范围统计", exact=True).click()
    page.locator("#area-panel input[type=file]").set_input_files(path)
    expect(page.locator("#area-panel [data-result]")).to_be_visible()
    for name in ("plot_count", "site_area_mu", "far"):
        assert panel_value(page, name) == pytest.approx(park[name], rel=1e-6)


def open_unwatched(browser: Browser) -> OpenPage:
    """Return what opens a page whose console may hold refused requests, which browsers report there."""

    def open_(server: Server, path: str = "/", size: str = "1440") -> Page:
        page = browser.new_context(viewport={"width": int(size), "height": 900}, locale="zh-CN").new_page()
        page.goto(server.address + path)
        return page

    return open_


def test_file_that_is_no_area_is_refused_in_words(
    demo_server: Server, browser: Browser, tmp_path: Any
) -> None:
    path = tmp_path / "线.geojson"
    line = {"type": "LineString", "coordinates": [[121.5, 29.95], [121.51, 29.95]]}
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": line}), encoding="utf-8")
    page = open_ready(open_unwatched(browser), demo_server)
    page.get_by_role("button", name="范围统计", exact=True).click()
    page.locator("#area-panel input[type=file]").set_input_files(path)
    expect(page.get_by_role("alert")).to_contain_text("面")
    expect(page.locator("#area-panel [data-result]")).to_be_hidden()


def test_buffer_finds_the_plots_around_a_point(
    demo_server: Server, demo_workspace: Workspace, open_page: OpenPage
) -> None:
    page = open_ready(open_page, demo_server)
    facts = plot_facts(demo_workspace, day=as_of(demo_workspace, None).day)
    plane = facts.to_crs(4549)
    centre = facts.geometry.iloc[0].point_on_surface()
    show(page, centre.x, centre.y, 16)
    page.get_by_role("button", name="周边", exact=True).click()
    x, y = (round(value) for value in pixel(page, centre.x, centre.y))
    place_lon, place_lat = place(page, x, y)
    page.mouse.click(x, y)
    expect(page.locator("#nearby-panel [data-centre]")).to_have_text("画的点")
    page.get_by_label("半径").fill("800")
    page.get_by_role("button", name="缓冲区").click()
    east, north = Transformer.from_crs(4490, 4549, always_xy=True).transform(place_lon, place_lat)
    near = plane.geometry.distance(shapely.Point(east, north)) <= 800
    expect(page.locator("#nearby-panel [data-buffer-words]")).to_contain_text(
        f"800 米内有 {near.sum()} 宗地块"
    )
    page.get_by_role("button", name="选中这些地块").click()
    wait_for_sums(page)
    assert selected(page) == set(facts.index[near])


def test_nearest_records_are_listed_with_their_distance(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    show(page, 121.5, 29.95)
    page.get_by_role("button", name="周边", exact=True).click()
    page.mouse.click(*middle(page))
    page.locator("#nearby-panel select").select_option("parks")
    page.get_by_role("button", name="查找").click()
    rows = page.locator("#nearby-panel [data-list] li")
    expect(rows).to_have_count(5)
    title = rows.first.get_by_role("button").inner_text()
    rows.first.get_by_role("button").click()
    expect(page.locator("#card-panel [data-title]")).to_have_text(title)


def test_go_to_a_coordinate_in_metres(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    east, north = Transformer.from_crs(4490, 4549, always_xy=True).transform(121.512345, 29.954321)
    page.get_by_role("button", name="定位", exact=True).click()
    page.get_by_label("坐标或编号").fill(f"{east:.3f}, {north:.3f}")
    page.keyboard.press("Enter")
    expect(page.locator(".measure-label")).to_contain_text("经度 121.512345")
    assert page.evaluate("geoapp.view.map.getCenter().lat") == pytest.approx(29.954321, abs=2e-5)


def test_coordinate_elsewhere_is_refused_in_words(demo_server: Server, browser: Browser) -> None:
    page = open_ready(open_unwatched(browser), demo_server)
    page.get_by_role("button", name="定位", exact=True).click()
    page.get_by_label("坐标或编号").fill("1, 2")
    page.keyboard.press("Enter")
    expect(page.locator("#goto-panel [data-error]")).to_contain_text("不在本区")


def test_bookmark_is_kept_opened_renamed_and_deleted(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    show(page, 121.512, 29.954, 16)
    page.get_by_role("button", name="书签", exact=True).click()
    page.get_by_label("书签名称").fill("<b>甲</b>")
    page.keyboard.press("Enter")
    show(page, 121.45, 29.9, 13)
    page.reload()
    wait_until(page, "Boolean(window.geoapp) && geoapp.view.isSettled")
    page.get_by_role("button", name="书签", exact=True).click()
    page.get_by_role("link", name="<b>甲</b>").click()
    wait_until(page, "window.geoapp?.view.map.getZoom() === 16")
    assert page.evaluate("geoapp.view.map.getCenter().lng") == pytest.approx(121.512, abs=1e-4)
    if page.locator("#bookmarks-panel").is_hidden():
        page.get_by_role("button", name="书签", exact=True).click()
    page.get_by_role("button", name="改名").click()
    page.get_by_label("的新名称").fill("乙")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="乙")).to_be_visible()
    page.get_by_role("button", name="删除：乙").click()
    expect(page.locator("#bookmarks-panel")).to_contain_text("还没有书签")


def test_bookmarks_without_storage_last_as_long_as_the_page(demo_server: Server, browser: Browser) -> None:
    page = browser.new_context(locale="zh-CN").new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } })"
    )
    page.goto(demo_server.address)
    wait_until(page, "Boolean(window.geoapp)")
    page.get_by_role("button", name="书签", exact=True).click()
    expect(page.locator("#bookmarks-panel [data-error]")).to_contain_text("只保留到关闭本页")
    page.get_by_label("书签名称").fill("甲")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="甲")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("size", ["1440", "1024"])
def test_bar_covers_neither_scale_nor_coordinates_nor_zoom(
    demo_server: Server, demo_workspace: Workspace, open_page: OpenPage, size: str
) -> None:
    keys, _ = two_plots(demo_workspace)
    page = open_ready(open_page, demo_server, f"/?sel={','.join(keys)}", size=size)
    wait_for_sums(page)
    page.mouse.move(*middle(page))
    bar = box_of(page, "#selection-bar")
    for other in (
        "#coordinates",
        ".leaflet-control-scale",
        ".leaflet-control-zoom",
        ".map-toolbar .tool-group",
    ):
        assert not bar.intersects(box_of(page, other)), other


def box_of(page: Page, selector: str) -> shapely.Polygon:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return shapely.box(box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])
