"""Months and quarters on which offices report: 2025-03, 2025-Q1."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from geoapp.errors import UsageError

MONTH, QUARTER = "month", "quarter"
_MONTHS = {MONTH: 1, QUARTER: 3}
_TEXT = re.compile(r"(\d{4})-(?:Q([1-4])|(0[1-9]|1[0-2]))", re.ASCII)
_QUARTER_WORDS = ("一", "二", "三", "四")
_EARLIEST_YEAR, _LATEST_YEAR = 1950, 2200


@dataclass(frozen=True, slots=True)
class Period:
    """One month or quarter.

    Examples
    --------
    >>> quarter = Period(2025, 1, QUARTER)
    >>> quarter.text, quarter.zh, str(quarter.first), str(quarter.last), quarter.before.text
    ('2025-Q1', '2025年第一季度', '2025-01-01', '2025-03-31', '2024-Q4')
    """

    year: int
    number: int
    """From 1."""
    kind: str
    """month or quarter."""

    @property
    def text(self) -> str:
        """As an address says it."""
        return f"{self.year}-{self.number:02d}" if self.kind == MONTH else f"{self.year}-Q{self.number}"

    @property
    def zh(self) -> str:
        """In Chinese."""
        if self.kind == MONTH:
            return f"{self.year}年{self.number}月"
        return f"{self.year}年第{_QUARTER_WORDS[self.number - 1]}季度"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, (self.number - 1) * _MONTHS[self.kind] + 1, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        month = self.number * _MONTHS[self.kind]
        return date(self.year, month, calendar.monthrange(self.year, month)[1])

    @property
    def before(self) -> "Period":
        """The one before it, of the year before where it is the first."""
        return period_of(self.first - timedelta(days=1), self.kind)


def period_of(day: date, kind: str) -> Period:
    """Return the month or quarter that holds a day.

    Examples
    --------
    >>> period_of(date(2025, 6, 30), QUARTER).text, period_of(date(2025, 6, 30), MONTH).text
    ('2025-Q2', '2025-06')
    """
    return Period(day.year, (day.month - 1) // _MONTHS[kind] + 1, kind)


def parse_period(text: str) -> Period:
    """Return the period that an address names; raises UsageError for another writing."""
    found = _TEXT.fullmatch(text)
    if found is None or not _EARLIEST_YEAR <= int(found[1]) <= _LATEST_YEAR:
        raise UsageError(f"期间“{text[:40]}”不认识，应为季度如 2025-Q1，或月份如 2025-03。")
    if found[2]:
        return Period(int(found[1]), int(found[2]), QUARTER)
    return Period(int(found[1]), int(found[3]), MONTH)


def time_progress(day: date) -> float:
    """Return how much of its year has passed at the end of a day, 0 to 1 (时间进度).

    Examples
    --------
    >>> round(time_progress(date(2025, 3, 31)), 4), time_progress(date(2024, 12, 31))
    (0.2466, 1.0)
    """
    days = (date(day.year, 12, 31) - date(day.year - 1, 12, 31)).days
    return (day - date(day.year - 1, 12, 31)).days / days
