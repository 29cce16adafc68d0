"""Land terms: `/land-terms`, by class, town and park, and plot by plot with what the review leads to."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.domain.frame import plain_records
from geoapp.domain.listed import LAND_TERMS
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.land_term_tables import filter_words, sheet_record, term_table
from geoapp.services.land_terms import CHOICES, KEPT, TermSheet, place_lines, term_gaps, term_sheet
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import export_unit, page_unit
from geoapp.web.downloads import list_response
from geoapp.web.map_links import map_of_plots
from geoapp.web.parameters import refuse_unknown
from geoapp.web.quality import shown_gaps, with_quality

blueprint = Blueprint("land_terms", __name__)

ROWS_SHOWN = 100


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _sheet() -> TermSheet:
    refuse_unknown(("at", *CHOICES))
    return term_sheet(_workspace(), _state(), chosen={name: request.args.get(name, "") for name in CHOICES})


@blueprint.get("/land-terms")
def page() -> str:
    """Show the classes by town and park, and the plots that are asked for."""
    sheet = _sheet()
    shown = sheet.plots.head(ROWS_SHOWN)
    return render_template(
        "pages/land_terms.html",
        sheet=sheet,
        state=_state(),
        rows=plain_records(shown),
        total=sheet.total.to_dict("index"),
        tables=(
            ("镇街", "town_code", place_lines(sheet, "town_code")),
            ("园区", "park_code", place_lines(sheet, "park_code")),
        ),
        right_types=_workspace().layer("plots").field("right_type").code_labels,
        kept_words=KEPT,
        quality=_quality(sheet),
        filter_zh=filter_words(sheet),
        query=sheet.chosen,
        map_address=map_of_plots(list(shown.index), _state(), color="land_term"),
    )


def _quality(sheet: TermSheet) -> dict[str, Any]:
    return shown_gaps(term_gaps(_workspace(), _state(), sheet.plots, unit=page_unit()))


@blueprint.get("/land-terms.json")
def data() -> Response:
    """Give the classes and the plots as data."""
    return jsonify(sheet_record(_workspace(), _sheet()))


@blueprint.get("/land-terms.<any(csv, xlsx):suffix>")
def export(suffix: str) -> Response:
    """Give the plots as a file."""
    sheet = _sheet()
    table = term_table(_workspace(), sheet, export_unit())
    table = with_quality(table, suffix, lambda: [_quality(sheet)])
    return list_response(_workspace(), LAND_TERMS, sheet_record(_workspace(), sheet), table, suffix)
