"""What a proposal would change, found by trying its form: field by field, before and after, and on which versions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import shapely

from geoapp.domain.change import Comparison, Key, RegisterChange, record_keys
from geoapp.domain.frame import conform, plain_values
from geoapp.domain.layer import Layer
from geoapp.domain.proposal import ProposedChange, ProposedForm
from geoapp.errors import GoneError, NotFoundError
from geoapp.services.edits import address_key
from geoapp.services.proposal_kinds import KINDS
from geoapp.services.record_form import value_text
from geoapp.services.workspace import Workspace
from geoapp.store.store_for_proposals import TrialStore, Versions

GEOMETRY = "geometry"
_FOLLOWS = ("updated_on",)
"""Fields that every step writes: they say nothing of what was proposed."""


@dataclass(frozen=True, slots=True)
class TriedRecord:
    """One record that a form would change."""

    register: str
    key: Key
    version: int
    """That holds now, 0 for a new record."""
    before: Mapping[str, Any] | None
    """Its fields; None for a new record."""
    after: Mapping[str, Any] | None
    """None for one that would be withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a form comes to now."""

    records: tuple[TriedRecord, ...]
    findings: tuple[str, ...] = ()
    """What somebody should look at, in Chinese."""

    @property
    def versions(self) -> Versions:
        """Which versions of the records it is based on."""
        return {(record.register, record.key): record.version for record in self.records}


def try_form(workspace: Workspace, form: ProposedForm, texts: Mapping[str, str]) -> Trial:
    """Return what a form would change; refuses whatever its service refuses.

    Parameters
    ----------
    workspace : Workspace
        Whole, not as somebody sees it.
    form : ProposedForm
    texts : mapping
        By the form's names.
    """
    store = TrialStore(workspace.store)
    saved = KINDS[form.kind].run(workspace.with_store(store), form, texts)
    records = [
        record
        for register, (change, found) in store.tried.items()
        for record in _records(workspace, register, change, found)
    ]
    return Trial(records=tuple(records), findings=tuple(getattr(saved, "findings", ())))


def _records(
    workspace: Workspace, register: str, change: RegisterChange, found: Comparison
) -> Iterator[TriedRecord]:
    for key, fields in _new_fields(workspace.layer(register), change.upserts, set(found.new)):
        yield TriedRecord(register, key, 0, None, fields)
    for key, fields in found.changed_fields.items():
        held = workspace.store.record(register, key)
        changed = {name: after for name, (_, after) in fields.items()}
        yield TriedRecord(register, key, held.from_revision, held.fields, {**held.fields, **changed})
    for key in change.removed:
        held = workspace.store.record(register, key)
        yield TriedRecord(register, key, held.from_revision, held.fields, None)


def _new_fields(
    layer: Layer, upserts: pd.DataFrame | None, keys: set[Key]
) -> Iterator[tuple[Key, dict[str, Any]]]:
    if upserts is None or not keys:
        return
    frame = conform(upserts, layer)
    columns = {str(name): plain_values(frame[name]) for name in frame}
    for row, key in enumerate(record_keys(frame, layer)):
        if key in keys:
            yield key, {name: values[row] for name, values in columns.items()}


def proposed_changes(workspace: Workspace, trial: Trial) -> tuple[ProposedChange, ...]:
    """Return what a form would change, field by field; a record that is withdrawn is one line without a field."""
    found: list[ProposedChange] = []
    for record in trial.records:
        own: dict[str, str] = {"register": record.register, "key": address_key(record.key)}
        if record.after is None:
            found.append(ProposedChange(**own, name="", before="", after=""))
            continue
        layer, before = workspace.layer(record.register), record.before or {}
        for name in (*layer.field_names, *([GEOMETRY] if layer.has_geometry else [])):
            texts = [field_as_text(layer, name, fields.get(name)) for fields in (before, record.after)]
            if texts[0] != texts[1] and name not in _FOLLOWS:
                found.append(ProposedChange(**own, name=name, before=texts[0], after=texts[1]))
    return tuple(found)


def field_as_text(layer: Layer, name: str, value: Any) -> str:
    """Return a value as a proposal keeps it: as it is typed, a shape as hexadecimal WKB."""
    if name == GEOMETRY:
        return "" if value is None else str(shapely.to_wkb(value, hex=True))
    return value_text(layer.field(name), value)


def fields_now(workspace: Workspace, register: str, key: Key) -> Mapping[str, Any] | None:
    """Return the fields of a record as they are now; None where there is none, or no longer."""
    try:
        return workspace.store.record(register, key).fields
    except (NotFoundError, GoneError):
        return None


def version_names(versions: Versions) -> dict[str, int]:
    """Return versions by register and key as texts, to be kept or sent."""
    return {f"{register}/{address_key(key)}": number for (register, key), number in versions.items()}
