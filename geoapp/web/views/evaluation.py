"""The evaluation per 亩: `/evaluation`, one enterprise's sheet, plots, ours against the official result, fixing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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

from geoapp.analysis.evaluation_score import weights_changed
from geoapp.domain.evaluation import ITEMS, LISTS, OFFICIAL
from geoapp.domain.listed import EVALUATION_OFFICIAL, EVALUATION_PLOTS
from geoapp.domain.user import Permission
from geoapp.errors import FormError, NotFoundError
from geoapp.reports.record_table import record_export_name
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.evaluation import YearEvaluation, check_list, evaluate_with, evaluate_year
from geoapp.services.evaluation_comparison import (
    compare,
    stored_result,
)
from geoapp.services.evaluation_findings import evaluation_findings
from geoapp.services.evaluation_firm import firm_record
from geoapp.services.evaluation_freeze import FIELDS, freeze, frozen_result
from geoapp.services.evaluation_gaps import comparison_gaps, enterprise_gaps, evaluated_plot_gaps
from geoapp.services.evaluation_inputs import default_year, evaluation_years, year_policy
from geoapp.services.evaluation_others import official_data, official_file, plots_data, plots_file
from geoapp.services.evaluation_record import (
    GRADE_WORDS,
    changed_records,
    comparison_record,
    evaluation_record,
    frozen_record,
    head,
    list_record,
    plots_record,
)
from geoapp.services.evaluation_rules import parse_weights, rule_numbers, weights_text
from geoapp.services.evaluation_table import evaluation_table
from geoapp.services.publishing import publish_evaluation
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import export_unit, page_unit
from geoapp.web.downloads import list_response, table_response
from geoapp.web.parameters import refuse_unknown, whole_number
from geoapp.web.people import written_by
from geoapp.web.permissions import needs
from geoapp.web.quality import shown_gaps, with_quality

blueprint = Blueprint("evaluation", __name__)

LINES_SHOWN = 500
"""Of enterprises, findings and differences, on a page; the files have all."""
WEIGHT_FIELDS = {f"weight_{name}": name for name in ITEMS}
"""Of the form that asks what if; its answer has all of them in `weights`."""
_BAR_START, _BAR_WIDTH, _BAR_STEP, _LABELLED = 120.0, 1000.0, 34, 34.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an address asks for."""

    state: AsOf
    found: YearEvaluation
    """By the rule book."""
    code: str | None
    weights: Mapping[str, float] | None
    """Other ones than the rule book's."""

    @property
    def query(self) -> dict[str, Any]:
        """Its parameters, for links that keep them."""
        return {
            "year": self.found.year,
            **({"list": self.code} if self.code else {}),
            **({"weights": weights_text(self.weights)} if self.weights else {}),
            **({} if self.state.is_now else {"at": request.args["at"]}),
        }

    def shown(self) -> YearEvaluation:
        """Return the evaluation to be shown: under other weights where the address gives some."""
        if not (self.weights and self.code):
            return self.found
        return evaluate_with(_workspace(), self.found, self.code, self.weights, self.state)


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _asked(*parameters: str, default_list: str | None = None) -> _Asked:
    refuse_unknown(("year", "at", *parameters))
    state = as_of(_workspace(), request.args.get("at"))
    year = whole_number("year", lowest=2000, highest=2100, default=0) or default_year(_workspace(), state)
    found = evaluate_year(_workspace(), year, state)
    text = request.args.get("list") or default_list
    code = check_list(text) if text else None
    weights = parse_weights(request.args["weights"]) if request.args.get("weights") else None
    if weights and code is None:
        raise NotFoundError("改分值要写明是哪张名单（list=above_scale 等），各名单分别打分。")
    if weights and code and not weights_changed(weights, found.inputs.rules.score[code].weights):
        weights = None
    return _Asked(state, found, code, weights)


@blueprint.get("/evaluation")
def page() -> str | AnyResponse:
    """Show a year's evaluation of one list: grades, items, enterprises, what does not fit."""
    if any(name in request.args for name in WEIGHT_FIELDS):
        return _with_weights()
    refuse_unknown(("year", "at", "list", "weights"))
    state = as_of(_workspace(), request.args.get("at"))
    if "year" not in request.args and not evaluation_years(_workspace(), state):
        return render_template("pages/evaluation_none.html", state=state)
    return _page(_asked("list", "weights", default_list="above_scale"), {}, {})


def _with_weights() -> AnyResponse:
    """Lead the answers of the form to the address that has them in one parameter."""
    refuse_unknown(("year", "at", "list", *WEIGHT_FIELDS))
    parts = [
        f"{item}:{request.args[name] or 0}" for name, item in WEIGHT_FIELDS.items() if name in request.args
    ]
    kept: dict[str, Any] = {
        name: request.args[name] for name in ("year", "list", "at") if request.args.get(name)
    }
    return redirect(url_for("evaluation.page", **kept, weights=weights_text(parse_weights(",".join(parts)))))


