"""What a form comes to: stored at once for editors, sent as a proposal by town reporters."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, current_app, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from geoapp.domain.proposal import Proposal
from geoapp.domain.user import Permission
from geoapp.errors import GeoappError
from geoapp.services.as_of import AsOf
from geoapp.services.own_forms import OWN_FORMS
from geoapp.services.proposal_files import Upload
from geoapp.services.proposals import Proposals, Proposer
from geoapp.web.people import person

EXTENSION = "geoapp_proposals"
_NOT_KEPT = ("csrf_token", "proposal", "keep")


def init_app(app: Flask, proposals: Proposals) -> None:
    """Let views and templates ask for the proposals."""
    app.extensions[EXTENSION] = proposals

    @app.context_processor
    def offer() -> dict[str, object]:
        return {
            "proposes": proposes(),
            "resent": resent,
            "proposal_count": proposal_count,
            "write_words": write_words,
        }


def proposals() -> Proposals:
    """Return the installation's proposals."""
    found: Proposals = current_app.extensions[EXTENSION]
    return found


def actor(typed: str = "") -> Proposer:
    """Return who asks, as proposals know the person; what was typed names whoever did not sign in."""
    found = person()
    if found is None:
        return Proposer(user_name="", author=typed)
    return Proposer(user_name=found.user.name, author=found.author or typed, town_code=found.user.town_code)


def proposes() -> bool:
    """Return whether what the person sends is a proposal and not stored."""
    found = person()
    return found is not None and found.may(Permission.PROPOSE) and not found.may(Permission.EDIT)


def proposal_count() -> int | None:
    """Return how many proposals wait for the person; None for who neither sends nor decides any."""
    found = person()
    may_review = found is not None and found.may(Permission.REVIEW)
    return proposals().count(actor(), may_review=may_review) if may_review or proposes() else None


def write_words(kind: str, register: str, key: str, state: AsOf) -> str:
    """Return what a form's button says: 保存 for editors, 报送 for reporters of the record's town, else nothing."""
    found = person()
    if found is None or not state.is_now:
        return ""
    if found.may(Permission.EDIT):
        return "保存"
    return "报送" if proposes() and _may_propose(kind, register, key) else ""


def _may_propose(kind: str, register: str, key: str) -> bool:
    if kind in ("record", "new") and register in OWN_FORMS:
        return False
    try:
        proposals().refuse_foreign(actor(), kind, register, key)
    except GeoappError:
        return False
    return True


def send(kind: str, texts: Mapping[str, str], **about: Any) -> Proposal:
    """Keep a form as a proposal; see `Proposals.send`."""
    kept = {name: text for name, text in texts.items() if name not in _NOT_KEPT}
    return proposals().send(actor(), kind, kept, **about)


def sent_files() -> dict[str, Any]:
    """Return the files of the form being answered and which of an earlier version's stay, as `send` takes them."""
    uploads = [Upload(file.filename, file.read()) for file in request.files.getlist("files") if file.filename]
    return {"uploads": uploads, "kept": request.form.getlist("keep") if "keep" in request.form else None}


def resent() -> int:
    """Return the number of the proposal that the form being answered is another version of; 0 for none."""
    text = request.values.get("proposal", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def sent_proposal(*kinds: str, register: str, key: str = "") -> Proposal | None:
    """Return the own proposal of one of a page's forms that the address names, else the open one of the first.

    Parameters
    ----------
    *kinds : str
        The page's forms; one of another form or record is not the page's, whatever the address says.
    register, key : str
        Of the record; a form that makes one has no key, and no open one but by number.
    """
    if not proposes():
        return None
    number, me = resent(), actor()
    found = proposals().one(number, me) if number else None
    if found is not None and found.user_name == me.user_name:
        form = found.form
        if form.kind in kinds and (form.register, form.key) == (register, key):
            return found
    return proposals().open_form(me, kinds[0], register, key) if key else None


def sent_texts(*kinds: str, register: str, key: str = "") -> dict[str, str]:
    """Return what a reporter sent of a page's forms, to be seen in them again; see `sent_proposal`."""
    found = sent_proposal(*kinds, register=register, key=key)
    return {} if found is None else dict(found.form.texts)


def sent_answer(proposal: Proposal) -> Response:
    """Lead to the page of a proposal that was sent; a script is told where that is."""
    address = url_for("proposals.show", number=proposal.number)
    flash(f"已报送，第 {proposal.number} 号，待审核。审核采纳以前台账和地图不变。")
    if request.headers.get("X-Requested-With") == "fetch":
        return jsonify(address=address)
    return redirect(address, 303)
