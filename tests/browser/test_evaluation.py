"""The evaluation per 亩 in a real browser: lists, what if on weights, the official result, fixing a year."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.browser.conftest import OpenPage
from tests.evaluation_district import YEAR, fill_evaluation
from tests.servers import Server, start_server, stop_server
from tests.small_district import write

pytestmark = pytest.mark.browser

LIST = "list=below_scale_large"
FIRMS = ".evaluation-enterprises tbody tr[data-uscc]"
OFFICIAL = {
    "year": YEAR,
    "source": "official",
    "list": "below_scale_large",
    "document_no": "示例亩均办〔2026〕1号",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The evaluation's district (see its arithmetic there), with an official result that sees B1 higher."""
    folder = tmp_path_factory.mktemp("evaluation")
    workspace = fill_evaluation(open_workspace(Settings(data_dir=folder / "data")))
    grades = {"B1": "A", "B2": "C", "B3": "D"}
    write(
        workspace, evaluations=[{**OFFICIAL, "uscc": uscc, "grade": grade} for uscc, grade in grades.items()]
    )
    workspace.store.close()
    started = start_server("serve", folder / "data", folder / "server.log")
    yield started
    stop_server(started)


def firms(page: Page) -> list[tuple[str, str, str]]:
    """Return code, grade and score of the enterprises as they stand in the table."""
    rows = page.locator(FIRMS)
    cells = [[row.locator("td").nth(number).inner_text() for number in (1, 2)] for row in rows.all()]
    codes = [row.get_attribute("data-uscc") or "" for row in rows.all()]
    return [(code, grade, score) for code, (grade, score) in zip(codes, cells, strict=True)]


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_list_shows_grades_scores_and_leads_to_each_sum(server: Server, open_page: OpenPage) -> None:
    page = open_page(server, f"/evaluation?{LIST}", "1440")
    assert fits(page)
    assert firms(page) == [("B1", "B", "137.76"), ("B2", "C", "86.49"), ("B3", "D", "46.55")]
    expect(page.locator('[data-list="below_scale_large"].chosen td')).to_have_text(
        ["3", "0", "1", "1", "1", "0", "0", "—", "137.76", "86.49"]
    )
    page.get_by_role("link", name="租赁企业（1）").click()
    assert [code for code, _, _ in firms(page)] == ["T1"]
    page.go_back()
    page.locator(FIRMS).first.get_by_role("link").click()
    expect(page.locator("h1")).to_contain_text("示例<甲>")
    expect(page.locator("#grade-words")).to_contain_text("B")


def test_weights_are_tried_out_without_changing_anything(server: Server, open_page: OpenPage) -> None:
    page = open_page(server, f"/evaluation?{LIST}", "1024")
    assert fits(page)
    page.get_by_label("亩均税收的分值").fill("100")
    page.get_by_label("单位电耗税收的分值").fill("0")
    page.get_by_role("button", name="按这些分值试算").click()
    page.wait_for_url("**weights=tax_per_mu**")
    expect(page.locator(".evaluation-what-if")).to_contain_text("不影响正式结果")
    # tax per 亩 alone: 100 x 1.5 capped, 100 x 10 / 12, 100 x 4 / 12
    assert firms(page) == [("B1", "B", "150.00"), ("B2", "C", "83.33"), ("B3", "D", "33.33")]
    expect(page.locator("#what-if")).to_be_visible()
    expect(page.locator("#freeze")).to_have_count(0)
    page.get_by_role("link", name="回到规则库的分值").click()
    assert firms(page)[0] == ("B1", "B", "137.76")


def test_the_official_result_stands_beside_ours(server: Server, open_page: OpenPage) -> None:
    page = open_page(server, f"/evaluation?{LIST}", "1440")
    page.get_by_role("link", name="与官方结果对比").click()
    assert fits(page)
    row = page.locator('tr[data-uscc="B1"]')
    expect(row.locator(".grade-tag")).to_have_text(["A", "B"])
    expect(page.locator('tr[data-uscc="B2"]')).to_have_count(0)
    expect(page.locator("main")).to_contain_text("示例亩均办〔2026〕1号")


def test_a_fixed_year_is_what_plots_go_by(server: Server, open_unwatched: OpenPage) -> None:
    page = open_unwatched(server, "/plots/P1", "1024")
    expect(page.locator(".key-numbers").first).to_contain_text("官方公布的结果")
    page.goto(f"{server.address}/evaluation?{LIST}")
    page.get_by_role("button", name=f"固化 {YEAR} 年结果").click()
    expect(page.locator("#freeze .complaint")).to_have_text(["没有填理由。", "没有填操作人。"])
    fix(page)
    expect(page.locator(".evaluation-saved")).to_contain_text("已固化，第")
    expect(page.locator("section.evaluation")).to_contain_text("已固化 4 家")
    expect(page.locator("section.evaluation")).to_contain_text("现在重算与它一致")
    fix(page)
    expect(page.locator("#freeze .complaint")).to_contain_text("请勾选“替换已固化的”")
    assert fits(page)
    page.goto(f"{server.address}/plots/P1")
    expect(page.locator(".key-numbers").first).to_contain_text("B 类 鼓励提升")
    expect(page.locator(".key-numbers").first).to_contain_text("本系统固化的结果")


def fix(page: Page) -> None:
    for name, words in (("理由", "年度评价会审"), ("操作人", "区亩均办")):
        page.get_by_label(name).fill(words)
    page.get_by_role("button", name=f"固化 {YEAR} 年结果").click()
