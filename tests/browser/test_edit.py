"""Plots and records edited in a real Chromium."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.map_page import PATIENCE_S, wait_until, wait_until_drawn
from tests.browser.pointer import OpenPage, drag, open_ready, pixel, place
from tests.servers import Server, demo_of_its_own

pytestmark = pytest.mark.browser

PANEL = "#edit-panel"


@pytest.fixture(scope="module")
def edit_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A demo district for all tests of the module to write into."""
    yield from demo_of_its_own(tmp_path_factory.mktemp("edit-server"))


def plot_shape(page: Page, key: str) -> Any:
    return page.evaluate(
        "(key) => fetch(`/edits/shape.json?key=${key}`).then((answer) => answer.json())", key
    )


def four_cornered(page: Page) -> str:
    """Return a plot of four corners."""
    return page.evaluate(
        """async () => {
            const { keys } = await (await fetch("/table/plots/keys.json?limit=200")).json();
            for (const key of keys) {
                const held = await (await fetch(`/edits/shape.json?key=${encodeURIComponent(key)}`)).json();
                if (held.geometry?.type === "Polygon" && held.geometry.coordinates.length === 1
                    && held.geometry.coordinates[0].length === 5) return key;
            }
            throw new Error("no plot has four corners");
        }"""
    )


def open_edit(page: Page, key: str) -> None:
    page.evaluate("(key) => geoapp.page.goTo({ register: 'plots', key })", key)
    wait_until_drawn(page)
    page.locator("#edit-tool").click()
    expect(page.locator(".edit-handle").first).to_be_visible()
    expect(page.locator(PANEL)).not_to_have_attribute("aria-busy", "true")


def sign(page: Page) -> None:
    page.locator(f"{PANEL} [name=edited_by]").fill("张三")
    page.locator(f"{PANEL} [name=edit_reason]").fill("实测修正")


def drag_first_corner(page: Page, away: int = -40) -> tuple[float, float]:
    """Drag a corner towards the plot's middle; return a point of the screen that is no longer in the plot."""
    handles = page.locator(".edit-handle:not(.is-middle)")
    boxes = [handles.nth(number).bounding_box() for number in range(handles.count())]
    corners = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box]
    middle_x, middle_y = (sum(corner[axis] for corner in corners) / len(corners) for axis in (0, 1))
    x, y = corners[0]
    reach = ((x - middle_x) ** 2 + (y - middle_y) ** 2) ** 0.5
    step_x, step_y = (x - middle_x) / reach, (y - middle_y) / reach
    drag(page, (round(x), round(y)), (round(x + away * step_x), round(y + away * step_y)))
    return x + away / 2 * step_x, y + away / 2 * step_y


def plots_at(page: Page, x: float, y: float) -> list[str]:
    """Return the plots that the engine has drawn at a point of the screen."""
    return page.evaluate(
        """([x, y]) => {
            const { view } = geoapp;
            const point = view.map.mouseEventToContainerPoint({ clientX: x, clientY: y });
            return view.featuresAt(point).filter(({ register }) => register === "plots").map(({ key }) => key);
        }""",
        [x, y],
    )


def save(page: Page) -> None:
    """Save, and where something does not fit save nevertheless; who presses twice stores once."""
    page.locator(f"{PANEL} [data-save]").dblclick()
    visible = f"""['[data-done]', '[data-accept-line]'].some(
        (part) => !document.querySelector('{PANEL} ' + part).hidden)"""
    wait_until(page, visible)
    if page.locator(f"{PANEL} [data-done]").is_hidden():
        expect(page.locator(f"{PANEL} [data-findings] li").first).to_be_visible()
        page.locator(f"{PANEL} [name=accept]").check()
        page.locator(f"{PANEL} [data-save]").dblclick()
    expect(page.locator(f"{PANEL} [data-done]")).to_be_visible(timeout=PATIENCE_S * 1000)


