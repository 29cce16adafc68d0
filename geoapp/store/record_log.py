"""What every revision did to every record, newest first, some at a time: before and after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    and_,
    cast,
    exists,
    literal,
    or_,
    select,
)

from geoapp.domain.change import Key
from geoapp.domain.frame import plain_values
from geoapp.domain.layer import Layer
from geoapp.domain.revision import Revision
from geoapp.store.frame_reader import FrameReader
from geoapp.store.revision_log import RevisionLog, revision_of, stored_time

Fields = Mapping[str, Any]


class Cursor(NamedTuple):
    """A place in the list: what comes after it is wanted next."""

    revision: int
    register: str
    part: int
    """WRITTEN or WITHDRAWN."""
    fid: int


WRITTEN, WITHDRAWN = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which changes are wanted."""

    person: str = ""
    """Part of the name."""
    register: str = ""
    record: str = ""
    """A value of one of the key's fields, or the whole key as it stands in addresses."""
    after: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """What one revision did to one record."""

    revision: Revision
    register: str
    key: Key
    before: Fields | None
    """None where the record is new."""
    after: Fields | None
    """None where it was withdrawn."""
    cursor: Cursor


class RecordLog:
    """Reads changes of records; opened by `Store.record_log`."""

    def __init__(
        self, log: RevisionLog, layers: Mapping[str, Layer], tables: Mapping[str, Table], frames: FrameReader
    ) -> None:
        self._log = log
        self._layers = layers
        self._tables = tables
        self._frames = frames

    def changes(
        self, connection: Connection, wanted: LogFilter, after: Cursor | None, limit: int
    ) -> list[RecordChange]:
        """Return at most *limit* changes that a filter takes in, from after a place in the list on."""
        found: list[tuple[Revision, Cursor]] = []
        for revision in self._revisions(connection, wanted, after):
            for register in self._registers(revision, wanted, after):
                for part in (WRITTEN, WITHDRAWN):
                    place = _place(after, revision.number, register, part)
                    if place is None:
                        continue
                    ids = self._ids(
                        connection, revision.number, register, part, wanted, place, limit - len(found)
                    )
                    found += [(revision, Cursor(revision.number, register, part, fid)) for fid in ids]
                    if len(found) >= limit:
                        return self._read(connection, found)
        return self._read(connection, found)

    def _revisions(
        self, connection: Connection, wanted: LogFilter, after: Cursor | None
    ) -> Iterator[Revision]:
        columns = self._log.table.c
        statement = select(self._log.table).order_by(columns.number.desc())
        if after is not None:
            statement = statement.where(columns.number <= after.revision)
        if wanted.person:
            statement = statement.where(columns.user.contains(wanted.person, autoescape=True))
        if wanted.after:
            statement = statement.where(columns.made_at >= stored_time(wanted.after))
        if wanted.until:
            statement = statement.where(columns.made_at < stored_time(wanted.until))
        if wanted.record:
            statement = statement.where(columns.number.in_(sorted(self._numbers_of(connection, wanted))))
        for row in connection.execute(statement):
            yield revision_of(row)

    def _registers(self, revision: Revision, wanted: LogFilter, after: Cursor | None) -> list[str]:
        known = [name for name in revision.registers if name in self._tables]
        if after is not None and after.revision == revision.number and after.register in known:
            known = known[known.index(after.register) :]
        return [name for name in known if wanted.register in ("", name)]

    def _numbers_of(self, connection: Connection, wanted: LogFilter) -> set[int]:
        """Return the revisions that began or ended versions of a record."""
        numbers: set[int] = set()
        for register, table in self._tables.items():
            if wanted.register in ("", register):
                spans = select(table.c.from_rev, table.c.to_rev).where(
                    self._is_record(register, wanted.record)
                )
                for span in connection.execute(spans):
                    numbers |= {number for number in span if number is not None}
        return numbers

    def _is_record(self, register: str, text: str) -> ColumnElement[bool]:
        layer, table = self._layers[register], self._tables[register]
        columns = [_as_text(table, layer, name) for name in layer.key]
        parts = text.rsplit("/", len(columns) - 1)
        conditions = [column == text for column in columns]
        if len(parts) == len(columns) > 1:
            conditions.append(and_(*(column == part for column, part in zip(columns, parts, strict=True))))
        return or_(*conditions)

    def _ids(
        self,
        connection: Connection,
        number: int,
        register: str,
        part: int,
        wanted: LogFilter,
        fid: int,
        limit: int,
    ) -> list[int]:
        statement = (
            self._written(connection, number, register) if part == WRITTEN else self._gone(number, register)
        )
        table = self._tables[register]
        if wanted.record:
            statement = statement.where(self._is_record(register, wanted.record))
        return list(
            connection.execute(
                statement.where(table.c.fid > fid).order_by(table.c.fid).limit(limit)
            ).scalars()
        )

    def _written(self, connection: Connection, number: int, register: str) -> Select[Any]:
        """Return the query of the rows a revision wrote; its link says between which ids they are."""
        table = self._tables[register]
        first, last = self._log.chain.written_span(connection, number, register)
        return select(table.c.fid).where(table.c.from_rev == number, table.c.fid.between(first, last))

    def _gone(self, number: int, register: str) -> Select[Any]:
        """Return the query of the rows a revision ended without writing others for the same records."""
        table, key = self._tables[register], self._layers[register].key
        newer = table.alias()
        same = (newer.c[name] == table.c[name] for name in key)
        is_there = exists(select(literal(1)).select_from(newer).where(*same, newer.c.from_rev == number))
        return select(table.c.fid).where(table.c.to_rev == number, ~is_there)

    def _read(self, connection: Connection, found: Sequence[tuple[Revision, Cursor]]) -> list[RecordChange]:
        """Return the changes at places of the list; of each register all rows are read at once."""
        rows: dict[tuple[str, int], Fields] = {}
        before: dict[tuple[str, int], int] = {}
        for register in dict.fromkeys(cursor.register for _, cursor in found):
            ids = [cursor.fid for _, cursor in found if cursor.register == register]
            earlier = self._earlier(connection, register, ids)
            before |= {(register, fid): held for fid, held in earlier.items()}
            wanted = self._tables[register].c.fid.in_(sorted({*ids, *earlier.values()}))
            frame = self._frames.fetch(connection, register, wanted)
            rows |= {
                (register, fid): fields
                for fid, fields in zip(frame.index.tolist(), _records(frame), strict=True)
            }
        return [self._change(revision, cursor, rows, before) for revision, cursor in found]

    def _change(
        self,
        revision: Revision,
        cursor: Cursor,
        rows: Mapping[tuple[str, int], Fields],
        before: Mapping[tuple[str, int], int],
    ) -> RecordChange:
        register, fid = cursor.register, cursor.fid
        fields, held = rows[register, fid], before.get((register, fid))
        is_gone = cursor.part == WITHDRAWN
        old = fields if is_gone else None if held is None else rows[register, held]
        key = tuple(fields[name] for name in self._layers[register].key)
        return RecordChange(
            revision=revision,
            register=register,
            key=key,
            before=old,
            after=None if is_gone else fields,
            cursor=cursor,
        )

    def _earlier(self, connection: Connection, register: str, ids: Sequence[int]) -> dict[int, int]:
        """Return by the id of a version that of the one it took the place of, where there was one."""
        table, key = self._tables[register], self._layers[register].key
        held = table.alias()
        same = (held.c[name] == table.c[name] for name in key)
        # Plus 0: found by the key's index; by that of ends every row that the revision ended would be looked at.
        ends_there = held.c.to_rev + 0 == table.c.from_rev
        pairs = select(table.c.fid, held.c.fid).join(held, and_(*same, ends_there))
        return {row[0]: row[1] for row in connection.execute(pairs.where(table.c.fid.in_(ids)))}


def _place(after: Cursor | None, number: int, register: str, part: int) -> int | None:
    """Return after which id a part of a revision goes on: 0 from its start, None where it is done already."""
    if after is None or (after.revision, after.register) != (number, register) or after.part < part:
        return 0
    return after.fid if after.part == part else None


def _as_text(table: Table, layer: Layer, name: str) -> ColumnElement[Any]:
    """Return a key's column as text; a text itself is left alone, so that its index is of use."""
    column = table.c[name]
    return column if layer.field(name).dtype in ("string", "date") else cast(column, Text)


def _records(frame: pd.DataFrame) -> list[Fields]:
    columns = {str(name): plain_values(frame[name]) for name in frame}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
