"""All rules over all plots: verdicts, reasons, and what they mean beside the bureau's own list."""

import importlib
import pkgutil
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from geoapp.domain.policy import Policy, PolicyNumber
from geoapp.domain.rule import (
    EFFECT_WORDS,
    Numbers,
    Purpose,
    Rule,
    RuleHit,
    Subject,
    Verdict,
    fact_text,
    measured_text,
    value_text,
)

LISTED_STATUSES = ("suspected", "checking", "recognised", "published", "treating")
"""The bureau has the plot on its list of low-efficiency land."""
CLEARED_STATUSES = ("closed", "removed")
"""The bureau has taken it off."""
DISABLED = "rules_disabled"
"""The policy number that lists the rules not asked."""


def find_rules() -> list[Rule]:
    """Return the rules of all modules in this package, by id."""
    return list(_found_rules())


@cache
def _found_rules() -> tuple[Rule, ...]:
    package = importlib.import_module("geoapp.rules")
    names = [f"geoapp.rules.{name}" for _, name, _ in pkgutil.iter_modules(package.__path__)]
    modules = [importlib.import_module(name) for name in names]
    return tuple(sorted((m.RULE for m in modules if hasattr(m, "RULE")), key=lambda rule: rule.id))


def rules_for(
    rules: Sequence[Rule], *, subject: Subject = Subject.PLOT, purpose: Purpose | None = None
) -> list[Rule]:
    """Return the rules about one kind of subject, of one purpose or of all."""
    return [rule for rule in rules if rule.subject is subject and purpose in (None, rule.purpose)]


def rules_in_order(rules: Sequence[Rule]) -> list[Rule]:
    """Return rules in the order of their ids as people count: SD3 before SD10.

    Examples
    --------
    >>> from dataclasses import replace
    >>> rule = find_rules()[0]
    >>> [one.id for one in rules_in_order([replace(rule, id="SD10"), replace(rule, id="SD3")])]
    ['SD3', 'SD10']
    """
    return sorted(rules, key=lambda rule: _natural(rule.id))


def _natural(rule_id: str) -> list[tuple[bool, int, str]]:
    parts = re.findall(r"\d+|\D+", rule_id)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def rules_in_force(rules: Sequence[Rule], policy: Policy, day: date) -> dict[str, Numbers]:
    """Return the numbers of each rule that holds on *day*, by rule id.

    A rule is not asked before the day of its numbers, nor where the rule book's `rules_disabled` names it.
    """
    disabled = disabled_rules(policy, day)
    numbers = {rule.id: [policy.number(name) for name in rule.thresholds] for rule in rules}
    return {
        rule_id: {number.id: number.on(day) for number in needed}
        for rule_id, needed in numbers.items()
        if rule_id not in disabled and all(number.is_in_force(day) for number in needed)
    }


def disabled_rules(policy: Policy, day: date) -> frozenset[str]:
    """Return the ids of the rules that the office has switched off on a day."""
    number = policy.numbers.get(DISABLED)
    held = number.held(day) if number else None
    return frozenset(held.value if held else ())


def verdicts(facts: pd.DataFrame, rules: Sequence[Rule], policy: Policy, day: date) -> pd.DataFrame:
    """Return each rule's answer about each subject.

    Parameters
    ----------
    facts : DataFrame, one row per plot (or whatever the rules are about)
        The columns that the rules need.
    rules, policy, day
        The rules, the rule book, and the day whose thresholds hold.

    Returns
    -------
    DataFrame of "boolean" on the facts' index, one column per rule in force; missing is unknown
    """
    in_force = rules_in_force(rules, policy, day)
    answers = {
        rule.id: _decided_then(facts, rule, policy, day)
        if rule.decided_on
        else rule.formula(facts, in_force[rule.id]).astype("boolean")
        for rule in rules
        if rule.id in in_force
    }
    return pd.DataFrame(answers, index=facts.index, dtype="boolean")


def _decided_then(facts: pd.DataFrame, rule: Rule, policy: Policy, day: date) -> pd.Series:
    """Return a rule's answer about each subject under the numbers of the day on which it was decided.

    No where none held then: the rule came later. Where that day is missing, the numbers of *day* count.
    """
    answer = pd.Series(data=False, index=facts.index, dtype="boolean")
    own_days = facts[rule.decided_on].fillna(pd.Timestamp(day))
    for own_day in own_days.drop_duplicates():
        numbers = numbers_then(rule, policy, own_day.date())
        if numbers is not None:
            is_own = (own_days == own_day).to_numpy()
            answer[is_own] = rule.formula(facts[is_own], numbers).astype("boolean")
    return answer


