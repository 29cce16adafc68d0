"""What officials do to a project: move it on, plan its stages, write down what is new."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from geoapp.analysis.project_clock import LEDGER_DATES
from geoapp.domain.change import RegisterChange, positions_of
from geoapp.domain.frame import conform
from geoapp.domain.project import FILED, STAGES, STOPPED, Stage, advance, plan_complaints, stage_before
from geoapp.domain.revision import Revision
from geoapp.errors import ConflictError, InputError
from geoapp.services.as_of import as_of
from geoapp.services.form_comparison import moved_texts
from geoapp.services.plot_facts import today
from geoapp.services.project_stages import (
    EVIDENCE_FIELDS,
    NOTES,
    PROJECTS,
    STAGES_REGISTER,
    project_record,
    stage_rules,
    stage_words,
    stages_of,
)
from geoapp.services.record_form import read_fields, read_value
from geoapp.services.workspace import Workspace
from geoapp.services.write_step import read_reason, read_user, refuse_unseen, write_step

NOTE_FIELDS = ("kind", "noted_on", "text", "body", "planned_on", "settled_on")
LEDGER_NOTES = {"progress": "progress", "problem": "problem", "coordination": "coordination"}
"""Field of the ledger of projects that the newest note of a kind is written to."""
Form = Mapping[str, str]


def advance_project(workspace: Workspace, project_code: str, form: Form) -> Revision:
    """Move a project on to a stage, or correct the record of one that is done; one revision.

    Parameters
    ----------
    workspace : Workspace
    project_code : str
    form : mapping
        As typed: stage, actual_on (YYYY-MM-DD), the papers (EVIDENCE_FIELDS), user, and seen: the stage for which the
        form was made.

    Raises
    ------
    NotFoundError
        No such project.
    ConflictError
        Somebody else moved it on meanwhile, or did just the same.
    InputError
        The form does not say for which stage it was made, the step may not be taken, or something is missing or too
        long: says all of it.
    """
    project = project_record(workspace, project_code)
    present = _known(project["stage"])
    _refuse_stale(workspace, form, present)
    user, complaints = _user(form)
    values = _typed(workspace, STAGES_REGISTER, ("actual_on", *EVIDENCE_FIELDS), form, complaints)
    _refuse(complaints)
    code, on = form.get("stage", "").strip(), values.pop("actual_on")
    step = advance(
        present, stages_of(workspace, project_code), Stage(code=code, actual_on=on, evidence=values),
        mode=_known(project["mode"]), rules=stage_rules(workspace, as_of(workspace)), words=stage_words(workspace),
        today=today(),
    )  # fmt: skip
    changed = {"stage": step.stage, "updated_on": pd.Timestamp(today())} | _ledger_days(step.record)
    changes = {
        STAGES_REGISTER: _change(workspace, STAGES_REGISTER, [_row(project_code, step.record, user)]),
        PROJECTS: _change(workspace, PROJECTS, [{"project_code": project_code, **changed}]),
    }
    words = stage_words(workspace).stages
    reason = (
        f"更正“{words[code]}”"
        if step.is_correction
        else f"{words.get(present or '', '新项目')} → {words[code]}"
    )
    return write_step(
        workspace, changes, user, f"{reason}：{project_code}", str(values.get("document_no") or "")
    )


def withdraw_step(workspace: Workspace, project_code: str, form: Form) -> Revision:
    """Take back the step that led a project to where it is; its planned day stays, its day and papers go.

    Parameters
    ----------
    workspace : Workspace
    project_code : str
    form : mapping
        As typed: reason, user, and seen: the stage for which the form was made.

    Raises
    ------
    NotFoundError
        No such project.
    ConflictError
        Somebody else moved it meanwhile.
    InputError
        The form does not say for which stage it was made, it has no stage, or user or reason are missing or too long.
    """
    project = project_record(workspace, project_code)
    present = _known(project["stage"])
    _refuse_stale(workspace, form, present)
    user, complaints = _user(form)
    reason = read_reason(form, complaints, "撤回的原因")
    if present is None:
        complaints["stage"] = "项目还没有阶段，没有可撤回的。"
    _refuse(complaints)
    step = str(present)
    versions = workspace.store.history(PROJECTS, (project_code,))
    course = stage_rules(workspace, as_of(workspace)).course(_known(project["mode"]))
    earlier = [version.fields["stage"] for version in versions]
    stages = stages_of(workspace, project_code)
    is_stop_recorded = stages.get(STOPPED, Stage(code=STOPPED)).actual_on is not None
    before = stage_before(step, earlier, course, is_stop_recorded=is_stop_recorded)
    changed = {"stage": before, "updated_on": pd.Timestamp(today())}
    changes: dict[str, RegisterChange] = {}
    # A stage that was done before the stop was not registered by the step taken back: it keeps its day and papers.
    if before != STOPPED or step not in earlier[earlier.index(STOPPED) :]:
        record = stages.get(step, Stage(code=step))
        changed |= _ledger_without(project, record)
        changes[STAGES_REGISTER] = _without_step(workspace, project_code, record)
    changes[PROJECTS] = _change(workspace, PROJECTS, [{"project_code": project_code, **changed}])
    words = stage_words(workspace).stages
    said = f"撤回“{words[step]}”，回到“{words.get(before or '', '没有阶段')}”：{project_code}（{reason}）"
    return write_step(workspace, changes, user, said, "")


def _ledger_without(project: Mapping[str, Any], record: Stage) -> dict[str, Any]:
    """Return what the ledger of projects no longer repeats of a stage that is taken back."""
    if record.code == FILED and project["national_code"] == record.evidence.get("document_no"):
        return {"national_code": None}
    name = LEDGER_DATES.get(record.code)
    return {f"{name}_actual_on": None} if name else {}


def _without_step(workspace: Workspace, project_code: str, record: Stage) -> RegisterChange:
    key = (project_code, record.code)
    stored = workspace.store.read(STAGES_REGISTER)
    if record.planned_on is not None:
        emptied = dict.fromkeys(("actual_on", *EVIDENCE_FIELDS, "recorded_by"))
        own = {"project_code": project_code, "stage": record.code, "planned_on": _stamp(record.planned_on)}
        return _change(workspace, STAGES_REGISTER, [own | emptied])
    is_there = len(positions_of(stored, [key], workspace.layer(STAGES_REGISTER))) > 0
    return RegisterChange(removed=[key] if is_there else [])


def plan_project(workspace: Workspace, project_code: str, form: Form) -> Revision | None:
    """Store the planned days of a project's stages; None where nothing differs.

    Parameters
    ----------
    workspace : Workspace
    project_code : str
    form : mapping
        As typed: plan_P00 to plan_P12 (YYYY-MM-DD, empty is no plan; one that is left out, or is as the form showed it,
        stays), reason, user, and seen: see `plan_texts` and `moved_texts`.

    Raises
    ------
    NotFoundError
        No such project.
    ConflictError
        Somebody else moved one of the days meanwhile.
    InputError
        The form does not say what it showed, a day cannot be read or is before the one of an earlier stage, or user or
        reason are missing.
    """
    project = project_record(workspace, project_code)
    user, complaints = _user(form)
    words, stages = stage_words(workspace), stages_of(workspace, project_code)
    reason = read_reason(form, complaints, "调整的理由")
    labels = {f"plan_{stage}": words.stages[stage] for stage in STAGES}
    moves = moved_texts(form, plan_texts(workspace, project_code), labels)
    planned = _planned(workspace, stages, moves, complaints)
    course = stage_rules(workspace, as_of(workspace)).course(_known(project["mode"]))
    complaints["order"] = "".join(plan_complaints(planned, course, words))
    _refuse(complaints)
    moved = [stage for code, stage in planned.items() if stage != stages.get(code, Stage(code=code))]
    if not moved:
        return None
    ledger = {
        f"{LEDGER_DATES[stage.code]}_plan_on": _stamp(stage.planned_on)
        for stage in moved
        if stage.code in LEDGER_DATES
    }
    changes = {
        STAGES_REGISTER: _change(
            workspace,
            STAGES_REGISTER,
            [
                {"project_code": project_code, "stage": stage.code, "planned_on": _stamp(stage.planned_on)}
                for stage in moved
            ],
        ),
        PROJECTS: _change(workspace, PROJECTS, [{"project_code": project_code, **ledger}]),
    }
    return write_step(workspace, changes, user, f"调整计划：{project_code}（{reason}）", "")


def plan_texts(workspace: Workspace, project_code: str) -> dict[str, str]:
    """Return what stands in the form of a project's planned days, by the form's names."""
    stages = stages_of(workspace, project_code)
    days = {stage: stages.get(stage, Stage(code=stage)).planned_on for stage in STAGES}
    return {f"plan_{stage}": day.isoformat() if day else "" for stage, day in days.items()}


def _planned(
    workspace: Workspace, stages: Mapping[str, Stage], form: Form, complaints: dict[str, str]
) -> dict[str, Stage]:
    """Return the stages with the planned days of a form; those that it does not name as they are."""
    field, words = workspace.layer(STAGES_REGISTER).field("planned_on"), stage_words(workspace)
    planned = dict(stages)
    for stage in STAGES:
        name = f"plan_{stage}"
        if name in form:
            day = read_value(replace(field, name=name, zh=words.stages[stage]), form[name], complaints)
            planned[stage] = replace(stages.get(stage, Stage(code=stage)), planned_on=day)
    return planned


def add_note(workspace: Workspace, project_code: str, form: Form) -> Revision:
    """Write down what is new about a project; the ledger's line of its kind follows in the same revision.

    Parameters
    ----------
    workspace : Workspace
    project_code : str
    form : mapping
        NOTE_FIELDS and user as typed.

    Raises
    ------
    NotFoundError
        No such project.
    ConflictError
        Just the same is written down already: the form was sent twice.
    InputError
        A value is missing or cannot be read.
    """
    project_record(workspace, project_code)
    user, complaints = _user(form)
    values = _typed(workspace, NOTES, NOTE_FIELDS, form, complaints)
    noted_on, settled_on = values["noted_on"], values["settled_on"]
    if noted_on and noted_on > today():
        complaints["noted_on"] = f"日期 {noted_on.isoformat()} 还没有到。"
    if noted_on and settled_on and settled_on < noted_on:
        complaints["settled_on"] = f"完成日期 {settled_on.isoformat()} 早于日期 {noted_on.isoformat()}。"
    _refuse(complaints)
    _refuse_repeated(workspace, project_code, values)
    number = _next_note(workspace, project_code)
    row = {"project_code": project_code, "note_no": number, "recorded_by": user, **values}
    ledger: dict[str, Any] = {"project_code": project_code, "updated_on": pd.Timestamp(today())}
    if values["kind"] in LEDGER_NOTES:
        ledger[LEDGER_NOTES[values["kind"]]] = values["text"]
    changes = {
        # Of two notes written at once the second is refused, not stored in the first one's place.
        NOTES: replace(_change(workspace, NOTES, [row]), seen={(project_code, number): 0}),
        PROJECTS: _change(workspace, PROJECTS, [ledger]),
    }
    kind = workspace.layer(NOTES).field("kind").code_labels[values["kind"]]
    return write_step(workspace, changes, user, f"{kind}：{project_code}", "")


def settle_note(workspace: Workspace, project_code: str, note_no: int, form: Form) -> Revision:
    """Write down that a problem is solved, a matter coordinated or a milestone reached.

    Parameters
    ----------
    workspace : Workspace
    project_code : str
    note_no : int
    form : mapping
        settled_on and user as typed.

    Raises
    ------
    InputError
        There is no such note, it is settled already, or a value is missing.
    """
    stored = workspace.store.read(NOTES)
    found = stored[((stored["project_code"] == project_code) & (stored["note_no"] == note_no)).to_numpy(bool)]
    if found.empty:
        raise InputError(f"项目“{project_code[:64]}”没有第 {note_no} 条事项。请刷新再看。")
    if found["settled_on"].notna().any():
        raise ConflictError(f"第 {note_no} 条事项已经办结。请刷新再看。")
    user, complaints = _user(form)
    field = workspace.layer(NOTES).field("settled_on")
    day = read_value(field, form.get("settled_on", ""), complaints, is_needed=True)
    noted_on = found["noted_on"].iloc[0].date()
    if day and not noted_on <= day <= today():
        complaints["settled_on"] = f"完成日期 {day.isoformat()} 应在 {noted_on.isoformat()} 到今天之间。"
    _refuse(complaints)
    row = {**{str(name): value for name, value in found.iloc[0].items()}, "settled_on": _stamp(day)}
    change = _change(workspace, NOTES, [row])
    return write_step(workspace, {NOTES: change}, user, f"办结第 {note_no} 条事项：{project_code}", "")


def _refuse_repeated(workspace: Workspace, project_code: str, values: Mapping[str, Any]) -> None:
    stored = workspace.store.read(NOTES)
    wanted = {"project_code": project_code, "noted_on": _stamp(values["noted_on"])}
    wanted |= {name: values[name] for name in ("kind", "text")}
    same = stored[
        np.logical_and.reduce([(stored[name] == value).to_numpy(bool) for name, value in wanted.items()])
    ]
    if len(same):
        number, by = same["note_no"].iloc[0], _known(same["recorded_by"].iloc[0]) or "经办未填"
        raise ConflictError(f"同样的内容已经写过（第 {number} 条，{by}），不用再写。")


def _next_note(workspace: Workspace, project_code: str) -> int:
    stored = workspace.store.read(NOTES)
    own = stored.loc[(stored["project_code"] == project_code).to_numpy(bool), "note_no"]
    return int(own.max()) + 1 if len(own) else 1


def _refuse_stale(workspace: Workspace, form: Form, present: str | None) -> None:
    words = stage_words(workspace).stages
    if refuse_unseen(form, ["", *words, present or ""]) != (present or ""):
        raise ConflictError(
            f"这个项目已由别人改为“{words.get(present or '', '没有阶段')}”。请看过现在的阶段再登记。"
        )


def _ledger_days(record: Stage) -> dict[str, Any]:
    """Return what the ledger of projects repeats of a stage."""
    if record.code == FILED and record.evidence.get("document_no"):
        return {"national_code": record.evidence["document_no"]}
    name = LEDGER_DATES.get(record.code)
    return {f"{name}_actual_on": _stamp(record.actual_on)} if name else {}


def _row(project_code: str, stage: Stage, user: str) -> dict[str, Any]:
    return {
        "project_code": project_code, "stage": stage.code, "planned_on": _stamp(stage.planned_on),
        "actual_on": _stamp(stage.actual_on), **stage.evidence, "recorded_by": user,
    }  # fmt: skip


def _change(workspace: Workspace, register: str, rows: Sequence[Mapping[str, Any]]) -> RegisterChange:
    """Return rows to store; a field that they do not have is left as it is, geometry too."""
    layer = workspace.layer(register)
    names = [field.name for field in layer.fields if any(field.name in row for row in rows)]
    return RegisterChange(upserts=conform(pd.DataFrame([dict(row) for row in rows])[names], layer)[names])


def _typed(
    workspace: Workspace, register: str, names: Sequence[str], form: Form, complaints: dict[str, str]
) -> dict[str, Any]:
    """Return the typed values of some fields of a register, None where nothing is typed."""
    return read_fields(workspace.layer(register), {name: form.get(name, "") for name in names}, complaints)


def _user(form: Form) -> tuple[str, dict[str, str]]:
    complaints: dict[str, str] = {}
    return read_user(form, complaints), complaints


def _refuse(complaints: Mapping[str, str]) -> None:
    words = "".join(complaints.values())
    if words:
        raise InputError(f"没有登记：{words}请改好再提交。")


def _known(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


def _stamp(day: date | None) -> pd.Timestamp | None:
    return None if day is None else pd.Timestamp(day)
