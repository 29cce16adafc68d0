"""Editing on the map: what a drawn shape comes to, storing drawn and reshaped records, plots split and merged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from geoapp.analysis.topology import area_m2
from geoapp.domain.change import Key
from geoapp.domain.geojson import KINDS, parse_shape, shape_record
from geoapp.domain.layer import Layer
from geoapp.domain.proposal import Proposal
from geoapp.domain.user import Permission
from geoapp.errors import FormError, GoneError, NotFoundError, StaleError, UsageError
from geoapp.services.drawable_registers import drawable_layer, drawing_fields
from geoapp.services.edit_conflict import shape_conflict
from geoapp.services.edit_geometry import Placed, finding_words, place_shape, snap_targets
from geoapp.services.edits import (
    Saved,
    address_key,
    create_record,
    edit_record,
    own_keys,
    read_version,
)
from geoapp.services.plot_facts import today
from geoapp.services.plot_merge import Union, merge_plots, unite_plots
from geoapp.services.plot_selection import check_keys
from geoapp.services.plot_split import Division, divide_plot, split_plot
from geoapp.services.proposal_plots import packed
from geoapp.services.record_form import SIGNATURE_FIELDS, read_fields, value_text
from geoapp.services.record_key import find_record
from geoapp.services.undo import undo_revision
from geoapp.services.workspace import Workspace
from geoapp.web.errors import error_record
from geoapp.web.parameters import json_body, refuse_unknown
from geoapp.web.permissions import needs
from geoapp.web.proposing import actor, proposals, proposes, send

blueprint = Blueprint("map_edits", __name__)
PLOTS, TOWN = "plots", "town_code"


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


@blueprint.get("/edits/shape.json")
def shape() -> Response:
    """Give a record's shape as it is stored, its version, and the shapes around it to snap to."""
    refuse_unknown(("register", "key"))
    layer = drawable_layer(_workspace(), request.args.get("register", PLOTS))
    code = request.args.get("key", "")
    own, held = find_record(_workspace(), layer, code)
    drawn = held.fields.get("geometry")
    around = [] if drawn is None else snap_targets(_workspace(), layer, drawn, today(), [own])
    return jsonify(
        register=layer.id,
        key=code,
        name=held.fields.get(layer.label_field) or "",
        version=held.from_revision,
        geometry=shape_record(drawn),
        neighbours=[shape_record(one) for one in around],
        snap_m=float(_workspace().policy.value("edit_snap_m", today())),
    )


@blueprint.get("/edits/fields.json")
@needs(Permission.PROPOSE)
def fields() -> Response:
    """Give what has to be filled in for a record that is drawn."""
    refuse_unknown(("register",))
    layer = drawable_layer(_workspace(), request.args.get("register", PLOTS))
    lines = drawing_fields(_workspace(), layer)
    if proposes():  # the town is the reporter's own
        lines = tuple(line for line in lines if line.name != TOWN)
    return jsonify(fields=[asdict(line) for line in lines])


@blueprint.post("/edits/check.json")
@needs(Permission.PROPOSE)
def check() -> Response:
    """Give a drawn shape as it would be stored: laid onto its neighbours, measured, and what does not fit."""
    refuse_unknown(())
    body = json_body(("register", "key", "fields", "geometry", "snap"))
    layer = _layer(body)
    drawn = parse_shape(body.get("geometry"), KINDS[layer.geometry])
    values: Mapping[str, Any] = read_fields(layer, _fields(body, layer), {})
    if body.get("key") is not None:
        code = _text(body, "key")
        if proposes():
            proposals().refuse_foreign(actor(), "record", layer.id, code)
        values = find_record(_workspace(), layer, code)[1].fields
    own = [] if body.get("key") is None else own_keys(layer, values)
    snaps = body.get("snap", True) is not False
    placed = place_shape(_workspace(), layer.id, drawn, today(), without=own, snaps=snaps, values=values)
    neighbours = [shape_record(one) for one in placed.around]
    return jsonify({**_placed_record(placed), "neighbours": neighbours})


