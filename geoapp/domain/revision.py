"""A revision: one accepted change of the registers, with who, when and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RevisionKind(StrEnum):
    """What made the change."""

    IMPORT = "import"
    EDIT = "edit"
    REVERT = "revert"


REVISION_KIND_LABELS = {RevisionKind.IMPORT: "导入", RevisionKind.EDIT: "编辑", RevisionKind.REVERT: "撤回"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One entry of the history; rows point at it with from_rev and to_rev."""

    number: int
    kind: RevisionKind
    made_at: datetime
    """UTC."""
    user: str
    reason: str = ""
    document_no: str = ""
    registers: tuple[str, ...] = ()
    """Registers it touched."""
    summary: str = ""
    """Such as "新增 12，修改 3，移除 0"."""
