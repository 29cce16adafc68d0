"""The steps of an admission review."""

from dataclasses import replace
from datetime import date

import pytest

from geoapp.domain.admission import AdmissionMachine, ReviewStep
from geoapp.domain.remediation import StatusMachine, read_transitions

MACHINE = AdmissionMachine(
    steps=StatusMachine(
        transitions=read_transitions(["waiting>passed", "waiting>conditional", "refused>waiting"]),
        document_statuses=frozenset({"passed", "conditional"}),
        open_statuses=frozenset({"waiting"}),
    ),
    reason_statuses=frozenset({"conditional", "waiting"}),
)
STEP = ReviewStep(
    before="waiting", after="passed", since=date(2026, 3, 1), on=date(2026, 3, 9), has_document=True, has_reason=False
)  # fmt: skip
TODAY = date(2026, 3, 10)


def complaints(
    step: ReviewStep, violated: list[str] | None = None, unknown: list[str] | None = None
) -> list[str]:
    return MACHINE.complaints(step, today=TODAY, violated=violated or [], unknown=unknown or [])


def test_a_review_passes_where_everything_is_met() -> None:
    assert complaints(STEP) == []


def test_what_is_not_met_passes_on_conditions_only() -> None:
    assert complaints(STEP, ["AD3 投资"]) == ["还有不符合的（AD3 投资），只能附条件通过或不通过。"]
    on_conditions = replace(STEP, after="conditional", has_reason=True)
    assert complaints(on_conditions, ["AD3 投资"]) == []


def test_what_is_not_known_passes_with_a_reason() -> None:
    assert complaints(STEP, unknown=["AD5 税收"]) == ["还有资料不全的（AD5 税收），通过要写理由。"]
    assert complaints(replace(STEP, has_reason=True), unknown=["AD5 税收"]) == []


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        (replace(STEP, has_document=False), "这一步要有文号。"),
        (replace(STEP, after="conditional"), "这一步要写理由。"),
        (replace(STEP, before="refused", after="waiting"), "这一步要写理由。"),
        (replace(STEP, before="passed"), "这一步不能直接走。"),
        (replace(STEP, on=date(2026, 2, 28)), "日期 2026-02-28 早于现在状态的日期 2026-03-01。"),
        (replace(STEP, on=date(2026, 3, 11)), "日期 2026-03-11 还没有到。"),
    ],
)
def test_a_step_is_refused(step: ReviewStep, complaint: str) -> None:
    assert complaints(step) == [complaint]
