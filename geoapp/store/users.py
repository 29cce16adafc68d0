"""The accounts of people, in a database file of their own."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Column, Integer, MetaData, Row, Table, Text, insert, select, update
from sqlalchemy.exc import IntegrityError

from geoapp.domain.user import Role, User
from geoapp.errors import ConflictError, NotFoundError
from geoapp.store.geopackage import GeoPackage
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

    def add(self, user: User, password_hash: str) -> None:
        """Store a new account; raises ConflictError where the name is taken."""
        values = {name: getattr(user, name) for name in _COLUMNS if name != "password_hash"}
        values |= {"password_hash": password_hash, "locked_until": _stored(user.locked_until)}
        with self._database.writing() as connection:
            try:
                connection.execute(insert(_USERS).values(values))
            except IntegrityError as error:
                raise ConflictError(f"登录名“{user.name}”已经有人用了。请换一个。") from error

    def change(self, name: str, *, ends_sessions: bool = False, **values: Any) -> User:
        """Change columns of one account and return it.

        Parameters
        ----------
        name : str
        ends_sessions : bool
            Whether whoever is signed in under this account has to sign in again.
        **values
            Attributes of `User`, and password_hash.

        Raises
        ------
        NotFoundError
            No such account.
        """
        if "locked_until" in values:
            values["locked_until"] = _stored(values["locked_until"])
        if ends_sessions:
            values["session_epoch"] = _USERS.c.session_epoch + 1
        with self._database.writing() as connection:
            connection.execute(update(_USERS).where(_USERS.c.name == name).values(values))
        return self.account(name).user

    def count_failure(self, name: str, most: int, locked_until: datetime) -> None:
        """Count a wrong password; the *most*-th in a row locks the account until a moment.

        In one statement under the writer's lock: of attempts made at once, every one counts.
        """
        with self._database.writing() as connection:
            this = _USERS.c.name == name
            connection.execute(
                update(_USERS).where(this).values(failed_attempts=_USERS.c.failed_attempts + 1)
            )
            connection.execute(
                update(_USERS)
                .where(this, _USERS.c.failed_attempts >= most)
                .values(failed_attempts=0, locked_until=_stored(locked_until))
            )

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
            _USERS.metadata.create_all(connection)
    except BaseException:
        database.close()
        raise
    return UserStore(database)


def _account(row: Row) -> Account:
    values = dict(row._mapping)
    password_hash = values.pop("password_hash")
    values["role"] = Role(values["role"])
    values["locked_until"] = values["locked_until"] and datetime.fromisoformat(values["locked_until"])
    return Account(User(**values), password_hash)


def _stored(moment: datetime | None) -> str | None:
    return None if moment is None else stored_time(moment)
