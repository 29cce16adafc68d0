"""All rules over all plots: verdicts, reasons, and what they mean beside the bureau's own list."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from geoapp.domain.policy import Policy
from geoapp.domain.rule import Numbers, Rule, RuleHit, Verdict, value_text

LISTED_STATUSES = ("suspected", "checking", "recognised", "published", "treating")
"""The bureau has the plot on its list of low-efficiency land."""
CLEARED_STATUSES = ("closed", "removed")
"""The bureau has taken it off."""


def find_rules() -> list[Rule]:
    """Return the rules of all modules in this package, by id."""
    package = importlib.import_module("geoapp.rules")
    names = [f"geoapp.rules.{name}" for _, name, _ in pkgutil.iter_modules(package.__path__)]
    modules = [importlib.import_module(name) for name in names]
    return sorted((m.RULE for m in modules if hasattr(m, "RULE")), key=lambda rule: rule.id)


def rules_in_force(rules: Sequence[Rule], policy: Policy, day: date) -> dict[str, Numbers]:
    """Return the numbers of each rule that holds on *day*, by rule id; a rule before its day is not asked."""
    numbers = {rule.id: [policy.number(name) for name in rule.thresholds] for rule in rules}
    return {
        rule_id: {number.id: number.on(day) for number in needed}
        for rule_id, needed in numbers.items()
        if all(number.is_in_force(day) for number in needed)
    }


def verdicts(facts: pd.DataFrame, rules: Sequence[Rule], policy: Policy, day: date) -> pd.DataFrame:
    """Return each rule's answer about each plot.

    Parameters
    ----------
    facts : DataFrame, one row per plot
        The columns that the rules need.
    rules, policy, day
        The rules, the rule book, and the day whose thresholds hold.

    Returns
    -------
    DataFrame of "boolean" on the facts' index, one column per rule in force; missing is unknown
    """
    in_force = rules_in_force(rules, policy, day)
    answers = {
        rule.id: rule.formula(facts, in_force[rule.id]).astype("boolean")
        for rule in rules
        if rule.id in in_force
    }
    return pd.DataFrame(answers, index=facts.index, dtype="boolean")


def low_efficiency_by_rule(answers: pd.DataFrame) -> pd.Series:
    """Return for each plot yes if any rule says so, else unknown if any lacks facts, else no.

    Parameters
    ----------
    answers : DataFrame of "boolean", see `verdicts`
    """
    result = pd.Series(Verdict.NO.value, index=answers.index, dtype="str")
    result = result.mask(answers.isna().any(axis=1), Verdict.UNKNOWN.value)
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
    """
    found: list[list[RuleHit]] = [[] for _ in range(len(facts))]
    for rule in rules:
        if rule.id in answers:
            hit = answers[rule.id].fillna(value=False).to_numpy(bool)
            plots = facts.loc[hit, list(rule.needs)].to_dict("records")
            for position, plot in zip(hit.nonzero()[0], plots, strict=True):
                found[position].append(explain(rule, plot, policy, day, Verdict.YES))
    return pd.Series(found, index=facts.index, dtype=object)


def explain(rule: Rule, plot: Mapping[Any, Any], policy: Policy, day: date, verdict: Verdict) -> RuleHit:
    """Return a rule's answer about one plot in words.

    Parameters
    ----------
    rule, policy, day
        The rule and the thresholds' day.
    plot : mapping or Series
        The plot's facts, at least those that the rule needs.
    verdict : Verdict
        What the rule answered.
    """
    number = policy.number(rule.thresholds[0])
    measured, threshold = plot[rule.measured], number.on(day)
    missing = tuple(words for name, words in rule.needs.items() if pd.isna(plot[name]))
    if verdict is Verdict.YES:
        measured_text = _measured_text(measured, threshold, number.unit)
        sentence = rule.sentence.format(measured=measured_text, threshold=value_text(threshold, number.unit))
    elif verdict is Verdict.NO:
        facts = "，".join(
            f"{words} {value_text(plot[name], number.unit)}" for name, words in rule.needs.items()
        )
        sentence = f"{rule.zh}：不符合（{facts}）。"
    else:
        sentence = f"{rule.zh}：缺少{'、'.join(missing)}，无法判断。"
    return RuleHit(
        rule_id=rule.id, zh=rule.zh, verdict=verdict, measured=None if pd.isna(measured) else measured,
        threshold=threshold, unit=number.unit, source=number.source, clause=number.clause, day=day, missing=missing,
        sentence=sentence,
    )  # fmt: skip


def _measured_text(measured: Any, threshold: Any, unit: str) -> str:
    """Return the measured value with enough decimals that it does not look equal to the threshold it misses."""
    text = value_text(measured, unit)
    return value_text(measured, unit, decimals=6) if text == value_text(threshold, unit) else text
