"""The imports page in a real browser: a revision that wrote every register does not push the page aside."""

import pytest

from tests.browser.conftest import OpenPage
from tests.servers import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", ["1024", "1440"])
def test_the_list_of_revisions_fits_the_page(demo_server: Server, open_page: OpenPage, size: str) -> None:
    page = open_page(demo_server, "/imports", size)
    assert "新增" in page.locator("table.figures").last.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
