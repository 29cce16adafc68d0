"""The rule book and what a rule says of its subjects, as plain values and as tables to take along."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.fingerprint import Fingerprint, take_fingerprint
from geoapp.domain.policy import CERTAINTY_WORDS, DatedValue, PolicyNumber
from geoapp.domain.policy_revision import is_editable, text_of_value
from geoapp.domain.record_table import RecordTable
from geoapp.domain.rule import (
    EFFECT_WORDS,
    PURPOSE_WORDS,
    SUBJECT_WORDS,
    Purpose,
    RuleHit,
    Subject,
    Verdict,
    value_text,
)
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.demo import shows_demo_data
from geoapp.services.fingerprints import figures_origin
from geoapp.services.number_words import coded_text
from geoapp.services.plot_links import REGISTERS
from geoapp.services.rule_book import RuleBook, RuleEntry, RuleFinding
from geoapp.services.workspace import POLICY_REGISTER, Workspace

Record = dict[str, Any]
UNSET = "没有规定"
_BOOK_COLUMNS = {
    "purpose_zh": "用途", "rule_id": "规则编号", "rule_zh": "规则", "subject_zh": "对象", "basis": "判断方法",
    "state_zh": "状态", "yes_count": "命中（适用）", "unknown_count": "资料不全", "no_count": "未命中（不适用）",
    "number_id": "数值编号", "number_zh": "数值", "value_zh": "取值", "valid_from": "自何日起", "valid_to": "到何日止",
    "is_current_zh": "当日有效", "certainty_zh": "依据程度", "clause": "条款", "source": "出处",
    "document_no": "修订文号", "reason": "修订原因", "entered_by": "修订单位",
}  # fmt: skip
COUNTS = ("yes_count", "unknown_count", "no_count")
"""Of a rule, in the order in which the fingerprint takes them."""
_AS_NUMBER = {Verdict.YES: 1.0, Verdict.NO: 0.0, Verdict.UNKNOWN: None}
_FINDING_COLUMNS = {
    "key": "编号", "name": "名称", "verdict_zh": "结论", "measured_zh": "实测", "threshold_zh": "界线",
    "sentence": "理由", "missing_zh": "缺少", "clause": "条款", "source": "出处", "certainty_zh": "依据程度",
    "day": "规则日期",
}  # fmt: skip


def number_record(number: PolicyNumber, day: date, words: dict[str, str] | None = None) -> Record:
    """Return a number with the value in force and its history as plain values."""
    held = number.held(day)
    return {
        "id": number.id,
        "zh": number.zh,
        "unit": number.unit,
        "value": None if held is None else held.value,
        "value_zh": _value_zh(number, held, words),
        "valid_from": None if held is None else held.valid_from.isoformat(),
        "source": number.source,
        "clause": number.clause,
        "certainty": number.certainty,
        "certainty_zh": CERTAINTY_WORDS[number.certainty],
        "is_revised": held is not None and held.is_revised,
        "is_editable": is_editable(number),
        "text": "" if held is None else text_of_value(held.value),
        "history": [_value_record(number, value, held, words) for value in number.values],  # noqa: PD011 - no frame
    }


def _value_record(
    number: PolicyNumber, value: DatedValue, held: DatedValue | None, words: dict[str, str] | None
) -> Record:
    return {
        "valid_from": value.valid_from.isoformat(),
        "valid_to": None if value.valid_to is None else value.valid_to.isoformat(),
        "value": value.value,
        "value_zh": _value_zh(number, value, words),
        "is_current": value is held,
        "is_revised": value.is_revised,
        "document_no": value.document_no,
        "reason": value.reason,
        "entered_by": value.entered_by,
    }


def _value_zh(number: PolicyNumber, held: DatedValue | None, words: dict[str, str] | None) -> str:
    if held is None:
        return UNSET if number.first_day is None else f"当日{UNSET}"
    parts = held.value.values() if isinstance(held.value, dict) else held.value
    if isinstance(held.value, list | dict) and any(isinstance(item, list | dict) for item in parts):
        return f"{len(held.value)} 项，见 policy 文件"
    is_coded = isinstance(held.value, list) or (isinstance(held.value, dict) and number.unit != "far")
    return (
        coded_text(held.value, words or {})
        if is_coded
        else value_text(held.value, number.unit, words=words or {})
    )


def entry_record(entry: RuleEntry, day: date) -> Record:
    """Return one rule with its numbers and counts as plain values."""
    rule = entry.rule
    subject_zh, counted_zh = SUBJECT_WORDS[rule.subject]
    return {
        "id": rule.id,
        "zh": rule.zh,
        "purpose": rule.purpose.value,
        "purpose_zh": PURPOSE_WORDS[rule.purpose],
        "subject": rule.subject.value,
        "subject_zh": subject_zh,
        "counted_zh": counted_zh,
        "effect": rule.effect.value,
        "verdict_words": {verdict.value: zh for verdict, zh in EFFECT_WORDS[rule.effect].items()},
        "basis": rule.basis,
        "needs": dict(rule.needs),
        "is_supplementary": rule.is_supplementary,
        "is_in_force": entry.is_in_force,
        "state_zh": _state_zh(entry),
        "missing": list(entry.missing),
        "yes_count": entry.yes_count if entry.is_in_force else None,
        "unknown_count": entry.unknown_count if entry.is_in_force else None,
        "no_count": entry.no_count if entry.is_in_force else None,
        "numbers": [number_record(number, day, dict(rule.words)) for number in entry.numbers],
    }


def _state_zh(entry: RuleEntry) -> str:
    if not entry.is_in_force:
        return entry.why_not
    if entry.missing:
        is_sum = entry.rule.subject in (Subject.DISTRICT, Subject.CONTROL_LINE)
        return f"{'没有资料可算' if is_sum else '资料未建'}：{'、'.join(entry.missing)}"
    return "生效"


def book_record(book: RuleBook) -> Record:
    """Return the whole book as plain values for JSON."""
    found = _book_fingerprint(book)
    return {
        "fingerprint": found.text,
        "address": found.address,
        "day": book.state.day.isoformat(),
        "revision": book.state.revision,
        "note": book.state.note,
        "findings": list(book.findings),
        "rules": [entry_record(entry, book.state.day) for entry in book.entries],
    }


def _book_fingerprint(book: RuleBook) -> Fingerprint:
    records = (entry_record(entry, book.state.day) for entry in book.entries)
    return take_fingerprint(
        book.origin, "mu", ((record["id"], [record[name] for name in COUNTS]) for record in records)
    )


def rule_record(
    workspace: Workspace, state: AsOf, entry: RuleEntry, found: Sequence[RuleFinding], verdict: Verdict | None
) -> Record:
    """Return one rule and what it says of its subjects as plain values for JSON."""
    mark = _rule_fingerprint(workspace, state, entry, found, verdict)
    return {
        **entry_record(entry, state.day),
        "fingerprint": mark.text,
        "address": mark.address,
        "found": [finding_record(one) for one in found],
    }


def _rule_fingerprint(
    workspace: Workspace, state: AsOf, entry: RuleEntry, found: Sequence[RuleFinding], verdict: Verdict | None
) -> Fingerprint:
    word = "all" if verdict is None else verdict.value
    query = {} if verdict is Verdict.YES else {"verdict": word}
    origin = figures_origin(workspace, f"/rules/{entry.rule.id}", query, state.revision, state.day)
    return take_fingerprint(origin, "mu", ((one.key, [_AS_NUMBER[one.hit.verdict]]) for one in found))


def finding_record(found: RuleFinding) -> Record:
    """Return what a rule says of one subject as plain values."""
    return {"key": found.key, "name": found.name, **hit_record(found.hit)}


def hit_record(hit: RuleHit) -> Record:
    """Return an answer as plain values: measured, threshold, clause, day, and what is missing."""
    return {
        "rule": hit.rule_id,
        "zh": hit.zh,
        "verdict": hit.verdict.value,
        "verdict_zh": hit.verdict_zh,
        "measured": _plain(hit.measured),
        "threshold": None if isinstance(hit.threshold, dict) else hit.threshold,
        "unit": hit.unit,
        "measured_zh": hit.measured_zh,
        "threshold_zh": hit.threshold_zh,
        "sentence": hit.sentence,
        "missing": list(hit.missing),
        "clause": hit.clause,
        "source": hit.source,
        "certainty": hit.certainty,
        "day": hit.day.isoformat(),
    }


def _plain(value: Any) -> Any:
    """Return a number, text or switch as JSON knows it."""
    return value.item() if hasattr(value, "item") else value


def book_table(workspace: Workspace, book: RuleBook) -> RecordTable:
    """Return the book as a table: one row per rule, number and value, the present ones marked."""
    rows = [row for entry in book.entries for row in _book_rows(entry, book.state.day)]
    fields = tuple(
        FieldInfo(name=name, zh=zh, label=zh, dtype="integer" if name in COUNTS else "string")
        for name, zh in _BOOK_COLUMNS.items()
    )
    table = _table(workspace, book.state, "rules", "规则库", fields, rows, "全部规则", book.findings)
    return replace(table, fingerprint=_book_fingerprint(book).text)


def _book_rows(entry: RuleEntry, day: date) -> Iterable[Record]:
    record = entry_record(entry, day)
    head = {name: record[name] for name in ("purpose_zh", "subject_zh", "basis", "state_zh", *COUNTS)}
    head |= {"rule_id": record["id"], "rule_zh": record["zh"]}
    for number in record["numbers"]:
        of_number = {
            "number_id": number["id"], "number_zh": number["zh"], "certainty_zh": number["certainty_zh"],
            "clause": number["clause"], "source": number["source"],
        }  # fmt: skip
        for value in number["history"] or [{"value_zh": UNSET}]:
            yield head | of_number | value | {"is_current_zh": "是" if value.get("is_current") else "否"}


def findings_table(
    workspace: Workspace, state: AsOf, entry: RuleEntry, found: Sequence[RuleFinding], verdict: Verdict | None
) -> RecordTable:
    """Return what a rule says of its subjects as a table, each with the reason."""
    rule = entry.rule
    rows = [_finding_row(one) for one in found]
    fields = tuple(
        FieldInfo(name=name, zh=zh, label=zh, dtype="string") for name, zh in _FINDING_COLUMNS.items()
    )
    asked = "全部结论" if verdict is None else EFFECT_WORDS[rule.effect][verdict]
    words = f"{rule.id} {rule.zh}：{asked}"
    table = _table(workspace, state, f"rule_{rule.id}", f"规则{rule.id}", fields, rows, words, ())
    return replace(table, fingerprint=_rule_fingerprint(workspace, state, entry, found, verdict).text)


def _finding_row(found: RuleFinding) -> Record:
    hit = found.hit
    return {
        "key": found.key, "name": found.name, "verdict_zh": hit.verdict_zh, "sentence": hit.sentence,
        "measured_zh": hit.measured_zh, "threshold_zh": hit.threshold_zh, "missing_zh": "、".join(hit.missing),
        "clause": hit.clause, "source": hit.source, "certainty_zh": hit.certainty_zh, "day": hit.day.isoformat(),
    }  # fmt: skip


def _table(
    workspace: Workspace,
    state: AsOf,
    register: str,
    zh: str,
    fields: tuple[FieldInfo, ...],
    rows: list[Record],
    words: str,
    notes: Sequence[str],
) -> RecordTable:
    columns = {
        info.name: pd.Series(
            [row.get(info.name) for row in rows], dtype="Int64" if info.dtype == "integer" else "str"
        )
        for info in fields
    }
    return RecordTable(
        register=register,
        register_zh=zh,
        geometry_type="none",
        fields=fields,
        rows=pd.DataFrame(columns),
        revision=state.revision,
        day=state.day,
        is_now=state.is_now,
        data_on=data_day(workspace, state.revision, (*REGISTERS, POLICY_REGISTER), state.day),
        filter_zh=words,
        is_filtered=False,
        notes=(*notes, *filter(None, (state.note,))),
        is_demo=shows_demo_data(workspace),
    )


def plots_filter(entry: RuleEntry, found: Sequence[RuleFinding], most: int = 200) -> str:
    """Return the filter over plots that takes in those a rule hits; empty where there is none to write.

    Rules of low efficiency have a field of their own; of the others the plots are named, if they are not too many.
    """
    if entry.rule.subject is not Subject.PLOT or not found:
        return ""
    if entry.rule.purpose is Purpose.LOW_EFFICIENCY:
        return f"low_efficiency_rules LIKE '%{entry.rule.id}%'"
    if len(found) > most:
        return ""
    quoted = ", ".join("'" + one.key.replace("'", "''") + "'" for one in found)
    return f"plot_code IN ({quoted})"
