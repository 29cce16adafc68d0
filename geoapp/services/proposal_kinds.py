"""The forms that town reporters may send: each is run by the very service that stores it for an editor."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import shapely

from geoapp.analysis.project_clock import LEDGER_DATES
from geoapp.domain.change import Key, RecordVersion
from geoapp.domain.proposal import ProposedChange, ProposedForm
from geoapp.errors import NotFoundError, UsageError
from geoapp.services.edits import create_record, edit_record, editable_layer, withdraw_record
from geoapp.services.form_comparison import SEEN
from geoapp.services.project_stages import PROJECTS
from geoapp.services.project_steps import add_note, advance_project, plan_project, plan_texts, settle_note
from geoapp.services.proposal_plots import run_merge, run_split, versions_now
from geoapp.services.record_form import SIGNATURE_FIELDS
from geoapp.services.record_key import KEY_SEPARATOR, find_key, find_record
from geoapp.services.remediation_lists import REGISTER as LIST_ENTRIES
from geoapp.services.remediation_steps import move_on, plan_treatment, treatment_texts
from geoapp.services.workspace import Workspace

NOT_PROPOSED = frozenset({"towns"})
"""Registers that are nobody's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalKind:
    """One form."""

    zh: str
    run: Callable[[Workspace, ProposedForm, Mapping[str, str]], Any]
    """(installation, what was sent, its texts) -> what the service returns, None where nothing differs."""
    is_by_field: bool = False
    """Its texts are fields of the record, and those that are left out stay: single ones may be taken or left."""
    follows: frozenset[str] = frozenset()
    """Registers that only repeat what the form says: that they changed meanwhile is in nobody's way."""
    shown: Callable[[Workspace, ProposedForm], Mapping[str, str]] | None = None
    """What the form would show now, where it says field by field what it showed; see `form_comparison`."""
    is_repeatable: bool = False
    """Sent again it is another one (a note), not a new version of the one that waits."""
    based: Callable[[Workspace, ProposedForm], Mapping[str, str]] | None = None
    """Which versions of the records hold now, as the form says on which it is based."""
    carries: bool = False
    """Records of other registers that name those of the form go with them: they are nobody's to propose."""


def _shape(form: ProposedForm) -> shapely.Geometry | None:
    return shapely.from_wkb(form.shape) if form.shape else None


def _edit(workspace: Workspace, form: ProposedForm, texts: Mapping[str, str]) -> Any:
    return edit_record(workspace, form.register, form.key, texts, shape=_shape(form), snaps=form.snaps)


def _seen_now(workspace: Workspace, form: ProposedForm) -> Mapping[str, str]:
    _, held = find_record(workspace, workspace.layer(form.register), form.key)
    return {"seen": str(held.from_revision)}


def _create(workspace: Workspace, form: ProposedForm, texts: Mapping[str, str]) -> Any:
    return create_record(workspace, form.register, texts, shape=_shape(form), snaps=form.snaps)


def _settle(workspace: Workspace, form: ProposedForm, texts: Mapping[str, str]) -> Any:
    project_code, _, number = form.key.rpartition(KEY_SEPARATOR)
    return settle_note(workspace, project_code, int(number), texts)


def _entry_key(workspace: Workspace, form: ProposedForm) -> Any:
    return find_key(workspace, workspace.layer(LIST_ENTRIES), form.key)


