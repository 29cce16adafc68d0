"""Plots chosen on the map in a real Chromium: select and sum, statistics of an area, surroundings."""

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import Page, expect
from pyproj import Geod, Transformer

from geoapp.analysis.development import development
from geoapp.services.as_of import as_of
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_selection import ByKeys, development_plots, development_rules, select_plots
from geoapp.services.workspace import Workspace
from tests.browser.map_page import wait_until
from tests.browser.pointer import (
    OpenPage,
    around,
    box_of,
    drag,
    draw_corners,
    middle,
    open_ready,
    pixel,
    place,
    show,
)
from tests.servers import Server, start_server, stop_server

pytestmark = pytest.mark.browser

GRS80 = Geod(ellps="GRS80")


def selected(page: Page) -> set[str]:
    return set(page.evaluate("[...geoapp.view.selection.keys]"))


def figure(page: Page, name: str) -> str:
    return page.locator(f"#selection-bar [data-figure={name}]").inner_text()


def wait_for_sums(page: Page) -> None:
    expect(page.locator("#selection-bar")).to_be_visible()
    expect(page.locator("#selection-bar")).not_to_have_attribute("aria-busy", "true")


def two_plots(workspace: Workspace) -> tuple[list[str], float]:
    """Return the codes of two plots of known area, and their area together in square metres."""
    facts = plot_facts(workspace, day=as_of(workspace, None).day)
    chosen = facts.dropna(subset=["site_area_m2"]).iloc[:2]
    return list(chosen.index), float(chosen["site_area_m2"].sum())


def panel_value(page: Page, name: str) -> float:
    cell = page.locator(f"#area-panel [data-name={name}] [data-value]")
    return float(cell.get_attribute("data-value") or "nan")


@pytest.mark.slow
def test_box_selects_what_it_hits_and_sums_it(
    demo_server: Server, demo_workspace: Workspace, open_page: OpenPage
) -> None:
    page = open_ready(open_page, demo_server)
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


def test_bar_has_what_may_be_developed_and_what_the_target_adds(
    demo_server: Server, demo_workspace: Workspace, open_page: OpenPage
) -> None:
    now = as_of(demo_workspace, None)
    facts = plot_facts(demo_workspace, day=now.day)
    known = facts.dropna(subset=["site_area_m2", "gfa_counted_m2"])
    keys = list(known.index[::5])  # all over the district, and no more than the address holds
    sums = select_plots(demo_workspace, ByKeys(keys), now).summary
    assert 0 < sums.constrained_mu < sums.developable_mu < sums.site_area_mu
    page = open_ready(open_page, demo_server, f"/?sel={','.join(keys)}")
    wait_for_sums(page)
    assert figure(page, "developable") == f"{sums.developable_mu:,.2f} 亩"
    assert figure(page, "constrained") == f"{sums.constrained_mu:,.2f} 亩"
    assert f"（{sums.potential_gfa_m2:,.0f} m²）" in figure(page, "potential")
    # The target of 10 is above every ratio, so a developable plot adds ten times its land less its floors; a plot
    # that is none adds nothing.
    may = development_plots(demo_workspace, now, facts.index.get_indexer(keys))
    rules = development_rules(demo_workspace.policy_at(now.revision), now.day)
    land = may[development(may, rules, now.day)["developable"].fillna(False).astype(bool)]
    added = float((10 * land["site_area_m2"] - land["gfa_counted_m2"]).sum())
    page.get_by_label("目标容积率").fill("10")
    expect(page.locator("#selection-bar [data-figure=potential]")).to_contain_text(f"（{added:,.0f} m²）")


