"""Writing a file whole or not at all: nobody ever finds half a table, and a failed run leaves the older one."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import xlsxwriter

from geoapp.errors import UsageError, system_reason


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let *write* make the file beside its place, then move it there in one step.

    Parameters
    ----------
    path : Path
        Where the file goes; an older one is replaced, one that may not be written stays.
    write : callable
        Is given a path of the same name in a folder of its own.

    Raises
    ------
    UsageError
        The file cannot be written there.
    """
    try:
        place = path.resolve()
        _check_place(path, place)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".geoapp-") as folder:
            staged = Path(folder, place.name)
            write(staged)
            staged.replace(place)
    except UnicodeEncodeError as error:
        raise UsageError(
            f"不能写到“{path}”：名称里有残缺的字符（{error.object[:20]!a}）。请改正后再写。"
        ) from error
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        cause = error.args[0] if isinstance(error, xlsxwriter.exceptions.FileCreateError) else error
        raise UsageError(
            f"不能写到“{path}”：{system_reason(cause)}。请检查路径和权限、磁盘空间，关掉已打开的文件。"
        ) from error


def _check_place(path: Path, place: Path) -> None:
    if place.is_dir():
        raise UsageError(f"不能写到“{path}”：这是文件夹。请给出文件名。")
    if not place.parent.is_dir():
        raise UsageError(f"不能写到“{path}”：没有文件夹“{path.parent}”。请先建文件夹，或检查路径。")
    if place.exists() and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
