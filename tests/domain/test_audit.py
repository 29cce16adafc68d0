"""What a file of the audit says of itself."""

from datetime import UTC, datetime

from geoapp.domain.audit import AuditRow, AuditTable

MOMENT = datetime(2026, 3, 1, 8, 30, 5, tzinfo=UTC)


def test_row_says_when_to_the_second() -> None:
    assert AuditRow(at=MOMENT, who="", what="", number=1).at_zh == "2026-03-01 08:30:05"


def test_file_says_whether_there_was_more() -> None:
    row = AuditRow(at=MOMENT, who="", what="", number=1)
    whole = AuditTable(title="审计", words="台账修改", rows=(row,), revision=3, link="ab", made_at=MOMENT)
    cut = AuditTable(
        title="审计", words="登录与用户", rows=(row,), revision=3, link="ab", made_at=MOMENT, is_of_people=True,
        is_cut=True,
    )  # fmt: skip
    assert whole.notes["是否完整"] == "完整"
    assert cut.notes["是否完整"] == "只有最近的 1 条，请按日期分段导出"
    assert (whole.notes["导出时间"], whole.notes["链"]) == ("2026-03-01 08:30:05 +0000", "ab")
    assert "台账" in whole.columns
    assert "来自" in cut.columns
