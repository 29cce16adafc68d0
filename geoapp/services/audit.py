"""The audit: who changed what record when, from what to what and why; and what happened around people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import shapely

from geoapp.domain.audit import AuditRow, AuditTable
from geoapp.domain.change import same_geometry
from geoapp.domain.layer import Layer
from geoapp.domain.people_event import EVENT_LABELS, EventKind, PeopleEvent
from geoapp.domain.revision import REVISION_KIND_LABELS
from geoapp.errors import UsageError
from geoapp.services.edit_conflict import WITHHELD_ZH
from geoapp.services.edits import address_key
from geoapp.services.record_card import field_text, record_address
from geoapp.services.workspace import Workspace
from geoapp.store.people_events import EventFilter
from geoapp.store.record_log import Cursor, LogFilter, RecordChange
from geoapp.store.users import UserStore

RECORDS, PEOPLE = "records", "people"
PARTS = {RECORDS: "台账修改", PEOPLE: "登录与用户"}
MOST_EXPORTED = 50_000
_PIECE = 1_000
_DIGITS = 18  # of the largest number that a database holds
_NEW, _GONE = "（新增）", "（移除）"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """What is asked for."""

    part: str = RECORDS
    person: str = ""
    register: str = ""
    record: str = ""
    kind: str = ""
    """Of events around people."""
    first_on: date | None = None
    last_on: date | None = None

    def words(self, layers: Mapping[str, Layer]) -> str:
        """Return it in Chinese, for heads of files."""
        register = layers[self.register].zh if self.register in layers else self.register
        kind = EVENT_LABELS[EventKind(self.kind)] if self.kind else ""
        named = (("人员", self.person), ("台账", register), ("记录", self.record), ("事件", kind))
        parts = [f"{words}：{text}" for words, text in named if text]
        parts += [f"自 {self.first_on.isoformat()}"] if self.first_on else []
        parts += [f"至 {self.last_on.isoformat()}"] if self.last_on else []
        return "；".join([PARTS[self.part], *parts])


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Some rows, and where the next begin."""

    rows: tuple[AuditRow, ...]
    next_place: str
    """Empty at the end."""


def audit_page(
    workspace: Workspace, people: UserStore, query: AuditQuery, *, place: str = "", limit: int = 100
) -> AuditPage:
    """Return what happened, newest first.

    Parameters
    ----------
    workspace : Workspace
        Of whoever asks; restricted values are not told to anybody, only that they changed.
    people : UserStore
    query : AuditQuery
    place : str
        Where the page begins: `AuditPage.next_place` of the one before.
    limit : int
        Most rows.

    Raises
    ------
    UsageError
        No such register, kind or place.
    """
    read = _events if query.part == PEOPLE else _changes
    rows, places = read(workspace, people, query, place, limit + 1)
    return AuditPage(rows=tuple(rows[:limit]), next_place=places[limit - 1] if len(rows) > limit else "")


def audit_table(workspace: Workspace, people: UserStore, query: AuditQuery) -> AuditTable:
    """Return all of it for a file, at most MOST_EXPORTED rows, which the file then says."""
    rows: list[AuditRow] = []
    place, is_first = "", True
    while (place or is_first) and len(rows) < MOST_EXPORTED:
        page = audit_page(workspace, people, query, place=place, limit=_PIECE)
        rows += page.rows
        place, is_first = page.next_place, False
    number = workspace.store.revision()
    return AuditTable(
        title=f"审计_{PARTS[query.part]}", words=query.words(workspace.layers), rows=tuple(rows), revision=number,
        link=workspace.store.link(number), is_cut=bool(place),
        is_of_people=query.part == PEOPLE, made_at=datetime.now(UTC).astimezone(),
    )  # fmt: skip


def _changes(
    workspace: Workspace, _: UserStore, query: AuditQuery, place: str, limit: int
) -> tuple[list[AuditRow], list[str]]:
    if query.register:
        workspace.layer(query.register)
    after, until = _span(query)
    wanted = LogFilter(
        person=query.person, register=query.register, record=query.record, after=after, until=until
    )
    found = workspace.store.record_changes(wanted, _cursor(place) if place else None, limit)
    places = [".".join(map(str, change.cursor)) for change in found]
    return [_change_row(workspace, change) for change in found], places


def _cursor(place: str) -> Cursor:
    parts = place.split(".")
    numbers = [part for index, part in enumerate(parts) if index != 1]
    if len(parts) != len(Cursor._fields) or not all(_is_number(part) for part in numbers):
        raise _no_place(place)
    return Cursor(int(parts[0]), parts[1], int(parts[2]), int(parts[3]))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS


