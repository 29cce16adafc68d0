"""Triggers that keep the history from being rewritten by accident, in QGIS or at a database prompt.

They bind programs that mean no harm; whoever takes them away is found by the chain (see `chain_check`).
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from geoapp.store.tables import VERSION_COLUMNS

PREFIX = "geoapp_guard_"
GUARDS_VERSION = 2
"""Raised when the guards change, so that a database made before gets them when it is opened next."""
_WORDS = "geoapp：历史记录只能增加，不能改、不能删。请在 geoapp 里修改，它会存为新的修订。"


def guard_whole(connection: Connection, table: str) -> None:
    """Refuse to change or delete rows of a table, or to put one in another's place."""
    key = _primary_key(connection, table)
    for action in ("UPDATE", "DELETE"):
        _create(connection, f"{table}_{action.lower()}", f'BEFORE {action} ON "{table}"')
    _guard_places(connection, table, [(key,)])


def renew_guards(connection: Connection, whole: Iterable[str]) -> None:
    """Guard the tables as they are now: *whole* ones, and every table of versions, also of registers long gone."""
    _drop(connection)
    for table in whole:
        guard_whole(connection, table)
    for table in _names(connection, "table"):
        columns = {row[1] for row in connection.exec_driver_sql(f'PRAGMA table_info("{table}")')}
        if columns.issuperset(VERSION_COLUMNS):
            guard_versions(connection, table)


def guard_versions(connection: Connection, table: str) -> None:
    """Refuse to change, delete or replace versions of records; one that holds may be ended."""
    names = [row[1] for row in connection.exec_driver_sql(f'PRAGMA table_info("{table}")')]
    listed = ", ".join(f'"{name}"' for name in names if name != "to_rev")
    _create(connection, f"{table}_delete", f'BEFORE DELETE ON "{table}"')
    _create(connection, f"{table}_update", f'BEFORE UPDATE OF {listed} ON "{table}"')
    is_rewritten = "OLD.to_rev IS NOT NULL OR NEW.to_rev IS NULL"
    _create(connection, f"{table}_end", f'BEFORE UPDATE OF to_rev ON "{table}"', is_rewritten)
    key = _primary_key(connection, table)
    # `UPDATE OF` compares names: the row's number has others (rowid, oid) under which it is changed too.
    _create(connection, f"{table}_number", f'BEFORE UPDATE ON "{table}"', f'NEW."{key}" IS NOT OLD."{key}"')
    _guard_places(connection, table, [(key,), *_unique_columns(connection, table)])


def _guard_places(connection: Connection, table: str, unique: Iterable[Sequence[str]]) -> None:
    """Refuse a row in whose place there is one already.

    REPLACE deletes that one, and tells the triggers of DELETE nothing unless `recursive_triggers` is on.
    """
    taken = [
        f'EXISTS (SELECT 1 FROM "{table}" WHERE '  # noqa: S608 names are checked
        + " AND ".join(f'"{name}" = NEW."{name}"' for name in columns)
        + ")"
        for columns in unique
    ]
    _create(connection, f"{table}_replace", f'BEFORE INSERT ON "{table}"', " OR ".join(taken))


def _unique_columns(connection: Connection, table: str) -> list[tuple[str, ...]]:
    listed = connection.exec_driver_sql(f'PRAGMA index_list("{table}")').fetchall()
    return [
        tuple(row[2] for row in connection.exec_driver_sql(f'PRAGMA index_info("{name}")'))
        for _, name, is_unique, *_ in listed
        if is_unique
    ]


def _drop(connection: Connection) -> None:
    for name in _names(connection, "trigger"):
        if name.startswith(PREFIX):
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def _names(connection: Connection, kind: str) -> list[str]:
    found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = ?", (kind,))
    return [row[0] for row in found]


def _create(connection: Connection, name: str, event: str, condition: str = "") -> None:
    when = f"WHEN {condition} " if condition else ""
    connection.exec_driver_sql(
        f"CREATE TRIGGER \"{PREFIX}{name}\" {event} {when}BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
    )


def _primary_key(connection: Connection, table: str) -> str:
    rows = connection.exec_driver_sql(f'PRAGMA table_info("{table}")')
    return next(str(row[1]) for row in rows if row[5])
