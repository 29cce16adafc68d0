"""The list of revisions, which registers each one touched, and their chain."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Lock

from sqlalchemy import Connection, Row, Table, func, insert, select

from geoapp.domain.revision import Revision, RevisionKind
from geoapp.store.chain import Chain

_SEPARATOR = ","
_MOST_NAMED = 500
"""Revisions that a statement names; where more are wanted it reads them all."""


class RevisionLog:
    """Reads and appends revisions. Remembers which revisions touched a register: they only ever grow in number."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.chain = Chain(table)
        self._touched: dict[str, list[int]] = {}
        self._seen = 0
        self._lock = Lock()

    def last(self, connection: Connection) -> int:
        """Return the number of the newest revision, 0 before the first."""
        number = connection.execute(select(func.max(self.table.c.number))).scalar()
        return number or 0

    def last_before(self, connection: Connection, moment: datetime) -> int:
        """Return the number of the newest revision made before a moment, 0 where none was."""
        made_before = self.table.c.made_at < stored_time(moment.astimezone(UTC))
        number = connection.execute(select(func.max(self.table.c.number)).where(made_before)).scalar()
        return number or 0

    def touching(self, connection: Connection, register: str, until: int | None = None) -> list[int]:
        """Return the numbers of the revisions that changed a register, oldest first."""
        with self._lock:
            self._catch_up(connection)
            numbers = self._touched.get(register, [])
            return numbers[: len(numbers) if until is None else bisect_right(numbers, until)]

    def newest_touching(self, register: str, until: int) -> int | None:
        """Return the newest revision up to *until* that changed a register, 0 where none did, from memory.

        None where that cannot be told without reading.
        """
        with self._lock:
            if until > self._seen:
                return None
            numbers = self._touched.get(register, [])
            position = bisect_right(numbers, until)
            return numbers[position - 1] if position else 0

    def entries(
        self, connection: Connection, numbers: Sequence[int] | None, limit: int | None
    ) -> list[Revision]:
        """Return revisions, all or those of *numbers* that there are, newest first."""
        statement = select(self.table).order_by(self.table.c.number.desc())
        if numbers is not None:
            wanted = sorted(numbers, reverse=True)[:limit]
            if len(wanted) <= _MOST_NAMED:
                statement = statement.where(self.table.c.number.in_(wanted))
            found = {row.number: row for row in connection.execute(statement)} if wanted else {}
            return [revision_of(found[number]) for number in wanted if number in found]
        return [revision_of(row) for row in connection.execute(statement.limit(limit))]

    def append(self, connection: Connection, revision: Revision) -> None:
        """Add one revision, whose rows are written already, and its link; it counts once that is committed."""
        connection.execute(
            insert(self.table).values(
                number=revision.number,
                kind=str(revision.kind),
                user=revision.user,
                made_at=stored_time(revision.made_at),
                reason=revision.reason,
                document_no=revision.document_no,
                summary=revision.summary,
                registers=_SEPARATOR.join(revision.registers),
            )
        )
        self.chain.append(connection, revision.number, revision.registers)

    def _catch_up(self, connection: Connection) -> None:
        statement = select(self.table.c.number, self.table.c.registers)
        statement = statement.where(self.table.c.number > self._seen).order_by(self.table.c.number)
        for number, registers in connection.execute(statement):
            for register in registers.split(_SEPARATOR):
                self._touched.setdefault(register, []).append(number)
            self._seen = number


def utc_now() -> datetime:
    """Return the time to the millisecond, which is what the database keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def stored_time(moment: datetime) -> str:
    """Return a UTC time as GeoPackage writes it: 2026-03-01T08:30:00.000Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def revision_of(row: Row) -> Revision:
    """Return a revision from its row."""
    values = row._mapping
    return Revision(
        number=values["number"],
        kind=RevisionKind(values["kind"]),
        made_at=datetime.fromisoformat(values["made_at"]),
        user=values["user"],
        reason=values["reason"],
        document_no=values["document_no"],
        registers=tuple(values["registers"].split(_SEPARATOR)),
        summary=values["summary"],
    )
