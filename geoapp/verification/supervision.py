"""The figures of a supervision report computed plainly: unit by unit, task by task, project by project."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from geoapp.domain.project import STAGES, STOPPED
from geoapp.domain.reporting_period import Period
from geoapp.domain.target_set import Indicator, TargetSet
from geoapp.domain.target_unit import TARGET_UNITS, unit_shown
from geoapp.verification.actuals import REGISTERS, Asked, Place, changes_of
from geoapp.verification.checking import Checked, check_rows
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.published import PublishedFigure
from geoapp.verification.source import Row, Source
from geoapp.verification.targets import TargetPath
from geoapp.verification.zones import ZoneRow, all_rows

REGISTERED = "registered"
PARTS = {"land": "revitalised_area", "firms": "treated_enterprises", "floor": "new_floor_area"}
_AMOUNTS = {"land": "area_m2", "floor": "gross_m2"}
_LEDGER_DATES = {"P06": "start_actual_on", "P08": "complete_actual_on", "P10": "commission_actual_on"}
_ELSEWHERE = {"town": "未填镇街", "park": "园区之外"}
_TOTAL = "合计"
_DIGITS = 4
"""Shares are ranked as they are shown: percent with two decimals."""


def supervision_figures(
    source: Source, target_set: TargetSet, by: str, period: Period, membership: str
) -> dict[str, dict[str, Figure]]:
    """Return the figures of each unit by its name, in base units, shares from 0 to 1.

    Parameters
    ----------
    source : Source
    target_set : TargetSet
    by : {"town", "park"}
    period : Period
    membership : {"registered", "clip", "largest", "centroid"}
    """

    def compute(state: Source) -> Mapping[str, Mapping[str, Value]]:
        return _Report(state, target_set, by, membership).rows(period)

    return with_slack(source, compute)


def check_supervision(
    checked: Checked,
    figures: Sequence[PublishedFigure],
    expected: Mapping[str, Mapping[str, Figure]],
    unit: str,
) -> None:
    """Compare the figures of a report, land being published in a unit."""
    check_rows(checked, list(dict.fromkeys(figure.row for figure in figures)), expected, "表里")
    land = TARGET_UNITS[unit_shown("mu", unit)].base_per_unit
    factors = {"land": land, "floor": TARGET_UNITS["wan_m2"].base_per_unit}
    for figure in figures:
        if figure.row not in expected:
            continue
        part, _, what = figure.column.partition("_")
        is_share = what == "percent"
        factor = 0.01 if is_share else factors.get(part, 1.0)
        is_area = not is_share and part in factors
        checked.compare(figure, expected[figure.row][figure.column], factor, is_area=is_area)


@dataclass(frozen=True, slots=True)
class _Part(Place):
    """A town or park with the plots that are counted there by their shapes."""

    codes: frozenset[str] = frozenset()

    def holds(self, row: Row) -> bool:
        """Return whether a plot is counted here."""
        return row["plot_code"] in self.codes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What a unit was asked for in the year, and did."""

    target: Value = None
    period: Value = None
    done: Value = None

    @property
    def share(self) -> Value:
        return None if self.target is None or self.done is None else self.done / self.target