@blueprint.post("/edits/shape.json")
@needs(Permission.PROPOSE)
def save_shape() -> AnyResponse:
    """Store a drawn record (nothing seen) or another shape of one (of the version seen)."""
    refuse_unknown(())
    body = json_body(("register", "key", "seen", "fields", "geometry", "snap", "accept", *SIGNATURE_FIELDS))
    layer = _layer(body)
    drawn, code = parse_shape(body.get("geometry"), KINDS[layer.geometry]), _text(body, "key")
    snaps = body.get("snap", True) is not False
    typed = {name: _text(body, name) for name in SIGNATURE_FIELDS} | (
        {"accept": "1"} if body.get("accept") else {}
    )

    def store() -> Saved | Proposal:
        if body.get("seen") is None:
            own = {**_fields(body, layer), **typed}
            if proposes():
                if TOWN in layer.field_names:
                    own[TOWN] = actor().town_code
                return send("new", own, register=layer.id, shape=drawn, snaps=snaps)
            return create_record(_workspace(), layer.id, own, shape=drawn, snaps=snaps)
        own = {**typed, "seen": str(body["seen"])}
        if proposes():
            return send("record", own, register=layer.id, key=code, shape=drawn, snaps=snaps)
        return edit_record(_workspace(), layer.id, code, own, shape=drawn, snaps=snaps)

    return _answer(store, layer.id, body)


@blueprint.post("/edits/split.json")
@needs(Permission.PROPOSE)
def split() -> AnyResponse:
    """Say how a line divides a plot, or (with codes) store its parts in its place."""
    refuse_unknown(())
    body = json_body(("key", "line", "seen", "codes", "sharing", "values", *SIGNATURE_FIELDS))
    line: Any = parse_shape(body.get("line"), ("LineString",))
    code = _text(body, "key")
    _refuse_foreign("split", [code])
    if body.get("codes") is None:
        return jsonify(_division_record(divide_plot(_workspace(), code, line)))
    if proposes():
        sent = packed(body)
        return _answer(lambda: send("split", sent, register=PLOTS, key=code, shape=line), PLOTS, body)
    return _answer(lambda: split_plot(_workspace(), code, line, body), PLOTS, body)


@blueprint.post("/edits/merge.json")
@needs(Permission.PROPOSE)
def merge() -> AnyResponse:
    """Say what plots come to as one, or (with a code) store it in their place."""
    refuse_unknown(())
    body = json_body(("keys", "versions", "code", "choices", *SIGNATURE_FIELDS))
    codes = check_keys(body.get("keys"))
    _refuse_foreign("merge", codes)
    if body.get("code") is None:
        return jsonify(_union_record(unite_plots(_workspace(), codes)))
    if proposes():
        sent, first = packed({**body, "keys": list(codes)}), next(iter(codes), "")
        return _answer(lambda: send("merge", sent, register=PLOTS, key=first), PLOTS, body)
    return _answer(lambda: merge_plots(_workspace(), codes, body), PLOTS, body)


def _refuse_foreign(kind: str, codes: Sequence[str]) -> None:
    """Refuse a reporter whatever is not of the own town."""
    for code in codes if proposes() else ():
        proposals().refuse_foreign(actor(), kind, PLOTS, code)


@blueprint.post("/edits/undo.json")
@needs(Permission.EDIT)
def undo() -> AnyResponse:
    """Take an edit back."""
    refuse_unknown(())
    body = json_body(("revision", *SIGNATURE_FIELDS))
    number = body.get("revision")
    if type(number) is not int:
        raise UsageError("“revision”应为要撤回的修订号。")
    return _answer(lambda: undo_revision(_workspace(), number, body), PLOTS, body)