def numbers_then(rule: Rule, policy: Policy, day: date) -> Numbers | None:
    """Return the numbers of a rule that held on a day; None where one did not."""
    numbers = [policy.number(name) for name in rule.thresholds]
    if not all(number.is_in_force(day) for number in numbers):
        return None
    return {number.id: number.on(day) for number in numbers}


def unfounded_rules(
    facts: pd.DataFrame, answers: pd.DataFrame, rules: Sequence[Rule]
) -> dict[str, tuple[str, ...]]:
    """Return the rules that cannot answer about anything, since the office keeps none of a fact they need (资料未建).

    Parameters
    ----------
    facts : DataFrame
        As given to `verdicts`.
    answers : DataFrame
        What it returned.
    rules : sequence of Rule

    Returns
    -------
    dict by rule id: the Chinese words of the facts without any value
    """
    found = {}
    for rule in rules:
        if rule.id in answers and len(facts) and answers[rule.id].isna().all():
            found[rule.id] = tuple(words for name, words in rule.needs.items() if facts[name].isna().all())
    return {rule_id: missing for rule_id, missing in found.items() if missing}


def low_efficiency_by_rule(answers: pd.DataFrame, supplementary: Collection[str] = ()) -> pd.Series:
    """Return for each plot yes if any rule says so, else unknown if any lacks facts, else no.

    Parameters
    ----------
    answers : DataFrame of "boolean", see `verdicts`
        Of the rules of low efficiency only.
    supplementary : collection of str
        Ids of rules whose facts are noted case by case (see `Rule.is_supplementary`): they may say yes, but that they
        lack facts leaves the answer to the others.
    """
    needed = answers.drop(columns=[name for name in answers if name in supplementary])
    result = pd.Series(Verdict.NO.value, index=answers.index, dtype="str")
    result = result.mask(needed.isna().any(axis=1), Verdict.UNKNOWN.value)
    return result.mask(answers.fillna(value=False).any(axis=1), Verdict.YES.value)


def low_efficiency(status: pd.Series, by_rule: pd.Series, *, has_list: bool | None = None) -> pd.Series:
    """Return whether each plot is low-efficiency land (低效用地): the bureau's list first, the rules after it.

    * The list says so: 疑似, 核查中, 认定, 公示, 整治中 are yes; 销号 and 剔除 are no.
    * The plot has no status although the office keeps a list: no where no rule hits and none lacks facts; otherwise
      unknown, since a rule only raises a suspicion that nobody has decided on yet.
    * No plot has a status, because the office has not kept the list: the rules alone decide.

    Parameters
    ----------
    status : Series of str
        plots.low_efficiency_status, missing where none is given.
    by_rule : Series of yes, no, unknown on the same index
        See `low_efficiency_by_rule`.
    has_list : bool, optional
        Whether the office keeps the list, where these are some of its plots; otherwise they tell.
    """
    if not (status.notna().any() if has_list is None else has_list):
        return by_rule
    undecided = by_rule.where(by_rule == Verdict.NO.value, Verdict.UNKNOWN.value)
    result = undecided.mask(status.isin(LISTED_STATUSES), Verdict.YES.value)
    return result.mask(status.isin(CLEARED_STATUSES), Verdict.NO.value)


def reasons(
    facts: pd.DataFrame, answers: pd.DataFrame, rules: Sequence[Rule], policy: Policy, day: date
) -> pd.Series:
    """Return for each plot the list of rules that hit it, with measured value, threshold and clause.

    Parameters
    ----------
    facts, rules, policy, day
        As given to `verdicts`.
    answers : DataFrame
        What it returned.

    Returns
    -------
    Series of lists, on the facts' index
        Plots that no rule hits share one empty list: never change any.
    """
    found: dict[int, list[RuleHit]] = {}
    for rule in rules:
        hit = answers[rule.id].array.to_numpy(bool, na_value=False) if rule.id in answers else None
        if hit is not None and hit.any():
            words = RuleWords(rule, policy, day)
            plots = facts.loc[hit, [*rule.needs, *rule.tells]].to_dict("records")
            for position, plot in zip(hit.nonzero()[0], plots, strict=True):
                found.setdefault(int(position), []).append(words.explain(plot, Verdict.YES))
    lists = np.empty(len(facts), dtype=object)
    lists[:] = [[]]
    for position, hits in found.items():
        lists[position] = hits
    return pd.Series(lists, index=facts.index, dtype=object)


def explain(rule: Rule, subject: Mapping[Any, Any], policy: Policy, day: date, verdict: Verdict) -> RuleHit:
    """Return a rule's answer about one subject in words.

    Parameters
    ----------
    rule, policy, day
        The rule and the thresholds' day.
    subject : mapping or Series
        Its facts, at least those that the rule needs.
    verdict : Verdict
        What the rule answered.
    """
    return RuleWords(rule, policy, day).explain(subject, verdict)


