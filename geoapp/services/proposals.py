"""Proposals: town reporters send forms, reviewers accept them as one revision or return them with a reason."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import shapely

from geoapp.domain.change import key_label
from geoapp.domain.proposal import (
    Proposal,
    ProposalAct,
    ProposalEvent,
    ProposalState,
    ProposedFile,
    ProposedForm,
    refuse_act,
    refuse_repeated,
)
from geoapp.domain.revision import Revision
from geoapp.domain.sight import INTERNAL, Sight
from geoapp.errors import ConflictError, FormError, InputError, NotFoundError, RefusedError
from geoapp.services.place_names import place_names
from geoapp.services.project_attachments import Attachment
from geoapp.services.proposal_changes import TriedRecord, proposed_changes, try_form, version_names
from geoapp.services.proposal_files import (
    Upload,
    attached_files,
    checked_files,
    drop_files,
    keep_uploads,
    proposed_file,
)
from geoapp.services.proposal_kinds import (
    KINDS,
    NOT_PROPOSED,
    kept_texts,
    reason_of,
    register_of,
    signed_texts,
    target_record,
)
from geoapp.services.proposal_review import Decision, Review, decided, review_of
from geoapp.services.seen import is_own_record
from geoapp.services.workspace import Workspace
from geoapp.store.proposals import ProposalStore
from geoapp.store.revision_log import utc_now
from geoapp.store.store_for_proposals import DecidedStore

LONGEST_REASON = 500
_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposer:
    """Who does something about proposals."""

    user_name: str
    author: str
    """As revisions name the person."""
    town_code: str = ""
    """Of a reporter; empty for all others, who see every town's."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """All proposals of one installation; knows the whole of it, and tells of own towns only."""

    workspace: Workspace
    store: ProposalStore

    def listed(self, actor: Proposer) -> list[Proposal]:
        """Return the proposals that somebody may see, newest first: a reporter those of the own town."""
        found = [one for one in self.store.proposals().values() if self._is_visible(one, actor)]
        return sorted(found, key=lambda one: one.number, reverse=True)

    def count(self, actor: Proposer, *, may_review: bool) -> int:
        """Return how many wait for somebody: for a reviewer to be decided, for a reporter to be put right."""
        state = ProposalState.WAITING if may_review else ProposalState.RETURNED
        return sum(
            one.state is state and (may_review or one.user_name == actor.user_name)
            for one in self.store.proposals().values()
            if self._is_visible(one, actor)
        )

    def one(self, number: int, actor: Proposer) -> Proposal:
        """Return a proposal.

        Raises
        ------
        NotFoundError
            There is none of that number.
        RefusedError
            It is of another town than the reporter's.
        """
        found = self.store.proposals().get(number)
        if found is None:
            raise NotFoundError(f"没有第 {number} 号报送。请核对编号。")
        if not self._is_visible(found, actor):
            raise RefusedError(f"第 {number} 号报送是别的镇街的，您只能看本镇街的报送。")
        return found

    def _is_visible(self, proposal: Proposal, actor: Proposer) -> bool:
        return actor.town_code in ("", proposal.town_code)

    def refuse_foreign(self, actor: Proposer, kind: str, register: str = "", key: str = "") -> ProposedForm:
        """Return the empty form, or raise RefusedError where its record is not of the reporter's town."""
        form = ProposedForm(kind=kind, register=register_of(kind, register), key=key, texts={})
        if form.register in NOT_PROPOSED:
            raise RefusedError(f"“{self.workspace.layer(form.register).zh}”不由镇街报送。没有报送。")
        if kind != "new":
            own, held = target_record(self.workspace, form)
            self._refuse_others(actor, [TriedRecord(form.register, own, 0, held.fields, held.fields)])
        return form

    def _refuse_others(self, actor: Proposer, records: list[TriedRecord]) -> None:
        sight = Sight(INTERNAL, actor.town_code)
        for record in records:
            states = [fields for fields in (record.before, record.after) if fields is not None]
            if all(is_own_record(self.workspace, sight, fields) for fields in states):
                continue
            towns = place_names(self.workspace, "towns", self.workspace.store.revision())
            name = f"{self.workspace.layer(record.register).zh} {key_label(record.key)}"
            town = towns.get(actor.town_code, actor.town_code)
            raise RefusedError(f"您只能报送本镇街（{town}）的记录，“{name}”不在本镇街。没有报送。")

    def open_form(self, actor: Proposer, kind: str, register: str, key: str) -> Proposal | None:
        """Return what somebody sent of a form that is neither accepted nor withdrawn; the newest."""
        return next((one for one in self._own_open(actor, kind, register, key) if not one.form.shape), None)

    def _own_open(self, actor: Proposer, kind: str, register: str, key: str) -> list[Proposal]:
        wanted = (kind, register_of(kind, register), key)
        return [
            one
            for one in reversed(list(self.store.proposals().values()))
            if one.is_open
            and one.user_name == actor.user_name
            and (one.form.kind, one.form.register, one.form.key) == wanted
        ]

    def send(
        self,
        actor: Proposer,
        kind: str,
        texts: Mapping[str, str],
        *,
        register: str = "",
        key: str = "",
        shape: shapely.Geometry | None = None,
        snaps: bool = True,
        number: int = 0,
        uploads: Sequence[Upload] = (),
        kept: Collection[str] | None = None,
    ) -> Proposal:
        """Keep a form as a proposal, or as another version of one that is still open.

        Parameters
        ----------
        actor : Proposer
            A reporter.
        kind : str
            See `proposal_kinds.KINDS`.
        texts : mapping
            As typed.
        register, key : str
            Of the record the form is about.
        shape : geometry, optional
            Drawn with it, in degrees; left out where one is sent again, its shape stays.
        snaps : bool
            See `place_shape`.
        number : int
            Of the own proposal that is sent again; where it is 0, the open one of the same form, if there is one.
        uploads, kept
            See `checked_files`.

        Raises
        ------
        RefusedError
            A record is not of the reporter's town, or the proposal is somebody else's.
        ConflictError
            The same was sent already, or the proposal has been decided meanwhile.
        InputError
            Nothing would change, or all that the form's service refuses.
        """
        blank = self.refuse_foreign(actor, kind, register, key)
        wkb = "" if shape is None else str(shapely.to_wkb(shape, hex=True))
        earlier = self.one(number, actor).form if number else blank
        if not wkb and earlier.shape:
            # drawn on the map, sent again from the page, which asks nothing about the shape
            wkb, snaps = earlier.shape, earlier.snaps
            texts = {"accept": earlier.texts.get("accept", ""), **texts}
        typed = signed_texts(kind, texts, actor.author)
        form = self._tried(actor, replace(blank, shape=wkb, snaps=snaps), typed)
        earlier_files = self._earlier_files(actor, blank, number)
        form = replace(form, files=checked_files(self.workspace, blank, uploads, earlier_files, kept))
        event, before = self._sending(actor, form, typed, number)
        keep_uploads(self.workspace, uploads)
        stored = self.store.add(event, before)
        self._drop_files(earlier_files)
        keep_uploads(self.workspace, uploads)  # another one that had the same file may have gone meanwhile
        return self.one(stored.proposal_no, actor)

    def _tried(self, actor: Proposer, form: ProposedForm, typed: Mapping[str, str]) -> ProposedForm:
        """Return a form with what it would change, all of it the reporter's to propose; refuses one without effect."""
        tried = try_form(self.workspace, form, typed)
        carries = KINDS[form.kind].carries
        self._refuse_others(
            actor, [one for one in tried.records if not carries or one.register == form.register]
        )
        changes = proposed_changes(self.workspace, tried)
        if not changes:
            raise InputError("内容没有变化，没有报送。")
        texts = kept_texts(form.kind, typed, changes)
        return replace(form, changes=changes, versions=version_names(tried.versions), texts=texts)

    def _sending(
        self, actor: Proposer, form: ProposedForm, typed: Mapping[str, str], number: int
    ) -> tuple[ProposalEvent, Proposal | None]:
        """Return the sending of a form, and the proposal that it is another version of."""
        before = self._before(actor, form, number)
        reason, document_no = reason_of(form.kind, typed)
        act = ProposalAct.SENT if before is None else ProposalAct.SENT_AGAIN
        event = self._event(actor, before, act, _short(reason, "报送说明"))
        return replace(event, document_no=document_no, form=form), before

    def _earlier_files(self, actor: Proposer, form: ProposedForm, number: int) -> tuple[ProposedFile, ...]:
        """Return the files of the proposal that a form is another version of."""
        if number:
            return self.one(number, actor).form.files
        if KINDS[form.kind].is_repeatable:
            return ()
        found = self.open_form(actor, form.kind, form.register, form.key)
        return () if found is None else found.form.files

    def _drop_files(self, files: Iterable[ProposedFile]) -> None:
        drop_files(self.workspace, files, self.store.proposals().values())

    def file(self, number: int, actor: Proposer, digest: str) -> Attachment:
        """Return a file of an open proposal that somebody may see; raises NotFoundError or RefusedError."""
        return proposed_file(self.workspace, self.one(number, actor), digest)

    def _before(self, actor: Proposer, form: ProposedForm, number: int) -> Proposal | None:
        """Return the proposal that a form is another version of."""
        open_ = self._own_open(actor, form.kind, form.register, form.key)
        refuse_repeated(open_, form)
        if number:
            found = self.one(number, actor)
            refuse_act(found, ProposalAct.SENT_AGAIN)
            if found not in open_:
                raise RefusedError(f"第 {number} 号报送不是您报的，或报的不是这一项。没有报送。")
            return found
        alike = [one for one in open_ if bool(one.form.shape) == bool(form.shape)]
        return None if KINDS[form.kind].is_repeatable or not alike else alike[0]

    def withdraw(self, actor: Proposer, number: int, seen: str) -> Proposal:
        """Take back what one has sent oneself; raises RefusedError or ConflictError, see `_refuse_unseen`."""
        found = self.one(number, actor)
        if found.user_name != actor.user_name:
            raise RefusedError(f"第 {number} 号报送不是您报的，不能撤回。")
        refuse_act(found, ProposalAct.WITHDRAWN)
        _refuse_unseen(found, seen)
        self.store.add(self._event(actor, found, ProposalAct.WITHDRAWN, ""), found)
        self._drop_files(found.form.files)
        return self.one(number, actor)

    def give_back(self, actor: Proposer, number: int, reason: str, seen: str) -> Proposal:
        """Return a proposal to its reporter.

        Parameters
        ----------
        actor : Proposer
        number : int
        reason : str
        seen : str
            How many acts the proposal had when the reviewer looked, as the form has it.

        Raises
        ------
        FormError
            Without a reason.
        ConflictError
            It is decided, or was sent again since the reviewer looked.
        InputError
            The form does not say what was looked at.
        """
        found = self.one(number, actor)
        refuse_act(found, ProposalAct.RETURNED)
        _refuse_unseen(found, seen)
        event = self._event(actor, found, ProposalAct.RETURNED, _needed(reason, "退回的原因"))
        self.store.add(event, found)
        return self.one(number, actor)

    def review(self, number: int, actor: Proposer) -> Review:
        """Return what accepting a proposal would come to now."""
        return review_of(self.workspace, self.one(number, actor))

    def accept(self, actor: Proposer, number: int, decision: Decision) -> Revision:
        """Store what was proposed as one revision by the reviewer that names the reporter and the proposal.

        Raises
        ------
        ConflictError
            It has been decided, or a record changed since the reviewer looked at it.
        FormError
            Where both changed a field it is not said whose version holds.
        InputError
            Its service refuses it by now, or nothing is left to store.
        """
        found = self.one(number, actor)
        refuse_act(found, ProposalAct.ACCEPTED)
        form, texts, versions = decided(self.workspace, found, decision)
        event = self._event(actor, found, ProposalAct.ACCEPTED, _short(decision.reason, "说明"))
        store = DecidedStore(
            self.workspace.store,
            user=actor.author,
            words=f"采纳第 {number} 号报送（{found.sent.author}）：",
            versions=versions,
            also=self.store.along(event, found),
            more=attached_files(self.workspace, found),
        )
        KINDS[form.kind].run(self.workspace.with_store(store), form, texts)
        made = self.one(number, actor).last.revision
        if not made:
            raise InputError("台账里已经是这样了，没有要改的。请退回并说明。")
        self._drop_files(found.form.files)
        return self.workspace.store.revisions_numbered([made])[0]

    def _event(
        self, actor: Proposer, before: Proposal | None, act: ProposalAct, reason: str
    ) -> ProposalEvent:
        return ProposalEvent(
            proposal_no=0 if before is None else before.number, act=act, made_at=utc_now(),
            user_name=actor.user_name, author=_needed(actor.author, "经办"), town_code=actor.town_code,
            reason=reason,
        )  # fmt: skip


def _needed(text: str, words: str) -> str:
    text = text.strip()
    if not text:
        raise FormError({"reason": f"没有填{words}。"})
    return _short(text, words)


def _short(text: str, words: str) -> str:
    text = text.strip()
    if len(text) > LONGEST_REASON:
        raise FormError({"reason": f"{words}有 {len(text)} 个字，最多 {LONGEST_REASON} 个。请缩短。"})
    return text


def _refuse_unseen(proposal: Proposal, seen: str) -> None:
    """Raise InputError where a form does not say how many acts it was made for, ConflictError where there are more."""
    if not (seen.isascii() and seen.isdecimal()) or len(seen) > _DIGITS:
        raise InputError(
            "没有做：表单没有说明是看着哪一次报送提交的（seen），不是从现在的页面提交的。请看过下面再提交。"
        )
    if int(seen) != len(proposal.events):
        raise ConflictError("您打开之后填报员又报了一次，没有做。请看过下面现在的内容再决定。")


def open_proposals(workspace: Workspace) -> Proposals:
    """Return the proposals of an installation."""
    return Proposals(workspace, ProposalStore(workspace.store))
