"""Performance agreements: `/agreements`, agreed against actual."""

from typing import Any

import numpy as np
from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.domain.listed import AGREEMENTS as LISTED
from geoapp.services.agreement_tables import agreement_record, agreement_table
from geoapp.services.agreements import AGREEMENTS, ITEMS, STATES, AgreementSheet, agreement_sheet
from geoapp.services.agreements import CHOICES as SHORT
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.workspace import Workspace
from geoapp.web.downloads import list_response
from geoapp.web.map_links import map_of_plots
from geoapp.web.parameters import refuse_unknown
from geoapp.web.quality import quality_line, with_quality

blueprint = Blueprint("agreements", __name__)

CHOICES = {"": "全部", **SHORT}
ROWS_SHOWN = 500


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _sheet() -> AgreementSheet:
    refuse_unknown(("at", "town", "kind", "only"))
    town, kind, only = (request.args.get(name, "") for name in ("town", "kind", "only"))
    return agreement_sheet(_workspace(), _state(), town_code=town, kind=kind, only=only)


@blueprint.get("/agreements")
def page() -> str:
    """Show the agreements."""
    sheet = _sheet()
    heads, items = _workspace().layer(AGREEMENTS), _workspace().layer(ITEMS)
    return render_template(
        "pages/agreements.html",
        sheet=sheet,
        state=_state(),
        choices=CHOICES,
        query=sheet.chosen,
        states=STATES,
        map_address=map_of_plots(_plots(sheet), _state(), color="agreement"),
        quality=_quality(sheet),
        rows_shown=ROWS_SHOWN,
        kinds=heads.field("kind").code_labels,
        statuses=heads.field("status").code_labels,
        indicators=items.field("indicator").code_labels,
    )


def _quality(sheet: AgreementSheet) -> list[dict[str, Any]]:
    """Return the lines of the agreements and of what was agreed in them; of all, where nothing is chosen."""
    workspace, state = _workspace(), _state()
    codes = [head["agreement_code"] for head in sheet.agreements]
    items = workspace.store.read(ITEMS, revision=state.revision)
    rows = np.flatnonzero(items["agreement_code"].isin(codes)) if sheet.chosen else np.arange(len(items))
    return [
        quality_line(workspace, state, AGREEMENTS, keys=codes),
        quality_line(workspace, state, ITEMS, rows=rows),
    ]


@blueprint.get("/agreements.json")
def data() -> Response:
    """Give the agreements as data."""
    return jsonify(agreement_record(_workspace(), _sheet()))


@blueprint.get("/agreements.<any(csv, xlsx):suffix>")
def export(suffix: str) -> Response:
    """Give the agreements with their items as a file."""
    sheet = _sheet()
    table = agreement_table(_workspace(), sheet)
    table = with_quality(table, suffix, lambda: _quality(sheet))
    return list_response(_workspace(), LISTED, agreement_record(_workspace(), sheet), table, suffix)


def _plots(sheet: AgreementSheet) -> list[str]:
    return list(dict.fromkeys(one["plot_code"] for one in sheet.agreements if one["plot_code"]))
