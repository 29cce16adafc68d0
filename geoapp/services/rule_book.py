"""The rule book as of a state: every rule with numbers and history, what it says of each subject, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from geoapp.domain.fingerprint import Origin
from geoapp.domain.policy import PolicyNumber
from geoapp.domain.record_rows import RecordRows
from geoapp.domain.rule import PURPOSE_WORDS, SUBJECT_WORDS, Purpose, Rule, RuleHit, Subject, Verdict
from geoapp.errors import NotFoundError
from geoapp.rules.judgement import (
    RuleWords,
    disabled_rules,
    find_rules,
    rules_for,
    rules_in_order,
    unfounded_rules,
    verdicts,
)
from geoapp.services.as_of import AsOf
from geoapp.services.fingerprints import figures_origin
from geoapp.services.plot_answers import plot_answers
from geoapp.services.rule_facts import (
    facts_version,
    known_rule_facts,
    plot_rule_facts,
    rule_facts,
    unfounded_facts,
)
from geoapp.services.workspace import Workspace

VERDICT_ORDER = (Verdict.YES, Verdict.UNKNOWN, Verdict.NO)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """One rule as it stands on a day."""

    rule: Rule
    numbers: tuple[PolicyNumber, ...]
    is_in_force: bool
    why_not: str
    """In Chinese, why it is not asked; empty where it is."""
    missing: tuple[str, ...]
    """Facts of which the office holds none, so that the rule answers about nothing (资料未建)."""
    yes_count: int
    unknown_count: int
    subject_count: int

    @property
    def no_count(self) -> int:
        """How many it says no of."""
        return self.subject_count - self.yes_count - self.unknown_count


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """All rules by purpose, as of a state."""

    state: AsOf
    entries: tuple[RuleEntry, ...]
    findings: tuple[str, ...]
    """What of the office's own numbers could not be used."""
    origin: Origin
    """Where the counts come from, for their fingerprint."""

    @property
    def groups(self) -> list[tuple[Purpose, str, list[RuleEntry]]]:
        """The entries by purpose, with its Chinese word."""
        by_purpose = [
            (purpose, zh, [entry for entry in self.entries if entry.rule.purpose is purpose])
            for purpose, zh in PURPOSE_WORDS.items()
        ]
        return [group for group in by_purpose if group[2]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFinding:
    """What one rule says of one subject."""

    key: str
    name: str
    hit: RuleHit


def rule_verdicts(workspace: Workspace, state: AsOf, subject: Subject = Subject.PLOT) -> pd.DataFrame:
    """Return what every rule in force says of every subject of one kind.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    subject : Subject

    Returns
    -------
    DataFrame of "boolean", one row per subject (see `rule_facts`), one column per rule id; missing is unknown
        Shared by all who ask: never change it.
    """
    versions = facts_version(workspace, subject, state)

    def judge() -> pd.DataFrame:
        facts = known_rule_facts(workspace, subject, state)
        if facts is None:  # those of plots are large, and hardly asked for once the rules have answered
            is_plots = subject is Subject.PLOT
            facts = plot_rule_facts(workspace, state) if is_plots else rule_facts(workspace, subject, state)
        asked = rules_for(find_rules(), subject=subject)
        return verdicts(facts, asked, workspace.policy_at(state.revision), state.day)

    return workspace.cache.get(("rule_verdicts", subject, versions, state.day), judge)


def rule_book(workspace: Workspace, state: AsOf) -> RuleBook:
    """Return the book as of a state, with how many subjects each rule hits and cannot answer about."""
    rules = rules_in_order(find_rules())
    entries: dict[str, RuleEntry] = {}
    for subject in Subject:
        entries |= _entries(workspace, state, subject, rules)
    return RuleBook(
        state=state,
        entries=tuple(entries[rule.id] for rule in rules),
        findings=workspace.policy_findings(state.revision),
        origin=figures_origin(workspace, "/rules", {}, state.revision, state.day),
    )


def _entries(
    workspace: Workspace, state: AsOf, subject: Subject, rules: Sequence[Rule]
) -> dict[str, RuleEntry]:
    asked = rules_for(rules, subject=subject)
    facts, answers = rule_facts(workspace, subject, state), rule_verdicts(workspace, state, subject)
    missing = unfounded_rules(facts, answers, asked)
    return {rule.id: _entry(workspace, state, rule, answers, missing.get(rule.id, ())) for rule in asked}


def _entry(
    workspace: Workspace, state: AsOf, rule: Rule, answers: pd.DataFrame, missing: tuple[str, ...]
) -> RuleEntry:
    policy = workspace.policy_at(state.revision)
    numbers = tuple(policy.number(name) for name in rule.thresholds)
    is_in_force = rule.id in answers
    answer = answers[rule.id] if is_in_force else pd.Series([], dtype="boolean")
    return RuleEntry(
        rule=rule,
        numbers=numbers,
        is_in_force=is_in_force,
        why_not="" if is_in_force else _why_not(rule, numbers, state, disabled_rules(policy, state.day)),
        missing=missing,
        yes_count=int(answer.sum()),
        unknown_count=int(answer.isna().sum()),
        subject_count=len(answer),
    )


def _why_not(rule: Rule, numbers: Sequence[PolicyNumber], state: AsOf, disabled: frozenset[str]) -> str:
    if rule.id in disabled:
        return "本单位已停用（规则开关 rules_disabled）。"
    return next(number.why_not(state.day) for number in numbers if not number.is_in_force(state.day))


def find_rule(rule_id: str) -> Rule:
    """Return a rule; raises NotFoundError with those there are."""
    rules = {rule.id: rule for rule in find_rules()}
    if rule_id not in rules:
        known = "、".join(rule.id for rule in rules_in_order(find_rules()))
        raise NotFoundError(f"规则库没有规则“{rule_id[:20]}”；有：{known}。")
    return rules[rule_id]


def rule_entry(workspace: Workspace, state: AsOf, rule_id: str) -> RuleEntry:
    """Return one rule as it stands; raises NotFoundError."""
    rule = find_rule(rule_id)
    return _entries(workspace, state, rule.subject, [rule])[rule.id]


def rule_findings(
    workspace: Workspace, state: AsOf, rule_id: str, verdict: Verdict | None = Verdict.YES
) -> list[RuleFinding]:
    """Return the subjects of which a rule says something, each with the reason.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    rule_id : str
    verdict : Verdict, optional
        Only subjects that got this answer; all if None, hits first.

    Raises
    ------
    NotFoundError
        No such rule.
    """
    rule = find_rule(rule_id)
    answers = rule_verdicts(workspace, state, rule.subject)
    if rule.id not in answers:
        return []
    said = _said(answers[rule.id])
    wanted = VERDICT_ORDER if verdict is None else (verdict,)
    words = RuleWords(rule, workspace.policy_at(state.revision), state.day)
    facts = rule_facts(workspace, rule.subject, state)
    columns = facts[[*dict.fromkeys(["name", *rule.needs, *rule.tells])]]
    return [
        _finding(str(key), row, words, answer)
        for answer in wanted
        for key, row in zip(
            facts.index[said == answer], columns[(said == answer).to_numpy()].to_dict("records"), strict=True
        )
    ]


def _finding(key: str, row: dict[Any, Any], words: RuleWords, answer: Verdict) -> RuleFinding:
    return RuleFinding(
        key=key, name="" if pd.isna(row["name"]) else row["name"], hit=words.explain(row, answer)
    )


def _said(answers: pd.Series) -> pd.Series:
    return (
        answers.map({True: Verdict.YES, False: Verdict.NO})
        .astype("object")
        .where(answers.notna(), Verdict.UNKNOWN)
    )


def subject_reasons(workspace: Workspace, state: AsOf, subject: Subject, key: str) -> tuple[RuleHit, ...]:
    """Return every rule's answer about one subject, hits first, then what is unknown.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    subject : Subject
    key : str
        Its code, one there is.
    """
    policy = workspace.policy_at(state.revision)
    rules = rules_in_order(rules_for(find_rules(), subject=subject))
    if subject is Subject.PLOT:
        row, said = plot_answers(workspace, key, state)
    else:
        facts = rule_facts(workspace, subject, state).loc[[key]]
        row = RecordRows(facts).record(0)
        said = RecordRows(verdicts(facts, rules, policy, state.day)).record(0)
    unfounded = unfounded_facts(workspace, state) if subject is Subject.PLOT else frozenset()
    words = workspace.cache.get(
        ("rule_words", subject, workspace.register_revisions((), state.revision), state.day),
        lambda: {rule.id: RuleWords(rule, policy, state.day) for rule in rules if rule.id in said},
    )
    found = [
        _with_unfounded(words[rule.id].explain(row, _verdict_of(said[rule.id])), rule, unfounded)
        for rule in rules
        if rule.id in said
    ]
    return tuple(sorted(found, key=lambda hit: VERDICT_ORDER.index(hit.verdict)))


def _verdict_of(answer: Any) -> Verdict:
    if pd.isna(answer):
        return Verdict.UNKNOWN
    return Verdict.YES if answer else Verdict.NO


def _with_unfounded(hit: RuleHit, rule: Rule, unfounded: frozenset[str]) -> RuleHit:
    """Return an answer that says so where it is unknown because the office keeps nothing of a fact."""
    absent = [words for name, words in rule.needs.items() if name in unfounded and words in hit.missing]
    if not absent:
        return hit
    sentence = f"{rule.zh}：资料未建（{'、'.join(absent)}），没有判断。"
    return replace(hit, is_unfounded=True, sentence=sentence)


def subject_words(rule: Rule) -> tuple[str, str]:
    """Return what a rule's subjects are called and how they are counted."""
    return SUBJECT_WORDS[rule.subject]
