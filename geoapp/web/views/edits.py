"""Editing records: `/records/<register>/<key>/edit`, `/records/<register>/new`, withdrawing, taking edits back."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from geoapp.domain.layer import Layer
from geoapp.domain.revision import REVISION_KIND_LABELS, RevisionKind
from geoapp.domain.user import Permission
from geoapp.errors import FormError, GoneError, StaleError
from geoapp.services.as_of import AsOf
from geoapp.services.edit_conflict import Conflict, conflict_of, take_theirs
from geoapp.services.edits import (
    Saved,
    create_record,
    edit_record,
    editable_layer,
    read_version,
    withdraw_record,
)
from geoapp.services.own_forms import OWN_FORMS
from geoapp.services.record_card import record_address
from geoapp.services.record_form import SIGNATURE_FIELDS, field_texts, form_fields
from geoapp.services.record_key import find_key, find_record
from geoapp.services.undo import revision_entry, undo_revision
from geoapp.services.workspace import Workspace
from geoapp.web.parameters import refuse_unknown
from geoapp.web.permissions import needs
from geoapp.web.proposing import (
    actor,
    proposals,
    proposes,
    resent,
    send,
    sent_answer,
    sent_proposal,
    sent_texts,
    write_words,
)

blueprint = Blueprint("edits", __name__)
_CHOICE = "choose-"


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


@blueprint.app_template_global("edit_address")
def edit_address(register: str, key: str, state: AsOf) -> str | None:
    """Return where a record is edited; None where that is another page's, the day shown is not now, or one may not."""
    if register in OWN_FORMS or not write_words("record", register, key, state):
        return None
    return url_for("edits.edit_page", register=register, key=key)


@blueprint.app_template_global("shape_address")
def shape_address(register: str, key: str, state: AsOf) -> str | None:
    """Return where a record's shape is drawn or moved; None where it has none, or as for `edit_address`."""
    if not _workspace().layer(register).has_geometry or edit_address(register, key, state) is None:
        return None
    return url_for("map.show", selected=f"{register}:{key}", edit=1)


@blueprint.get("/records/<register>/new")
@needs(Permission.PROPOSE)
def new_page(register: str) -> str:
    """Show the empty form of a register; the address may fill in fields."""
    layer = editable_layer(_workspace(), register)
    refuse_unknown((*layer.field_names, "proposal"))
    if proposes():
        proposals().refuse_foreign(actor(), "new", register)
    return _page(layer, None, {**sent_texts("new", register=register), **dict(request.args.items())})


@blueprint.post("/records/<register>/new")
@needs(Permission.PROPOSE)
def create(register: str) -> AnyResponse:
    """Store a new record; a form that is not right comes back as it was typed."""
    layer = editable_layer(_workspace(), register)
    typed = _typed(layer)
    try:
        if proposes():
            return sent_answer(send("new", typed, register=register, number=resent()))
        saved = create_record(_workspace(), register, typed)
    except FormError as error:
        return _refusal(_page(layer, None, typed, complaints=error.complaints), 422)
    except StaleError as error:
        complaints = dict.fromkeys(layer.key, str(error))
        return _refusal(_page(layer, None, typed, complaints=complaints), 409)
    return _done(layer, saved, record_address(register, saved.keys[0]))


@blueprint.get("/records/<register>/<path:key>/edit")
@needs(Permission.PROPOSE)
def edit_page(register: str, key: str) -> str:
    """Show the form of a record; to a reporter with what was proposed and is not decided."""
    refuse_unknown(("proposal",))
    layer = editable_layer(_workspace(), register)
    if proposes():
        proposals().refuse_foreign(actor(), "record", register, key)
    _, held = find_record(_workspace(), layer, key)
    texts = {**field_texts(layer, held.fields), **sent_texts("record", register=register, key=key)}
    return _page(layer, key, texts, version=held.from_revision)


@blueprint.post("/records/<register>/<path:key>/edit")
@needs(Permission.PROPOSE)
def save(register: str, key: str) -> AnyResponse:
    """Store a changed record; what is not right, or was changed by somebody else, comes back as it was typed."""
    layer = editable_layer(_workspace(), register)
    typed, own_key = _typed(layer), find_key(_workspace(), layer, key)
    version = read_version(request.form)
    try:
        chosen = {
            name.removeprefix(_CHOICE): whose
            for name, whose in request.form.items()
            if name.startswith(_CHOICE)
        }
        typed = take_theirs(_workspace(), layer, own_key, typed, chosen)
        if proposes():
            texts = {**typed, "seen": str(version)}
            return sent_answer(send("record", texts, register=register, key=key, number=resent()))
        saved = edit_record(_workspace(), register, key, {**typed, "seen": str(version)})
    except FormError as error:
        return _refusal(_page(layer, key, typed, version=version, complaints=error.complaints), 422)
    except StaleError:
        conflict = conflict_of(_workspace(), layer, own_key, version, typed)
        texts = {**typed, **conflict.texts}
        return _refusal(_page(layer, key, texts, version=conflict.version, conflict=conflict), 409)
    except GoneError as error:
        return _refusal(_page(layer, key, typed, version=version, gone=str(error)), 410)
    return _done(layer, saved, record_address(register, key))


