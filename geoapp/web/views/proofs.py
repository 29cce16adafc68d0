"""Proof sheets of plot ratios: `/plots/<code>/proof`, `/zones/<zones>/<key>/proof`, as pages to print and as JSON."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.domain.far_proof import PlotProof, ZoneProof
from geoapp.domain.zone_table import OUTSIDE_KEY, TOTAL_KEY
from geoapp.reports.far_proof import proof_record
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.far_proof import far_proof
from geoapp.services.workspace import Workspace
from geoapp.services.zone_far_proof import zone_far_proof
from geoapp.services.zone_files import kept_zone_file
from geoapp.services.zone_source import ZoneFile
from geoapp.web.parameters import refuse_unknown
from geoapp.web.quality import quality_line

blueprint = Blueprint("proofs", __name__)

UPLOADED = "upload"
_LOOKED_AT = (
    "far",
    "site_area_m2",
    "gfa_counted_m2",
    "building_coefficient_percent",
    "industry_code",
    "town_code",
)
"""What of the plots a proof rests on."""
LINES_SHOWN = 1000
"""Of a zone's plots on the page; the rest is one line with its sums, and the JSON has all."""


@blueprint.get("/plots/<path:plot_code>/proof")
def plot_page(plot_code: str) -> str:
    """Show how a plot's ratio comes about, to read and to print."""
    proof, at = _plot_proof(plot_code), request.args.get("at", "")
    quality = quality_line(_workspace(), as_of(_workspace(), at), keys=[plot_code], fields=_LOOKED_AT)
    return render_template("pages/proof.html", proof=proof, quality=quality, at=at)


@blueprint.get("/plots/<path:plot_code>/proof.json")
def plot_json(plot_code: str) -> Response:
    """Give the same as data."""
    return jsonify(proof_record(_plot_proof(plot_code)))


@blueprint.get("/zones/<zones>/<path:zone_key>/proof")
def zone_page(zones: str, zone_key: str) -> str:
    """Show how a zone's ratio comes about, plot by plot."""
    proof = _zone_proof(zones, zone_key)
    rest, at = proof.lines[LINES_SHOWN:], request.args.get("at", "")
    return render_template(
        "pages/zone_proof.html",
        proof=proof,
        shown=proof.lines[:LINES_SHOWN],
        rest_count=len(rest),
        rest_gfa_m2=sum(line.gfa_in_zone_m2 for line in rest),
        rest_area_m2=sum(line.area_in_zone_m2 for line in rest),
        left_out_shown=proof.left_out[:LINES_SHOWN],
        quality=_zone_quality(proof, zones, as_of(_workspace(), at)),
        at=at,
    )


def _zone_quality(proof: ZoneProof, zones: str, state: AsOf) -> list[dict[str, Any]]:
    """Return the lines of a zone's plots and, where it is a record, of the zone: which others cover its land."""
    workspace = _workspace()
    codes = [line.plot_code for line in proof.lines] + [plot.plot_code for plot in proof.left_out]
    lines = [quality_line(workspace, state, keys=codes, fields=_LOOKED_AT)]
    is_record = zones in workspace.layers and proof.zone_key not in (OUTSIDE_KEY, TOTAL_KEY)
    if is_record and zones != "plots":
        lines.append(quality_line(workspace, state, zones, keys=[proof.zone_key], as_zones=True))
    return lines


@blueprint.get("/zones/<zones>/<path:zone_key>/proof.json")
def zone_json(zones: str, zone_key: str) -> Response:
    """Give the same as data, with every plot."""
    return jsonify(proof_record(_zone_proof(zones, zone_key)))


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _plot_proof(plot_code: str) -> PlotProof:
    refuse_unknown(("at",))
    return far_proof(_workspace(), plot_code, as_of=as_of(_workspace(), request.args.get("at")))


def _zone_proof(zones: str, zone_key: str) -> ZoneProof:
    refuse_unknown(("membership", "filter", "at", "upload"))
    division: str | ZoneFile = zones
    if zones == UPLOADED:
        division = kept_zone_file(_workspace().settings, request.args.get("upload", ""))
    return zone_far_proof(
        _workspace(),
        division,
        zone_key,
        membership=request.args.get("membership", "clip"),
        as_of=as_of(_workspace(), request.args.get("at")),
        filter_text=request.args.get("filter", ""),
    )
