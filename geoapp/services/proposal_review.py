"""What a reviewer sees of a proposal: each field as it was, as it is now and as proposed, and what is in the way."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from geoapp.domain.layer import Layer
from geoapp.domain.proposal import Proposal, ProposedChange, ProposedForm
from geoapp.errors import ConflictError, FormError, InputError
from geoapp.services.edit_conflict import WITHHELD_ZH
from geoapp.services.form_comparison import SEEN, seen_text
from geoapp.services.proposal_changes import (
    GEOMETRY,
    Trial,
    field_as_text,
    fields_now,
    proposed_changes,
    try_form,
    version_names,
)
from geoapp.services.proposal_kinds import KINDS
from geoapp.services.record_card import UNKNOWN, field_text, record_address
from geoapp.services.record_form import read_value
from geoapp.services.record_key import find_key
from geoapp.services.workspace import Workspace
from geoapp.store.store_for_proposals import Versions

THEIRS, PROPOSED = "theirs", "proposed"
_CHANGED = "，报送之后有改动"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    """One field of one record."""

    register_zh: str
    key: str
    address: str
    name: str
    label: str
    before: str
    """In words, when it was sent."""
    now: str
    after: str
    is_overtaken: bool
    """Somebody changed it since, to something else than was proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What accepting a proposal would come to now."""

    lines: tuple[ReviewLine, ...]
    problem: str = ""
    """Why it cannot be accepted as things are, in Chinese."""
    findings: tuple[str, ...] = ()
    token: str = ""
    """The versions it was looked at, sent back with the decision."""
    is_by_field: bool = False
    """Whether single fields may be left as they are now."""

    @property
    def overtaken(self) -> tuple[ReviewLine, ...]:
        """Fields that somebody changed since."""
        return tuple(line for line in self.lines if line.is_overtaken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a reviewer says in accepting."""

    token: str
    """See `Review.token`."""
    chosen: Mapping[str, str] = field(default_factory=dict)
    """By overtaken field: THEIRS or PROPOSED."""
    agrees: bool = False
    """Accepts what was sent although something changed since; where fields cannot be chosen singly."""
    reason: str = ""


def review_of(workspace: Workspace, proposal: Proposal) -> Review:
    """Return what accepting a proposal would come to; for one that is decided, what it was.

    Parameters
    ----------
    workspace : Workspace
        Whole, not as somebody sees it.
    proposal : Proposal
    """
    form = proposal.form
    by_field = KINDS[form.kind].is_by_field
    if not proposal.is_open:
        lines = tuple(_line(workspace, form, change, change.before) for change in form.changes)
        return Review(lines=lines, is_by_field=by_field)
    try:
        trial = try_form(workspace, form, _texts_now(workspace, form))
    except InputError as error:
        return Review(lines=_lines(workspace, form, {}), problem=str(error), is_by_field=by_field)
    return Review(
        lines=_lines(workspace, form, version_names(trial.versions)) + _lines_since(workspace, form, trial),
        findings=trial.findings, token=_token(proposal, trial), is_by_field=by_field,
        problem="" if trial.records else "台账里已经是这样了，没有要改的。",
    )  # fmt: skip


def decided(
    workspace: Workspace, proposal: Proposal, decision: Decision
) -> tuple[ProposedForm, dict[str, str], Versions]:
    """Return the form, the texts and the versions with which a decision is to be carried out.

    Raises
    ------
    ConflictError
        A record changed since the reviewer looked.
    FormError
        It is not said whose version of a field holds.
    InputError
        The form's service refuses it.
    """
    form = proposal.form
    trial = try_form(workspace, form, _texts_now(workspace, form))
    if _token(proposal, trial) != decision.token:
        raise ConflictError(
            "您打开之后记录又被别人改过，或填报员又报了一次，没有采纳。请看过下面现在的值再决定。"
        )
    overtaken = review_of(workspace, proposal).overtaken
    is_by_field = KINDS[form.kind].is_by_field
    open_ = [line.label for line in overtaken if decision.chosen.get(line.name) not in (THEIRS, PROPOSED)]
    if is_by_field and open_:
        raise FormError({"choose": f"别人也改了{'、'.join(open_)}：请逐项选用哪一个，再采纳。"})
    if overtaken and not is_by_field and not decision.agrees:
        raise FormError({"agrees": "报送之后别人改过这条记录：请核对现在的值，仍要采纳的勾选“已核对”。"})
    left = {name for name, whose in decision.chosen.items() if whose == THEIRS and is_by_field}
    texts = {name: text for name, text in _texts_now(workspace, form).items() if name not in left}
    taken = replace(form, shape="") if GEOMETRY in left else form
    return taken, texts, trial.versions


