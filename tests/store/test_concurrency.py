"""Many threads and processes at once, and processes that die."""

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from geoapp.domain.change import RegisterChange
from geoapp.domain.layer import parse_layer
from geoapp.errors import ConflictError, SetupError
from geoapp.store.store import open_store
from tests.full_disk import largest_file

WRITER = """
import sys, time
from pathlib import Path
import geopandas as gpd, numpy as np, shapely
from geoapp.domain.change import RegisterChange
from geoapp.domain.layer import parse_layer
from geoapp.domain.revision import RevisionKind
from geoapp.store.store import open_store

path, prefix, count, pause_s = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
field = {"name": "plot_code", "dtype": "string", "zh": "x", "en": "x"}
content = {"id": "plots", "zh": "x", "en": "x", "geometry": "polygon", "key": ["plot_code"], "fields": [field]}
west = 121.4 + np.arange(count) * 1e-5
plots = gpd.GeoDataFrame(
    {"plot_code": [f"{prefix}{i}" for i in range(count)]},
    geometry=shapely.box(west, 29.9, west + 1e-5, 29.901), crs=4490,
)

def progress(share):
    print(f"{share:.3f}", flush=True)
    time.sleep(pause_s)

with open_store(path, {"plots": parse_layer(content, "plots.toml")}) as store:
    print("open", flush=True)
    sys.stdin.readline()
    change = {"plots": RegisterChange(plots)}
    revision = store.write(change, kind=RevisionKind.IMPORT, user=prefix, progress=progress)
    print("done", revision.number, flush=True)
"""


@pytest.fixture(scope="module")
def plots_only():
    field = {"name": "plot_code", "dtype": "string", "zh": "x", "en": "x"}
    content = {
        "id": "plots",
        "zh": "x",
        "en": "x",
        "geometry": "polygon",
        "key": ["plot_code"],
        "fields": [field],
    }
    return {"plots": parse_layer(content, "plots.toml")}


@contextmanager
def _writer(path, prefix, count, pause_s=0.0):
    arguments = [sys.executable, "-c", WRITER, str(path), prefix, str(count), str(pause_s)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _read_until(process, word):
    for line in process.stdout:
        if line.startswith(word):
            return line
    raise AssertionError(f"the writer ended before it said {word!r}")


def _start(process):
    process.stdin.write("go\n")
    process.stdin.flush()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "delay_s", "count"),
    [
        ("open", 0.0, 0),
        ("0.000", 0.0, 0),
        ("0.475", 0.0, 0),
        ("0.950", 0.0, 0),
        ("0.950", 0.22, None),
        ("done", 0.0, 20_000),
    ],
)
def test_a_killed_write_is_there_whole_or_not_at_all(path, plots_only, word, delay_s, count):
    """Rows go in by 5,000: 0.475 is after 10,000 of 20,000 rows, 0.950 before the commit, 0.22 s later within it."""
    with _writer(path, "P", 20_000, pause_s=0.2) as process:
        _read_until(process, "open")
        _start(process)
        if word != "open":
            _read_until(process, word)
        time.sleep(delay_s)
        process.kill()
        process.wait()

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with open_store(path, plots_only) as store:
        found = len(store.read("plots"))
        assert found == (20_000 if store.revision() else 0)
        assert count is None or found == count
        assert len(store.revisions()) == (1 if found else 0)


@pytest.mark.slow
def test_a_second_process_waits_for_the_first(path, plots_only):
    with _writer(path, "A", 11_000, pause_s=0.2) as first, _writer(path, "B", 11_000) as second:
        for process in (first, second):
            _read_until(process, "open")
        _start(first)
        _read_until(first, "0.432")  # 0.95 * 5/11: the first holds the lock
        _start(second)
        assert _read_until(first, "done") == "done 1\n"
        assert _read_until(second, "done") == "done 2\n"
        for process in (first, second):
            assert process.wait(10) == 0

    with open_store(path, plots_only) as store:
        assert [r.user for r in store.revisions()] == ["B", "A"]
        assert len(store.read("plots")) == 22_000
        assert len(store.read("plots", revision=1)) == 11_000


@pytest.mark.slow
def test_two_processes_may_make_the_database_at_once(path):
    with _writer(path, "A", 10) as first, _writer(path, "B", 10) as second:
        for process in (first, second):
            _read_until(process, "open")
            _start(process)
        numbers = {_read_until(process, "done") for process in (first, second)}

    assert numbers == {"done 1\n", "done 2\n"}


def test_threads_write_one_after_the_other_and_read_meanwhile(store, squares, write):
    def add(i):
        write(store, plots=RegisterChange(squares(8).iloc[i : i + 1]))
        return len(store.read("plots"))

    with ThreadPoolExecutor(8) as threads:
        counts = list(threads.map(add, range(8)))

    assert store.revision() == 8
    assert sorted(store.read("plots")["plot_code"]) == [f"P{i}" for i in range(8)]
    assert max(counts) == 8
    assert [len(store.read("plots", revision=r)) for r in range(9)] == list(range(9))


def test_a_reader_sees_the_last_state_while_another_writes(store, path, layers, squares, write):
    write(store, plots=RegisterChange(squares(1)))
    seen = []

    with open_store(path, layers) as reader:
        store.write(
            {"plots": RegisterChange(squares(3))},
            kind="import",
            user="u",
            progress=lambda _: seen.append((reader.revision(), len(reader.read("plots")))),
        )
        assert len(reader.read("plots")) == 3

    # All before the commit saw the first revision, the last call came after it.
    assert set(seen[:-1]) == {(1, 1)}
    assert seen[-1] == (2, 3)


def test_waiting_has_an_end(path, layers, squares, write):
    with (
        open_store(path, layers, busy_timeout_s=0.05) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(ConflictError, match="另一个写入正在进行.*没有保存。请稍后重试"):  # noqa: RUF043 a pattern
            write(store, plots=RegisterChange(squares(1)))
        other.execute("ROLLBACK")

        assert write(store, plots=RegisterChange(squares(1))).number == 1


def test_a_full_disk_is_explained_and_nothing_is_stored(store, squares, write):
    write(store, plots=RegisterChange(squares(10)))

    with largest_file(400_000), pytest.raises(SetupError, match="没有保存，已有数据不变。请"):
        write(store, plots=RegisterChange(squares(20_000)))

    assert store.revision() == 1
    assert len(store.read("plots")) == 10
    assert write(store, plots=RegisterChange(squares(20_000))).summary == "新增 19990，修改 0，移除 0"
