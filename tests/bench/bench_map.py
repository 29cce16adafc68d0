"""The map page on canvas with 500,000 plots, beside a plain folium page at the sizes that it survives.

Run: python -m tests.bench.bench_map [COUNT]
"""

import math
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import folium
import geopandas as gpd
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.bench.city import edit_one, make_city, wait_until_prepared
from tests.browser.conftest import CHROMIUM_FLAGS, CHROMIUM_NAMES, SIZES
from tests.servers import Server, start_server, stop_server

COUNT = 500_000
RUNS = 5
FOLIUM_COUNTS = (2_000, 10_000, 50_000, 100_000, 200_000, 500_000)
SURVIVES_S = 60.0
"""A page that is not there after a minute was given up by whoever opened it."""
DRAG_PX, DRAG_STEPS = 900, 60
SETTLED = "Boolean(window.geoapp) && geoapp.view.isSettled"
RECORD_FRAMES = """() => {
    window.frameTimes = [];
    let last = performance.now();
    const next = (now) => {
        window.frameTimes.push(now - last);
        last = now;
        window.frameRequest = requestAnimationFrame(next);
    };
    window.frameRequest = requestAnimationFrame(next);
}"""
STOP_FRAMES = "() => { cancelAnimationFrame(window.frameRequest); return window.frameTimes; }"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else COUNT
    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        plots = make_city(count, folder / "data")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        table = Table("figure", "measured", "target", title=f"{count:,} plots, headless Chromium on canvas")
        measure_server(folder, plots, table, browser)
        browser.close()
        Console().print(table)
        Console().print(measure_folium(playwright, chromium, folder, plots))


