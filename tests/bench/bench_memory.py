"""What the server takes with a city's plots, step by step: getting ready, map, table, filter, statistics, candidates.

Run: python -m tests.bench.bench_memory [COUNT]
"""

import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import quote
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import geopandas as gpd
from rich.console import Console
from rich.table import Table

from tests.bench.bench_map import tile_over
from tests.bench.city import make_city, wait_until_prepared
from tests.servers import Server, start_server, stop_server

COUNT = 500_000
TARGET = "1.5 GB"
FILTER = quote("far < 1.0")
ZOOMS = range(9, 17)
"""Of the tile in the middle of the city."""
OTHER_WEIGHTS = "weights=10,20,30,10,10,10,10"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else COUNT
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plots = make_city(count, folder / "data")
        for title in ("nothing kept, as after an upgrade", "from kept shapes"):
            Console().print(measure(folder, plots, f"{count:,} plots, {title}; target {TARGET}"))
        shutil.rmtree(folder / "data")


def measure(folder: Path, plots: gpd.GeoDataFrame, title: str) -> Table:
    """Return the largest memory of the server during each step, and what it has after it."""
    table = Table("step", "time", "largest", "afterwards", "sent", title=title)
    begin = time.perf_counter()
    server = start_server("serve", folder / "data", folder / "server.log")
    try:
        wait_until_prepared(server)
        pid = server.process.pid
        note(table, pid, "all is ready", begin, 0)
        opener = build_opener(HTTPCookieProcessor(CookieJar()))
        for step, addresses in steps(plots).items():
            begin = time.perf_counter()
            sent = fetch_all(opener, server, addresses)
            note(table, pid, step, begin, sent)
        begin = time.perf_counter()
        sent = select(opener, server, plots["plot_code"].iloc[:: max(1, len(plots) // 500)])
        note(table, pid, "selection of 500", begin, sent)
    finally:
        stop_server(server)
    return table


def steps(plots: gpd.GeoDataFrame) -> dict[str, Sequence[str]]:
    """Return the addresses of each step."""
    tiles = [tile_over(plots, zoom) for zoom in ZOOMS]
    page = "/table/plots.json?size=50&columns=plot_code,name,far"
    candidates = ("/candidates", "/candidates/pool.json")
    other = (f"/candidates?{OTHER_WEIGHTS}", f"/candidates/stability.json?{OTHER_WEIGHTS}")
    return {
        "map page with tiles": ("/", *tiles, *(f"{tile}?style=far:natural:5" for tile in tiles)),
        "table and its quality line": (page, "/table/plots/quality"),
        "filter": (
            f"{page}&filter={FILTER}",
            f"/table/plots/quality?filter={FILTER}",
            *(f"{tile}?filter={FILTER}" for tile in tiles),
        ),
        "card": (f"/plots/{plots['plot_code'].iloc[len(plots) // 2]}",),
        "statistics": ("/statistics", "/statistics.json"),
        "candidates": candidates,
        "candidates again": candidates,
        "candidates under other weights": other,
        "rules": ("/rules",),
    }


def fetch_all(opener: OpenerDirector, server: Server, addresses: Sequence[str]) -> int:
    """Return how many bytes were sent."""
    size = 0
    for address in addresses:
        request = Request(server.address + address, headers={"Accept-Encoding": "gzip"})  # noqa: S310 - our own server
        with opener.open(request) as response:
            size += len(response.read())
    return size


def select(opener: OpenerDirector, server: Server, codes: Sequence[str]) -> int:
    with opener.open(server.address + "/") as response:
        token = re.search('csrf-token" content="([^"]+)"', response.read().decode())
    headers = {"Content-Type": "application/json", "X-CSRFToken": token[1] if token else ""}
    content = json.dumps({"keys": list(codes)}).encode()
    request = Request(server.address + "/plots/selection.json", data=content, headers=headers)  # noqa: S310
    with opener.open(request) as response:
        return len(response.read())


def note(table: Table, pid: int, step: str, begin: float, sent: int) -> None:
    took = time.perf_counter() - begin
    peak, held = memory_gb(pid, "VmHWM"), memory_gb(pid, "VmRSS")
    table.add_row(step, f"{took:.1f} s", f"{peak:.2f} GB", f"{held:.2f} GB", f"{sent / 1e6:.2f} MB")
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")  # the largest is counted anew from here


def memory_gb(pid: int, name: str) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.split(f"{name}:")[1].split()[0]) / 1e6


if __name__ == "__main__":
    main()