def _texts_now(workspace: Workspace, form: ProposedForm) -> dict[str, str]:
    """Return the texts against the version that holds now: what others changed meanwhile is shown to the reviewer."""
    shown = KINDS[form.kind].shown
    if shown is not None:
        return {**form.texts, SEEN: seen_text(shown(workspace, form))}
    based = KINDS[form.kind].based
    return {**form.texts, **(based(workspace, form) if based is not None else {})}


def _token(proposal: Proposal, trial: Trial) -> str:
    seen = [len(proposal.events), version_names(trial.versions)]
    return json.dumps(seen, sort_keys=True, ensure_ascii=False)


def _lines(workspace: Workspace, form: ProposedForm, versions: Mapping[str, int]) -> tuple[ReviewLine, ...]:
    """Return what was sent against what is now; *versions* are those that the form would change now."""
    return tuple(
        _line(workspace, form, change, _text_now(workspace, form, change, versions))
        for change in form.changes
    )


def _record_name(change: ProposedChange) -> str:
    """Return the name of a change's record as `version_names` has it."""
    return f"{change.register}/{change.key}"


def _text_now(
    workspace: Workspace, form: ProposedForm, change: ProposedChange, versions: Mapping[str, int]
) -> str:
    """Return a field as it is now; of a record that is to be removed whether it changed since it was sent."""
    name, layer = _record_name(change), workspace.layer(change.register)
    sent, present = form.versions.get(name, 0), versions.get(name, 0)
    if not change.name:
        return _CHANGED if present not in (0, sent) else ""
    if not sent and not present:
        return change.before
    fields = fields_now(workspace, change.register, find_key(workspace, layer, change.key))
    return "" if fields is None else field_as_text(layer, change.name, fields.get(change.name))


def _lines_since(workspace: Workspace, form: ProposedForm, trial: Trial) -> tuple[ReviewLine, ...]:
    """Return what the form would change only now: when it was sent that was as proposed, others changed it since."""
    known = {(change.register, change.key, change.name) for change in form.changes}
    made = {
        (change.register, change.name)
        for change in form.changes
        if not form.versions.get(_record_name(change))
    }
    versions = version_names(trial.versions)
    return tuple(
        _line(workspace, form, replace(change, before=change.after), change.before)
        for change in proposed_changes(workspace, trial)
        if (change.register, change.key, change.name) not in known
        and (
            versions[_record_name(change)] or (change.register, change.name) not in made
        )  # else only renumbered
    )


def _line(workspace: Workspace, form: ProposedForm, change: ProposedChange, now: str) -> ReviewLine:
    layer = workspace.layer(change.register)
    is_new = form.versions.get(_record_name(change)) == 0
    words = [_words(layer, change.name, text) for text in (change.before, now, change.after)]
    return ReviewLine(
        register_zh=layer.zh,
        key=change.key,
        address="" if is_new else record_address(change.register, change.key),
        name=change.name,
        label=_label(layer, change.name),
        before=words[0] if change.name else "在册",
        now=words[1] if change.name else f"在册{now}",
        after=words[2] if change.name else "移除",
        is_overtaken=change.register not in KINDS[form.kind].follows
        and now not in (change.before, change.after),
    )


def _label(layer: Layer, name: str) -> str:
    if not name:
        return "整条记录"
    return "图形" if name == GEOMETRY else layer.field(name).zh


def _words(layer: Layer, name: str, text: str) -> str:
    if not text or not name:
        return UNKNOWN
    if name == GEOMETRY:
        return "见图"
    of = layer.field(name)
    return WITHHELD_ZH if of.is_restricted else field_text(of, read_value(of, text, {}))
