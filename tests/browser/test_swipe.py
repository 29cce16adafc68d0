"""The curtain: two days, two colourings, two basemaps; by pointer, by keys, from an address."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.map_page import only_plots, over, wait_for_colour, wait_until, wait_until_drawn
from tests.browser.two_days import BEFORE, BROWN, GREEN
from tests.servers import Server

pytestmark = pytest.mark.browser

PLACE = "#15/29.95500/121.50000"
BOUNDS = "121.49,29.95,121.51,29.96"


def gone_plot(page: Page) -> dict[str, Any]:
    """A plot that was there half a year ago and is no more: where on the screen, and its colour then."""
    return page.evaluate(
        """async ([bounds, day]) => {
            const { map, layers } = geoapp.view;
            const json = async (address) => (await fetch(address)).json();
            const keys = async (at) => (await json(`/table/plots/keys.json?bbox=${bounds}&limit=500&at=${at}`)).keys;
            const now = new Set(await keys(""));
            const frame = map.getContainer().getBoundingClientRect();
            for (const key of await keys(day)) {
                if (now.has(key)) continue;
                const query = `/table/plots.json?at=${day}&filter=${encodeURIComponent(`plot_code = '${key}'`)}`;
                const row = (await json(query)).rows[0];
                const { labels } = await json(`/layers/plots/labels.json?bbox=${bounds}&zoom=18&at=${day}`);
                const label = labels.find((each) => each.key === key);
                const look = layers.get("plots").look.classes.find(({ value }) => value === row.far_class);
                if (!label || !look || look.pattern) continue;
                const point = map.latLngToContainerPoint([label.lat, label.lon]);
                const place = { x: frame.left + point.x, y: frame.top + point.y };
                return { ...place, key, fill: look.fill, opacity: look.fill_opacity };
            }
            throw new Error("no plot is gone");
        }""",
        [BOUNDS, BEFORE],
    )


def colour_of_basemap(left: tuple[int, int, int]) -> str:
    return "#" + "".join(f"{part:02x}" for part in left)


def handle(page: Page) -> Any:
    return page.get_by_role("slider", name=re.compile("卷帘位置"))


@pytest.mark.slow
def test_two_days_show_different_things(two_days_server: Server, open_map: OpenPage) -> None:
    page = open_map(two_days_server, f"/?layers=plots&swipe=day:{BEFORE}{PLACE}")
    wait_until_drawn(page)
    expect(page.locator(".swipe-label-left")).to_have_text("现在")
    expect(page.locator(".swipe-label-right")).to_have_text("2025年6月30日")
    plot = gone_plot(page)
    handle(page).press("End")  # all is left: now
    wait_for_colour(page, plot["x"], plot["y"], GREEN)
    handle(page).press("Home")  # all is right: half a year ago
    wait_for_colour(page, plot["x"], plot["y"], over(plot["fill"], plot["opacity"], colour_of_basemap(GREEN)))


@pytest.mark.slow
def test_closing_takes_the_second_picture_away(two_days_server: Server, open_map: OpenPage) -> None:
    page = open_map(two_days_server, f"/?layers=plots&swipe=day:{BEFORE}{PLACE}")
    wait_until_drawn(page)
    assert page.evaluate("geoapp.view.companions.size") == 1
    plot = gone_plot(page)
    page.get_by_role("button", name="关闭卷帘").click()
    expect(page.locator(".swipe-curtain")).to_have_count(0)
    assert page.evaluate("geoapp.view.companions.size") == 0
    assert page.evaluate("geoapp.view.map.getPane('registers').style.clipPath") == ""
    assert page.evaluate("geoapp.view.map.getPane('swipe').childElementCount") == 0
    wait_until(page, "!location.search.includes('swipe')")
    wait_for_colour(page, plot["x"], plot["y"], GREEN)
    assert page.evaluate("document.activeElement.id") == "swipe-tool"


def test_handle_follows_pointer_and_keys(two_days_server: Server, open_page: OpenPage) -> None:
    page = open_page(two_days_server, f"/{PLACE}")
    wait_until_drawn(page)
    page.click("#swipe-tool")
    expect(page.locator("#swipe-tool")).to_have_attribute("aria-pressed", "true")
    slider = handle(page)
    expect(slider).to_have_attribute("aria-valuenow", "50")
    center = "geoapp.view.map.getCenter().lng"
    before = page.evaluate(center)
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", "52")
    slider.press("PageDown")
    expect(slider).to_have_attribute("aria-valuenow", "42")
    box, stage = slider.bounding_box(), page.locator(".district-map").bounding_box()
    assert box is not None
    assert stage is not None
    page.mouse.move(box["x"] + 17, box["y"] + 17)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] * 0.75, box["y"] + 60, steps=5)
    page.mouse.up()
    expect(slider).to_have_attribute("aria-valuenow", "75")
    assert page.evaluate(center) == before  # the map stays where it is
    page.get_by_role("button", name="收起").click()
    expect(page.locator("#swipe-body")).to_be_hidden()
    page.get_by_role("button", name="展开").click()
    expect(page.locator("#swipe-body")).to_be_visible()
    slider.press("Escape")
    expect(page.locator("#swipe-panel")).to_be_hidden()


def test_colourings_side_by_side_come_back_from_the_address(
    two_days_server: Server, open_page: OpenPage
) -> None:
    page = open_page(two_days_server, f"/{PLACE}")
    wait_until_drawn(page)
    page.click("#swipe-tool")
    page.get_by_role("button", name="着色", exact=True).click()
    page.select_option("[data-sides=style] [name=left]", "low_efficiency")
    page.select_option("[data-sides=style] [name=right]", "grade")
    expect(page.locator(".swipe-label-left")).to_have_text("低效状态")
    expect(page.locator(".swipe-label-right")).to_have_text("亩均评价等级")
    page.wait_for_url(
        re.compile(r"color=low_efficiency.*swipe=style:grade|swipe=style:grade.*color=low_efficiency")
    )

    again = open_page(two_days_server, page.url.removeprefix(two_days_server.address))
    wait_until_drawn(again)
    expect(again.locator(".swipe-label-left")).to_have_text("低效状态")
    expect(again.locator(".swipe-label-right")).to_have_text("亩均评价等级")
    expect(again.locator("#swipe-panel .legend")).to_be_visible()
    assert again.input_value("[data-sides=style] [name=right]") == "grade"


def test_right_side_takes_classes_of_a_number(two_days_server: Server, open_page: OpenPage) -> None:
    page = open_page(two_days_server, f"/?swipe=style:far:natural:4{PLACE}")
    wait_until_drawn(page)
    expect(page.locator(".swipe-label-right")).to_contain_text("容积率")
    expect(page.locator("#swipe-panel .legend")).to_be_visible()
    page.select_option("#swipe-panel .breaks-form [name=count]", "6")
    page.wait_for_url(re.compile("swipe=style:far:natural:6"))


def test_right_side_follows_filter_layers_and_opacity(two_days_server: Server, open_page: OpenPage) -> None:
    page = open_page(two_days_server, f"/?layers=plots&swipe=day:{BEFORE}{PLACE}")
    wait_until_drawn(page)
    plot = gone_plot(page)
    handle(page).press("Home")
    page.evaluate("geoapp.view.setQuery({ filter: 'far < 0' })")
    wait_for_colour(page, plot["x"], plot["y"], GREEN)
    page.evaluate("geoapp.view.setQuery({ filter: '' })")
    wait_for_colour(page, plot["x"], plot["y"], over(plot["fill"], plot["opacity"], colour_of_basemap(GREEN)))
    page.get_by_role("checkbox", name="工业地块").uncheck()
    wait_for_colour(page, plot["x"], plot["y"], GREEN)


def test_basemaps_side_by_side_stay_cut_while_the_map_moves(
    two_days_server: Server, open_page: OpenPage
) -> None:
    page = open_page(two_days_server, f"/?layers=none{PLACE}")
    wait_until_drawn(page)
    page.click("#swipe-tool")
    page.locator("#swipe-panel [data-kind=basemap]").click()
    expect(page.locator(".swipe-label-left")).to_have_text("影像甲")
    expect(page.locator(".swipe-label-right")).to_have_text("影像乙")
    page.wait_for_url(re.compile(r"swipe=basemap(#|&|$)"))
    box = page.locator(".district-map").bounding_box()
    assert box is not None
    middle, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.7
    for _ in range(2):
        wait_for_colour(page, middle - 30, y, GREEN)
        wait_for_colour(page, middle + 30, y, BROWN)
        page.evaluate("void geoapp.view.map.panBy([-137, 60], { animate: false })")
    page.select_option("[data-sides=basemap] [name=right]", "none")
    wait_for_colour(page, middle + 30, y, (230, 234, 238))
    wait_for_colour(page, middle - 30, y, GREEN)
    page.get_by_role("button", name="关闭卷帘").click()
    wait_for_colour(page, middle + 30, y, GREEN)


@pytest.mark.parametrize("text", ["nonsense", "day:yesterday", "basemap:moon,none", "style:"])
def test_address_that_says_nothing_sound_is_ignored(
    demo_server: Server, open_page: OpenPage, text: str
) -> None:
    page = open_page(demo_server, f"/?swipe={text}")
    wait_until_drawn(page)
    expect(page.locator("#swipe-panel")).to_be_hidden()
    expect(page.locator(".swipe-curtain")).to_have_count(0)


def test_without_a_basemap_there_is_none_to_compare(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    only_plots(page)
    page.click("#swipe-tool")
    expect(page.locator("#swipe-panel [data-kind=basemap]")).to_be_disabled()
    expect(page.locator("#swipe-panel [data-hint]")).to_contain_text("没有设置底图")


def test_day_before_all_data_is_no_silent_blank(two_days_server: Server, open_page: OpenPage) -> None:
    page = open_page(two_days_server, "/?swipe=day:2024-12-31")
    wait_until_drawn(page)
    expect(page.locator(".toast-message")).to_contain_text(f"2024-12-31 还没有数据，最早的数据是 {BEFORE}")
    page.get_by_role("button", name="关闭卷帘").click()
    expect(page.locator(".toast-message")).to_have_count(0)
