"""The audit: `/audit`, what was done to records and what happened around people; as files."""

from datetime import date

from flask import Blueprint, Response, current_app, render_template, request

from geoapp.domain.people_event import EVENT_LABELS
from geoapp.domain.user import Permission
from geoapp.errors import UsageError
from geoapp.reports.audit import audit_csv, audit_xlsx
from geoapp.services.as_of import parse_day
from geoapp.services.audit import PARTS, PEOPLE, RECORDS, AuditQuery, audit_page, audit_table
from geoapp.services.workspace import Workspace
from geoapp.store.users import UserStore
from geoapp.web.downloads import file_response
from geoapp.web.parameters import refuse_unknown
from geoapp.web.people import EXTENSION
from geoapp.web.permissions import needs

blueprint = Blueprint("audit", __name__)

ROWS_PER_PAGE = 100
PARAMETERS = ("part", "person", "register", "record", "kind", "from", "to")
_ALONE = {RECORDS: ("register", "record"), PEOPLE: ("kind",)}
"""Parameters that only one part has."""


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _people() -> UserStore:
    return current_app.extensions[EXTENSION].accounts.store  # type: ignore[no-any-return]


def _day(name: str) -> date | None:
    text = request.args.get(name, "").strip()
    return parse_day(text, name) if text else None


def _query() -> AuditQuery:
    part = request.args.get("part", RECORDS)
    if part not in PARTS:
        raise UsageError(f"没有“{part[:20]}”；可用：{'、'.join(PARTS)}。")
    texts = {name: request.args.get(name, "").strip() for name in ("person", "register", "record", "kind")}
    own = {name: text for name, text in texts.items() if name == "person" or name in _ALONE[part]}
    return AuditQuery(part=part, first_on=_day("from"), last_on=_day("to"), **own)


@blueprint.get("/audit")
@needs(Permission.AUDIT)
def page() -> str:
    """Show what was done, newest first."""
    refuse_unknown((*PARAMETERS, "place"))
    query = _query()
    shown = {name: value for name in PARAMETERS if (value := request.args.get(name, "").strip())}
    place = request.args.get("place", "")
    return render_template(
        "pages/audit.html",
        query=query,
        page=audit_page(_workspace(), _people(), query, place=place, limit=ROWS_PER_PAGE),
        is_first=not place,
        shown=shown,
        parts=PARTS,
        registers={register: layer.zh for register, layer in _workspace().layers.items()},
        kinds=EVENT_LABELS,
    )


@blueprint.get("/audit/export.<any(xlsx, csv):suffix>")
@needs(Permission.AUDIT)
def export(suffix: str) -> Response:
    """Give all that the filter takes in as a file."""
    refuse_unknown(PARAMETERS)
    table = audit_table(_workspace(), _people(), _query())
    content = audit_xlsx(table) if suffix == "xlsx" else audit_csv(table)
    day = table.made_at.strftime("%Y-%m-%d")
    return file_response(
        content, suffix, name=f"{table.title}_{day}.{suffix}", name_ascii=f"audit_{day}.{suffix}"
    )
