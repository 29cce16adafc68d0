"""A figure of the second path, and how far the last digits of measured areas can move it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from geoapp.verification.source import MEASURED_M2, Source

RELATIVE = 1e-9
"""Two ways of adding the same numbers may differ by that much."""
_NOTHING = 1e-6
Value = float | None


@dataclass(frozen=True, slots=True)
class Figure:
    """In base units (m2, shares from 0 to 1); None is unknown."""

    value: Value
    slack: float = 0.0

    def agrees(self, published: Value, rounding: float = 0.0, *, is_area: bool = False) -> bool:
        """Return whether a published number is this one, but for rounding.

        Parameters
        ----------
        published : float, optional
            In base units.
        rounding : float
            By how much it may have been rounded.
        is_area : bool
            Whether these are square metres, which ledgers count in steps of a quarter of a square millimetre.
        """
        if published is None or self.value is None:
            return published is None and self.value is None
        allowed = (
            RELATIVE * abs(self.value)
            + rounding * (1 + _NOTHING)
            + self.slack
            + (_NOTHING if is_area else 0.0)
        )
        return abs(published - self.value) <= allowed


def with_slack(
    source: Source, compute: Callable[[Source], Mapping[str, Mapping[str, Value]]]
) -> dict[str, dict[str, Figure]]:
    """Return figures with what they would change by if every measured area were a little larger or smaller."""
    exact = compute(source)
    others = [compute(source.nudged(sign * MEASURED_M2)) for sign in (-1, 1)]
    return {
        row: {
            name: Figure(value, _slack(value, [other[row][name] for other in others]))
            for name, value in found.items()
        }
        for row, found in exact.items()
    }


def _slack(value: Value, others: list[Value]) -> float:
    return max(
        (abs(other - value) for other in others if other is not None and value is not None), default=0.0
    )
