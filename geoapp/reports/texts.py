"""Texts as files want them: names without special characters, cells that no spreadsheet runs."""

import re

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