def wait_until_redrawn(page: Page) -> None:
    """Wait until the map shows the new revision: the first tile of it waits for every plot's figures."""
    deadline = time.monotonic() + 4 * PATIENCE_S
    while not page.evaluate("geoapp.view.isSettled"):
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


@pytest.mark.slow
def test_plot_is_reshaped_split_merged_and_taken_back(edit_server: Server, open_map: OpenPage) -> None:
    page = open_map(edit_server)
    wait_until(page, "Boolean(window.geoapp) && geoapp.view.engine !== null && geoapp.view.isSettled")
    key = four_cornered(page)
    open_edit(page, key)
    before = plot_shape(page, key)
    area = page.locator(f"{PANEL} [data-area]")
    expect(area).to_contain_text("亩")
    shown = area.inner_text()
    drag_first_corner(page)
    expect(area).not_to_have_text(shown)
    page.locator(f"{PANEL} [data-step-back]").click()
    expect(area).to_have_text(shown)
    x, y = drag_first_corner(page)
    assert key in plots_at(page, x, y)
    old_ground = place(page, x, y)
    sign(page)
    save(page)
    wait_until_redrawn(page)
    wait_until(page, f"Boolean(geoapp.page.chosen?.key === '{key}')")
    after = plot_shape(page, key)
    assert after["version"] > before["version"]
    assert key not in plots_at(
        page, *pixel(page, *old_ground)
    )  # drawn from the tiles that were asked for next
    split_it(page, key)
    merge_parts(page, key)
    page.get_by_role("button", name="撤回").click()
    expect(page.locator(f"{PANEL} [data-done]")).to_contain_text(f"{key}-1、{key}-2")


def split_it(page: Page, key: str) -> None:
    page.locator(f"{PANEL} [data-mode=split]").click()
    ring = plot_shape(page, key)["geometry"]["coordinates"][0][:-1]
    west, east = min(lon for lon, _ in ring), max(lon for lon, _ in ring)
    south, north = min(lat for _, lat in ring), max(lat for _, lat in ring)
    page.evaluate(
        "([w, s, e, n]) => void geoapp.view.map.fitBounds([[s, w], [n, e]], { animate: false,"
        " paddingTopLeft: [30, 120], paddingBottomRight: [360, 90] })",
        [west, south, east, north],
    )
    wait_until_redrawn(page)
    middle = (west + east) / 2
    margin = (north - south) * 0.15
    page.mouse.click(*pixel(page, middle, south - margin))
    page.mouse.dblclick(*pixel(page, middle, north + margin))
    expect(page.locator(f"{PANEL} [name=code-1]")).to_have_value(f"{key}-2")
    sign(page)
    save(page)
    expect(page.locator(f"{PANEL} [data-done]")).to_contain_text(f"{key}-1、{key}-2")


def merge_parts(page: Page, key: str) -> None:
    page.evaluate("(keys) => geoapp.view.selection.set(keys)", [f"{key}-1", f"{key}-2"])
    page.locator(f"{PANEL} [data-mode=merge]").click()
    expect(page.locator(f"{PANEL} [name=code]")).to_have_value(
        re.compile(rf"{key}-[12]-1")
    )  # the larger part's code
    sign(page)
    save(page)
    expect(page.locator(f"{PANEL} [data-done]")).to_contain_text(re.compile(rf"{key}-[12]-1"))


