"""CQL2-Text to its syntax tree, within bounds: what is too long, too deep or misspelt is said where it is."""

import re
from typing import Any

import cql2

from geoapp.errors import UsageError

LONGEST = 20_000
DEEPEST = 60
"""Brackets, operators and words that may be open at one place."""
MOST_JOINED = 1_000
"""ANDs and ORs. The parser recurses: with these bounds it needs less than 1 MB of the stack."""
_PIECE = re.compile(
    r"""'(?:[^']|'')*'   # text
    | "(?:[^"]|"")*"     # field
    | [\d.][\w.]*        # number
    | \w[\w.:]*          # word
    | \S""",
    re.VERBOSE,
)
_PLACE = re.compile(r"--> (\d+):(\d+)")
_OPENING, _CLOSING = ("(", "["), (")", "]")
_JOINING = ("AND", "OR")
_FRAGMENT = 12


def syntax_tree(text: str) -> Any:
    """Return a filter's tree as CQL2-JSON.

    Parameters
    ----------
    text : str
        CQL2-Text, not empty.

    Raises
    ------
    UsageError
        Longer than 20,000 characters, nested too deep, or not CQL2-Text; says where.

    Examples
    --------
    >>> syntax_tree("far < 1")
    {'op': '<', 'args': [{'property': 'far'}, 1.0]}
    """
    if len(text) > LONGEST:
        raise UsageError(
            f"筛选条件有 {len(text)} 个字符，最多 {LONGEST} 个。请减少条件，或把所画的范围画得简单些。"
        )
    _refuse_deep(text)
    try:
        return cql2.parse_text(text).to_json()
    except cql2.ParseError as error:
        raise UsageError(_complaint(text, str(error))) from None


def _refuse_deep(text: str) -> None:
    """Refuse what would nest deep. The parser recurses on its stack, and where that ends so does the process."""
    open_counts = [0]
    joined_count = 0
    has_operand = False
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece in _OPENING:
            open_counts.append(1)
            has_operand = False
        elif piece in _CLOSING:
            open_counts = open_counts[:-1] or [0]
            has_operand = True
        elif piece == "," or (has_operand and piece.upper() in _JOINING):
            joined_count += piece != ","
            open_counts[-1] = min(1, len(open_counts) - 1)  # the bracket itself stays open
            has_operand = False
        else:
            open_counts[-1] += not _is_plain(piece)
            has_operand = _is_plain(piece) or (
                piece[0].isalpha() and not (has_operand or piece.upper() == "NOT")
            )
        place = match.start() + 1
        if joined_count > MOST_JOINED:
            raise UsageError(
                f"筛选条件用 AND、OR 连了太多条件（第 {place} 个字符处超过 {MOST_JOINED} 个）。请改用 IN。"
            )
        if sum(open_counts) > DEEPEST:
            raise UsageError(f"筛选条件在第 {place} 个字符处嵌套太深。请减少括号、NOT 和连着的运算。")


def _is_plain(piece: str) -> bool:
    """Return whether a piece is a number, a text or a quoted field."""
    return piece[0].isdigit() or piece[0] in "'\"" or (len(piece) > 1 and piece[0] == ".")


def _complaint(text: str, message: str) -> str:
    place = _PLACE.search(message)
    if place is None:
        return (
            f"筛选条件“{text[: 2 * _FRAGMENT]}”里有不能用的图形。请用 POLYGON、MULTIPOLYGON、BBOX 或 POINT。"
        )
    line, column = int(place[1]), int(place[2])
    at = sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1
    rest = text[at : at + _FRAGMENT].strip()
    if not rest:
        return f"筛选条件没有写完（第 {at + 1} 个字符之后还缺内容）。请补上字段、数值或右括号。"
    return f"筛选条件第 {at + 1} 个字符“{rest}”处写法不对。请检查引号、括号和运算符，如 far < 1 AND name LIKE '%厂%'。"
