"""A page that takes its time says so, in a real browser."""

import time

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.servers import Server

pytestmark = pytest.mark.browser

NOTICE = ".waiting"
NOTE_IT = """() => {
    const note = () => {
        const shown = document.querySelector(".waiting");
        if (!shown) return;
        const box = shown.getBoundingClientRect();
        const said = JSON.parse(sessionStorage.said ?? "[]");
        sessionStorage.said = JSON.stringify([...said, [shown.textContent, box.left, box.right, box.top]]);
    };
    new MutationObserver(note).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""
"""Notes what was said while no page could be asked: a browser on its way to another answers no questions."""
SECONDS = 2.6


def slow(page: Page, pattern: str) -> None:
    """Have some addresses answered late, and note what the page says meanwhile."""

    def answer(route: Route) -> None:
        time.sleep(SECONDS)
        route.continue_()

    page.route(pattern, answer)
    page.evaluate(NOTE_IT)


def said(page: Page) -> list[tuple[str, float, float, float]]:
    noted: list[tuple[str, float, float, float]] = page.evaluate("JSON.parse(sessionStorage.said ?? '[]')")
    return noted


def test_a_page_that_takes_its_time_says_so_until_it_has_come(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server, "/projects", "1024")
    slow(page, "**/ledgers")
    page.locator("header nav a[href='/ledgers']").click()
    page.wait_for_url("**/ledgers")
    expect(page.locator(NOTICE)).to_have_count(0)
    notes = said(page)
    # 0.7 s after the click, and every second from then on
    assert [text for text, *_ in notes][:2] == [
        "正在处理，请稍候……已等 0 秒",
        "正在处理，请稍候……已等 1 秒",
    ]
    _, left, right, top = notes[-1]
    assert (left > 0, right < 1024, top > 48) == (True, True, True)


def test_a_form_that_takes_its_time_says_so_too(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/statistics", "1440")
    slow(page, "**/statistics?*")
    with page.expect_event("load"):
        page.evaluate("document.querySelector('#content form').requestSubmit()")
    assert said(page)[0][0].startswith("正在处理，请稍候")
    expect(page.locator(NOTICE)).to_have_count(0)


def test_files_and_what_a_page_answers_itself_wait_for_no_page(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server, "/candidates", "1440")
    page.evaluate(NOTE_IT)
    with page.expect_download():
        page.locator("a[href*='.xlsx']").first.click()
    page.evaluate(
        """() => {
            for (const [href, isAnswered] of [["/targets", true], ["#content", false]]) {
                const link = document.createElement("a");
                link.href = href;
                if (isAnswered) link.addEventListener("click", (event) => event.preventDefault());
                document.body.append(link);
                link.click();
            }
        }"""
    )
    page.wait_for_timeout(1500)
    assert said(page) == []
