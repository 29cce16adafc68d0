"""The versions of one record: which there are, which holds, what they say."""

from sqlalchemy import ColumnElement, Connection, Table, select

from geoapp.domain.change import Key, RecordVersion, key_label
from geoapp.domain.layer import Layer
from geoapp.domain.record_rows import RecordRows
from geoapp.errors import GoneError, NotFoundError
from geoapp.store.frame_reader import FrameReader
from geoapp.store.geopackage import GeoPackage
from geoapp.store.rows import stored_key

Span = tuple[int, int, int | None]
"""A version's id, the revision that brought it and the one that ended it; None while it is the current one."""


class RecordVersions:
    """Reads the versions of records of one register."""

    def __init__(self, database: GeoPackage, frames: FrameReader, layer: Layer, table: Table) -> None:
        self._database = database
        self._frames = frames
        self._layer = layer
        self._table = table

    def all_of(self, connection: Connection, key: Key) -> list[RecordVersion]:
        """Return every version of a record, newest first; raises NotFoundError where there never was one."""
        spans = self._spans(connection, key)
        held = RecordRows(self._frames.fetch(connection, self._layer.id, *self._same(key)))
        row = {fid: row for row, fid in enumerate(held.frame.index.tolist())}
        return [
            RecordVersion(fid=fid, from_revision=began, to_revision=ended, fields=held.values(row[fid]))
            for fid, began, ended in spans
        ]

    def held(self, connection: Connection, key: Key, now: int) -> RecordVersion:
        """Return the version of a record that holds at a revision.

        Raises
        ------
        NotFoundError
            There never was such a record, or not yet.
        GoneError
            It was withdrawn.
        """
        name = f"“{self._layer.zh}”的记录“{key_label(key)}”"
        span = next((span for span in self._spans(connection, key) if span[1] <= now), None)
        if span is None:
            raise NotFoundError(f"{name}在第 {now} 次修订时还没有。请改看较晚的日期。")
        fid, began, ended = span
        if ended is not None and ended <= now:
            raise GoneError(f"{name}已在第 {ended} 次修订移除。")
        frame = self._frames.fetch(connection, self._layer.id, self._table.c.fid == fid)
        return RecordVersion(
            fid=fid, from_revision=began, to_revision=ended, fields=RecordRows(frame).values(0)
        )

    def began(self, connection: Connection, fid: int) -> int:
        """Return the revision that brought a version, named by its id; raises NotFoundError."""
        wanted = select(self._table.c.from_rev).where(self._table.c.fid == fid)
        number: int | None = connection.execute(wanted).scalar()
        if number is None:
            raise NotFoundError(f"“{self._layer.zh}”没有版本 {fid}。")
        return number

    def _same(self, key: Key) -> list[ColumnElement[bool]]:
        return [self._table.c[name] == part for name, part in stored_key(key, self._layer).items()]

    def _spans(self, connection: Connection, key: Key) -> list[Span]:
        """Return the spans of every version of a record, newest first; raises NotFoundError."""
        columns = self._table.c
        spans = select(columns.fid, columns.from_rev, columns.to_rev).where(*self._same(key))
        found = self._database.fetch(connection, spans.order_by(columns.from_rev.desc()))
        if not found:
            raise NotFoundError(f"“{self._layer.zh}”没有记录“{key_label(key)}”。请核对编号。")
        return list(zip(*found, strict=True))
