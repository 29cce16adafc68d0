"""Whether this machine has the kernels' machine code, and making it."""

import shutil
import subprocess
import sys
from pathlib import Path

import shapely

from geoapp.compiling import FOLDER_PREFIX, cache_folder

_MARK = "complete"
_VERSIONS_KEPT = 8


def is_compiled() -> bool:
    """Return whether the kernels were compiled on this machine before, in this version."""
    folder = cache_folder()
    return folder is not None and (folder / _MARK).is_file()


def compile_kernels() -> None:
    """Compile the kernels and keep the machine code, in a process of its own that takes its memory with it.

    Takes half a minute to a minute. Where it fails, for whatever reason, the first tile compiles instead.
    """
    subprocess.run([sys.executable, "-m", "geoapp.tiles.readiness"], check=False)


def _main() -> None:
    from geoapp.analysis.outlines import are_valid, shared_areas
    from geoapp.tiles.tileset import warm_up

    warm_up()
    squares = shapely.box([0], [0], [1], [1])
    are_valid(squares)
    shared_areas(squares, squares)
    folder = cache_folder()
    if folder is not None:
        (folder / _MARK).touch()
        _drop_outdated(folder.parent)


def _drop_outdated(place: Path) -> None:
    """Keep the machine code of the versions used last only."""
    folders = sorted(place.glob(f"{FOLDER_PREFIX}*"), key=lambda path: path.stat().st_mtime)
    for folder in folders[:-_VERSIONS_KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _main()