def _answer(store: Callable[[], Saved | Proposal], register: str, body: Mapping[str, Any]) -> AnyResponse:
    """Store and say what came of it; a refusal names the fields, a conflict shows both versions."""
    try:
        saved = store()
    except FormError as error:
        return _refusal(422, str(error), complaints=dict(error.complaints))
    except StaleError as error:
        theirs = _theirs(error.register, error.key, body if error.register == register else {})
        return _refusal(409, str(error), theirs=theirs)
    if isinstance(saved, Proposal):
        address = url_for("proposals.show", number=saved.number)
        return jsonify(proposal=saved.number, address=address, keys=[], findings=[])
    return jsonify(
        revision=saved.revision.number if saved.revision else None,
        keys=list(saved.keys),
        findings=list(saved.findings),
    )


def _refusal(status: int, message: str, **more: Any) -> Response:
    response = jsonify({**error_record(status, message), **more})
    response.status_code = status
    return response


def _theirs(register: str, key: Key, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the version of a record that holds now, beside what was sent; None where there is none."""
    layer, code = _workspace().layer(register), address_key(key)
    versions = body.get("versions")
    seen = versions.get(code) if isinstance(versions, dict) else body.get("seen")
    is_new = seen is None and "geometry" in body
    try:
        held = _workspace().store.record(register, key).from_revision
        version = 0 if is_new else read_version({"seen": held if seen is None else seen})
        found = shape_conflict(_workspace(), layer, key, version, _fields(body, layer))
    except (NotFoundError, GoneError):
        return None
    lines = [asdict(line) for line in found.record.lines]
    return {
        "register": register,
        "key": code,
        "version": found.record.version,
        "user": found.record.user,
        "reason": found.record.reason,
        "made_on": found.record.made_on,
        "is_new": is_new,
        "fields": lines,
        "is_moved": found.is_moved,
        "geometry": shape_record(found.theirs),
        "area_m2": None if found.theirs is None else area_m2(found.theirs),
        "base_area_m2": None if found.base is None else area_m2(found.base),
    }


def _layer(body: Mapping[str, Any]) -> Layer:
    """Return the register that a request is about; the plots where it does not say."""
    return drawable_layer(_workspace(), _text(body, "register") or PLOTS)


def _fields(body: Mapping[str, Any], layer: Layer) -> dict[str, str]:
    """Return what was filled in for a record that is drawn, by field."""
    typed = body.get("fields") or {}
    if not isinstance(typed, dict) or not all(isinstance(text, str) for text in typed.values()):
        raise UsageError("“fields”应为各字段的文字。")
    unknown = sorted(set(typed) - set(layer.field_names))
    if unknown:
        raise UsageError(f"“{layer.zh}”没有字段“{unknown[0][:40]}”。")
    return typed


def _placed_record(placed: Placed) -> dict[str, Any]:
    return {
        "geometry": shape_record(placed.geometry),
        "area_m2": placed.area_m2,
        "is_snapped": placed.is_snapped,
        "findings": [
            {
                "kind": str(finding.kind),
                "words": finding_words(finding),
                "area_m2": finding.area_m2,
                "geometry": shape_record(finding.geometry),
            }
            for finding in placed.findings
        ],
    }


def _division_record(division: Division) -> dict[str, Any]:
    parts = zip(division.codes, division.parts, division.areas_m2, strict=True)
    return {
        "key": division.plot_code,
        "version": division.version,
        "parts": [
            {"code": code, "geometry": shape_record(part), "area_m2": area} for code, part, area in parts
        ],
        "sums": [
            {
                "name": field.name,
                "label": field.label,
                "whole": value_text(field, whole),
                "parts": [value_text(field, round(part, 2)) for part in parts],
            }
            for field, whole, parts in division.sums
        ],
    }


def _union_record(union: Union) -> dict[str, Any]:
    return {
        "versions": dict(union.versions),
        "geometry": shape_record(union.geometry),
        "area_m2": union.area_m2,
        "code": union.code,
        "sums": [
            {"name": field.name, "label": field.label, "text": value_text(field, total)}
            for field, total in union.sums
        ],
        "differing": [
            {"name": one.field.name, "label": one.field.zh, "texts": dict(one.texts)}
            for one in union.differing
        ],
        "findings": list(union.findings),
    }


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"“{name}”应为文字。")
    return (value or "").strip()
