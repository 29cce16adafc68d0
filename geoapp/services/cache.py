"""Results worth keeping, shared by threads and bounded in number and memory."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from geoapp.domain.layer import Layer
from geoapp.domain.policy import Policy
from geoapp.services.heap import return_memory

Result = TypeVar("Result")

CAPACITY_BYTES = 800 * 1024 * 1024
_SMALL_BYTES = 1_000
"""Taken for what has no size of its own."""
_LONG_S = 0.3
"""What took longer to make has left holes of its size in memory, which later work of another size does not fill."""
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

    def __init__(self, capacity: int = 4096, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._total_bytes = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """Return the result kept under *key*, or make and keep it."""
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
        with entry.lock:
            if not entry.is_made:
                began = monotonic()
                entry.result = make()
                if monotonic() - began > _LONG_S:
                    return_memory()
                size_bytes = result_bytes(entry.result)
                with self._lock:
                    entry.is_made = True
                    if self._entries.get(key) is entry:  # not pushed out while it was made
                        self._count(entry, size_bytes)
        result: Result = entry.result
        return result

    def peek(self, key: Hashable, default: Result) -> Result:
        """Return the result kept under *key*, or *default*."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or not entry.is_made:
                return default
            self._entries.move_to_end(key)
            result: Result = entry.result
            return result

    def put(self, key: Hashable, result: object) -> None:
        """Keep a result in place of the one that was there."""
        entry = _Entry(is_made=True, result=result)
        size_bytes = result_bytes(result)
        with self._lock:
            self._forget(key)
            self._entries[key] = entry
            self._count(entry, size_bytes)

    def keep_newest(
        self,
        place: Hashable,
        newest: object,
        *,
        key: Hashable,
        before: Hashable | None,
        is_past: bool = False,
    ) -> None:
        """Keep what a result's next state is made from, and forget the result that it took the place of.

        Parameters
        ----------
        place : hashable
            Under which what the state made last was made from is kept, whichever state it is.
        newest : object
            What to keep there.
        key : hashable
            Of the result itself.
        before : hashable, optional
            Key of the result that this one was made from, to be dropped; None where nothing is to be.
        is_past : bool
            Neither is done: a page of a past day leaves what today's pages go on from.
        """
        if is_past:
            return
        self.put(place, newest)
        if before is not None and before != key:
            self.drop(before)

    def drop(self, key: Hashable) -> None:
        """Forget a result that a later one takes the place of; whoever has it keeps it.

        States of half a million plots after one another share most of their memory, but are counted in full: the cache
        would drop what is still of use before them.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.is_made:
                self._forget(key)

    def _count(self, entry: _Entry, size_bytes: int) -> None:
        """Count a result's memory, and make room for it."""
        entry.size_bytes = size_bytes
        self._total_bytes += size_bytes
        while len(self._entries) > 1 and (
            len(self._entries) > self._capacity or self._total_bytes > self._capacity_bytes
        ):
            self._forget(next(iter(self._entries)))

    def _forget(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._total_bytes -= entry.size_bytes


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
    if isinstance(
        result, Layer | Policy
    ):  # made of some thousand parts, nearly all of them shared with every other
        return _SMALL_BYTES
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
