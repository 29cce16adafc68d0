"""The arithmetic of targets: path, gap, pace, light, projection. Values in any one unit; None is unknown, not zero."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from geoapp.domain.target_set import Milestone

MONTHS_PER_DAY = 12 / 365.25
LIGHTS = {"green": "正常", "yellow": "偏慢", "red": "滞后", "unknown": "未知"}
RESULT_LIGHTS = {"green": "完成", "yellow": "接近", "red": "未完成", "unknown": "未知"}
"""The words once the day has passed."""


@dataclass(frozen=True, slots=True)
class LightLimits:
    """From which share of the plan on a light changes."""

    green: float
    yellow: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far one target is on a day: with a pace while it is ahead, with a result once its day has passed."""

    target: Milestone
    is_passed: bool
    actual: float | None
    """Now, or on the target's day once that has passed."""
    planned: float | None
    """Linear plan to date; the target itself once its day has passed."""
    gap: float | None
    """Still missing to the target; negative where it is exceeded."""
    share: float | None
    """Done of the target, 0 to 1 and more."""
    share_of_plan: float | None
    """Done of the plan to date."""
    pace_needed: float | None
    """Per month until the target's day; None once it has passed."""
    light: str


def planned_value(
    base: Milestone | None, targets: Sequence[Milestone], day: date, *, is_stepped: bool = False
) -> float | None:
    """Return what is to be reached on a day by a straight line from the base through the targets.

    Parameters
    ----------
    base : Milestone, optional
        None where it is unknown: there is no path to the first target then.
    targets : sequence of Milestone, by day, at least one
    day : date
    is_stepped : bool
        For what is judged year by year: the value of the next target, no line between them.

    Returns
    -------
    float or None
        After the last target its value; None before the base or without one.

    Examples
    --------
    >>> path = [Milestone(date(2023, 12, 31), 2000.0), Milestone(date(2025, 12, 31), 3000.0)]
    >>> round(planned_value(Milestone(date(2020, 12, 31), 600.0), path, date(2024, 12, 31)), 2)
    2500.68
    """
    if day >= targets[-1].day:
        return targets[-1].value
    if is_stepped:
        return next(target.value for target in targets if day <= target.day)
    points = [*([base] if base else []), *targets]
    for start, end in itertools.pairwise(points):
        if start.day <= day < end.day:
            done = (day - start.day).days / (end.day - start.day).days
            return start.value + (end.value - start.value) * done
    return None


def missing(actual: float | None, target: float | None, direction: str) -> float | None:
    """Return what is still missing to a target, negative where it is exceeded; None where either is unknown."""
    if actual is None or target is None:
        return None
    return target - actual if direction == "at_least" else actual - target


def done_share(actual: float | None, target: float | None, direction: str) -> float | None:
    """Return how much of a target is done, 1 where it is just reached; None where it cannot be said."""
    if actual is None or target is None:
        return None
    done, whole = (actual, target) if direction == "at_least" else (target, actual)
    return done / whole if whole > 0 else None


def light(
    actual: float | None, planned: float | None, limits: LightLimits, direction: str, tolerance: float = 0.0
) -> str:
    """Return green, yellow, red, or unknown where there is no figure or no plan.

    Parameters
    ----------
    actual, planned : float, optional
    limits : LightLimits
        A share on a limit has the better light.
    direction : {"at_least", "at_most"}
    tolerance : float
        What is missing by no more than this is reached: half of the last digit shown, so that no page says
        "2,000.00 of 2,000.00, missed".
    """
    gap = missing(actual, planned, direction)
    if gap is None:
        return "unknown"
    share = done_share(actual, planned, direction)
    if gap <= tolerance or (share is not None and share >= limits.green):
        return "green"
    return "yellow" if share is not None and share >= limits.yellow else "red"


def months_between(first: date, last: date) -> float:
    """Return the months from one day to another, a year being 12.

    Examples
    --------
    >>> round(months_between(date(2024, 12, 31), date(2025, 12, 31)), 2)
    11.99
    """
    return (last - first).days * MONTHS_PER_DAY