@pytest.mark.slow
def test_conflict_overlap_and_draft_on_the_map(edit_server: Server, open_unwatched: OpenPage) -> None:
    page = open_ready(open_unwatched, edit_server, "/?engine=canvas")
    key = four_cornered(page)
    open_edit(page, key)
    drag_first_corner(page)
    sign(page)
    page.context.set_offline(True)
    page.locator(f"{PANEL} [data-save]").click()
    expect(page.locator(f"{PANEL} [data-error]")).to_contain_text("草稿留在本机")
    page.context.set_offline(False)
    page.reload()
    wait_until(page, "Boolean(window.geoapp) && geoapp.view.engine !== null && geoapp.view.isSettled")
    page.locator("#edit-tool").click()
    page.get_by_role("button", name="恢复草稿").click()
    expect(page.locator(f"{PANEL} [name=edit_reason]")).to_have_value("实测修正")
    # Meanwhile somebody else moves the plot.
    held = plot_shape(page, key)
    shifted = [[lon + 1e-5, lat] for lon, lat in held["geometry"]["coordinates"][0]]
    add_note(page, key, "复测时加注")
    held["version"] = plot_shape(page, key)["version"]
    status = page.evaluate(
        """([key, seen, ring]) => fetch("/edits/shape.json", { method: "POST", headers: {
            "Content-Type": "application/json",
            "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
            body: JSON.stringify({ key, seen, geometry: { type: "Polygon", coordinates: [ring] }, accept: true,
                edited_by: "李四", edit_reason: "复测" }) }).then((answer) => answer.status)""",
        [key, held["version"], shifted],
    )
    assert status == 200
    page.locator(f"{PANEL} [data-save]").click()
    conflict = page.locator(f"{PANEL} [data-conflict]")
    expect(conflict).to_contain_text(re.compile("李四 于 .* 存了第"))
    expect(conflict.locator("tbody th")).to_have_text(["图形", "备注"])
    expect(conflict.locator("tbody tr", has_text="备注").locator("td")).to_have_text(
        ["—", "复测时加注", "没有改"]
    )
    expect(conflict.locator("tbody tr", has_text="图形").locator("td").nth(1)).to_contain_text("亩")
    page.get_by_role("button", name="以我的为准，再保存").click()
    expect(page.locator(f"{PANEL} [data-conflict]")).to_be_hidden()
    wait_until(page, f"document.querySelector('{PANEL} [aria-busy]') === null")
    if page.locator(f"{PANEL} [data-done]").is_hidden():
        save(page)
    assert plot_shape(page, key)["geometry"]["coordinates"][0] != shifted
    assert json.loads(page.evaluate("localStorage.getItem('geoapp.draft.map') || 'null'")) is None


def add_note(page: Page, key: str, note: str) -> None:
    """Have somebody else write a plot's note on its form."""
    status = page.evaluate(
        """async ([address, note]) => {
            const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
            const form = new FormData(page.getElementById("edit-form"));
            const typed = { note, edited_by: "李四", edit_reason: "加注" };
            for (const [name, value] of Object.entries(typed)) form.set(name, value);
            return (await fetch(address, { method: "POST", body: form })).status;
        }""",
        [f"/records/plots/{key}/edit", note],
    )
    assert status == 200


def test_form_keeps_what_was_typed(edit_server: Server, open_unwatched: OpenPage) -> None:
    page = open_unwatched(edit_server, "/healthz")
    page.goto(f"{edit_server.address}/records/plots/330205-GY-0138/edit")
    page.fill("#field-name", "改过的名称")
    page.fill("#sign-edited_by", "张三")
    page.fill("#sign-edit_reason", "更名")
    page.context.set_offline(True)
    page.get_by_role("button", name="保存").click()
    expect(page.locator("[data-problem]")).to_contain_text("连接不上服务器")
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("[data-draft]")).to_contain_text("没有保存的草稿")
    page.get_by_role("button", name="恢复草稿").click()
    expect(page.locator("#field-name")).to_have_value("改过的名称")
    page.fill("#field-area_reg_m2", "很多")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#complaint-area_reg_m2")).to_contain_text("看不懂")
    page.wait_for_load_state()  # with its script
    expect(page.locator("#field-name")).to_have_value("改过的名称")
    page.fill("#field-area_reg_m2", "45亩")
    page.get_by_role("button", name="保存").dblclick()  # stored once: nobody else changed it meanwhile
    expect(page.locator(".edit-saved")).to_contain_text("已存为第", timeout=PATIENCE_S * 1000)
    expect(page).to_have_url(f"{edit_server.address}/plots/330205-GY-0138")
    page.goto(f"{edit_server.address}/records/plots/330205-GY-0138/edit")
    expect(page.locator("[data-draft]")).to_be_hidden()
