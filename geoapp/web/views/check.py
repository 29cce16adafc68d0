"""Compliance: `/check?project=` or `?plots=`, and the swap of land across the control lines, `/check/swap`."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.domain.frame import plain_records
from geoapp.domain.geojson import shape_record
from geoapp.domain.rule import SUBJECT_WORDS, Subject
from geoapp.errors import InputError
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.compliance import ComplianceCheck, check_plots, check_project, swap_ledger
from geoapp.services.compliance_words import check_record, verdict_words
from geoapp.services.line_makeup import allowed_grounds
from geoapp.services.line_swap import RECLAIMED
from geoapp.services.swap_map import BROUGHT, CHANGED, GRANTED, RETIRED, swap_lines, swap_plots
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import page_unit
from geoapp.web.downloads import CONTENT_TYPES
from geoapp.web.map_links import map_of_plots
from geoapp.web.parameters import refuse_unknown
from geoapp.web.quality import quality_line

blueprint = Blueprint("check", __name__)

_REGISTERS = {Subject.PLOT: "plots", Subject.SUPPLY: "land_supplies", Subject.PROJECT: "projects"}

SWAP_ENDS = (
    {"kind": RETIRED, "zh": "线外减少（复垦减量）", "color": "#b35806", "mark": "减", "dash": "5 4"},
    {"kind": GRANTED, "zh": "线内置换新增", "color": "#1b7f4d", "mark": "增", "dash": ""},
    {"kind": CHANGED, "zh": "线内改作他用", "color": "#5b3a8c", "mark": "改", "dash": "5 4"},
    {"kind": BROUGHT, "zh": "补入", "color": "#0072b2", "mark": "补", "dash": ""},
)
"""Of the map: colour, and beside it a letter and a dash that stay readable in grey print."""


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _check() -> ComplianceCheck:
    refuse_unknown(("project", "plots", "at"))
    project = request.args.get("project", "").strip()
    if project:
        return check_project(_workspace(), _state(), project)
    return check_plots(_workspace(), _state(), request.args.get("plots", "").split(","))


@blueprint.get("/check")
def page() -> str | tuple[str, int]:
    """Show the check of a project or of plots; without either, a form that asks for them."""
    refuse_unknown(("project", "plots", "at"))
    found, complaint = None, ""
    if request.args.get("project") or request.args.get("plots"):
        try:
            found = _check()
        except InputError as error:
            complaint = str(error)
    shown = render_template(
        "pages/check.html",
        found=found,
        complaint=complaint,
        state=_state(),
        typed={name: request.args.get(name, "") for name in ("project", "plots")},
        registers=_REGISTERS,
        subject_words=SUBJECT_WORDS,
        verdict_words=verdict_words,
        quality=[] if found is None else _quality(found),
    )
    return (shown, 404) if complaint else shown


def _quality(found: ComplianceCheck) -> list[dict[str, Any]]:
    """Return a data-quality line for each register with something that was checked."""
    keys: dict[str, list[str]] = {}
    for checked in found.subjects:
        keys.setdefault(_REGISTERS[checked.subject], []).append(str(checked.key))
    return [quality_line(_workspace(), _state(), register, keys=codes) for register, codes in keys.items()]


@blueprint.get("/check.json")
def data() -> Response:
    """Give the same as data."""
    return jsonify(check_record(_check()))


@blueprint.get("/check/swap")
def swap() -> str:
    """Show both balances: retired outside and granted inside the lines; given another use inside and brought in."""
    refuse_unknown(("at",))
    state = _state()
    found = swap_ledger(_workspace(), state)
    retired, granted = plain_records(found.retired), plain_records(found.granted.reset_index())
    sides = (found.makeup.changed, found.makeup.brought, found.makeup.open)
    changed, brought, open_plots = (plain_records(side.reset_index(names="plot_code")) for side in sides)
    codes = [str(row["plot_code"]) for row in (*retired, *granted, *changed, *brought)]
    words = _workspace().layer("plots").field("use_change_ground").code_labels
    grounds = allowed_grounds(_workspace().policy_at(state.revision), state)
    return render_template(
        "pages/swap.html", found=found, state=state, retired=retired, granted=granted,
        unplaced=plain_records(found.unplaced), ends=SWAP_ENDS,
        changed=changed, brought=brought, open_plots=open_plots, ground_words=words,
        grounds="、".join(words.get(code, code) for code in grounds),
        on_map=map_of_plots(list(dict.fromkeys(codes)), state) if codes else "",
        quality=[
            quality_line(_workspace(), state, "recognitions", filter_text=f"mode = '{RECLAIMED}'"),
            quality_line(_workspace(), state, "land_supplies"),
        ],
    )  # fmt: skip


@blueprint.get("/check/swap.geojson")
def swap_shapes() -> Response:
    """Give the plots at both ends and the control lines for the page's map."""
    refuse_unknown(("at",))
    found = swap_ledger(_workspace(), _state())
    plots = [
        {
            "type": "Feature",
            "id": plot.plot_code,
            "properties": {"kind": plot.kind, "name": plot.name, "words": plot.words},
            "geometry": shape_record(plot.shape),
        }
        for plot in swap_plots(_workspace(), found, page_unit())
    ]
    lines = [shape_record(shape) for shape in swap_lines(_workspace(), found)]
    answer = jsonify(type="FeatureCollection", features=plots, total=len(plots), zones=lines)
    answer.content_type = CONTENT_TYPES["geojson"]
    return answer
