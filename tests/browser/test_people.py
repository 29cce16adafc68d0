"""Three roles in a real browser, on a demo that has to be signed in to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.servers import Server, start_server, stop_server

pytestmark = pytest.mark.browser


@dataclass
class Office:
    """A server, and the password of each role as the terminal showed it."""

    server: Server
    passwords: dict[str, str]
    data_dir: Path


def make_office(folder: Path) -> Office:
    """Start a demo that has to be signed in to."""
    server = start_server("demo", folder / "data", folder / "server.log", options=["--sign-in"])
    shown = (folder / "server.log").read_text(encoding="utf-8")
    rows = re.findall(r"│ (\w+) +│[^│]+│[^│]+│ (\S{16}) ", shown)
    return Office(server, dict(rows), folder / "data")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    found = make_office(tmp_path_factory.mktemp("office"))
    yield found
    stop_server(found.server)


def sign_in(page: Page, office: Office, role: str) -> None:
    page.get_by_label("登录名").fill(role)
    page.get_by_label("密码").fill(office.passwords[role])
    page.get_by_role("button", name="登录").click()
    expect(page.locator(".account-menu summary")).to_be_visible()


@pytest.mark.slow
def test_viewer_signs_in_sees_the_map_and_nothing_to_write_with(office: Office, open_page: OpenPage) -> None:
    page = open_page(office.server, "/?layers=plots")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    with page.expect_response(lambda answer: "/tiles/plots/" in answer.url) as tile:
        sign_in(page, office, "viewer")
    assert tile.value.status == 200
    assert page.url.startswith(office.server.address + "/?layers=plots")
    expect(page.get_by_role("link", name="导入")).to_have_count(0)
    page.goto(office.server.address + "/candidates")
    expect(page.get_by_text("保存这组权重")).to_have_count(0)
    # Of the seven plots of 孔浦街道 two are of enterprises above scale.
    page.goto(office.server.address + "/statistics?show=tax_per_mu&figure=zone_tax_above_scale_wan_per_mu")
    row = page.locator("#statistics-table .tabulator-row", has_text="孔浦街道")
    expect(row.locator(".tabulator-cell")).to_have_text(
        ["孔浦街道", re.compile(r"^\d+\.\d\d$"), "不公开", "100.0"]
    )
    expect(page.locator("#statistics-legend")).to_contain_text("无数据或不公开")


def test_signing_out_closes_the_pages(office: Office, open_page: OpenPage) -> None:
    page = open_page(office.server, "/rules")
    sign_in(page, office, "reviewer")
    page.locator(".account-menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.goto(office.server.address + "/rules")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()


@pytest.mark.slow
def test_editor_writes_under_the_own_name(office: Office, open_page: OpenPage) -> None:
    page = open_page(office.server, "/candidates")
    sign_in(page, office, "editor")
    page.get_by_text("保存这组权重").click()
    page.get_by_label("方案名称").fill("试一试")
    expect(page.get_by_label("保存人")).to_have_value("演示编辑员（editor）")
    page.get_by_role("button", name="保存", exact=True).click()
    page.goto(office.server.address + "/imports")
    expect(page.get_by_role("cell", name="演示编辑员（editor）")).to_be_visible()
    page.goto(office.server.address + "/rules/numbers/low_far")
    expect(page.get_by_text("修改这个数")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["1440", "1024"])
def test_administrator_may_change_the_rule_book(office: Office, open_page: OpenPage, size: str) -> None:
    page = open_page(office.server, "/rules", size)
    sign_in(page, office, "administrator")
    page.locator("a[href^='/rules/numbers/']").first.click()
    expect(page.locator("body")).to_contain_text("修改")
    # The head holds everything without a scroll bar below the page.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.slow
@pytest.mark.parametrize("size", ["1440", "1024"])
def test_administrator_adds_somebody_and_the_audit_says_so(
    office: Office, open_page: OpenPage, size: str
) -> None:
    page = open_page(office.server, "/users", size)
    sign_in(page, office, "administrator")
    page.get_by_label("登录名").fill(f"new{size}")
    page.get_by_label("姓名").fill(f"新来的{size}")
    page.get_by_label("角色", exact=True).select_option("editor")
    page.get_by_role("button", name="添加，生成一次性密码").click()
    expect(page.locator("#one-time")).to_have_text(re.compile(r"^\S{16}$"))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator(".account-menu summary").click()
    page.get_by_role("group").get_by_role("link", name="审计").click()
    page.get_by_role("link", name="登录与用户").click()
    row = page.get_by_role("row").filter(has_text=f"新来的{size}（new{size}），编辑人员")
    expect(row).to_contain_text("添加用户")
    expect(row).to_contain_text("演示管理员（administrator）")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.slow
def test_reviewer_finds_who_changed_a_plot_and_takes_it_along(office: Office, open_page: OpenPage) -> None:
    page = open_page(office.server, "/candidates")
    sign_in(page, office, "editor")
    page.get_by_text("保存这组权重").click()
    page.get_by_label("方案名称").fill("审计要看的")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_load_state("networkidle")  # tiles under way would be refused once nobody is signed in
    page.locator(".account-menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    sign_in(page, office, "reviewer")
    page.goto(office.server.address + "/audit")
    page.get_by_label("人员").fill("editor")
    page.get_by_role("button", name="查看").click()
    first = page.locator(".audit-table tbody tr").first
    expect(first).to_contain_text("演示编辑员（editor）")
    expect(first).to_contain_text("（新增）")
    with page.expect_download() as file:
        page.get_by_role("link", name="Excel").click()
    assert file.value.suggested_filename.startswith("审计_台账修改_")
    expect(page.get_by_role("link", name="用户", exact=True)).to_have_count(0)
