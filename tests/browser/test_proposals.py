"""Three roles in real browsers: a reporter proposes, a reviewer decides, the map changes colour."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from geoapp.services.accounts import open_accounts
from geoapp.settings import Settings
from tests.browser.conftest import OpenPage
from tests.browser.map_page import colour_at, wait_until_drawn
from tests.browser.pointer import pixel
from tests.browser.test_people import Office, make_office, sign_in
from tests.formats.test_attachment import PDF, picture
from tests.servers import stop_server

pytestmark = pytest.mark.browser
PLOT = "330205-GY-0169"
"""Being checked, in the town of the demo's reporter."""
SPLIT = "330205-GY-0170"
"""In the same town."""
ENTRY = f"/lists/2026/L4/{PLOT}"
MAP = f"/?layers=plots&color=low_efficiency&selected=plots:{PLOT}"
OWN_PROJECT, FOREIGN_PROJECT = "/projects/JB-XM-051", "/projects/JB-XM-048"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A demo of its own, to write into."""
    found = make_office(tmp_path_factory.mktemp("proposals"))
    yield found
    stop_server(found.server)


def enter(open_page: OpenPage, office: Office, role: str, path: str, size: str = "1440") -> Page:
    page = open_page(office.server, path, size)
    sign_in(page, office, role)
    return page


def plot_colour(page: Page, office: Office) -> tuple[int, ...]:
    page.goto(office.server.address + MAP)
    wait_until_drawn(page)
    x, y = page.evaluate(
        """async (key) => {
            const { map, L } = geoapp.view;
            const feature = (await (await fetch(`/layers/plots.geojson?key=${key}`)).json()).features[0];
            const centre = L.geoJSON(feature).getBounds().getCenter();
            map.setView(centre, 17, { animate: false });
            geoapp.page.choose(null);
            const box = map.getContainer().getBoundingClientRect();
            const point = map.latLngToContainerPoint(centre);
            return [box.left + point.x, box.top + point.y];
        }""",
        PLOT,
    )
    wait_until_drawn(page)
    return tuple(colour_at(page, x, y))


@pytest.mark.slow
def test_report_review_accept_and_the_map_changes_colour(office: Office, open_page: OpenPage) -> None:
    reviewer = enter(open_page, office, "reviewer", "/proposals")
    before = plot_colour(reviewer, office)
    reporter = enter(open_page, office, "reporter", ENTRY, "1024")
    form = reporter.locator("#step-form")
    form.locator("select[name=status]").select_option("removed")
    form.locator("input[name=document_no]").fill("示例剔〔2026〕3号")
    form.locator("input[name=proposal_reason]").fill("企业已提标，不再低效")
    form.get_by_role("button", name="报送").click()
    expect(reporter.locator(".projects-flash")).to_contain_text("已报送，第 1 号")
    assert reporter.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert plot_colour(reviewer, office) == before  # nothing on the map before it is accepted
    expect(reviewer.locator("#proposals-badge b")).to_have_text("1")
    reviewer.locator("#proposals-badge").click()
    reviewer.get_by_role("link", name="第 1 号").click()
    line = reviewer.locator("tr[data-field=low_efficiency_status]")
    expect(line).to_contain_text("核查中")
    expect(line).to_contain_text("剔除")
    expect(reviewer.locator(".proposal-map .map-plot")).to_have_count(1)
    reviewer.get_by_role("button", name="采纳").click()
    expect(reviewer.locator(".projects-flash")).to_contain_text("已采纳，存为第")
    after = plot_colour(reviewer, office)
    assert after != before
    reporter.reload()
    expect(reporter.locator("h1")).to_contain_text("已采纳")


@pytest.mark.slow
def test_returned_with_a_reason_corrected_and_sent_again(office: Office, open_page: OpenPage) -> None:
    reporter = enter(open_page, office, "reporter", OWN_PROJECT)
    expect(reporter.locator("#attachment-form")).to_have_count(0)
    form = reporter.locator("#note-form")
    form.locator("[name=text]").fill("设备进厂")
    form.locator("input[type=file]").set_input_files(
        [
            {"name": "验收单.pdf", "mimeType": "application/pdf", "buffer": PDF},
            {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": picture()},
        ]
    )
    expect(form.locator(".file-chosen")).to_have_text("验收单.pdf、现场.jpg")
    form.get_by_role("button", name="报送").click()
    expect(reporter.locator(".projects-flash")).to_contain_text("待审核")
    address = reporter.url
    reviewer = enter(open_page, office, "reviewer", address.removeprefix(office.server.address), "1024")
    expect(reviewer.locator(".sent-files li")).to_have_count(2)
    assert (
        reviewer.locator(".sent-files img").evaluate("image => image.decode().then(() => image.naturalWidth)")
        > 0
    )
    reviewer.locator("#return-form [name=reason]").fill("写明几台")
    reviewer.get_by_role("button", name="退回").click()
    expect(reviewer.locator("#returned")).to_contain_text("写明几台")
    assert reviewer.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    reporter.goto(office.server.address + OWN_PROJECT)
    expect(reporter.locator("#proposals-badge b")).to_have_text("1")
    reporter.goto(address)
    expect(reporter.locator("#returned")).to_contain_text("写明几台")
    reporter.get_by_role("link", name="修改再报").click()
    form = reporter.locator("#note-form")
    expect(form.locator("[name=text]")).to_have_value("设备进厂")
    form.locator("[name=text]").fill("设备进厂 3 台")
    expect(form.locator("input[name=keep]:checked")).to_have_count(2)
    form.get_by_label("保留“现场.jpg”").uncheck()
    form.get_by_role("button", name="报送").click()
    expect(reporter.locator("tr[data-act]")).to_have_count(3)
    reviewer.goto(address)
    reviewer.get_by_role("button", name="采纳").click()
    reviewer.goto(office.server.address + OWN_PROJECT)
    expect(reviewer.locator(".project-notes")).to_contain_text("设备进厂 3 台")
    expect(reviewer.locator(".attachments")).to_contain_text("验收单.pdf")
    expect(reviewer.locator(".attachments")).not_to_contain_text("现场.jpg")


@pytest.mark.slow
def test_another_town_is_refused_and_an_ended_session_keeps_the_text(
    office: Office, open_unwatched: OpenPage
) -> None:
    reporter = enter(open_unwatched, office, "reporter", FOREIGN_PROJECT)
    expect(reporter.locator("#note-form")).to_have_count(0)
    answer = reporter.goto(f"{office.server.address}/records/projects/JB-XM-048/edit")
    assert answer is not None
    assert answer.status == 403
    expect(reporter.locator("main")).to_contain_text("您只能报送本镇街（洪塘街道）的记录")
    reporter.goto(office.server.address + OWN_PROJECT)
    form = reporter.locator("#note-form")
    form.locator("[name=text]").fill("打了很久的一段话")
    accounts = open_accounts(Settings(data_dir=office.data_dir))
    accounts.store.change("reporter", ends_sessions=True)
    accounts.store.close()
    form.get_by_role("button", name="报送").click()
    expect(reporter.get_by_role("heading", name="登录已过期")).to_be_visible()
    expect(reporter.locator(".typed-list")).to_contain_text("打了很久的一段话")


def test_a_shape_is_reported_from_the_map(office: Office, open_page: OpenPage) -> None:
    reporter = enter(open_page, office, "reporter", MAP)
    wait_until_drawn(reporter)
    reporter.locator("#edit-tool").click()
    panel = reporter.locator("#edit-panel")
    expect(reporter.locator(".edit-handle").first).to_be_visible()
    handle = reporter.locator(".edit-handle:not(.is-middle)").first
    handle.focus()
    reporter.keyboard.press("Delete")
    panel.locator("[name=edit_reason]").fill("按实测")
    accept = panel.locator("[name=accept]")
    expect(panel).not_to_have_attribute("aria-busy", "true")
    if accept.is_visible():
        accept.check()
    panel.get_by_role("button", name="报送").click()
    if (
        accept.is_visible() and not accept.is_checked()
    ):  # what does not fit is known once the server has looked
        accept.check()
        panel.get_by_role("button", name="报送").click()
    expect(panel.locator("[data-done]")).to_contain_text("已报送")
    panel.get_by_role("link", name="看这号报送").click()
    expect(reporter.locator(".map-before")).to_have_count(1)
    expect(reporter.locator(".map-after")).to_have_count(1)


@pytest.mark.slow
def test_a_split_is_reported_from_the_map(office: Office, open_page: OpenPage) -> None:
    reporter = enter(open_page, office, "reporter", f"/?selected=plots:{SPLIT}", "1024")
    wait_until_drawn(reporter)
    reporter.locator("#edit-tool").click()
    expect(reporter.locator(".edit-handle").first).to_be_visible()
    reporter.locator("#edit-panel [data-mode=split]").click()
    west, south, east, north = reporter.evaluate(
        """async (key) => {
            const found = await (await fetch(`/layers/plots.geojson?key=${key}`)).json();
            const bounds = geoapp.view.L.geoJSON(found).getBounds();
            const room = { paddingTopLeft: [30, 120], paddingBottomRight: [360, 90], animate: false };
            geoapp.view.map.fitBounds(bounds, room);
            return bounds.toBBoxString().split(",").map(Number);
        }""",
        SPLIT,
    )
    wait_until_drawn(reporter)
    middle, margin = (west + east) / 2, (north - south) * 0.15
    reporter.mouse.click(*pixel(reporter, middle, south - margin))
    reporter.mouse.dblclick(*pixel(reporter, middle, north + margin))
    expect(reporter.locator("#edit-panel [name=code-1]")).to_have_value(f"{SPLIT}-2")
    reporter.locator("#edit-panel [name=edit_reason]").fill("分割转让")
    reporter.get_by_role("button", name="报送", exact=True).click()
    done = reporter.locator("#edit-panel [data-done]")
    expect(done).to_contain_text("审核采纳以前地图不变")
    address = done.get_by_role("link", name="看这号报送").get_attribute("href")
    reviewer = enter(open_page, office, "reviewer", address or "")
    expect(reviewer.locator(".proposal-map .map-after")).to_have_count(2)
    expect(reviewer.locator("h1")).to_contain_text(f"分割 · 工业地块 {SPLIT}")
    reviewer.get_by_role("button", name="采纳").click()
    expect(reviewer.locator(".projects-flash")).to_contain_text("已采纳，存为第")
    reviewer.goto(f"{office.server.address}/plots/{SPLIT}-2")
    expect(reviewer.locator("main")).to_contain_text(f"{SPLIT}-2")
