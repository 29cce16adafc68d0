"""Registers whose shapes are drawn on the map, and what has to be filled in for a new record there."""

from geoapp.domain.layer import Layer
from geoapp.errors import UsageError
from geoapp.services.edits import editable_layer
from geoapp.services.own_forms import OWN_FORMS
from geoapp.services.plot_facts import today
from geoapp.services.proposal_kinds import NOT_PROPOSED
from geoapp.services.record_form import FormField, form_fields
from geoapp.services.seen import has_town
from geoapp.services.workspace import Workspace


def drawable_layers(workspace: Workspace, *, is_proposed: bool = False) -> list[Layer]:
    """Return the registers whose shapes may be drawn, the plots first.

    Parameters
    ----------
    workspace : Workspace
    is_proposed : bool
        Only those of which a town reporter may own records.
    """
    found = [
        layer
        for layer in workspace.layers.values()
        if layer.has_geometry
        and layer.id not in OWN_FORMS
        and not (is_proposed and (layer.id in NOT_PROPOSED or not has_town(layer)))
    ]
    return sorted(found, key=lambda layer: (layer.id != "plots", layer.order))


def drawable_layer(workspace: Workspace, register: str) -> Layer:
    """Return a register whose shapes may be drawn; raises NotFoundError, or UsageError where they may not."""
    layer = editable_layer(workspace, register)
    if not layer.has_geometry:
        raise UsageError(f"台账“{layer.zh}”没有图形，不能在地图上画。")
    return layer


def drawing_fields(workspace: Workspace, layer: Layer) -> tuple[FormField, ...]:
    """Return the lines of the form that a newly drawn record needs at once; the others can be filled in later.

    Its key, its name, what is required, and what names the records that it should lie in.
    """
    within = workspace.policy.value("edit_within_fields", today())
    named = {name for register, name in (place.split(".") for place in within) if register == layer.id}
    return tuple(
        line
        for line in form_fields(workspace, layer, {}, is_new=True)
        if line.is_required or line.name in named or line.name == layer.label_field
    )
