"""The table under the map in a real Chromium: pages, order, header filters, columns, exports, links both ways."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_filter import SETTLED, open_filter, server_json, server_total
from tests.browser.test_map import wait_until
from tests.servers import Server, start_server, stop_server

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


def open_table(page: Page) -> Locator:
    wait_until(page, SETTLED)
    page.get_by_role("button", name="表格", exact=True).click()
    expect(rows(page).first).to_be_visible()
    return page.locator("#table-panel")


def rows(page: Page) -> Locator:
    return page.locator("#table-panel .tabulator-row")


def column(page: Page, name: str) -> list[str]:
    return page.locator(f'#table-panel .tabulator-cell[tabulator-field="{name}"]').all_inner_texts()


def test_table_shows_the_first_page_and_how_many_there_are(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    panel = open_table(page)
    total = server_total(page, "")
    expect(panel.locator(".tabulator-footer")).to_contain_text(f"第 1–50 条，共 {total:,} 条")
    expect(panel.locator("[data-total]")).to_contain_text(f"{total:,} 宗，共")
    expect(panel.locator("[data-total]")).to_contain_text("亩")
    assert page.evaluate("geoapp.page.table.grid.table.getRows().length") == 50
    proof = panel.locator('.tabulator-cell[tabulator-field="far"] a').first
    expect(proof).to_have_attribute("href", re.compile(r"^/plots/.+/proof$"))
    panel.get_by_role("button", name="下一页").click()
    expect(panel.locator(".tabulator-footer")).to_contain_text("第 51–100 条")
    panel.get_by_role("button", name="关闭表格").click()
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="表格", exact=True)).to_be_focused()


def test_numbers_stand_right_with_their_unit_and_unknown_is_a_dash(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server, "/?filter=" + quote("far IS NULL"))
    panel = open_table(page)
    header = panel.locator('.tabulator-col[tabulator-field="site_area_mu"]')
    expect(header).to_contain_text("用地面积(亩)")
    cell = panel.locator('.tabulator-cell[tabulator-field="site_area_mu"]').first
    assert cell.evaluate("(node) => getComputedStyle(node).textAlign") == "right"
    assert set(column(page, "far")) == {"—"}


def test_heading_sorts_on_the_server(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    panel = open_table(page)
    expected = server_json(page, "/table/plots.json?sort=-site_area_mu&size=3")["rows"]
    heading = panel.locator('.tabulator-col[tabulator-field="site_area_mu"] .tabulator-col-title')
    heading.click()
    expect(panel.locator('.tabulator-col[tabulator-field="site_area_mu"]')).to_have_attribute(
        "aria-sort", "ascending"
    )
    heading.click()
    expect(panel.locator(".table-key").first).to_have_text(expected[0]["key"])
    assert panel.locator(".table-key").all_inner_texts()[:3] == [row["key"] for row in expected]
    panel.get_by_role("button", name="恢复排序").click()
    expect(panel.locator('.tabulator-col[tabulator-field="site_area_mu"]')).to_have_attribute(
        "aria-sort", "none"
    )


@pytest.mark.slow
def test_header_filter_is_a_condition_of_the_map(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    panel = open_table(page)
    box = panel.get_by_label("按“容积率”筛选")
    box.fill("0.5~0.9")
    box.press("Enter")
    wait_until(page, "geoapp.view.query.filter === 'far BETWEEN 0.5 AND 0.9'")
    total = server_total(page, "far BETWEEN 0.5 AND 0.9")
    expect(panel.locator(".tabulator-footer")).to_contain_text(f"共 {total:,} 条")
    grade = panel.get_by_label("按“亩均评价等级”筛选")
    grade.select_option("A")
    wait_until(page, "geoapp.view.query.filter === \"far BETWEEN 0.5 AND 0.9 AND grade IN ('A')\"")
    open_filter(page)
    expect(page.locator('#filter-panel [data-rows="all"] > li')).to_have_count(2)
    box.fill("不是数")
    expect(box).to_have_attribute("aria-invalid", "true")
    box.fill("")
    wait_until(page, "geoapp.view.query.filter === \"grade IN ('A')\"")
    page.get_by_role("button", name="清除筛选").click()
    expect(grade).to_have_value("")


def test_header_boxes_read_short_forms(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/healthz")
    read = """([dtype, text]) => import("/assets/map/features/table_headers.js").then((module) => {
        const condition = module.readHeader({ name: "x", dtype, codes: new Map() }, text);
        return condition === undefined ? "unreadable" : condition && [condition.op, ...condition.values];
    })"""
    expected = {
        ("number", "<1"): ["<", "1"],
        ("number", "≥ 1,000"): [">=", "1000"],
        ("number", "0.5～1"): ["between", "0.5", "1"],
        ("number", "2"): ["=", "2"],
        ("number", "空"): ["null"],
        ("number", "很大"): "unreadable",
        ("number", " "): None,
        ("string", "机械"): ["contains", "机械"],
        ("string", "=甲"): ["=", "甲"],
        ("date", "2020"): ["between", "2020-01-01", "2020-12-31"],
        ("date", ">=2024-2"): [">=", "2024-02-01"],
        ("date", "<=2024-2"): ["<=", "2024-02-29"],
        ("date", ">2024年"): [">", "2024-12-31"],
        ("date", "2024年3月5日"): ["=", "2024-03-05"],
        ("date", "2024-02-30"): "unreadable",
    }
    for (dtype, text), condition in expected.items():
        assert page.evaluate(read, [dtype, text]) == condition, text


@pytest.mark.slow
def test_columns_are_chosen_and_kept(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    panel = open_table(page)
    assert panel.locator('.tabulator-col[tabulator-field="landuse_code"]').count() == 0
    panel.locator("[data-columns] summary").click()
    panel.get_by_role("checkbox", name="地类代码").check()
    expect(panel.locator('.tabulator-col[tabulator-field="landuse_code"]')).to_have_count(1)
    href = panel.locator('[data-suffix="xlsx"]').get_attribute("href")
    assert href
    assert "landuse_code" in parse_qs(urlsplit(href).query)["columns"][0].split(",")
    page.reload()
    expect(panel.locator('.tabulator-col[tabulator-field="landuse_code"]')).to_have_count(1)
    panel.locator("[data-columns] summary").click()
    panel.get_by_role("button", name="恢复默认列").click()
    expect(panel.locator('.tabulator-col[tabulator-field="landuse_code"]')).to_have_count(0)


@pytest.mark.parametrize("suffix", ["xlsx", "geojson", "gpkg"])
def test_exports_download(demo_server: Server, open_page: OpenPage, suffix: str) -> None:
    page = open_page(demo_server, "/?filter=" + quote("far < 0.5"))
    panel = open_table(page)
    panel.locator("[data-exports] summary").click()
    with page.expect_download() as download:
        panel.locator(f'[data-suffix="{suffix}"]').click()
    assert download.value.suggested_filename.endswith(f".{suffix}")
    assert download.value.path().stat().st_size > 1000


def test_row_opens_the_card_and_the_card_gives_the_focus_back(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server)
    panel = open_table(page)
    opener = panel.locator(".table-key").nth(2)
    key = opener.inner_text()
    opener.press("Enter")
    card = page.locator("#card-panel")
    expect(card).to_contain_text(key)
    expect(rows(page).nth(2)).to_have_class(re.compile("is-chosen"))
    wait_until(page, "geoapp.view.highlighted !== null")
    expect(card.locator("[data-title]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(opener).to_be_focused()
    expect(panel.locator(".is-chosen")).to_have_count(0)


def test_choice_on_the_map_marks_its_row(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    panel = open_table(page)
    key = page.evaluate("geoapp.page.table.grid.table.getRows()[40].getData().key")
    page.evaluate("(key) => void geoapp.page.choose({ register: 'plots', key })", key)
    chosen = panel.locator(".tabulator-row.is-chosen")
    expect(chosen).to_be_in_viewport()
    expect(chosen).to_contain_text(key)


def test_choice_on_the_map_turns_to_the_page_of_its_row(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    panel = open_table(page)
    key = server_json(page, "/table/plots.json?size=50&page=3&columns=far")["rows"][7]["key"]
    page.evaluate("(key) => void geoapp.page.choose({ register: 'plots', key })", key)
    chosen = panel.locator(".tabulator-row.is-chosen")
    expect(chosen).to_contain_text(key)
    expect(chosen).to_be_in_viewport()
    expect(panel.locator(".tabulator-footer")).to_contain_text("第 101–150 条")
    elsewhere = panel.locator("[data-elsewhere]")
    expect(elsewhere).to_be_hidden()
    page.evaluate("geoapp.page.filter.query({ filter: 'far < 0.8' })")
    expect(panel.locator(".tabulator-footer")).to_contain_text("第 1–50 条，共 156 条")
    outside = server_json(page, "/table/plots.json?size=1&filter=far%20%3E%201&columns=far")["rows"][0]["key"]
    page.evaluate("(key) => void geoapp.page.choose({ register: 'plots', key })", outside)
    expect(elsewhere).to_have_text("地图上选的这一条不在表格列出的记录里。")
    expect(panel.locator(".tabulator-row.is-chosen")).to_have_count(0)


def test_table_opens_at_what_was_chosen_before(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until(page, SETTLED)
    key = server_json(page, "/table/plots.json?size=50&page=3&columns=far")["rows"][7]["key"]
    page.evaluate("(key) => void geoapp.page.choose({ register: 'plots', key })", key)
    panel = open_table(page)
    expect(panel.locator(".tabulator-row.is-chosen")).to_be_in_viewport()
    expect(panel.locator(".tabulator-row.is-chosen")).to_contain_text(key)


def test_ticks_and_selection_go_both_ways(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    panel = open_table(page)
    first, second = panel.locator(".table-key").all_inner_texts()[:2]
    panel.get_by_label(f"选中 {first}", exact=True).check()
    assert page.evaluate("[...geoapp.view.selection.keys]") == [first]
    expect(page.locator("#card-panel")).to_be_hidden()
    page.evaluate("(key) => geoapp.view.selection.add([key])", second)
    expect(panel.get_by_label(f"选中 {second}", exact=True)).to_be_checked()
    panel.get_by_label("选中本页全部").check()
    assert page.evaluate("geoapp.view.selection.keys.size") == 50
    page.evaluate("geoapp.view.selection.clear()")
    expect(panel.get_by_label("选中本页全部")).not_to_be_checked()
    expect(panel.locator(".is-selected")).to_have_count(0)


def test_only_the_selected_are_listed_on_demand(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    panel = open_table(page)
    keys = panel.locator(".table-key").all_inner_texts()[7:9]
    page.evaluate("(keys) => geoapp.view.selection.set(keys)", keys)
    only = panel.get_by_role("button", name="只看选中（2）")
    only.click()
    expect(rows(page)).to_have_count(2)
    assert panel.locator(".table-key").all_inner_texts() == keys
    assert page.evaluate("geoapp.view.query.filter") == ""
    href = panel.locator('[data-suffix="csv"]').get_attribute("href") or ""
    assert parse_qs(urlsplit(href).query)["filter"] == [f"plot_code IN ('{keys[0]}', '{keys[1]}')"]
    page.evaluate("geoapp.view.selection.clear()")
    expect(panel.locator(".tabulator-footer")).to_contain_text("第 1–50 条")
    expect(panel.locator("[data-only-selected]")).to_be_hidden()


def test_other_registers_have_filters_of_their_own(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/?table=enterprises")
    panel = page.locator("#table-panel")
    expect(rows(page).first).to_be_visible()
    expect(panel.get_by_role("combobox", name="台账")).to_have_value("enterprises")
    total = server_json(page, "/table/enterprises.json?size=1")["total"]
    expect(panel.locator("[data-total]")).to_have_text(f"{total:,} 条")
    name = page.evaluate("geoapp.page.table.grid.table.getRows()[0].getData().name")
    panel.get_by_label("按“企业名称”筛选").fill(name)
    expect(rows(page)).to_have_count(1)
    assert page.evaluate("geoapp.view.query.filter") == ""
    assert "filter=" in (panel.locator('[data-suffix="csv"]').get_attribute("href") or "")


def test_unknown_register_in_the_address_is_said(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/?table=nothing")
    expect(page.locator(".toast-message")).to_contain_text("没有台账“nothing”")
    expect(page.locator("#table-panel")).to_be_hidden()


def test_charts_follow_the_filter(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    panel = open_table(page)
    panel.get_by_role("button", name="图表").click()
    towns = panel.locator('[data-chart="towns"]')
    expect(towns).to_have_attribute("aria-label", re.compile("^各镇街地块数（宗）：.+ \\d"))
    before = towns.get_attribute("aria-label")
    page.evaluate("void geoapp.view.setQuery({ filter: 'far < 0.5' })")
    expect(towns).not_to_have_attribute("aria-label", before or "")
    label = towns.get_attribute("aria-label") or ""
    assert sum(int(one) for one in re.findall(r" (\d+)(?:，|$)", label)) == server_total(page, "far < 0.5")
    expect(panel.locator('[data-chart="classes"] canvas')).to_be_visible()


@pytest.mark.parametrize("size", ["1440", "1024"])
def test_height_is_moved_by_keys_and_kept(demo_server: Server, open_page: OpenPage, size: str) -> None:
    page = open_page(demo_server, size=size)
    panel = open_table(page)
    handle = panel.get_by_role("separator", name="表格高度")
    before = int(handle.get_attribute("aria-valuenow") or 0)
    handle.press("ArrowUp")
    assert int(handle.get_attribute("aria-valuenow") or 0) == before + 40
    page.reload()
    expect(panel.get_by_role("separator", name="表格高度")).to_have_attribute(
        "aria-valuenow", str(before + 40)
    )
    assert page.evaluate("document.documentElement.scrollWidth") == int(size)


def test_data_quality_line_follows_the_rows_and_leads_to_what_is_unknown(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server)
    panel = open_table(page)
    line = panel.locator(".table-quality")
    total = server_total(page, "")
    expect(line.locator("summary")).to_contain_text(f"数据质量：{total:,} 宗地，不明：容积率")
    line.locator("summary").click()
    line.locator('[data-gap="far"] a').click()
    unknown = server_total(page, "far IS NULL")
    expect(page.locator("#table-panel .table-quality summary")).to_contain_text(
        f"数据质量：{unknown:,} 宗地，不明：容积率 {unknown:,}（100.0%）"
    )
    assert set(column(page, "far")) == {"—"}
    page.locator("#table-panel [data-register]").select_option("projects")
    expect(page.locator("#table-panel .table-quality summary")).to_contain_text("个项目")


@pytest.mark.slow
def test_table_of_an_empty_register_says_so_and_how_to_fill_it(
    tmp_path: Path, demo_server: Server, open_page: OpenPage
) -> None:
    server = start_server("serve", tmp_path / "data", tmp_path / "server.log")
    try:
        page = open_page(server, "/?table=plots&filter=" + quote("far < 1"))
        nothing = page.locator("#table-panel .tabulator-placeholder-contents")
        expect(nothing).to_have_text("“工业地块”台账还没有记录。请在导入页选择这个台账的文件导入。")
        page.locator("#table-panel [data-register]").select_option("projects")
        expect(nothing).to_contain_text("“二次开发项目”台账还没有记录")
        link = nothing.get_by_role("link", name="导入")
        expect(link).to_have_attribute("href", "/imports?register=projects")
        link.click()
        expect(page.locator("#upload-form [name=register]")).to_have_value("projects")
        page.goto("about:blank")  # nothing more is asked of a server that is not there
    finally:
        stop_server(server)
    page = open_page(demo_server, "/?table=plots&filter=" + quote("far > 900"))
    nothing = page.locator("#table-panel .tabulator-placeholder-contents")
    expect(nothing).to_have_text("没有符合条件的记录")


def test_table_before_the_first_record_says_so(demo_server: Server, open_unwatched: OpenPage) -> None:
    page = open_unwatched(
        demo_server, "/?table=plots&at=2000-01-01"
    )  # no limits held then: colours are refused
    nothing = page.locator("#table-panel .tabulator-placeholder-contents")
    expect(nothing).to_have_text("2000-01-01 时“工业地块”台账还没有记录。")