class RuleWords:
    """Writes one rule's answers under the numbers of a day, which are looked up once."""

    def __init__(self, rule: Rule, policy: Policy, day: date) -> None:
        self._rule, self._policy = rule, policy
        self._of_day = _DayWords(rule, policy, day)

    def explain(self, subject: Mapping[Any, Any], verdict: Verdict) -> RuleHit:
        """Return the answer about one subject, whose facts and verdict are given."""
        rule = self._rule
        own_day = subject[rule.decided_on] if rule.decided_on else None
        if own_day is None or pd.isna(own_day):
            return self._of_day.explain(subject, verdict)
        if numbers_then(rule, self._policy, own_day.date()) is None:
            return self._came_later(subject, own_day.date())
        return _DayWords(rule, self._policy, own_day.date()).explain(subject, verdict)

    def _came_later(self, subject: Mapping[Any, Any], own_day: date) -> RuleHit:
        """Return that a rule does not bind what was decided before it came."""
        hit = self._of_day.explain(subject, Verdict.NO)
        numbers = [self._policy.number(name) for name in self._rule.thresholds]
        why = next(number.why_not(own_day) for number in numbers if not number.is_in_force(own_day))
        words = self._rule.tells[self._rule.decided_on]
        sentence = f"{self._rule.zh}：不适用（{words} {own_day:%Y-%m-%d}；{why.rstrip('。')}）。"
        return replace(hit, threshold=None, sentence=sentence, is_bound=False)


class _DayWords:
    """Writes one rule's answers under the numbers of one day."""

    def __init__(self, rule: Rule, policy: Policy, day: date) -> None:
        self._rule, self._day = rule, day
        self._number = policy.number(rule.thresholds[0])
        self._numbers = {name: policy.number(name).on(day) for name in rule.thresholds}
        self._source = _source_on(self._number, day)
        self._number_texts = {
            name: value_text(value, policy.number(name).unit, words=rule.words)
            for name, value in self._numbers.items()
        }

    def explain(self, subject: Mapping[Any, Any], verdict: Verdict) -> RuleHit:
        """Return the answer about one subject, whose facts and verdict are given."""
        rule, number = self._rule, self._number
        threshold = self._numbers[number.id]
        if rule.threshold_of is not None:
            threshold = rule.threshold_of(subject, self._numbers)
        measured = subject[rule.measured]
        missing = tuple(words for name, words in rule.needs.items() if pd.isna(subject[name]))
        return RuleHit(
            rule_id=rule.id, zh=rule.zh, verdict=verdict, measured=None if pd.isna(measured) else measured,
            threshold=threshold, unit=number.unit, source=self._source, clause=number.clause,
            certainty=number.certainty, day=self._day, missing=missing if verdict is Verdict.UNKNOWN else (),
            sentence=self._sentence(subject, verdict, threshold, missing), purpose=rule.purpose, effect=rule.effect,
            is_supplementary=rule.is_supplementary, measured_unit=rule.units.get(rule.measured, number.unit),
            words=rule.words,
        )  # fmt: skip

    def _sentence(
        self, subject: Mapping[Any, Any], verdict: Verdict, threshold: Any, missing: tuple[str, ...]
    ) -> str:
        rule = self._rule
        texts = {name: self._text(name, subject[name]) for name in (*rule.needs, *rule.tells)}
        if verdict is Verdict.YES:
            return rule.sentence.format(
                **texts | self._number_texts,
                measured=self._measured(subject[rule.measured], threshold),
                threshold=value_text(threshold, self._number.unit, words=rule.words),
            )
        if verdict is Verdict.UNKNOWN:
            return f"{rule.zh}：缺少{'、'.join(missing)}，无法判断。"
        known = "，".join(
            f"{zh} {texts[name]}"
            for name, zh in {**rule.needs, **rule.tells}.items()
            if not pd.isna(subject[name])
        )
        return f"{rule.zh}：{EFFECT_WORDS[rule.effect][verdict]}（{known}）。"

    def _text(self, name: str, value: Any) -> str:
        return fact_text(value, self._rule.units.get(name, self._number.unit), self._rule.words)

    def _measured(self, measured: Any, threshold: Any) -> str:
        """Return the measured value with enough decimals that it does not look equal to the threshold it misses."""
        rule, unit = self._rule, self._number.unit
        return measured_text(measured, rule.units.get(rule.measured, unit), threshold, unit, rule.words)


def _source_on(number: PolicyNumber, day: date) -> str:
    """Return the document that a number's value on a day comes from: the office's own where it changed it."""
    held = number.held(day)
    return f"{held.document_no}（本单位修订）" if held and held.is_revised else number.source
