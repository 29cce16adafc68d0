"""Which step of a remediation list may be taken."""

from datetime import date

import pytest

from geoapp.domain.remediation import StatusMachine, read_transitions

MACHINE = StatusMachine(
    transitions=read_transitions(["suspected>checking", "checking>recognised", "checking>removed"]),
    document_statuses=frozenset({"recognised"}),
    open_statuses=frozenset({"suspected", "checking"}),
)
STEP = {
    "before": "checking", "after": "recognised", "since": date(2026, 1, 1), "on": date(2026, 2, 1),
    "today": date(2026, 3, 1), "has_document": True,
}  # fmt: skip


def test_a_step_that_may_be_taken() -> None:
    assert MACHINE.complaints(**STEP) == []  # type: ignore[arg-type]
    assert MACHINE.complaints(**STEP | {"since": None}) == []  # type: ignore[arg-type]
    assert MACHINE.complaints(**STEP | {"on": date(2026, 1, 1)}) == []  # type: ignore[arg-type]
    assert MACHINE.complaints(**STEP | {"after": "removed", "has_document": False}) == []  # type: ignore[arg-type]
    assert MACHINE.next_of("checking", ["recognised", "suspected", "removed"]) == ["recognised", "removed"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"before": "suspected"}, "不能直接走"),
        ({"on": date(2025, 12, 31)}, "早于现在状态的日期 2026-01-01"),
        ({"on": date(2026, 3, 2)}, "2026-03-02 还没有到"),
        ({"has_document": False}, "要有文号"),
    ],
)
def test_a_step_that_may_not(changed: dict, words: str) -> None:
    (complaint,) = MACHINE.complaints(**STEP | changed)
    assert words in complaint