def _page(asked: _Asked, typed: Mapping[str, str], complaints: Mapping[str, str]) -> str:
    workspace, state, found, code = _workspace(), asked.state, asked.found, asked.code or "above_scale"
    shown = asked.shown()
    record = evaluation_record(workspace, shown, state, code=code, unit=page_unit(), limit=LINES_SHOWN)
    lists = [
        each if shown is found or each["list"] == code else list_record(found, each["list"])
        for each in record["lists"]
    ]
    return render_template(
        "pages/evaluation.html",
        record=record,
        lists=lists,
        chosen=next(each for each in record["lists"] if each["list"] == code),
        official_weights=found.inputs.rules.score[code].weights,
        bars=[_bar(each, number) for number, each in enumerate(lists)],
        chart_height=_BAR_STEP * len(lists),
        items=ITEMS,
        enterprises=record["enterprises"],
        findings=record["findings"][:LINES_SHOWN] if not asked.weights else [],
        what_if=_what_if(asked, shown),
        frozen=frozen_record(frozen_result(workspace, found, state), found.inputs.figures["name"]),
        official=stored_result(workspace, found.year, OFFICIAL, state),
        numbers=rule_numbers(year_policy(workspace, state), found.inputs.rules_on, code),
        quality=_quality(asked, shown, code),
        typed=typed,
        complaints=complaints,
        lines_shown=LINES_SHOWN,
        state=state,
        query=asked.query,
        file_unit=_file_unit(),
    )


def _quality(asked: _Asked, shown: YearEvaluation, code: str | None) -> dict[str, Any]:
    return shown_gaps(enterprise_gaps(_workspace(), shown, asked.state, code, unit=page_unit()))


def _plots_quality(asked: _Asked, records: list[dict[str, Any]]) -> dict[str, Any]:
    return shown_gaps(evaluated_plot_gaps(_workspace(), asked.found, asked.state, records, unit=page_unit()))


def _official_quality(asked: _Asked, record: Mapping[str, Any]) -> dict[str, Any]:
    return shown_gaps(
        comparison_gaps(_workspace(), asked.found, asked.state, record["enterprises"], unit=page_unit())
    )


def _what_if(asked: _Asked, shown: YearEvaluation) -> dict[str, Any] | None:
    """Return how grades move under the weights of the address; None under the rule book's."""
    if not asked.weights:
        return None
    before = asked.found.results
    compared = compare(shown, before[before["list"] == asked.code], asked.code)
    names = asked.found.inputs.figures["name"]
    changed = compared.changed.assign(name=names.reindex(compared.changed.index))
    return {
        **comparison_record(compared),
        "changed": changed_records(changed),
        "weights": dict(asked.weights),
    }


