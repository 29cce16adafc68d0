"""Projects: `/projects` as list, board, Gantt chart and funnel, `/projects/<code>`, the steps, news and attachments."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from geoapp.domain.frame import plain_records
from geoapp.domain.listed import LIGHTS
from geoapp.domain.listed import PROJECTS as PROJECT_LIST
from geoapp.domain.user import Permission
from geoapp.errors import ConflictError, InputError, NotFoundError, RefusedError
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.form_comparison import own_texts, seen_text
from geoapp.services.place_names import place_names
from geoapp.services.project_attachments import attach, attachment, withdraw_attachment
from geoapp.services.project_page import project_page
from geoapp.services.project_sheet import (
    CHOICES,
    ProjectSheet,
    chosen_filter,
    phase_words,
    project_sheet,
)
from geoapp.services.project_stages import EVIDENCE_FIELDS, NOTES, PROJECTS, STAGES_REGISTER
from geoapp.services.project_steps import (
    NOTE_FIELDS,
    add_note,
    advance_project,
    plan_project,
    plan_texts,
    settle_note,
    withdraw_step,
)
from geoapp.services.project_tables import gantt_rows, project_gantt, project_table, sheet_record
from geoapp.services.proposal_files import MOST_FILES
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import asked_unit
from geoapp.web.downloads import list_response, shown_response
from geoapp.web.map_links import map_of_plots, map_of_projects
from geoapp.web.parameters import refuse_unknown
from geoapp.web.people import written_by
from geoapp.web.permissions import needs
from geoapp.web.proposing import actor, proposals, proposes, resent, send, sent_answer, sent_files, sent_texts
from geoapp.web.quality import quality_line, with_quality

blueprint = Blueprint("projects", __name__)

VIEWS = {"list": "列表", "board": "看板", "gantt": "甘特图", "funnel": "漏斗"}
PARAMETERS = ("at", "view", "filter", "plots", *CHOICES)
CARDS_SHOWN = 60
"""Of one column of the board."""
ROWS_SHOWN = 500


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _sheet() -> ProjectSheet:
    refuse_unknown(PARAMETERS)
    chosen = {name: request.args.get(name, "") for name in CHOICES}
    return project_sheet(
        _workspace(),
        _state(),
        filter_text=chosen_filter(chosen, request.args.get("filter", "")),
        plots_filter=request.args.get("plots", ""),
    )


def _words() -> dict[str, Any]:
    layer, revision = _workspace().layer(PROJECTS), _state().revision
    return {
        "codes": {name: layer.field(name).code_labels for name in ("stage", "mode")}
        | {"phase": phase_words(), "light": LIGHTS}
        | {"town_code": place_names(_workspace(), "towns", revision)}
        | {"park_code": place_names(_workspace(), "parks", revision)}
    }


@blueprint.get("/projects")
def page() -> str:
    """Show the projects that the filter takes in."""
    sheet = _sheet()
    view = request.args.get("view", "list")
    words = _words()
    members = _workspace().store.read("project_plots", revision=sheet.revision)
    plots = sorted(members.loc[members["project_code"].isin(sheet.projects.index), "plot_code"].unique())
    query = {name: value for name in PARAMETERS if name != "view" and (value := request.args.get(name, ""))}
    return render_template(
        "pages/projects.html",
        sheet=sheet,
        state=_state(),
        view=view if view in VIEWS else "list",
        views=VIEWS,
        projects=plain_records(sheet.projects),
        rows_shown=ROWS_SHOWN,
        cards_shown=CARDS_SHOWN,
        gantt=gantt_rows(sheet, words["codes"]["stage"]) if view == "gantt" else [],
        query=query,
        quality=_quality(sheet),
        map_address=map_of_projects(
            plots, _state(), filter_text=sheet.filter_text, plots_filter=sheet.plots_filter
        ),
        **words,
    )


def _quality(sheet: ProjectSheet) -> dict[str, Any]:
    """Return the data-quality line: by the filter where that says it all, else of the projects shown."""
    if sheet.plots_filter:
        return quality_line(_workspace(), _state(), PROJECTS, keys=list(sheet.projects.index))
    return quality_line(_workspace(), _state(), PROJECTS, filter_text=sheet.filter_text)


@blueprint.get("/projects.json")
def data() -> Response:
    """Give the projects as data."""
    return jsonify(sheet_record(_workspace(), _sheet()))


@blueprint.get("/projects.<any(csv, xlsx):suffix>")
def export(suffix: str) -> Response:
    """Give the projects as a file, in the ledger's columns with their clocks."""
    sheet = _sheet()
    table = project_table(_workspace(), sheet, asked_unit())
    table = with_quality(table, suffix, lambda: [_quality(sheet)])
    return list_response(_workspace(), PROJECT_LIST, sheet_record(_workspace(), sheet), table, suffix)


@blueprint.get("/projects/<path:project_code>")
def show(project_code: str) -> str:
    """Show one project with the forms of its next steps."""
    refuse_unknown(("at", "proposal"))
    found = proposals().one(resent(), actor()) if proposes() and resent() else None
    if found is None or (found.form.register, found.form.record_key) != (PROJECTS, project_code):
        return _project_page(project_code, {}, "", "")
    form = found.form
    texts = sent_texts(form.kind, register=PROJECTS, key=form.key)
    return _project_page(project_code, texts, "", _place(form.kind, form.key))


