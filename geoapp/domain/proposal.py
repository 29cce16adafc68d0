"""Proposals (报送): what a town reporter asks to have changed, and what has been done about it, step by step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from geoapp.errors import ConflictError


class ProposalState(StrEnum):
    """Where a proposal stands."""

    WAITING = "waiting"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


class ProposalAct(StrEnum):
    """One thing that somebody did about a proposal."""

    SENT = "sent"
    SENT_AGAIN = "sent_again"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


PROPOSAL_STATE_LABELS = {
    ProposalState.WAITING: "待审核", ProposalState.RETURNED: "已退回", ProposalState.ACCEPTED: "已采纳",
    ProposalState.WITHDRAWN: "已撤回",
}  # fmt: skip
PROPOSAL_ACT_LABELS = {
    ProposalAct.SENT: "报送", ProposalAct.SENT_AGAIN: "再报", ProposalAct.RETURNED: "退回",
    ProposalAct.ACCEPTED: "采纳", ProposalAct.WITHDRAWN: "撤回",
}  # fmt: skip
_LEADS_TO = {
    ProposalAct.SENT: ProposalState.WAITING, ProposalAct.SENT_AGAIN: ProposalState.WAITING,
    ProposalAct.RETURNED: ProposalState.RETURNED, ProposalAct.ACCEPTED: ProposalState.ACCEPTED,
    ProposalAct.WITHDRAWN: ProposalState.WITHDRAWN,
}  # fmt: skip
_OPEN = frozenset({ProposalState.WAITING, ProposalState.RETURNED})
_POSSIBLE_IN = {
    ProposalAct.SENT: frozenset[ProposalState](), ProposalAct.SENT_AGAIN: _OPEN, ProposalAct.WITHDRAWN: _OPEN,
    ProposalAct.RETURNED: frozenset({ProposalState.WAITING}), ProposalAct.ACCEPTED: frozenset({ProposalState.WAITING}),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedChange:
    """One field of one record: what it was when the proposal was sent and what it shall be, as texts of a form."""

    register: str
    key: str
    """As it stands in an address; of a record that is only made then, as it would have been."""
    name: str
    """Of the field; "geometry" for a shape, whose texts are WKB in hexadecimal digits."""
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedFile:
    """One file that was sent with a form, to be attached to its project."""

    sha256: str
    file_name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedForm:
    """What was sent: the form as an editor would have sent it, and what it comes to."""

    kind: str
    """Which form, see `services.proposal_kinds`."""
    register: str
    key: str
    """Of the record that the form is about, as it stands in an address; empty where it makes one."""
    texts: Mapping[str, str]
    """By the form's names."""
    shape: str = ""
    """Drawn with it: WKB in hexadecimal digits."""
    snaps: bool = True
    changes: tuple[ProposedChange, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    """By register and key of each record it changes: the revision of the version it is based on, 0 for a new one."""
    files: tuple[ProposedFile, ...] = ()

    @property
    def record_key(self) -> str:
        """The key of the record that it is about; of a settled note its project's."""
        return self.key.rpartition("/")[0] if self.kind == "settle" else self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalEvent:
    """One step of a proposal; events are only ever added."""

    proposal_no: int
    act: ProposalAct
    made_at: datetime
    """UTC."""
    user_name: str
    """The account that did it."""
    author: str
    """How it is named: 张三（zhangsan）."""
    town_code: str
    reason: str = ""
    document_no: str = ""
    revision: int = 0
    """That an acceptance made."""
    form: ProposedForm | None = None
    """Of what was sent."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal with all that was done about it, oldest first."""

    events: tuple[ProposalEvent, ...]

    @property
    def number(self) -> int:
        """Its number."""
        return self.events[0].proposal_no

    @property
    def state(self) -> ProposalState:
        """Where it stands."""
        return _LEADS_TO[self.events[-1].act]

    @property
    def is_open(self) -> bool:
        """Whether something may still be done about it."""
        return self.state in _OPEN

    @property
    def town_code(self) -> str:
        """The town whose reporter sent it."""
        return self.events[0].town_code

    @property
    def user_name(self) -> str:
        """The account that sent it first."""
        return self.events[0].user_name

    @property
    def sent(self) -> ProposalEvent:
        """The newest sending."""
        return next(event for event in reversed(self.events) if event.form is not None)

    @property
    def form(self) -> ProposedForm:
        """What was sent last."""
        form = self.sent.form
        assert form is not None  # noqa: S101 - `sent` has one
        return form

    @property
    def last(self) -> ProposalEvent:
        """What was done last."""
        return self.events[-1]


def proposals_of(events: Iterable[ProposalEvent]) -> dict[int, Proposal]:
    """Return the proposals that events tell of, by number."""
    found: dict[int, tuple[ProposalEvent, ...]] = {}
    for event in events:
        found[event.proposal_no] = (*found.get(event.proposal_no, ()), event)
    return {number: Proposal(own) for number, own in found.items()}


def refuse_repeated(proposals: Iterable[Proposal], form: ProposedForm | None) -> None:
    """Raise ConflictError where the same form waits already."""
    for one in proposals:
        if one.state is ProposalState.WAITING and one.form == form:
            raise ConflictError(f"同样的内容已经报送（第 {one.number} 号，待审核），不用再报。")


def refuse_act(proposal: Proposal | None, act: ProposalAct) -> None:
    """Raise ConflictError unless something may be done about a proposal (None: not sent yet) as it stands."""
    if proposal is None:
        if act is not ProposalAct.SENT:
            raise ConflictError("没有这号报送。请刷新再看。")
        return
    if proposal.state not in _POSSIBLE_IN[act]:
        stands = (
            f"第 {proposal.number} 号报送{PROPOSAL_STATE_LABELS[proposal.state]}（{proposal.last.author}）"
        )
        raise ConflictError(f"{stands}，不能再{PROPOSAL_ACT_LABELS[act]}。请刷新再看。")
