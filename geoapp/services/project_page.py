"""Everything that the page of one project shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geoapp.domain.frame import plain_records
from geoapp.domain.project import Stage, next_stages
from geoapp.domain.record_rows import RecordRows, find_values
from geoapp.domain.revision import Revision
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.fields import register_fields
from geoapp.services.held_records import held_records, rows_of
from geoapp.services.plot_facts import facts_holding
from geoapp.services.plot_location import CONTROL_ZONE, LINE_POSITION
from geoapp.services.project_facts import project_rows, usual_days
from geoapp.services.project_map import ProjectMap, project_map
from geoapp.services.project_stages import (
    ATTACHMENTS,
    EVIDENCE_FIELDS,
    NOTES,
    PROJECTS,
    STAGES_REGISTER,
    stage_rules,
    stage_words,
    stages_of,
)
from geoapp.services.record_card import field_text
from geoapp.services.records import record_columns
from geoapp.services.revitalisation_land import project_plot_areas
from geoapp.services.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLine:
    """One stage of a project's course."""

    code: str
    zh: str
    planned_on: Any
    actual_on: Any
    days_late: int | None
    """Actual, or today, against the plan; None without a plan."""
    papers: tuple[str, ...]
    usual_days: float
    is_here: bool
    is_behind: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotShare:
    """A plot that a project takes in, wholly or in part."""

    plot_code: str
    name: str
    area_m2: float
    site_area_m2: float
    far: float
    """As it is now."""
    is_known: bool
    place: str = ""
    """In words the control zone with the largest share of it, and on which side of the control lines it lies."""

    @property
    def share(self) -> float:
        """How much of the plot; NaN where an area is not known."""
        return self.area_m2 / self.site_area_m2 if self.site_area_m2 > 0 else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """One project as of a day."""

    project: dict[str, Any]
    """The register's fields and `project_facts`, None where unknown."""
    stages: tuple[StageLine, ...]
    next_stages: tuple[str, ...]
    plots: tuple[PlotShare, ...]
    map: ProjectMap
    notes: tuple[dict[str, Any], ...]
    """Newest first."""
    attachments: tuple[dict[str, Any], ...]
    history: tuple[Revision, ...]
    evidence: dict[str, tuple[str, ...]]
    """In words the papers that each stage needs."""
    documents: dict[str, str]
    """What the document of each stage is called that has a name of its own."""


def project_page(workspace: Workspace, state: AsOf, project_code: str) -> ProjectPage:
    """Return what the page of a project shows.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    project_code : str

    Raises
    ------
    NotFoundError
        No such project.
    """
    rows = project_rows(workspace, state)
    if project_code not in rows.index:
        raise NotFoundError(f"没有项目“{project_code[:64]}”。请核对项目编号。")
    project = plain_records(rows.loc[[project_code]])[0]
    stages = stages_of(workspace, project_code, state.revision)
    rules, words = stage_rules(workspace, state), stage_words(workspace)
    course = rules.course(project["mode"])
    plots = _plots(workspace, state, project_code)
    attachments = _rows(workspace, ATTACHMENTS, state, project_code)
    return ProjectPage(
        project=project,
        stages=_lines(workspace, state, project, stages, course),
        next_stages=tuple(next_stages(project["stage"], stages, course)),
        plots=plots,
        map=project_map(workspace, state, project_code, [plot.plot_code for plot in plots]),
        notes=tuple(reversed(_rows(workspace, NOTES, state, project_code))),
        attachments=tuple(attachments),
        history=_history(workspace, state, project_code),
        evidence={
            stage: tuple(words.field_of(stage, name) for name in names)
            for stage, names in rules.evidence.items()
        },
        documents=dict(words.documents),
    )


def _rows(workspace: Workspace, register: str, state: AsOf, project_code: str) -> list[dict[str, Any]]:
    held = held_records(workspace, register, state.revision)
    names = [str(name) for name in held.frame.columns if name != "geometry"]
    return find_values(held, "project_code", project_code, names)


