"""What-if: `/whatif?plots=A,B&mode=M01&far=2.0`, as page, data and files; kept ones side by side on `/scenarios`."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

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

from geoapp.domain.target_unit import gap_zh
from geoapp.domain.user import Permission
from geoapp.domain.whatif import Scenario, WhatIf
from geoapp.errors import UsageError
from geoapp.reports.record_table import record_table_bytes
from geoapp.reports.scenarios import compared_rows, comparison_table, scenario_record
from geoapp.reports.texts import safe_name
from geoapp.reports.whatif import contribution_record, verdict_counts, whatif_record, whatif_table
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.plot_links import REGISTERS
from geoapp.services.publishing import publish_whatif
from geoapp.services.scenarios import (
    MOST_COMPARED,
    drop_scenario,
    find_scenarios,
    keep_scenario,
    scenarios,
)
from geoapp.services.whatif import what_if
from geoapp.services.whatif_inputs import plot_buildings, plot_rows
from geoapp.services.whatif_plan import PARAMETERS, mode_words, read_plan, read_plots
from geoapp.services.whatif_words import VERDICTS, amount
from geoapp.services.workspace import Workspace
from geoapp.units import UNKNOWN, number_text
from geoapp.web.area_unit import export_unit, page_unit
from geoapp.web.downloads import file_response
from geoapp.web.map_links import map_of_plots
from geoapp.web.parameters import refuse_unknown
from geoapp.web.people import written_by
from geoapp.web.permissions import needs
from geoapp.web.quality import quality_line, with_quality

blueprint = Blueprint("whatif", __name__)

LINES_SHOWN = 100
"""Plots on the page; the files have all."""
_MODE_LISTS = ("building", "clearing", "far_required", "demolishing")


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _answer(state: AsOf) -> WhatIf:
    """Return what the address asks."""
    codes = read_plots(request.args.get("plots", ""))
    return what_if(_workspace(), codes, read_plan(_workspace(), request.args, state), state)


@blueprint.get("/whatif")
def page() -> str | tuple[str, int]:
    """Show the form, and the answer once a mode is chosen; a form that is not right comes back as it was typed."""
    refuse_unknown((*PARAMETERS, "at"))
    state = _state()
    text = request.args.get("plots", "")
    codes = read_plots(text) if text.strip(" ,") else ()
    plots = plot_rows(_workspace(), codes, state) if codes else None
    result, complaint = None, ""
    if codes and request.args.get("mode"):
        try:
            result = _answer(state)
        except UsageError as error:
            complaint = str(error)
    shown = render_template(
        "pages/whatif.html",
        codes=codes,
        plots=[] if plots is None else list(plots["name"].fillna("").items()),
        buildings=plot_buildings(_workspace(), codes, state).to_dict("records") if codes else [],
        uses=_workspace().layer("buildings").field("use").code_labels,
        typed={name: request.args.get(name, "") for name in PARAMETERS},
        modes=mode_words(_workspace()),
        mode_lists=_mode_lists(state),
        result=result,
        complaint=complaint,
        state=state,
        **_shown(result, state),
    )
    return (shown, 400) if complaint else shown


def _mode_lists(state: AsOf) -> dict[str, list[str]]:
    """Return what the modes may do, for the form."""
    value = _workspace().policy_at(state.revision).value
    return {name: list(value(f"whatif_{name}_modes", state.day)) for name in _MODE_LISTS}


def _shown(result: WhatIf | None, state: AsOf) -> dict[str, Any]:
    """Return what the template needs beside the answer."""
    common: dict[str, Any] = {
        "shown": shown_number,
        "gap_zh": gap_zh,
        "verdicts": VERDICTS,
        "amount": amount,
        "file_unit": None if page_unit() == "mu" else page_unit(),
    }
    if result is None:
        return common
    query = dict(result.query) | ({} if result.is_now else {"at": request.args["at"]})
    codes = [line.plot_code for line in result.lines]
    return common | {
        "quality": _quality(result, state),
        "lines": result.lines[:LINES_SHOWN],
        "targets": [contribution_record(line, page_unit()) for line in result.contributions],
        "counts": verdict_counts(result),
        "query": query,
        "map_address": map_of_plots(codes, state),
    }


def _quality(result: WhatIf, state: AsOf) -> dict[str, Any]:
    return quality_line(_workspace(), state, keys=[line.plot_code for line in result.lines])


def shown_number(value: float | None, decimals: int = 2) -> str:
    """Return a number as pages write it; never -0.00, a dash where unknown."""
    return UNKNOWN if value is None else number_text(value, f"z,.{decimals}f")


@blueprint.get("/whatif.<any(json, csv, xlsx):suffix>")
def export(suffix: str) -> Response:
    """Give the answer as data or as a file."""
    refuse_unknown((*PARAMETERS, "at"))
    state = _state()
    result = _answer(state)
    if suffix == "json":
        return jsonify(whatif_record(result, export_unit()))
    table = whatif_table(result, export_unit())
    day = result.data_on.isoformat()
    name = f"改造测算_{safe_name(result.mode_zh)}_{len(result.lines)}宗_{day}.{suffix}"
    publish_whatif(_workspace().settings, whatif_record(result), name)
    return file_response(
        record_table_bytes(with_quality(table, suffix, lambda: [_quality(result, state)]), f".{suffix}"),
        suffix,
        name=name,
        name_ascii=f"whatif_{result.plan.mode}_{len(result.lines)}_plots_{day}.{suffix}",
    )


@blueprint.post("/scenarios")
@needs(Permission.EDIT)
def keep() -> AnyResponse:
    """Keep the answer to the parameters of the address under a name."""
    refuse_unknown((*PARAMETERS, "at"))
    result = _answer(_state())
    given = {name: request.form.get(name, "") for name in ("name", "author", "note")}
    given["author"] = written_by(given["author"])
    scenario = keep_scenario(_workspace().settings, result, **given)
    flash(f"已保存方案“{scenario.name}”。台账没有任何改动。")
    return redirect(url_for(".kept", ids=scenario.id), 303)


@blueprint.get("/scenarios")
@needs(Permission.EDIT)
def kept() -> str:
    """List the kept what-ifs, and show those chosen side by side."""
    refuse_unknown(("ids",))
    listed, problems = scenarios(_workspace().settings)
    chosen = _chosen()
    return render_template(
        "pages/scenarios.html",
        scenarios=listed,
        chosen=chosen,
        ids=",".join(scenario.id for scenario in chosen),
        rows=compared_rows(chosen, page_unit()) if chosen else [],
        changed={scenario.id: _has_changed(scenario) for scenario in listed},
        made={scenario.id: local_time(scenario.made_at) for scenario in listed},
        addresses={scenario.id: scenario_addresses(scenario) for scenario in listed},
        problems=problems,
        quality=_quality_of(chosen),
        most=MOST_COMPARED,
        file_unit=None if page_unit() == "mu" else page_unit(),
    )


def _quality_of(chosen: list[Scenario]) -> list[dict[str, Any]]:
    """Return the data-quality line of the plots of kept what-ifs as they are now; none where none is chosen."""
    codes = dict.fromkeys(code for scenario in chosen for code in scenario.query.get("plots", "").split(","))
    workspace = _workspace()
    return [quality_line(workspace, as_of(workspace), keys=list(codes))] if codes else []


def local_time(text: str) -> str:
    """Return a time in UTC (ISO 8601) as the clock where the machine stands shows it."""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M")


def _chosen() -> list[Scenario]:
    ids = [text for text in request.args.get("ids", "").split(",") if text]
    return find_scenarios(_workspace().settings, ids)


def scenario_addresses(scenario: Scenario) -> dict[str, str]:
    """Return the addresses that ask a scenario's question of its own state and of now."""
    now = f"/whatif?{urlencode(scenario.query)}"
    return {"then": f"{now}&{urlencode({'at': f'{scenario.day}@{scenario.revision}'})}", "now": now}


