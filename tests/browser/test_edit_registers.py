"""Shapes of other registers than the plots drawn and moved on the map, in a real Chromium."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.map_page import PATIENCE_S, wait_until, wait_until_drawn
from tests.browser.pointer import OpenPage, drag, draw_corners, open_ready, pixel, show
from tests.servers import Server, demo_of_its_own, start_server, stop_server

pytestmark = pytest.mark.browser

PANEL = "#edit-panel"
ZONE = "GK-ZQ1-01"
ROADS = """
id = "roads"
zh = "规划道路"
en = "Planned roads"
geometry = "line"
key = ["road_code"]
label_field = "name"
source = "示例"
certainty = "default"
[style]
color = "#111111"
weight = 3
visible = true
[[fields]]
name = "road_code"
dtype = "string"
zh = "道路编号"
en = "Code"
required = true
[[fields]]
name = "name"
dtype = "string"
zh = "道路名称"
en = "Name"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A demo district for all tests of the module to write into."""
    yield from demo_of_its_own(tmp_path_factory.mktemp("edit-registers"))


def shape(page: Page, register: str, key: str) -> Any:
    return page.evaluate(
        "([register, key]) => fetch(`/edits/shape.json?register=${register}&key=${key}`).then((one) => one.json())",
        [register, key],
    )


def part(page: Page, name: str) -> Any:
    return page.locator(f"{PANEL} [data-{name}]")


def wait_until_idle(page: Page) -> None:
    expect(page.locator(PANEL)).not_to_have_attribute("aria-busy", "true", timeout=PATIENCE_S * 1000)


def save(page: Page, reason: str) -> None:
    """Sign and save, and where something does not fit save nevertheless."""
    page.locator(f"{PANEL} [name=edited_by]").fill("张三")
    page.locator(f"{PANEL} [name=edit_reason]").fill(reason)
    part(page, "save").click()
    wait_until(
        page,
        f"""['[data-done]', '[data-accept-line]'].some(
            (part) => !document.querySelector('{PANEL} ' + part).hidden)""",
    )
    if part(page, "done").is_hidden():
        page.locator(f"{PANEL} [name=accept]").check()
        part(page, "save").click()
    expect(part(page, "done")).to_contain_text("已存为第", timeout=PATIENCE_S * 1000)


@pytest.mark.slow
def test_zone_is_reshaped_from_its_page_and_back(server: Server, open_map: OpenPage, engine: str) -> None:
    page = open_map(server)
    wait_until_drawn(page)
    page.goto(f"{server.address}/records/control_zones/{ZONE}")
    address = page.get_by_role("link", name="在地图上改图形").get_attribute("href")
    assert address == f"/?selected=control_zones:{ZONE}&edit=1"
    page.goto(f"{server.address}{address}&engine={engine}")
    expect(part(page, "target")).to_contain_text(ZONE, timeout=2 * PATIENCE_S * 1000)
    wait_until_idle(page)
    wait_until_drawn(page)
    expect(part(page, "register")).to_have_value("control_zones")
    expect(page.locator(f"{PANEL} [data-mode=split]")).to_be_hidden()  # only plots are split
    before = shape(page, "control_zones", ZONE)
    corner = before["geometry"]["coordinates"][0][0]
    x, y = pixel(page, *corner)
    drag(page, (round(x), round(y)), (round(x) + 25, round(y) + 25))
    save(page, "界线调整")
    after = shape(page, "control_zones", ZONE)
    assert after["version"] > before["version"]
    assert corner not in after["geometry"]["coordinates"][0]
    part(page, "done").get_by_role("link", name="回到这条记录").click()
    expect(page).to_have_url(f"{server.address}/records/control_zones/{ZONE}")


@pytest.mark.slow
def test_project_is_drawn_as_a_point_and_moved(server: Server, open_map: OpenPage, engine: str) -> None:
    code = f"JB-XM-9{engine}"
    page = open_ready(open_map, server)
    page.locator("#edit-tool").click()
    part(page, "register").select_option("projects")
    page.locator(f"{PANEL} [data-mode=draw]").click()
    expect(page.locator("#draw-hint")).to_contain_text("单击地图选一个位置")
    show(page, 121.47, 29.98)
    x, y = pixel(page, 121.47, 29.98)
    page.mouse.click(x, y)
    page.locator(f"{PANEL} [name=field-project_code]").fill(code)
    page.locator(f"{PANEL} [name=field-name]").fill("新画的项目")
    expect(part(page, "size-line")).to_be_hidden()  # a point has no area
    save(page, "新立项")
    assert shape(page, "projects", code)["geometry"]["coordinates"] == pytest.approx(
        [121.47, 29.98], abs=1e-4
    )
    expect(page.locator("#card-panel")).to_contain_text("新画的项目")
    page.locator("#card-panel [data-edit-shape]").click()  # the card's own link, without leaving the map
    expect(page.locator(".edit-handle")).to_have_count(1)
    wait_until_idle(page)
    x, y = pixel(page, 121.47, 29.98)
    drag(page, (round(x), round(y)), (round(x) + 60, round(y)))
    save(page, "位置更正")
    assert shape(page, "projects", code)["geometry"]["coordinates"][0] > 121.4705


def test_record_without_a_shape_is_given_one(server: Server, open_page: OpenPage) -> None:
    page = open_page(server, "/records/projects/JB-XM-031")
    page.get_by_role("link", name="在地图上画图形").click()
    expect(part(page, "hint")).to_contain_text("还没有点", timeout=2 * PATIENCE_S * 1000)
    wait_until_drawn(page)
    page.mouse.click(*pixel(page, 121.47, 29.98))
    save(page, "补点位")
    assert shape(page, "projects", "JB-XM-031")["geometry"]["type"] == "Point"


def test_building_outside_its_plot_is_named_before_it_is_stored(server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, server, "/", size="1024")
    page.locator("#edit-tool").click()
    part(page, "register").select_option("buildings")
    page.locator(f"{PANEL} [data-mode=draw]").click()
    expect(page.locator("#draw-hint")).to_contain_text("单击加角点")
    show(page, 121.47, 29.98, 17)
    x, y = pixel(page, 121.47, 29.98)
    draw_corners(page, [(round(x + dx), round(y + dy)) for dx, dy in ((0, 0), (60, 0), (60, 60), (0, 60))])
    page.locator(f"{PANEL} [name=field-building_code]").fill("JZ-9001")
    plot = page.locator(f"{PANEL} [name=field-plot_code]")
    plot.fill("330205-GY-0138")
    plot.press("Tab")
    expect(part(page, "findings")).to_contain_text("不在所填的“地块编号 330205-GY-0138”的图形里")
    expect(part(page, "accept-line")).to_be_visible()


@pytest.fixture(scope="module")
def roads_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A demo district with a register of lines that the site has added, without a record yet."""
    folder = tmp_path_factory.mktemp("edit-roads")
    (folder / "data" / "layers").mkdir(parents=True)
    (folder / "data" / "layers" / "roads.toml").write_text(ROADS, encoding="utf-8")
    started = start_server("demo", folder / "data", folder / "server.log")
    yield started
    stop_server(started)


