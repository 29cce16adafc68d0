"""The table of a supervision report (督查通报): tasks of the year, what was done, ranks and lights. None is unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from geoapp.domain.fingerprint import Origin
from geoapp.domain.reporting_period import Period
from geoapp.domain.target_ledger import Scope
from geoapp.domain.target_set import TargetSet

SHARE_DIGITS = 4
"""Shares are compared as they are shown, in percent with two decimals: nobody ranks behind an equal number."""
UNIT, ELSEWHERE, TOTAL = "unit", "elsewhere", "total"
"""Kinds of rows: a town or park, what lies in none of them, everything."""
LIGHT_WORDS = {"green": "绿", "yellow": "黄", "red": "红", "": ""}
LAND, FIRMS, FLOOR = "land", "firms", "floor"
PARTS = {LAND: "revitalised_area", FIRMS: "treated_enterprises", FLOOR: "new_floor_area"}
"""What the table tells of, by what computes it from the registers; see `Indicator.actual`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One task of the year in one unit, in base units."""

    target: float | None
    """Of the year, above zero; None where the unit has none."""
    period: float | None
    """Done in the period."""
    done: float | None
    """Done in the year up to the end of the period."""
    reason: str = ""
    """Why there is no target, in Chinese."""
    done_without_task: float = 0.0
    """Of a sum: what units did that had no task; the share leaves it out."""

    @property
    def share(self) -> float | None:
        """Done of the year's target, 0 to 1 and more; None without a task or a figure."""
        if self.target is None or self.done is None:
            return None
        return (self.done - self.done_without_task) / self.target


@dataclass(frozen=True, slots=True)
class ProjectShare:
    """How many of a unit's projects have come to a stage."""

    reached: int
    count: int

    @property
    def share(self) -> float | None:
        """0 to 1; None where there are no projects."""
        return self.reached / self.count if self.count else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningRule:
    """When a light is red or yellow."""

    bottom_count: int
    red_share: float
    """Below this part of the time progress."""
    yellow_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionRow:
    """One unit, or the total."""

    scope: Scope
    kind: str
    tallies: Mapping[str, Tally]
    """By LAND, FIRMS and FLOOR."""
    started: ProjectShare
    completed: ProjectShare
    rank: int | None = None
    rank_before: int | None = None
    """In the period before."""
    light: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What names the row in data: town:330205103, elsewhere, total."""
        return self.scope.text if self.kind == UNIT else self.kind

    @property
    def land(self) -> Tally:
        """The task that units are ranked by."""
        return self.tallies[LAND]

    @property
    def places_won(self) -> int | None:
        """How many places better than in the period before; negative where it fell."""
        return None if self.rank is None or self.rank_before is None else self.rank_before - self.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionTable:
    """All of it."""

    title: str
    target_set: TargetSet
    by: str
    """town or park."""
    by_zh: str
    membership: str
    membership_zh: str
    period: Period
    until: date
    """The last day that is counted: of the period, or the day of the state where that comes first."""
    progress: float
    """Share of the year that has passed by then."""
    rows: tuple[SupervisionRow, ...]
    district: Tally
    """The whole district against its own target, where the plan has one."""
    rule: WarningRule
    ledger: str
    """Code of the ledger that is counted in."""
    indicators: Mapping[str, str]
    """Ids of the indicators by part; those that the plan has."""
    notes: tuple[str, ...]
    day: date
    revision: int
    data_on: date
    note: str
    is_demo: bool
    origin: Origin


def shown_share(share: float | None) -> float | None:
    """Return a share as it is shown and compared."""
    return None if share is None else round(share, SHARE_DIGITS)


def ranks(shares: Sequence[float | None]) -> list[int | None]:
    """Return the place of each share among the known ones, the largest first; equal ones share the better place.

    Examples
    --------
    >>> ranks([0.5, 0.9, None, 0.5, 0.1])
    [2, 1, None, 2, 4]
    """
    known = [shown_share(share) for share in shares]
    better = [value for value in known if value is not None]
    return [None if own is None else 1 + sum(other > own for other in better) for own in known]


def is_at_bottom(shares: Sequence[float | None], position: int, count: int) -> bool:
    """Return whether fewer than *count* are worse than the one at a position; never where no more are ranked at all.

    Examples
    --------
    >>> [is_at_bottom([0.9, 0.8, 0.8, 0.7, None], place, 2) for place in range(5)]
    [False, True, True, True, False]
    """
    known = [shown_share(share) for share in shares]
    own, others = known[position], [value for value in known if value is not None]
    return own is not None and len(others) > count and sum(other < own for other in others) < count


def warning(share: float | None, progress: float, rule: WarningRule, *, is_bottom: bool) -> tuple[str, str]:
    """Return the light, and in Chinese why it is red or yellow; no light where the share is not known.

    Examples
    --------
    >>> rule = WarningRule(bottom_count=3, red_share=1.0, yellow_share=1.1)
    >>> [warning(share, 0.5, rule, is_bottom=False)[0] for share in (0.49, 0.5, 0.55, None)]
    ['red', 'yellow', 'green', '']
    >>> [warning(share, 1.0, rule, is_bottom=False)[0] for share in (0.99, 1.0)]
    ['red', 'green']
    """
    own = shown_share(share)
    if own is None:
        return "", ""
    # Who has done the whole year's task is late for nothing.
    is_late = own < round(min(rule.red_share * progress, 1.0), SHARE_DIGITS)
    why = [f"后{_count_zh(rule.bottom_count)}名"] * is_bottom + ["低于时间进度"] * is_late
    if why:
        return "red", "、".join(why)
    if own < round(min(rule.yellow_share * progress, 1.0), SHARE_DIGITS):
        return "yellow", "接近时间进度"
    return "green", ""


def _count_zh(count: int) -> str:
    digits = "零一两三四五六七八九"
    return digits[count] if count < len(digits) else str(count)


def year_task(before: float | None, after: float | None) -> float | None:
    """Return what a path asks for in a year: from its value at the end of the year before to that at the end of this.

    Examples
    --------
    >>> year_task(2000.0, 2500.0), year_task(None, 2500.0)
    (500.0, None)
    """
    return None if before is None or after is None else after - before


def added(tallies: Sequence[Tally]) -> Tally:
    """Return several units' tasks as one; what units without a task did is in what was done, and not in the share.

    Examples
    --------
    >>> found = added([Tally(target=9.0, period=1.0, done=3.0), Tally(target=None, period=2.0, done=2.0)])
    >>> found.target, found.period, found.done, round(found.share, 4)
    (9.0, 3.0, 5.0, 0.3333)
    """

    def total(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) if known else None

    return Tally(
        target=total([tally.target for tally in tallies]),
        period=total([tally.period for tally in tallies]),
        done=total([tally.done for tally in tallies]),
        done_without_task=sum(tally.done or 0.0 for tally in tallies if tally.share is None),
    )
