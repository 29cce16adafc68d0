"""The peers of the tile benchmark: PostGIS in a cluster of its own, tipg in front of it, and mapbox-vector-tile."""

import contextlib
import http.client
import os
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray

from tests.servers import free_port

TIPG_PYTHON = "BENCH_TIPG_PYTHON"
"""Set it to the interpreter of another environment if tipg does not live in this one."""
SETTINGS = {
    "shared_buffers": "2GB",
    "effective_cache_size": "5GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling a query takes longer than a tile
    "fsync": "off",
    "max_wal_size": "4GB",
}
"""What one would set on a machine with 8 GB."""
TILE_SQL = """
WITH rows AS (
    SELECT ST_AsMVTGeom(geom, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom, fid, key, c
    FROM plots
    WHERE geom && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096)
)
SELECT ST_AsMVT(rows, 'plots', 4096, 'geom', 'fid') FROM rows WHERE geom IS NOT NULL
"""


def missing_parts(*, with_tipg: bool = True) -> list[str]:
    """Return what the benchmark needs and this machine lacks."""
    parts = [] if _postgres_bin() else ["PostgreSQL (postgresql-15)"]
    if not any(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        parts.append("PostGIS (postgresql-15-postgis-3)")
    try:
        import psycopg  # noqa: F401 - asked for, not used
    except ImportError:
        parts.append("psycopg (pip install 'psycopg[binary]')")
    if not with_tipg:
        return parts
    check = subprocess.run([_tipg_python(), "-c", "import tipg, uvicorn"], capture_output=True)
    return parts if check.returncode == 0 else [*parts, "tipg and uvicorn (pip install tipg uvicorn)"]


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL cluster in a temporary folder and give its address; as user postgres if we are root."""
    folder = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres", "postgres")
    data, port, binaries = folder / "data", free_port(), _postgres_bin()
    assert binaries
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    options += f" -c port={port} -c unix_socket_directories={folder} -c listen_addresses=127.0.0.1"
    control = [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-w"]
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run(
        [*as_user, str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"],
        **quiet,
    )
    subprocess.run([*control, "-l", str(folder / "log"), "-o", options, "start"], **quiet)
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "fast", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


def load_plots(address: str, plots: gpd.GeoDataFrame, classes: NDArray) -> None:
    """Fill the table `plots` in Web Mercator, so that PostGIS need not project, with a GiST index in its order."""
    import psycopg

    wkb = shapely.to_wkb(
        shapely.set_srid(plots.geometry.to_crs(3857).to_numpy(), 3857), hex=True, include_srid=True
    )
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        connection.execute("DROP TABLE IF EXISTS plots")
        connection.execute(
            "CREATE TABLE plots (fid bigint PRIMARY KEY, key text, c int, geom geometry(Geometry, 3857))"
        )
        with connection.cursor().copy("COPY plots (fid, key, c, geom) FROM STDIN") as copy:
            for row in zip(range(len(plots)), plots["plot_code"], classes.tolist(), wkb, strict=True):
                copy.write_row(row)
        connection.execute("CREATE INDEX plots_geom ON plots USING gist (geom)")
        connection.execute("CLUSTER plots USING plots_geom")
        connection.execute("VACUUM ANALYZE plots")


class PostgisTiles:
    """Tiles by `ST_AsMVT` over one connection, prepared."""

    def __init__(self, address: str) -> None:
        import psycopg

        self._connection = psycopg.connect(address, autocommit=True)

    def encode(self, z: int, x: int, y: int) -> bytes:
        values = {"z": z, "x": x, "y": y}
        row = self._connection.execute(TILE_SQL, values, prepare=True, binary=True).fetchone()
        return bytes(row[0]) if row and row[0] else b""

    def close(self) -> None:
        self._connection.close()


class PythonTiles:
    """Tiles by `mapbox_vector_tile.encode` on what shapely's tree finds and shapely cuts."""

    def __init__(self, plots: gpd.GeoDataFrame, classes: NDArray) -> None:
        self._shapes = plots.geometry.to_crs(3857).to_numpy()
        self._tree = shapely.STRtree(self._shapes)
        self._keys, self._classes = plots["plot_code"].to_list(), classes.tolist()

    def encode(self, z: int, x: int, y: int) -> bytes:
        side = 2 * np.pi * 6_378_137 / 2**z
        west, north = x * side - np.pi * 6_378_137, np.pi * 6_378_137 - y * side
        frame = shapely.box(west, north - side, west + side, north)
        buffered = shapely.buffer(frame, side / 64, join_style="mitre")
        rows = self._tree.query(buffered)
        features = [
            {"geometry": shape, "id": row, "properties": {"key": self._keys[row], "c": self._classes[row]}}
            for row, shape in zip(
                rows.tolist(), shapely.intersection(self._shapes[rows], buffered), strict=True
            )
            if not shape.is_empty
        ]
        options = {"quantize_bounds": frame.bounds, "extents": 4096}
        content: bytes = mapbox_vector_tile.encode(
            {"name": "plots", "features": features}, default_options=options
        )
        return content


@contextlib.contextmanager
def tipg(address: str) -> Iterator[str]:
    """Run tipg on the database and give the pattern of its tiles' paths, with the host before it."""
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": address, "TIPG_MAX_FEATURES_PER_TILE": "1000000"}
    process = subprocess.Popen(
        [
            _tipg_python(),
            "-m",
            "uvicorn",
            "tipg.main:app",
            "--port",
            str(port),
            "--log-level",
            "error",
            "--timeout-keep-alive",
            "600",  # ours may take its turn for longer than five seconds on a busy machine
        ],
        env=environment,
    )
    host = f"127.0.0.1:{port}"
    path = "/collections/public.plots/tiles/WebMercatorQuad/{z}/{x}/{y}"
    try:
        _wait_for(process, host, "/healthz")
        yield f"{host}{path}"
    finally:
        process.terminate()
        process.wait()


class HttpTiles:
    """Tiles over one kept connection; no more of HTTP than that, or the client would take longer than the server."""

    def __init__(self, pattern: str) -> None:
        host, _, path = pattern.partition("/")
        name, _, port = host.partition(":")
        self.socket = socket.create_connection((name, int(port)), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n"
        self._received = bytearray()
        self._head, self._length = 0, -1

    def encode(self, z: int, x: int, y: int) -> bytes:
        """Ask for a tile and wait for it."""
        self.ask(z, x, y)
        while (content := self.receive()) is None:
            pass
        return content

    def ask(self, z: int, x: int, y: int) -> None:
        """Ask for a tile."""
        self._received, self._length = bytearray(), -1
        self.socket.sendall(self._request.format(z=z, x=x, y=y).encode())

    def receive(self) -> bytes | None:
        """Take what has come of the tile asked for; the tile, once it is whole."""
        more = self.socket.recv(1 << 18)
        if not more:
            raise RuntimeError("the server closed the connection")
        self._received += more
        if self._length < 0:
            head, found, _ = self._received.partition(b"\r\n\r\n")
            if not found:
                return None
            status = int(head.split(None, 2)[1])
            length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            if status not in (200, 204) or (length is None and status != 204):
                raise RuntimeError(f"{head!r}")
            self._head = len(head) + 4
            self._length = int(length[1]) if length else 0
        is_whole = len(self._received) >= self._head + self._length
        return bytes(self._received[self._head :]) if is_whole else None


class HttpScreens:
    """Screenfuls of tiles over the six connections that a browser makes, each asking for the next when one has come."""

    CONNECTIONS = 6

    def __init__(self, pattern: str) -> None:
        self._connections = [HttpTiles(pattern) for _ in range(self.CONNECTIONS)]

    def times_ms(self, tiles: list[tuple[int, int, int]]) -> list[float]:
        """Ask for all of a screenful and return when each had come, from the start; ms."""
        waiting, times = list(reversed(tiles)), []
        with selectors.DefaultSelector() as selector:
            started = time.perf_counter()
            for connection in self._connections[: len(tiles)]:
                connection.ask(*waiting.pop())
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            while len(times) < len(tiles):
                for key, _ in selector.select():
                    connection = key.data
                    if connection.receive() is None:
                        continue
                    times.append((time.perf_counter() - started) * 1e3)
                    if waiting:
                        connection.ask(*waiting.pop())
        return times


def option(name: str, default: int) -> int:
    """Return the number of `--NAME=NUMBER` on the command line."""
    for argument in sys.argv[1:]:
        if argument.startswith(f"--{name}="):
            return int(argument.partition("=")[2])
    return default


def _wait_for(process: subprocess.Popen, host: str, path: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection(host, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError(f"{host} did not answer within 60 s.")


def _postgres_bin() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = places[-1] if places else shutil.which("initdb")
    return Path(found).parent if found else None


def _tipg_python() -> str:
    return os.environ.get(TIPG_PYTHON) or sys.executable
