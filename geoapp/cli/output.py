"""Files that verbs write."""

from collections.abc import Callable, Mapping
from pathlib import Path

from geoapp.errors import UsageError


def write_file(path: Path, contents: Mapping[str, Callable[[], bytes]]) -> None:
    """Write a file whole or not at all, what it holds by its ending.

    Parameters
    ----------
    path : Path
    contents : mapping
        What makes the content, by ending (".xlsx").

    Raises
    ------
    UsageError
        Another ending, or the file cannot be written there.
    """
    from geoapp.reports.whole_file import write_whole

    make = contents.get(path.suffix.lower())
    if make is None:
        raise UsageError(f"不能写成“{path.suffix}”文件；可用的后缀：{'、'.join(contents)}。")
    content = make()
    write_whole(path, lambda staged: staged.write_bytes(content))
