"""Holes of shapes on the map: kept, moved, drawn and taken out, in a real Chromium."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.map_page import PATIENCE_S, wait_until_drawn
from tests.browser.pointer import OpenPage, drag, draw_corners, open_ready, pixel
from tests.browser.test_edit_registers import PANEL, part, save, shape, wait_until_idle
from tests.servers import Server, demo_of_its_own

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A demo district for all tests of the module to write into."""
    yield from demo_of_its_own(tmp_path_factory.mktemp("edit-holes"))


def plot_with(page: Page, rings: int, skipped: int) -> str:
    """Return a plot of one part whose border and holes are so many rings, after some others of them."""
    return page.evaluate(
        """async ([rings, skipped]) => {
            const { keys } = await (await fetch("/table/plots/keys.json?limit=449")).json();
            for (const key of keys) {
                const answer = await fetch(`/layers/plots.geojson?key=${encodeURIComponent(key)}`);
                const [found] = (await answer.json()).features;
                const isOne = found?.geometry?.type === "Polygon" && found.geometry.coordinates.length === rings;
                if (isOne && !skipped--) return key;
            }
            throw new Error("no such plot");
        }""",
        [rings, skipped],
    )


def begin(page: Page, key: str) -> Any:
    """Take a plot up, as large as the screen holds; return its rings."""
    page.evaluate(
        """async (key) => {
            const answer = await fetch(`/layers/plots.geojson?key=${encodeURIComponent(key)}`);
            const [found] = (await answer.json()).features;
            const bounds = geoapp.view.L.geoJSON(found).getBounds();
            const room = { paddingTopLeft: [40, 110], paddingBottomRight: [690, 60], animate: false };
            geoapp.view.map.fitBounds(bounds, room);
            await geoapp.page.choose({ register: "plots", key, feature: found });
        }""",
        key,
    )
    wait_until_drawn(page)
    page.locator("#edit-tool").click()
    expect(part(page, "target")).to_contain_text(key)
    wait_until_idle(page)
    return shape(page, "plots", key)["geometry"]["coordinates"]


@pytest.mark.slow
def test_holes_are_kept_moved_and_taken_out(server: Server, open_map: OpenPage, engine: str) -> None:
    page = open_ready(open_map, server)
    key = plot_with(page, 2, ("canvas", "gl").index(engine))
    border, hole = begin(page, key)
    expect(part(page, "holes").locator("li")).to_have_count(1)
    x, y = pixel(page, *hole[0])
    drag(page, (round(x), round(y)), (round(x) + 6, round(y) + 4))
    save(page, "院落实测")
    kept_border, moved = shape(page, "plots", key)["geometry"]["coordinates"]
    assert kept_border == border
    changed = [one for one in range(len(hole) - 1) if moved[one] != hole[one]]
    assert (changed, len(moved)) == ([0], len(hole))
    page.evaluate("geoapp.page.toolbar.putDown()")
    begin(page, key)
    area = part(page, "area").inner_text()
    part(page, "holes").get_by_role("button", name="去掉洞 1").click()
    expect(part(page, "holes")).to_be_hidden()
    expect(part(page, "area")).not_to_have_text(area)
    part(page, "step-back").click()
    expect(part(page, "holes").locator("li")).to_have_count(1)
    part(page, "holes").get_by_role("button", name="去掉洞 1").click()
    save(page, "并入院落")
    assert shape(page, "plots", key)["geometry"]["coordinates"] == [border]


@pytest.mark.slow
def test_a_hole_is_drawn_into_a_shape(server: Server, open_map: OpenPage, engine: str) -> None:
    page = open_ready(open_map, server)
    key = plot_with(page, 1, ("canvas", "gl").index(engine))
    (border,) = begin(page, key)
    lon, lat = (sum(place[axis] for place in border[:-1]) / (len(border) - 1) for axis in (0, 1))
    x, y = (round(one) for one in pixel(page, lon, lat))
    part(page, "hole").click()
    draw_corners(page, [(x, y), (x + 20, y), (x + 20, y + 20), (x, y + 20)])
    expect(part(page, "holes").locator("li")).to_have_count(1)
    expect(part(page, "hole")).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".edit-handle:not(.is-middle)")).to_have_count(len(border) - 1 + 4)
    part(page, "hole").click()  # another over the first is refused, and nothing is lost
    draw_corners(page, [(x + 5, y + 5), (x + 15, y + 5), (x + 15, y + 15)])
    expect(part(page, "error")).to_contain_text("这里已经有洞了", timeout=PATIENCE_S * 1000)
    expect(page.locator(f"{PANEL} [data-form]")).to_be_visible()
    save(page, "扣除院落")
    stored = shape(page, "plots", key)["geometry"]["coordinates"]
    assert [len(ring) for ring in stored] == [len(border), 5]
