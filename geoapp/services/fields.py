"""The catalogue of fields: what a register's records can be filtered by, shown with and coloured by."""

from collections.abc import Mapping
from dataclasses import replace

from geoapp.domain.filter_fields import FieldInfo, find_field
from geoapp.domain.frame import plain_values
from geoapp.domain.layer import UNIT_LABELS, Field, Layer
from geoapp.services.plot_fields import OWN_WORDS, PlotField, plot_fields
from geoapp.services.plot_location import location_fields
from geoapp.services.project_facts import project_fields
from geoapp.services.workspace import Workspace

__all__ = ["FieldInfo", "find_field", "register_fields"]

MOST_NAMES = 2_000
"""Records of a larger register are not offered by name."""
_FIRST_PLOT_FIELDS = ("plot_code", "name", "town_code", "park_code", "right_holder")
_DEFAULT_COUNT = 8
"""Columns shown at first of a register that does not say which."""


def register_fields(workspace: Workspace, register: str) -> dict[str, FieldInfo]:
    """Return the fields of a register that anybody may see, by name, in the order of tables.

    Parameters
    ----------
    workspace : Workspace
    register : str

    Returns
    -------
    dict of FieldInfo by name
        The register's own fields without the restricted ones; of plots also what is computed about them, but
        not what comes from a field that this sight hides. Shared by all who ask: never change it.

    Raises
    ------
    NotFoundError
        No such register.
    """
    layer = workspace.layer(register)
    named = sorted({_referenced(field) for field in layer.fields if field.references} | _named_by(layer))
    versions = workspace.register_revisions(named, workspace.store.revision())
    return workspace.cache.get(("fields", register, versions), lambda: _fields(workspace, layer))


def _named_by(layer: Layer) -> set[str]:
    return {"control_zones"} if layer.id == "plots" else set()


def _fields(workspace: Workspace, layer: Layer) -> dict[str, FieldInfo]:
    shown = (layer.card or layer.field_names)[:_DEFAULT_COUNT]
    own = {
        field.name: _own_field(workspace, field, is_default=field.name in (*layer.key, *shown))
        for field in layer.fields
        if not field.is_restricted
    }
    if layer.id == "projects":
        return own | project_fields(workspace)
    return _with_computed(workspace, own) if layer.id == "plots" else own


def _with_computed(workspace: Workspace, own: Mapping[str, FieldInfo]) -> dict[str, FieldInfo]:
    """Return the plots' fields: what they are called by, what is computed, what else the register holds."""
    first = {name: replace(own[name], is_default=True) for name in _FIRST_PLOT_FIELDS if name in own}
    computed = {
        name: field.info for name, field in plot_fields(workspace).items() if not _is_hidden(workspace, field)
    }
    places = {info.name: info for info in location_fields(workspace, _names(workspace, "control_zones"))}
    rest = {
        name: replace(info, is_default=False, zh=OWN_WORDS.get(name, info.zh))
        for name, info in own.items()
        if name not in first and name not in computed
    }
    rest = {name: replace(info, label=_label(info.zh, info.unit)) for name, info in rest.items()}
    return first | computed | places | rest


def _is_hidden(workspace: Workspace, field: PlotField) -> bool:
    """Whether a computed field comes from one that is not seen of any town: offered, it would call all unknown."""
    if field.made_of is None or workspace.sight.town_code:
        return False
    register, name = field.made_of
    return name in workspace.sight.hidden(workspace.layer(register))


def _own_field(workspace: Workspace, field: Field, *, is_default: bool) -> FieldInfo:
    codes: Mapping[str, str] = field.code_labels
    if field.references:
        codes = _names(workspace, _referenced(field))
    unit = "" if field.unit == "year" else UNIT_LABELS.get(field.unit, "")
    return FieldInfo(
        name=field.name,
        zh=field.zh,
        label=_label(field.zh, unit),
        dtype=field.dtype,
        unit=unit,
        codes=codes,
        has_open_codes=bool(field.references),
        is_default=is_default,
        description=field.description,
        aliases=field.aliases,
    )


def _label(zh: str, unit: str) -> str:
    return f"{zh}({unit})" if unit else zh


def _referenced(field: Field) -> str:
    return field.references.partition(".")[0]


def _names(workspace: Workspace, register: str) -> dict[str, str]:
    """Return what the records of a register with a one-part key are called, in the order of keys."""
    layer, records = workspace.layer(register), workspace.store.read(register)
    if len(layer.key) != 1 or len(records) > MOST_NAMES or not layer.label_field:
        return {}
    records = records.sort_values(layer.key[0])
    keys, names = (plain_values(records[name]) for name in (layer.key[0], layer.label_field))
    return {str(key): str(key if name is None else name) for key, name in zip(keys, names, strict=True)}