@pytest.mark.slow
def test_a_sites_own_lines_are_drawn_and_moved(roads_server: Server, open_map: OpenPage, engine: str) -> None:
    code = f"DL-{engine}"
    page = open_ready(open_map, roads_server)
    page.locator("#edit-tool").click()
    part(page, "register").select_option("roads")
    page.locator(f"{PANEL} [data-mode=draw]").click()
    expect(page.locator("#draw-hint")).to_contain_text("双击结束")
    show(page, 121.47, 29.98, 16)
    x, y = (round(one) for one in pixel(page, 121.47, 29.98))
    draw_corners(page, [(x, y), (x + 60, y), (x + 120, y + 40)])
    expect(part(page, "size-line")).to_contain_text("长度")
    expect(page.locator(".edit-handle:not(.is-middle)")).to_have_count(3)
    expect(page.locator(".edit-handle.is-middle")).to_have_count(2)  # a line does not lead back to its start
    page.locator(f"{PANEL} [name=field-road_code]").fill(code)
    save(page, "新规划")
    drawn = shape(page, "roads", code)["geometry"]
    assert (drawn["type"], len(drawn["coordinates"])) == ("LineString", 3)
    wait_until_drawn(page)
    found = "geoapp.view.featuresAt(geoapp.view.map.latLngToContainerPoint([29.98, 121.4701]))"
    wait_until(
        page, f"{found}.some(({{ key }}) => key === '{code}')"
    )  # on the map, which had none of them before
    page.locator("#card-panel [data-edit-shape]").click()
    expect(page.locator(".edit-handle:not(.is-middle)")).to_have_count(3)
    wait_until_idle(page)
    end = drawn["coordinates"][2]
    end_x, end_y = (round(one) for one in pixel(page, *end))
    drag(page, (end_x, end_y), (end_x, end_y + 50))
    save(page, "改线")
    moved = shape(page, "roads", code)["geometry"]["coordinates"]
    assert moved[:2] == drawn["coordinates"][:2]
    assert moved[2][1] < end[1]
