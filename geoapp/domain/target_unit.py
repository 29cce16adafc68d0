"""Units in which targets are written and shown, each of one quantity: 3,000 亩 and 2,000,000 m2 are the same target."""

from collections.abc import Mapping
from dataclasses import dataclass

from geoapp.units import M2_PER_HA, M2_PER_MU, from_m2, number_text


@dataclass(frozen=True, slots=True)
class TargetUnit:
    """One unit."""

    zh: str
    quantity: str
    """What it measures; only units of one quantity can be converted: land, floor, share, count, ..."""
    base_per_unit: float
    """How many of the quantity's base unit (m2, a share from 0 to 1, 1, tce, 万元, 万元/亩) one of it is."""
    decimals: int

    def to_base(self, value: float) -> float:
        """Return a value given in this unit in the base unit."""
        return value * self.base_per_unit

    def from_base(self, value: float) -> float:
        """Return a value in the base unit in this one; land as every other page has it, to the last digit."""
        return from_m2(value, "mu") if self.zh == "亩" else value / self.base_per_unit

    @property
    def half_digit(self) -> float:
        """Half of the last digit shown, in the base unit: what nobody can see."""
        return self.to_base(0.5 * 10**-self.decimals)


TARGET_UNITS: Mapping[str, TargetUnit] = {
    "mu": TargetUnit("亩", "land", M2_PER_MU, 2),
    "ha": TargetUnit("公顷", "land", M2_PER_HA, 4),
    "m2": TargetUnit("平方米", "land", 1.0, 2),
    "wan_m2": TargetUnit("万平方米", "floor", 10_000.0, 2),
    "m2_floor": TargetUnit("平方米", "floor", 1.0, 1),
    "percent": TargetUnit("%", "share", 0.01, 2),
    "enterprise": TargetUnit("家", "count", 1.0, 0),
    "item": TargetUnit("项", "count", 1.0, 0),
    "count": TargetUnit("个", "count", 1.0, 0),
    "wan_per_mu": TargetUnit("万元/亩", "wan_per_mu", 1.0, 2),
    "tce": TargetUnit("吨标准煤", "energy", 1.0, 0),
    "wan_tce": TargetUnit("万吨标准煤", "energy", 10_000.0, 2),
    "wan": TargetUnit("万元", "money", 1.0, 2),
    "yi": TargetUnit("亿元", "money", 10_000.0, 2),
}
"""By the id that target sets and entered values use."""


def unit_shown(unit: str, land_unit: str) -> str:
    """Return the unit a target of *unit* is shown in where the reader wants land in *land_unit*.

    Examples
    --------
    >>> unit_shown("mu", "ha"), unit_shown("percent", "ha")
    ('ha', 'percent')
    """
    return land_unit if TARGET_UNITS[unit].quantity == "land" else unit


NO_GAP = "无"


def gap_zh(value: float | None, decimals: int = 2) -> str:
    """Return what a target still lacks as pages write it: 无 where nothing, 超 where it is exceeded.

    Examples
    --------
    >>> gap_zh(650.0, 0), gap_zh(-148.934), gap_zh(0.001), gap_zh(None)
    ('650', '超 148.93', '无', '—')
    """
    if value is None:
        return "—"
    text = number_text(abs(value), f",.{decimals}f")
    if not text.strip("0."):
        return NO_GAP
    return text if value > 0 else f"超 {text}"
