"""The figures of targets computed plainly: base, actual, path, gap, pace, and what the projects under way will add."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from geoapp.domain.target_set import Indicator, Milestone, ScopeTarget, TargetSet
from geoapp.errors import UsageError
from geoapp.verification.actuals import RATIOS, SUMS, Asked, Place, plain_actual, register_actual
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.pipeline import pipeline_total, plain_projection, projected_by
from geoapp.verification.source import Source

_DAYS_PER_MONTH = 365.25 / 12


def target_figures(
    source: Source, target_set: TargetSet, place: Place, *, only: str = ""
) -> tuple[dict[str, dict[str, Figure]], dict[str, str]]:
    """Return the figures of each indicator by id and name, and why some cannot be computed a second time.

    Names are actual, base; for each target targets[0].value, .actual, .planned, .gap, .share, .share_of_plan,
    .pace_per_month; projection.value, .added, .overdue, .undated, .later; in base units, shares from 0 to 1.

    Parameters
    ----------
    source : Source
    target_set : TargetSet
    place : Place
    only : str
        Id of the one indicator wanted; all if left out.
    """
    found: dict[str, dict[str, Figure]] = {}
    left_out: dict[str, str] = {}
    for indicator in target_set.indicators:
        if only not in ("", indicator.id):
            continue
        try:
            found |= with_slack(source, _computation(target_set, indicator, place))
        except UsageError as error:
            left_out[indicator.id] = str(error)
    return found, left_out


def trend_figures(
    source: Source, target_set: TargetSet, indicator: Indicator, place: Place, days: Sequence[date]
) -> dict[str, Figure]:
    """Return the actuals of days by trend@ISO, and what will be reached on days to come by forecast@ISO; base units."""

    def compute(state: Source) -> Mapping[str, Mapping[str, Value]]:
        asked = Asked(state, indicator, place)
        path = TargetPath.of(asked, target_set)
        now = path.at(state.day)
        known = {f"trend@{day}": path.at(day) for day in days if day <= state.day}
        coming = {f"forecast@{day}": projected_by(asked, now, day) for day in days if day >= state.day}
        return {"": {**known, **coming}}

    return with_slack(source, compute)[""]


def members_sum(asked: Asked, kind: str) -> tuple[str, Figure] | None:
    """Return what the records of a figure, or the projects under way, come to and how; None where that is no figure.

    Parameters
    ----------
    asked : Asked
    kind : {"members", "pipeline"}
    """
    name = asked.indicator.actual

    def compute(state: Source) -> Mapping[str, Mapping[str, Value]]:
        now = replace(asked, source=state)
        if kind == "members":
            return {"": {"": register_actual(now, state.day)}}
        return {"": {"": pipeline_total(now)}}

    right = with_slack(asked.source, compute)[""][""]
    is_known = right.value is not None and (kind == "pipeline" or name in (*SUMS, *RATIOS))
    return ("ratio" if kind == "members" and name in RATIOS else "sum", right) if is_known else None


def targets_in(target_set: TargetSet, indicator: Indicator, place: Place) -> Sequence[Milestone]:
    """Return the targets of an indicator in a place; a town or park has those that the office gave it."""
    own = _own(target_set, indicator, place)
    return own.targets if own else ()


def _own(target_set: TargetSet, indicator: Indicator, place: Place) -> Indicator | ScopeTarget | None:
    if place.is_district:
        return indicator
    return target_set.scope_target(indicator.id, place.kind, place.code)


def _computation(
    target_set: TargetSet, indicator: Indicator, place: Place
) -> Callable[[Source], Mapping[str, Mapping[str, Value]]]:
    return lambda source: {indicator.id: _indicator(Asked(source, indicator, place), target_set)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPath:
    """From where to where an indicator is to go in a place, and where it was."""

    asked: Asked
    base_on: date
    rule: str
    at_base: Value
    stated: Value
    targets: Sequence[Milestone]

    @classmethod
    def of(cls, asked: Asked, target_set: TargetSet) -> "TargetPath":
        """Return the path of an indicator in its place."""
        own = _own(target_set, asked.indicator, asked.place)
        return cls(
            asked=asked,
            base_on=target_set.base_on,
            rule=_rule(asked),
            at_base=plain_actual(asked, target_set.base_on),
            stated=own.base if own else None,
            targets=own.targets if own else (),
        )

    def at(self, day: date) -> Value:
        """Return the actual of a day as the rule for the base has it."""
        raw = plain_actual(self.asked, day)
        if self.rule in ("", "register") or raw is None:
            return raw
        since = None if self.at_base is None else raw - self.at_base
        return since if self.rule == "excluded" or since is None else since + (self.stated or 0.0)

    @property
    def start(self) -> Value:
        """Return where the path starts on the base day."""
        is_total = self.asked.indicator.kind == "total"
        if is_total and self.rule == "excluded":
            return 0.0
        if self.stated is None and is_total and self.rule == "plan":
            return 0.0
        return self.at_base if self.stated is None else self.stated

    def planned(self, day: date) -> Value:
        """Return what is to be reached on a day: on the straight line between the corners around it."""
        if day >= self.targets[-1].day:
            return self.targets[-1].value
        if self.asked.indicator.kind == "yearly":
            return next(target.value for target in self.targets if target.day >= day)
        after = next(target for target in self.targets if target.day > day)
        corners = [] if self.start is None else [Milestone(self.base_on, self.start)]
        before = [corner for corner in [*corners, *self.targets] if corner.day <= day]
        if not before:
            return None
        part = (day - before[-1].day).days / (after.day - before[-1].day).days
        return before[-1].value * (1 - part) + after.value * part


def _indicator(asked: Asked, target_set: TargetSet) -> dict[str, Value]:
    path = TargetPath.of(asked, target_set)
    values: dict[str, Value] = {"actual": path.at(asked.source.day), "base": path.start}
    for number, target in enumerate(path.targets):
        found = _standing(path, target)
        values |= {f"targets[{number}].{name}": value for name, value in found.items()}
    last = (path.targets or asked.indicator.targets)[-1].day
    projection = plain_projection(asked, values["actual"], last)
    if projection is not None:
        names = ("value", "added", "overdue", "undated", "later")
        values |= {f"projection.{name}": getattr(projection, name) for name in names}
    return values


def _standing(path: TargetPath, target: Milestone) -> dict[str, Value]:
    """Return how far one target is; of somebody else's total only what was done of it."""
    indicator, day = path.asked.indicator, path.asked.source.day
    actual = path.at(min(target.day, day))
    found = dict.fromkeys(("planned", "gap", "share_of_plan", "pace_per_month"), None) | {
        "value": target.value, "actual": actual, "share": _share(indicator, actual, target.value),
    }  # fmt: skip
    if indicator.is_shared:
        return found
    planned = target.value if day >= target.day else path.planned(day)
    over = None if actual is None else actual - target.value
    gap = over if over is None or indicator.direction != "at_least" else -over
    is_paced = gap is not None and day < target.day and indicator.kind != "yearly"
    months = (target.day - day).days / _DAYS_PER_MONTH
    return found | {
        "planned": planned, "gap": gap, "share_of_plan": _share(indicator, actual, planned),
        "pace_per_month": max(0.0, gap or 0.0) / months if is_paced else None,
    }  # fmt: skip


def _share(indicator: Indicator, actual: Value, goal: Value) -> Value:
    if actual is None or goal is None:
        return None
    done, whole = (actual, goal) if indicator.direction == "at_least" else (goal, actual)
    return done / whole if whole > 0 else None


def _rule(asked: Asked) -> str:
    if asked.indicator.kind != "total":
        return ""
    default = "register" if asked.source.number("include_base") else "excluded"
    return asked.indicator.base_rule or default
