"""The embedded engine: SQLite in WAL mode, in a file that is a valid GeoPackage. Everything SQLite is in here.

Another engine gives `Store` the same methods over the same tables (see `tables.py`).
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Executable, Table, create_engine, event, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from geoapp.errors import ConflictError, GeoappError, SetupError
from geoapp.store.geopackage_blob import decode_geometries, encode_geometries
from geoapp.store.rows import Row

APPLICATION_ID = 0x47504B47
"""GPKG"""
GEOPACKAGE_VERSION = 10300
POOL_SIZE = 8
MAX_CONNECTIONS = 64
_ROWS_FETCHED = 500
_ROWS_PER_PIECE = 20_000
_WAL_KEPT_BYTES = 64 * 1024 * 1024

_ADVICE = {
    "SQLITE_NOTADB": "不是数据库文件（可能被改名或覆盖）。请把它移走并从备份恢复，或换一个数据目录。",
    "SQLITE_CORRUPT": "已损坏，不能读取。请停止程序，保留该文件，并从备份恢复。",
    "SQLITE_READONLY": "不能写入。请检查数据目录和文件的权限，以及磁盘是否只读。",
    "SQLITE_CANTOPEN": "不能打开。请检查数据目录是否存在、可写，文件权限是否正确。",
    "SQLITE_PERM": "没有访问权限。请检查数据目录和文件的权限。",
    "SQLITE_FULL": "所在磁盘已满，本次写入没有保存，已有数据不变。请腾出空间后重试。",
    "SQLITE_IOERR": "读写失败（磁盘已满或有故障），本次写入没有保存，已有数据不变。请检查磁盘后重试。",
}
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


class GeoPackage:
    """One database file and the connections to it. Safe to share between threads."""

    def __init__(self, path: Path, *, busy_timeout_s: float) -> None:
        self.path = path
        self._engine = _create_engine(path, busy_timeout_s)
        self._busy_timeout_s = busy_timeout_s
        self._watch: sqlite3.Connection | None = None
        self._watch_lock = Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database, whatever others write meanwhile."""
        with explained_errors(self.path), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection that alone may write; all it did is kept at the end, or nothing at an error."""
        with explained_errors(self.path), self._engine.connect() as connection:
            writer = connection.execution_options(begin="BEGIN IMMEDIATE")
            with writer.begin():
                yield writer

    def prepare_file(self) -> None:
        """Mark the file as a GeoPackage and let readers read while somebody writes; the file remembers both.

        In this order: other programs look for the mark in the file itself, not in its write-ahead log.
        """
        with explained_errors(self.path):
            connection = self._engine.raw_connection()
            try:
                cursor = connection.cursor()
                if cursor.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
                    cursor.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    cursor.execute(f"PRAGMA user_version = {GEOPACKAGE_VERSION}")
                cursor.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()

    def data_version(self) -> int:
        """Return a number that differs from the last one if anybody has written since, in some 5 microseconds.

        Asked on a connection of its own that never writes: SQLite counts what other connections commit.
        """
        with explained_errors(self.path), self._watch_lock:
            if self._watch is None:
                self._watch = _connect(self.path, self._busy_timeout_s)
            version: int = self._watch.execute("PRAGMA data_version").fetchone()[0]
            return version

    def fetch(self, connection: Connection, statement: Executable) -> list[list[Any]]:
        """Return the columns of a SELECT; empty where it has no rows."""
        columns: list[list[Any]] = []
        for piece in self.fetch_pieces(connection, statement):
            columns = columns or [[] for _ in piece]
            for column, values in zip(columns, piece, strict=True):
                column.extend(values)
        return columns

    def fetch_pieces(self, connection: Connection, statement: Executable) -> Iterator[list[list[Any]]]:
        """Yield the columns of a SELECT by some thousands of rows, many times faster than as row objects.

        By pieces, so that the rows' tuples are gone before the garbage collector counts them, and that no more than a
        piece of a large register is ever in memory twice.
        """
        cursor: Any = connection.execute(statement).cursor
        while rows := cursor.fetchmany(_ROWS_FETCHED):
            columns: list[list[Any]] = [[] for _ in cursor.description]
            while rows:
                for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                    column.extend(values)
                rows = cursor.fetchmany(_ROWS_FETCHED) if len(columns[0]) < _ROWS_PER_PIECE else []
            yield columns

    def insert(self, connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Row]) -> None:
        """Add rows whose values are in the order of *names*."""
        statement = insert(table).values(dict.fromkeys(names))
        sql = str(statement.compile(dialect=connection.dialect, column_keys=list(names)))
        connection.exec_driver_sql(sql, list(rows))

    def encode(self, geometries: np.ndarray) -> list[bytes | None]:
        """Return geometries as the database stores them."""
        return encode_geometries(geometries)

    def decode(self, stored: Sequence[bytes | None]) -> np.ndarray:
        """Return stored geometries."""
        return decode_geometries(stored)

    def note_contents(
        self, connection: Connection, register: str, made_at: str, bounds: np.ndarray | None
    ) -> None:
        """Tell other programs when a register changed and where its current records lie."""
        sql = (
            "UPDATE gpkg_contents SET last_change = ?, min_x = ?, min_y = ?, max_x = ?, max_y = ? "
            "WHERE table_name = ?"
        )
        box = (None,) * 4 if bounds is None else tuple(bounds.tolist())
        connection.exec_driver_sql(sql, (made_at, *box, register))

    def noted_bounds(self, connection: Connection, register: str) -> np.ndarray | None:
        """Return where a register's current records lie as noted by `note_contents`; None where nothing is noted."""
        sql = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = ?"
        box = connection.exec_driver_sql(sql, (register,)).first()
        return None if box is None or None in box else np.array(box, dtype=np.float64)

    def close(self) -> None:
        """Close every connection; the last one folds the write-ahead log into the file."""
        with self._watch_lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        self._engine.dispose()


@contextmanager
def explained_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite complains about and the user can put right into an error that says how.

    Raises
    ------
    SetupError
        Not a database, corrupt, read-only, disk full.
    ConflictError
        Another process went on writing for longer than we wait.
    """
    try:
        yield
    except DBAPIError as error:
        raise _explained(error.orig, path) or error from error
    except sqlite3.Error as error:
        raise _explained(error, path) or error from error


def _explained(error: BaseException | None, path: Path) -> GeoappError | None:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(_BUSY):
        return ConflictError("另一个写入正在进行，等待超时，本次写入没有保存。请稍后重试。")
    for prefix, advice in _ADVICE.items():
        if name.startswith(prefix):
            return SetupError(f"数据库 {path} {advice}")
    return None


def _create_engine(path: Path, busy_timeout_s: float) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: _connect(path, busy_timeout_s),
        poolclass=QueuePool,
        pool_size=POOL_SIZE,
        max_overflow=MAX_CONNECTIONS - POOL_SIZE,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    # isolation_level None: Python's sqlite3 must not begin transactions of its own, see `begin` above.
    connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
    except BaseException:
        connection.close()
        raise
    return connection
