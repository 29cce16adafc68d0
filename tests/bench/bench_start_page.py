"""The start page on the demo district: from `geoapp demo` to the first page, until it is drawn, and its size.

Run: python -m tests.bench.bench_start_page
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from tests.browser.conftest import CHROMIUM_FLAGS, CHROMIUM_NAMES, SIZES
from tests.servers import start_server, stop_server

RUNS = 5
DRAWN = """Boolean(window.geoapp) && [...geoapp.view.layers.values()].every(
    (layer) => !layer.isVisible || ['shown', 'truncated', 'empty', 'out-of-scale'].includes(layer.state))"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = time.perf_counter()
        server = start_server("demo", folder / "data", folder / "server.log")
        started_s = time.perf_counter() - begin
        try:
            drawn_s, sizes = measure(server.address)
        finally:
            stop_server(server)
    table = Table("figure", "median", "worst", "target")
    table.add_row(
        "geoapp demo until it answers, demo data loaded", f"{started_s:.1f} s", f"{started_s:.1f} s", "60 s"
    )
    table.add_row(
        "start page until drawn", f"{statistics.median(drawn_s):.2f} s", f"{max(drawn_s):.2f} s", "2 s"
    )
    table.add_row("start page, bytes over the wire", f"{max(sizes) / 1e3:.0f} kB", "", "1,000 kB")
    Console().print(table)


def measure(address: str) -> tuple[list[float], list[int]]:
    """Return seconds until the page is drawn, and bytes transferred, of every run with an empty browser cache."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    drawn_s, sizes = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        for _ in range(RUNS):
            context = browser.new_context(viewport=SIZES["1440"], locale="zh-CN")
            page = context.new_page()
            begin = time.perf_counter()
            page.goto(address + "/")
            while not page.evaluate(DRAWN):
                page.wait_for_timeout(10)
            drawn_s.append(time.perf_counter() - begin)
            sizes.append(
                page.evaluate("performance.getEntries().reduce((sum, e) => sum + (e.transferSize || 0), 0)")
            )
            context.close()
        browser.close()
    return drawn_s, sizes


if __name__ == "__main__":
    main()
