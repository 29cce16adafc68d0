"""The four remediation lists: which status may follow which, and what a step needs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

PLOT, ENTERPRISE = "plot", "enterprise"
PLOT_LIST = "L4"
"""The list whose status plots carry themselves (low_efficiency_status)."""
SUSPECTED = "suspected"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMachine:
    """The steps of one day's rule book."""

    transitions: frozenset[tuple[str, str]]
    document_statuses: frozenset[str]
    """Statuses that need a document number."""
    open_statuses: frozenset[str]
    """Not brought to an end; these roll over into the next year."""

    def next_of(self, status: str, order: Sequence[str]) -> list[str]:
        """Return the statuses that may follow, in the order given."""
        return [other for other in order if (status, other) in self.transitions]

    def complaints(
        self, *, before: str, after: str, since: date | None, on: date, today: date, has_document: bool
    ) -> list[str]:
        """Return in Chinese what is wrong with a step; empty where it may be taken.

        Parameters
        ----------
        before, after : str
            Statuses.
        since, on : date
            Days of the status before and after.
        today : date
        has_document : bool
        """
        found = []
        if (before, after) not in self.transitions:
            found.append("这一步不能直接走。")
        if since is not None and on < since:
            found.append(f"日期 {on.isoformat()} 早于现在状态的日期 {since.isoformat()}。")
        if on > today:
            found.append(f"日期 {on.isoformat()} 还没有到。")
        if after in self.document_statuses and not has_document:
            found.append("这一步要有文号。")
        return found


def read_transitions(pairs: Collection[str]) -> frozenset[tuple[str, str]]:
    """Return steps as pairs.

    Examples
    --------
    >>> sorted(read_transitions(["suspected>checking", "checking>removed"]))
    [('checking', 'removed'), ('suspected', 'checking')]
    """
    steps = (pair.partition(">") for pair in pairs)
    return frozenset((before.strip(), after.strip()) for before, _, after in steps)
