"""The target ledger: `/targets/<set>`, one target opened, the files to take along, and entering a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

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

from geoapp.domain.target_ledger import Scope, TargetDetail, TargetLedger
from geoapp.domain.target_set import PARK, TOWN, Indicator, TargetSet
from geoapp.domain.target_unit import TARGET_UNITS
from geoapp.domain.user import Permission
from geoapp.errors import FormError
from geoapp.reports.target_tables import (
    detail_csv,
    detail_record,
    export_name,
    export_name_ascii,
    ledger_csv,
    ledger_record,
)
from geoapp.reports.target_workbook import detail_workbook, ledger_workbook
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.publishing import publish_target, publish_targets
from geoapp.services.record_card import record_address
from geoapp.services.records import filter_mask
from geoapp.services.target_actuals import ACTUALS
from geoapp.services.target_detail import target_detail
from geoapp.services.target_entry import FIELDS, enter_value, read_entry
from geoapp.services.target_sets import find_target_set, target_sets
from geoapp.services.targets import find_scope, scopes, target_ledger
from geoapp.services.workspace import Workspace
from geoapp.units import MINUS, UNKNOWN, number_text
from geoapp.web.area_unit import export_unit, page_unit
from geoapp.web.downloads import file_response
from geoapp.web.parameters import refuse_unknown
from geoapp.web.permissions import needs
from geoapp.web.quality import quality_line, scope_filter

blueprint = Blueprint("targets", __name__)

PARAMETERS = ("scope", "at")
LINES_SHOWN = 500
"""Of the records behind a figure, on the page; the files have all."""
LIGHT_MARKS = {"green": "●", "yellow": "▲", "red": "■", "unknown": "○"}
"""Told apart without colour, on paper too."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an address asks for."""

    target_set: TargetSet
    state: AsOf
    scope: Scope

    @property
    def query(self) -> dict[str, str]:
        """Its parameters, for links that keep them."""
        day = {} if self.state.is_now else {"at": request.args["at"]}
        return ({"scope": self.scope.text} if self.scope.text else {}) | day


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _asked(set_id: str | None) -> _Asked:
    refuse_unknown(PARAMETERS)
    found = find_target_set(_workspace(), set_id)
    state = as_of(_workspace(), request.args.get("at"))
    return _Asked(found, state, find_scope(_workspace(), request.args.get("scope", "")))


def _ledger(asked: _Asked) -> TargetLedger:
    return target_ledger(_workspace(), asked.target_set, asked.state, asked.scope)


def _detail(asked: _Asked, indicator: Indicator) -> TargetDetail:
    return target_detail(_workspace(), asked.target_set, indicator, asked.state, asked.scope)


@blueprint.get("/targets")
@blueprint.get("/targets/<set_id>")
def page(set_id: str | None = None) -> str:
    """Show where all targets of a set stand; the first set where none is named."""
    asked = _asked(set_id)
    record = ledger_record(_ledger(asked), page_unit())
    return render_template(
        "pages/targets.html", ledger=record, is_running=_is_running(record), **_common(asked)
    )


def _is_running(record: Mapping[str, Any]) -> bool:
    """Return whether any target's day is still to come; where all have passed nobody needs path or pace."""
    return any(not target["is_passed"] for row in record["indicators"] for target in row["targets"])


@blueprint.get("/targets.<any(json, csv, xlsx):suffix>")
@blueprint.get("/targets/<set_id>.<any(json, csv, xlsx):suffix>")
def export(suffix: str, set_id: str | None = None) -> Response:
    """Return the ledger as data or as a file."""
    ledger = _ledger(_asked(set_id))
    if suffix == "json":
        return jsonify(ledger_record(ledger, export_unit()))
    write = ledger_csv if suffix == "csv" else ledger_workbook
    names = {
        "name": export_name(ledger, f".{suffix}"),
        "name_ascii": export_name_ascii(ledger, f".{suffix}"),
    }
    content = write(ledger, export_unit())
    publish_targets(_workspace().settings, ledger, export_unit(), names["name"])
    return file_response(content, suffix, **names)


@blueprint.get("/targets/<set_id>/<indicator_id>")
def detail_page(set_id: str, indicator_id: str) -> str:
    """Show one target with everything behind it."""
    asked = _asked(set_id)
    return _detail_page(asked, asked.target_set.indicator(indicator_id), {}, {})


@blueprint.get("/targets/<set_id>/<indicator_id>.<any(json, csv, xlsx):suffix>")
def detail_export(set_id: str, indicator_id: str, suffix: str) -> Response:
    """Return one target as data, or what it is made of as a file."""
    asked = _asked(set_id)
    indicator = asked.target_set.indicator(indicator_id)
    detail = _detail(asked, indicator)
    if suffix == "json":
        return jsonify(detail_record(detail, export_unit()))
    write = detail_csv if suffix == "csv" else detail_workbook
    names = {
        "name": export_name(detail.ledger, f".{suffix}", indicator.zh),
        "name_ascii": export_name_ascii(detail.ledger, f".{suffix}", indicator.id),
    }
    content = write(detail, export_unit())
    publish_target(_workspace().settings, detail, export_unit(), names["name"])
    return file_response(content, suffix, **names)