KINDS: Mapping[str, ProposalKind] = {
    "record": ProposalKind(zh="修改", run=_edit, is_by_field=True, based=_seen_now),
    "new": ProposalKind(zh="新增", run=_create, is_repeatable=True),
    "removal": ProposalKind(
        zh="移除",
        run=lambda workspace, form, texts: withdraw_record(workspace, form.register, form.key, texts),
        based=_seen_now,
    ),
    "split": ProposalKind(zh="分割", run=run_split, based=_seen_now, carries=True),
    "merge": ProposalKind(zh="合并", run=run_merge, based=versions_now, carries=True),
    "stage": ProposalKind(
        zh="登记阶段", run=lambda workspace, form, texts: advance_project(workspace, form.key, texts)
    ),
    "plan": ProposalKind(
        zh="调整计划",
        run=lambda workspace, form, texts: plan_project(workspace, form.key, texts),
        shown=lambda workspace, form: plan_texts(workspace, form.key),
    ),
    "note": ProposalKind(
        zh="写进展",
        run=lambda workspace, form, texts: add_note(workspace, form.key, texts),
        follows=frozenset({PROJECTS}),
        is_repeatable=True,
    ),
    "settle": ProposalKind(zh="办结事项", run=_settle),
    "status": ProposalKind(
        zh="推进清单",
        run=lambda workspace, form, texts: move_on(workspace, _entry_key(workspace, form), texts),
    ),
    "treatment": ProposalKind(
        zh="整治安排",
        run=lambda workspace, form, texts: plan_treatment(workspace, _entry_key(workspace, form), texts),
        shown=lambda workspace, form: treatment_texts(workspace, _entry_key(workspace, form)),
        is_by_field=True,
    ),
}
_OF_PROJECTS = ("stage", "plan", "note", "settle")
_OF_LISTS = ("status", "treatment")
_SIGNED = ("record", "new", "removal", "split", "merge")


def register_of(kind: str, register: str = "") -> str:
    """Return the register whose record a form is about; raises UsageError for a form that there is not."""
    if kind not in KINDS:
        raise UsageError(f"没有这种报送“{kind[:20]}”；可用：{'、'.join(KINDS)}。")
    if kind in _OF_PROJECTS:
        return PROJECTS
    return LIST_ENTRIES if kind in _OF_LISTS else register


def target_record(workspace: Workspace, form: ProposedForm) -> tuple[Key, RecordVersion]:
    """Return the record that a form is about, and its key; raises NotFoundError or GoneError where there is none."""
    if form.kind in _SIGNED:
        editable_layer(workspace, form.register)
    if form.kind == "settle" and not form.key.rpartition(KEY_SEPARATOR)[2].isdecimal():
        raise NotFoundError("没有这条事项。请回到项目页刷新。")
    return find_record(workspace, workspace.layer(form.register), form.record_key)


def signed_texts(kind: str, texts: Mapping[str, str], author: str) -> dict[str, str]:
    """Return a form's texts as sent by somebody, whoever the form says it is by."""
    return {**texts, ("edited_by" if kind in _SIGNED else "user"): author}


def reason_of(kind: str, texts: Mapping[str, str]) -> tuple[str, str]:
    """Return why a form was sent and on what paper."""
    names = SIGNATURE_FIELDS[1:] if kind in _SIGNED else ("reason", "document_no")
    reason, document_no = (texts.get(name, "").strip() for name in names)
    return texts.get("proposal_reason", "").strip() or reason, document_no


def kept_texts(kind: str, texts: Mapping[str, str], changes: Iterable[ProposedChange]) -> dict[str, str]:
    """Return the texts without fields that are not to change: what others change meanwhile is left to them."""
    if kind == "plan":
        moved = _plan_texts(changes)
        return {
            name: text
            for name, text in texts.items()
            if name in moved or not (name.startswith("plan_") or name == SEEN)
        }
    if not KINDS[kind].is_by_field:
        return dict(texts)
    kept = {*SIGNATURE_FIELDS, "accept"} if kind in _SIGNED else {"user"}
    kept |= {change.name for change in changes}
    return {name: text for name, text in texts.items() if name in kept}


def _plan_texts(changes: Iterable[ProposedChange]) -> set[str]:
    """Return the names of a plan's texts whose stages it moves: in their own register or only in the ledger."""
    ledger = {f"{name}_plan_on": stage for stage, name in LEDGER_DATES.items()}
    return {f"plan_{ledger.get(one.name) or one.key.rpartition(KEY_SEPARATOR)[2]}" for one in changes}
