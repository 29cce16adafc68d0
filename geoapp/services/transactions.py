"""Second-market transactions with what the rules of admission and price say of each: the list, and one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from geoapp.domain.admission import CONDITIONAL, PASSED, REFUSED, WAITING, AdmissionMachine
from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.frame import plain_records
from geoapp.domain.remediation import StatusMachine, read_transitions
from geoapp.domain.rule import Purpose, RuleHit, Subject, Verdict
from geoapp.errors import NotFoundError
from geoapp.rules.admission import RULES
from geoapp.rules.judgement import find_rules, rules_for
from geoapp.services.as_of import AsOf
from geoapp.services.choices import refuse_unknown_choices
from geoapp.services.far_proof_inputs import proof_number
from geoapp.services.place_names import place_names
from geoapp.services.project_map import ProjectMap, project_map
from geoapp.services.rule_book import rule_verdicts, subject_reasons
from geoapp.services.rule_facts import rule_facts
from geoapp.services.transaction_facts import TRANSACTIONS
from geoapp.services.workspace import Workspace

OUTCOMES = (WAITING, PASSED, CONDITIONAL, REFUSED)
NUMBERS = ("admission_alarm_days", "transaction_end_alarm_days")
"""Numbers of the rule book that the page names beside those of the rules."""
CHOICES = ("kind", "review", "town_code", "check")
CHECKS = {"failed": "有不符合", "unknown": "资料不全", "price": "价格要核对"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionSheet:
    """Some transactions as of a day."""

    transactions: pd.DataFrame
    """`transaction_facts`, and failed_count, unknown_count (rules of admission), price_count (rules of price)."""
    counts: dict[str, int]
    """By outcome of the review, of all."""
    total: int
    chosen: dict[str, str]
    """Of CHOICES, what was asked for."""
    town_names: dict[str, str]
    revision: int
    day: date
    is_now: bool
    note: str
    is_demo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionPage:
    """One transaction as of a day."""

    transaction: dict[str, Any]
    """`transaction_facts`, None where unknown."""
    admission: tuple[RuleHit, ...]
    """The rules of admission that its kind is asked, in the order of the rule book."""
    prices: tuple[RuleHit, ...]
    next_outcomes: tuple[str, ...]
    document_outcomes: frozenset[str]
    reason_outcomes: frozenset[str]
    map: ProjectMap
    history: tuple[dict[str, Any], ...]
    """fields and revision of every version, newest first."""
    numbers: tuple[ProofNumber, ...]
    is_plot_known: bool


def admission_machine(workspace: Workspace, state: AsOf) -> AdmissionMachine:
    """Return the steps of the rule book on a day."""
    policy = workspace.policy_at(state.revision)

    def value(name: str) -> Any:
        return policy.value(f"admission_{name}", state.day)

    steps = StatusMachine(
        transitions=read_transitions(value("transitions")),
        document_statuses=frozenset(value("document_statuses")),
        open_statuses=frozenset({WAITING, CONDITIONAL}),
    )
    return AdmissionMachine(steps=steps, reason_statuses=frozenset(value("reason_statuses")))


def transaction_rows(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return every transaction with its facts and how many rules find something, by code: see `TransactionSheet`."""
    facts = rule_facts(workspace, Subject.TRANSACTION, state)
    answers = rule_verdicts(workspace, state, Subject.TRANSACTION)

    def asked(purpose: Purpose) -> pd.DataFrame:
        ids = {rule.id for rule in rules_for(find_rules(), subject=Subject.TRANSACTION, purpose=purpose)}
        return answers[[name for name in answers if name in ids]]

    admission, price = asked(Purpose.ADMISSION), asked(Purpose.PRICE)
    return facts.assign(
        failed_count=admission.sum(axis=1).astype("int64"),
        unknown_count=admission.isna().sum(axis=1).astype("int64"),
        price_count=price.sum(axis=1).astype("int64"),
    )


