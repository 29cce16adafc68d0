"""The map's tools in a real Chromium: measure, coordinates, go to, bookmarks."""

import pytest
from playwright.sync_api import Browser, expect
from pyproj import Geod, Transformer

from tests.browser.map_page import wait_until
from tests.browser.pointer import (
    OpenPage,
    around,
    call,
    draw_corners,
    middle,
    open_ready,
    place,
    show,
)
from tests.servers import Server

pytestmark = pytest.mark.browser

GRS80 = Geod(ellps="GRS80")


def test_lengths_and_areas_are_those_of_the_ellipsoid(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/healthz")
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
    page = open_page(demo_server, "/healthz")
    ring = call(page, "features/geodesic.js", "circleRing", [121.5, 29.95], 500)
    assert ring[0] == ring[-1]
    for lon, lat in ring:
        assert GRS80.inv(121.5, 29.95, lon, lat)[2] == pytest.approx(500, abs=1e-6)


def test_working_coordinates_agree_with_proj_all_over_the_district(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server, "/healthz")
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


def test_go_to_a_coordinate_in_metres(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    east, north = Transformer.from_crs(4490, 4549, always_xy=True).transform(121.512345, 29.954321)
    page.get_by_role("button", name="定位", exact=True).click()
    page.get_by_label("坐标或编号").fill(f"{east:.3f}, {north:.3f}")
    page.keyboard.press("Enter")
    expect(page.locator(".measure-label")).to_contain_text("经度 121.512345")
    assert page.evaluate("geoapp.view.map.getCenter().lat") == pytest.approx(29.954321, abs=2e-5)


def test_coordinate_elsewhere_is_refused_in_words(demo_server: Server, open_unwatched: OpenPage) -> None:
    page = open_ready(open_unwatched, demo_server)
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


def test_arrow_keys_reach_every_button_of_the_toolbar(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    names = [name for name in page.locator(".map-toolbar button:visible").all_inner_texts() if name]
    assert len(names) > 8
    page.locator(".map-toolbar button").first.focus()
    focused = "document.activeElement.textContent.trim()"
    for name in [*names, names[0]]:
        assert page.evaluate(focused) == name
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(focused) == names[-1]
    page.keyboard.press("Home")
    page.keyboard.press("End")
    assert page.evaluate(focused) == names[-1]
