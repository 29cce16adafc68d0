"""The stages of projects as the registers have them, and the life cycle of a day's rule book."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoapp.analysis.project_clock import stage_dates
from geoapp.domain.change import positions_of
from geoapp.domain.frame import plain_values
from geoapp.domain.project import Stage, StageRules, StageWords
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import today
from geoapp.services.workspace import Workspace

PROJECTS, STAGES_REGISTER, NOTES, ATTACHMENTS = (
    "projects", "project_stages", "project_notes", "project_attachments",
)  # fmt: skip
REGISTERS = (PROJECTS, "project_plots", STAGES_REGISTER, NOTES)
"""What says where projects are."""
EVIDENCE_FIELDS = ("document_no", "regulatory_no", "gfa_m2", "far", "result", "reason", "note")
NUMBERS = (
    "project_phases", "project_stage_evidence", "project_left_out_stages", "project_due_soon_days", "project_red_days",
    "project_stalled_days", "project_expected_least_count",
)  # fmt: skip
"""Of the rule book."""


def stage_rules(workspace: Workspace, state: AsOf) -> StageRules:
    """Return the life cycle that the rule book has on a day."""
    policy = workspace.policy_at(state.revision)
    return StageRules(
        phases=policy.value("project_phases", state.day),
        evidence=policy.value("project_stage_evidence", state.day),
        left_out=policy.value("project_left_out_stages", state.day),
    )


def stage_words(workspace: Workspace) -> StageWords:
    """Return what stages, their fields and modes are called."""
    stages, projects = workspace.layer(STAGES_REGISTER), workspace.layer(PROJECTS)
    return StageWords(
        stages=projects.field("stage").code_labels,
        fields={field.name: field.zh for field in stages.fields},
        modes=projects.field("mode").code_labels,
        documents=workspace.policy.value("project_stage_documents", today()),
    )


def all_stage_dates(workspace: Workspace, revision: int) -> pd.DataFrame:
    """Return the days of all projects' stages at a revision; see `stage_dates`."""
    read = workspace.store.read
    key = ("stage_dates", *workspace.register_revisions((PROJECTS, STAGES_REGISTER), revision))
    return workspace.cache.get(
        key,
        lambda: stage_dates(read(STAGES_REGISTER, revision=revision), read(PROJECTS, revision=revision)),
    )


def project_record(workspace: Workspace, project_code: str, revision: int | None = None) -> dict[str, Any]:
    """Return a project as its register has it, missing values as they are in the frame.

    Raises
    ------
    NotFoundError
        No such project.
    """
    stored = workspace.store.read(PROJECTS, revision=revision)
    found = positions_of(stored, [(project_code,)], workspace.layer(PROJECTS))
    if not len(found):
        raise NotFoundError(f"没有项目“{project_code[:64]}”。请核对项目编号。")
    return {str(name): value for name, value in stored.iloc[int(found[0])].to_dict().items()}


def stage_records(workspace: Workspace, project_code: str, revision: int | None = None) -> pd.DataFrame:
    """Return the rows of a project in the register of stages."""
    stored = workspace.store.read(STAGES_REGISTER, revision=revision)
    return stored[(stored["project_code"] == project_code).to_numpy(bool)]


def stages_of(workspace: Workspace, project_code: str, revision: int | None = None) -> dict[str, Stage]:
    """Return what is recorded of a project's stages, by stage; days only the ledger has are among it."""
    number = workspace.store.revision() if revision is None else revision
    dates = all_stage_dates(workspace, number)
    rows = dates[(dates["project_code"] == project_code).to_numpy(bool)]
    papers = _papers(stage_records(workspace, project_code, number))
    return {
        stage: Stage(
            code=stage, planned_on=_day(planned), actual_on=_day(actual), evidence=papers.get(stage, {})
        )
        for stage, planned, actual in zip(rows["stage"], rows["planned_on"], rows["actual_on"], strict=True)
    }


def _papers(rows: pd.DataFrame) -> Mapping[str, Mapping[str, Any]]:
    columns = {name: plain_values(rows[name]) for name in EVIDENCE_FIELDS}
    papers = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return dict(zip(rows["stage"], papers, strict=True))


def _day(value: Any) -> Any:
    return None if pd.isna(value) else value.date()
