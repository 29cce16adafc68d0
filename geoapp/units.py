"""Units of area, exactly: square metres inside, 亩 and 公顷 only at the edge."""

from typing import TypeVar

from geoapp.errors import UsageError

M2_PER_MU = 10_000 / 15
"""One 亩 is a fifteenth of a hectare."""
M2_PER_HA = 10_000.0
M2_PER_FT2 = 0.3048**2
"""International foot, squared."""
M2_PER_USFT2 = (1200 / 3937) ** 2
"""US survey foot, squared."""

M2_PER_UNIT = {"m2": 1.0, "ft2": M2_PER_FT2, "usft2": M2_PER_USFT2, "ha": M2_PER_HA, "mu": M2_PER_MU}
AREA_UNIT_LABELS = {
    "m2": "平方米",
    "ha": "公顷",
    "mu": "亩",
    "ft2": "平方英尺",
    "usft2": "平方英尺(美制测量)",
}

SHOWN_UNITS = ("mu", "ha", "m2")
"""Units a reader may choose for land, in the order offered."""
DEFAULT_UNIT = "mu"
AREA_DECIMALS = {"mu": 2, "ha": 4, "m2": 2}
"""Decimals of land on pages, by unit: about a square metre in 亩 and 公顷."""
FILE_DECIMALS = {"mu": 4, "ha": 6, "m2": 2}
"""Decimals of land in files that people go on computing with: a hundredth of a square metre to a fifteenth."""
MINUS = "−"
"""The sign of what is less than nothing, for readers; files that are computed on with have the keyboard's."""
UNKNOWN = "—"
"""What stands for a number that is not known: never zero."""

LAST_BITS = 1 + 2**-50
"""So that a five at the end goes up: format() rounds it to the even digit, and one whose last bit is below, down, as
21 653.10 m2, which are 32.47965 亩, not 32.479649999999996."""

Number = TypeVar("Number")
"""A float, a numpy array or a pandas Series: whatever multiplies by a float."""


def limit_text(share: float) -> str:
    """Return a share that was laid down (0 to 1) as a percentage with as many decimals as it has.

    Examples
    --------
    >>> limit_text(0.3), limit_text(0.125), limit_text(0.29)
    ('30%', '12.5%', '29%')
    """
    return f"{round(share * 100, 9):g}%"


def to_m2(value: Number, unit: str) -> Number:
    """Return *value* given in *unit* (m2, ft2, usft2, ha, mu) in square metres.

    Raises
    ------
    UsageError
        The unit is not one of these.

    Examples
    --------
    >>> round(to_m2(45.0, "mu"), 6)
    30000.0
    """
    return value * _m2_per(unit)  # type: ignore[operator, return-value]


def from_m2(value_m2: Number, unit: str) -> Number:
    """Return square metres in *unit* (m2, ft2, usft2, ha, mu).

    Examples
    --------
    >>> from_m2(30_000.0, "ha")
    3.0
    """
    if unit == "mu":
        return m2_to_mu(value_m2)
    return value_m2 / _m2_per(unit)  # type: ignore[operator, return-value]


def m2_to_mu(value_m2: Number) -> Number:
    """Return square metres in 亩.

    Examples
    --------
    >>> m2_to_mu(20_000.0)
    30.0
    """
    return value_m2 * 15 / 10_000  # type: ignore[operator, return-value]


def shown_unit(text: str | None) -> str:
    """Return the unit for land that a reader asks for: mu, ha or m2; mu where nothing is said.

    Raises
    ------
    UsageError
        Another word.

    Examples
    --------
    >>> shown_unit("ha"), shown_unit(None)
    ('ha', 'mu')
    """
    if not text:
        return DEFAULT_UNIT
    if text not in SHOWN_UNITS:
        known = "、".join(f"{unit}（{AREA_UNIT_LABELS[unit]}）" for unit in SHOWN_UNITS)
        raise UsageError(f"面积单位“{text[:40]}”不认识；可用：{known}。")
    return text


def number_text(value: float, pattern: str) -> str:
    """Return a number by a format specification, a five at the end going up as in spreadsheets and in the browser.

    Examples
    --------
    >>> number_text(0.125, ".2f"), number_text(1.005, ".2f"), number_text(-2.5, ",.0f"), number_text(0.0625, ".1%")
    ('0.13', '1.01', '-3', '6.3%')
    """
    return format(value * LAST_BITS, pattern)


def area_text(value_m2: float | None, unit: str = DEFAULT_UNIT, *, is_change: bool = False) -> str:
    """Return square metres as a number in a unit, rounded last; a dash where unknown.

    Parameters
    ----------
    value_m2 : float or None
        NaN is unknown too.
    unit : {"mu", "ha", "m2"}
    is_change : bool
        Written with its sign, and without one where it rounds to nothing.

    Examples
    --------
    >>> area_text(30_000.0), area_text(30_000.0, "ha"), area_text(None)
    ('45.00', '3.0000', '—')
    >>> area_text(-666.0)
    '−1.00'
    >>> area_text(-666.0, is_change=True), area_text(-0.001, is_change=True)
    ('−1.00', '0.00')
    """
    if value_m2 is None or value_m2 != value_m2:  # NaN is not itself
        return UNKNOWN
    number = number_text(from_m2(float(value_m2), unit), f"z,.{AREA_DECIMALS[unit]}f").replace("-", MINUS)
    is_plain = not is_change or value_m2 < 0 or not number.strip("0.,")
    return number if is_plain else f"+{number}"


def area_words(value_m2: float | None, unit: str = DEFAULT_UNIT) -> str:
    """Return square metres with the unit behind: "45.00 亩"; a unit stands only beside a number.

    Examples
    --------
    >>> area_words(30_000.0), area_words(None)
    ('45.00 亩', '—')
    """
    number = area_text(value_m2, unit)
    return number if number == UNKNOWN else f"{number} {AREA_UNIT_LABELS[unit]}"


def _m2_per(unit: str) -> float:
    try:
        return M2_PER_UNIT[unit]
    except KeyError:
        raise UsageError(f"面积单位“{unit}”不认识；可用：{'、'.join(M2_PER_UNIT)}。") from None
