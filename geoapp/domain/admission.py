"""Admission to the second market: which outcome of the review may follow which, and what each needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from geoapp.domain.remediation import StatusMachine

WAITING, PASSED, CONDITIONAL, REFUSED = "waiting", "passed", "conditional", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewStep:
    """An outcome that somebody enters."""

    before: str
    after: str
    since: date | None
    """Day of the outcome before."""
    on: date
    has_document: bool
    has_reason: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionMachine:
    """The steps of one day's rule book."""

    steps: StatusMachine
    reason_statuses: frozenset[str]
    """Outcomes that need a reason."""

    def complaints(
        self, step: ReviewStep, *, today: date, violated: Sequence[str], unknown: Sequence[str]
    ) -> list[str]:
        """Return in Chinese what is wrong with a step; empty where it may be taken.

        Parameters
        ----------
        step : ReviewStep
        today : date
        violated, unknown : sequence of str
            The rules of admission that are not met, and those that lack facts, in words.
        """
        found = self.steps.complaints(
            before=step.before, after=step.after, since=step.since, on=step.on, today=today,
            has_document=step.has_document,
        )  # fmt: skip
        if step.after in self.reason_statuses and not step.has_reason:
            found.append("这一步要写理由。")
        if step.after == PASSED and violated:
            found.append(f"还有不符合的（{'、'.join(violated)}），只能附条件通过或不通过。")
        elif step.after == PASSED and unknown and not step.has_reason:
            found.append(f"还有资料不全的（{'、'.join(unknown)}），通过要写理由。")
        return found
