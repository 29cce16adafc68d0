"""Candidates for a second development: `/candidates`, their data, one opened, blocks, files, saved weights."""

from typing import Any
from urllib.parse import urlencode

import numpy as np
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

from geoapp.domain.frame import plain_records
from geoapp.domain.listed import CANDIDATES
from geoapp.domain.user import Permission
from geoapp.errors import InputError, NotFoundError
from geoapp.reports.candidates import block_records, pool_record
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.candidate_table import candidate_data, candidate_table, listed_records
from geoapp.services.candidate_weights import (
    HEAVIEST,
    OFFICIAL,
    TERM_WORDS,
    official_weights,
    save_set,
    saved_sets,
)
from geoapp.services.candidates import (
    STABILITY_WORDS,
    CandidateList,
    candidate_blocks,
    candidate_list,
    candidate_numbers,
    candidate_summary_words,
    flag_words,
)
from geoapp.services.map_layers import map_layers
from geoapp.services.place_names import place_names
from geoapp.services.records import filter_words
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import export_unit
from geoapp.web.district_map import district_map_parts
from geoapp.web.downloads import list_response
from geoapp.web.parameters import refuse_unknown, whole_number
from geoapp.web.people import written_by
from geoapp.web.permissions import needs
from geoapp.web.quality import quality_line, with_quality

blueprint = Blueprint("candidates", __name__)

PARAMETERS = ("weights", "filter", "top", "at")
MOST_ON_PAGE = 20_000
"""Candidates that a page ranks itself; of more, the first under the weights asked for."""
OPEN_SHOWN = 500
_MAP_LAYERS = ("towns", "parks", "control_lines", "restricted_areas", "plots")
_MAP_LABEL = "候选地块地图：选中的是前几名。方向键平移，加减号缩放。"


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _list(*more: str) -> CandidateList:
    refuse_unknown((*PARAMETERS, *more))
    return candidate_list(
        _workspace(),
        _state(),
        weights=request.args.get("weights"),
        filter_text=request.args.get("filter", ""),
        top_count=whole_number("top", lowest=1, highest=100_000) if request.args.get("top") else None,
    )


def _query() -> dict[str, str]:
    return {name: request.args[name] for name in PARAMETERS if request.args.get(name)}


@blueprint.get("/candidates")
def page() -> str:
    """Show the candidates; scores are counted on the page as weights move."""
    return _page({}, {})


def _page(typed: dict[str, str], complaint: dict[str, str]) -> str:
    found, workspace = _list(), _workspace()
    state = found.state
    layers = [layer for layer in map_layers(workspace, state.day) if layer.id in _MAP_LAYERS]
    return render_template(
        "pages/candidates.html",
        found=found,
        state=state,
        summary=candidate_summary_words(found),
        terms=TERM_WORDS,
        heaviest=HEAVIEST,
        stability=STABILITY_WORDS,
        official=official_weights(workspace.policy_at(state.revision), state),
        official_name=OFFICIAL,
        sets=saved_sets(workspace, state),
        parts=district_map_parts(workspace, layers, _MAP_LABEL),
        filter_words=filter_words(workspace, "plots", found.filter_text) if found.filter_text else "",
        open_plots=plain_records(found.open.head(OPEN_SHOWN)),
        numbers=candidate_numbers(workspace, state),
        quality=_quality(found),
        gap_m=workspace.policy_at(state.revision).value("candidate_block_gap_m", state.day),
        query=_query(),
        typed=typed,
        complaint=complaint,
    )


@blueprint.get("/candidates/pool.json")
def pool() -> Response:
    """Return what the page ranks: each candidate's terms and facts, column by column."""
    found = _list()
    shown = found.first(MOST_ON_PAGE)
    towns = place_names(_workspace(), "towns", found.state.revision)
    return jsonify(
        {
            "total": len(found.rows),
            "terms": [{"id": term, "zh": words} for term, words in TERM_WORDS.items()],
            **pool_record(shown.candidates, shown.terms, flag_words(found.pool, shown.candidates), towns),
        }
    )


@blueprint.get("/candidates/stability.json")
def stability() -> Response:
    """Return which candidates are always, and which sometimes, among the first under the weights."""
    found = _list()
    codes, words = found.codes, found.figures["stability"]
    return jsonify(
        top_count=found.top_count,
        always=codes[words == "always"].tolist(),
        sometimes=codes[words == "sometimes"].tolist(),
    )


@blueprint.get("/candidates/blocks.json")
def blocks() -> Response:
    """Return the candidates that lie together as wholes."""
    found = _list("gap")
    gap = request.args.get("gap")
    gap_m = float(whole_number("gap", lowest=0, highest=1000)) if gap else None
    return jsonify(
        blocks=block_records(
            candidate_blocks(_workspace(), found, gap_m),
            place_names(_workspace(), "towns", found.state.revision),
        )
    )


@blueprint.get("/candidates/plots/<path:plot_code>.json")
def plot(plot_code: str) -> Response:
    """Return one candidate with its reasons, clauses and the rule nearest to turning."""
    found = _list()
    place = found.place_of(plot_code)
    if place is None:
        raise NotFoundError(f"“{plot_code}”不在候选里：没有这宗地，或已被排除。")
    return jsonify(listed_records(_workspace(), found.cut(slice(place, place + 1)))[0])


def _quality(found: CandidateList) -> dict[str, Any]:
    """Return the data-quality line of the candidates and of the plots that lack what it takes to say."""
    return quality_line(_workspace(), found.state, rows=np.concatenate([found.rows, found.open_rows]))


@blueprint.get("/candidates.json")
def data() -> Response:
    """Return the list as `geoapp candidates --output` writes it: what `--json` prints, with a fingerprint."""
    return jsonify(candidate_data(_workspace(), _list()))


@blueprint.get("/candidates.<any(csv, xlsx, geojson, gpkg):suffix>")
def export(suffix: str) -> Response:
    """Return the list as a file."""
    found = _list()
    table = candidate_table(_workspace(), found, export_unit())
    table = with_quality(table, suffix, lambda: [_quality(found)])
    return list_response(_workspace(), CANDIDATES, candidate_data(_workspace(), found), table, suffix)


@blueprint.post("/candidates/weights")
@needs(Permission.EDIT)
def save() -> AnyResponse | tuple[str, int]:
    """Save a set of weights; a form that is not right comes back as it was typed."""
    typed = {name: request.form.get(name, "") for name in ("name", "weights", "saved_by", "note")}
    typed["saved_by"] = written_by(typed["saved_by"])
    try:
        revision = save_set(_workspace(), typed)
    except InputError as error:
        return _page(typed, {"text": str(error)}), 422
    name = typed["name"].strip()
    flash(
        f"权重方案“{name}”已存为第 {revision.number} 次修订。" if revision else f"权重方案“{name}”没有变化。"
    )
    return redirect(f"{url_for('candidates.page', at=None)}?{urlencode(_query() | {'weights': name})}", 303)
