"""The accounts of people and what happened around them, in a database file of their own."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from geoapp.domain.chain import ChainReport, canonical
from geoapp.domain.people_event import EventKind, PeopleEvent, account_state, role_words
from geoapp.domain.user import Role, User
from geoapp.errors import ConflictError, NotFoundError, UsageError
from geoapp.store.geopackage import GeoPackage
from geoapp.store.geopackage_guards import guard_whole
from geoapp.store.people_events import (
    EVENT_TABLE,
    EVENTS,
    EventFilter,
    append_event,
    check_events,
    read_anchors,
    read_events,
    read_last_sign_ins,
)
from geoapp.store.revision_log import stored_time

BUSY_TIMEOUT_S = 10.0
_USERS = Table(
    "users",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("town_code", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("must_change_password", Boolean, nullable=False),
    Column("failed_attempts", Integer, nullable=False),
    Column("locked_until", Text),
    Column("session_epoch", Integer, nullable=False),
)

_COLUMNS = tuple(column.name for column in _USERS.columns)


class Account(NamedTuple):
    """A user with the hash of the password, which goes no further than to whoever compares it."""

    user: User
    password_hash: str


class UserStore:
    """All accounts of one installation. Safe to share between threads; several processes may share the file."""

    def __init__(self, database: GeoPackage) -> None:
        self._database = database
        self._known: tuple[int, Mapping[str, Account]] = (-1, {})
        self._anchor: Callable[[], str] = str

    def anchor_with(self, anchor: Callable[[], str]) -> None:
        """Let *anchor* say what every event notes of the registers' chain: its end cannot be cut off unnoticed."""
        self._anchor = anchor

    def note(self, event: PeopleEvent) -> None:
        """Store something that happened and changed no account."""
        event = self._anchored(event)
        with self._database.writing() as connection:
            append_event(connection, event)

    def events(
        self, wanted: EventFilter | None = None, *, before: int | None = None, limit: int | None = None
    ) -> list[PeopleEvent]:
        """Return what happened, newest first, from under a number on."""
        with self._database.reading() as connection:
            return read_events(connection, wanted or EventFilter(), before=before, limit=limit)

    def last_sign_ins(self) -> dict[str, datetime]:
        """Return when each account was signed in to last (UTC), for those that ever were."""
        with self._database.reading() as connection:
            return read_last_sign_ins(connection)

    def anchors(self) -> list[tuple[int, str]]:
        """Return the revisions of the registers, with the start of their links, that events noted."""
        with self._database.reading() as connection:
            return read_anchors(connection)

    def check_events(self) -> ChainReport:
        """Check the chain of events, and that the accounts are as the events left them."""
        with self._database.reading() as connection:
            rows = connection.execute(select(_USERS)).all()
            return check_events(connection, {row.name: _state(row) for row in rows})

    def _anchored(self, event: PeopleEvent) -> PeopleEvent:
        return replace(event, anchor=event.anchor or self._anchor())

    def version(self) -> int:
        """Return a number that differs from the last one if anybody has changed an account since."""
        return self._database.data_version()

    def accounts(self) -> Mapping[str, Account]:
        """Return every account by name; read only if somebody has written since."""
        version = self._database.data_version()
        seen, known = self._known
        if version != seen:
            with self._database.reading() as connection:
                rows = connection.execute(select(_USERS).order_by(_USERS.c.name)).all()
            known = {row.name: _account(row) for row in rows}
            self._known = version, known
        return known

    def account(self, name: str) -> Account:
        """Return one account; raises NotFoundError."""
        try:
            return self.accounts()[name]
        except KeyError:
            raise NotFoundError(f"没有用户“{name[:40]}”。用 geoapp user list 看有哪些。") from None

    def add(self, user: User, password_hash: str, event: PeopleEvent) -> None:
        """Store a new account, and that it was added; raises ConflictError where the name is taken."""
        event = self._anchored(event)
        values = {name: getattr(user, name) for name in _COLUMNS if name != "password_hash"}
        values |= {"password_hash": password_hash, "locked_until": _stored(user.locked_until)}
        with self._database.writing() as connection:
            try:
                connection.execute(insert(_USERS).values(values))
            except IntegrityError as error:
                raise ConflictError(f"登录名“{user.name}”已经有人用了。请换一个。") from error
            _append_about(connection, user.name, event)

    def change(
        self, name: str, event: PeopleEvent | None = None, *, ends_sessions: bool = False, **values: Any
    ) -> User:
        """Change columns of one account and return it.

        Parameters
        ----------
        name : str
        event : PeopleEvent, optional
            What happened; stored with the change, both or neither.
        ends_sessions : bool
            Whether whoever is signed in under this account has to sign in again.
        **values
            Attributes of `User`, and password_hash.

        Raises
        ------
        NotFoundError
            No such account.
        UsageError
            Nobody would be left to administrate; asked under the writer's lock, so that of two administrators who
            take each other away at once one stays.
        """
        event = event and self._anchored(event)
        if "locked_until" in values:
            values["locked_until"] = _stored(values["locked_until"])
        if ends_sessions:
            values["session_epoch"] = _USERS.c.session_epoch + 1
        with self._database.writing() as connection:
            had_some = _has_administrator(connection)
            connection.execute(update(_USERS).where(_USERS.c.name == name).values(values))
            if had_some and not _has_administrator(connection):
                raise UsageError(f"“{name}”是唯一的管理员。请先加另一位管理员。")
            if event is not None:
                _append_about(connection, name, event)
        return self.account(name).user

    def count_failure(self, event: PeopleEvent, most: int, locked_until: datetime) -> None:
        """Store that somebody gave a wrong password; the *most*-th in a row locks the account until a moment.

        Under the writer's lock: of attempts made at once, every one counts.
        """
        event, name = self._anchored(event), event.subject
        with self._database.writing() as connection:
            this = _USERS.c.name == name
            connection.execute(
                update(_USERS).where(this).values(failed_attempts=_USERS.c.failed_attempts + 1)
            )
            append_event(connection, event)
            locked = connection.execute(
                update(_USERS)
                .where(this, _USERS.c.failed_attempts >= most)
                .values(failed_attempts=0, locked_until=_stored(locked_until))
            )
            if locked.rowcount:
                reason = f"连续输错 {most} 次，锁定到 {_stored(locked_until)}（UTC）"
                append_event(connection, replace(event, kind=EventKind.LOCKED, reason=reason))

    def close(self) -> None:
        """Close the database; the store must not be used afterwards."""
        self._database.close()


