"""The four remediation lists: `/lists`, `/lists/<year>/<list>`, one entry, the steps and the files."""

from collections.abc import Callable, Mapping, Sequence
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
from geoapp.domain.listed import REMEDIATION, SURVEY
from geoapp.domain.remediation import ENTERPRISE, PLOT, PLOT_LIST
from geoapp.domain.remediation_sheet import ListSheet
from geoapp.domain.user import Permission
from geoapp.errors import ConflictError, InputError, NotFoundError, RefusedError
from geoapp.reports.remediation import entry_records
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.form_comparison import own_texts, seen_text
from geoapp.services.publishing import publish_list
from geoapp.services.record_key import KEY_SEPARATOR
from geoapp.services.remediation_lists import REGISTER, entry_of, list_sheet, status_machine
from geoapp.services.remediation_steps import (
    PLAN_FIELDS,
    move_on,
    plan_treatment,
    roll_over,
    take_in,
    treatment_texts,
)
from geoapp.services.remediation_tables import list_data, list_table, place_words
from geoapp.services.survey_table import survey_data, survey_file
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import export_unit
from geoapp.web.downloads import file_response, list_response
from geoapp.web.parameters import refuse_unknown
from geoapp.web.people import written_by
from geoapp.web.permissions import needs
from geoapp.web.proposing import proposes, resent, send, sent_answer, sent_texts
from geoapp.web.quality import quality_line, with_quality

blueprint = Blueprint("lists", __name__)

LINES_SHOWN = 500
SUGGESTED_SHOWN = 200


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _sheet(year: int | None, list_code: str, *more: str) -> ListSheet:
    refuse_unknown(("at", *more))
    return list_sheet(_workspace(), _state(), year=year, list_code=list_code)


@blueprint.get("/lists")
@blueprint.get("/lists/<int:year>/<list_code>")
def page(year: int | None = None, list_code: str = PLOT_LIST) -> str:
    """Show a list of a year; the newest of low-efficiency plots where none is named."""
    return _page(year, list_code, {})


def _page(year: int | None, list_code: str, complaint: Mapping[str, str]) -> str:
    sheet = _sheet(year, list_code, "status", "town")
    entries = entry_records(sheet)
    status, town = request.args.get("status", ""), request.args.get("town", "")
    shown = [
        entry
        for entry in entries
        if (not status or entry["status"] == status) and (not town or entry["town_code"] == town)
    ]
    return render_template(
        "pages/lists.html",
        sheet=sheet,
        state=_state(),
        entries=shown[:LINES_SHOWN],
        entry_count=len(shown),
        status=status,
        town=town,
        quality=_quality(sheet, [str(entry["subject_code"]) for entry in shown]),
        suggested=plain_records(sheet.suggested.head(SUGGESTED_SHOWN)),
        complaint=complaint,
        **_words(sheet),
    )


def _quality(sheet: ListSheet, subjects: Sequence[str]) -> list[dict[str, Any]]:
    """Return the data-quality lines of entries and of the plots or enterprises that they are about."""
    entries = sheet.entries[sheet.entries["subject_code"].isin(list(subjects))]
    keys = [KEY_SEPARATOR.join((str(sheet.year), sheet.list_code, code)) for code in entries["subject_code"]]
    lines = [quality_line(_workspace(), _state(), REGISTER, keys=keys)]
    for kind, register in ((PLOT, "plots"), (ENTERPRISE, "enterprises")):
        codes = list(entries.loc[entries["subject_kind"] == kind, "subject_code"])
        if codes:
            lines.append(quality_line(_workspace(), _state(), register, keys=codes))
    return lines


def _words(sheet: ListSheet) -> dict[str, Any]:
    layer = _workspace().layer(REGISTER)
    codes = {name: layer.field(name).code_labels for name in ("list", "status", "measure", "subject_kind")}
    return {
        "codes": codes,
        "places": place_words(_workspace(), sheet),
        "open_statuses": status_machine(_workspace(), _state()).open_statuses,
    }


@blueprint.get("/lists/<int:year>/<list_code>.json")
def data(year: int, list_code: str) -> Response:
    """Give a list as data."""
    return jsonify(list_data(_workspace(), _sheet(year, list_code)))


@blueprint.get("/lists/<int:year>/<list_code>.<any(csv, xlsx):suffix>")
def export(year: int, list_code: str, suffix: str) -> Response:
    """Give a list as a file in the bureau's columns."""
    sheet = _sheet(year, list_code)
    table, subjects = list_table(_workspace(), sheet, export_unit()), list(sheet.entries["subject_code"])
    table = with_quality(table, suffix, lambda: _quality(sheet, subjects))
    return list_response(_workspace(), REMEDIATION, list_data(_workspace(), sheet), table, suffix)


