"""Results are kept while they fit, by number and by memory."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from geoapp.services import cache as cache_module
from geoapp.services.cache import Cache, result_bytes


@dataclass(frozen=True)
class Pair:
    mask: np.ndarray
    words: str


def made(cache: Cache, key: str, result: object) -> bool:
    """Whether the cache had to make the result."""
    calls: list[str] = []
    cache.get(key, lambda: calls.append(key) or result)
    return bool(calls)


def test_oldest_results_go_when_memory_is_full() -> None:
    cache = Cache(capacity_bytes=2_000)
    for name in ("a", "b", "a", "c"):  # a was used after b
        cache.get(name, lambda: np.zeros(900, dtype=bool))
    assert made(cache, "b", np.zeros(900, dtype=bool))
    assert made(cache, "a", np.zeros(900, dtype=bool))  # b's return pushed it out
    assert not made(cache, "b", None)


def test_looking_at_a_result_is_using_it() -> None:
    cache = Cache(capacity_bytes=2_000)
    for name in ("a", "b"):
        cache.get(name, lambda: np.zeros(900, dtype=bool))
    assert cache.peek("a", None) is not None
    cache.get("c", lambda: np.zeros(900, dtype=bool))
    assert cache.peek("a", None) is not None
    assert cache.peek("b", None) is None


def test_what_was_dropped_or_replaced_takes_no_room() -> None:
    cache = Cache(capacity_bytes=2_000)
    for _ in range(5):
        cache.put("replaced", np.zeros(900, dtype=bool))
        cache.get("dropped", lambda: np.zeros(900, dtype=bool))
        cache.drop("dropped")
    cache.put("last", np.zeros(900, dtype=bool))  # 1,800 bytes in all
    assert cache.peek("replaced", None) is not None
    cache.put("one more", np.zeros(900, dtype=bool))
    assert cache.peek("replaced", None) is not None  # it was looked at since
    assert cache.peek("last", None) is None


def test_newest_state_takes_the_place_of_the_one_before() -> None:
    cache = Cache()
    cache.get("of 1", lambda: "one")
    cache.keep_newest("newest", "made of 1", key="of 1", before=None)
    cache.get("of 2", lambda: "two")
    cache.keep_newest("newest", "made of 2", key="of 2", before="of 1")
    assert cache.peek("newest", None) == "made of 2"
    assert cache.peek("of 1", None) is None
    assert cache.peek("of 2", None) == "two"
    # It was pushed out and made again:
    cache.keep_newest("newest", "made of 2 again", key="of 2", before="of 2")
    assert cache.peek("newest", None) == "made of 2 again"
    assert cache.peek("of 2", None) == "two"


def test_past_state_leaves_the_newest_and_its_result() -> None:
    cache = Cache()
    cache.get("of 2", lambda: "two")
    cache.keep_newest("newest", "made of 2", key="of 2", before=None)
    cache.get("of 1", lambda: "one")
    cache.keep_newest("newest", "made of 1", key="of 1", before="of 2", is_past=True)
    assert cache.peek("newest", None) == "made of 2"
    assert [cache.peek("of 1", None), cache.peek("of 2", None)] == ["one", "two"]


def test_one_result_larger_than_the_cache_is_kept_until_the_next() -> None:
    cache = Cache(capacity_bytes=10)
    cache.get("large", lambda: np.zeros(1_000))
    assert not made(cache, "large", None)
    cache.get("next", lambda: b"")
    assert made(cache, "large", None)


@pytest.mark.parametrize(
    ("result", "size_bytes"),
    [
        (np.zeros(100, dtype="int32"), 400),
        (np.array([None, None], dtype=object), 200),
        ("abc", 3),
        ({"x": b"12", "y": (np.zeros(1), [b"3"])}, 11),
        (Pair(np.zeros(7, dtype=bool), "好"), 8),
        (object(), 1_000),
        (pd.Series([1.0, 2.0]), 148),  # sixteen of values and pandas' own of the index
    ],
)
def test_sizes_are_those_of_the_content(result: object, size_bytes: int) -> None:
    assert result_bytes(result) == pytest.approx(size_bytes, abs=20)


def test_memory_is_given_back_after_long_work_only(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(cache_module, "return_memory", lambda: given.append("back"))
    kept = Cache()
    for longest_s, key, expected in ((60.0, "short", []), (-1.0, "long", ["back"]), (-1.0, "long", ["back"])):
        monkeypatch.setattr(cache_module, "_LONG_S", longest_s)
        assert kept.get(key, lambda: 1) == 1
        assert given == expected
