"""Requests per second for one known tile and for its 304: ours, the same bytes through a Flask view, and nginx.

Run: python -m tests.bench.bench_tile_server   (needs wrk and nginx; `make bench` installs them on Debian and Ubuntu)
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from rich.console import Console
from rich.table import Table

from tests.servers import free_port, start_server, stop_server

TILE = "/tiles/plots/13/6861/3382.mvt"
ROUNDS = 5
SECONDS = 2
CONNECTIONS = 16


def main() -> None:
    missing = [name for name in ("wrk", "nginx") if not find(name)]
    if missing:
        raise SystemExit(
            f"Missing: {', '.join(missing)}. On Debian and Ubuntu: apt-get install wrk nginx-light"
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        ours = start_server("demo", folder / "data", folder / "server.log")
        with urlopen(ours.address + TILE) as response:  # noqa: S310 - our own server
            body, etag = response.read(), response.headers["ETag"]
        (folder / "tile.mvt").write_bytes(body)
        flask = start_flask(folder, etag)
        nginx, nginx_address = start_nginx(folder)
        addresses = {
            "geoapp": ours.address + TILE,
            "Flask view on the same server": flask.address + "/tile.mvt",
            "nginx": nginx_address + "/tile.mvt",
        }
        try:
            report(addresses, len(body))
        finally:
            stop_server(ours)
            for process in (flask.process, nginx):
                process.terminate()
                process.wait()


class Started:
    """A process and where it answers."""

    def __init__(self, process: subprocess.Popen, address: str) -> None:
        self.process, self.address = process, address


def start_flask(folder: Path, etag: str) -> Started:
    """Start a Flask application with one view that sends the same bytes, on the same server with the same threads."""
    port = free_port()
    environment = {**os.environ, "BENCH_TILE": str(folder / "tile.mvt"), "BENCH_ETAG": etag.strip('"')}
    command = [sys.executable, "-m", "tests.bench.flask_tile", str(port)]
    process = subprocess.Popen(command, env=environment)
    return Started(process, wait_for(f"http://127.0.0.1:{port}", "/tile.mvt"))


def start_nginx(folder: Path) -> tuple[subprocess.Popen, str]:
    """Start nginx on the file."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(
        f"worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.err;\n"
        f"events {{ worker_connections 256; }}\n"
        f"http {{ access_log off; etag on; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;\n"
        f"fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n",
        encoding="ascii",
    )
    process = subprocess.Popen([find("nginx"), "-c", str(config), "-e", str(folder / "nginx.err")])
    return process, wait_for(f"http://127.0.0.1:{port}", "/tile.mvt")


def wait_for(address: str, path: str) -> str:
    for _ in range(200):
        try:
            with urlopen(address + path):  # noqa: S310 - our own server
                return address
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{address} does not answer")


def report(addresses: dict[str, str], size_bytes: int) -> None:
    rates: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):  # interleaved
        for name, address in addresses.items():
            with urlopen(address) as response:  # noqa: S310 - our own server
                etag = response.headers["ETag"]
            rates.setdefault((name, "200"), []).append(requests_per_second(address))
            rates.setdefault((name, "304"), []).append(requests_per_second(address, etag))
    table = Table("", "200, requests/s", "304, requests/s", title=f"one tile of {size_bytes / 1e3:.1f} kB")
    middle = {key: statistics.median(values) for key, values in rates.items()}
    for name in addresses:
        table.add_row(name, f"{middle[name, '200']:,.0f}", f"{middle[name, '304']:,.0f}")
    flask = "Flask view on the same server"
    ratios = [middle["geoapp", status] / middle[flask, status] for status in ("200", "304")]
    table.add_row("geoapp / Flask view (required: 4)", *(f"{ratio:.1f}" for ratio in ratios))
    Console().print(table)


def requests_per_second(address: str, etag: str = "") -> float:
    """Return what wrk counts; with *etag* every answer is a 304."""
    if etag:
        refuse_unless_304(address, etag)
    header = ["-H", f"If-None-Match: {etag}"] if etag else []
    done = subprocess.run(
        [find("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *header, address],
        capture_output=True,
        text=True,
    )
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if not found:
        raise SystemExit(done.stdout + done.stderr)
    return float(found[1])


def refuse_unless_304(address: str, etag: str) -> None:
    try:
        with urlopen(Request(address, headers={"If-None-Match": etag})) as response:  # noqa: S310 - our own server
            status = response.status
    except HTTPError as error:
        status = error.code
    if status != 304:
        raise SystemExit(f"{address} answers {status} instead of 304")


def find(name: str) -> str:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin") or ""


if __name__ == "__main__":
    main()
