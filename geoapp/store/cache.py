"""Frames already read, shared by threads and bounded by the memory they take."""

import sys
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock

import pandas as pd
import shapely

Key = tuple[str, int]
"""Register and revision."""
_BYTES_PER_GEOMETRY = 200
_BYTES_PER_COORDINATE = 16
_SAMPLED_ROWS = 1_000


class FrameCache:
    """The frames used last, as many as fit; two threads that ask for one at once read it once."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self._frames: OrderedDict[Key, tuple[pd.DataFrame, int]] = OrderedDict()
        self._loading: dict[Key, Future[pd.DataFrame]] = {}
        self._lock = Lock()

    def get(self, key: Key, load: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return the frame kept under *key*, or load and keep it; an error of *load* reaches all who wait."""
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
                return self._frames[key][0]
            waiting = self._loading.get(key)
            mine: Future[pd.DataFrame] = self._loading.setdefault(key, Future())
        if waiting is not None:
            return waiting.result()
        try:
            frame = load()
        except BaseException as error:
            self._finish(key)
            mine.set_exception(error)
            raise
        self._finish(key, frame)
        mine.set_result(frame)
        return frame

    def newest_before(self, register: str, revision: int) -> tuple[int, pd.DataFrame] | None:
        """Return the newest kept frame of a register before a revision, with its own revision; None without one."""
        with self._lock:
            numbers = [number for name, number in self._frames if name == register and number < revision]
            return (max(numbers), self._frames[register, max(numbers)][0]) if numbers else None

    def _finish(self, key: Key, frame: pd.DataFrame | None = None) -> None:
        size_bytes = 0 if frame is None else frame_bytes(frame)
        with self._lock:
            del self._loading[key]
            if frame is None:
                return
            self._frames[key] = frame, size_bytes
            while len(self._frames) > 1 and self._total_bytes() > self._capacity_bytes:
                self._frames.popitem(last=False)

    def _total_bytes(self) -> int:
        return sum(size for _, size in self._frames.values())


def frame_bytes(frame: pd.DataFrame) -> int:
    """Return about how much memory a frame takes, geometries included; judged by some of its rows."""
    step = max(len(frame) // _SAMPLED_ROWS, 1)
    sample = frame.iloc[::step]
    size = int(frame.memory_usage(deep=False).sum())
    for name in frame.columns[frame.dtypes.isin(["object", "str"])]:
        # Texts that stand in many rows are one object, as the store reads them.
        size += (
            sum({id(value): sys.getsizeof(value) for value in sample[name].to_numpy(dtype=object)}.values())
            * step
        )
    if "geometry" in frame:
        coordinates = int(shapely.get_num_coordinates(sample["geometry"].to_numpy()).sum())
        size += (len(sample) * _BYTES_PER_GEOMETRY + coordinates * _BYTES_PER_COORDINATE) * step
    return size
