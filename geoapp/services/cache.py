"""Results worth keeping, shared by threads and bounded in number."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(slots=True)
class _Entry:
    lock: Lock = field(default_factory=Lock)
    is_made: bool = False
    result: Any = None


class Cache:
    """The results used last. Two threads that ask for one at once make it once; what fails is not kept.

    A key must name all that the result depends on, such as the revisions of the registers it was made from.

    Examples
    --------
    >>> cache = Cache(capacity=2)
    >>> cache.get("two", lambda: 1 + 1), cache.get("two", lambda: 0)
    (2, 2)
    """

    def __init__(self, capacity: int = 24) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """Return the result kept under *key*, or make and keep it."""
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)
        with entry.lock:
            if not entry.is_made:
                entry.result = make()
                entry.is_made = True
        result: Result = entry.result
        return result
