"""How many subjects each rule hits, cannot answer about, and does not hit; and which ones: rule by rule."""

from collections.abc import Mapping

from geoapp.verification import market_rules as market
from geoapp.verification import supply_rules as supply
from geoapp.verification.evidence import NOTED_NUMBERS
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.plain_rule import Answers
from geoapp.verification.plot_rules import PLOT_RULES, plot_rule_answers
from geoapp.verification.plots import MEASURED_RULES
from geoapp.verification.source import MEASURED_M2, Source
from geoapp.verification.supplies import IDLE_NUMBERS

KNOWN = frozenset(
    (
        *MEASURED_RULES, *NOTED_NUMBERS, *PLOT_RULES, *IDLE_NUMBERS, *supply.SUPPLY_RULES, *supply.PROJECT_RULES,
        *supply.LINE_RULES, *supply.DISTRICT_RULES, *market.ADMISSION_RULES, *market.PRICE_RULES,
        *market.MICRO_PARK_RULES,
    )
)  # fmt: skip
"""Rules that this path asks; an office's own ones are not verified, see `own_rules`."""
COUNTS = {"yes_count": True, "unknown_count": None, "no_count": False}
"""Figures of a rule, with the answer that each counts."""
VERDICT = "verdict"
_AS_NUMBER = {True: 1.0, False: 0.0, None: None}
_MAKERS = (
    plot_rule_answers, supply.supply_rule_answers, supply.project_rule_answers, supply.line_rule_answers,
    supply.district_rule_answers, market.transaction_rule_answers, market.micro_park_rule_answers,
)  # fmt: skip


def rule_answers(source: Source) -> dict[str, Answers]:
    """Return what every rule that is asked says of each of its subjects; rules not asked are left out."""
    key = "rule answers"
    if key not in source.kept:
        source.kept[key] = {rule: found for make in _MAKERS for rule, found in make(source).items()}
    answers: dict[str, Answers] = source.kept[key]
    return answers


def rule_count_figures(source: Source) -> dict[str, dict[str, Figure]]:
    """Return the counts by rule, without numbers for those that are not asked."""
    return with_slack(source, _counts)


def _counts(source: Source) -> Mapping[str, Mapping[str, Value]]:
    asked = rule_answers(source)
    return {rule: _counted(asked[rule]) if rule in asked else dict.fromkeys(COUNTS) for rule in KNOWN}


def _counted(answers: Answers) -> dict[str, Value]:
    return {name: float(sum(says is answer for says in answers.values())) for name, answer in COUNTS.items()}


def rule_verdict_figures(source: Source, rule: str) -> dict[str, dict[str, Figure]]:
    """Return by subject what a rule says of it: 1 for yes, 0 for no; none where the rule is not asked."""
    found = rule_answers(source).get(rule, {})
    return {key: {VERDICT: Figure(_AS_NUMBER[answer])} for key, answer in found.items()}


def doubtful_subjects(source: Source, rule: str) -> set[str]:
    """Return the subjects whose answer hangs on the last digits of a measured area."""
    found = rule_answers(source).get(rule, {})
    others = [rule_answers(source.nudged(sign * MEASURED_M2)).get(rule, {}) for sign in (-1, 1)]
    return {key for key, answer in found.items() if any(other.get(key) is not answer for other in others)}
