"""The process's memory: what was used for a moment goes back to the system, where that can be asked for."""

import contextlib
import ctypes

_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
"""Numbers of glibc's settings, see mallopt(3)."""
_ARENAS = 2
_LARGE_BYTES = 1024 * 1024
_KEPT_BYTES = 2 * 1024 * 1024
"""Free at the end of a heap before it is cut: else every large tile would have its half megabyte zeroed anew."""


def keep_heap_small() -> None:
    """Have large arrays given back as soon as they are not needed, and small ones taken from few places.

    To be called once, before there are threads. Left alone, glibc learns from the first large array that is freed to
    keep such memory, and gives each thread a heap of its own with holes of its own: with half a million plots 200 to
    400 MB.
    """
    with contextlib.suppress(OSError, AttributeError):  # only glibc can be asked
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        library.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
        library.mallopt(_ARENA_MAX, _ARENAS)


def return_memory() -> None:
    """Give the system back what a large piece of work took and no longer needs."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