def test_unit_of_the_bar_is_kept(demo_server: Server, demo_workspace: Workspace, open_page: OpenPage) -> None:
    keys, area_m2 = two_plots(demo_workspace)
    page = open_ready(open_page, demo_server, f"/?sel={','.join(keys)}")
    wait_for_sums(page)
    page.get_by_label("面积单位").select_option("公顷")
    assert figure(page, "site") == f"{area_m2 / 10_000:,.4f} 公顷"
    page.reload()
    wait_for_sums(page)
    assert figure(page, "site") == f"{area_m2 / 10_000:,.4f} 公顷"


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
    demo_server: Server, demo_workspace: Workspace, open_page: OpenPage
) -> None:
    facts = plot_facts(demo_workspace, day=as_of(demo_workspace, None).day)
    key = facts.to_crs(4549).area.idxmax()
    inside = facts.geometry[key].point_on_surface()
    page = open_ready(open_page, demo_server, "/?layers=plots")
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


def test_drawn_area_has_its_statistics_and_becomes_a_filter(
    demo_server: Server, demo_workspace: Workspace, open_page: OpenPage
) -> None:
    page = open_ready(open_page, demo_server)
    page.get_by_role("button", name="范围统计", exact=True).click()
    page.get_by_role("group", name="画法").get_by_role("button", name="矩形").click()
    start, end = around(page, (-120, -80), (110, 90))
    (west, north), (east, south) = place(page, *start), place(page, *end)
    drag(page, start, end)
    facts = plot_facts(demo_workspace, day=as_of(demo_workspace, None).day)
    box = shapely.box(west, south, east, north)
    # Statistics cut in the working CRS: there a side of 8 km runs up to 0.7 m beside its parallel.
    flat = gpd.GeoSeries([box], crs=4490).to_crs(demo_workspace.settings.working_crs).iloc[0]
    cut = facts.geometry.to_crs(demo_workspace.settings.working_crs).intersection(flat)
    inside = facts[shapely.area(cut.to_numpy()) > 0]
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


def test_file_that_is_no_area_is_refused_in_words(
    demo_server: Server, open_unwatched: OpenPage, tmp_path: Any
) -> None:
    path = tmp_path / "线.geojson"
    line = {"type": "LineString", "coordinates": [[121.5, 29.95], [121.51, 29.95]]}
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": line}), encoding="utf-8")
    page = open_ready(open_unwatched, demo_server)
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
    page.evaluate("geoapp.page.filter.query({ filter: 'far < 1' })")
    low = near & (plane["far"] < 1)
    assert 0 < low.sum() < near.sum()
    expect(page.locator("#nearby-panel [data-buffer-words]")).to_contain_text(
        f"800 米内有 {low.sum()} 宗地块（按当前筛选）"
    )
    page.get_by_label("面积单位").select_option("ha")
    area_ha = plane.loc[low, "site_area_m2"].sum() / 10_000
    expect(page.locator("#nearby-panel [data-buffer-words]")).to_contain_text(f"{area_ha:,.4f} 公顷")


def test_figures_of_an_area_follow_the_unit(demo_server: Server, open_page: OpenPage) -> None:
    page = open_ready(open_page, demo_server)
    page.get_by_role("button", name="范围统计", exact=True).click()
    page.get_by_role("group", name="画法").get_by_role("button", name="矩形").click()
    drag(page, *around(page, (-120, -80), (110, 90)))
    row = page.locator("#area-panel tr", has_text="用地面积").first
    expect(row).to_contain_text("亩")
    mu = float(row.locator("[data-value]").get_attribute("data-value") or "nan")
    page.get_by_label("面积单位").select_option("ha")
    expect(row).to_contain_text(f"{mu / 15:,.4f}")
    expect(row).to_contain_text("公顷")


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


@pytest.mark.slow
def test_nothing_is_near_where_there_is_no_record(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    server = start_server("serve", tmp_path / "data", tmp_path / "server.log")
    try:
        page = open_ready(open_page, server)
        page.get_by_role("button", name="周边", exact=True).click()
        page.mouse.click(*middle(page))
        page.get_by_role("button", name="查找").click()
        expect(page.get_by_role("alert")).to_have_text("还没有带图形的记录，没有可找的。请先导入台账。")
    finally:
        stop_server(server)


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
