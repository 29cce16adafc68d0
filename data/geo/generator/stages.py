"""The projects' stages with their days and papers, their news, and two pictures."""

import hashlib
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import shapely

from generator.dice import Dice
from generator.ground import DECIMALS
from generator.projects import DATA_DAY, Project

_POLICY = Path(__file__).resolve().parents[3] / "geoapp" / "policy" / "projects.toml"
_PICTURES = Path(__file__).resolve().parents[1] / "attachments"
_STAGES = tuple(f"P{number:02d}" for number in range(13))
_SHARES = {"P07": 0.55, "P09": 0.4}
"""Where between the dated stages around it a stage lies."""
_BEFORE_START = {"P00": 420, "P01": 330, "P02": 250, "P03": 170, "P04": 95, "P05": 40}
"""Days before the start."""
_AFTER_USE = {"P11": 200, "P12": 330}
_LEDGER = {"P06": "start", "P08": "complete", "P10": "commission"}
_BODY = "江北区二次开发工作专班（示例）"
_UNPAPERED = ("JB-XM-045", "JB-XM-047")
"""Projects of which somebody forgot the number of the newest paper."""


def stage_records(projects: list[Project]) -> list[dict[str, Any]]:
    """Return the stages of every project: those behind it with their days, those to come with their plans."""
    left_out = tomllib.loads(_POLICY.read_text(encoding="utf-8"))["project_left_out_stages"]["values"][0][
        "value"
    ]
    records: list[dict[str, Any]] = []
    for project in projects:
        course = [stage for stage in _STAGES if stage not in left_out.get(project.mode, ())]
        records += _stages(project, course, Dice(f"stages {project.code}"))
    return records


def _stages(project: Project, course: list[str], dice: Dice) -> list[dict[str, Any]]:
    days = _days(project, dice)
    stood = _stood(project, course)
    plans = _plans(project, course, days, stood, dice)
    records = []
    for stage in course:
        is_done = stage <= stood
        actual = days[stage] if is_done else None
        papers = _papers(project, stage, days[stage], dice) if is_done else {}
        if plans[stage] or actual:
            records.append(_record(project, stage, plans[stage], actual, papers))
    if project.stage == "PX":
        record = _record(project, "PX", None, DATA_DAY - timedelta(days=dice.whole(40, 250)), {})
        records.append(record | {"reason": "业主经营困难，暂缓实施"})
    return records


def _plans(
    project: Project, course: list[str], days: dict[str, date], stood: str, dice: Dice
) -> dict[str, date | None]:
    """Return the planned days: the ledger's own; of stages to come a few are overdue, none after the next planned."""
    plans: dict[str, date | None] = {}
    limit: date | None = None
    for stage in reversed(course):
        is_done = stage <= stood
        if stage in _LEDGER:
            plans[stage] = project.dates[f"{_LEDGER[stage]}_plan_on"]
        elif project.stage in {"P00", "P01"} and stage > "P02":
            plans[stage] = None
        elif is_done:
            plans[stage] = days[stage] - timedelta(days=dice.whole(-10, 25))
        else:
            soon = DATA_DAY + timedelta(days=dice.whole(-60, 0) if dice.chance(0.2) else dice.whole(20, 90))
            plans[stage] = min(max(days[stage], soon), limit or date.max)
        limit = plans[stage] if not is_done and plans[stage] else limit
    return plans


def _record(
    project: Project, stage: str, planned: date | None, actual: date | None, papers: dict[str, Any]
) -> dict[str, Any]:
    return {
        "project_code": project.code, "stage": stage, "planned_on": planned.isoformat() if planned else None,
        "actual_on": actual.isoformat() if actual else None, **papers,
        "recorded_by": _BODY if actual else None,
    }  # fmt: skip


def _stood(project: Project, course: list[str]) -> str:
    """Return the furthest stage done; a stopped project stood somewhere before the start."""
    stage = "P03" if project.stage == "PX" else project.stage
    return max(other for other in course if other <= stage)


def _days(project: Project, dice: Dice) -> dict[str, date]:
    """Return a day for each stage, none before the one before it and no done one after the day of the data."""
    start, complete, commission = (
        project.dates[f"{name}_actual_on"] or _planned(project, name)
        for name in ("start", "complete", "commission")
    )
    days = {stage: start - timedelta(days=gap + dice.whole(0, 20)) for stage, gap in _BEFORE_START.items()}
    days |= {"P06": start, "P08": complete, "P10": commission}
    days["P07"] = start + (complete - start) * _SHARES["P07"]
    days["P09"] = complete + (commission - complete) * _SHARES["P09"]
    days |= {stage: commission + timedelta(days=gap + dice.whole(0, 40)) for stage, gap in _AFTER_USE.items()}
    return _in_order(_shifted(days, project), project)


def _planned(project: Project, name: str) -> date:
    rest = {"start": 200, "complete": 700, "commission": 860}[name]
    return project.dates[f"{name}_plan_on"] or DATA_DAY + timedelta(days=rest)


