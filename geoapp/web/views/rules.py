"""The rule book: `/rules`, one rule opened to its subjects, one number with its history, and changing it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

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

from geoapp.domain.policy import PolicyNumber
from geoapp.domain.rule import EFFECT_WORDS, Subject, Verdict
from geoapp.domain.user import Permission
from geoapp.errors import FormError, NotFoundError, UsageError
from geoapp.reports.record_table import record_export_name
from geoapp.rules.judgement import find_rules
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.number_words import number_words
from geoapp.services.plan_checks import checked_clauses
from geoapp.services.plot_facts import today
from geoapp.services.policy_entry import FIELDS, enter_policy_value, read_policy_entry
from geoapp.services.publishing import publish_rule, publish_rules
from geoapp.services.record_card import record_address
from geoapp.services.rule_book import rule_book, rule_entry, rule_findings
from geoapp.services.rule_tables import (
    book_record,
    book_table,
    entry_record,
    finding_record,
    findings_table,
    number_record,
    plots_filter,
    rule_record,
)
from geoapp.services.workspace import Workspace
from geoapp.web.downloads import table_response
from geoapp.web.parameters import refuse_unknown
from geoapp.web.permissions import needs
from geoapp.web.quality import quality_line, with_quality

blueprint = Blueprint("rules", __name__)

LINES_SHOWN = 500
"""Of a rule's subjects, on the page; the files have all."""
_REGISTERS = {
    Subject.PLOT: "plots", Subject.SUPPLY: "land_supplies", Subject.PROJECT: "projects",
    Subject.TRANSACTION: "transactions", Subject.MICRO_PARK: "micro_parks",
}  # fmt: skip
_VERDICTS = {"yes": Verdict.YES, "unknown": Verdict.UNKNOWN, "no": Verdict.NO, "all": None}


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state(*more: str) -> AsOf:
    refuse_unknown(("at", *more))
    return as_of(_workspace(), request.args.get("at"))


def _query(state: AsOf) -> dict[str, str]:
    return {} if state.is_now else {"at": state.day.isoformat()}


def _verdict() -> tuple[str, Verdict | None]:
    word = request.args.get("verdict", "yes")
    if word not in _VERDICTS:
        raise UsageError(f"参数 verdict“{word[:20]}”不认识；可用：{'、'.join(_VERDICTS)}。")
    return word, _VERDICTS[word]


@blueprint.get("/rules")
def page() -> str:
    """Show the whole book by purpose, and the numbers that no rule uses."""
    state = _state()
    book = rule_book(_workspace(), state)
    groups = [
        (purpose, zh, [entry_record(entry, state.day) for entry in entries])
        for purpose, zh, entries in book.groups
    ]
    return render_template(
        "pages/rules.html",
        groups=groups,
        others=_other_numbers(state),
        clauses=checked_clauses(_workspace(), book),
        quality=quality_line(_workspace(), state),
        findings=book.findings,
        state=state,
        query=_query(state),
    )


def _other_numbers(state: AsOf) -> list[dict[str, Any]]:
    used = {name for rule in find_rules() for name in rule.thresholds}
    policy = _workspace().policy_at(state.revision)
    layers = _workspace().layers
    return [
        number_record(number, state.day, number_words(layers, name))
        for name, number in policy.numbers.items()
        if name not in used
    ]


@blueprint.get("/rules.<any(json, csv, xlsx):suffix>")
def export(suffix: str) -> Response:
    """Return the book as data or as a file."""
    state = _state()
    book = rule_book(_workspace(), state)
    if suffix == "json":
        return jsonify(book_record(book))
    table = book_table(_workspace(), book)
    publish_rules(_workspace().settings, book_record(book), record_export_name(table, f".{suffix}"))
    table = with_quality(table, suffix, lambda: [quality_line(_workspace(), state)])
    return table_response(table, suffix)


