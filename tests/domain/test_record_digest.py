"""Records in a fingerprint: the same cells in every form of file, and any other cell another digest."""

from datetime import date, datetime

import pytest

from geoapp.domain.record_digest import cell_text, column_row


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (2.5, "2.5"),
        (12, "12"),
        (12.0, 12),
        (1234.5678, "1234.5678"),
        (0.1 + 0.2, 0.3),  # 0.30000000000000004 has more digits than a workbook keeps
        (1e21, "1e+21"),
        (-0.0, 0),
        (True, 1.0),
        (date(2026, 3, 1), datetime(2026, 3, 1)),  # noqa: DTZ001 - as workbooks give days
        (date(2026, 3, 1), "2026-03-01"),
        ("=1+1", "'=1+1"),
        ("甲\r\n乙", "甲\n乙 "),
        (None, ""),
        (float("nan"), None),
    ],
)
def test_a_cell_is_the_same_in_every_form(written: object, read: object) -> None:
    assert cell_text(written) == cell_text(read)


@pytest.mark.parametrize(
    ("one", "other"),
    [("0601", "601"), ("913302051234567890", "913302051234567891"), ("甲", "乙"), (1.5, 1.25), (None, 0)],
)
def test_other_cells_differ(one: object, other: object) -> None:
    assert cell_text(one) != cell_text(other)


def test_a_column_says_its_heading_its_cells_in_order_and_how_many_are_known() -> None:
    name, numbers = column_row("容积率", [0.8, None, 1.5])
    assert name.startswith("容积率 ")
    assert numbers == [2.0]
    assert column_row("容积率", ["0.8", "", "1.5"]) == (name, numbers)
    assert column_row("容积率", ["1.5", "", "0.8"])[0] != name
    assert column_row("密度", ["0.8", "", "1.5"])[0] != name
    assert column_row("容积率", []) == (column_row("容积率", [])[0], [0.0])