@blueprint.post("/targets/<set_id>/<indicator_id>/values")
@needs(Permission.EDIT)
def enter(set_id: str, indicator_id: str) -> AnyResponse | tuple[str, int]:
    """Store an entered value; a form that is not right comes back as it was typed."""
    asked = _asked(set_id)
    indicator = asked.target_set.indicator(indicator_id)
    typed = {name: request.form.get(name, "") for name in FIELDS}
    try:
        entry = read_entry(_workspace(), asked.target_set, indicator, typed)
        revision = enter_value(_workspace(), indicator, entry)
    except FormError as error:
        return _detail_page(asked, indicator, typed, error.complaints), 422
    flash(f"已存为第 {revision.number} 次修订。" if revision else "同样的数已经有了，没有改动。")
    address = url_for("targets.detail_page", set_id=set_id, indicator_id=indicator_id)
    query = f"?{urlencode(asked.query)}" if asked.query else ""
    return redirect(f"{address}{query}#entered", 303)


def _detail_page(
    asked: _Asked, indicator: Indicator, typed: Mapping[str, str], complaints: Mapping[str, str]
) -> str:
    detail = _detail(asked, indicator)
    record = detail_record(detail, page_unit())
    names = _names(asked.state)
    for kind, parts in ((TOWN, record["towns"]), (PARK, record["parks"])):
        for part in parts:
            part["is_registered"] = part["scope"].removeprefix(f"{kind}:") in names[kind]
    return render_template(
        "pages/target.html",
        detail=record,
        row=record["indicator"],
        amount_zh=detail.amount_zh,
        weight_zh=detail.weight_zh,
        hides_amount=detail.hides_amount,
        target_unit_zh=TARGET_UNITS[indicator.unit].zh,
        quantity=TARGET_UNITS[indicator.unit].quantity,
        lines_shown=LINES_SHOWN,
        ledger_code=_ledger_code(indicator, asked.state),
        typed=typed,
        complaints=complaints,
        names=names,
        **_common(asked),
    )


def _ledger_code(indicator: Indicator, state: AsOf) -> str:
    """Return which revitalisation ledger an indicator counts in, empty for the others."""
    source = ACTUALS.get(indicator.actual)
    if source is None or "recognitions" not in source.registers:
        return ""
    return indicator.ledger or str(_workspace().policy_at(state.revision).value("default_ledger", state.day))


def _quality(asked: _Asked) -> list[dict[str, Any]]:
    """Return the data-quality lines of the plots in the scope, and of the recognitions on them."""
    workspace, state, scope = _workspace(), asked.state, asked.scope
    wanted = scope_filter(workspace, "plots", **({f"{scope.kind}_code": scope.code} if scope.text else {}))
    plots = quality_line(workspace, state, filter_text=wanted)
    records = workspace.store.read("recognitions", revision=state.revision)
    if scope.text:
        there = workspace.store.read("plots", revision=state.revision)
        codes = there["plot_code"][filter_mask(workspace, "plots", wanted, state)]
        records = records[records["plot_code"].isin(codes)]
    recognised = quality_line(
        workspace, state, "recognitions", keys=list(records["recognition_code"]) if scope.text else None
    )
    return [plots, recognised]


def _common(asked: _Asked) -> dict[str, Any]:
    """Return what both pages need: sets, scopes, the address' parameters, data quality, and how numbers are written."""
    return {
        "quality": _quality(asked),
        "target_set": asked.target_set,
        "sets": list(target_sets(_workspace()).values()),
        "scope_groups": [
            (zh, scopes(_workspace(), asked.state, kind)) for kind, zh in ((TOWN, "镇街"), (PARK, "园区"))
        ],
        "scope": asked.scope,
        "state": asked.state,
        "query": asked.query,
        "file_unit": None if page_unit() == "mu" else page_unit(),
        "marks": LIGHT_MARKS,
        "shown": _shown,
        "is_nothing": _is_nothing,
        "record_href": lambda register, key: _record_href(register, key, asked.state),
    }


def _shown(value: float | None, decimals: int = 2) -> str:
    """Return a number in the unit shown, with the minus sign of print; never -0.00, a dash where unknown."""
    return UNKNOWN if value is None else number_text(value, f"z,.{decimals}f").replace("-", MINUS)


def _is_nothing(value: float, decimals: int) -> bool:
    """Return whether a number shows as zero."""
    return float(number_text(value, f"z.{decimals}f")) == 0


def _record_href(register: str, key: str, state: AsOf) -> str:
    query = "" if state.is_now else f"?{urlencode({'at': state.day.isoformat()})}"
    return quote(record_address(register, key)) + query


def _names(state: AsOf) -> dict[str, dict[str, str]]:
    """Return the names of towns and parks by code."""
    return {kind: {part.code: part.zh for part in scopes(_workspace(), state, kind)} for kind in (TOWN, PARK)}
