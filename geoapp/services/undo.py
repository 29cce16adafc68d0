"""Taking an edit back: every record it touched as it was before, as one more revision."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from geoapp.domain.change import (
    Key,
    RegisterChange,
    conform_keys,
    difference,
    key_label,
    positions_of,
    record_keys,
)
from geoapp.domain.layer import Layer
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.errors import ConflictError, InputError, NotFoundError
from geoapp.services.edits import Saved, address_key, write_edit
from geoapp.services.own_forms import OWN_FIELDS, OWN_FORMS, own_field_words
from geoapp.services.record_form import sign
from geoapp.services.workspace import Workspace

_MOST_NAMED = 5


def undo_revision(workspace: Workspace, number: int, form: Mapping[str, Any]) -> Saved:
    """Bring back what an edit changed, withdrew or made, as one revision; what it made is withdrawn.

    Parameters
    ----------
    workspace : Workspace
    number : int
        Of the edit's revision. Taking back a taking back does the edit again.
    form : mapping
        edited_by, edit_document_no, and edit_reason (may be left out).

    Returns
    -------
    Saved
        `keys` are those of the first register it touched.

    Raises
    ------
    NotFoundError
        No such revision.
    InputError
        It was an import, or an entry on a page with rules of its own, or changed a field that has such a page.
    ConflictError
        Somebody changed one of the records since.
    """
    entry = revision_entry(workspace, number)
    if entry.kind is RevisionKind.IMPORT:
        raise InputError(f"第 {number} 次修订是导入，不能这样撤回。请导入改正后的文件。")
    own = [OWN_FORMS[register] for register in entry.registers if register in OWN_FORMS]
    if own:
        raise InputError(f"第 {number} 次修订请在“{own[0][0]}”页面（{own[0][1]}）改回，那里有它自己的核对。")
    signature = sign({"edit_reason": f"撤回第 {number} 次修订", **_given(form)})
    keys = {register: _keys(workspace, register, number) for register in entry.registers}
    changes = {register: _back(workspace, register, number, found) for register, found in keys.items()}
    revision = write_edit(workspace, changes, signature, RevisionKind.REVERT)
    first = entry.registers[0]
    layer = workspace.layer(first)
    here = {tuple(key) for key in record_keys(workspace.store.read(first), layer)} & set(keys[first])
    return Saved(revision=revision, keys=tuple(sorted(address_key(key) for key in here)))


def revision_entry(workspace: Workspace, number: int) -> Revision:
    """Return what the history says of a revision; raises NotFoundError."""
    found = next(iter(workspace.store.revisions_numbered([number])), None)
    if found is None:
        raise NotFoundError(f"没有第 {number} 次修订；最新是第 {workspace.store.revision()} 次修订。")
    return found


def _given(form: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(text) for name, text in form.items() if str(text or "").strip()}


def _keys(workspace: Workspace, register: str, number: int) -> list[Key]:
    """Return the keys of the records a revision touched; raises ConflictError where one changed since."""
    layer, newest = workspace.layer(register), workspace.store.revision()
    keys = _touched(workspace, layer, number - 1, number)
    later = [key for key in _touched(workspace, layer, number, newest) if key in set(keys)]
    if later:
        shown = "、".join(key_label(key) for key in later[:_MOST_NAMED])
        raise ConflictError(
            f"“{shown}”在第 {number} 次修订之后又改过，不能再撤回这次修订。请先撤回后来的，或直接修改。"
        )
    return keys


def _touched(workspace: Workspace, layer: Layer, after: int, until: int) -> list[Key]:
    found = workspace.store.revisions_of(layer.id, layer.key, after, until)
    if found.empty:
        return []
    keys: pd.DataFrame = conform_keys(found, layer).drop_duplicates()
    return list(record_keys(keys, layer))


def _back(workspace: Workspace, register: str, number: int, keys: Sequence[Key]) -> RegisterChange:
    layer = workspace.layer(register)
    before = workspace.store.read(register, revision=number - 1)
    now = workspace.store.read(register)
    old = before.iloc[positions_of(before, keys, layer)]
    _refuse_own_fields(layer, old, now)
    there = set(record_keys(now.iloc[positions_of(now, keys, layer)], layer))
    restored = set(record_keys(old, layer))
    return RegisterChange(
        old,
        removed=[key for key in keys if key in there and key not in restored],
        seen={key: number if key in there else 0 for key in keys},
    )


def _refuse_own_fields(layer: Layer, old: pd.DataFrame, now: pd.DataFrame) -> None:
    """Refuse to change back, unchecked, what only a page of its own may change."""
    compared = difference(now, old, layer)
    names = [name for name in OWN_FIELDS.get(layer.id, ()) if compared.differing[name].any()]
    if names:
        raise InputError("".join(own_field_words(layer, names).values()) + "这次修订没有撤回。")
