"""Editing one record by hand: changed, made or withdrawn, each as one revision against the version its author saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import shapely

from geoapp.domain.change import Key, RecordVersion, RegisterChange, key_label
from geoapp.domain.frame import conform
from geoapp.domain.layer import Layer
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.errors import FormError, NotFoundError, UsageError
from geoapp.services.edit_findings import record_findings
from geoapp.services.edit_geometry import place_shape
from geoapp.services.own_forms import OWN_FORMS, own_field_words
from geoapp.services.plot_facts import today
from geoapp.services.record_form import Signature, read_fields, read_signature, sign, value_text
from geoapp.services.record_key import KEY_SEPARATOR, find_record
from geoapp.services.workspace import Workspace
from geoapp.store.versions import stale


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What an edit came to."""

    revision: Revision | None
    """None where nothing differed."""
    keys: tuple[str, ...]
    """Of the records there are now, as they stand in addresses."""
    findings: tuple[str, ...] = ()
    """What somebody should look at, in Chinese."""


def editable_layer(workspace: Workspace, register: str) -> Layer:
    """Return a register whose records may be edited one by one.

    Raises
    ------
    NotFoundError
        No such register.
    UsageError
        It has a page of its own for that.
    """
    layer = workspace.layer(register)
    if register in OWN_FORMS:
        page, address = OWN_FORMS[register]
        raise UsageError(f"“{layer.zh}”请在“{page}”页面（{address}）修改，那里有它自己的核对。")
    return layer


def edit_record(
    workspace: Workspace,
    register: str,
    key_text: str,
    form: Mapping[str, str],
    *,
    shape: shapely.Geometry | None = None,
    snaps: bool = True,
) -> Saved:
    """Store a changed record as one revision.

    Parameters
    ----------
    workspace : Workspace
    register : str
    key_text : str
        As it stands in an address.
    form : mapping
        Texts as typed: fields of the register (those left out keep their values), "seen" (the revision from which the
        version holds that the author saw), edited_by, edit_reason, edit_document_no, and "accept" where what does not
        fit in the shape has been read and is to be stored nevertheless.
    shape : geometry, optional
        In degrees, of the register's kind; the old one stays where it is left out.
    snaps : bool
        See `place_shape`.

    Returns
    -------
    Saved

    Raises
    ------
    FormError
        All that is wrong, by field.
    NotFoundError, GoneError
        There is no such record.
    StaleError
        Somebody changed it since; nothing is stored.
    """
    layer = editable_layer(workspace, register)
    key, held = find_record(workspace, layer, key_text)
    version = read_version(form)
    if held.from_revision != version:  # the store asks again; here the author hears of it before all else
        raise stale(layer, key, version, held.from_revision)
    typed = _changed(layer, held, form)
    complaints = own_field_words(layer, typed)
    values, signature, found = _read(workspace, layer, typed, shape, held, snaps=snaps, complaints=complaints)
    values |= dict(zip(layer.key, key, strict=True))
    change = RegisterChange(frame_of(layer, [values]), seen={key: version})
    revision = write_edit(workspace, {register: change}, signature)
    return _saved(workspace, layer, key, revision, {**held.fields, **values}, found)


def create_record(
    workspace: Workspace,
    register: str,
    form: Mapping[str, str],
    *,
    shape: shapely.Geometry | None = None,
    snaps: bool = True,
) -> Saved:
    """Store a new record as one revision; parameters and refusals as for `edit_record`.

    Raises
    ------
    FormError
        All that is wrong, by field; a register of shapes needs one unless its definition says otherwise.
    StaleError
        There is a record of this key already.
    """
    layer = editable_layer(workspace, register)
    typed = {field.name: form.get(field.name, "") for field in layer.fields} | dict(form)
    complaints = own_field_words(layer, (name for name, text in typed.items() if text.strip()))
    if layer.has_geometry and layer.geometry_required and shape is None:
        complaints["geometry"] = "没有图形。请在地图的“编辑”里画出图形。"
    values, signature, found = _read(workspace, layer, typed, shape, None, snaps=snaps, complaints=complaints)
    key = tuple(values[name] for name in layer.key)
    change = RegisterChange(frame_of(layer, [values]), seen={key: 0})
    revision = write_edit(workspace, {register: change}, signature)
    return _saved(workspace, layer, key, revision, values, found)


def withdraw_record(workspace: Workspace, register: str, key_text: str, form: Mapping[str, str]) -> Saved:
    """Take a record off its register as one revision; its history stays. Refusals as for `edit_record`."""
    layer = editable_layer(workspace, register)
    key, _ = find_record(workspace, layer, key_text)
    signature = sign(form)
    change = RegisterChange(removed=[key], seen={key: read_version(form)})
    revision = write_edit(workspace, {register: change}, signature)
    return Saved(revision=revision, keys=(), findings=_references_left(workspace, layer, key))