def transaction_sheet(
    workspace: Workspace, state: AsOf, *, chosen: Mapping[str, str] | None = None
) -> TransactionSheet:
    """Return the transactions that are asked for; counts are those of all.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    chosen : mapping, optional
        kind, review, town_code: only these; check: failed, unknown or price. Empty is all.

    Raises
    ------
    UsageError
        No such code.
    """
    wanted = {name: text for name, text in (chosen or {}).items() if text}
    town_names = place_names(workspace, "towns", state.revision)
    fields = workspace.layer(TRANSACTIONS)
    refuse_unknown_choices(
        wanted,
        {
            "kind": ("类型", fields.field("kind").code_labels), "town_code": ("镇街", town_names),
            "review": ("准入审查", fields.field("review").code_labels), "check": ("核对", CHECKS),
        },
    )  # fmt: skip
    rows = transaction_rows(workspace, state)
    is_chosen = np.ones(len(rows), dtype=bool)
    for name, text in wanted.items():
        is_chosen &= _chosen(rows, name, text)
    return TransactionSheet(
        transactions=rows[is_chosen],
        counts={outcome: int((rows["review"] == outcome).sum()) for outcome in OUTCOMES},
        total=len(rows),
        chosen=wanted,
        town_names=town_names,
        revision=state.revision,
        day=state.day,
        is_now=state.is_now,
        note=state.note,
        is_demo=bool(rows["is_demo"].fillna(value=False).any()),
    )


def _chosen(rows: pd.DataFrame, name: str, text: str) -> np.ndarray:
    if name != "check":
        return (rows[name] == text).to_numpy(bool)
    return (rows[f"{text}_count"] > 0).to_numpy(bool)


def transaction_page(workspace: Workspace, state: AsOf, code: str) -> TransactionPage:
    """Return what the page of a transaction shows.

    Raises
    ------
    NotFoundError
        No such transaction.
    """
    rows = transaction_rows(workspace, state)
    if code not in rows.index:
        raise NotFoundError(f"没有交易“{code[:64]}”。请核对交易编号。")
    record = plain_records(rows.loc[[code]])[0]
    machine, answers = admission_machine(workspace, state), transaction_answers(workspace, state, code)
    plots = workspace.store.read("plots", revision=state.revision)["plot_code"]
    return TransactionPage(
        transaction=record,
        admission=tuple(hit for hit in answers if hit.purpose is Purpose.ADMISSION),
        prices=tuple(hit for hit in answers if hit.purpose is Purpose.PRICE),
        next_outcomes=tuple(machine.steps.next_of(record["review"], OUTCOMES)),
        document_outcomes=machine.steps.document_statuses,
        reason_outcomes=machine.reason_statuses,
        map=project_map(workspace, state, "", [record["plot_code"]]),
        history=_history(workspace, state, code),
        numbers=tuple(proof_number(workspace.policy_at(state.revision), name, state.day) for name in NUMBERS),
        is_plot_known=bool((plots == record["plot_code"]).any()),
    )


def transaction_answers(workspace: Workspace, state: AsOf, code: str) -> tuple[RuleHit, ...]:
    """Return the answers of the rules that a transaction of its kind is asked, in the order of the rule book."""
    policy = workspace.policy_at(state.revision)
    kind = rule_facts(workspace, Subject.TRANSACTION, state).loc[code, "kind"]
    asked = policy.value(RULES, state.day).get(kind, [])
    is_priced = kind in policy.value("transaction_price_kinds", state.day)
    answers = subject_reasons(workspace, state, Subject.TRANSACTION, code)
    kept = [hit for hit in answers if hit.rule_id in asked or (hit.purpose is Purpose.PRICE and is_priced)]
    return tuple(sorted(kept, key=lambda hit: hit.rule_id))


def open_points(answers: tuple[RuleHit, ...], verdict: Verdict) -> list[str]:
    """Return in words the rules of admission that got an answer."""
    return [
        f"{hit.rule_id} {hit.zh}"
        for hit in answers
        if hit.purpose is Purpose.ADMISSION and hit.verdict is verdict
    ]


def _history(workspace: Workspace, state: AsOf, code: str) -> tuple[dict[str, Any], ...]:
    history = workspace.store.history(TRANSACTIONS, (code,))
    versions = [version for version in history if version.from_revision <= state.revision]
    named = workspace.store.revisions_numbered({version.from_revision for version in versions})
    revisions = {revision.number: revision for revision in named}
    return tuple(
        {"fields": version.fields, "revision": revisions.get(version.from_revision)} for version in versions
    )
