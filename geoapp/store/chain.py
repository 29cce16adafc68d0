"""The chain of the revisions: a link each, written with the revision, made of what the database then holds of it."""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    Table,
    bindparam,
    cast,
    column,
    func,
    insert,
    select,
    table,
    text,
)

from geoapp.domain.chain import FIRST_LINK, NO_ROWS, ROWS_PER_PIECE, RowsDigest, canonical, link_digest
from geoapp.store.tables import CHAIN, rows_name

Groups = Iterator[tuple[int, RowsDigest]]
"""By revision, in order."""
LARGEST_ID = 2**63 - 1
BEGUN_NEW = "随数据库一起建立，每次修订当时入链。"
BEGUN_LATER = "升级时建立：此前的修订按升级时数据库里的内容补记，补记之前的改动查不出；此后的修订当时入链。"


class Chain:
    """Adds links and reads them."""

    def __init__(self, revisions: Table) -> None:
        self._revisions = revisions
        self._links = revisions.metadata.tables[CHAIN]
        self._head = select(self._links.c.digest).order_by(self._links.c.number.desc()).limit(1)
        self._link = select(self._links.c.digest).where(self._links.c.number == bindparam("wanted"))
        self._stored = select(self._links.c.content).where(self._links.c.number == bindparam("wanted"))
        self._entry = select(revisions).where(revisions.c.number == bindparam("wanted"))

    def append(self, connection: Connection, number: int, registers: Iterable[str]) -> None:
        """Add the link of a revision whose rows have been written in this transaction."""
        written = {name: _newest_written(connection, rows_name(name), number) for name in registers}
        ended = {name: _ended_in(connection, rows_name(name), number) for name in registers}
        self._add(connection, number, self._content(connection, number, written, ended))

    def begin(self, connection: Connection, made_at: str) -> None:
        """Begin the chain with its first link, and one for every revision there is already."""
        newest = connection.execute(select(func.max(self._revisions.c.number))).scalar() or 0
        note = BEGUN_LATER if newest else BEGUN_NEW
        # The salt: nobody who is told a link can try out what a value that is hidden from him might be.
        first = {"begun_at": made_at, "revision": newest, "note": note, "salt": secrets.token_hex(16)}
        self._add(connection, FIRST_LINK, canonical(first))
        streams = Streams(connection)
        entries = select(self._revisions.c.number, self._revisions.c.registers)
        for number, registers in connection.execute(entries.order_by(self._revisions.c.number)).fetchall():
            names = registers.split(",")
            written = {name: streams.written(name).take(number) for name in names}
            ended = {name: streams.ended(name).take(number) for name in names}
            self._add(connection, number, self._content(connection, number, written, ended))

    def digest(self, connection: Connection, number: int) -> str:
        """Return the digest of a link; empty where there is none."""
        return connection.execute(self._link, {"wanted": number}).scalar() or ""

    def written_span(self, connection: Connection, number: int, register: str) -> tuple[int, int]:
        """Return between which ids the rows lie that a revision wrote into a register; anywhere where none is told."""
        stored = connection.execute(self._stored, {"wanted": number}).scalar()
        try:
            pieces = [int(piece) for piece in json.loads(stored or "")["written"][register]["pieces"]]
        except (ValueError, KeyError, TypeError):  # no link, or one somebody wrote: `geoapp verify` tells
            return 0, LARGEST_ID
        if not pieces:
            return 0, -1
        return min(pieces) * ROWS_PER_PIECE, (max(pieces) + 1) * ROWS_PER_PIECE - 1

    def head(self, connection: Connection, number: int) -> dict[str, Any]:
        """Return what the list of revisions says of one, all of it as it is stored; empty where it has none."""
        row = connection.execute(self._entry, {"wanted": number}).first()
        return {} if row is None else dict(row._mapping)

    def _content(
        self,
        connection: Connection,
        number: int,
        written: Mapping[str, Mapping[str, Any]],
        ended: Mapping[str, Mapping[str, Any]],
    ) -> str:
        return canonical({"revision": self.head(connection, number), "written": written, "ended": ended})

    def _add(self, connection: Connection, number: int, content: str) -> None:
        previous = connection.execute(self._head).scalar() or ""
        link = {
            "number": number, "previous": previous, "content": content, "digest": link_digest(previous, content),
        }  # fmt: skip
        connection.execute(insert(self._links), link)


