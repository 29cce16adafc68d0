"""How kernels are compiled, and where the machine code is kept from one start to the next."""

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

CACHE_VARIABLE = "NUMBA_CACHE_DIR"
"""Set it to keep the machine code elsewhere, for example inside an image that is built once and started often."""
FOLDER_PREFIX = "kernels-"
"""Of the folders of machine code, one per state of the sources."""


def source_stamp() -> str:
    """Return a short hash of every kernel's source, where and how old it is, and of numba's version.

    Numba looks at the file of a kernel only, not at the kernels that it calls: after an upgrade it would go on with
    the old ones. And it takes a file at another place, or of another time, for another one: machine code that it will
    not use must not count as made. A folder per state of the sources rules both out.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for path in [Path(__file__), *_sources()]:
        digest.update(f"{path} {path.stat().st_mtime_ns}".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> list[Path]:
    """Return the modules that hold kernels, and those that say what the kernels' arrays are."""
    package = Path(__file__).parent
    return sorted([*package.glob("*/kernels_*.py"), *package.glob("*/arrays.py")])


def cache_folder() -> Path | None:
    """Return a folder that we may write and nobody else: NUMBA_CACHE_DIR, the user's cache, or a temporary one.

    Returns
    -------
    Path or None
        None where not even a temporary folder can be written; the kernels are then compiled at every start.
    """
    wanted = os.environ.get(CACHE_VARIABLE)
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    places = [Path(wanted)] if wanted else []
    with contextlib.suppress(RuntimeError):  # a service account without a home
        places.append(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "geoapp")
    places.append(Path(tempfile.gettempdir()) / f"geoapp-{user}")
    for place in places:
        folder = place / f"{FOLDER_PREFIX}{source_stamp()}"
        if _is_ours(folder):
            return folder
    return None


def kernel(function: Function) -> Function:
    """Compile *function* with numba at its first call, without the interpreter's lock, and keep the machine code."""
    return cast("Function", numba.njit(cache=_FOLDER is not None, nogil=True)(function))


def inlined(function: Function) -> Function:
    """Compile *function* into each kernel that calls it: a call counts every array among its arguments, twice.

    For what runs once per feature or oftener and is short; it must not hold an early return within a loop.
    """
    return cast("Function", numba.njit(nogil=True, inline="always")(function))


def _is_ours(folder: Path) -> bool:
    """Make the folder; machine code is loaded from it, so another user's folder is refused."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return False
    is_mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return is_mine and not status.st_mode & stat.S_IWOTH


_FOLDER = cache_folder()
if _FOLDER is not None:
    numba.config.CACHE_DIR = str(_FOLDER)
