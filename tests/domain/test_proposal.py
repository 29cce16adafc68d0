"""What may be done about a proposal as it stands."""

from datetime import UTC, datetime

import pytest

from geoapp.domain.proposal import (
    Proposal,
    ProposalAct,
    ProposalEvent,
    ProposalState,
    ProposedForm,
    proposals_of,
    refuse_act,
    refuse_repeated,
)
from geoapp.errors import ConflictError

FORM = ProposedForm(kind="note", register="projects", key="X1", texts={"text": "一"})
AGAIN = ProposedForm(kind="note", register="projects", key="X1", texts={"text": "二"})


def event(act: ProposalAct, number: int = 1, form: ProposedForm | None = None) -> ProposalEvent:
    return ProposalEvent(
        proposal_no=number, act=act, made_at=datetime(2026, 3, 1, tzinfo=UTC), user_name="li", author="李四（li）",
        town_code="330205103", form=form,
    )  # fmt: skip


def proposal(*acts: ProposalAct) -> Proposal:
    sendings = {ProposalAct.SENT: FORM, ProposalAct.SENT_AGAIN: AGAIN}
    return Proposal(tuple(event(act, form=sendings.get(act)) for act in acts))


SENT, AGAIN_SENT = ProposalAct.SENT, ProposalAct.SENT_AGAIN
RETURNED, ACCEPTED, WITHDRAWN = ProposalAct.RETURNED, ProposalAct.ACCEPTED, ProposalAct.WITHDRAWN


@pytest.mark.parametrize(
    ("acts", "state", "possible"),
    [
        ((SENT,), "waiting", {AGAIN_SENT, RETURNED, ACCEPTED, WITHDRAWN}),
        ((SENT, RETURNED), "returned", {AGAIN_SENT, WITHDRAWN}),
        ((SENT, RETURNED, AGAIN_SENT), "waiting", {AGAIN_SENT, RETURNED, ACCEPTED, WITHDRAWN}),
        ((SENT, ACCEPTED), "accepted", set()),
        ((SENT, WITHDRAWN), "withdrawn", set()),
    ],
)
def test_each_state_has_its_acts(
    acts: tuple[ProposalAct, ...], state: str, possible: set[ProposalAct]
) -> None:
    found = proposal(*acts)
    assert found.state == state
    assert found.is_open == bool(possible)
    for act in ProposalAct:
        if act in possible:
            refuse_act(found, act)
        else:
            with pytest.raises(ConflictError, match="第 1 号报送"):
                refuse_act(found, act)


def test_only_sending_begins_one() -> None:
    refuse_act(None, SENT)
    with pytest.raises(ConflictError, match="没有这号报送"):
        refuse_act(None, ACCEPTED)


def test_the_newest_sending_is_what_counts() -> None:
    found = proposal(SENT, RETURNED, AGAIN_SENT, ACCEPTED)
    assert (found.form, found.sent.act, found.last.act) == (AGAIN, AGAIN_SENT, ACCEPTED)
    assert (found.number, found.user_name, found.town_code) == (1, "li", "330205103")


def test_events_are_put_together_by_number() -> None:
    found = proposals_of([event(SENT, 1, FORM), event(SENT, 2, AGAIN), event(RETURNED, 1)])
    assert {number: one.state for number, one in found.items()} == {
        1: ProposalState.RETURNED,
        2: ProposalState.WAITING,
    }


def test_a_form_that_waits_is_not_sent_twice() -> None:
    waiting = Proposal((event(ProposalAct.SENT, form=FORM),))
    returned = Proposal((event(ProposalAct.SENT, 2, AGAIN), event(ProposalAct.RETURNED, 2)))
    refuse_repeated([waiting, returned], AGAIN)
    with pytest.raises(ConflictError, match="第 1 号"):
        refuse_repeated([waiting, returned], FORM)


def test_a_settled_note_is_about_its_project() -> None:
    settled = ProposedForm(kind="settle", register="projects", key="X/1/2", texts={})
    assert (settled.record_key, FORM.record_key) == ("X/1", "X1")