_making = Lock()


def open_users(path: Path) -> UserStore:
    """Open the accounts, in a new file that only its owner may read where there is none.

    Raises
    ------
    SetupError
        The file is damaged, no database, or cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
    database = GeoPackage(path, busy_timeout_s=BUSY_TIMEOUT_S)
    try:
        with _making, database.writing() as connection:
            _prepare(connection)
    except BaseException:
        database.close()
        raise
    return UserStore(database)


def _prepare(connection: Connection) -> None:
    """Make the tables; where accounts are older than the events, say so and what they then were."""
    is_begun = inspect(connection).has_table(EVENTS)
    _USERS.metadata.create_all(connection)
    if is_begun:
        return
    EVENT_TABLE.metadata.create_all(connection)
    guard_whole(connection, EVENTS)
    rows = connection.execute(select(_USERS).order_by(_USERS.c.name)).all()
    words = f"此前 {len(rows)} 位用户的登录和变动没有记录" if rows else "随用户库一起建立"
    append_event(connection, PeopleEvent(kind=EventKind.BEGUN, reason=words))
    for row in rows:
        event = PeopleEvent(kind=EventKind.KNOWN, subject=row.name, after=role_words(_account(row).user))
        _append_about(connection, row.name, event)


def _append_about(connection: Connection, name: str, event: PeopleEvent) -> None:
    """Add an event with the account's state after it."""
    row = connection.execute(select(_USERS).where(_USERS.c.name == name)).first()
    if row is not None:
        append_event(connection, replace(event, subject=name, state=_state(row)))


def _has_administrator(connection: Connection) -> bool:
    wanted = (_USERS.c.role == str(Role.ADMINISTRATOR), _USERS.c.is_active)
    return bool(connection.execute(select(func.count()).where(*wanted)).scalar())


def _state(row: Row) -> str:
    account = _account(row)
    return canonical(account_state(account.user, _digest(account.password_hash)))


def _digest(password_hash: str) -> str:
    """Return what shows that a hash was exchanged; of no use for guessing, since the hash is salted."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:32]


def _account(row: Row) -> Account:
    values = dict(row._mapping)
    password_hash = values.pop("password_hash")
    values["role"] = Role(values["role"])
    values["locked_until"] = values["locked_until"] and datetime.fromisoformat(values["locked_until"])
    return Account(User(**values), password_hash)


def _stored(moment: datetime | None) -> str | None:
    return None if moment is None else stored_time(moment)
