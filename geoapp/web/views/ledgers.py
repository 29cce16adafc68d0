"""The revitalisation ledgers: `/ledgers`, `/ledgers/<ledger>`, as pages, data and files."""

from datetime import date

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.domain.revitalisation import LedgerSheet
from geoapp.reports.record_table import record_export_name
from geoapp.reports.revitalisation import entry_records, ledger_record
from geoapp.services.as_of import AsOf, as_of, parse_day
from geoapp.services.publishing import publish_ledger
from geoapp.services.revitalisation import ledger_words
from geoapp.services.revitalisation_sheet import ledger_sheet
from geoapp.services.revitalisation_table import ledger_table, period_words
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import export_unit, page_unit
from geoapp.web.downloads import table_response
from geoapp.web.parameters import refuse_unknown

blueprint = Blueprint("ledgers", __name__)

LINES_SHOWN = 500
"""Of the entries and of the findings, on the page; the files have all."""


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _day(name: str) -> date | None:
    text = request.args.get(name)
    return parse_day(text, name) if text else None


def _sheet(ledger: str) -> LedgerSheet:
    refuse_unknown(("at", "from", "to"))
    return _sheet_in(ledger, export_unit())


def _sheet_in(ledger: str, unit: str) -> LedgerSheet:
    return ledger_sheet(_workspace(), ledger, _state(), first=_day("from"), last=_day("to"), unit=unit)


def _query(*names: str) -> dict[str, str]:
    return {name: request.args[name] for name in names if request.args.get(name)}


@blueprint.get("/ledgers")
def overview() -> str:
    """Show what each ledger adds up to."""
    refuse_unknown(("at",))
    state = _state()
    sheets = [
        ledger_sheet(_workspace(), code, state, unit=page_unit()) for code in ledger_words(_workspace())
    ]
    return render_template("pages/ledgers.html", sheets=sheets, state=state, query=_query("at"))


@blueprint.get("/ledgers.json")
def overview_data() -> Response:
    """Give the same as data."""
    refuse_unknown(("at",))
    state = _state()
    unit = export_unit()
    sheets = [ledger_sheet(_workspace(), code, state, unit=unit) for code in ledger_words(_workspace())]
    records = [ledger_record(sheet, unit) for sheet in sheets]
    return jsonify(ledgers=[{**record, "entries": len(record["entries"])} for record in records])


@blueprint.get("/ledgers/<ledger>")
def page(ledger: str) -> str:
    """Show a ledger: sums, the way from recorded to counted, entries, findings."""
    refuse_unknown(("at", "from", "to"))
    sheet = _sheet_in(ledger, page_unit())
    layer = _workspace().layer("recognitions")
    entries = entry_records(sheet)
    return render_template(
        "pages/ledger.html",
        sheet=sheet,
        state=_state(),
        ledgers=ledger_words(_workspace()),
        modes=layer.field("mode").code_labels,
        events=layer.field("event").code_labels,
        period=period_words(sheet),
        entries=entries[:LINES_SHOWN],
        entry_count=len(entries),
        reduced=[entry for entry in entries if entry["reason"]][:LINES_SHOWN],
        findings=sheet.findings[:LINES_SHOWN],
        known_plots=set(_workspace().store.read("plots", revision=sheet.revision)["plot_code"]),
        query=_query("at", "from", "to"),
        kept=_query("at"),
    )


@blueprint.get("/ledgers/<ledger>.json")
def data(ledger: str) -> Response:
    """Give all of it as data."""
    return jsonify(ledger_record(_sheet(ledger), export_unit()))


@blueprint.get("/ledgers/<ledger>.<any(csv, xlsx):suffix>")
def export(ledger: str, suffix: str) -> Response:
    """Give the entries as a file; a workbook's second sheet has the way from recorded to counted."""
    sheet, unit = _sheet(ledger), export_unit()
    table = ledger_table(_workspace(), sheet, unit)
    response = table_response(table, suffix)  # one that cannot be written is not noted
    publish_ledger(_workspace().settings, sheet, unit, record_export_name(table, f".{suffix}"))
    return response
