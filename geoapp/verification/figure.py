"""A figure of the second path, and how far the last digits of measured areas can move it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from geoapp.verification.source import MEASURED_M2, Source

RELATIVE = 1e-9
"""Two ways of adding the same numbers may differ by that much."""
_NOTHING = 1e-6
Value = float | None


@dataclass(slots=True)
class Nudged:
    """The same figures with every measured area a little smaller and larger; worked out once somebody asks."""

    source: Source
    compute: Callable[[Source], Mapping[str, Mapping[str, Value]]]
    _others: list[Mapping[str, Mapping[str, Value]]] = field(default_factory=list)

    def slack(self, row: str, name: str, value: float) -> float:
        """Return by how much a figure differs then."""
        if not self._others:
            self._others = [self.compute(self.source.nudged(sign * MEASURED_M2)) for sign in (-1, 1)]
        others = (other.get(row, {}).get(name) for other in self._others)
        return max((abs(other - value) for other in others if other is not None), default=0.0)


@dataclass(frozen=True, slots=True)
class Figure:
    """In base units (m2, shares from 0 to 1); None is unknown."""

    value: Value
    nudged: Nudged | None = None
    row: str = ""
    name: str = ""

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
        allowed = RELATIVE * abs(self.value) + rounding * (1 + _NOTHING) + (_NOTHING if is_area else 0.0)
        off = abs(published - self.value)
        if off <= allowed or self.nudged is None:
            return off <= allowed
        return off <= allowed + self.nudged.slack(self.row, self.name, self.value)


def with_slack(
    source: Source, compute: Callable[[Source], Mapping[str, Mapping[str, Value]]]
) -> dict[str, dict[str, Figure]]:
    """Return figures that know what they would change by if every measured area were a little larger or smaller."""
    nudged = Nudged(source, compute)
    return {
        row: {name: Figure(value, nudged, row, name) for name, value in found.items()}
        for row, found in compute(source).items()
    }
