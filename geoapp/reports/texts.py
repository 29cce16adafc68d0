"""Texts as files want them: names without special characters, cells that no spreadsheet runs."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

_FORMULA_START = re.compile(r"[=+\-@\t\r]")
_UNSAFE_IN_NAME = re.compile(r"[^\w.\-]+")


def guarded(text: str) -> str:
    """Return text that a spreadsheet does not run as a formula.

    Examples
    --------
    >>> guarded("=1+1"), guarded("甲厂")
    ("'=1+1", '甲厂')
    """
    return f"'{text}" if _FORMULA_START.match(text) else text


def safe_name(text: str) -> str:
    """Return text as part of a file's name.

    Examples
    --------
    >>> safe_name("镇街/园区: 甲")
    '镇街_园区_甲'
    """
    return _UNSAFE_IN_NAME.sub("_", text)


def safe_name_ascii(text: str) -> str:
    """Return the same in plain letters, empty where there are none.

    Examples
    --------
    >>> safe_name_ascii("control_line:KX1"), safe_name_ascii("镇街")
    ('control_line_KX1', '')
    """
    return safe_name(text.encode("ascii", "ignore").decode()).strip("_.")


def csv_bytes(rows: Iterable[Sequence[Any]]) -> bytes:
    r"""Return rows as CSV that spreadsheets read as UTF-8; text must be `guarded`.

    Examples
    --------
    >>> csv_bytes([["宗数", 3]]).decode("utf-8-sig")
    '宗数,3\r\n'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def page_footer(*, is_demo: bool, data_on: date) -> str:
    """Return the footer of a printed sheet as Excel codes it: mark, page, day of the data."""
    mark = "示意数据" if is_demo else "内部使用"
    return f"&L{mark}&C第 &P 页 共 &N 页&R数据截至 {data_on.isoformat()}"
