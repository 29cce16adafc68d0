"""Records in a fingerprint: what stands in a column of a file, whichever form the file has, as one short digest."""

import math
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from geoapp.domain.fingerprint import FigureRow, short_digest

_SPACE = re.compile(r"\s+")
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})", re.ASCII)
_DECIMAL = re.compile(r"-?\d+(\.\d+([eE][+-]?\d+)?|[eE][+-]?\d+)", re.ASCII)
_SHORT = 17
"""Characters of a number that has not more digits than the 16 a workbook keeps."""


def column_row(heading: str, cells: Iterable[Any]) -> FigureRow:
    """Return what a fingerprint takes of a column: its heading, the digest of its cells in order, how many are known.

    Parameters
    ----------
    heading : str
    cells : iterable
        Text, number, boolean or day; None and NaN are unknown.
    """
    values = list(cells)
    known = {
        value: cell_text(value) for value in set(values)
    }  # most columns of a large register repeat themselves
    texts = [known[value] for value in values]
    return f"{heading} {short_digest(chr(10).join(texts))}", [float(len(texts) - texts.count(""))]


def cell_text(value: Any) -> str:
    r"""Return a cell as every form of file gives it back; empty where it is unknown.

    A text that looks like a number is taken for one, as CSV cannot tell them apart; one with leading zeros, or with
    more digits than a workbook keeps, is a code.

    Examples
    --------
    >>> cell_text(2.50), cell_text("2.5"), cell_text("007"), cell_text(None), cell_text(" 甲\r\n乙 ")
    ('2.5', '2.5', '007', '', '甲 乙')
    >>> cell_text(True), cell_text(date(2026, 3, 1))
    ('1.0', '2026-03-01')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, date):
        return value.isoformat()[:10]
    number = float(value)
    return "" if math.isnan(number) else _of_number(number)


def _of_text(text: str) -> str:
    text = _SPACE.sub(" ", text).strip().lstrip("'")
    is_number = _WHOLE.fullmatch(text) or _DECIMAL.fullmatch(text)
    return _of_number(float(text)) if is_number else text


def _of_number(number: float) -> str:
    text = repr(number + 0.0)
    return text if len(text) <= _SHORT else repr(float(f"{number:.16G}"))
