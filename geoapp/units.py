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

Number = TypeVar("Number")
"""A float, a numpy array or a pandas Series: whatever multiplies by a float."""


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
    return value_m2 / _m2_per(unit)  # type: ignore[operator, return-value]


def m2_to_mu(value_m2: Number) -> Number:
    """Return square metres in 亩.

    Examples
    --------
    >>> m2_to_mu(20_000.0)
    30.0
    """
    return value_m2 * 15 / 10_000  # type: ignore[operator, return-value]


def _m2_per(unit: str) -> float:
    try:
        return M2_PER_UNIT[unit]
    except KeyError:
        raise UsageError(f"面积单位“{unit}”不认识；可用：{'、'.join(M2_PER_UNIT)}。") from None
