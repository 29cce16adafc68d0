"""A server killed in the midst of edits: what it acknowledged is there, what it did not is whole or absent."""

import json
import re
import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import shapely

from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.servers import start_server, stop_server
from tests.small_district import fill

EDITS, KILLED_AFTER = 200, 60
CODES = ("DK-A", "DK-B", "DK/C")


@dataclass
class Editor:
    """One who moves one plot to and fro, each time on the version acknowledged before."""

    address: str
    code: str
    acknowledged: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Revision and the shape that was sent."""

    def work(self, count: int, done: threading.Semaphore) -> None:
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        try:
            self._edit(connection, count, done)
        except (OSError, HTTPException, json.JSONDecodeError):
            return  # the server was killed: nothing was acknowledged
        finally:
            connection.close()

    def _edit(self, connection: HTTPConnection, count: int, done: threading.Semaphore) -> None:
        connection.request("GET", "/changes")
        page = connection.getresponse()
        token = re.search(r'csrf-token" content="([^"]+)"', page.read().decode())
        assert token is not None
        headers = {
            "Cookie": page.headers["Set-Cookie"].split(";")[0], "X-CSRFToken": token[1],
            "Content-Type": "application/json", "Accept": "application/json",
        }  # fmt: skip
        connection.request("GET", f"/edits/shape.json?key={self.code}")
        held = json.loads(connection.getresponse().read())
        seen, (ring,) = held["version"], held["geometry"]["coordinates"]
        for number in range(1, count + 1):
            moved = {"type": "Polygon", "coordinates": [[[lon + number * 1e-6, lat] for lon, lat in ring]]}
            body = {"key": self.code, "seen": seen, "geometry": moved, "snap": False, "accept": True,
                    "edited_by": "张三", "edit_reason": f"{self.code} 第 {number} 次"}  # fmt: skip
            connection.request("POST", "/edits/shape.json", json.dumps(body), headers)
            answer = connection.getresponse()
            saved = json.loads(answer.read())
            assert answer.status == 200, saved
            seen = saved["revision"]
            self.acknowledged.append((seen, moved))
            done.release()


@pytest.mark.slow
def test_kill_in_the_midst_of_edits_loses_no_acknowledged_one(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    fill(open_workspace(settings)).store.close()
    server = start_server("serve", settings.data_dir, tmp_path / "server.log")
    done = threading.Semaphore(0)
    editors = [Editor(server.address, code) for code in CODES]
    threads = [
        threading.Thread(target=editor.work, args=(EDITS // len(CODES) + 1, done)) for editor in editors
    ]
    try:
        for thread in threads:
            thread.start()
        for _ in range(KILLED_AFTER):
            assert done.acquire(timeout=60)
        server.process.kill()  # the signal that leaves no time for anything
        server.process.wait()
        for thread in threads:
            thread.join()
    finally:
        stop_server(server)
    workspace = open_workspace(settings)
    written = {entry.number: entry for entry in workspace.store.revisions()}
    acknowledged = sum(len(editor.acknowledged) for editor in editors)
    assert KILLED_AFTER <= acknowledged < EDITS  # killed in their midst
    assert sorted(written) == list(range(1, len(written) + 1))
    # The import, what was acknowledged, and at most one edit of each under way.
    assert 0 <= len(written) - 1 - acknowledged <= len(editors)
    for editor in editors:
        versions = {v.from_revision: v for v in workspace.store.history("plots", (editor.code,))}
        for revision, shape in editor.acknowledged:
            assert written[revision].reason.startswith(editor.code)
            stored = versions[revision].fields["geometry"]
            assert shapely.equals_exact(stored, shapely.from_geojson(json.dumps(shape)), 1e-12)
    workspace.store.close()