@dataclass(frozen=True, slots=True)
class _Report:
    """One report's question."""

    source: Source
    target_set: TargetSet
    by: str
    membership: str

    def rows(self, period: Period) -> dict[str, dict[str, Value]]:
        """Return all rows of a period by name."""
        until = min(period.last, self.source.day)
        before = self.shares(period.before)
        tasks = {code: self.tasks(code, period, until) for code in self.names}
        places = _places({code: tasks[code]["land"].share for code in tasks})
        earlier = _places(before)
        projects = self.projects(until)
        rows = {}
        for code, name in self.names.items():
            rank, old = places[code], earlier[code]
            won = None if rank is None or old is None else float(old - rank)
            ranked: dict[str, Value] = {"rank": None if rank is None else float(rank), "places_won": won}
            rows[name] = _figures(tasks[code], projects.get(code, _NO_PROJECTS)) | ranked
        whole = self.tasks(None, period, until)
        rest = {part: _less(whole[part], [found[part] for found in tasks.values()]) for part in PARTS}
        others = projects.get("", _NO_PROJECTS)
        if others != _NO_PROJECTS or any(self._is_something(part, rest[part]) for part in PARTS):
            rows[_ELSEWHERE[self.by]] = _figures(rest, others) | _UNRANKED
        else:
            rest = {part: _Task() for part in PARTS}
        rows[_TOTAL] = self._total([*tasks.values(), rest], list(projects.values())) | _UNRANKED
        return rows

    @property
    def names(self) -> dict[str, str]:
        """Return the units' names by code."""
        register, _ = REGISTERS[self.by]
        layer = self.source.layers[register]
        key = layer.key[0]
        return {row[key]: row[layer.label_field or key] or row[key] for row in self.source.rows(register)}

    def shares(self, period: Period) -> dict[str, Value]:
        """Return how much of the year's land each unit had done at the end of a period."""
        return {code: self.tasks(code, period, period.last)["land"].share for code in self.names}

    def tasks(self, code: str | None, period: Period, until: date) -> dict[str, _Task]:
        """Return a unit's tasks by part, the district's without a code."""
        place = Place() if code is None else Place(self.by, code)
        found = {}
        for part, actual in PARTS.items():
            indicator = next((item for item in self.target_set.indicators if item.actual == actual), None)
            found[part] = _Task() if indicator is None else self._task(part, indicator, place, period, until)
        return found

    def _task(self, part: str, indicator: Indicator, place: Place, period: Period, until: date) -> _Task:
        asked = Asked(self.source, indicator, place)
        path = TargetPath.of(asked, self.target_set)
        value = self._counting(part, asked, path)
        now, start = value(until), value(date(period.year - 1, 12, 31))
        before = value(period.first - timedelta(days=1))
        return _Task(
            target=self._asked_for(path, period.year),
            period=None if now is None or before is None else now - before,
            done=None if now is None or start is None else now - start,
        )

    def _asked_for(self, path: TargetPath, year: int) -> Value:
        start, end = date(year - 1, 12, 31), date(year, 12, 31)
        indicator = path.asked.indicator
        if not path.targets or indicator.is_shared or not path.base_on <= start < path.targets[-1].day:
            return None
        before, after = path.planned(start), path.planned(end)
        if before is None or after is None:
            return None
        return after - before if after - before > TARGET_UNITS[indicator.unit].half_digit else None

    def _counting(self, part: str, asked: Asked, path: TargetPath) -> Callable[[date], Value]:
        """Return what counts a part up to a day: by the plots' records, or by where their shapes lie."""
        if self.membership == REGISTERED or asked.place.is_district or not asked.ledger.records:
            return path.at
        row = self._zone(asked.place.code)
        if part in _AMOUNTS:
            return lambda day: _weighed(asked, _AMOUNTS[part], row.area_share, day)
        there = replace(asked, place=_Part(self.by, asked.place.code, frozenset(row.counted)))
        return TargetPath.of(there, self.target_set).at

    def _zone(self, code: str) -> ZoneRow:
        register, _ = REGISTERS[self.by]
        return next(row for row in all_rows(self.source, register, self.membership) if row.key == code)

    def _is_something(self, part: str, task: _Task) -> bool:
        indicator = next((item for item in self.target_set.indicators if item.actual == PARTS[part]), None)
        nothing = math.inf if indicator is None else TARGET_UNITS[indicator.unit].half_digit
        return any(abs(value or 0.0) > nothing for value in (task.period, task.done))

    def _total(
        self, tasks: Sequence[Mapping[str, _Task]], projects: Sequence["_Projects"]
    ) -> dict[str, Value]:
        found: dict[str, _Task] = {}
        shares: dict[str, Value] = {}
        for part in PARTS:
            parts = [task[part] for task in tasks]
            found[part] = _Task(
                target=_sum([task.target for task in parts]), period=_sum([task.period for task in parts]),
                done=_sum([task.done for task in parts]),
            )  # fmt: skip
            target, done = found[part].target, found[part].done
            of_tasks = math.fsum(task.done or 0.0 for task in parts if task.share is not None)
            shares[f"{part}_percent"] = None if target is None or done is None else of_tasks / target
        together = tuple(sum(numbers) for numbers in zip(*projects, strict=True)) or _NO_PROJECTS
        return _figures(found, together) | shares

    def projects(self, until: date) -> dict[str, "_Projects"]:
        """Return by unit how many of its projects have started, of how many, and are complete, of how many."""
        stages = self.source.number("supervision_project_stages")
        left_out = self.source.number("project_left_out_stages")
        names, days = self.names, self._stage_days()
        found: dict[str, list[int]] = {}
        for row in self.source.rows("projects"):
            unit = row[f"{self.by}_code"] if row[f"{self.by}_code"] in names else ""
            counts = found.setdefault(unit, [0, 0, 0, 0])
            done = days.get(row["project_code"], {})
            if row["stage"] == STOPPED or (done and min(done.values()) > until):
                continue
            for place, stage in ((0, stages["start"]), (2, stages["complete"])):
                if stage not in left_out.get(row["mode"] or "", ()):
                    counts[place] += _has_reached(row["stage"], done.get(stage), stage, until)
                    counts[place + 1] += 1
        return {unit: (one, two, three, four) for unit, (one, two, three, four) in found.items()}

    def _stage_days(self) -> dict[str, dict[str, date]]:
        """Return when each project's stages were done; the stages' own records go before the projects'."""
        found: dict[str, dict[str, date]] = {}
        for row in self.source.rows("project_stages"):
            if row["actual_on"] is not None:
                found.setdefault(row["project_code"], {})[row["stage"]] = row["actual_on"]
        for row in self.source.rows("projects"):
            for stage, column in _LEDGER_DATES.items():
                if row[column] is not None:
                    found.setdefault(row["project_code"], {}).setdefault(stage, row[column])
        return found