def _lines(
    workspace: Workspace,
    state: AsOf,
    project: dict[str, Any],
    stages: dict[str, Stage],
    course: Sequence[str],
) -> tuple[StageLine, ...]:
    words = workspace.layer(PROJECTS).field("stage").code_labels
    medians = usual_days(workspace, state)["median_days"]
    here = project["stage"]
    codes = [code for code in words if code in course or code in stages or code == here]
    return tuple(
        StageLine(
            code=code,
            zh=words[code],
            planned_on=stage.planned_on,
            actual_on=stage.actual_on,
            days_late=_days_late(stage, state, is_open=here not in ("PX", "P12") and code > (here or "")),
            papers=_papers(workspace, stage),
            usual_days=float(medians.get(code, np.nan)),
            is_here=code == here,
            is_behind=stage.actual_on is not None,
        )
        for code in codes
        for stage in (stages.get(code, Stage(code=code)),)
    )


def _days_late(stage: Stage, state: AsOf, *, is_open: bool) -> int | None:
    if stage.planned_on is None:
        return None
    if stage.actual_on is not None:
        return (stage.actual_on - stage.planned_on).days
    late = (state.day - stage.planned_on).days
    return late if is_open and late > 0 else None


def _papers(workspace: Workspace, stage: Stage) -> tuple[str, ...]:
    layer, words = workspace.layer(STAGES_REGISTER), stage_words(workspace)
    known = [(layer.field(name), stage.evidence.get(name)) for name in EVIDENCE_FIELDS]
    return tuple(
        f"{words.field_of(stage.code, field.name)} {field_text(field, value)}"
        for field, value in known
        if value is not None
    )


def _plots(workspace: Workspace, state: AsOf, project_code: str) -> tuple[PlotShare, ...]:
    members = held_records(workspace, "project_plots", state.revision)
    own = members.frame.iloc[members.find("project_code", project_code)]
    codes = own["plot_code"].tolist()
    facts = facts_holding(workspace, *codes, revision=state.revision, day=state.day)
    held = rows_of(workspace, "plot_facts", facts)
    areas = project_plot_areas(own, facts["site_area_m2"])["area_m2"].tolist()
    places = _places(workspace, state, codes)
    return tuple(
        replace(_plot_share(held, code, area, row), place=places.get(code, ""))
        for code, area, row in zip(codes, areas, facts.index.get_indexer(codes).tolist(), strict=True)
    )


def _places(workspace: Workspace, state: AsOf, codes: Sequence[str]) -> dict[str, str]:
    """Return where plots lie, in words, by code; those that are not in the register are left out."""
    held = held_records(workspace, "plots", state.revision)
    rows = [row for code in codes for row in held.find("plot_code", code).tolist()]
    names = (CONTROL_ZONE, LINE_POSITION)
    fields = register_fields(workspace, "plots")
    found = record_columns(workspace, "plots", ["plot_code", *names], state, np.array(rows, dtype=np.int64))
    return {
        record["plot_code"]: "，".join(
            fields[name].codes.get(record[name], record[name]) for name in names if record[name]
        )
        for record in plain_records(found)
    }


def _plot_share(held: RecordRows, code: str, area_m2: float, row: int) -> PlotShare:
    known = held.values(row, ("name", "site_area_m2", "far")) if row >= 0 else {}

    def number(name: str) -> float:
        value = known.get(name)
        return np.nan if value is None else float(value)

    return PlotShare(
        plot_code=code, name=known.get("name") or code, area_m2=area_m2, site_area_m2=number("site_area_m2"),
        far=number("far"), is_known=row >= 0,
    )  # fmt: skip


def _history(workspace: Workspace, state: AsOf, project_code: str) -> tuple[Revision, ...]:
    """Return the revisions that touched the project, its stages, plots, news or attachments, newest first."""
    numbers: set[int] = set()
    for register in (PROJECTS, STAGES_REGISTER, NOTES, ATTACHMENTS, "project_plots"):
        found = workspace.store.revisions_of(
            register, ["project_code"], 0, state.revision, of={"project_code": project_code}
        )
        numbers |= set(found["revision"].astype(int).tolist())
    return tuple(workspace.store.revisions_numbered(numbers))
