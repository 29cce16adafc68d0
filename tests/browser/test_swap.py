"""Both ends of the swap across the control lines on the page's own map."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.browser.conftest import OpenPage
from tests.servers import Server, start_server, stop_server
from tests.services.test_compliance import LINE, PLOTS, RETIRED, SUPPLY
from tests.small_district import write

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("swap")
    workspace = open_workspace(Settings(data_dir=folder / "data"))
    write(workspace, plots=PLOTS, land_supplies=[SUPPLY], recognitions=[RETIRED], control_lines=[LINE])
    workspace.store.close()
    started = start_server("serve", folder / "data", folder / "server.log")
    yield started
    stop_server(started)


def test_both_ends_are_drawn_apart_and_lead_to_their_rows(server: Server, open_page: OpenPage) -> None:
    page = open_page(server, "/check/swap", "1024")
    marks = page.locator(".changes-map-mark")
    expect(marks).to_have_count(2)
    assert sorted(marks.all_inner_texts()) == sorted(["减", "增"])
    # the ends lie kilometres apart as a rule: then the plots are small, and the marks stand above them
    for _ in range(4):
        page.locator(".leaflet-control-zoom-out").click()
        page.wait_for_timeout(400)
    expect(marks).to_have_count(2)
    page.reload()
    expect(marks).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.locator("#changes-map-note")).to_contain_text("红线是当日有效的控制线")
    box = marks.get_by_text("减").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("tr.shown")).to_contain_text("R1")
    page.locator('tr[data-plot="甲"] .changes-locate').click()
    expect(page.locator(".leaflet-tooltip", has_text="线内置换新增 30.00 亩")).to_be_visible()
