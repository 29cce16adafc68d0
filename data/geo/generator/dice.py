"""Chance that comes out the same on every machine and with every version of the libraries."""

import random
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

Item = TypeVar("Item")
_NORMAL = NormalDist()


class Dice:
    """One stream of chance per topic, so that a change in one place leaves the others alone.

    Only `random.random` is used underneath: it is the one method whose sequence Python promises to keep.
    """

    def __init__(self, topic: str) -> None:
        self._random = random.Random(f"geoapp demo district: {topic}")  # noqa: S311 - invented data, no secret

    def share(self) -> float:
        """Return a number from 0 to 1."""
        return self._random.random()

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self.share() < probability

    def between(self, low: float, high: float) -> float:
        """Return a number from *low* to *high*."""
        return low + (high - low) * self.share()

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from *low* to *high*, both included."""
        return low + int(self.share() * (high - low + 1))

    def normal(self, mean: float = 0.0, deviation: float = 1.0) -> float:
        """Return a normally distributed number."""
        return mean + deviation * _NORMAL.inv_cdf(min(max(self.share(), 1e-9), 1 - 1e-9))

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[int(self.share() * len(items))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Return the items in another order."""
        return [item for _, item in sorted(((self.share(), n), item) for n, item in enumerate(items))]


def normal_quantiles(count: int) -> list[float]:
    """Return *count* numbers that are spread exactly like a normal distribution, ascending."""
    return [_NORMAL.inv_cdf((n + 0.5) / count) for n in range(count)]
