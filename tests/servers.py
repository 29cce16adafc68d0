"""Start geoapp in a process of its own, as a user would."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.error import URLError
from urllib.request import urlopen

PATIENCE_S = 300
"""A first start compiles the tile kernels, on a slow machine for some minutes."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Server:
    """A running `geoapp demo` or `geoapp serve`."""

    address: str
    data_dir: Path
    process: subprocess.Popen


def start_server(
    verb: str,
    data_dir: Path,
    log: Path,
    python: str = sys.executable,
    options: Sequence[str] = (),
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Server:
    """Start `geoapp VERB` as a user would, with some environment variables, and wait until it answers."""
    port = free_port()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment.pop("GEOAPP_DATA_DIR", None)
    if verb == "serve":
        environment["GEOAPP_OPEN_AS"] = "administrator"
    environment |= variables
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, "-m", "geoapp", verb, "--port", str(port), "--data-dir", str(data_dir), *options],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped: {log.read_text(encoding='utf-8')}")
        try:
            with urlopen(f"{address}/healthz", timeout=2):  # noqa: S310 - our own server
                return Server(address, data_dir, process)
        except (URLError, OSError):
            time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"the server did not answer within {PATIENCE_S} s: {log.read_text(encoding='utf-8')}")


def stop_server(server: Server) -> None:
    server.process.terminate()
    try:
        server.process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


def demo_of_its_own(folder: Path) -> Iterator[Server]:
    """Yield a running demo district that tests may write into, and stop it afterwards; for fixtures."""
    server = start_server("demo", folder / "data", folder / "server.log")
    yield server
    stop_server(server)
