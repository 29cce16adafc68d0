"""Rows of the audit, ready to be read or written to a file."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Something that was done, in words."""

    at: datetime
    """By the machine's clock, with its zone."""
    who: str
    what: str
    """编辑, 导入, 登录, ..."""
    number: int
    """Of the revision or event."""
    register: str = ""
    record: str = ""
    """Its key, or the person it is about."""
    name: str = ""
    address: str = ""
    """Of the record's page."""
    before: str = ""
    after: str = ""
    reason: str = ""
    document_no: str = ""
    place: str = ""
    """From which machine."""

    @property
    def at_zh(self) -> str:
        """Return when, to the second: 2026-03-01 08:30:00."""
        return self.at.strftime("%Y-%m-%d %H:%M:%S")


RECORD_COLUMNS = {
    "时间": "at_zh", "经办": "who", "方式": "what", "修订": "number", "台账": "register", "编号": "record",
    "名称": "name", "改前": "before", "改后": "after", "原因": "reason", "依据文号": "document_no",
}  # fmt: skip
PEOPLE_COLUMNS = {
    "时间": "at_zh", "谁": "who", "事件": "what", "序号": "number", "关于": "record", "改前": "before",
    "改后": "after", "说明": "reason", "来自": "place",
}  # fmt: skip
"""Headings of files, and the attributes of `AuditRow` below them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTable:
    """The audit as a file has it."""

    title: str
    words: str
    """What was asked for."""
    rows: tuple[AuditRow, ...]
    revision: int
    link: str
    """Digest of the newest revision's link: with it the file is a witness to the whole history."""
    made_at: datetime
    is_of_people: bool = False
    is_cut: bool = False
    """Whether there were more rows than a file takes."""

    @property
    def columns(self) -> dict[str, str]:
        """Return headings and attributes."""
        return PEOPLE_COLUMNS if self.is_of_people else RECORD_COLUMNS

    @property
    def notes(self) -> dict[str, str]:
        """Return what must be printed beside the rows."""
        cut = f"只有最近的 {len(self.rows)} 条，请按日期分段导出" if self.is_cut else "完整"
        return {
            "范围": self.words, "条数": str(len(self.rows)), "是否完整": cut,
            "导出时间": self.made_at.strftime("%Y-%m-%d %H:%M:%S %z"), "最新修订": str(self.revision),
            "链": self.link, "附注": "链是最新修订的链环；geoapp verify --chain 核对整条链。受限字段只记是否改过。",
        }  # fmt: skip
