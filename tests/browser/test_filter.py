"""The filter panel in a real Chromium: conditions, expression, day, area, address, and the list of plots in view."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_map import wait_until
from tests.servers import Server

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
SETTLED = "Boolean(window.geoapp?.page.isPlaced) && geoapp.view.isSettled"


def open_filter(page: Page) -> None:
    wait_until(page, SETTLED)
    page.get_by_role("tab", name="筛选").click()
    expect(page.locator("#filter-panel [data-summary]")).to_contain_text("宗")


def filter_of(page: Page) -> str:
    return page.evaluate("geoapp.view.query.filter")


def server_json(page: Page, path: str) -> dict[str, Any]:
    return page.request.get(
        urlsplit(page.url)._replace(path="", query="", fragment="").geturl() + path
    ).json()


def server_total(page: Page, filter_text: str, at: str = "") -> int:
    return server_json(page, f"/table/plots.json?filter={quote(filter_text)}&at={at}&size=1")["total"]


def in_page(page: Page, body: str, argument: object = None) -> Any:
    """Run a function of filter_text.js on a small catalogue."""
    return page.evaluate(
        """([body, argument]) => import("/assets/map/features/filter_text.js").then((module) => {
            const field = (name, dtype, zh, codes = []) => ({ name, dtype, zh, label: zh, codes: new Map(codes) });
            const fields = Object.fromEntries([
                field("far", "number", "容积率"), field("name", "string", "名称"), field("ends_on", "date", "终止"),
                field("is_above", "boolean", "规上"), field("town", "string", "镇街", [["A", "甲镇"], ["B", "乙镇"]]),
            ].map((one) => [one.name, one]));
            const model = module.parseFilter(argument, fields);
            return body === "model" ? model : module.filterText(model, fields);
        })""",
        [body, argument],
    )


@pytest.fixture
def blank(demo_server: Server, open_page: OpenPage) -> Page:
    return open_page(demo_server, "/healthz")


def test_expressions_become_rows_and_stay_what_they_say(blank: Page) -> None:
    same = (
        "far < 1 AND town IN ('A')",
        "far BETWEEN 0.5 AND 1 AND (name = 'a''b' OR is_above = TRUE)",
        "far < 1 OR far > 3",
        "ends_on >= DATE('2020-01-01') AND name IS NOT NULL",
        "S_INTERSECTS(geometry, POLYGON((1 2, 3 4, 5 6, 1 2)))",
        "CASEI(name) LIKE CASEI('%50\\%%')",
    )
    for text in same:
        assert in_page(blank, "text", text) == text
        model = in_page(blank, "model", text)
        assert not [one for one in [*model["all"], *model["any"]] if "raw" in one], text


def test_expression_that_rows_cannot_show_is_kept(blank: Page) -> None:
    model = in_page(blank, "model", "NOT (far < 1) AND far > 0.2")
    assert model["all"][0] == {"raw": "NOT (far < 1)"}
    assert model["all"][1] == {"field": "far", "op": ">", "values": ["0.2"]}
    # AND binds more tightly than OR: the whole is a choice of two.
    assert in_page(blank, "text", "far < 1 OR far > 2 AND is_above = TRUE") == (
        "far < 1 OR (far > 2 AND is_above = TRUE)"
    )
    two = "(far < 1 OR far > 2) AND (is_above = TRUE OR far = 1.5)"
    assert in_page(blank, "text", two) == two
    assert in_page(blank, "text", "far <") == "far <"


def test_equal_to_a_code_is_a_tick(blank: Page) -> None:
    assert in_page(blank, "model", "容积率 >= 2 AND town = 'A'")["all"] == [
        {"field": "far", "op": ">=", "values": ["2"]},
        {"field": "town", "op": "in", "values": ["A"]},
    ]


def test_built_condition_reaches_map_count_table_export_and_address(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server)
    open_filter(page)
    panel = page.locator("#filter-panel")
    panel.locator('[data-add="all"]').click()
    row = panel.locator('[data-rows="all"] > li')
    row.get_by_label("字段").select_option("far")
    row.get_by_label("比较").select_option("<")
    row.get_by_label("值", exact=True).fill("0.8")
    wait_until(page, "geoapp.view.query.filter === 'far < 0.8'")
    total = server_total(page, "far < 0.8")
    assert 0 < total < server_total(page, "")
    expect(panel.locator("[data-summary]")).to_contain_text(f"命中 {total:,} 宗")
    expect(panel.locator("[data-words]")).to_contain_text("容积率")
    expect(page.get_by_role("tab", name="筛选").locator("[data-mark]")).to_have_text("1")
    page.wait_for_url(re.compile(r"filter=far"))
    page.get_by_role("button", name="表格").click()
    expect(page.locator("#table-panel .tabulator-footer")).to_contain_text(f"共 {total:,} 条")
    page.locator("#table-panel [data-exports] summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    header = next(i for i, line in enumerate(lines) if "地块编号" in line and "," in line)
    assert len(lines) - header - 1 == total
    wait_until(page, SETTLED)


def test_several_conditions_are_all_of_and_any_of(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/?filter=" + quote("far < 1.2 AND (site_area_mu > 60 OR far < 0.3)"))
    open_filter(page)
    panel = page.locator("#filter-panel")
    expect(panel.locator('[data-rows="all"] > li')).to_have_count(1)
    expect(panel.locator('[data-rows="any"] > li')).to_have_count(2)
    panel.locator('[data-rows="any"] > li').last.get_by_role("button", name="去掉这个条件").click()
    wait_until(page, "geoapp.view.query.filter === 'far < 1.2 AND site_area_mu > 60'")


def test_quick_choices_narrow_by_town_park_line_and_state(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    open_filter(page)
    quick = page.locator("#filter-panel [data-quick]")
    for field in ("town_code", "park_code"):
        quick.locator(f'[data-field="{field}"] summary').click()
        tick = quick.locator(f'[data-field="{field}"] input').first
        code = tick.get_attribute("value")
        tick.check()
        wait_until(page, f"geoapp.view.query.filter === \"{field} IN ('{code}')\"")
        total = server_total(page, f"{field} IN ('{code}')")
        expect(page.locator("#filter-panel [data-summary]")).to_contain_text(f"命中 {total:,} 宗")
        quick.locator(f'[data-field="{field}"] input').first.uncheck()
        wait_until(page, "geoapp.view.query.filter === ''")
    quick.locator('[data-field="line_position"] summary').click()
    inside = quick.locator('[data-field="line_position"] input').first
    inside.check()
    wait_until(page, "geoapp.view.query.filter === \"line_position IN ('inside')\"")
    inside.uncheck()
    quick.locator('[data-field="line_position"] input').last.check()
    wait_until(page, "geoapp.view.query.filter === \"line_position IN ('outside')\"")
    quick.locator('[data-field="low_efficiency_class"] summary').click()
    quick.locator('[data-field="low_efficiency_class"] input').first.check()
    wait_until(page, "geoapp.view.query.filter.includes(\"low_efficiency_class IN ('yes')\")")
    expect(page.locator('#filter-panel [data-rows="all"] > li')).to_have_count(0)
    page.get_by_role("button", name="清除筛选").click()
    wait_until(page, "geoapp.view.query.filter === ''")
    expect(quick.locator(".is-set")).to_have_count(0)


def test_malformed_expression_says_what_is_wrong_and_leaves_the_map(
    demo_server: Server, open_unwatched: OpenPage
) -> None:
    page = open_unwatched(demo_server)
    open_filter(page)
    page.locator("#filter-panel [data-expression] summary").click()
    box = page.get_by_label("筛选表达式")
    box.fill("far < 1")
    box.press("Enter")
    wait_until(page, "geoapp.view.query.filter === 'far < 1'")
    expect(page.locator('#filter-panel [data-rows="all"] > li')).to_have_count(1)
    with page.expect_response(lambda answer: "/filter.json" in answer.url and answer.status == 400):
        box.fill("far << 1")
    error = page.locator("#filter-panel [data-error]")
    expect(error).to_be_visible()
    expect(error).to_contain_text("筛选条件")
    assert filter_of(page) == "far < 1"
    box.fill("far < 1 AND NOT (grade = 'A')")
    expect(error).to_be_hidden()
    expect(page.locator('#filter-panel [data-rows="all"]')).to_contain_text("其他条件")


def test_malformed_address_opens_the_panel_with_the_reason(
    demo_server: Server, open_unwatched: OpenPage
) -> None:
    page = open_unwatched(demo_server, f"/?filter={quote('nothing < 1')}")
    expect(page.locator("#filter-panel [data-error]")).to_contain_text("nothing")
    expect(page.get_by_label("筛选表达式")).to_have_value("nothing < 1")
    expect(page.get_by_role("tab", name="筛选").locator("[data-mark]")).to_have_text("!")
    page.get_by_role("button", name="清除筛选").click()
    expect(page.locator("#filter-panel [data-summary]")).to_contain_text("全部")
    expect(page.locator("#filter-panel [data-error]")).to_be_hidden()


def test_area_from_the_view_and_from_drawing(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    open_filter(page)
    page.evaluate("void geoapp.view.map.setZoom(15, { animate: false })")
    page.get_by_role("button", name="当前视野").click()
    wait_until(page, "geoapp.view.query.filter.startsWith('S_INTERSECTS(geometry, POLYGON((')")
    page.get_by_label("与范围的关系").select_option("S_WITHIN")
    wait_until(page, "geoapp.view.query.filter.startsWith('S_WITHIN(')")
    page.get_by_role("button", name="去掉范围").click()
    wait_until(page, "geoapp.view.query.filter === ''")
    page.get_by_role("button", name="画矩形").click()
    box = page.locator("#map_main").bounding_box()
    assert box
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 320, box["y"] + 260, steps=4)
    page.mouse.up()
    wait_until(page, "geoapp.view.query.filter.startsWith('S_')")
    expect(page.get_by_role("button", name="画矩形")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("geoapp.view.tool") is None
    # A box has five positions, the last one the first.
    assert filter_of(page).count(",") == 5


def test_day_shows_on_the_map_and_in_the_address(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    open_filter(page)
    today = page.evaluate("new Date().toLocaleDateString('sv')")
    page.get_by_label("数据截至").fill(today)
    badge = page.locator(".at-badge")
    expect(badge).to_have_text(f"截至 {today} 的数据")
    page.wait_for_url(re.compile(rf"at={today}"))
    page.get_by_role("button", name="现在").click()
    expect(badge).to_be_hidden()
    wait_until(page, "!location.search.includes('at=')")


def test_address_reopened_elsewhere_gives_the_same(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    open_filter(page)
    today = page.evaluate("new Date().toLocaleDateString('sv')")
    page.get_by_label("数据截至").fill(today)
    page.locator("#filter-panel [data-expression] summary").click()
    page.get_by_label("筛选表达式").fill("far >= 1 AND site_area_mu > 20")
    wait_until(page, "geoapp.view.query.filter !== ''")
    page.get_by_role("button", name="表格").click()
    summary = page.locator("#filter-panel [data-summary]")
    expect(summary).to_contain_text("命中")
    words = summary.inner_text()
    page.wait_for_url(re.compile(r"table=plots"))
    address = urlsplit(page.url)
    asked = parse_qs(address.query)
    assert asked["filter"] == ["far >= 1 AND site_area_mu > 20"]
    assert asked["at"] == [today]
    other = open_page(demo_server, f"{address.path}?{address.query}#{address.fragment}")
    expect(other.locator("#table-panel .tabulator-row").first).to_be_visible()
    other.get_by_role("tab", name="筛选").click()
    expect(other.locator("#filter-panel [data-summary]")).to_have_text(words)
    expect(other.locator('#filter-panel [data-rows="all"] > li')).to_have_count(2)
    expect(other.get_by_label("数据截至")).to_have_value(today)
    expect(other.locator(".at-badge")).to_be_visible()


def test_statistics_link_follows_the_filter(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/?filter=" + quote("far < 0.8"))
    open_filter(page)
    href = page.get_by_role("link", name="按此筛选看统计").get_attribute("href")
    assert href
    assert parse_qs(urlsplit(href).query) == {"filter": ["far < 0.8"]}


def test_list_of_plots_in_view_by_keyboard(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until(page, SETTLED)
    page.get_by_role("tab", name="清单").focus()
    page.keyboard.press("Enter")
    options = page.locator("#plot-list-panel [role=option]")
    expect(options).to_have_count(200)
    title = page.locator("#plot-list-title")
    expect(title).to_have_text(re.compile(r"^视野内 \d+ 宗（列出最大的 200 宗）$"))
    expect(options.first).to_have_text(re.compile(r"^\S+ .+，容积率 .+，[\d,.]+ 亩$"))
    page.keyboard.press("Tab")
    expect(options.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_be_focused()
    wait_until(page, "geoapp.view.highlighted !== null")
    page.keyboard.press("End")
    expect(options.nth(199)).to_be_focused()
    page.keyboard.press("Home")
    code = options.nth(5).get_attribute("data-key")
    assert code
    page.keyboard.type(code)
    expect(options.nth(5)).to_be_focused()
    page.keyboard.press("Enter")
    card = page.locator("#card-panel")
    expect(card).to_contain_text("用地面积")
    expect(options.nth(5)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(page.locator("#plot-list-panel [role=option]:focus")).to_have_attribute("data-key", code)


def test_on_a_narrow_screen_the_card_gives_the_focus_back_to_the_list(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server, size="1024")
    wait_until(page, SETTLED)
    page.get_by_role("button", name="侧栏").click()
    page.get_by_role("tab", name="清单").click()
    option = page.locator("#plot-list-panel [role=option]").nth(2)
    code = option.get_attribute("data-key")
    assert code
    option.press("Enter")
    expect(page.locator("#card-panel")).to_contain_text(code)
    expect(page.locator("#side-panel")).to_be_hidden()  # there is no room for both
    page.keyboard.press("Escape")
    focused = page.locator("#plot-list-panel [role=option]:focus")
    expect(focused).to_have_attribute("data-key", code)
    page.keyboard.press("ArrowDown")
    expect(focused).not_to_have_attribute("data-key", code)


def test_list_follows_the_map_and_the_filter(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until(page, SETTLED)
    page.get_by_role("tab", name="清单").click()
    title = page.locator("#plot-list-title")
    expect(title).to_contain_text("列出最大的")
    before = title.inner_text()
    page.evaluate("void geoapp.view.setQuery({ filter: 'far < 0.3' })")
    expect(title).not_to_have_text(before)
    count = page.locator("#plot-list-panel [role=option]").count()
    expect(title).to_have_text(f"视野内 {count} 宗")


@pytest.mark.parametrize(
    ("day", "words"), [("abc", "不是日期"), ("2026-02-30", "不是日期"), ("2999-01-01", "还没有到")]
)
def test_day_of_the_address_that_cannot_be_is_today_and_said_once(
    demo_server: Server, open_page: OpenPage, day: str, words: str
) -> None:
    page = open_page(demo_server, f"/?at={day}")
    wait_until(page, SETTLED)
    expect(page.locator(".toast-message")).to_have_count(1)
    expect(page.locator(".toast-message")).to_contain_text(words)
    expect(page.locator(".at-badge")).to_be_hidden()
    assert page.evaluate("geoapp.view.query.at") == ""


def test_day_before_all_data_says_when_they_begin(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/?at=2020-01-01")
    wait_until(page, SETTLED)
    expect(page.locator(".toast-message")).to_contain_text("2020-01-01 还没有数据，最早的数据是")
    expect(page.locator(".layer-count").first).to_be_hidden()  # they are today's
