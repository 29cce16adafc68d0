"""Arrays computed from a register's state, kept beside the database so that the next start need not wait for them."""

import contextlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_NAME = re.compile(r"[\w-][\w.-]{0,200}", re.ASCII)


class KeptFiles:
    """A folder of files that can be made again at any time: what is missing, old or damaged is simply not there."""

    def __init__(self, folder: Path, *, kept_per_group: int = 3) -> None:
        self._folder = folder
        self._kept_per_group = kept_per_group

    def path(self, group: str, name: str) -> Path:
        """Return where a file of a group is or would be."""
        if not (_NAME.fullmatch(group) and _NAME.fullmatch(name)):
            raise ValueError(f"not a file name: {group}/{name}")
        return self._folder / group / name

    def write(self, group: str, name: str, save: Callable[[Path], None]) -> None:
        """Let *save* write a file, put it into place whole, and drop the group's oldest; a full disk is no error."""
        path = self.path(group, name)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            os.close(handle)
            try:
                save(Path(temporary))
                Path(temporary).replace(path)
            finally:
                Path(temporary).unlink(missing_ok=True)
            self._drop_oldest(path.parent)

    def read_array(self, group: str, name: str) -> NDArray | None:
        """Return an array written by `write_array`, None where there is none that can be read."""
        try:
            array: NDArray = np.load(self.path(group, name), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return array

    def write_array(self, group: str, name: str, array: NDArray) -> None:
        """Keep an array."""

        def save(path: Path) -> None:
            with path.open("wb") as file:
                np.save(file, array, allow_pickle=False)

        self.write(group, name, save)

    def _drop_oldest(self, folder: Path) -> None:
        files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[self._kept_per_group :]:
            path.unlink(missing_ok=True)
