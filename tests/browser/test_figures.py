"""Figures side by side in a real Chromium: two plots compared; statistics chosen, and their charts."""

import json
import re
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.map_page import wait_until
from tests.servers import Server

pytestmark = pytest.mark.browser


def ask(server: Server, path: str) -> Any:
    with urlopen(server.address + path) as response:  # noqa: S310 - our own server
        return json.load(response)


def number(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def test_two_plots_are_compared_line_by_line_and_found_on_the_map(
    demo_server: Server, open_page: OpenPage
) -> None:
    plots = ask(demo_server, "/table/plots.json?filter=far%20%3E%200&size=2")["rows"]
    keys = [plot["key"] for plot in plots]
    page = open_page(demo_server, f"/compare?plots={','.join(keys)}")
    expect(page.locator("h1")).to_have_text(re.compile("^.+ 与 .+ 对比$"))
    land = page.locator('tr[data-line="用地面积"] td').all_inner_texts()
    first, second, difference = map(number, land)
    assert [first, second] == [pytest.approx(plot["site_area_mu"], abs=0.005) for plot in plots]
    assert difference == pytest.approx(second - first, abs=0.011)  # three rounded numbers
    assert page.locator(".compare-outline path[fill-rule]").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("link", name="在地图上选中这两宗").click()
    wait_until(page, "window.geoapp?.view.selection.size === 2")
    assert set(page.evaluate("[...geoapp.view.selection.keys]")) == set(keys)


def test_chosen_statistics_have_their_columns_charts_and_address(
    demo_server: Server, open_page: OpenPage
) -> None:
    answer = ask(demo_server, "/statistics.json?show=far_distribution")
    total = next(row for row in answer["rows"] if row["kind"] == "total")
    classes = [column["name"] for column in answer["columns"] if column["group"] == "容积率分布"]
    page = open_page(demo_server, "/statistics?show=plot_count,far_distribution")
    expect(page.locator("#statistics-table .row-total")).to_be_visible()
    heads = page.locator("#statistics-table .tabulator-col[tabulator-field]")
    fields = heads.evaluate_all("(nodes) => nodes.map((node) => node.getAttribute('tabulator-field'))")
    assert {"plot_count", *classes} <= set(fields)
    assert "far" not in fields

    histogram = page.locator("#statistics-histogram")
    expect(histogram.locator("canvas")).to_be_visible()
    words = histogram.get_attribute("aria-label") or ""
    assert words.startswith(f"{total['name']}容积率分布：")
    drawn = [number(text) for text in re.findall(r"([\d,.]+) 亩", words)]
    assert drawn == [pytest.approx(total[name], abs=0.005) for name in classes]
    zone = next(row for row in answer["rows"] if row["kind"] == "zone")
    page.locator("#histogram-zone").select_option(zone["zone"])
    expect(histogram).to_have_attribute("aria-label", re.compile(f"^{zone['name']}容积率分布："))
    expect(page.locator("#statistics-quadrants canvas")).to_be_visible()
    expect(page.locator("#quadrants-note")).to_contain_text("宗")

    choice = page.locator("#statistics-groups")
    choice.get_by_role("checkbox", name="宗数").uncheck()
    page.wait_for_url(re.compile(r"show=far_distribution(&|$)"))
    expect(heads.and_(page.locator("[tabulator-field=plot_count]"))).to_have_count(0)
    choice.get_by_role("button", name="默认").click()
    wait_until(page, "!location.search.includes('show=')")
    expect(heads.and_(page.locator("[tabulator-field=far]"))).to_have_count(1)