_Projects = tuple[int, ...]
"""Started, of how many; complete, of how many."""
_NO_PROJECTS: _Projects = (0, 0, 0, 0)
_UNRANKED: dict[str, Value] = {"rank": None, "places_won": None}


def _has_reached(present: str | None, on: date | None, stage: str, until: date) -> bool:
    if on is not None:
        return on <= until
    return present in STAGES and STAGES.index(present) >= STAGES.index(stage)


def _figures(tasks: Mapping[str, _Task], projects: _Projects) -> dict[str, Value]:
    started, of_started, complete, of_complete = projects
    found: dict[str, Value] = {
        "started_percent": started / of_started if of_started else None,
        "completed_percent": complete / of_complete if of_complete else None,
    }
    for part, task in tasks.items():
        found |= {
            f"{part}_target": task.target, f"{part}_done": task.done, f"{part}_percent": task.share,
        }  # fmt: skip
    return found | {"land_period": tasks["land"].period}


def _places(shares: Mapping[str, Value]) -> dict[str, int | None]:
    """Return each unit's place: how many are better, and one."""
    known = {code: round(share, _DIGITS) for code, share in shares.items() if share is not None}
    return {
        code: 1 + len([other for other in known.values() if other > known[code]]) if code in known else None
        for code in shares
    }


def _less(whole: _Task, parts: Sequence[_Task]) -> _Task:
    done, period = (_sum([getattr(part, name) for part in parts]) or 0.0 for name in ("done", "period"))
    return _Task(
        period=None if whole.period is None else whole.period - period,
        done=None if whole.done is None else whole.done - done,
    )


def _sum(values: Sequence[Value]) -> Value:
    known = [value for value in values if value is not None]
    return math.fsum(known) if known else None


def _weighed(asked: Asked, amounts: str, shares: Mapping[str, float], day: date) -> float:
    """Return what the records up to a day come to, of each plot as much as lies in the unit."""
    wanted = asked.plots()
    return math.fsum(
        amount * shares.get(code, 0.0)
        for record, change in zip(asked.ledger.records, changes_of(asked), strict=True)
        if record["recognised_on"] is not None and record["recognised_on"] <= day
        for code, amount in getattr(change, amounts).items()
        if code in wanted
    )