def _bar(listed: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return a list's grades as the parts of a bar: where each begins and how wide it is."""
    total = sum(listed["grades"].values())
    segments, start = [], _BAR_START
    for grade, count in listed["grades"].items():
        width = _BAR_WIDTH * count / total if total else 0.0
        if count:
            name = "none" if grade == GRADE_WORDS[""] else grade
            segments.append(
                {"grade": grade, "class": f"grade-{name}", "count": count, "x": round(start, 2),
                 "width": round(width, 2), "middle": round(start + width / 2, 2), "is_wide": width > _LABELLED}
            )  # fmt: skip
        start += width
    return {
        "list": listed["list"],
        "zh": listed["zh"],
        "total": total,
        "y": _BAR_STEP * number,
        "segments": segments,
    }


@blueprint.get("/evaluation.json")
def data() -> Response:
    """Give a year's evaluation as data, of one list or of all."""
    asked = _asked("list", "weights")
    workspace, shown = _workspace(), asked.shown()
    record = _record(asked, shown)
    frozen = frozen_result(workspace, asked.found, asked.state)
    return jsonify(
        {
            **record,
            "what_if": _what_if(asked, shown),
            "frozen": frozen_record(frozen, asked.found.inputs.figures["name"]),
        }
    )


def _record(asked: _Asked, shown: YearEvaluation) -> dict[str, Any]:
    return evaluation_record(
        _workspace(), shown, asked.state, code=asked.code, unit=export_unit(), weights=asked.weights
    )


@blueprint.get("/evaluation.<any(csv, xlsx):suffix>")
def export(suffix: str) -> Response:
    """Give the enterprises of a list, or of all, as a file."""
    asked = _asked("list", "weights")
    notes = [
        f"{finding.zh}：{finding.title} {finding.message}"
        for finding in evaluation_findings(_workspace(), asked.found, export_unit())
    ]
    if asked.weights:
        words = "、".join(f"{ITEMS[name].zh} {weight:g}" for name, weight in asked.weights.items())
        notes.insert(0, f"假设的分值（{words}），不是规则库的，不作为评价结果。")
    shown = asked.shown()
    table = evaluation_table(
        _workspace(),
        shown,
        asked.state,
        code=asked.code,
        unit=export_unit(),
        notes=notes,
        weights=asked.weights,
    )
    publish_evaluation(_workspace().settings, _record(asked, shown), record_export_name(table, f".{suffix}"))
    return table_response(with_quality(table, suffix, lambda: [_quality(asked, shown, asked.code)]), suffix)


@blueprint.get("/evaluation/enterprises/<uscc>")
def firm_page(uscc: str) -> str:
    """Show one enterprise's evaluation as a proof."""
    asked = _asked()
    return render_template(
        "pages/evaluation_firm.html",
        record=firm_record(_workspace(), asked.found, uscc, asked.state, unit=page_unit()),
        quality=shown_gaps(
            enterprise_gaps(_workspace(), asked.found, asked.state, None, uscc, unit=page_unit())
        ),
        state=asked.state,
        query=asked.query,
        lists=LISTS,
    )


@blueprint.get("/evaluation/enterprises/<uscc>.json")
def firm_data(uscc: str) -> Response:
    """Give one enterprise's evaluation as data."""
    asked = _asked()
    return jsonify(firm_record(_workspace(), asked.found, uscc, asked.state, unit=export_unit()))


@blueprint.get("/evaluation/plots")
def plots_page() -> str:
    """Show what the evaluation makes of each plot, with the enterprises on it and their shares."""
    asked = _asked()
    records = plots_record(asked.found)
    return render_template(
        "pages/evaluation_plots.html",
        record=head(_workspace(), asked.found, asked.state),
        plots=[record for record in records if record["enterprise_count"] > 1][:LINES_SHOWN],
        plot_count=len(records),
        quality=_plots_quality(asked, records),
        state=asked.state,
        query=asked.query,
        file_unit=_file_unit(),
    )


@blueprint.get("/evaluation/plots.<any(json, csv, xlsx):suffix>")
def plots_export(suffix: str) -> Response:
    """Give the plots as data or as a file."""
    asked = _asked()
    record = plots_data(_workspace(), asked.found, asked.state)
    if suffix == "json":
        return jsonify(record)
    table = plots_file(_workspace(), asked.found, asked.state, export_unit())
    table = with_quality(table, suffix, lambda: [_plots_quality(asked, record["plots"])])
    return list_response(_workspace(), EVALUATION_PLOTS, record, table, suffix)


@blueprint.get("/evaluation/official")
def official_page() -> str:
    """Show ours against the official result: who agrees, who does not, and why."""
    asked = _asked("list")
    record = official_data(_workspace(), asked.found, asked.state, asked.code)
    return render_template(
        "pages/evaluation_official.html",
        record=record,
        quality=_official_quality(asked, record),
        lists=LISTS,
        code=asked.code,
        lines_shown=LINES_SHOWN,
        state=asked.state,
        query=asked.query,
    )


@blueprint.get("/evaluation/official.<any(json, csv, xlsx):suffix>")
def official_export(suffix: str) -> Response:
    """Give the comparison with the official result as data or as a file."""
    asked = _asked("list")
    record = official_data(_workspace(), asked.found, asked.state, asked.code)
    if suffix == "json":
        return jsonify(record)
    table = official_file(_workspace(), asked.found, asked.state, asked.code)
    table = with_quality(table, suffix, lambda: [_official_quality(asked, record)])
    return list_response(_workspace(), EVALUATION_OFFICIAL, record, table, suffix)


@blueprint.post("/evaluation/freeze")
@needs(Permission.EDIT)
def fix() -> AnyResponse | tuple[str, int]:
    """Fix a year's evaluation; a form that is not right comes back as it was typed."""
    asked = _asked("list", default_list="above_scale")
    typed = {name: request.form.get(name, "") for name in FIELDS}
    typed["entered_by"] = written_by(typed["entered_by"])
    try:
        revision = freeze(_workspace(), asked.found.year, asked.state, typed)
    except FormError as error:
        return _page(asked, typed, error.complaints), 422
    flash(f"已固化，第 {revision.number} 次修订。" if revision else "同样的结果已经固化过，没有改动。")
    return redirect(url_for("evaluation.page", **asked.query, _anchor="frozen"), 303)


def _file_unit() -> str | None:
    return None if page_unit() == "mu" else page_unit()
