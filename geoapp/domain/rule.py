"""What a rule is: a question to every plot, answered yes, no or unknown, with the reason."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import pandas as pd


class Verdict(StrEnum):
    """A rule's answer. What is missing makes it unknown, never no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


Numbers = Mapping[str, Any]
"""Policy numbers in force, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `formula` asks all plots at once; the rest says in words what it found."""

    id: str
    zh: str
    thresholds: tuple[str, ...]
    """Ids of the policy numbers it uses; the first is the one that reasons show."""
    needs: Mapping[str, str]
    """Columns of the plot facts it reads, with their Chinese words; the first is the one measured."""
    formula: Callable[[pd.DataFrame, Numbers], pd.Series]
    """(facts, numbers) -> "boolean" Series on the facts' index: true, false or missing where unknown."""
    sentence: str
    """The reason in Chinese with {measured} and {threshold}."""

    @property
    def measured(self) -> str:
        """The column that is held against the threshold."""
        return next(iter(self.needs))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHit:
    """A rule's answer about one plot, with what an official needs to check it."""

    rule_id: str
    zh: str
    verdict: Verdict
    measured: float | str | None
    threshold: Any
    unit: str
    source: str
    clause: str
    day: date
    """The day whose thresholds were used."""
    missing: tuple[str, ...]
    """Chinese words of the facts that were missing."""
    sentence: str


def is_below(values: pd.Series, limit: float) -> pd.Series:
    """Return whether each value is strictly below the limit; missing where the value is.

    Examples
    --------
    >>> is_below(pd.Series([0.9, 1.0, None]), 1.0).tolist()
    [True, False, <NA>]
    """
    return (values < limit).astype("boolean").mask(values.isna())


def is_among(values: pd.Series, listed: Collection[str]) -> pd.Series:
    """Return whether each value is one of those listed; missing where the value is.

    Examples
    --------
    >>> is_among(pd.Series(["D", "A", None], dtype="str"), ["D"]).tolist()
    [True, False, <NA>]
    """
    return values.isin(list(listed)).astype("boolean").mask(values.isna())


def value_text(value: Any, unit: str, decimals: int = 2) -> str:
    """Return a measured value or threshold as an official writes it, with its unit.

    Examples
    --------
    >>> value_text(3.456, "wan_per_mu"), value_text(0.285, "share"), value_text(["C", "D"], "code")
    ('3.46 万元/亩', '28.50%', 'C、D')
    >>> value_text(None, "far"), value_text(True, "far")
    ('不明', '是')
    """
    if isinstance(value, list | tuple):
        return "、".join(value)
    if pd.isna(value):
        return "不明"
    if isinstance(value, str):
        return value
    if pd.api.types.is_bool(value):
        return "是" if value else "否"
    if unit == "share":
        return f"{value:.{decimals}%}"
    return f"{value:.{decimals}f}" + (" 万元/亩" if unit == "wan_per_mu" else "")