def read_version(form: Mapping[str, Any]) -> int:
    """Return which version of a record a form's author saw; raises UsageError where it does not say."""
    text = str(form.get("seen", ""))
    if not text.isascii() or not text.isdecimal():
        raise UsageError("没有说明改的是哪个版本（seen）。请刷新页面后再改。")
    return int(text)


def version_seen(workspace: Workspace, register: str, key: Key, version: int) -> RecordVersion | None:
    """Return the version of a record that held from a revision; None where there was none."""
    try:
        versions = workspace.store.history(register, key)
    except NotFoundError:
        return None
    return next((found for found in versions if found.from_revision == version), None)


def address_key(key: Key) -> str:
    """Return a key as it stands in an address."""
    return KEY_SEPARATOR.join(part.isoformat() if hasattr(part, "isoformat") else str(part) for part in key)


def frame_of(layer: Layer, records: list[dict[str, Any]]) -> pd.DataFrame:
    """Return records as a frame with just the columns that all of them have, in the register's dtypes."""
    names = [name for name in records[0] if all(name in record for record in records)]
    frame = pd.DataFrame({name: [record[name] for record in records] for name in names}, columns=names)
    return pd.DataFrame(conform(frame, layer))[names]


def write_edit(
    workspace: Workspace,
    changes: Mapping[str, RegisterChange],
    signature: Signature,
    kind: RevisionKind = RevisionKind.EDIT,
) -> Revision | None:
    """Store changes that belong together as one edit."""
    return workspace.store.write(
        changes, kind=kind, user=signature.entered_by, reason=signature.reason,
        document_no=signature.document_no,
    )  # fmt: skip


def _changed(layer: Layer, held: RecordVersion, form: Mapping[str, str]) -> dict[str, str]:
    """Return the texts without those that stand for what is stored: what is wrong in the data bars no other edit."""
    stored = {field.name: value_text(field, held.fields.get(field.name)) for field in layer.fields}
    return {
        name: text
        for name, text in form.items()
        if name not in layer.key and text.strip() != stored.get(name)
    }


def _read(
    workspace: Workspace,
    layer: Layer,
    typed: Mapping[str, str],
    shape: shapely.Geometry | None,
    held: RecordVersion | None,
    *,
    snaps: bool,
    complaints: dict[str, str],
) -> tuple[dict[str, Any], Signature, tuple[str, ...]]:
    """Return the values with the shape as it is to be stored, who signs, and what does not fit; raises FormError."""
    values = read_fields(layer, typed, complaints)
    signature = read_signature(typed, complaints)
    found: tuple[str, ...] = ()
    if shape is not None:
        stored = {} if held is None else held.fields
        placed = place_shape(
            workspace, layer.id, shape, today(), without=own_keys(layer, stored), snaps=snaps,
            values={**stored, **values},
        )  # fmt: skip
        values["geometry"], found = placed.geometry, placed.words
        if found and not typed.get("accept"):
            complaints["accept"] = f"{''.join(found)}确要这样保存，请勾选“已核对，仍要保存”。"
    if complaints:
        raise FormError(complaints)
    return values, signature, found


def own_keys(layer: Layer, fields: Mapping[str, Any]) -> tuple[Key, ...]:
    """Return the key of a record with these values, () where there is none: what it is no neighbour of."""
    return (tuple(fields[name] for name in layer.key),) if fields else ()


def _saved(
    workspace: Workspace,
    layer: Layer,
    key: Key,
    revision: Revision | None,
    values: Mapping[str, Any],
    found: tuple[str, ...],
) -> Saved:
    findings = (*found, *record_findings(workspace, layer, values, today()))
    return Saved(revision=revision, keys=(address_key(key),), findings=tuple(dict.fromkeys(findings)))


def _references_left(workspace: Workspace, layer: Layer, key: Key) -> tuple[str, ...]:
    """Say which records of other registers still name a record that is gone."""
    if len(layer.key) != 1:
        return ()
    wanted, findings = f"{layer.id}.{layer.key[0]}", []
    for other in workspace.layers.values():
        names = [field.name for field in other.fields if field.references == wanted]
        count = sum(int((workspace.store.read(other.id)[name] == key[0]).sum()) for name in names)
        if count:
            findings.append(f"“{other.zh}”还有 {count} 条记录指向“{key_label(key)}”。请核对。")
    return tuple(findings)
