"""How many alarms of each kind there are by town and by responsible body: each record is looked at once."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date

from geoapp.domain.project import LAST, STOPPED
from geoapp.verification.agreements import judged_items
from geoapp.verification.figure import Figure
from geoapp.verification.market_alarms import MICRO_PARK, TRANSACTION, Alarm, market_alarms, micro_park_alarms
from geoapp.verification.projects import due_stage, newest_news, stage_dates
from geoapp.verification.source import Row, Source

BY_TOWN, BY_BODY = "预警按镇街", "预警按责任单位"
"""The digest's tables of sums."""
NOBODY, ALL = "未注明", "合计"
OVERDUE, STALLED, TERM, AGREEMENT, MISSING = "项目逾期", "项目停滞", "土地到期", "履约未达", "数据缺失"
KINDS = (OVERDUE, STALLED, TERM, AGREEMENT, TRANSACTION, MICRO_PARK, MISSING)
_NEEDED = ("stage", "town_code", "responsible_body", "mode", "area_m2")


def alarm_figures(source: Source) -> dict[str, dict[str, Figure]]:
    """Return the counts by table|name of the row, and kind."""
    towns = {row["town_code"]: row["name"] for row in source.rows("towns")}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for alarm in _alarms(source):
        names = {BY_TOWN: towns.get(alarm.town_code, alarm.town_code), BY_BODY: alarm.body}
        for table, name in names.items():
            counts[f"{table}|{name or NOBODY}"].update((alarm.kind, ALL))
    return {
        row: {kind: Figure(float(found[kind])) for kind in (*KINDS, ALL)} for row, found in counts.items()
    }


def _alarms(source: Source) -> Iterator[Alarm]:
    projects = {row["project_code"]: row for row in source.rows("projects")}
    running = {code: row for code, row in projects.items() if row["stage"] not in (STOPPED, LAST)}
    yield from _of_projects(source, running)
    for note in source.rows("project_notes"):
        project = running.get(note["project_code"])
        if project and note["settled_on"] is None and _is_before(note["planned_on"], source.day):
            yield _alarm(OVERDUE, project, note["body"])
    ahead = source.number("land_term_alarm_days")
    for plot in source.rows("plots"):
        if plot["right_type"] == "allocated":
            continue
        if plot["term_end_on"] is not None and (source.day - plot["term_end_on"]).days >= -ahead:
            yield Alarm(TERM, plot["town_code"], None)
    for stage in source.rows("project_stages"):
        if stage["result"] == "breached" and stage["project_code"] in projects:
            yield _alarm(AGREEMENT, projects[stage["project_code"]])
    yield from _of_agreements(source)
    yield from market_alarms(source)
    yield from micro_park_alarms(source)


def _alarm(kind: str, record: Row, body: str | None = None) -> Alarm:
    return Alarm(kind, record["town_code"], body or record["responsible_body"])


def _is_before(day: date | None, other: date) -> bool:
    return day is not None and day < other


def _of_projects(source: Source, running: Mapping[str, Row]) -> Iterator[Alarm]:
    dates, news, papers = stage_dates(source), newest_news(source), _lacks_papers(source)
    placed = {row["project_code"] for row in source.rows("project_plots")}
    for code, project in running.items():
        due = due_stage(dates.get(code, {}), project["stage"], source.day)[1]
        heard = news.get(code)
        if _is_before(due, source.day):
            yield _alarm(OVERDUE, project)
        if heard is not None and (source.day - heard).days > source.number("project_stalled_days"):
            yield _alarm(STALLED, project)
        lacks = [project[name] is None for name in _NEEDED]
        lacks += [due is None, heard is None, code not in placed, code in papers]
        if any(lacks):
            yield _alarm(MISSING, project)


def _lacks_papers(source: Source) -> set[str]:
    """Return the projects with a stage done of which a paper is missing."""
    needed: Mapping[str, list[str]] = source.number("project_stage_evidence")
    return {
        row["project_code"]
        for row in source.rows("project_stages")
        if row["actual_on"] is not None and any(row[name] is None for name in needed.get(row["stage"], ()))
    }


def _of_agreements(source: Source) -> Iterator[Alarm]:
    """Yield what is missed and what nobody entered, of the newest year over of each item of agreements in force."""
    heads = {row["agreement_code"]: row for row in source.rows("agreements")}
    for item in judged_items(source):
        if item.is_unknown:
            yield _alarm(MISSING, heads[item.code])
        elif item.is_missed:
            yield _alarm(AGREEMENT, heads[item.code])
