"""Micro-enterprise parks: `/micro-parks` with the bands of a year, `/micro-parks/<code>`, and the files."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import numpy as np
from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.domain.frame import plain_records
from geoapp.domain.listed import BANDS
from geoapp.domain.listed import MICRO_PARKS as PARK_LIST
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.compliance_words import verdict_words
from geoapp.services.micro_park_facts import MICRO_PARKS, YEARS
from geoapp.services.micro_park_tables import (
    filter_words,
    micro_park_table,
    page_record,
    sheet_record,
    star_words,
)
from geoapp.services.micro_parks import (
    CHOICES,
    MicroParkSheet,
    micro_park_page,
    micro_park_sheet,
)
from geoapp.services.place_names import place_names
from geoapp.services.project_map import project_map
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import asked_unit
from geoapp.web.downloads import list_response
from geoapp.web.map_links import map_of_plots
from geoapp.web.parameters import refuse_unknown, whole_number
from geoapp.web.quality import quality_line, with_quality

blueprint = Blueprint("micro_parks", __name__)

ROWS_SHOWN = 500


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _sheet() -> MicroParkSheet:
    refuse_unknown(("at", "year", *CHOICES))
    year = whole_number("year", lowest=2000, highest=2100) if request.args.get("year") else None
    chosen = {name: request.args.get(name, "") for name in CHOICES}
    return micro_park_sheet(_workspace(), _state(), year=year, chosen=chosen)


def _codes() -> dict[str, Mapping[str, str]]:
    layer = _workspace().layer(MICRO_PARKS)
    names = ("kind", "status", "recognition", "development_mode", "origin", "land_nature")
    return {**{name: layer.field(name).code_labels for name in names}, "band": BANDS, "star": star_words()}


@blueprint.get("/micro-parks")
def page() -> str:
    """Show the micro-enterprise parks that are asked for."""
    sheet = _sheet()
    return render_template(
        "pages/micro_parks.html",
        sheet=sheet,
        state=_state(),
        rows=plain_records(sheet.parks.head(ROWS_SHOWN)),
        codes=_codes(),
        quality=_list_quality(sheet),
        filter_zh=filter_words(_workspace(), sheet),
        map_address=f"/?{urlencode(_map_query(sheet))}",
        query=sheet.chosen | ({"year": sheet.year} if request.args.get("year") else {}),
    )


def _list_quality(sheet: MicroParkSheet) -> list[dict[str, Any]]:
    return _quality(list(sheet.parks.index), sheet.year, is_all=not sheet.chosen)


def _quality(codes: list[str], year: int | None = None, *, is_all: bool = False) -> list[dict[str, Any]]:
    """Return the lines of parks and of their results in a year, in all years where none is given.

    Where all parks are shown, results of parks that there are not are told too.
    """
    workspace, state = _workspace(), _state()
    results = workspace.store.read(YEARS, revision=state.revision)
    is_theirs = (
        np.ones(len(results), dtype=bool) if is_all else results["micro_park_code"].isin(codes).to_numpy()
    )
    if year is not None:
        is_theirs = is_theirs & (results["year"] == year).to_numpy(bool, na_value=False)
    return [
        quality_line(workspace, state, MICRO_PARKS, keys=codes),
        quality_line(workspace, state, YEARS, rows=np.flatnonzero(is_theirs)),
    ]


def _map_query(sheet: MicroParkSheet) -> dict[str, str]:
    """Return the map's layers and colouring."""
    day = {} if sheet.is_now else {"at": sheet.day.isoformat()}
    return {"layers": "towns,plots,micro_parks", "colors": f"{MICRO_PARKS}:band"} | day


@blueprint.get("/micro-parks.json")
def data() -> Response:
    """Give the micro-enterprise parks as data."""
    return jsonify(sheet_record(_workspace(), _sheet()))


@blueprint.get("/micro-parks.<any(csv, xlsx):suffix>")
def export(suffix: str) -> Response:
    """Give the micro-enterprise parks as a file."""
    sheet = _sheet()
    table = micro_park_table(_workspace(), sheet, asked_unit())
    table = with_quality(table, suffix, lambda: _list_quality(sheet))
    return list_response(_workspace(), PARK_LIST, sheet_record(_workspace(), sheet), table, suffix)


@blueprint.get("/micro-parks/<path:code>")
def show(code: str) -> str:
    """Show one micro-enterprise park."""
    refuse_unknown(("at",))
    found, state = micro_park_page(_workspace(), _state(), code), _state()
    return render_template(
        "pages/micro_park.html",
        found=found,
        park=found.park,
        state=state,
        codes=_codes(),
        town_names=place_names(_workspace(), "towns", state.revision),
        verdict_words=verdict_words,
        map=project_map(_workspace(), state, "", found.plots),
        quality=_quality([code]),
        map_address=map_of_plots(found.plots, state),
    )


@blueprint.get("/micro-parks/<path:code>.json")
def record(code: str) -> Response:
    """Give one micro-enterprise park as data."""
    refuse_unknown(("at",))
    return jsonify(page_record(_workspace(), micro_park_page(_workspace(), _state(), code)))
