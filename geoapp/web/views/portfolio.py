"""Portfolio: `/portfolio?area=3000&gfa=1000000&projects=20`, as page, data and files."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.domain.portfolio import OBJECTIVES, Choice, PortfolioAnswer
from geoapp.errors import UsageError
from geoapp.reports.portfolio import plot_records, portfolio_record, portfolio_table, swap, town_sums
from geoapp.reports.record_table import record_table_bytes
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.portfolio import find_portfolio, gap_words
from geoapp.services.portfolio_question import LONGEST_S, PARAMETERS, question_query, read_question
from geoapp.services.publishing import publish_portfolio
from geoapp.services.target_sets import target_sets
from geoapp.services.whatif_plan import MOST_PLOTS, mode_words
from geoapp.services.whatif_targets import movable_rows
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import export_unit, page_unit
from geoapp.web.downloads import file_response
from geoapp.web.map_links import map_of_plots
from geoapp.web.parameters import refuse_unknown
from geoapp.web.quality import quality_line, with_quality

blueprint = Blueprint("portfolio", __name__)

_GOALS = {"revitalised_area": "area", "new_floor_area": "gfa"}


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _answer(state: AsOf) -> PortfolioAnswer:
    return find_portfolio(_workspace(), read_question(_workspace(), request.args, state), state)


@blueprint.get("/portfolio")
def page() -> str | tuple[str, int]:
    """Show the form, and the choice once something is asked; a form that is not right comes back as it was typed."""
    refuse_unknown((*PARAMETERS, "at"))
    state = as_of(_workspace(), request.args.get("at"))
    answer, complaint = None, ""
    if question_query(request.args):
        try:
            answer = _answer(state)
        except UsageError as error:
            complaint = str(error)
    policy = _workspace().policy_at(state.revision)
    shown = render_template(
        "pages/portfolio.html",
        typed={name: request.args.get(name, "") for name in PARAMETERS},
        modes=mode_words(_workspace()),
        default_mode=policy.value("portfolio_mode", state.day),
        default_seconds=policy.value("portfolio_seconds", state.day),
        longest=LONGEST_S,
        objectives=OBJECTIVES,
        gaps=_gaps(state),
        complaint=complaint,
        answer=answer,
        state=state,
        gap_words=gap_words,
        file_unit=None if page_unit() == "mu" else page_unit(),
        quality=None if answer is None else _quality(answer, state),
        query=question_query(request.args) | ({} if state.is_now else {"at": request.args["at"]}),
        **_shown(answer, state),
    )
    return (shown, 400) if complaint else shown


def _gaps(state: AsOf) -> list[dict[str, Any]]:
    """Return what is still missing to the targets of land and floor area, for whoever fills in the form."""
    gaps = []
    for target_set in target_sets(_workspace()).values():
        for row in movable_rows(_workspace(), target_set, state):
            current = row.current
            if row.indicator.actual not in _GOALS or current is None or row.indicator.is_shared:
                continue
            missing = None if row.actual.value is None else current.target.value - row.actual.value
            gaps.append({"zh": row.indicator.zh, "kind": _GOALS[row.indicator.actual], "missing": missing})
    return gaps


def _shown(answer: PortfolioAnswer | None, state: AsOf) -> dict[str, Any]:
    if answer is None or answer.portfolio.choice is None:
        ways = [] if answer is None else zip(answer.advice, answer.portfolio.relaxations, strict=True)
        return {
            "choice": None,
            "ways": [(words, map_of_plots(found.choice.codes, state)) for words, found in ways],
        }
    choice = answer.portfolio.choice
    return {
        "ways": [],
        "choice": choice,
        "plots": plot_records(answer, choice),
        "towns": town_sums(answer, choice),
        "map_address": map_of_plots(choice.codes, state),
        "table_address": map_of_plots(choice.codes, state, table="plots"),
        "whatif_address": _whatif_address(answer, choice, state),
        "others": [
            {"choice": other, "swap": swap(choice, other), "map": map_of_plots(other.codes, state)}
            for other in answer.portfolio.alternatives
        ],
    }


def _whatif_address(answer: PortfolioAnswer, choice: Choice, state: AsOf) -> str:
    """Return the what-if of the same plots in the same mode; empty where they are too many."""
    if not 0 < choice.project_count <= MOST_PLOTS or any("," in code for code in choice.codes):
        return ""
    far = answer.asked.far if answer.asked.far is not None else _default_far(answer)
    query = {"plots": ",".join(choice.codes), "mode": answer.asked.mode} | (
        {"far": f"{far:g}"} if far else {}
    )
    day = {} if state.is_now else {"at": request.args["at"]}
    return f"/whatif?{urlencode(query | day)}"


def _default_far(answer: PortfolioAnswer) -> float | None:
    policy = _workspace().policy_at(answer.revision)
    builds = answer.asked.mode in policy.value("whatif_building_modes", answer.day)
    return float(policy.value("far_target_default", answer.day)) if builds else None


def _quality(answer: PortfolioAnswer, state: AsOf) -> dict[str, Any]:
    return quality_line(_workspace(), state, keys=list(answer.plots.index))


@blueprint.get("/portfolio.<any(json, csv, xlsx):suffix>")
def export(suffix: str) -> Response:
    """Give the choice as data or as a file."""
    refuse_unknown((*PARAMETERS, "at"))
    state = as_of(_workspace(), request.args.get("at"))
    answer = _answer(state)
    if suffix == "json":
        return jsonify(portfolio_record(answer, export_unit()))
    choice = answer.portfolio.choice
    count = 0 if choice is None else choice.project_count
    day = answer.data_on.isoformat()
    name = f"组合优选_{count}个项目_{day}.{suffix}"
    publish_portfolio(_workspace().settings, portfolio_record(answer), name)
    table = portfolio_table(answer, export_unit())
    return file_response(
        record_table_bytes(with_quality(table, suffix, lambda: [_quality(answer, state)]), f".{suffix}"),
        suffix,
        name=name,
        name_ascii=f"portfolio_{count}_projects_{day}.{suffix}",
    )
