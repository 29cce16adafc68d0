"""Files that verbs write."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from geoapp.errors import UsageError

if TYPE_CHECKING:
    from geoapp.domain.record_table import RecordTable


def table_files(table: "RecordTable") -> dict[str, Callable[[], bytes]]:
    """Return what makes a table's files, by ending; a map's too where it has shapes; see `write_file`."""
    from geoapp.reports.record_table import record_table_bytes

    endings = (".xlsx", ".csv", *((".geojson", ".gpkg") if table.has_geometry else ()))
    return {ending: partial(record_table_bytes, table, ending) for ending in endings}


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