def _has_changed(scenario: Scenario) -> bool:
    """Return whether the registers behind plots' facts changed since a scenario was kept."""
    workspace = _workspace()
    newest = workspace.store.revision()
    if scenario.revision > newest:
        return True
    seen, now = (workspace.register_revisions(REGISTERS, number) for number in (scenario.revision, newest))
    return seen != now


@blueprint.get("/scenarios.<any(json, csv, xlsx):suffix>")
@needs(Permission.EDIT)
def export_kept(suffix: str) -> Response:
    """Give the kept what-ifs chosen, or all, as data; those chosen as a file to compare."""
    refuse_unknown(("ids",))
    chosen = _chosen()
    if suffix == "json":
        listed = chosen or scenarios(_workspace().settings)[0]
        return jsonify(scenarios=[scenario_record(scenario) for scenario in listed])
    if not chosen:
        raise UsageError("没有选择方案。请在“方案对比”页勾选后再导出。")
    state = as_of(_workspace())
    table = comparison_table(chosen, export_unit(), revision=state.revision, day=state.day)
    day = table.data_on.isoformat()
    return file_response(
        record_table_bytes(table, f".{suffix}"),
        suffix,
        name=f"改造方案对比_{len(chosen)}个方案_{day}.{suffix}",
        name_ascii=f"scenarios_{len(chosen)}_{day}.{suffix}",
    )


@blueprint.post("/scenarios/<scenario_id>/delete")
@needs(Permission.EDIT)
def drop(scenario_id: str) -> AnyResponse:
    """Delete a kept what-if."""
    name = drop_scenario(_workspace().settings, scenario_id)
    flash(f"已删除方案“{name}”。")
    return redirect(url_for(".kept"), 303)