class Stream:
    """Digests of a table's rows by revision, taken in order; `strays` are those of revisions nobody asked for."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups
        self._next = next(groups, None)
        self.strays: list[tuple[int, int]] = []
        """Revision, and how many rows say they are of it."""
        self.row_count = 0

    def take(self, number: int) -> Mapping[str, Any]:
        """Return the digests of a revision's rows, NO_ROWS where it has none."""
        self._skip(lambda found: found < number)
        if self._next is None or self._next[0] != number:
            return NO_ROWS
        content = self._next[1].content()
        self._advance()
        return content

    def finish(self) -> None:
        """Count what is left over as strays."""
        self._skip(lambda _: True)

    def _skip(self, is_stray: Callable[[int], bool]) -> None:
        while self._next is not None and is_stray(self._next[0]):
            self.strays.append((self._next[0], self._next[1].count))
            self._advance()

    def _advance(self) -> None:
        if self._next is not None:
            self.row_count += self._next[1].count
        self._next = next(self._groups, None)


class Streams:
    """The streams of all registers, each opened when it is first asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.open: dict[tuple[str, str], Stream] = {}

    def written(self, register: str) -> Stream:
        """Return the rows by the revision that wrote them."""
        return self._stream("written", register, written_groups)

    def ended(self, register: str) -> Stream:
        """Return the rows by the revision that ended them."""
        return self._stream("ended", register, ended_groups)

    def _stream(self, part: str, register: str, groups: Callable[[Connection, str], Groups]) -> Stream:
        key = part, register
        if key not in self.open:
            self.open[key] = Stream(groups(self._connection, rows_name(register)))
        return self.open[key]


def written_groups(connection: Connection, name: str) -> Groups:
    """Yield the digests of a table's rows by the revision that wrote them; some rows in memory at a time."""
    rows = table(name, column("fid"), column("from_rev"))
    # Rows are only ever added, so their ids are in the order of revisions; sorting is for files that are not so.
    earlier = func.lag(rows.c.from_rev).over(order_by=rows.c.fid).label("earlier")
    pairs = select(rows.c.from_rev, earlier).subquery()
    is_mixed = connection.execute(
        select(pairs.c.from_rev).where(pairs.c.from_rev < pairs.c.earlier).limit(1)
    ).first()
    order = [rows.c.fid] if is_mixed is None else [_number(rows.c.from_rev), rows.c.fid]
    names = _names(connection, name)
    yield from _groups(connection, _selected(rows, rows.c.from_rev, names).order_by(*order), names)


def ended_groups(connection: Connection, name: str) -> Groups:
    """Yield the digests of the ids of a table's rows by the revision that ended them."""
    rows = table(name, column("fid"), column("to_rev"))
    ended = select(_number(rows.c.to_rev), rows.c.fid, rows.c.fid).where(rows.c.to_rev.is_not(None))
    yield from _groups(connection, ended.order_by(rows.c.to_rev, rows.c.fid), ("fid",))


def _newest_written(connection: Connection, name: str, number: int) -> Mapping[str, Any]:
    """Return the digests of the rows of the newest revision, found from the table's end."""
    rows = table(name, column("fid"), column("from_rev"))
    older = select(rows.c.fid).where(rows.c.from_rev < number).order_by(rows.c.fid.desc()).limit(1)
    last = connection.execute(older).scalar() or 0
    names = _names(connection, name)
    statement = _selected(rows, rows.c.from_rev, names).where(rows.c.fid > last).order_by(rows.c.fid)
    return _only(_groups(connection, statement, names))


def _ended_in(connection: Connection, name: str, number: int) -> Mapping[str, Any]:
    rows = table(name, column("fid"), column("to_rev"))
    ended = select(rows.c.to_rev, rows.c.fid, rows.c.fid).where(rows.c.to_rev == number)
    return _only(_groups(connection, ended.order_by(rows.c.fid), ("fid",)))


def _only(groups: Groups) -> Mapping[str, Any]:
    return next((found.content() for _, found in groups), NO_ROWS)


def _groups(connection: Connection, statement: Select[Any], names: tuple[str, ...]) -> Groups:
    """Yield digests of fetched rows (revision, id, values of *names*)."""
    cursor: Any = connection.execute(statement).cursor
    for number, rows in groupby(cursor, key=lambda row: row[0]):
        digest = RowsDigest(names)
        for row in rows:
            digest.add(row[1], row[2:])
        yield number, digest


def _names(connection: Connection, name: str) -> tuple[str, ...]:
    """Return a table's columns, those no longer defined too, but for the one that is written when a row ends."""
    keys = connection.execute(select(text("*")).select_from(table(name)).limit(0)).keys()
    return tuple(sorted(set(keys) - {"to_rev"}))


def _selected(rows: Any, number: Any, names: tuple[str, ...]) -> Select[Any]:
    return select(_number(number), rows.c.fid, *(column(name) for name in names)).select_from(rows)


def _number(of: Any) -> Any:
    """Return a revision's number as one, whatever somebody else put there."""
    return cast(of, Integer)
