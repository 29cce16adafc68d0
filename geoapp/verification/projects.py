"""Redevelopment projects one by one: the light, what is due, how long nothing was heard, and the sums by class."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from geoapp.domain.listed import LIGHTS, PROJECTS, TOTAL
from geoapp.domain.project import LAST, PHASES, STAGES, STOPPED, STOPPED_PHASE
from geoapp.verification.agreements import as_figures
from geoapp.verification.figure import Figure, Value
from geoapp.verification.filters import records_taken_in, taken_in
from geoapp.verification.plots import plain_plots
from geoapp.verification.source import Source

_OF_LEDGER = {"P06": "start", "P08": "complete", "P10": "commission"}
_DATES = ("planned_on", "actual_on")
Days = Mapping[str, Mapping[str, date | None]]
"""By stage: planned_on and actual_on."""
COMPUTED = {
    "phase": "string", "light": "string", "due_stage": "string", "due_on": "date", "days_late": "number",
    "last_news_on": "date", "silent_days": "number", "is_stalled": "boolean", "expected_on": "date",
}  # fmt: skip
"""Fields that are computed of a project, and their types."""


def stage_dates(source: Source) -> dict[str, dict[str, dict[str, date | None]]]:
    """Return by project and stage the days planned and done; the projects' own ledger fills what is not there."""
    found: dict[str, dict[str, dict[str, date | None]]] = defaultdict(dict)
    for row in source.rows("project_stages"):
        found[row["project_code"]][row["stage"]] = {name: row[name] for name in _DATES}
    for project in source.rows("projects"):
        for stage, name in _OF_LEDGER.items():
            known = found[project["project_code"]].setdefault(stage, dict.fromkeys(_DATES))
            known["planned_on"] = known["planned_on"] or project[f"{name}_plan_on"]
            known["actual_on"] = known["actual_on"] or project[f"{name}_actual_on"]
    return found


def due_stage(dates: Days, present: str | None, day: date) -> tuple[str | None, date | None]:
    """Return the stage with the earliest planned day that is not behind the project and not done, and that day."""
    waiting = [
        (days["planned_on"], stage)
        for stage, days in dates.items()
        if stage in STAGES
        and days["planned_on"] is not None
        and not (days["actual_on"] is not None and days["actual_on"] <= day)
        and not (present is not None and stage <= present)
    ]
    on, stage = min(waiting, default=(None, None))
    return stage, on


def newest_news(source: Source) -> dict[str, date]:
    """Return the newest day, up to the day asked for, on which something was heard of each project."""
    heard: list[tuple[str, date | None]] = [
        *((row["project_code"], row["updated_on"]) for row in source.rows("projects")),
        *((row["project_code"], row["noted_on"]) for row in source.rows("project_notes")),
        *(
            (code, days["actual_on"])
            for code, stages in stage_dates(source).items()
            for days in stages.values()
        ),
    ]
    newest: dict[str, date] = {}
    for code, day in heard:
        if day is not None and day <= source.day:
            newest[code] = max(day, newest.get(code, day))
    return newest


def project_figures(source: Source, asked: Mapping[str, str]) -> dict[str, dict[str, Figure]]:
    """Return the figures of the projects that two filters take in, and how many there are of each class."""
    rows = project_rows(source)
    chosen = _taken_in(source, rows, asked)
    names = [figure.name for figure in PROJECTS.figures]
    figures = {
        row["project_code"]: as_figures((name, _number(name, row[name])) for name in names) for row in chosen
    }
    total = (
        ("total", float(len(rows))),
        ("stalled_count", float(sum(r["is_stalled"] is True for r in chosen))),
    )
    sums = {TOTAL: as_figures(total)}
    for kind, codes in (("phase", (*PHASES, STOPPED_PHASE)), ("light", tuple(LIGHTS))):
        counts = Counter(row[kind] for row in chosen)
        sums |= {f"({kind}) {code}": as_figures([("count", float(counts[code]))]) for code in codes}
    return figures | sums | _funnel(source, chosen)


def _number(name: str, value: Any) -> Value:
    if value is None:
        return None
    return float(tuple(LIGHTS).index(value)) if name == "light" else float(value)


def project_rows(source: Source) -> list[dict[str, Any]]:
    """Return every project with what is computed of it."""
    dates, news, phases = stage_dates(source), newest_news(source), source.number("project_phases")
    medians = {stage: found for stage, (found, _) in _usual_days(source).items()}
    rows = []
    for project in source.rows("projects"):
        code, stage = project["project_code"], project["stage"]
        is_running = stage not in (STOPPED, LAST)
        due, due_on = due_stage(dates[code], stage, source.day) if is_running else (None, None)
        late = None if due_on is None else (source.day - due_on).days
        heard = news.get(code)
        silent = None if heard is None else (source.day - heard).days
        since, days = dates[code].get(stage, {}).get("actual_on"), medians.get(stage)
        is_known = is_running and since is not None and days is not None
        rows.append(
            {
                **project,
                "phase": STOPPED_PHASE if stage == STOPPED else phases.get(stage),
                "light": _light(source, stage, late),
                "due_stage": due,
                "due_on": due_on,
                "days_late": late,
                "last_news_on": heard,
                "silent_days": silent,
                "is_stalled": _is_stalled(source, silent) if is_running else False,
                "expected_on": since + timedelta(days=round(days)) if is_known and since and days else None,
            }
        )
    return rows


def _light(source: Source, stage: str | None, late: int | None) -> str:
    if late is None:
        return "green" if stage == LAST else "grey"
    if late > source.number("project_red_days"):
        return "red"
    return "yellow" if late >= -source.number("project_due_soon_days") else "green"


def _is_stalled(source: Source, silent: int | None) -> bool | None:
    return None if silent is None else bool(silent > source.number("project_stalled_days"))


def _taken_in(source: Source, rows: list[dict[str, Any]], asked: Mapping[str, str]) -> list[dict[str, Any]]:
    chosen = records_taken_in(source, "projects", rows, asked.get("filter", ""), COMPUTED)
    if not asked.get("plots", "").strip():
        return chosen
    wanted = {plot.code for plot in taken_in(source, plain_plots(source), asked["plots"])}
    members = source.rows("project_plots")
    there = {member["project_code"] for member in members if member["plot_code"] in wanted}
    return [row for row in chosen if row["project_code"] in there]


def _usual_days(source: Source) -> dict[str, tuple[Value, int]]:
    """Return by stage the median days until the next stage done, where enough projects went that far, and how many."""
    stayed: dict[str, list[int]] = {stage: [] for stage in STAGES}
    for stages in stage_dates(source).values():
        done = [(stage, on) for stage in STAGES if (on := stages.get(stage, {}).get("actual_on")) is not None]
        for (stage, on), (_, following) in pairwise(done):
            stayed[stage].append((following - on).days)
    least = source.number("project_expected_least_count")
    return {
        stage: (float(median(days)) if days and len(days) >= least else None, len(days))
        for stage, days in stayed.items()
    }


def _funnel(source: Source, chosen: list[dict[str, Any]]) -> dict[str, dict[str, Figure]]:
    here = Counter(row["stage"] for row in chosen)
    return {
        f"(stage) {stage}": as_figures(
            (
                ("here_count", float(here[stage])),
                ("reached_count", math.fsum(here[other] for other in STAGES if other >= stage)),
                ("median_days", days),
                ("project_count", float(count)),
            )
        )
        for stage, (days, count) in _usual_days(source).items()
    }