def _no_place(place: str) -> UsageError:
    return UsageError(f"参数 place“{place[:40]}”不正确。请从第一页翻起。")


def _change_row(workspace: Workspace, change: RecordChange) -> AuditRow:
    layer, revision = workspace.layer(change.register), change.revision
    before, after = change_words(layer, change.before, change.after)
    key = address_key(change.key)
    fields = change.after or change.before or {}
    name = fields.get(layer.label_field) if layer.label_field else None
    return AuditRow(
        at=revision.made_at.astimezone(), who=revision.user, what=REVISION_KIND_LABELS[revision.kind],
        number=revision.number, register=layer.zh, record=key, name="" if name in (None, key) else str(name),
        address=record_address(change.register, key), before=before, after=after, reason=revision.reason,
        document_no=revision.document_no,
    )  # fmt: skip


def change_words(
    layer: Layer, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[str, str]:
    """Return what a change did, in words before and after: only what differs, all of a record new or withdrawn.

    Parameters
    ----------
    layer : Layer
    before, after : mapping, optional
        Plain values by field with "geometry"; None where the record is new, or withdrawn.
    """
    if before is None:
        return _NEW, _all_words(layer, after or {})
    if after is None:
        return _all_words(layer, before), _GONE
    names = [field.name for field in layer.fields if before.get(field.name) != after.get(field.name)]
    old, new = (_words(layer, fields, names) for fields in (before, after))
    shapes = before.get("geometry"), after.get("geometry")
    if layer.has_geometry and not same_geometry(*(_array(shape) for shape in shapes))[0]:
        old, new = ([*words, _shape_words(shape)] for words, shape in zip((old, new), shapes, strict=True))
        if old[-1] == new[-1]:
            new[-1] += "，位置已改"
    return "；".join(old), "；".join(new)


def _all_words(layer: Layer, fields: Mapping[str, Any]) -> str:
    names = [field.name for field in layer.fields if fields.get(field.name) is not None]
    words = _words(layer, fields, names)
    if fields.get("geometry") is not None:
        words.append(_shape_words(fields["geometry"]))
    return "；".join(words)


def _words(layer: Layer, fields: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    found = [layer.field(name) for name in names]
    return [
        f"{field.zh}：{WITHHELD_ZH if field.is_restricted else field_text(field, fields.get(field.name))}"
        for field in found
    ]


def _array(shape: shapely.Geometry | None) -> np.ndarray:
    array = np.empty(1, dtype=object)
    array[0] = shape
    return array


def _shape_words(shape: shapely.Geometry | None) -> str:
    return "图形：无" if shape is None else f"图形：{shapely.get_num_coordinates(shape)} 个点"


def _events(
    _: Workspace, people: UserStore, query: AuditQuery, place: str, limit: int
) -> tuple[list[AuditRow], list[str]]:
    if place and not _is_number(place):
        raise _no_place(place)
    after, until = _span(query)
    names = {name: account.user.author for name, account in people.accounts().items()}
    wanted = EventFilter(
        person=query.person, subjects=tuple(name for name, author in names.items() if query.person in author),
        kinds=_kinds(query.kind), after=after, until=until,
    )  # fmt: skip
    found = people.events(wanted, before=int(place) if place else None, limit=limit)
    return [_event_row(event, names) for event in found], [str(event.number) for event in found]


def _kinds(kind: str) -> tuple[EventKind, ...]:
    if not kind:
        return ()
    if kind not in set(EventKind):
        raise UsageError(f"没有事件“{kind[:20]}”；可用：{'、'.join(EVENT_LABELS)}。")
    return (EventKind(kind),)


def _event_row(event: PeopleEvent, names: Mapping[str, str]) -> AuditRow:
    at = event.made_at or datetime.now(UTC)
    return AuditRow(
        at=at.astimezone(), who=event.actor, what=event.kind_zh, number=event.number,
        record=names.get(event.subject, event.subject), before=event.before, after=event.after,
        reason=event.reason, place=event.address,
    )  # fmt: skip


def _span(query: AuditQuery) -> tuple[datetime | None, datetime | None]:
    """Return the moments between which the days lie, where the machine stands."""
    after = _start_of(query.first_on) if query.first_on else None
    return after, _start_of(query.last_on + timedelta(days=1)) if query.last_on else None


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min).astimezone(UTC)
