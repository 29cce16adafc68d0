"""What a rule is on the second path: the numbers it needs, and a question to one subject after the other."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from geoapp.verification.answers import Answer
from geoapp.verification.source import Source
from geoapp.verification.supplies import is_asked

Answers = dict[str, Answer]
"""By the subject's code."""


@dataclass(frozen=True, slots=True)
class PlainRule:
    """One rule."""

    numbers: tuple[str, ...]
    """All must hold on the day."""
    ask: Callable[[Source, Any], Answer]
    """(source, subject)"""


def ask_all(
    source: Source, rules: Mapping[str, PlainRule], subjects: Iterable[tuple[str, Any]]
) -> dict[str, Answers]:
    """Return what each rule that is asked says of each subject, in their order."""
    named = list(subjects)
    return {
        name: {key: rules[name].ask(source, subject) for key, subject in named}
        for name in asked(source, rules)
    }


def asked(source: Source, rules: Mapping[str, PlainRule]) -> list[str]:
    """Return which of some rules are asked on the day."""
    return [name for name, rule in rules.items() if is_asked(source, name, rule.numbers)]