@blueprint.post("/records/<register>/<path:key>/withdraw")
@needs(Permission.PROPOSE)
def withdraw(register: str, key: str) -> AnyResponse:
    """Take a record off its register."""
    layer = editable_layer(_workspace(), register)
    typed = _typed(layer)
    texts = {**typed, "seen": request.form.get("seen", "")}
    try:
        if proposes():
            return sent_answer(send("removal", texts, register=register, key=key))
        saved = withdraw_record(_workspace(), register, key, texts)
    except FormError as error:
        _, held = find_record(_workspace(), layer, key)
        page = _page(
            layer,
            key,
            {**field_texts(layer, held.fields), **typed},
            version=read_version(request.form),
            complaints=error.complaints,
            is_withdrawing=True,
        )
        return _refusal(page, 422)
    number = saved.revision.number if saved.revision else 0
    return _done(layer, saved, url_for("edits.revision_page", number=number))


@blueprint.get("/revisions/<int:number>")
def revision_page(number: int) -> str:
    """Show what a revision was, with the form that takes it back."""
    refuse_unknown(())
    return _revision_page(number, {}, {})


@blueprint.post("/revisions/<int:number>/undo")
@needs(Permission.EDIT)
def undo(number: int) -> AnyResponse:
    """Take an edit back."""
    typed = {name: request.form.get(name, "") for name in SIGNATURE_FIELDS}
    try:
        saved = undo_revision(_workspace(), number, typed)
    except FormError as error:
        return _refusal(_revision_page(number, typed, error.complaints), 422)
    made = saved.revision.number if saved.revision else number
    flash(f"第 {number} 次修订已撤回，存为第 {made} 次修订。")
    return redirect(url_for("edits.revision_page", number=made), 303)


def _typed(layer: Layer) -> dict[str, str]:
    """Return what the form says of the register's fields and of who signs."""
    names = (*layer.field_names, *SIGNATURE_FIELDS, "accept")
    return {name: request.form[name] for name in names if name in request.form}


def _page(
    layer: Layer,
    key: str | None,
    texts: Mapping[str, str],
    *,
    version: int = 0,
    complaints: Mapping[str, str] | None = None,
    conflict: Conflict | None = None,
    gone: str = "",
    is_withdrawing: bool = False,
) -> str:
    own: dict[str, Any] = {"register": layer.id} | ({} if key is None else {"key": key})
    return render_template(
        "pages/edit.html",
        layer=layer,
        key=key,
        fields=form_fields(_workspace(), layer, texts, is_new=key is None),
        typed={name: texts.get(name, "") for name in SIGNATURE_FIELDS},
        version=version,
        complaints=complaints or {},
        conflict=conflict,
        gone=gone,
        is_withdrawing=is_withdrawing,
        action=url_for("edits.create" if key is None else "edits.save", **own),
        withdraw_action=None if key is None else url_for("edits.withdraw", **own),
        revision=revision_entry(_workspace(), version) if version else None,
        proposal=_open_number(layer.id, key),
        back=None if key is None else quote(record_address(layer.id, key)),
    )


def _open_number(register: str, key: str | None) -> int:
    """Return the number of the proposal that the form would be another version of; 0 for none."""
    found = sent_proposal("new" if key is None else "record", register=register, key=key or "")
    return 0 if found is None else found.number


def _revision_page(number: int, typed: Mapping[str, str], complaints: Mapping[str, str]) -> str:
    entry = revision_entry(_workspace(), number)
    return render_template(
        "pages/revision.html",
        entry=entry,
        kind_zh=REVISION_KIND_LABELS[entry.kind],
        can_undo=entry.kind is not RevisionKind.IMPORT and not set(entry.registers) & set(OWN_FORMS),
        registers=[_workspace().layers[name].zh for name in entry.registers if name in _workspace().layers],
        typed=typed,
        complaints=complaints,
    )


def _refusal(page: str, status: int) -> Response:
    return make_response(page, status)


def _done(layer: Layer, saved: Saved, address: str) -> AnyResponse:
    """Say what was stored on the page that comes next; a script is told where that is."""
    words = f"已存为第 {saved.revision.number} 次修订。" if saved.revision else "内容没有变化，没有改动。"
    flash(f"“{layer.zh}”{words}")
    for finding in saved.findings:
        flash(finding, "finding")
    if request.headers.get("X-Requested-With") == "fetch":
        return jsonify(address=quote(address))
    return redirect(quote(address), 303)