def measure_server(folder: Path, plots: gpd.GeoDataFrame, table: Table, browser: Browser) -> None:
    tile = tile_over(plots, 13)
    server = start_server("serve", folder / "data", folder / "first.log")
    wait_until_prepared(server)
    stop_server(server)
    begin = time.perf_counter()
    server = start_server("serve", folder / "data", folder / "server.log")
    fetch(server.address + tile)
    table.add_row("process start until the first tile", f"{time.perf_counter() - begin:.1f} s", "5 s")
    wait_until_prepared(server)
    try:
        measure_page(server, browser, table)
        table.add_row("memory of the server, largest so far", f"{memory_gb(server):.2f} GB", "1.5 GB")
        edit_one(folder / "data", str(plots["plot_code"].iloc[len(plots) // 2]))
        edited = time.perf_counter()
        fetch(server.address + tile)
        table.add_row(
            "tile asked for after an edit elsewhere", f"{time.perf_counter() - edited:.1f} s", "the next"
        )
        table.add_row("memory of the server, largest after it", f"{memory_gb(server):.2f} GB", "")
    finally:
        stop_server(server)


def measure_page(server: Server, browser: Browser, table: Table) -> None:
    views_s, sizes, pans, filters_s = [], [], [], []
    for run in range(RUNS + 1):  # the first warms up
        page = browser.new_context(viewport=SIZES["1440"], locale="zh-CN").new_page()
        begin = time.perf_counter()
        page.goto(server.address + "/?engine=canvas")
        wait_for(page, SETTLED)
        if run:
            views_s.append(time.perf_counter() - begin)
            sizes.append(page.evaluate(TILE_BYTES))
            pans += pan(page, "geoapp.view.map", SETTLED)
            filters_s.append(filter_once(page, run))
        page.context.close()
    table.add_row("first complete view (median, worst)", seconds(views_s), "4 s")
    table.add_row("tiles of the first view, raw (worst)", f"{max(sizes) / 1e6:.2f} MB", "2 MB")
    table.add_row("panning, frame (median, p95)", frames(pans), "p95 250 ms")
    table.add_row("filter until repainted (median, worst)", seconds(filters_s), "1.5 s")


TILE_BYTES = """performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/tiles/"))
    .reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""


def filter_once(page: Page, run: int) -> float:
    begin = time.perf_counter()
    page.evaluate(f"geoapp.view.setQuery({{ filter: 'far < 1.0{run}' }})")
    wait_for(page, SETTLED)
    return time.perf_counter() - begin


def pan(page: Page, map_name: str, settled: str) -> list[float]:
    """Drag the map across a view at street level and return how long each frame took, in ms."""
    page.evaluate(f"void {map_name}.setView({map_name}.getCenter(), 15, {{ animate: false }})")
    wait_for(page, settled)
    page.evaluate(RECORD_FRAMES)
    middle = SIZES["1440"]["height"] / 2
    page.mouse.move(1_250, middle)
    page.mouse.down()
    for step in range(DRAG_STEPS):
        page.mouse.move(1_250 - DRAG_PX * step / DRAG_STEPS, middle)
    page.mouse.up()
    wait_for(page, settled)
    return [float(time_ms) for time_ms in page.evaluate(STOP_FRAMES)]


def measure_folium(playwright: object, chromium: str, folder: Path, plots: gpd.GeoDataFrame) -> Table:
    """Build the plain page larger and larger until it is not drawn within a minute."""
    table = Table(
        "plots", "page", "first view", "panning, frame (median, p95)", title="folium, inline GeoJSON"
    )
    for count in FOLIUM_COUNTS:
        path = folder / f"folium-{count}.html"
        folium_page(plots.iloc[:count], path)
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))  # type: ignore[attr-defined]
        page = browser.new_context(viewport=SIZES["1440"]).new_page()
        page.set_default_timeout(SURVIVES_S * 1_000)
        size = f"{path.stat().st_size / 1e6:.1f} MB"
        try:
            begin = time.perf_counter()
            page.goto(path.as_uri())
            view_s = time.perf_counter() - begin
            name = page.evaluate("Object.keys(window).find((key) => /^map_[0-9a-f]+$/.test(key))")
            table.add_row(f"{count:,}", size, f"{view_s:.1f} s", frames(pan(page, name, "true")))
        except Exception as error:  # whatever it died of
            table.add_row(f"{count:,}", size, "did not survive", str(error).splitlines()[0][:60])
            break
        finally:
            browser.close()
    return table


def folium_page(plots: gpd.GeoDataFrame, path: Path) -> None:
    """Write what the plain way writes, but with the scripts of our own vendor folder: no other host is reached."""
    west, south, east, north = plots.total_bounds
    page = folium.Map(location=[(south + north) / 2, (west + east) / 2], zoom_start=13, tiles=None)
    folium.GeoJson(plots[["plot_code", "geometry"]]).add_to(page)
    page.default_js, page.default_css = (
        [("leaflet", vendor("leaflet.js"))],
        [("leaflet_css", vendor("leaflet.css"))],
    )
    page.save(path)


def vendor(name: str) -> str:
    import geoapp

    return (Path(geoapp.__file__).parent / "web" / "static" / "vendor" / "leaflet" / name).as_uri()


def tile_over(plots: gpd.GeoDataFrame, zoom: int) -> str:
    west, south, east, north = plots.total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    x = int((lon + 180) / 360 * 2**zoom)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
    return f"/tiles/plots/{zoom}/{x}/{y}.mvt"


def wait_for(page: Page, expression: str) -> None:
    deadline = time.monotonic() + SURVIVES_S
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain for {expression}")
        page.wait_for_timeout(10)


def fetch(address: str) -> bytes:
    with urlopen(address) as response:  # noqa: S310 - our own server
        content: bytes = response.read()
        return content


def memory_gb(server: Server) -> float:
    """Return the largest memory that the server has had."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1e6


def seconds(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} s, {max(values):.2f} s"


def frames(times_ms: list[float]) -> str:
    return f"{np.median(times_ms):.0f} ms, {np.percentile(times_ms, 95):.0f} ms"


if __name__ == "__main__":
    main()
