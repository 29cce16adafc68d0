"""Results worth keeping, shared by threads and bounded in number and memory."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import pandas as pd

Result = TypeVar("Result")

CAPACITY_BYTES = 400 * 1024 * 1024
_SMALL_BYTES = 1_000
"""Taken for what has no size of its own."""
_OBJECT_BYTES = 100
"""Taken for each object of an array of objects."""


@dataclass(slots=True)
class _Entry:
    lock: Lock = field(default_factory=Lock)
    is_made: bool = False
    result: Any = None
    size_bytes: int = 0


class Cache:
    """The results used last. Two threads that ask for one at once make it once; what fails is not kept.

    A key must name all that the result depends on, such as the revisions of the registers it was made from.

    Examples
    --------
    >>> cache = Cache(capacity=2)
    >>> cache.get("two", lambda: 1 + 1), cache.get("two", lambda: 0)
    (2, 2)
    """

    def __init__(self, capacity: int = 512, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """Return the result kept under *key*, or make and keep it."""
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
        with entry.lock:
            if not entry.is_made:
                entry.result = make()
                entry.size_bytes = result_bytes(entry.result)
                entry.is_made = True
                self._make_room()
        result: Result = entry.result
        return result

    def peek(self, key: Hashable, default: Result) -> Result:
        """Return the result kept under *key*, or *default*."""
        with self._lock:
            entry = self._entries.get(key)
            result: Result = entry.result if entry is not None and entry.is_made else default
            return result

    def put(self, key: Hashable, result: object) -> None:
        """Keep a result in place of the one that was there."""
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = _Entry(is_made=True, result=result, size_bytes=result_bytes(result))
        self._make_room()

    def drop(self, key: Hashable) -> None:
        """Forget a result that a later one takes the place of; whoever has it keeps it.

        States of half a million plots after one another share most of their memory, but are counted in full: the cache
        would drop what is still of use before them.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.is_made:
                del self._entries[key]

    def _make_room(self) -> None:
        with self._lock:
            while len(self._entries) > 1 and (
                len(self._entries) > self._capacity or self._total_bytes() > self._capacity_bytes
            ):
                self._entries.popitem(last=False)

    def _total_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self._entries.values())


def result_bytes(result: Any) -> int:
    """Return about how much memory a result takes of its own.

    Frames and arrays by their content, collections and dataclasses by their parts, anything else as little. Texts and
    geometries of a frame are those of the register that it was made from, and count there.

    Examples
    --------
    >>> result_bytes(np.zeros(1_000)), result_bytes((b"12345", np.zeros(10, dtype=bool)))
    (8000, 15)
    """
    if isinstance(result, pd.DataFrame):
        return int(result.memory_usage().sum())
    if isinstance(result, pd.Series | pd.Index):
        return int(result.memory_usage())
    if isinstance(result, np.ndarray):
        return len(result) * _OBJECT_BYTES if result.dtype == object else result.nbytes
    if isinstance(result, bytes | str):
        return len(result)
    parts = _parts(result)
    if parts is not None:
        return sum(result_bytes(part) for part in parts)
    return int(getattr(result, "nbytes", _SMALL_BYTES))


def _parts(result: Any) -> list[Any] | None:
    if isinstance(result, Mapping):
        return list(result.values())
    if isinstance(result, tuple | list):
        return list(result)
    if is_dataclass(result) and not isinstance(result, type) and not hasattr(result, "nbytes"):
        return [getattr(result, f.name) for f in fields(result)]
    return None