def pace_needed(gap: float | None, day: date, target_day: date) -> float | None:
    """Return how much has to come each month: 0 where all is done, None where unknown or the day has passed."""
    if gap is None or day >= target_day:
        return None
    return max(0.0, gap) / months_between(day, target_day)


def standing(
    target: Milestone,
    *,
    day: date,
    actual: float | None,
    planned: float | None,
    limits: LightLimits,
    direction: str = "at_least",
    tolerance: float = 0.0,
) -> Standing:
    """Return how far a target is.

    Parameters
    ----------
    target : Milestone
    day : date
        The target's day has passed once *day* is later or the same.
    actual : float, optional
        On the day, or on the target's day where that has passed.
    planned : float, optional
        On the day; see `planned_value`.
    limits : LightLimits
    direction : {"at_least", "at_most"}
    tolerance : float
        See `light`.

    Examples
    --------
    >>> found = standing(Milestone(date(2025, 12, 31), 3000.0), day=date(2025, 6, 30), actual=2400.0, planned=2748.0,
    ...                  limits=LightLimits(1.0, 0.9))
    >>> found.gap, round(found.share, 2), found.light
    (600.0, 0.8, 'red')
    """
    is_passed = day >= target.day
    due = target.value if is_passed else planned
    gap = missing(actual, target.value, direction)
    return Standing(
        target=target, is_passed=is_passed, actual=actual, planned=due, gap=gap,
        share=done_share(actual, target.value, direction), share_of_plan=done_share(actual, due, direction),
        pace_needed=pace_needed(gap, day, target.day), light=light(actual, due, limits, direction, tolerance),
    )  # fmt: skip


def without_base(actual: float | None, at_base: float | None) -> float | None:
    """Return what came after the base day; None where either is unknown.

    Examples
    --------
    >>> without_base(2600.0, 600.0)
    2000.0
    """
    return None if actual is None or at_base is None else actual - at_base


def based(rule: str, actual: float | None, at_base: float | None, stated_base: float | None) -> float | None:
    """Return a total as the rule for the base has it.

    Parameters
    ----------
    rule : {"register", "plan", "excluded"}
        With the base as the register has it, with the base as the plan states it, or without.
    actual : float, optional
        All that the register holds up to the day.
    at_base : float, optional
        The same up to the base day.
    stated_base : float, optional
        The plan's.

    Examples
    --------
    >>> [based(rule, 2600.0, 580.0, 600.0) for rule in ("register", "plan", "excluded")]
    [2600.0, 2620.0, 2020.0]
    """
    if rule == "register":
        return actual
    since = without_base(actual, at_base)
    if rule == "excluded" or since is None:
        return since
    return since + (stated_base or 0.0)


def path_start(kind: str, rule: str, at_base: float | None, stated_base: float | None) -> float | None:
    """Return where the path starts on the base day: the plan's base, else the register's; zero without the base.

    Examples
    --------
    >>> path_start("total", "excluded", 580.0, 600.0), path_start("level", "excluded", 35.2, None)
    (0.0, 35.2)
    """
    if kind == "total" and rule == "excluded":
        return 0.0
    if stated_base is not None:
        return stated_base
    return 0.0 if kind == "total" and rule == "plan" else at_base


def projected(
    actual: float | None, additions: Sequence[tuple[date | None, float]], day: date, until: date
) -> float | None:
    """Return what will be reached on a later day when everything dated comes on its day.

    Parameters
    ----------
    actual : float, optional
        On *day*.
    additions : sequence of (day, amount)
        Of the pipeline; what has no day, or one that has passed, is not counted on.
    day, until : date

    Examples
    --------
    >>> later = [(date(2026, 3, 1), 40.0), (None, 5.0), (date(2025, 1, 1), 7.0)]
    >>> projected(100.0, later, date(2025, 6, 30), date(2026, 12, 31))
    140.0
    """
    if actual is None:
        return None
    return actual + sum(amount for on, amount in additions if on is not None and day < on <= until)
