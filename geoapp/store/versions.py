"""Optimistic locking: an edit names the version of each record that its author saw."""

from collections.abc import Mapping

from sqlalchemy import Connection, Table, select

from geoapp.domain.change import Key, key_label
from geoapp.domain.layer import Layer
from geoapp.errors import StaleError
from geoapp.store.rows import stored_key


def refuse_stale(connection: Connection, table: Table, layer: Layer, seen: Mapping[Key, int]) -> None:
    """Raise StaleError for the first record that is another version by now; the caller holds the writer's lock.

    Parameters
    ----------
    connection : Connection
    table : Table
        The register's.
    layer : Layer
    seen : mapping
        See `RegisterChange.seen`.
    """
    for key, number in seen.items():
        wanted = [table.c[name] == part for name, part in stored_key(key, layer).items()]
        held = connection.execute(select(table.c.from_rev).where(*wanted, table.c.to_rev.is_(None))).scalar()
        if (held or 0) != number:
            raise stale(layer, key, number, held)


def stale(layer: Layer, key: Key, number: int, held: int | None) -> StaleError:
    """Return the refusal of an edit of version *number* where *held* holds by now (0 or None: none does)."""
    return StaleError(_words(layer, key, number, held), layer.id, key)


def _words(layer: Layer, key: Key, number: int, held: int | None) -> str:
    name = f"“{layer.zh}”的记录“{key_label(key)}”"
    if held is None:
        return f"{name}在您打开之后已被移除，没有保存。请刷新后核对。"
    if not number:
        return f"{name}已经有了（第 {held} 次修订），没有保存。请换一个编号。"
    return f"{name}在您打开之后被第 {held} 次修订改过，没有保存。请核对两个版本后再保存。"