def _shifted(days: dict[str, date], project: Project) -> dict[str, date]:
    """Return the days moved back where the newest stage done would lie after the day of the data."""
    stood = "P03" if project.stage == "PX" else project.stage
    late = (days[stood] - DATA_DAY).days + 12
    if late <= 0:
        return days
    fixed = {stage for stage, name in _LEDGER.items() if project.dates[f"{name}_actual_on"]}
    return {
        stage: day - timedelta(days=late) if stage <= stood and stage not in fixed else day
        for stage, day in days.items()
    }


def _in_order(days: dict[str, date], project: Project) -> dict[str, date]:
    fixed = {stage for stage, name in _LEDGER.items() if project.dates[f"{name}_actual_on"]}
    latest = date(2000, 1, 1)
    ordered = {}
    for stage in _STAGES:
        latest = ordered[stage] = days[stage] if stage in fixed else max(days[stage], latest)
    return ordered


def _papers(project: Project, stage: str, on: date, dice: Dice) -> dict[str, Any]:
    number = f"{dice.whole(1, 99):03d}"
    year = on.year
    floor_m2 = round(project.area_m2 * 1.6, 1)
    papers: dict[str, dict[str, Any]] = {
        "P01": {"document_no": f"示例会纪〔{year}〕{number}号"},
        "P02": {"document_no": f"{on:%y%m}-330205-07-02-{dice.whole(100000, 999999)}"},
        "P03": {"document_no": f"示例让〔{year}〕{number}号", "regulatory_no": f"330205{year}B{number}"},
        "P04": {"document_no": f"示例建字第{year}{number}号", "gfa_m2": floor_m2, "far": 1.6},
        "P05": {"document_no": f"示例施字第{year}{number}号"},
        "P08": {"document_no": f"示例核字第{year}{number}号", "gfa_m2": floor_m2},
        "P09": {"document_no": f"示例不动产权第{year}{number}号"},
        "P11": {"document_no": f"示例达产〔{year}〕{number}号", "result": "met"},
        "P12": {"result": "met"},
    }
    found = papers.get(stage, {})
    if project.code in _UNPAPERED and stage == project.stage:
        return {**found, "document_no": None}
    return found


_NEWS = {
    False: ("召开推进会，明确下一步分工。", "租户已签腾退协议。", "方案征求部门意见。", "资金已落实。"),
    True: ("桩基施工完成。", "二层结构浇筑完成。", "设备陆续进场。", "外立面施工。"),
}
"""By whether work on the ground has begun."""


def note_records(projects: list[Project]) -> list[dict[str, Any]]:
    """Return the news of the projects under way, with milestones, problems and what is to be coordinated."""
    records: list[dict[str, Any]] = []
    for project in projects:
        if project.is_finished or project.stage == "PX":
            continue
        dice = Dice(f"news {project.code}")
        records += _notes(project, dice)
    return records


def _notes(project: Project, dice: Dice) -> list[dict[str, Any]]:
    day = DATA_DAY - timedelta(days=dice.whole(100, 300))
    notes = [_note(project, 1, "progress", day, dice.pick(_NEWS[project.stage >= "P06"]))]
    if dice.chance(0.6):
        due = DATA_DAY + timedelta(days=dice.whole(-40, 160))
        note = _note(project, 2, "milestone", day, "完成租户腾退和场地移交")
        notes.append(note | {"planned_on": due.isoformat(), "body": "属地镇街（示例）"})
    if dice.chance(0.4):
        note = _note(project, len(notes) + 1, "coordination", day, "请资规、住建部门提前介入图纸审查")
        settled = (day + timedelta(days=45)).isoformat() if dice.chance(0.5) else None
        notes.append(note | {"body": "区二次开发专班（示例）", "settled_on": settled})
    return notes


def _note(project: Project, number: int, kind: str, day: date, text: str) -> dict[str, Any]:
    return {
        "project_code": project.code, "note_no": number, "kind": kind, "noted_on": day.isoformat(), "text": text,
        "recorded_by": _BODY,
    }  # fmt: skip


def attachment_records(projects: list[Project]) -> list[dict[str, Any]]:
    """Return the records of the pictures in `attachments/`, each placed where its project's first plot is."""
    chosen = [project for project in projects if project.stage in {"P06", "P07"}]
    return [
        _attachment(project, path) for project, path in zip(chosen, sorted(_PICTURES.iterdir()), strict=False)
    ]


def _attachment(project: Project, path: Path) -> dict[str, Any]:
    point = project.plots[0].geometry.representative_point()
    content = path.read_bytes()
    return {
        "project_code": project.code, "sha256": hashlib.sha256(content).hexdigest(), "file_name": f"示意图_{path.name}",
        "caption": "示意图片，不是照片", "stage": project.stage, "media_type": "image/png", "size_bytes": len(content),
        "added_on": DATA_DAY.isoformat(), "recorded_by": _BODY,
        "geometry": shapely.Point(round(point.x, DECIMALS), round(point.y, DECIMALS)),
    }  # fmt: skip
