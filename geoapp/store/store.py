"""The store: every register at every revision. Nothing is updated in place; a change adds versions of records."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from types import MappingProxyType, TracebackType
from typing import Self

import numpy as np
import pandas as pd
from sqlalchemy import Connection, bindparam, update

from geoapp.domain.chain import ChainReport
from geoapp.domain.change import (
    Key,
    RecordVersion,
    RegisterChange,
    difference,
)
from geoapp.domain.frame import empty_frame
from geoapp.domain.layer import Layer
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.errors import NotFoundError
from geoapp.store.cache import FrameCache
from geoapp.store.chain_check import check_chain
from geoapp.store.frame_reader import FrameReader
from geoapp.store.geopackage import GeoPackage
from geoapp.store.geopackage_schema import open_geopackage
from geoapp.store.progress import Progress, ProgressCounter
from geoapp.store.record_log import Cursor, LogFilter, RecordChange, RecordLog
from geoapp.store.record_versions import RecordVersions
from geoapp.store.revision_log import RevisionLog, stored_time, utc_now
from geoapp.store.rows import rows_of, stored_columns
from geoapp.store.tables import GEOMETRY_COLUMN, build_tables
from geoapp.store.versions import refuse_stale
from geoapp.store.written import Counts, bounds_of, removed_rows, summary

CACHE_BYTES = 512 * 1024 * 1024
BUSY_TIMEOUT_S = 60.0
_RECENT_S, _STALE_S = 0.005, 0.02  # from when on an answer is asked for again, and is waited for
_NEVER = (float("-inf"), 0)
_CHUNK_ROWS = 5_000


class Store:
    """All registers of one installation. Safe to share between threads; several processes may share the file."""

    def __init__(
        self, database: GeoPackage, layers: Mapping[str, Layer], *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._database = database
        self._layers = dict(layers)
        revisions, self._tables = build_tables(layers)
        self._log = RevisionLog(revisions)
        self._frames = FrameReader(database, layers, self._tables, FrameCache(cache_bytes))
        self._newest = (-1, 0)
        """The database's data version and the newest revision that was read under it."""
        self._recent = _NEVER  # when `recent_revision` last asked, and the answer
        self._asking = Lock()
        self._name_author: Callable[[str], str] = str

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; the store must not be used afterwards."""
        self._database.close()

    def sign_with(self, name_author: Callable[[str], str]) -> None:
        """Let *name_author* say who revisions are by, given whom the caller of `write` names."""
        self._name_author = name_author

    def revision(self) -> int:
        """Return the number of the newest revision, 0 before the first; reads only if somebody has written since."""
        version = self._database.data_version()
        seen, number = self._newest
        if version != seen:
            with self._database.reading() as connection:
                number = self._log.last(connection)
            self._newest = version, number
        return number

    def revision_before(self, moment: datetime) -> int:
        """Return the number of the newest revision made before a moment (UTC or with its zone), 0 where none was."""
        with self._database.reading() as connection:
            return self._log.last_before(connection, moment)

    def recent_revision(self) -> int:
        """Return the number of a revision that was the newest a moment ago, if it is not now.

        One thread asks every five thousandths of a second; what this process writes, all know at once.
        """
        asked_at, number = self._recent
        age_s = monotonic() - asked_at
        if age_s > _RECENT_S and self._asking.acquire(blocking=age_s > _STALE_S):
            try:
                asked_at, number = monotonic(), self.revision()
                self._recent = asked_at, number
            finally:
                self._asking.release()
        return number

    def register_revision(self, register: str, *, revision: int | None = None) -> int:
        """Return the newest revision (up to *revision*) that changed a register, 0 where none did.

        Raises
        ------
        NotFoundError
            No such register.
        """
        self._layer(register)
        until = self.revision() if revision is None else revision
        number = self._log.newest_touching(register, until)
        if number is None:
            with self._database.reading() as connection:
                numbers = self._log.touching(connection, register, until)
            number = numbers[-1] if numbers else 0
        return number

    def revisions(self, register: str | None = None, limit: int | None = None) -> list[Revision]:
        """Return the revisions, newest first, all of them or those that changed one register."""
        with self._database.reading() as connection:
            numbers = None if register is None else self._log.touching(connection, self._layer(register).id)
            return self._log.entries(connection, numbers, limit)

    def revisions_numbered(self, numbers: Collection[int]) -> list[Revision]:
        """Return the revisions of some numbers, newest first, without those there are not."""
        with self._database.reading() as connection:
            return self._log.entries(connection, sorted(numbers), None)

    def made_at(self, number: int) -> datetime | None:
        """Return when a revision was made (UTC), None where there is none of that number."""
        found = self.revisions_numbered([number])
        return found[0].made_at if found else None

    def read(self, register: str, *, revision: int | None = None) -> pd.DataFrame:
        """Return a register's records as they were at a revision (None: now).

        Parameters
        ----------
        register : str
            Its id.
        revision : int, optional
            Number of a revision.

        Returns
        -------
        GeoDataFrame (EPSG:4490) or DataFrame, conformed, indexed by fid
            Shared by all who ask for it: never change it.

        Raises
        ------
        NotFoundError
            No such register or revision.
        """
        self._refuse_unknown(revision)
        number = self.register_revision(register, revision=revision)
        return self._frames.at(register, number)

    def record(self, register: str, key: Key) -> RecordVersion:
        """Return the version of one record that holds now.

        Raises
        ------
        NotFoundError
            There never was such a record, or not yet.
        GoneError
            It was withdrawn.
        """
        with self._database.reading() as connection:
            return self._record_versions(register).held(connection, key, self.revision())

    def began(self, register: str, fid: int) -> int:
        """Return the revision that brought a version of a record, named by its id; raises NotFoundError."""
        with self._database.reading() as connection:
            return self._record_versions(register).began(connection, fid)

    def history(self, register: str, key: Key) -> list[RecordVersion]:
        """Return every version of one record, newest first; raises NotFoundError where there never was one."""
        with self._database.reading() as connection:
            return self._record_versions(register).all_of(connection, key)

    def _record_versions(self, register: str) -> RecordVersions:
        return RecordVersions(self._database, self._frames, self._layer(register), self._tables[register])

    def revisions_of(
        self,
        register: str,
        names: Sequence[str],
        after: int,
        until: int,
        *,
        of: Mapping[str, str] = MappingProxyType({}),
    ) -> pd.DataFrame:
        """Return which revisions after *after*, up to *until*, began or ended versions of which records.

        One row per record and revision: text fields *names* (such as its key) and "revision"; raises NotFoundError.
        Only records with the values *of* some text fields, if given.
        """
        self._layer(register)
        return self._frames.revisions_of(register, names, after, until, of)

    def link(self, revision: int) -> str:
        """Return the digest of a revision's link in the chain, empty where there is no such revision."""
        with self._database.reading() as connection:
            return self._log.chain.digest(connection, revision) if revision else ""

    def record_changes(
        self, wanted: LogFilter, after: Cursor | None = None, limit: int = 100
    ) -> list[RecordChange]:
        """Return what revisions did to records, newest first, at most *limit* from after a place in the list on."""
        log = RecordLog(self._log, self._layers, self._tables, self._frames)
        with self._database.reading() as connection:
            return log.changes(connection, wanted, after, limit)

    def check_chain(self) -> ChainReport:
        """Check the chain of revisions against everything stored; reads all of it, a few rows at a time."""
        names = {register: layer.zh for register, layer in self._layers.items()}
        with self._database.reading() as connection:
            return check_chain(connection, self._log.table, lambda register: names.get(register, register))

    def write(
        self,
        changes: Mapping[str, RegisterChange],
        *,
        kind: RevisionKind,
        user: str,
        reason: str = "",
        document_no: str = "",
        progress: Progress | None = None,
        also: Callable[[Connection, Revision], None] | None = None,
    ) -> Revision | None:
        """Store changes of one or more registers as one revision: all of it or, whatever happens, nothing.

        Records that do not differ from the stored ones (see `domain.change.compare`) are not written again.

        Parameters
        ----------
        changes : mapping
            By register: records to add or replace by key, keys to withdraw.
        kind : RevisionKind
            What made the change.
        user, reason, document_no : str
            For the history.
        progress : callable, optional
            Called with shares from 0 to 1. An error it raises undoes everything.
        also : callable, optional
            Called with the connection and the revision, to store what belongs to it; likewise.

        Returns
        -------
        Revision or None
            None where nothing differs; then no revision is made.

        Raises
        ------
        NotFoundError
            No such register.
        ValueError
            A key is missing, or there twice, or both to be stored and withdrawn.
        ConflictError
            Another process is writing and does not come to an end.
        StaleError
            A record is no longer the version that a change's author saw.
        SetupError
            The disk is full or the database cannot be written.
        """
        for register in changes:
            self._layer(register)
        report = ProgressCounter(progress, sum(_row_count(change) for change in changes.values()))
        made_at = utc_now()
        with self._database.writing() as connection:
            number = self._log.last(connection) + 1
            counts = {
                register: self._apply(connection, register, change, number, stored_time(made_at), report)
                for register, change in changes.items()
            }
            touched = {register: count for register, count in counts.items() if count}
            if not touched:
                return None
            revision = Revision(
                number=number, kind=kind, made_at=made_at, user=self._name_author(user), reason=reason,
                document_no=document_no, registers=tuple(touched), summary=summary(touched, self._layers),
            )  # fmt: skip
            self._log.append(connection, revision)
            if also is not None:
                also(connection, revision)
        with self._asking:  # what another thread reads just now must not be remembered after this
            self._recent = _NEVER
        report.finish()
        return revision

    def _apply(
        self,
        connection: Connection,
        register: str,
        change: RegisterChange,
        number: int,
        made_at: str,
        report: ProgressCounter,
    ) -> Counts:
        """Write what differs; the caller holds the lock, so what is read here is what is changed."""
        layer, current = self._layer(register), self.read(register)
        refuse_stale(connection, self._tables[register], layer, change.seen)
        upserts = empty_frame(layer) if change.upserts is None else change.upserts
        found = difference(current, upserts, layer)
        removed = removed_rows(current, found, change.removed, layer)
        changed = found.positions[found.is_changed]
        written = found.records[found.is_new | found.is_changed]
        report.add(len(found.records) - len(written))
        closed = np.concatenate([changed, removed])
        self._close_versions(connection, register, current.index.to_numpy()[closed], number)
        self._insert(connection, register, written, number, report)
        counts = Counts(int(found.is_new.sum()), len(changed), len(removed))
        if counts:
            bounds = None
            if layer.has_geometry:
                known = self._database.noted_bounds(connection, register)
                bounds = bounds_of(current, closed, written, known)
            self._database.note_contents(connection, register, made_at, bounds)
        return counts

    def _close_versions(self, connection: Connection, register: str, fids: np.ndarray, number: int) -> None:
        if len(fids):
            table = self._tables[register]
            statement = update(table).where(table.c.fid == bindparam("closed")).values(to_rev=number)
            connection.execute(statement, [{"closed": fid} for fid in fids.tolist()])

    def _insert(
        self,
        connection: Connection,
        register: str,
        records: pd.DataFrame,
        number: int,
        report: ProgressCounter,
    ) -> None:
        layer = self._layer(register)
        names = ["from_rev", *stored_columns(layer)]
        if layer.has_geometry:
            names[-1] = GEOMETRY_COLUMN
        for start in range(0, len(records), _CHUNK_ROWS):
            chunk = records.iloc[start : start + _CHUNK_ROWS]
            rows = [(number, *row) for row in rows_of(chunk, layer, self._database.encode)]
            self._database.insert(connection, self._tables[register], names, rows)
            report.add(len(chunk))

    def _layer(self, register: str) -> Layer:
        try:
            return self._layers[register]
        except KeyError:
            raise NotFoundError(f"没有台账“{register}”；可用：{'、'.join(self._layers)}。") from None

    def _refuse_unknown(self, revision: int | None) -> None:
        if revision is None:
            return
        newest = self.revision()
        if not 0 <= revision <= newest:
            raise NotFoundError(f"没有第 {revision} 次修订；最新是第 {newest} 次修订。")


def open_store(
    path: Path,
    layers: Mapping[str, Layer],
    *,
    cache_bytes: int = CACHE_BYTES,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
) -> Store:
    """Open the registers' database, made where there is none, brought up to the registers' definitions.

    Parameters
    ----------
    path : Path
        The GeoPackage.
    layers : mapping
        Registers by id.
    cache_bytes : int
        How much memory frames already read may take.
    busy_timeout_s : float
        How long a writer waits for another process that writes.

    Raises
    ------
    SetupError
        The file is damaged, somebody else's, of a newer geoapp or cannot be written; says what to do.
    """
    return Store(
        open_geopackage(path, layers, busy_timeout_s=busy_timeout_s), layers, cache_bytes=cache_bytes
    )


def _row_count(change: RegisterChange) -> int:
    return 0 if change.upserts is None else len(change.upserts)
