from concurrent.futures import ThreadPoolExecutor
from threading import Event

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoapp.store.cache import FrameCache, frame_bytes

FRAME = pd.DataFrame({"a": np.zeros(1000)})  # 8,000 bytes and the index's 132


def _counting(calls, frame=FRAME):
    def load():
        calls.append(1)
        return frame

    return load


def test_a_frame_is_loaded_once():
    cache, calls = FrameCache(10**6), []

    assert cache.get("a", _counting(calls)) is cache.get("a", _counting(calls))
    assert len(calls) == 1


def test_threads_that_ask_at_once_load_once():
    cache, calls, go_on = FrameCache(10**6), [], Event()

    def load():
        calls.append(1)
        go_on.wait(10)
        return FRAME.copy()

    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(cache.get, "a", load) for _ in range(4)]
        go_on.set()
        found = [answer.result() for answer in asked]

    assert len(calls) == 1
    assert all(frame is found[0] for frame in found)


def test_the_frame_used_longest_ago_goes_first():
    cache, calls = FrameCache(2 * frame_bytes(FRAME)), []
    for key in ("a", "b", "a", "c"):
        cache.get(key, _counting(calls))

    cache.get("a", _counting(calls))
    assert len(calls) == 3
    cache.get("b", _counting(calls))
    assert len(calls) == 4


def test_a_frame_larger_than_the_cache_is_kept_until_the_next():
    cache, calls = FrameCache(1), []
    for key in ("a", "a", "b", "a"):
        cache.get(key, _counting(calls))

    assert len(calls) == 3


def test_an_error_reaches_all_who_wait_and_is_not_kept():
    cache, go_on = FrameCache(10**6), Event()

    def fail():
        go_on.wait(10)
        raise OSError("no disk")

    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(cache.get, "a", fail) for _ in range(3)]
        go_on.set()
        for answer in asked:
            with pytest.raises(OSError, match="no disk"):
                answer.result()

    assert cache.get("a", lambda: FRAME) is FRAME


def test_frame_bytes_counts_coordinates():
    # A ring of 1,001 points at 16 bytes, 200 bytes for the geometry, 8 for the pointer to it, and the index.
    disc = shapely.Polygon(np.c_[np.cos(np.arange(1000)), np.sin(np.arange(1000))])
    frame = gpd.GeoDataFrame(geometry=[disc], crs=4490)

    assert frame_bytes(frame) == 1001 * 16 + 200 + int(frame.memory_usage(deep=True).sum())


def test_frame_bytes_of_many_rows_is_judged_by_some():
    frame = pd.DataFrame({"a": np.zeros(100_000)})

    assert frame_bytes(frame) == pytest.approx(800_000, rel=0.02)
    assert frame_bytes(frame.iloc[:0]) < 1000
