"""Findings about rows of a file: values, never exceptions, listed all at once."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How a finding bears on an import."""

    ERROR = "error"
    """The import cannot be accepted before it is put right (or its fix is chosen)."""
    WARNING = "warning"
    """It can be accepted; somebody should look."""
    NOTE = "note"
    """What was done or detected, for the record."""


SEVERITY_LABELS = {Severity.ERROR: "错误", Severity.WARNING: "警告", Severity.NOTE: "说明"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One finding: where, what, the value, and what to do about it."""

    code: str
    """Stable kebab-case id, e.g. "duplicate-key"."""
    severity: Severity
    message: str
    """What is wrong, in Chinese, a whole sentence."""
    advice: str = ""
    """What to do, in Chinese."""
    row: int | None = None
    """Row as the user sees it in the file, counted from 1 (a spreadsheet's own number; a feature's position)."""
    key: str | None = None
    """The record's key, where it has one."""
    field: str | None = None
    """The field's label or the file's own header."""
    value: str | None = None
    fix: str | None = None
    """Id of a one-click fix that would put it right."""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain values for JSON."""
        return {**asdict(self), "severity": str(self.severity)}


def has_errors(issues: list[Issue]) -> bool:
    """Return whether any finding stands in the way of accepting."""
    return any(issue.severity is Severity.ERROR for issue in issues)
