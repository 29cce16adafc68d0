"""Projects to take along: the table of a file, plain data, and the bars of the Gantt charts."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from geoapp.domain.fingerprint import Origin
from geoapp.domain.frame import plain_records
from geoapp.domain.listed import PROJECTS as KIND
from geoapp.domain.project import STAGES
from geoapp.domain.record_table import RecordTable
from geoapp.services.as_of import data_day
from geoapp.services.fields import register_fields
from geoapp.services.land_fields import in_unit, land_fields
from geoapp.services.listed import list_origin, table_with_fingerprint, with_fingerprint
from geoapp.services.project_page import ProjectPage
from geoapp.services.project_sheet import ProjectSheet
from geoapp.services.project_stages import PROJECTS, REGISTERS
from geoapp.services.workspace import Workspace

DAYS_WITHOUT_PLAN = 30
"""How long a bar is of which only the beginning is known."""


def project_table(workspace: Workspace, sheet: ProjectSheet, unit: str | None = None) -> RecordTable:
    """Return projects as a table to be written: the register's public fields and what is computed.

    Parameters
    ----------
    workspace : Workspace
    sheet : ProjectSheet
    unit : {"mu", "ha", "m2"}, optional
        Of land; the register's own if left out.
    """
    known = register_fields(workspace, PROJECTS)
    fields, rows = tuple(known.values()), sheet.projects[list(known)]
    if unit:
        fields, rows = in_unit(fields, rows, land_fields(known), unit)
    layer = workspace.layer(PROJECTS)
    table = RecordTable(
        register=PROJECTS,
        register_zh=layer.zh,
        geometry_type="none",
        fields=fields,
        rows=rows,
        revision=sheet.revision,
        day=sheet.day,
        is_now=sheet.is_now,
        data_on=data_day(workspace, sheet.revision, REGISTERS, sheet.day),
        filter_zh=sheet.filter_zh,
        is_filtered=bool(sheet.filter_text or sheet.plots_filter),
        sources=(f"{layer.zh}：{layer.source}",),
        notes=(
            *filter(None, [sheet.note]),
            *(number.words for number in sheet.numbers),
        ),
        is_demo=sheet.is_demo,
    )
    return table_with_fingerprint(KIND, table, _origin(workspace, sheet), unit or "m2")


def _origin(workspace: Workspace, sheet: ProjectSheet) -> Origin:
    query = {"filter": sheet.filter_text, "plots": sheet.plots_filter}
    return list_origin(workspace, "/projects", query, sheet.revision, sheet.day)


def sheet_record(workspace: Workspace, sheet: ProjectSheet) -> dict[str, Any]:
    """Return projects as plain values, with a fingerprint: areas in m2, money in 万元, null where unknown."""
    record = {
        "revision": sheet.revision,
        "day": sheet.day.isoformat(),
        "note": sheet.note,
        "is_demo": sheet.is_demo,
        "filter": sheet.filter_text,
        "plots_filter": sheet.plots_filter,
        "filter_words": sheet.filter_zh,
        "total": sheet.total,
        "phases": sheet.phase_counts,
        "lights": sheet.light_counts,
        "stalled_count": sheet.stalled_count,
        "funnel": _plain(sheet.funnel.rename_axis("stage").reset_index()),
        "projects": _plain(sheet.projects.drop(columns=["geometry"], errors="ignore")),
        "stages": _plain(sheet.dates),
    }
    return with_fingerprint(KIND, record, _origin(workspace, sheet))


def gantt_rows(sheet: ProjectSheet, stage_words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a bar for each project that has days: what is done, and what is planned, as days since 1970.

    Each row: code, name, light, parts of (from, to, words, is_done) one after another.
    """
    rows = []
    groups = dict(iter(sheet.dates.groupby("project_code")))
    for project in plain_records(sheet.projects):
        dates = groups.get(project["project_code"])
        parts = (
            [] if dates is None else _parts(plain_records(dates), project["stage"], sheet.day, stage_words)
        )
        if parts:
            rows.append(
                {
                    "code": project["project_code"],
                    "name": project["name"],
                    "light": project["light"],
                    "parts": parts,
                }
            )
    return rows


def _parts(
    dates: list[dict[str, Any]], present: str | None, day: date, words: Mapping[str, str]
) -> list[dict[str, Any]]:
    done = [(row["actual_on"], row["stage"]) for row in dates if row["actual_on"] and row["stage"] in STAGES]
    plan = [(row["planned_on"], row["stage"]) for row in dates if row["planned_on"] and not row["actual_on"]]
    plan = [(on, stage) for on, stage in plan if stage > (present or "")]
    ends = [on for on, _ in done[1:]] + [max(day, done[-1][0])] if done else []
    if present in ("PX", "P12") and done:
        ends[-1] = done[-1][0] + timedelta(days=1)
    parts = [
        _part(start, end, words.get(stage, stage), is_done=True)
        for (start, stage), end in zip(done, ends, strict=True)
    ]
    begin = ends[-1] if ends else (plan[0][0] - timedelta(days=DAYS_WITHOUT_PLAN) if plan else day)
    for on, stage in plan:
        if on > begin:
            parts.append(_part(begin, on, f"计划{words.get(stage, stage)}", is_done=False))
            begin = on
    return parts


def project_gantt(found: ProjectPage, day: date) -> list[dict[str, Any]]:
    """Return two bars for each stage that has days, from the stage before it: planned and done."""
    rows, planned, actual = [], None, None
    for stage in found.stages:
        bars = {
            "name": stage.zh,
            "planned": _bar(planned, stage.planned_on),
            "actual": _bar(actual, stage.actual_on),
        }
        planned, actual = stage.planned_on or planned, stage.actual_on or actual
        if stage.planned_on or stage.actual_on:
            rows.append(
                bars | {"is_late": bool(stage.days_late and stage.days_late > 0), "today": _number(day)}
            )
    return rows


def _bar(begin: date | None, end: date | None) -> list[int] | None:
    if end is None:
        return None
    start = begin if begin is not None and begin < end else end - timedelta(days=DAYS_WITHOUT_PLAN)
    return [_number(start), _number(end)]


def _part(start: date, end: date, words: str, *, is_done: bool) -> dict[str, Any]:
    return {"from": _number(start), "to": _number(end), "words": words, "is_done": is_done}


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            name: value.isoformat()[:10] if isinstance(value, date | datetime) else value
            for name, value in row.items()
        }
        for row in plain_records(frame)
    ]