@blueprint.get("/rules/<rule_id>")
def rule_page(rule_id: str) -> str:
    """Show one rule with its numbers and the subjects it hits, or cannot answer about."""
    state = _state("verdict")
    word, verdict = _verdict()
    entry = rule_entry(_workspace(), state, rule_id)
    found = rule_findings(_workspace(), state, rule_id, verdict)
    hits = found if verdict is Verdict.YES else rule_findings(_workspace(), state, rule_id)
    return render_template(
        "pages/rule.html",
        rule=entry_record(entry, state.day),
        found=[finding_record(one) for one in found[:LINES_SHOWN]],
        found_count=len(found),
        lines_shown=LINES_SHOWN,
        verdict=word,
        verdicts={name: EFFECT_WORDS[entry.rule.effect][Verdict(name)] for name in ("yes", "unknown", "no")},
        map_filter=plots_filter(entry, hits),
        quality=_quality(entry.rule.subject, state),
        subject_href=lambda key: _subject_href(entry.rule.subject, key, state),
        state=state,
        query=_query(state),
    )


def _quality(subject: Subject, state: AsOf) -> list[dict[str, Any]]:
    """Return the data-quality line of all subjects of a rule; none where they are in no register."""
    register = _REGISTERS.get(subject)
    return [] if register is None else [quality_line(_workspace(), state, register)]


def _subject_href(subject: Subject, key: str, state: AsOf) -> str:
    """Return the address of a subject's record; empty where there is none of its own."""
    if subject not in _REGISTERS:
        return ""
    day = "" if state.is_now else f"?at={state.day.isoformat()}"
    return quote(record_address(_REGISTERS[subject], key)) + day


@blueprint.get("/rules/<rule_id>.<any(json, csv, xlsx):suffix>")
def rule_export(rule_id: str, suffix: str) -> Response:
    """Return one rule and its subjects as data or as a file."""
    state = _state("verdict")
    _, verdict = _verdict()
    entry = rule_entry(_workspace(), state, rule_id)
    found = rule_findings(_workspace(), state, rule_id, verdict)
    record = rule_record(_workspace(), state, entry, found, verdict)
    if suffix == "json":
        return jsonify(record)
    table = findings_table(_workspace(), state, entry, found, verdict)
    publish_rule(_workspace().settings, record, record_export_name(table, f".{suffix}"))
    return table_response(with_quality(table, suffix, lambda: _quality(entry.rule.subject, state)), suffix)


@blueprint.get("/rules/numbers/<number_id>")
def number_page(number_id: str) -> str:
    """Show one number: its history, the rules that use it, and the form to change it."""
    return _number_page(number_id, _state(), {}, {})


@blueprint.post("/rules/numbers/<number_id>/values")
@needs(Permission.RULE_BOOK)
def enter(number_id: str) -> AnyResponse | tuple[str, int]:
    """Store a new value; a form that is not right comes back as it was typed."""
    state = _state()
    typed = {name: request.form.get(name, "") for name in FIELDS}
    try:
        entry = read_policy_entry(_number(number_id, state), typed, today())
        revision = enter_policy_value(_workspace(), entry)
    except FormError as error:
        return _number_page(number_id, state, typed, error.complaints), 422
    flash(f"已存为第 {revision.number} 次修订。" if revision else "同样的值已经有了，没有改动。")
    return redirect(url_for("rules.number_page", number_id=number_id), 303)


def _number(number_id: str, state: AsOf) -> PolicyNumber:
    numbers = _workspace().policy_at(state.revision).numbers
    if number_id not in numbers:
        raise NotFoundError(f"规则库没有数值“{number_id[:40]}”。请从“规则库”页进入。")
    return numbers[number_id]


def _number_page(number_id: str, state: AsOf, typed: Mapping[str, str], complaints: Mapping[str, str]) -> str:
    number = _number(number_id, state)
    rules = [rule for rule in find_rules() if number_id in rule.thresholds]
    words = number_words(_workspace().layers, number_id)
    words |= {code: zh for rule in rules for code, zh in rule.words.items()}
    return render_template(
        "pages/rule_number.html",
        number=number_record(number, state.day, words),
        words=words,
        rules=rules,
        typed=typed,
        complaints=complaints,
        state=state,
        query=_query(state),
    )