def _place(form: str, key: str) -> str:
    """Return which form of the page is meant: every matter has one of its own to settle it."""
    return f"{form}/{key.rpartition('/')[2]}" if form == "settle" else form


def _project_page(project_code: str, typed: Mapping[str, str], complaint: str, form: str) -> str:
    found = project_page(_workspace(), _state(), project_code)
    stages, notes = _workspace().layer(STAGES_REGISTER), _workspace().layer(NOTES)
    return render_template(
        "pages/project.html",
        found=found,
        project=found.project,
        state=_state(),
        evidence_fields=[stages.field(name) for name in EVIDENCE_FIELDS],
        note_fields=[notes.field(name) for name in NOTE_FIELDS],
        note_kinds=notes.field("kind").code_labels,
        gantt=project_gantt(found, _state().day),
        quality=quality_line(_workspace(), _state(), PROJECTS, keys=[project_code]),
        map_address=map_of_plots([plot.plot_code for plot in found.plots], _state()),
        typed=typed,
        complaint=complaint,
        form=form,
        max_attachment_mb=_workspace().settings.max_attachment_mb,
        max_files=MOST_FILES,
        plan_seen=seen_text(plan_texts(_workspace(), project_code)) if _state().is_now else "",
        earlier_files=proposals().one(resent(), actor()).form.files if proposes() and resent() else (),
        kept=request.form.getlist("keep") if "keep" in request.form else None,
        **_words(),
    )


@blueprint.post("/projects/<path:project_code>/stage")
@needs(Permission.PROPOSE)
def step(project_code: str) -> AnyResponse | tuple[str, int]:
    """Move a project on."""
    return _done(project_code, "stage", lambda form: advance_project(_workspace(), project_code, form))


@blueprint.post("/projects/<path:project_code>/stage/withdraw")
@needs(Permission.EDIT)
def withdraw(project_code: str) -> AnyResponse | tuple[str, int]:
    """Take the last step back."""
    return _done(project_code, "withdraw", lambda form: withdraw_step(_workspace(), project_code, form))


@blueprint.post("/projects/<path:project_code>/plan")
@needs(Permission.PROPOSE)
def plan(project_code: str) -> AnyResponse | tuple[str, int]:
    """Store a project's planned days."""
    return _done(project_code, "plan", lambda form: plan_project(_workspace(), project_code, form))


@blueprint.post("/projects/<path:project_code>/notes")
@needs(Permission.PROPOSE)
def note(project_code: str) -> AnyResponse | tuple[str, int]:
    """Write down what is new."""
    return _done(project_code, "note", lambda form: add_note(_workspace(), project_code, form))


@blueprint.post("/projects/<path:project_code>/notes/<int:note_no>/settled")
@needs(Permission.PROPOSE)
def settle(project_code: str, note_no: int) -> AnyResponse | tuple[str, int]:
    """Write down that a matter is settled."""
    return _done(
        project_code,
        "settle",
        lambda form: settle_note(_workspace(), project_code, note_no, form),
        key=f"{project_code}/{note_no}",
    )


@blueprint.post("/projects/<path:project_code>/attachments")
@needs(Permission.EDIT)
def add_attachment(project_code: str) -> AnyResponse | tuple[str, int]:
    """Keep a file with a project."""
    upload = request.files.get("file")
    name, content = ("", b"") if upload is None else (upload.filename or "", upload.read())
    return _done(
        project_code, "attachment", lambda form: attach(_workspace(), project_code, name, content, form)
    )


@blueprint.post("/projects/<path:project_code>/attachments/<digest>/withdraw")
@needs(Permission.EDIT)
def drop_attachment(project_code: str, digest: str) -> AnyResponse | tuple[str, int]:
    """Take a file off a project."""
    return _done(
        project_code,
        "attachment",
        lambda form: withdraw_attachment(_workspace(), project_code, digest, form),
    )


@blueprint.get("/projects/<path:project_code>/attachments/<digest>")
def get_attachment(project_code: str, digest: str) -> Response:
    """Give an attached file; the browser may show it and must not guess what it is."""
    refuse_unknown(("at",))
    found = attachment(_workspace(), project_code, digest, revision=_state().revision)
    return shown_response(found.content, found.media_type, name=found.file_name)


def _done(
    project_code: str, form: str, act: Callable[[Mapping[str, str]], Any], *, key: str = ""
) -> AnyResponse | tuple[str, int]:
    typed = {name: request.form.get(name, "") for name in request.form}
    typed["user"] = written_by(typed.get("user", ""))
    try:
        if proposes():
            sent = send(form, typed, key=key or project_code, number=resent(), **sent_files())
            return sent_answer(sent)
        revision = act(typed)
    except (NotFoundError, RefusedError):
        raise
    except InputError as error:
        status = 409 if isinstance(error, ConflictError) else 422
        lost = "选过的附件要重新选。" if any(request.files.values()) else ""
        shown = own_texts(typed) if form == "plan" else typed
        return _project_page(project_code, shown, f"{error}{lost}", _place(form, key)), status
    flash(f"已存为第 {revision.number} 次修订。" if revision else "没有变化，没有新的修订。")
    return redirect(url_for("projects.show", project_code=project_code), 303)
