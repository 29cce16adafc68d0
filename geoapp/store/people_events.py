"""The events around people, in the accounts' own file: only ever added to, each chained to the one before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    func,
    insert,
    or_,
    select,
    text,
)

from geoapp.domain.chain import ChainReport, canonical, link_digest
from geoapp.domain.people_event import EventKind, PeopleEvent
from geoapp.store.revision_log import stored_time, utc_now

EVENTS = "people_events"
_FIELDS = ("kind", "actor", "subject", "before", "after", "reason", "address", "anchor", "state")
EVENT_TABLE = Table(
    EVENTS,
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("made_at", Text, nullable=False),
    *(Column(name, Text, nullable=False) for name in (*_FIELDS, "previous", "digest")),
    sqlite_autoincrement=True,  # the file remembers the largest number: a tail cut off is noticed
)
_WHERE = "第 {} 件人员事件"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are wanted."""

    person: str = ""
    """Part of who did it, or of the name for signing in of whom it is about."""
    subjects: tuple[str, ...] = ()
    """With a person: names for signing in whose display name has that part."""
    kinds: tuple[EventKind, ...] = ()
    after: datetime | None = None
    until: datetime | None = None


def append_event(connection: Connection, event: PeopleEvent) -> None:
    """Add one event with its link; it counts once the transaction is committed."""
    newest = select(EVENT_TABLE.c.number, EVENT_TABLE.c.digest).order_by(EVENT_TABLE.c.number.desc()).limit(1)
    number, previous = connection.execute(newest).first() or (0, "")
    values = {name: str(getattr(event, name)) for name in _FIELDS}
    row = {"number": number + 1, "made_at": stored_time(utc_now()), **values, "previous": previous}
    connection.execute(insert(EVENT_TABLE), row | {"digest": link_digest(previous, _content(row))})


def read_events(
    connection: Connection, wanted: EventFilter, *, before: int | None = None, limit: int | None = None
) -> list[PeopleEvent]:
    """Return events, newest first, from under a number on."""
    statement = _filtered(wanted).order_by(EVENT_TABLE.c.number.desc()).limit(limit)
    if before is not None:
        statement = statement.where(EVENT_TABLE.c.number < before)
    return [_event(row) for row in connection.execute(statement)]


def read_anchors(connection: Connection) -> list[tuple[int, str]]:
    """Return what events noted of the registers' chain, each once: revision and start of its link."""
    texts = connection.execute(select(EVENT_TABLE.c.anchor).distinct()).scalars()
    parts = [anchor.partition(":") for anchor in texts]
    return [(int(number), link) for number, _, link in parts if number.isascii() and number.isdecimal()]


def read_last_sign_ins(connection: Connection) -> dict[str, datetime]:
    """Return by account when it was signed in to last (UTC)."""
    columns = EVENT_TABLE.c
    newest = select(columns.subject, func.max(columns.made_at)).where(
        columns.kind == str(EventKind.SIGNED_IN)
    )
    rows = connection.execute(newest.group_by(columns.subject))
    return {name: datetime.fromisoformat(made_at) for name, made_at in rows}


def check_events(connection: Connection, states: Mapping[str, str]) -> ChainReport:
    """Check the chain of events, and that accounts are as the events left them.

    Parameters
    ----------
    connection : Connection
    states : mapping
        By account: its state as it is now, see `account_state`, as canonical text.
    """
    report, previous, expected, told = ChainReport(zh="人员事件"), "", 1, {}
    for row in _all_events(connection):
        _check_event(report, dict(row._mapping), previous, expected)
        if row.state:
            told[row.subject] = row.state
        report.begun_at = report.begun_at or row.made_at
        report.link_count, report.row_count = report.link_count + 1, report.row_count + 1
        previous, expected = row.digest, row.number + 1
    report.head = previous
    given = connection.execute(
        text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": EVENTS}
    ).scalar()
    if not report.link_count:
        report.find(None, "人员事件", "一件也没有：记录被整个删除。")
    elif given is not None and given >= expected:
        report.find(
            expected, "人员事件", f"末尾少了：曾写到 {given}，现在只到 {expected - 1}。最后的内容被删除。"
        )
    _check_states(report, told, states)
    return report


def _all_events(connection: Connection) -> Iterator[Row[Any]]:
    yield from connection.execute(select(EVENT_TABLE).order_by(EVENT_TABLE.c.number))


def _check_event(report: ChainReport, row: Mapping[str, Any], previous: str, expected: int) -> None:
    number = row["number"]
    if number > expected:
        words = "链中断：这里的事件被删除，之前发生过什么不能再证明。"
        report.find(
            expected,
            _WHERE.format(expected if number == expected + 1 else f"{expected} 到 {number - 1}"),
            words,
        )
    if row["digest"] != link_digest(row["previous"], _content(row)):
        report.find(
            number,
            _WHERE.format(number),
            f"内容在写入之后被改过（经办 {row['actor'] or '—'}，{row['made_at']}）。",
        )
    elif row["previous"] != previous and number == expected:
        report.find(
            number, _WHERE.format(number), "接不上前一件：前一件在写入之后被换过，或这一件是插进来的。"
        )


def _check_states(report: ChainReport, told: Mapping[str, str], states: Mapping[str, str]) -> None:
    for name in sorted({*told, *states}):
        where = f"用户 {name}"
        if name not in states:
            report.find(None, where, "用户被直接从数据库删除：程序只停用，不删除用户。")
        elif name not in told:
            report.find(None, where, "没有添加的记录：用户是直接写进数据库的。")
        elif told[name] != states[name]:
            report.find(None, where, "姓名、角色、镇街、是否停用或密码与最后一次记录的不同：直接改了数据库。")


def _filtered(wanted: EventFilter) -> Select[Any]:
    columns, statement = EVENT_TABLE.c, select(EVENT_TABLE)
    if wanted.person:
        parts = [
            column.contains(wanted.person, autoescape=True) for column in (columns.actor, columns.subject)
        ]
        statement = statement.where(or_(*parts, columns.subject.in_(wanted.subjects)))
    if wanted.kinds:
        statement = statement.where(columns.kind.in_([str(kind) for kind in wanted.kinds]))
    if wanted.after:
        statement = statement.where(columns.made_at >= stored_time(wanted.after))
    if wanted.until:
        statement = statement.where(columns.made_at < stored_time(wanted.until))
    return statement


def _content(row: Mapping[str, Any]) -> str:
    return canonical({name: row[name] for name in ("number", "made_at", *_FIELDS)})


def _event(row: Row[Any]) -> PeopleEvent:
    values = {name: row._mapping[name] for name in ("number", *_FIELDS)}
    return PeopleEvent(
        **values | {"kind": EventKind(values["kind"]), "made_at": datetime.fromisoformat(row.made_at)}
    )
