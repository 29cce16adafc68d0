"""Proposals: `/proposals`, `/proposals/<number>`; a reviewer accepts or returns, the reporter sees and sends again."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from geoapp.domain.proposal import (
    PROPOSAL_ACT_LABELS,
    PROPOSAL_STATE_LABELS,
    Proposal,
    ProposalState,
    ProposedFile,
)
from geoapp.domain.user import Permission
from geoapp.errors import ConflictError, FormError, InputError, NotFoundError, RefusedError, UsageError
from geoapp.services.place_names import place_names
from geoapp.services.proposal_kinds import KINDS
from geoapp.services.proposal_map import proposal_map
from geoapp.services.proposal_review import Decision
from geoapp.services.record_card import record_address
from geoapp.services.workspace import Workspace
from geoapp.web.downloads import shown_response
from geoapp.web.parameters import refuse_unknown
from geoapp.web.people import person, written_by
from geoapp.web.permissions import needs
from geoapp.web.proposing import actor, proposals

blueprint = Blueprint("proposals", __name__)
ROWS_SHOWN = 500
_CHOICE = "choose-"


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _towns() -> dict[str, str]:
    return place_names(_workspace(), "towns", _workspace().store.revision())


@blueprint.get("/proposals")
@needs(Permission.PROPOSE)
def page() -> str:
    """Show the proposals: a reviewer those that wait, a reporter those of the own town; others by state."""
    refuse_unknown(("state",))
    found, me = person(), actor()
    listed = proposals().listed(me)
    usual = "" if me.town_code else str(ProposalState.WAITING)
    state = request.args.get("state", usual)
    if state and state not in (*PROPOSAL_STATE_LABELS, "all"):
        raise UsageError(f"没有状态“{state[:20]}”；可用：all、{'、'.join(PROPOSAL_STATE_LABELS)}。")
    shown = [one for one in listed if state in ("", "all", one.state)]
    return render_template(
        "pages/proposals.html",
        proposals=shown[:ROWS_SHOWN],
        count=len(shown),
        counts={code: sum(one.state == code for one in listed) for code in PROPOSAL_STATE_LABELS},
        total=len(listed),
        state=state or "all",
        me=me,
        is_reviewer=found is not None and found.may(Permission.REVIEW),
        **_words(),
    )


def _words() -> dict[str, Any]:
    layers = _workspace().layers
    return {
        "states": PROPOSAL_STATE_LABELS,
        "acts": PROPOSAL_ACT_LABELS,
        "towns": _towns(),
        "title_of": lambda form: f"{KINDS[form.kind].zh} · {layers[form.register].zh} {form.key}".strip(),
    }


@blueprint.get("/proposals/<int:number>")
@needs(Permission.PROPOSE)
def show(number: int) -> str:
    """Show one proposal with what it would change."""
    refuse_unknown(())
    return _page(number, {}, {})


def _page(number: int, typed: Mapping[str, str], complaints: Mapping[str, str]) -> str:
    me, found = actor(), person()
    proposal = proposals().one(number, me)
    return render_template(
        "pages/proposal.html",
        proposal=proposal,
        form=proposal.form,
        review=proposals().review(number, me),
        map=proposal_map(_workspace(), proposal.form),
        may_decide=found is not None and found.may(Permission.REVIEW) and proposal.state == "waiting",
        is_own=proposal.is_open and me.town_code != "" and proposal.user_name == me.user_name,
        again=_again(proposal),
        file_address=lambda file: _file_address(proposal, file),
        record=quote(record_address(proposal.form.register, proposal.form.key)) if proposal.form.key else "",
        typed=typed,
        complaints=complaints,
        **_words(),
    )


@blueprint.get("/proposals/<int:number>/files/<digest>")
@needs(Permission.PROPOSE)
def get_file(number: int, digest: str) -> Response:
    """Give a file that was sent with a proposal, while it is open."""
    refuse_unknown(())
    found = proposals().file(number, actor(), digest)
    return shown_response(found.content, found.media_type, name=found.file_name)


def _file_address(proposal: Proposal, file: ProposedFile) -> str:
    """Return where a file is: with the open proposal, then with its project, nowhere where that was withdrawn."""
    if proposal.is_open:
        return url_for("proposals.get_file", number=proposal.number, digest=file.sha256)
    if proposal.state == ProposalState.WITHDRAWN:
        return ""
    return url_for("projects.get_attachment", project_code=proposal.form.record_key, digest=file.sha256)


def _again(proposal: Proposal) -> str:
    """Return the address of the form with what was sent, to be changed and sent again."""
    form, number = proposal.form, proposal.number
    if form.kind in ("split", "merge"):
        return url_for("map.show", selected=f"{form.register}:{form.key}")
    if form.shape and form.kind == "record":
        return url_for("map.show", selected=f"{form.register}:{form.key}", edit=1)
    if form.kind in ("record", "removal"):
        return url_for("edits.edit_page", register=form.register, key=form.key, proposal=number)
    if form.kind == "new":
        return url_for("edits.new_page", register=form.register, proposal=number)
    if form.register == "list_entries":
        year, list_code, subject = form.key.split("/", 2)
        return url_for("lists.entry", year=year, list_code=list_code, subject=subject, proposal=number)
    return url_for("projects.show", project_code=form.record_key, proposal=number)


@blueprint.post("/proposals/<int:number>/accept")
@needs(Permission.REVIEW)
def accept(number: int) -> AnyResponse | tuple[str, int]:
    """Store what was proposed."""
    form = request.form
    decision = Decision(
        token=form.get("token", ""),
        chosen={
            name.removeprefix(_CHOICE): whose for name, whose in form.items() if name.startswith(_CHOICE)
        },
        agrees=bool(form.get("agrees")),
        reason=form.get("remark", ""),
    )

    def act() -> str:
        made = proposals().accept(actor(written_by(form.get("user", ""))), number, decision)
        return f"已采纳，存为第 {made.number} 次修订。"

    return _done(number, act)


@blueprint.post("/proposals/<int:number>/return")
@needs(Permission.REVIEW)
def give_back(number: int) -> AnyResponse | tuple[str, int]:
    """Return a proposal with a reason."""

    def act() -> str:
        me = actor(written_by(request.form.get("user", "")))
        proposals().give_back(me, number, request.form.get("reason", ""), request.form.get("seen", ""))
        return "已退回，填报员会看到原因。"

    return _done(number, act)


@blueprint.post("/proposals/<int:number>/withdraw")
@needs(Permission.PROPOSE)
def withdraw(number: int) -> AnyResponse | tuple[str, int]:
    """Take back what one has sent."""

    def act() -> str:
        proposals().withdraw(actor(), number, request.form.get("seen", ""))
        return "已撤回。"

    return _done(number, act)


def _done(number: int, act: Any) -> AnyResponse | tuple[str, int]:
    try:
        words = act()
    except (NotFoundError, RefusedError):
        raise
    except InputError as error:
        complaints = error.complaints if isinstance(error, FormError) else {"": str(error)}
        return _page(number, dict(request.form.items()), complaints), 409 if isinstance(
            error, ConflictError
        ) else 422
    flash(words)
    return redirect(url_for("proposals.show", number=number), 303)
