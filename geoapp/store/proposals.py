"""The proposals of town reporters, in the registers' own database: an acceptance and its revision are one write.

A table of events that are only ever added. What is waiting, returned or accepted is told from them.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import Connection, MetaData, Row, func, insert, select

from geoapp.domain.proposal import (
    Proposal,
    ProposalAct,
    ProposalEvent,
    ProposedChange,
    ProposedFile,
    ProposedForm,
    proposals_of,
    refuse_act,
    refuse_repeated,
)
from geoapp.domain.revision import Revision
from geoapp.errors import ConflictError
from geoapp.store.revision_log import stored_time, utc_now
from geoapp.store.store import Store
from geoapp.store.tables import proposal_table

_EVENTS = proposal_table(MetaData())
_KEPT = tuple(column.name for column in _EVENTS.columns if column.name not in ("event_no", "form"))
Also = Callable[[Connection, Revision], None]
"""What is done within the write that makes a revision."""


class ProposalStore:
    """All proposals of one installation. Safe to share between threads; several processes may share the file."""

    def __init__(self, store: Store) -> None:
        self._database = store._database
        self._events: list[ProposalEvent] = []
        self._last, self._version = 0, -1
        self._known: Mapping[int, Proposal] = {}
        self._lock = Lock()

    def proposals(self) -> Mapping[int, Proposal]:
        """Return every proposal by number; reads only what others have added since."""
        version = self._database.data_version()
        with self._lock:
            if version != self._version:
                with self._database.reading() as connection:
                    added = _read(connection, _EVENTS.c.event_no > self._last)
                if added:
                    self._last = added[-1].event_no
                    self._events += [_event(row) for row in added]
                    self._known = proposals_of(self._events)
                self._version = version
            return self._known

    def add(self, event: ProposalEvent, seen: Proposal | None = None) -> ProposalEvent:
        """Store what somebody did; a first sending, with the number 0, gets the next one.

        Parameters
        ----------
        event : ProposalEvent
        seen : Proposal, optional
            As it was when that was decided.

        Raises
        ------
        ConflictError
            The proposal stands otherwise by now, or the same form was sent a moment ago.
        """
        with self._database.writing() as connection:
            return _append(connection, event, seen)

    def along(self, event: ProposalEvent, seen: Proposal) -> Also:
        """Return what stores an event, with its revision, within the write that makes it; refuses as `add`."""

        def add(connection: Connection, revision: Revision) -> None:
            _append(connection, replace(event, revision=revision.number), seen)

        return add


def _append(connection: Connection, event: ProposalEvent, seen: Proposal | None) -> ProposalEvent:
    number = event.proposal_no
    own = [_event(row) for row in _read(connection, _EVENTS.c.proposal_no == number)] if number else []
    refuse_act(Proposal(tuple(own)) if own else None, event.act)
    if len(own) != (0 if seen is None else len(seen.events)):
        raise ConflictError(f"第 {number} 号报送刚刚又有改动，没有存下。请刷新再看。")
    if not number:
        refuse_repeated(_alike(connection, event), event.form)
        highest = connection.execute(select(func.max(_EVENTS.c.proposal_no))).scalar()
        number = (highest or 0) + 1
    stored = replace(event, proposal_no=number, made_at=utc_now())
    connection.execute(insert(_EVENTS).values(_values(stored)))
    return stored


def _alike(connection: Connection, event: ProposalEvent) -> Iterable[Proposal]:
    """Return the proposals in which the same person once sent the same form."""
    same = (_EVENTS.c.user_name == event.user_name) & (_EVENTS.c.form == _values(event)["form"])
    numbers = select(_EVENTS.c.proposal_no).where(same)
    return proposals_of(_event(row) for row in _read(connection, _EVENTS.c.proposal_no.in_(numbers))).values()


def _read(connection: Connection, condition: Any) -> list[Row]:
    return list(connection.execute(select(_EVENTS).where(condition).order_by(_EVENTS.c.event_no)))


def _values(event: ProposalEvent) -> dict[str, Any]:
    values = {name: getattr(event, name) for name in _KEPT}
    form = None if event.form is None else json.dumps(_plain(event.form), ensure_ascii=False)
    return values | {"act": str(event.act), "made_at": stored_time(event.made_at), "form": form}


def _plain(form: ProposedForm) -> dict[str, Any]:
    """Return a form as data; without files as it was before there were any, so that equal forms stay equal."""
    kept = asdict(form)
    if not form.files:
        del kept["files"]
    return kept


def _event(row: Row) -> ProposalEvent:
    values = dict(row._mapping)
    del values["event_no"]
    form = values.pop("form")
    return ProposalEvent(
        **values
        | {
            "act": ProposalAct(values["act"]),
            "made_at": datetime.fromisoformat(values["made_at"]),
            "form": None if form is None else _form(json.loads(form)),
        }
    )


def _form(kept: dict[str, Any]) -> ProposedForm:
    changes = tuple(ProposedChange(**change) for change in kept.pop("changes"))
    files = tuple(ProposedFile(**file) for file in kept.pop("files", ()))
    return ProposedForm(**kept, changes=changes, files=files)