@blueprint.get("/lists/<int:year>/<list_code>/survey.xlsx")
def survey(year: int, list_code: str) -> Response:
    """Give the plots of a list in the 39 columns of the provincial survey."""
    sheet = _sheet(year, list_code)
    name = f"低效用地调查表1-2_{year}年_{sheet.day.isoformat()}.xlsx"
    publish_list(_workspace().settings, SURVEY, survey_data(_workspace(), sheet), name)
    return file_response(
        survey_file(_workspace(), sheet),
        "xlsx",
        name=name,
        name_ascii=f"survey_1-2_{year}_{sheet.day.isoformat()}.xlsx",
    )


@blueprint.get("/lists/<int:year>/<list_code>/<path:subject>")
def entry(year: int, list_code: str, subject: str) -> str:
    """Show one entry with its history and the forms of its next steps."""
    return _entry_page(year, list_code, subject, _sent(year, list_code, subject), "")


def _sent(year: int, list_code: str, subject: str) -> dict[str, str]:
    return sent_texts("treatment", "status", register=REGISTER, key=f"{year}/{list_code}/{subject}")


def _entry_page(year: int, list_code: str, subject: str, typed: Mapping[str, str], complaint: str) -> str:
    sheet = _sheet(year, list_code, "proposal")
    found = entry_of(sheet, subject)
    record = next(record for record in entry_records(sheet) if record["subject_code"] == subject)
    layer, words = _workspace().layer(REGISTER), _words(sheet)
    machine, shown = status_machine(_workspace(), _state()), {}
    if _state().is_now:
        shown = treatment_texts(_workspace(), (year, list_code, subject))
    versions = _workspace().store.history(REGISTER, (year, list_code, subject))
    named = _workspace().store.revisions_numbered({version.from_revision for version in versions})
    revisions = {revision.number: revision for revision in named}
    return render_template(
        "pages/list_entry.html",
        sheet=sheet,
        state=_state(),
        entry=record,
        quality=_quality(sheet, [subject]),
        next_statuses=machine.next_of(str(found["status"]), list(words["codes"]["status"])),
        document_statuses=machine.document_statuses,
        plan_fields=[layer.field(name) for name in PLAN_FIELDS],
        history=[
            {"fields": version.fields, "revision": revisions.get(version.from_revision)}
            for version in versions
            if version.from_revision <= sheet.revision
        ],
        findings=[finding for finding in sheet.findings if finding.subject_code == subject],
        typed=typed,
        shown=shown,
        seen=seen_text(shown),
        complaint=complaint,
        **words,
    )


@blueprint.post("/lists/<int:year>/<list_code>/<path:subject>/status")
@needs(Permission.PROPOSE)
def step(year: int, list_code: str, subject: str) -> AnyResponse | tuple[str, int]:
    """Move an entry on."""
    return _done(year, list_code, subject, "status", move_on)


@blueprint.post("/lists/<int:year>/<list_code>/<path:subject>/plan")
@needs(Permission.PROPOSE)
def plan(year: int, list_code: str, subject: str) -> AnyResponse | tuple[str, int]:
    """Store what is planned for an entry."""
    return _done(year, list_code, subject, "treatment", plan_treatment)


def _done(
    year: int, list_code: str, subject: str, kind: str, act: Callable[..., Any]
) -> AnyResponse | tuple[str, int]:
    typed = {name: request.form.get(name, "") for name in request.form}
    typed["user"] = written_by(typed.get("user", ""))
    try:
        if proposes():
            return sent_answer(send(kind, typed, key=f"{year}/{list_code}/{subject}", number=resent()))
        revision = act(_workspace(), (year, list_code, subject), typed)
    except (NotFoundError, RefusedError):
        raise
    except InputError as error:
        status = 409 if isinstance(error, ConflictError) else 422
        shown = own_texts(typed) if kind == "treatment" else typed
        return _entry_page(year, list_code, subject, shown, str(error)), status
    flash(f"已存为第 {revision.number} 次修订。" if revision else "没有变化，没有新的修订。")
    return redirect(url_for("lists.entry", year=year, list_code=list_code, subject=subject), 303)


@blueprint.post("/lists/<int:year>/take-in")
@needs(Permission.EDIT)
def suspects(year: int) -> AnyResponse | tuple[str, int]:
    """Put suggested plots on the list as suspected."""
    return _on_list(
        year,
        lambda: take_in(
            _workspace(), year, request.form.getlist("plot"), written_by(request.form.get("user", ""))
        ),
    )


@blueprint.post("/lists/<int:year>/roll-over")
@needs(Permission.EDIT)
def next_year(year: int) -> AnyResponse | tuple[str, int]:
    """Carry what is open over into the next year."""
    return _on_list(
        year, lambda: roll_over(_workspace(), year, written_by(request.form.get("user", ""))), shown=year + 1
    )


def _on_list(year: int, act: Callable[[], Any], *, shown: int | None = None) -> AnyResponse | tuple[str, int]:
    try:
        revision = act()
    except InputError as error:
        return _page(year, PLOT_LIST, {"text": str(error)}), 422
    flash(f"已存为第 {revision.number} 次修订。" if revision else "没有变化，没有新的修订。")
    return redirect(url_for("lists.page", year=shown or year, list_code=PLOT_LIST), 303)
