"""The supervision report: `/supervision`, as a page, as data and as a workbook."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.domain.reporting_period import MONTH, QUARTER, Period, period_of
from geoapp.domain.supervision import FIRMS, FLOOR, LAND, SupervisionTable
from geoapp.domain.target_set import PARK, TOWN
from geoapp.reports.supervision_tables import (
    columns,
    export_name,
    export_name_ascii,
    supervision_record,
)
from geoapp.reports.supervision_workbook import supervision_workbook
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.project_sheet import chosen_filter
from geoapp.services.publishing import publish_supervision
from geoapp.services.supervision import is_supervised, supervision_table
from geoapp.services.supervision_places import REGISTERED, WAYS
from geoapp.services.target_sets import target_sets
from geoapp.services.workspace import Workspace
from geoapp.units import MINUS, UNKNOWN, number_text
from geoapp.web.area_unit import export_unit, page_unit
from geoapp.web.downloads import file_response
from geoapp.web.parameters import refuse_unknown
from geoapp.web.quality import quality_line

blueprint = Blueprint("supervision", __name__)

PARAMETERS = ("by", "period", "set", "membership", "at")
BY = {TOWN: "镇街", PARK: "园区"}
LIGHT_MARKS = {"green": "●", "yellow": "▲", "red": "■", "": ""}
"""Told apart without colour, on paper too."""
_RUNNING = "stage <> 'PX'"
_PROJECT_FIELDS = (
    "stage",
    "town_code",
    "park_code",
    "start_plan_on",
    "start_actual_on",
    "complete_plan_on",
    "area_m2",
)
"""What rates of projects begun and completed, by place, rest on."""


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _table() -> SupervisionTable:
    refuse_unknown(PARAMETERS)
    asked = {name: request.args.get(name) for name in PARAMETERS}
    return supervision_table(
        _workspace(),
        _state(),
        by=asked["by"] or TOWN,
        period=asked["period"] or None,
        set_id=asked["set"] or None,
        membership=asked["membership"] or REGISTERED,
    )


@blueprint.get("/supervision")
def page() -> str:
    """Show the report of a month or quarter."""
    table = _table()
    return render_template(
        "pages/supervision.html",
        table=table,
        report=supervision_record(table, page_unit()),
        columns=columns(page_unit()),
        state=_state(),
        by=BY,
        ways=WAYS,
        sets=[found for found in target_sets(_workspace()).values() if is_supervised(found)],
        periods=_periods(table),
        query=_query(table),
        file_unit=None if page_unit() == "mu" else page_unit(),
        marks=LIGHT_MARKS,
        shown=_shown,
        quality=[
            quality_line(_workspace(), _state(), "recognitions", filter_text=f"ledger = '{table.ledger}'"),
            quality_line(_workspace(), _state(), "projects", filter_text=_RUNNING, fields=_PROJECT_FIELDS),
        ],
        links=lambda row: _links(table, row),
    )


@blueprint.get("/supervision.<any(json, xlsx):suffix>")
def export(suffix: str) -> Response:
    """Give it as data, or as the workbook to circulate."""
    table, unit = _table(), export_unit()
    if suffix == "json":
        return jsonify(supervision_record(table, unit))
    name = export_name(table, ".xlsx")
    publish_supervision(_workspace().settings, table, unit, name)
    return file_response(
        supervision_workbook(table, unit), suffix, name=name, name_ascii=export_name_ascii(table, ".xlsx")
    )


def _query(table: SupervisionTable) -> dict[str, str]:
    """Return the parameters of the page's address but the day, which `url_for` keeps."""
    chosen = {"by": table.by, "period": table.period.text, "set": request.args.get("set", "")}
    chosen["membership"] = "" if table.membership == REGISTERED else table.membership
    return {name: value for name, value in chosen.items() if value}


def _periods(table: SupervisionTable) -> list[tuple[str, list[Period]]]:
    """Return the periods to choose from: quarters and months from the plan's beginning to the day, newest first."""
    found = []
    for kind, words in ((QUARTER, "季度"), (MONTH, "月份")):
        period, listed = period_of(table.day, kind), []
        while period.last > table.target_set.base_on:
            listed.append(period)
            period = period.before
        found.append((words, listed))
    return found


def _links(table: SupervisionTable, row: dict[str, Any]) -> dict[str, tuple[str, dict[str, str]]]:
    """Return by column what a row's numbers open to: an endpoint and its parameters."""
    scope = row["scope"] if row["kind"] == "unit" else ""
    days = {
        "land_period": (table.period.first, table.until),
        "land_done": (table.period.first.replace(month=1, day=1), table.until),
    }
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for name, (first, last) in days.items():
        found[name] = (
            "ledgers.page",
            {"ledger": table.ledger, "from": first.isoformat(), "to": last.isoformat()},
        )
    for part, names in (
        (LAND, ("land_target", "land_percent")),
        (FIRMS, ("firms_target", "firms_done", "firms_percent")),
        (FLOOR, ("floor_target", "floor_done", "floor_percent")),
    ):
        if part in table.indicators and row["kind"] != "elsewhere":
            target = {"set_id": table.target_set.id, "indicator_id": table.indicators[part]}
            link = ("targets.detail_page", target | ({"scope": scope} if scope else {}))
            found |= dict.fromkeys(names, link)
    if row["kind"] != "elsewhere":
        chosen = {f"{table.by}_code": scope.partition(":")[2]} if scope else {}
        link = ("projects.page", chosen | {"filter": chosen_filter({}, _RUNNING)})
        found |= dict.fromkeys(("started_percent", "completed_percent"), link)
    return found


def _shown(value: float | None, decimals: int) -> str:
    """Return a number with the minus sign of print; never -0.00, a dash where there is none."""
    return UNKNOWN if value is None else number_text(value, f"z,.{decimals}f").replace("-", MINUS)
