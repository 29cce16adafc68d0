"""Entering the outcome of an admission review."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from geoapp.domain.admission import WAITING, ReviewStep
from geoapp.domain.change import RegisterChange, positions_of
from geoapp.domain.frame import conform
from geoapp.domain.revision import Revision
from geoapp.domain.rule import Verdict
from geoapp.errors import ConflictError, InputError, NotFoundError
from geoapp.services.as_of import as_of
from geoapp.services.plot_facts import today
from geoapp.services.record_form import read_value
from geoapp.services.transaction_facts import TRANSACTIONS
from geoapp.services.transactions import admission_machine, open_points, transaction_answers
from geoapp.services.workspace import Workspace
from geoapp.services.write_step import read_user, refuse_long, refuse_unseen, write_step

FORM = ("review", "on", "user", "document_no", "reason")
_TEXTS = {"document_no": "review_document_no", "reason": "review_reason"}


def enter_review(workspace: Workspace, code: str, form: Mapping[str, str]) -> Revision:
    """Store the outcome of a review.

    Parameters
    ----------
    workspace : Workspace
    code : str
        Of the transaction.
    form : mapping
        review, on (YYYY-MM-DD), user, document_no, reason as typed, and seen: the outcome the form was made for.

    Raises
    ------
    NotFoundError
        No such transaction.
    ConflictError
        Somebody else entered an outcome meanwhile.
    InputError
        The form does not say for which outcome it was made, the step may not be taken, or something is missing or too
        long: says all of it.
    """
    entry = _stored(workspace, code)
    typed = {name: form.get(name, "").strip() for name in FORM}
    layer = workspace.layer(TRANSACTIONS)
    words = layer.field("review").code_labels
    before = WAITING if pd.isna(entry["review"]) else str(entry["review"])
    if refuse_unseen(form, [*words, before]) != before:
        who = "审查人未填" if pd.isna(entry["reviewed_by"]) else entry["reviewed_by"]
        raise ConflictError(
            f"这笔交易的审查结论已由别人改为“{words.get(before, before)}”（{who}）。请看过再改。"
        )
    misread: dict[str, str] = {}
    read_user(form, misread, zh="审查人")
    on = read_value(layer.field("reviewed_on"), typed["on"], misread, is_needed=True)
    for name, field in _TEXTS.items():
        refuse_long(layer, field, typed[name], misread)
    complaints = list(misread.values())
    if typed["review"] not in words:
        complaints.append("没有选审查结论。")
    elif on is not None:
        complaints += _complaints(workspace, code, entry, before, typed, on)
    if complaints or on is None:
        step = f"{words.get(before, before)} → {words.get(typed['review'], '？')}"
        raise InputError(f"{step}：{''.join(complaints)}请改好再提交。")
    changed = {
        "transaction_code": code, "review": typed["review"], "reviewed_on": pd.Timestamp(on),
        "reviewed_by": typed["user"], "review_document_no": typed["document_no"] or None,
        "review_reason": typed["reason"] or None,
    }  # fmt: skip
    upserts = conform(pd.DataFrame([changed]), layer)[list(changed)]
    change = RegisterChange(upserts=upserts)
    reason = f"准入审查 {words[before]} → {words[typed['review']]}：{code}"
    return write_step(workspace, {TRANSACTIONS: change}, typed["user"], reason, typed["document_no"])


def _complaints(
    workspace: Workspace, code: str, entry: Mapping[str, Any], before: str, typed: Mapping[str, str], on: date
) -> list[str]:
    state = as_of(workspace)
    answers = transaction_answers(workspace, state, code)
    known = entry["applied_on"] if pd.isna(entry["reviewed_on"]) else entry["reviewed_on"]
    step = ReviewStep(
        before=before, after=typed["review"], since=None if pd.isna(known) else known.date(), on=on,
        has_document=bool(typed["document_no"]), has_reason=bool(typed["reason"]),
    )  # fmt: skip
    return admission_machine(workspace, state).complaints(
        step, today=today(), violated=open_points(answers, Verdict.YES),
        unknown=open_points(answers, Verdict.UNKNOWN),
    )  # fmt: skip


def _stored(workspace: Workspace, code: str) -> dict[str, Any]:
    stored = workspace.store.read(TRANSACTIONS)
    found = positions_of(stored, [(code,)], workspace.layer(TRANSACTIONS))
    if not len(found):
        raise NotFoundError(f"没有交易“{code[:64]}”。请核对交易编号。")
    return {str(name): value for name, value in stored.iloc[int(found[0])].to_dict().items()}
