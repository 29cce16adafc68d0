"""The alarms: `/alarms`, by kind, town and body; as data and as the digest's files."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.errors import UsageError
from geoapp.reports.digest import digest_docx, digest_record, digest_xlsx
from geoapp.services.alarms import KINDS, AlarmSheet, alarm_sheet
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.digest import alarm_records, digest_of
from geoapp.services.publishing import publish_digest
from geoapp.services.workspace import Workspace
from geoapp.web.downloads import file_response
from geoapp.web.parameters import refuse_unknown
from geoapp.web.quality import quality_line, scope_filter

blueprint = Blueprint("alarms", __name__)

ROWS_SHOWN = 1_000
_LOOKED_AT: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "projects": (("overdue", "stalled", "agreement", "missing"), ()),
    "plots": (("term",), ("term_end_on", "right_type", "town_code")),
    "agreements": (("agreement", "missing"), ()),
    "transactions": (("transaction",), ()),
    "micro_parks": (
        ("micro_park",),
        ("leased_area_m2", "leasable_area_m2", "opened_on", "operator", "town_code"),
    ),
}
"""Registers that alarms rest on: of which kinds, and what of them is looked at where that is not the usual."""
_HAS_A_TERM = "(right_type <> 'allocated' OR right_type IS NULL)"
"""Allocated land has no end and no alarm."""
PARAMETERS = ("at", "kind", "town", "body")


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _sheet() -> AlarmSheet:
    refuse_unknown(PARAMETERS)
    kind = request.args.get("kind", "")
    if kind and kind not in KINDS:
        raise UsageError(f"没有预警“{kind[:20]}”；可用：{'、'.join(KINDS)}。")
    return alarm_sheet(
        _workspace(),
        _state(),
        kind=kind,
        town_code=request.args.get("town", ""),
        body=request.args.get("body", ""),
    )


@blueprint.get("/alarms")
def page() -> str:
    """Show what somebody must look at."""
    sheet = _sheet()
    return render_template(
        "pages/alarms.html",
        sheet=sheet,
        state=_state(),
        kinds=KINDS,
        alarms=alarm_records(sheet)[:ROWS_SHOWN],
        rows_shown=ROWS_SHOWN,
        quality=_quality(),
        query={name: value for name in PARAMETERS if (value := request.args.get(name, ""))},
    )


def _quality() -> list[dict[str, Any]]:
    """Return a data-quality line for each register that alarms of the kinds shown come from."""
    kind, town, body = (request.args.get(name, "") for name in ("kind", "town", "body"))
    lines = []
    for register, (kinds, fields) in _LOOKED_AT.items():
        if kind and kind not in kinds:
            continue
        chosen = scope_filter(_workspace(), register, town_code=town, responsible_body=body)
        parts = [part for part in (chosen, _HAS_A_TERM if register == "plots" else "") if part]
        lines.append(
            quality_line(_workspace(), _state(), register, fields=fields, filter_text=" AND ".join(parts))
        )
    return lines


@blueprint.get("/alarms.json")
def data() -> Response:
    """Give the alarms as data."""
    sheet = _sheet()
    return jsonify(
        day=sheet.day.isoformat(), revision=sheet.revision, note=sheet.note, hidden=sheet.hidden,
        is_demo=sheet.is_demo, counts=sheet.counts,
        alarms=alarm_records(sheet), **digest_record(digest_of(_workspace(), _state())),
    )  # fmt: skip


@blueprint.get("/alarms/digest.<any(xlsx, docx):suffix>")
def digest(suffix: str) -> Response:
    """Give the digest of the last days as a file."""
    refuse_unknown(("at",))
    found = digest_of(_workspace(), _state())
    content = digest_xlsx(found) if suffix == "xlsx" else digest_docx(found)
    name = f"项目预警周报_{found.district}_{found.day.isoformat()}"
    publish_digest(_workspace().settings, found, f"{name}.{suffix}")
    return file_response(
        content, suffix, name=f"{name}.{suffix}", name_ascii=f"digest_{found.day.isoformat()}.{suffix}"
    )
