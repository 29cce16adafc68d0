"""The tables of the registers: fields, pages, files, the list for the keyboard; and what a filter says."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.reports.record_table import record_export_name
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.fields import register_fields
from geoapp.services.land_fields import land_fields
from geoapp.services.map_features import parse_box
from geoapp.services.publishing import publish_table
from geoapp.services.record_table import keys_in_view, table_page
from geoapp.services.records import canonical_filter, filter_words
from geoapp.services.table_export import record_table
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import asked_unit
from geoapp.web.downloads import table_response
from geoapp.web.parameters import refuse_unknown, whole_number
from geoapp.web.quality import quality_line, with_quality

blueprint = Blueprint("table", __name__)

LARGEST_PAGE = 500
LONGEST_LIST = 2_000
_USUAL_LIST = 200
_LAST_PAGE = 1_000_000
_MAP_SUFFIXES = ("geojson", "gpkg")


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _filter_text() -> str:
    return request.args.get("filter", "")


def _terms(register: str, state: AsOf) -> dict[str, Any]:
    """Return what every answer about a filter and a day says beside its rows."""
    return {
        "filter_words": filter_words(_workspace(), register, _filter_text()),
        "revision": state.revision,
        "at": state.day.isoformat(),
        "is_now": state.is_now,
        "note": state.note,
    }


@blueprint.get("/table/<register>/fields.json")
def fields(register: str) -> Response:
    """List the fields that the register can be filtered by, shown with and coloured by."""
    refuse_unknown(())
    fields = register_fields(_workspace(), register)
    land = land_fields(fields)
    return jsonify(fields=[info.to_record() | {"land": land.get(name, "")} for name, info in fields.items()])


@blueprint.get("/table/<register>.json")
def page(register: str) -> Response:
    """Give one page of the records that a filter takes in, or the one that a record is on."""
    refuse_unknown(("filter", "at", "page", "size", "sort", "columns", "around"))
    state = as_of(_workspace(), request.args.get("at"))
    found = table_page(
        _workspace(),
        register,
        state,
        filter_text=_filter_text(),
        page=whole_number("page", lowest=1, highest=_LAST_PAGE, default=1),
        size=whole_number("size", lowest=1, highest=LARGEST_PAGE, default=50),
        sort=request.args.get("sort", ""),
        columns=request.args.get("columns", ""),
        unit=asked_unit(),
        around=request.args.get("around", ""),
    )
    return jsonify(
        total=found.total, page=found.page, size=found.size, last_page=found.last_page, rows=found.rows,
        is_empty=found.is_empty, **_terms(register, state),
    )  # fmt: skip


@blueprint.get("/table/<register>.<any(csv, xlsx, geojson, gpkg):suffix>")
def export(register: str, suffix: str) -> Response:
    """Give the records that a filter takes in as a file."""
    refuse_unknown(("filter", "at", "sort", "columns"))
    state = as_of(_workspace(), request.args.get("at"))
    table = record_table(
        _workspace(),
        register,
        state,
        filter_text=_filter_text(),
        sort=request.args.get("sort", ""),
        columns=request.args.get("columns", ""),
        has_geometry=suffix in _MAP_SUFFIXES,
        unit=asked_unit(),
    )
    table = with_quality(table, suffix, lambda: [_quality(register, state)])
    response = table_response(table, suffix)  # one that cannot be written is not noted
    publish_table(_workspace().settings, table, record_export_name(table, f".{suffix}"))
    return response


@blueprint.get("/table/<register>/quality")
def quality(register: str) -> str:
    """Show the data-quality line of the records that a filter takes in, as a fragment."""
    refuse_unknown(("filter", "at"))
    state = as_of(_workspace(), request.args.get("at"))
    return render_template("components/quality_fragment.html", found=_quality(register, state))


def _quality(register: str, state: AsOf) -> dict[str, Any]:
    return quality_line(_workspace(), state, register, filter_text=_filter_text())


@blueprint.get("/table/<register>/keys.json")
def keys(register: str) -> Response:
    """List the records in a part of the map, the largest first."""
    refuse_unknown(("filter", "at", "bbox", "limit"))
    state = as_of(_workspace(), request.args.get("at"))
    found = keys_in_view(
        _workspace(),
        register,
        state,
        filter_text=_filter_text(),
        box=parse_box(request.args["bbox"]) if "bbox" in request.args else None,
        limit=whole_number("limit", lowest=1, highest=LONGEST_LIST, default=_USUAL_LIST),
    )
    listed = {register: found.records, "keys": [record["key"] for record in found.records]}
    return jsonify(listed | {"total": found.total} | _terms(register, state))


@blueprint.get("/filter.json")
def check_filter() -> Response:
    """Say what a filter says, or what is wrong with it."""
    refuse_unknown(("filter", "register"))
    register = request.args.get("register", "plots")
    return jsonify(
        ok=True,
        words=filter_words(_workspace(), register, _filter_text()),
        canonical=canonical_filter(_workspace(), register, _filter_text()),
    )
