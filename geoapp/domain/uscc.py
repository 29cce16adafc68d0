"""统一社会信用代码 (GB 32100-2015): eighteen characters, the last one a check digit."""

import numpy as np
import pandas as pd

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Without I, O, S, V and Z; the place of a character is its value."""
_LENGTH = 18
_WEIGHTS = np.array([3**place % 31 for place in range(_LENGTH - 1)])


def check_digit(body: str) -> str:
    """Return the check digit of the first seventeen characters.

    Examples
    --------
    >>> check_digit("91350100M000100Y4")
    '3'
    """
    total = sum(ALPHABET.index(c) * int(weight) for c, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def is_uscc(codes: pd.Series) -> pd.Series:
    """Return which codes are well-formed and carry the right check digit; missing ones are not."""
    known = {code: _is_right(code) for code in codes.dropna().unique()}
    return codes.map(known).fillna(value=False).astype(bool)


def _is_right(code: str) -> bool:
    if len(code) != _LENGTH or not set(code) <= set(ALPHABET):
        return False
    return code[-1] == check_digit(code[:-1])
