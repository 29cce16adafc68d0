"""Projects in a real browser: charts are drawn, a project moves on, the map changes colour."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.map_page import colour_at, wait_until, wait_until_drawn
from tests.servers import Server

pytestmark = pytest.mark.browser

CHECKED = "document.documentElement.scrollWidth <= window.innerWidth"


def test_views_fit_and_charts_are_drawn(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/projects?view=gantt", "1024")
    expect(page.locator("#gantt-all canvas")).to_be_visible()
    assert page.evaluate(CHECKED)
    page.get_by_role("link", name="看板").click()
    expect(page.locator(".board-column")).to_have_count(6)
    page.get_by_role("link", name="漏斗").click()
    expect(page.locator("#funnel canvas")).to_be_visible()
    page.locator("select[name=light]").select_option("red")
    page.get_by_role("button", name="查看").click()
    expect(page.locator("#summary")).to_contain_text("进度灯 为 逾期")
    assert page.evaluate(CHECKED)


@pytest.mark.slow
def test_a_project_moves_on_and_a_refusal_keeps_what_was_typed(
    own_demo_server: Server, open_unwatched: OpenPage
) -> None:
    page = open_unwatched(own_demo_server, "/projects/JB-XM-048", "1440")
    expect(page.locator("#gantt-one canvas")).to_be_visible()
    expect(page.locator(".map-part")).to_have_count(1)
    form = page.locator("#stage-form")
    form.locator("select[name=stage]").select_option("P07")
    form.locator("input[name=actual_on]").fill("2020-01-01")
    form.locator("input[name=note]").fill("最后一榀梁吊装")
    form.locator("input[name=user]").fill("张三（示例）")
    with page.expect_response(lambda answer: answer.request.method == "POST") as refused:
        form.get_by_role("button").click()
    assert refused.value.status == 422
    expect(page.locator(".projects-complaint")).to_contain_text("早于“开工”的 2025-10-31")
    expect(form.locator("input[name=note]")).to_have_value("最后一榀梁吊装")
    form.locator("input[name=actual_on]").fill("2026-02-01")
    form.get_by_role("button").click()
    expect(page.locator(".projects-flash")).to_contain_text("次修订")
    expect(page.locator(".project-state strong")).to_have_text("主体结顶")
    legend = page.request.get(f"{own_demo_server.address}/layers/projects/style.json?style=stage").json()
    assert {item["zh"]: item["count"] for item in legend["classes"]}[
        "主体结顶"
    ] == 4  # three of the demo, and this


def test_map_is_coloured_by_light_and_the_address_keeps_it(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/?layers=projects")
    wait_until_drawn(page)
    projects = page.request.get(f"{demo_server.address}/projects.json").json()["projects"]
    green = next(one["project_code"] for one in projects if one["light"] == "green" and one["stage"] == "P12")
    x, y = page.evaluate(
        """async (code) => {
            const { map, L } = geoapp.view;
            const answer = await fetch(`/layers/projects.geojson?key=${code}`);
            const place = L.geoJSON((await answer.json()).features[0]).getBounds().getCenter();
            map.setView(place, 18, { animate: false });
            const point = map.latLngToContainerPoint(place);
            const frame = map.getContainer().getBoundingClientRect();
            return [frame.left + point.x, frame.top + point.y];
        }""",
        green,
    )
    wait_until_drawn(page)
    red, green_part, blue = colour_at(page, x, y)
    assert blue > green_part > red  # the last stage is dark blue
    page.get_by_label("二次开发项目着色").select_option("light")
    wait_until(page, "geoapp.view.layers.get('projects').look.id === 'light'")
    wait_until_drawn(page)
    red, green_part, blue = colour_at(page, x, y)
    assert green_part > blue > red
    late = sum(one["light"] == "red" for one in projects)
    expect(page.locator("[data-register=projects] [data-legend-place]")).to_contain_text("逾期")
    late = sum(one["light"] == "red" for one in projects)
    assert page.evaluate(
        "geoapp.view.layers.get('projects').look.classes.map(({ zh, count }) => [zh, count])"
    )[2] == ["逾期", late]
    page.wait_for_url("**colors=projects:light**")
    again = open_page(demo_server, "/?colors=projects:light,micro_parks:band")
    wait_until_drawn(again)
    expect(again.get_by_label("二次开发项目着色")).to_have_value("light")
    assert again.evaluate("geoapp.view.layers.get('micro_parks').look.id") == "band"


def test_what_is_filtered_on_the_page_arrives_on_the_map_and_the_other_way_round(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server, "/projects?light=red")
    listed = page.locator("tr[data-project]").count()
    page.get_by_role("link", name="在地图上看").click()
    wait_until_drawn(page)
    assert page.evaluate("geoapp.view.query.projects") == "light = 'red'"
    page.get_by_role("tab", name="筛选").click()
    panel = page.locator("#filter-panel")
    expect(panel.locator("[data-project-summary]")).to_have_text(f"命中 {listed} 个项目")
    expect(panel.locator("[data-project-quick] [data-field=light] .quick-words")).to_have_text("逾期")
    tiles = page.evaluate("geoapp.view.layers.get('projects').tiles")
    assert parse_qs(urlsplit(tiles).query)["filter"] == ["light = 'red'"]
    # Here one more is said of the projects and one thing of their plots, and goes back with them.
    panel.locator("[data-project-quick] [data-field=phase] summary").click()
    panel.locator("[data-project-quick] [data-field=phase]").get_by_label("建设实施").check()
    wait_until(page, "geoapp.view.query.projects.includes('phase')")
    page.evaluate("geoapp.view.setQuery({ filter: 'far < 1.5' })")
    wait_until_drawn(page)
    both = {"filter": "light IN ('red') AND phase IN ('build')", "plots": "far < 1.5"}
    data = page.request.get(f"{demo_server.address}/projects.json", params=both).json()
    count = len(data["projects"])
    assert 0 < count < listed
    expect(panel.locator("[data-project-summary]")).to_have_text(f"命中 {count} 个项目")
    page.wait_for_url("**projects=**")
    page.get_by_role("link", name="按此筛选看项目").click()
    expect(page.locator("tr[data-project]")).to_have_count(count)
    expect(page.locator("input[name=plots]")).to_have_value("far < 1.5")


def test_a_filter_of_projects_that_is_none_is_told_and_kept(
    demo_server: Server, open_unwatched: OpenPage
) -> None:
    page = open_unwatched(demo_server, "/?projects=nix = 1")
    wait_until_drawn(page)
    panel = page.locator("#filter-panel")
    expect(panel.locator("[data-project-error]")).to_contain_text("nix")
    expect(panel.locator("[data-project-text]")).to_have_value("nix = 1")
    assert page.evaluate("geoapp.view.query.projects") == ""
    panel.locator("[data-project-text]").fill("is_stalled = TRUE")
    panel.locator("[data-project-text]").press("Enter")
    wait_until(page, "geoapp.view.query.projects === 'is_stalled = TRUE'")
    expect(panel.locator("[data-project-error]")).to_be_hidden()
    panel.get_by_role("button", name="清除项目筛选").click()
    wait_until(page, "geoapp.view.query.projects === ''")
