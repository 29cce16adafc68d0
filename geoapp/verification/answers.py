"""Answers that may be unknown: True, False, or None where a fact is missing; combined as by the strong logic of Kleene.

A no decides an `every`, a yes decides an `either`, whatever else is unknown.
"""

from collections.abc import Collection
from typing import Any

Answer = bool | None


def below(value: float | None, limit: float | None) -> Answer:
    """Return whether a value is strictly below a limit."""
    return None if value is None or limit is None else value < limit


def above(value: float | None, limit: float | None) -> Answer:
    """Return whether a value is strictly above a limit."""
    return None if value is None or limit is None else value > limit


def reaches(value: float | None, limit: float | None) -> Answer:
    """Return whether a value is a limit or above it."""
    return opposite(below(value, limit))


def among(value: Any, listed: Collection[Any]) -> Answer:
    """Return whether a value is one of those listed."""
    return None if value is None else value in listed


def opposite(answer: Answer) -> Answer:
    """Return the other answer."""
    return None if answer is None else not answer


def every(*answers: Answer) -> Answer:
    """Return whether all are yes.

    Examples
    --------
    >>> every(True, None), every(False, None), every(True, True)
    (None, False, True)
    """
    if any(answer is False for answer in answers):
        return False
    return None if any(answer is None for answer in answers) else True


def either(*answers: Answer) -> Answer:
    """Return whether any is yes."""
    return opposite(every(*map(opposite, answers)))
