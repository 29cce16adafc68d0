"""What a write comes to: how many records it adds, changes and withdraws, and where they lie then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geoapp.domain.change import Difference, positions_of
from geoapp.domain.layer import Layer

_OUTWARD = np.array([-1.0, -1.0, 1.0, 1.0])
"""Which way west, south, east and north point."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one register's records."""

    new: int
    changed: int
    removed: int

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.removed)

    def __str__(self) -> str:
        return f"新增 {self.new}，修改 {self.changed}，移除 {self.removed}"


def summary(touched: Mapping[str, Counts], layers: Mapping[str, Layer]) -> str:
    """Return the counts in words, by register where there are several."""
    if len(touched) == 1:
        return str(*touched.values())
    return "；".join(f"{layers[register].zh}：{count}" for register, count in touched.items())


def removed_rows(current: pd.DataFrame, found: Difference, keys: Any, layer: Layer) -> np.ndarray:
    """Return the rows of the current frame to be withdrawn; raises ValueError where one is to be stored too."""
    removed = positions_of(current, list(keys), layer)
    if not found.is_gone[removed].all():
        raise ValueError(f"{layer.id}: a record is both to be stored and withdrawn")
    return removed


def bounds_of(
    current: pd.DataFrame, closed: np.ndarray, written: pd.DataFrame, known: np.ndarray | None
) -> np.ndarray | None:
    """Return where the current records without those closed, and those written, lie; None without any geometry.

    *known* is where all current ones lie, if that is known: then those that stay need not be looked at unless one of
    those closed reaches the edge.
    """
    geometries = current["geometry"].to_numpy()
    boxes = [shapely.bounds(written["geometry"].to_numpy())]
    left = shapely.bounds(geometries[closed])
    if known is not None and (np.isnan(left) | (left * _OUTWARD < known * _OUTWARD)).all():
        boxes.append(known.reshape(1, 4))
    else:
        boxes.append(shapely.bounds(np.delete(geometries, closed)))
    bounds: np.ndarray = np.vstack(boxes)
    bounds = bounds[~np.isnan(bounds).any(axis=1)]
    return np.hstack([bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)]) if len(bounds) else None
