"""Take the pictures of docs/user-manual.md from a new demo district: python -m tests.browser.take_screenshots."""

import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS, CHROMIUM_NAMES, SIZES
from tests.browser.map_page import wait_until_drawn
from tests.servers import start_server, stop_server

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZE = "1440"
MOST_BYTES = 2_000_000
PLOT = "330205-GY-0138"
"""A plot with halls above 8 m, tenants and a rule that hits it."""


def main() -> int:
    """Write the pictures; return 1 if together they are too large for the repository."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="geoapp-screenshots-") as folder:
        server = start_server("demo", Path(folder, "data"), Path(folder, "server.log"))
        try:
            _take_all(server.address, Path(folder))
        finally:
            stop_server(server)
    total = sum(path.stat().st_size for path in IMAGES.glob(f"*-{SIZE}.png"))
    sys.stdout.write(f"{IMAGES}: {total / 1000:.0f} kB\n")
    return int(total > MOST_BYTES)


def _take_all(address: str, folder: Path) -> None:
    scenes: dict[str, Callable[[Page, str], None]] = {
        "map": _show_map,
        "card": _show_card,
        "edit": _show_edit,
        "filter": _show_filter,
        "sheet": _show_sheet,
        "statistics": _show_statistics,
        "supervision": _show_supervision,
        "import": lambda page, address: _show_import(page, address, folder),
    }
    program = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_FLAGS))
        for name, show in scenes.items():
            context = chromium.new_context(viewport=SIZES[SIZE], locale="zh-CN")
            page = context.new_page()
            show(page, address)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(500)  # the map's canvas paints in the next frames
            _save(page.screenshot(animations="disabled"), IMAGES / f"{name}-{SIZE}.png")
            context.close()
        chromium.close()


def _save(screenshot: bytes, path: Path) -> None:
    """Write a picture in 256 colours: a page has few more, and the file has half the size."""
    with Image.open(io.BytesIO(screenshot)) as picture:
        picture.convert("RGB").quantize(256).save(path, optimize=True)


def _show_map(page: Page, address: str) -> None:
    page.goto(f"{address}/#14/29.95600/121.47500")
    wait_until_drawn(page)


def _show_card(page: Page, address: str) -> None:
    page.goto(f"{address}/?color=low_efficiency&selected=plots:{PLOT}")
    page.wait_for_selector(f'#card-panel [data-plot="{PLOT}"]')


def _show_edit(page: Page, address: str) -> None:
    page.goto(f"{address}/?selected=plots:{PLOT}")
    wait_until_drawn(page)
    page.click("#edit-tool")
    page.wait_for_selector(".edit-handle")
    page.wait_for_selector("#edit-panel:not([aria-busy]) [data-form]:not([hidden])")


def _show_filter(page: Page, address: str) -> None:
    page.goto(f"{address}/?filter=far+%3C+1+AND+town_code+%3D+'330205008'&table=plots#14/29.92900/121.47500")
    wait_until_drawn(page)
    page.get_by_role("tab", name="筛选").click()
    page.wait_for_selector("#table-panel .tabulator-row")


def _show_sheet(page: Page, address: str) -> None:
    page.goto(f"{address}/#14/29.95600/121.47500")
    wait_until_drawn(page)
    page.click("#print-tool")
    page.wait_for_selector("#print-dialog canvas")
    page.wait_for_timeout(3_000)  # the preview is drawn in steps


def _show_statistics(page: Page, address: str) -> None:
    page.goto(f"{address}/statistics")
    page.wait_for_selector(".row-total")
    page.wait_for_selector("#statistics-chart canvas")


def _show_supervision(page: Page, address: str) -> None:
    page.goto(f"{address}/supervision")
    page.wait_for_selector("#supervision-chart canvas")


def _show_import(page: Page, address: str, folder: Path) -> None:
    page.goto(f"{address}/imports")
    page.select_option("[name=register]", "plots")
    page.set_input_files("input[name=file]", _ledger_with_errors(folder))
    page.click("button[type=submit]")
    page.wait_for_selector("#import-result:not([hidden])")


def _ledger_with_errors(folder: Path) -> Path:
    """Write a ledger as an office keeps it: a title row, areas in 亩, one code twice, one area that is none."""
    rows = [
        "2026 年度工业地块核查表,,,",
        "地块编号,地块名称,权利人,用地面积（亩）",
        "330205-GY-0001,示例地块甲,示例企业001,64.64",
        "330205-GY-0002,示例地块乙,示例企业002,五十八亩",
        "330205-GY-0003,示例地块丙,示例企业003,97.94",
        "330205-GY-0003,示例地块丁,示例企业004,97.94",
        "330205-GY-0005,示例地块戊,示例企业005,-5",
        "合计,,,221.22",
    ]
    path = folder / "工业地块核查表.csv"
    path.write_bytes("\r\n".join(rows).encode("gbk"))
    return path


if __name__ == "__main__":
    sys.exit(main())
