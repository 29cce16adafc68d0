"""Two people changed one record: what was there, what the other made of it and what was typed, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely

from geoapp.domain.change import Key
from geoapp.domain.layer import Field, Layer
from geoapp.services.edits import version_seen
from geoapp.services.record_card import field_text
from geoapp.services.record_form import field_texts, read_fields, value_text
from geoapp.services.undo import revision_entry
from geoapp.services.workspace import Workspace

WITHHELD_ZH = "（不显示）"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictLine:
    """A field that the other changed."""

    name: str
    label: str
    base: str
    """In words, as it was when the form was opened."""
    theirs: str
    mine: str
    is_both: bool
    """The author changed it too, otherwise: one must be chosen. Else the other's value holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Both versions of a record."""

    version: int
    """That holds now: what the next try is made against."""
    user: str
    reason: str
    made_on: str
    lines: tuple[ConflictLine, ...]
    texts: Mapping[str, str]
    """What the form shows now: as typed, where only the other changed a field the other's."""


def conflict_of(
    workspace: Workspace, layer: Layer, key: Key, version: int, typed: Mapping[str, str]
) -> Conflict:
    """Return both versions of a record that was changed while its form was open.

    Parameters
    ----------
    workspace : Workspace
    layer : Layer
    key : tuple
    version : int
        That the author saw; 0 where the author made a record of this key, not knowing of the other's.
    typed : mapping
        Texts by field.

    Raises
    ------
    NotFoundError, GoneError
        The record is no longer there.
    """
    held = workspace.store.record(layer.id, key)
    seen = version_seen(workspace, layer.id, key, version)
    base = (held.fields if version else {}) if seen is None else seen.fields
    lines, texts = [], dict(typed)
    for field in layer.fields:
        if field.name in layer.key or field.name not in typed:
            continue
        line = _line(layer, field, base.get(field.name), held.fields.get(field.name), typed[field.name])
        if line is None:
            continue
        lines.append(line)
        if not line.is_both and not field.is_restricted:
            texts[field.name] = value_text(field, held.fields.get(field.name))
    entry = revision_entry(workspace, held.from_revision)
    return Conflict(
        version=held.from_revision,
        user=entry.user,
        reason=entry.reason,
        made_on=entry.made_at.astimezone().strftime("%Y-%m-%d %H:%M"),
        lines=tuple(lines),
        texts=texts,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeConflict:
    """Both versions of a record whose shape was drawn: the other's fields beside the author's, and the shapes."""

    record: Conflict
    base: shapely.Geometry | None
    """In degrees, as it was when the author took it up; None where there was none."""
    theirs: shapely.Geometry | None
    is_moved: bool
    """Whether the other changed the shape too."""


def shape_conflict(
    workspace: Workspace, layer: Layer, key: Key, version: int, typed: Mapping[str, str]
) -> ShapeConflict:
    """Return both versions of a record that was changed while its shape was drawn.

    Parameters and refusals as for `conflict_of`; of the fields that *typed* lacks the author changed none.
    """
    seen = version_seen(workspace, layer.id, key, version)
    base = {} if seen is None else seen.fields
    texts = {**field_texts(layer, base), **typed}
    theirs = workspace.store.record(layer.id, key).fields.get("geometry")
    before = base.get("geometry")
    return ShapeConflict(
        record=conflict_of(workspace, layer, key, version, texts),
        base=before,
        theirs=theirs,
        is_moved=(before is None) != (theirs is None)
        or (before is not None and not shapely.equals_exact(before, theirs, 0)),
    )


def take_theirs(
    workspace: Workspace, layer: Layer, key: Key, typed: Mapping[str, str], chosen: Mapping[str, str]
) -> dict[str, str]:
    """Return the texts with the stored value in the fields for which the other's version was chosen.

    Parameters
    ----------
    workspace : Workspace
    layer : Layer
    key : tuple
    typed : mapping
        Texts by field.
    chosen : mapping
        By field "theirs" or "mine".
    """
    theirs = [name for name, whose in chosen.items() if whose == "theirs" and name in typed]
    if not theirs:
        return dict(typed)
    stored = workspace.store.record(layer.id, key).fields
    fields = {field.name: field for field in layer.fields}
    return {
        **typed,
        **{
            name: "" if fields[name].is_restricted else value_text(fields[name], stored.get(name))
            for name in theirs
        },
    }


def _line(layer: Layer, field: Field, base: Any, theirs: Any, text: str) -> ConflictLine | None:
    complaints: dict[str, str] = {}
    is_touched = text.strip() != value_text(field, base)
    mine = read_fields(layer, {field.name: text}, complaints).get(field.name, base) if is_touched else base
    if theirs == base or (mine == theirs and not complaints):
        return None
    is_both = bool(complaints) or value_text(field, mine) != value_text(field, base)
    hidden = field.is_restricted
    return ConflictLine(
        name=field.name,
        label=field.zh,
        base=WITHHELD_ZH if hidden else field_text(field, base),
        theirs=WITHHELD_ZH if hidden else field_text(field, theirs),
        mine=text if complaints or hidden else field_text(field, mine),
        is_both=is_both,
    )
